"use strict";
/* What stands behind a comparison: cost, settings and environment, the data themselves. */
(function (R) {
  const D = R.data;
  const many = D.benchmarks.length > 1;

  R.costs = function () {
    const partly = D.costs.some((row) => row.read < row.experiments),
      hasCost = D.costs.some((row) => row.cost !== null);
    const estimated = D.experiments.some((e) => e.is_exact === false);
    const columns = [
      many ? { title: "Benchmark", value: (r) => r.benchmark } : null,
      { title: "Setup", value: (r) => r.setup, node: (r) => R.withSwatch(r.setup) },
      { title: "Experiments", value: (r) => r.experiments, num: true },
      { title: "Time", value: (r) => r.elapsed, text: (r) => R.seconds(r.elapsed), num: true },
      {
        title: "Worker time",
        value: (r) => r.worker_seconds,
        text: (r) => R.seconds(r.worker_seconds),
        num: true,
      },
      {
        title: "Workers busy",
        value: (r) => r.utilisation,
        text: (r) => R.percent(r.utilisation),
        num: true,
      },
      { title: "Trials", value: (r) => r.trials, num: true },
      { title: "Failed", value: (r) => r.failed, num: true },
      partly ? { title: "Read in full", value: (r) => r.read, num: true } : null,
      hasCost ? { title: "Cost", value: (r) => r.cost, text: (r) => R.number(r.cost, 4), num: true } : null,
    ].filter(Boolean);
    const lines = [
      "Time is that of the experiments' clocks, summed over seeds; worker time is that times the number of workers. Workers busy: the share of it in which a worker held a trial.",
    ];
    if (D.benchmarks.some((b) => b.time === "simulated"))
      lines.push("Simulated experiments count simulated seconds.");
    lines.push(
      hasCost
        ? "Cost is what the trials reported, in the unit of the price that was given."
        : "No costs are recorded; --price_per_hour of the launcher records them.",
    );
    if (partly)
      lines.push(
        "Where not all experiments were read in full, workers busy and cost are over those that were.",
      );
    if (estimated)
      lines.push("Experiments without a journal: how busy workers were is estimated from reports.");
    R.section("cost", "Cost and time", "Cost", [
      R.h("p", { class: "lead" }, lines.join(" ")),
      R.table(columns, D.costs, { label: "Cost and time" }),
    ]);
  };

  R.settings = function () {
    const blocks = D.settings.map((group) => {
      const rows = group.different.flatMap((row) =>
        row.values.map(([value, who], i) =>
          R.h(
            "tr",
            { class: row.kind === "matters" ? "matters" : null },
            i === 0
              ? R.h(
                  "th",
                  { scope: "row", rowspan: row.values.length },
                  R.h("code", {}, row.name),
                  row.kind === "matters"
                    ? R.h("div", {}, R.h("span", { class: "tag warn" }, "differs"))
                    : null,
                )
              : null,
            R.h("td", { class: "text" }, R.h("code", {}, value)),
            R.h("td", { class: "text" }, who),
          ),
        ),
      );
      const common = R.h("div");
      const details = R.h(
        "details",
        {},
        R.h(
          "summary",
          {},
          `${R.plural(group.common.length, "entry")} the same in all experiments`.replace(
            "entrys",
            "entries",
          ),
        ),
        common,
      );
      details.addEventListener("toggle", () => {
        if (details.open && !common.firstChild)
          common.append(
            R.table(
              [
                { title: "Setting", value: (r) => r[0], node: (r) => R.h("code", {}, r[0]) },
                { title: "Value", value: (r) => r[1], node: (r) => R.h("code", {}, r[1]), wide: true },
              ],
              group.common,
              { label: `${group.title}: common settings` },
            ),
          );
      });
      const table = rows.length
        ? R.h(
            "div",
            {
              class: "scroll",
              tabindex: 0,
              role: "region",
              "aria-label": `${group.title}: settings that differ`,
            },
            R.h(
              "table",
              {},
              R.h(
                "thead",
                {},
                R.h(
                  "tr",
                  {},
                  ["Setting", "Value", "Experiments"].map((t) => R.h("th", { scope: "col" }, t)),
                ),
              ),
              R.h("tbody", {}, rows),
            ),
          )
        : R.h("p", {}, group.common.length ? "Nothing differs." : "Nothing is recorded.");
      return [R.h("h3", {}, group.title), table, group.common.length ? details : null];
    });
    R.section("settings", "Settings and environment", "Settings", [
      R.h(
        "p",
        { class: "lead" },
        "Highlighted: what differs although a fair comparison has it the same. The rest is what is compared, or differs with every seed.",
      ),
      ...blocks.flat(),
    ]);
  };

  R.dataSection = function () {
    const save = (name, type, text) => {
      const url = URL.createObjectURL(new Blob([text], { type }));
      const link = R.h("a", { href: url, download: name });
      link.click();
      setTimeout(() => URL.revokeObjectURL(url), 10000);
    };
    const stem = `report-${D.tags
      .join("-")
      .replace(/[^\w-]+/g, "_")
      .slice(0, 60)}`;
    const button = (title, action) => R.h("button", { type: "button", onclick: action }, title);
    const left = D.left_out.length
      ? R.h(
          "details",
          {},
          R.h("summary", {}, `${R.plural(D.left_out.length, "folder")} left out`),
          R.table(
            [
              { title: "Folder", value: (r) => r.path, wide: true },
              { title: "Why", value: (r) => r.reason, wide: true },
            ],
            D.left_out,
            { label: "Folders left out" },
          ),
        )
      : null;
    R.section("data", "Data", "Data", [
      R.h("p", { class: "lead" }, "All that is shown lies in this file. It needs no network, now or later."),
      R.note(D.cuts),
      R.h(
        "div",
        { class: "tools" },
        button("Everything (JSON)", () => save(`${stem}.json`, "application/json", JSON.stringify(D))),
        button("Final values (CSV)", () => save(`${stem}-final.csv`, "text/csv", R.csv.final())),
        button("Experiments (CSV)", () => save(`${stem}-experiments.csv`, "text/csv", R.csv.experiments())),
        button("Curves (CSV)", () => save(`${stem}-curves.csv`, "text/csv", R.csv.curves())),
        button("Trials (CSV)", () => save(`${stem}-trials.csv`, "text/csv", R.csv.trials())),
      ),
      left,
    ]);
  };
})(Report);
