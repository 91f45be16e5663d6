"use strict";
/* What all scripts of the page share: making elements, writing numbers, the data, the theme.
   Text of users reaches the page as text nodes and attributes only, never as markup. */
const Report = {};

(function (R) {
  R.data = JSON.parse(document.getElementById("report-data").textContent);

  const SVG = "http://www.w3.org/2000/svg";

  function fill(element, attributes, children) {
    for (const [name, value] of Object.entries(attributes || {})) {
      if (value === null || value === undefined || value === false) continue;
      if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
      else element.setAttribute(name, value === true ? "" : String(value));
    }
    for (const child of children.flat(3)) {
      if (child === null || child === undefined || child === false) continue;
      element.append(child instanceof Node ? child : document.createTextNode(String(child)));
    }
    return element;
  }

  /* An element of HTML; attributes whose names begin with "on" are listeners. */
  R.h = (name, attributes, ...children) => fill(document.createElement(name), attributes, children);
  /* The same of SVG. */
  R.s = (name, attributes, ...children) => fill(document.createElementNS(SVG, name), attributes, children);

  R.empty = (element) => {
    while (element.firstChild) element.firstChild.remove();
    return element;
  };

  let ids = 0;
  R.newId = (prefix) => `${prefix}-${++ids}`;

  /* Five significant digits; what does not exist is a dash. */
  R.number = function (value, digits) {
    if (value === null || value === undefined) return "–";
    if (typeof value !== "number") return String(value);
    const size = Math.abs(value);
    if (Number.isInteger(value) && size < 1e7) return String(value);
    if (size !== 0 && (size < 1e-4 || size >= 1e7))
      return value.toExponential((digits || 5) - 1).replace(/\.?0+e/, "e");
    return String(Number(value.toPrecision(digits || 5)));
  };
  R.percent = (share) =>
    share === null || share === undefined ? "–" : `${(100 * share).toFixed(share < 0.995 ? 1 : 0)} %`;
  R.cell = (value) =>
    value === null || value === undefined
      ? "–"
      : typeof value === "object"
        ? JSON.stringify(value)
        : R.number(value, 4);

  const UNITS = [
    ["s", 1, 300],
    ["min", 60, 7200],
    ["h", 3600, 259200],
    ["days", 86400, Infinity],
  ];
  /* Unit in which so many seconds read well: its name and length. */
  R.timeUnit = (seconds) => UNITS.find((unit) => seconds <= unit[2]);
  R.seconds = function (seconds) {
    if (seconds === null || seconds === undefined) return "–";
    const [name, length] = R.timeUnit(seconds);
    return `${R.number(seconds / length, 4)} ${name}`;
  };
  R.plural = (count, word) => `${count} ${word}${count === 1 ? "" : "s"}`;

  /* Colour and dashes of the setup with this style number. */
  const COLOURS = Number(document.documentElement.dataset.colours);
  const DASHES = JSON.parse(document.documentElement.dataset.dashes);
  R.colour = (style) => `var(--series-${style % COLOURS})`;
  R.dashes = (style) => DASHES[style % DASHES.length];
  R.swatch = (style) =>
    R.s(
      "svg",
      { class: "swatch", width: 26, height: 10, "aria-hidden": "true" },
      R.s("line", {
        x1: 0,
        x2: 26,
        y1: 5,
        y2: 5,
        "stroke-width": 3,
        style: `stroke:${R.colour(style)}`,
        "stroke-dasharray": R.dashes(style),
      }),
    );

  const button = document.getElementById("theme");
  const prefersDark = window.matchMedia("(prefers-color-scheme: dark)");
  const isDark = () =>
    (document.documentElement.dataset.theme || (prefersDark.matches ? "dark" : "light")) === "dark";
  const label = () => {
    button.textContent = isDark() ? "Light" : "Dark";
  };
  button.addEventListener("click", () => {
    document.documentElement.dataset.theme = isDark() ? "light" : "dark";
    label();
  });
  prefersDark.addEventListener("change", label);
  label();

  /* Calls draw(width) now and whenever the width of the element changes. */
  R.onWidth = function (element, draw) {
    let last = 0;
    const update = () => {
      const width = Math.floor(element.clientWidth);
      if (width > 0 && width !== last) {
        last = width;
        draw(width);
      }
    };
    new ResizeObserver(update).observe(element);
    update();
  };

  /* A table that sorts by its columns. columns: {title, value(row), text(row) or node(row), num}. */
  R.table = function (columns, rows, options) {
    const settings = options || {};
    const body = R.h("tbody");
    const heads = columns.map((column, index) =>
      R.h(
        "th",
        { scope: "col", class: column.num ? "num" : null },
        R.h("button", { type: "button", onclick: () => sort(index) }, column.title),
      ),
    );
    const state = { column: -1, ascending: true };
    let shown = rows.slice();
    function render() {
      R.empty(body);
      const most = settings.most || 1000;
      for (const row of shown.slice(0, most)) {
        const cells = columns.map((column) =>
          R.h(
            "td",
            { class: column.num ? "num" : column.wide ? "text" : null },
            column.node ? column.node(row) : column.text ? column.text(row) : R.cell(column.value(row)),
          ),
        );
        const line = R.h("tr", { class: settings.rowClass ? settings.rowClass(row) : null }, cells);
        if (settings.onRow) settings.onRow(line, row);
        body.append(line);
      }
      if (shown.length > most) {
        body.append(
          R.h(
            "tr",
            {},
            R.h(
              "td",
              { colspan: columns.length },
              `${shown.length - most} more rows are in the data (below).`,
            ),
          ),
        );
      }
    }
    function sort(index) {
      state.ascending = state.column === index ? !state.ascending : true;
      state.column = index;
      heads.forEach((head, i) =>
        i === index
          ? head.setAttribute("aria-sort", state.ascending ? "ascending" : "descending")
          : head.removeAttribute("aria-sort"),
      );
      const value = columns[index].value,
        sign = state.ascending ? 1 : -1;
      shown = rows.slice().sort((a, b) => compare(value(a), value(b), sign));
      render();
    }
    render();
    const table = R.h(
      "table",
      {},
      settings.caption ? R.h("caption", {}, settings.caption) : null,
      R.h("thead", {}, R.h("tr", {}, heads)),
      body,
    );
    const box = R.h(
      "div",
      {
        class: rows.length > 12 && settings.tall !== false ? "scroll tall" : "scroll",
        tabindex: 0,
        role: "region",
        "aria-label": settings.label || settings.caption || "Table",
      },
      table,
    );
    box.rerender = render;
    return box;
  };

  /* What does not exist comes last, whichever way the rest goes. */
  function compare(a, b, sign) {
    const noA = a === null || a === undefined,
      noB = b === null || b === undefined;
    if (noA || noB) return noA - noB;
    if (typeof a === "number" && typeof b === "number") return sign * (a - b);
    return sign * String(a).localeCompare(String(b), undefined, { numeric: true });
  }

  /* A button that is on or off. */
  R.toggle = function (title, isOn, change) {
    const element = R.h("button", { type: "button", "aria-pressed": String(isOn) }, title);
    element.addEventListener("click", () => {
      const on = element.getAttribute("aria-pressed") !== "true";
      element.setAttribute("aria-pressed", String(on));
      change(on);
    });
    return element;
  };

  /* A drop-down list. choices: [value, text]. */
  R.select = function (title, choices, change) {
    const list = R.h(
      "select",
      { onchange: () => change(list.value) },
      choices.map(([value, text]) => R.h("option", { value }, text)),
    );
    return R.h("label", { class: "field" }, title, list);
  };
})(Report);
