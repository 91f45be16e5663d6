"use strict";
/* Puts the sections onto the page, and the contents above them. */
(function (R) {
  for (const build of [
    R.summary,
    R.curves,
    R.final,
    R.comparisons,
    R.ranks,
    R.wholeRun,
    R.experiments,
    R.configurations,
    R.costs,
    R.settings,
    R.dataSection,
  ])
    build();
  const main = document.getElementById("main"),
    contents = document.getElementById("contents");
  R.empty(main);
  const links = new Map();
  for (const section of R.sections) {
    main.append(section.element);
    const link = R.h("a", { href: `#${section.id}` }, section.short);
    links.set(section.element, link);
    contents.append(link);
  }
  const mark = () => {
    const line = 140;
    const now =
      R.sections.filter((s) => s.element.getBoundingClientRect().top <= line).pop() || R.sections[0];
    for (const [element, link] of links) {
      if (element === now.element) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
  };
  addEventListener("scroll", mark, { passive: true });
  mark();
  addEventListener("beforeprint", () =>
    document.querySelectorAll("details.values, #settings details").forEach((d) => {
      d.open = false;
    }),
  );
  document.documentElement.dataset.ready = "true";
  if (location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView();
})(Report);
