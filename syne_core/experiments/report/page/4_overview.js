"use strict";
/* The sections that compare setups: summary, curves, final values, pairs, cost, settings, data. */
(function (R) {
  const D = R.data;
  R.sections = [];
  /* A section: id, title, short title for the contents, content. Empty content: no section. */
  R.section = function (id, title, short, content) {
    const nodes = content.flat().filter(Boolean);
    if (nodes.length) R.sections.push({ id, short, element: R.h("section", { id, "aria-labelledby": `${id}-title` }, R.h("h2", { id: `${id}-title` }, title), nodes) });
  };
  const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);
  R.note = (given) => { const lines = given.map(capital); return lines.length ? R.h("div", { class: "note" }, lines.length === 1 ? lines[0] : R.h("ul", {}, lines.map((line) => R.h("li", {}, line)))) : null; };
  R.setupOf = (experiment) => D.benchmarks[experiment.benchmark].setups[experiment.setup];
  R.better = (mode) => mode === "max" ? "higher is better" : "lower is better";
  R.withSwatch = (label) => R.h("span", { class: label.length <= 30 ? "whole" : null }, R.swatch(D.labels.indexOf(label)), ` ${label}`);
  const many = D.benchmarks.length > 1;

  const MOST_OPEN = 6;
  const verdict = (part) => R.h("div", { class: "verdict" }, R.h("h3", {}, part.title),
    R.h("p", { class: "headline" }, part.sentences[0]), R.h("ul", {}, part.sentences.slice(1).map((line) => R.h("li", {}, line))));

  R.summary = function () {
    const trials = D.costs.reduce((sum, row) => sum + row.trials, 0);
    const facts = [["Benchmarks", D.benchmarks.length], ["Setups compared", D.labels.length], ["Experiments", D.experiments.length], ["Trials", trials]];
    R.section("summary", "Summary", "Summary", [
      R.h("dl", { class: "facts" }, facts.map(([name, value]) => R.h("div", {}, R.h("dt", {}, name), R.h("dd", {}, R.number(value))))),
      D.evidence.summary.slice(0, MOST_OPEN).map(verdict),
      D.evidence.summary.length > MOST_OPEN ? R.h("details", {}, R.h("summary", {}, `${D.evidence.summary.length - MOST_OPEN} more benchmarks`), D.evidence.summary.slice(MOST_OPEN).map(verdict)) : null,
      D.evidence.caveats.length ? R.h("div", { class: "note caveats" }, R.h("strong", {}, "Before you rely on this"), R.h("ul", {}, D.evidence.caveats.map((line) => R.h("li", {}, capital(line))))) : null,
    ]);
  };

  R.curves = function () {
    const percent = R.number(100 * D.confidence);
    const charts = D.benchmarks.map((benchmark, b) => {
      const series = benchmark.setups.filter((setup) => setup.curve.mean.some((value) => value !== null)).map((setup) => {
        const { curve } = setup, s = benchmark.setups.indexOf(setup);
        const single = D.experiments.filter((e) => e.benchmark === b && e.setup === s).map((e) => ({ time: e.curve.time, value: e.curve.value }));
        return { label: setup.label, style: setup.style, time: curve.time, value: curve.mean, lower: curve.lower, upper: curve.upper,
          full: curve.n.map((n) => n === setup.num_seeds), note: R.plural(setup.num_seeds, "seed"), single };
      });
      if (!series.length) return R.h("div", { class: "note" }, `${benchmark.name}: nobody has reported a finite ${benchmark.metric} yet.`);
      const [unit, length] = R.timeUnit(benchmark.horizon);
      const figure = R.lineChart({ title: benchmark.name, subtitle: `Best ${benchmark.metric} so far, ${R.better(benchmark.mode)}`, series, mode: benchmark.mode, late: true, table: true,
        xTitle: `${benchmark.time} time [${unit}]`, yTitle: `best ${benchmark.metric} so far`, xEnd: benchmark.horizon || 1, xUnit: length });
      if (benchmark.notes.length) figure.append(R.note(benchmark.notes));
      return figure;
    });
    R.section("curves", "Incumbents over time", "Curves", [
      R.h("p", { class: "lead" }, `Lines: mean over seeds of the best value so far. Bands: ${percent} % confidence interval of that mean (Student's t). Thin lines: only some seeds have a value there. `
        + "Drag over a chart to zoom, double-click to reset, click a name to hide it."),
      R.h("div", { class: charts.length > 1 ? "grid" : null }, charts)]);
  };

  R.final = function () {
    const bests = new Map();
    for (const row of D.final) {
      const now = bests.get(row.benchmark);
      if (row.mean !== null && (now === undefined || (row.mode === "max" ? row.mean > now : row.mean < now))) bests.set(row.benchmark, row.mean);
    }
    const columns = [
      many ? { title: "Benchmark", value: (r) => r.benchmark } : null,
      { title: "Setup", value: (r) => r.setup, node: (r) => R.withSwatch(r.setup) },
      { title: "Mean", value: (r) => r.mean, text: (r) => R.number(r.mean) + (r.is_provisional ? " so far" : ""), num: true },
      { title: `${R.number(100 * D.confidence)} % interval`, value: (r) => r.lower, text: (r) => r.lower === null ? "–" : `${R.number(r.lower)} to ${R.number(r.upper)}`, num: true },
      { title: "Seeds", value: (r) => r.seeds, text: (r) => r.is_provisional || r.ended === r.seeds ? r.seeds : `${r.ended} of ${r.seeds}`, num: true },
      { title: "Best seed", value: (r) => r.best, num: true, text: (r) => R.number(r.best) },
      { title: "Trials", value: (r) => r.num_trials, num: true },
      { title: "Trials per hour", value: (r) => r.trials_per_hour, num: true, text: (r) => R.number(r.trials_per_hour, 3) },
    ].filter(Boolean);
    const metrics = [...new Set(D.final.map((r) => `${r.metric} (${R.better(r.mode)})`))].join(", ");
    R.section("final", "Final values", "Final", [
      R.h("p", { class: "lead" }, `Metric: ${metrics}. The best mean of each benchmark is bold. Overlapping intervals do not prove that methods are equal, and bold does not mean that the difference is real${D.evidence.comparisons.length ? ": see the pairs below" : ""}.`),
      R.table(columns, D.final, { label: "Final values", rowClass: (r) => r.mean !== null && r.mean === bests.get(r.benchmark) ? "best" : null })]);
  };

  R.costs = function () {
    const partly = D.costs.some((row) => row.read < row.experiments), hasCost = D.costs.some((row) => row.cost !== null);
    const estimated = D.experiments.some((e) => e.is_exact === false);
    const columns = [
      many ? { title: "Benchmark", value: (r) => r.benchmark } : null,
      { title: "Setup", value: (r) => r.setup, node: (r) => R.withSwatch(r.setup) },
      { title: "Experiments", value: (r) => r.experiments, num: true },
      { title: "Time", value: (r) => r.elapsed, text: (r) => R.seconds(r.elapsed), num: true },
      { title: "Worker time", value: (r) => r.worker_seconds, text: (r) => R.seconds(r.worker_seconds), num: true },
      { title: "Workers busy", value: (r) => r.utilisation, text: (r) => R.percent(r.utilisation), num: true },
      { title: "Trials", value: (r) => r.trials, num: true },
      { title: "Failed", value: (r) => r.failed, num: true },
      partly ? { title: "Read in full", value: (r) => r.read, num: true } : null,
      hasCost ? { title: "Cost", value: (r) => r.cost, text: (r) => R.number(r.cost, 4), num: true } : null,
    ].filter(Boolean);
    const lines = ["Time is that of the experiments' clocks, summed over seeds; worker time is that times the number of workers. Workers busy: the share of it in which a worker held a trial."];
    if (D.benchmarks.some((b) => b.time === "simulated")) lines.push("Simulated experiments count simulated seconds.");
    lines.push(hasCost ? "Cost is what the trials reported, in the unit of the price that was given." : "No costs are recorded; --price_per_hour of the launcher records them.");
    if (partly) lines.push("Where not all experiments were read in full, workers busy and cost are over those that were.");
    if (estimated) lines.push("Experiments without a journal: how busy workers were is estimated from reports.");
    R.section("cost", "Cost and time", "Cost", [R.h("p", { class: "lead" }, lines.join(" ")), R.table(columns, D.costs, { label: "Cost and time" })]);
  };

  R.settings = function () {
    const blocks = D.settings.map((group) => {
      const rows = group.different.flatMap((row) => row.values.map(([value, who], i) => R.h("tr", { class: row.kind === "matters" ? "matters" : null },
        i === 0 ? R.h("th", { scope: "row", rowspan: row.values.length }, R.h("code", {}, row.name), row.kind === "matters" ? R.h("div", {}, R.h("span", { class: "tag warn" }, "differs")) : null) : null,
        R.h("td", { class: "text" }, R.h("code", {}, value)), R.h("td", { class: "text" }, who))));
      const common = R.h("div");
      const details = R.h("details", {}, R.h("summary", {}, `${R.plural(group.common.length, "entry")} the same in all experiments`.replace("entrys", "entries")), common);
      details.addEventListener("toggle", () => {
        if (details.open && !common.firstChild) common.append(R.table([{ title: "Setting", value: (r) => r[0], node: (r) => R.h("code", {}, r[0]) }, { title: "Value", value: (r) => r[1], node: (r) => R.h("code", {}, r[1]), wide: true }], group.common, { label: `${group.title}: common settings` }));
      });
      const table = rows.length ? R.h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": `${group.title}: settings that differ` },
        R.h("table", {}, R.h("thead", {}, R.h("tr", {}, ["Setting", "Value", "Experiments"].map((t) => R.h("th", { scope: "col" }, t)))), R.h("tbody", {}, rows))) : R.h("p", {}, group.common.length ? "Nothing differs." : "Nothing is recorded.");
      return [R.h("h3", {}, group.title), table, group.common.length ? details : null];
    });
    R.section("settings", "Settings and environment", "Settings", [
      R.h("p", { class: "lead" }, "Highlighted: what differs although a fair comparison has it the same. The rest is what is compared, or differs with every seed."), ...blocks.flat()]);
  };

  R.dataSection = function () {
    const save = (name, type, text) => {
      const url = URL.createObjectURL(new Blob([text], { type }));
      const link = R.h("a", { href: url, download: name });
      link.click();
      setTimeout(() => URL.revokeObjectURL(url), 10000);
    };
    const stem = `report-${D.tags.join("-").replace(/[^\w-]+/g, "_").slice(0, 60)}`;
    const button = (title, action) => R.h("button", { type: "button", onclick: action }, title);
    const left = D.left_out.length ? R.h("details", {}, R.h("summary", {}, `${R.plural(D.left_out.length, "folder")} left out`),
      R.table([{ title: "Folder", value: (r) => r.path, wide: true }, { title: "Why", value: (r) => r.reason, wide: true }], D.left_out, { label: "Folders left out" })) : null;
    R.section("data", "Data", "Data", [
      R.h("p", { class: "lead" }, "All that is shown lies in this file. It needs no network, now or later."), R.note(D.cuts),
      R.h("div", { class: "tools" }, button("Everything (JSON)", () => save(`${stem}.json`, "application/json", JSON.stringify(D))),
        button("Final values (CSV)", () => save(`${stem}-final.csv`, "text/csv", R.csv.final())),
        button("Experiments (CSV)", () => save(`${stem}-experiments.csv`, "text/csv", R.csv.experiments())),
        button("Curves (CSV)", () => save(`${stem}-curves.csv`, "text/csv", R.csv.curves())),
        button("Trials (CSV)", () => save(`${stem}-trials.csv`, "text/csv", R.csv.trials()))), left]);
  };
})(Report);
