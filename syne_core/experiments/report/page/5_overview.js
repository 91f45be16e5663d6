"use strict";
/* Sections: what they consist of; summary, curves, final values. */
(function (R) {
  const D = R.data;
  R.sections = [];
  /* A section: id, title, short title for the contents, content. Empty content: no section. */
  R.section = function (id, title, short, content) {
    const nodes = content.flat().filter(Boolean);
    if (nodes.length)
      R.sections.push({
        id,
        short,
        element: R.h(
          "section",
          { id, "aria-labelledby": `${id}-title` },
          R.h("h2", { id: `${id}-title` }, title),
          nodes,
        ),
      });
  };
  const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);
  R.note = (given) => {
    const lines = given.map(capital);
    return lines.length
      ? R.h(
          "div",
          { class: "note" },
          lines.length === 1
            ? lines[0]
            : R.h(
                "ul",
                {},
                lines.map((line) => R.h("li", {}, line)),
              ),
        )
      : null;
  };
  R.setupOf = (experiment) => D.benchmarks[experiment.benchmark].setups[experiment.setup];
  R.better = (mode) => (mode === "max" ? "higher is better" : "lower is better");
  R.withSwatch = (label) =>
    R.h(
      "span",
      { class: label.length <= 30 ? "whole" : null },
      R.swatch(D.labels.indexOf(label)),
      ` ${label}`,
    );
  const many = D.benchmarks.length > 1;

  const MOST_OPEN = 6;
  const verdict = (part) =>
    R.h(
      "div",
      { class: "verdict" },
      R.h("h3", {}, part.title),
      R.h("p", { class: "headline" }, part.sentences[0]),
      R.h(
        "ul",
        {},
        part.sentences.slice(1).map((line) => R.h("li", {}, line)),
      ),
    );

  R.summary = function () {
    const trials = D.costs.reduce((sum, row) => sum + row.trials, 0);
    const facts = [
      ["Benchmarks", D.benchmarks.length],
      ["Setups compared", D.labels.length],
      ["Experiments", D.experiments.length],
      ["Trials", trials],
    ];
    R.section("summary", "Summary", "Summary", [
      R.h(
        "dl",
        { class: "facts" },
        facts.map(([name, value]) => R.h("div", {}, R.h("dt", {}, name), R.h("dd", {}, R.number(value)))),
      ),
      D.evidence.summary.slice(0, MOST_OPEN).map(verdict),
      D.evidence.summary.length > MOST_OPEN
        ? R.h(
            "details",
            {},
            R.h("summary", {}, `${D.evidence.summary.length - MOST_OPEN} more benchmarks`),
            D.evidence.summary.slice(MOST_OPEN).map(verdict),
          )
        : null,
      D.evidence.caveats.length
        ? R.h(
            "div",
            { class: "note caveats" },
            R.h("strong", {}, "Before you rely on this"),
            R.h(
              "ul",
              {},
              D.evidence.caveats.map((line) => R.h("li", {}, capital(line))),
            ),
          )
        : null,
    ]);
  };

  R.curves = function () {
    const percent = R.number(100 * D.confidence);
    const charts = D.benchmarks.map((benchmark, b) => {
      const series = benchmark.setups
        .filter((setup) => setup.curve.mean.some((value) => value !== null))
        .map((setup) => {
          const { curve } = setup,
            s = benchmark.setups.indexOf(setup);
          const single = D.experiments
            .filter((e) => e.benchmark === b && e.setup === s)
            .map((e) => ({ time: e.curve.time, value: e.curve.value }));
          return {
            label: setup.label,
            style: setup.style,
            time: curve.time,
            value: curve.mean,
            lower: curve.lower,
            upper: curve.upper,
            full: curve.n.map((n) => n === setup.num_seeds),
            note: R.plural(setup.num_seeds, "seed"),
            single,
          };
        });
      if (!series.length)
        return R.h(
          "div",
          { class: "note" },
          `${benchmark.name}: nobody has reported a finite ${benchmark.metric} yet.`,
        );
      const [unit, length] = R.timeUnit(benchmark.horizon);
      const figure = R.lineChart({
        title: benchmark.name,
        subtitle: `Best ${benchmark.metric} so far, ${R.better(benchmark.mode)}`,
        series,
        mode: benchmark.mode,
        late: true,
        table: true,
        xTitle: `${benchmark.time} time [${unit}]`,
        yTitle: `best ${benchmark.metric} so far`,
        xEnd: benchmark.horizon || 1,
        xUnit: length,
      });
      if (benchmark.notes.length) figure.append(R.note(benchmark.notes));
      return figure;
    });
    R.section("curves", "Incumbents over time", "Curves", [
      R.h(
        "p",
        { class: "lead" },
        `Lines: mean over seeds of the best value so far. Bands: ${percent} % confidence interval of that mean (Student's t). Thin lines: only some seeds have a value there. ` +
          "Drag over a chart to zoom, double-click to reset, click a name to hide it.",
      ),
      R.h("div", { class: charts.length > 1 ? "grid" : null }, charts),
    ]);
  };

  R.final = function () {
    const bests = new Map();
    for (const row of D.final) {
      const now = bests.get(row.benchmark);
      if (row.mean !== null && (now === undefined || (row.mode === "max" ? row.mean > now : row.mean < now)))
        bests.set(row.benchmark, row.mean);
    }
    const columns = [
      many ? { title: "Benchmark", value: (r) => r.benchmark } : null,
      { title: "Setup", value: (r) => r.setup, node: (r) => R.withSwatch(r.setup) },
      {
        title: "Mean",
        value: (r) => r.mean,
        text: (r) => R.number(r.mean) + (r.is_provisional ? " so far" : ""),
        num: true,
      },
      {
        title: `${R.number(100 * D.confidence)} % interval`,
        value: (r) => r.lower,
        text: (r) => (r.lower === null ? "–" : `${R.number(r.lower)} to ${R.number(r.upper)}`),
        num: true,
      },
      {
        title: "Seeds",
        value: (r) => r.seeds,
        text: (r) => (r.is_provisional || r.ended === r.seeds ? r.seeds : `${r.ended} of ${r.seeds}`),
        num: true,
      },
      { title: "Best seed", value: (r) => r.best, num: true, text: (r) => R.number(r.best) },
      { title: "Trials", value: (r) => r.num_trials, num: true },
      {
        title: "Trials per hour",
        value: (r) => r.trials_per_hour,
        num: true,
        text: (r) => R.number(r.trials_per_hour, 3),
      },
    ].filter(Boolean);
    const metrics = [...new Set(D.final.map((r) => `${r.metric} (${R.better(r.mode)})`))].join(", ");
    R.section("final", "Final values", "Final", [
      R.h(
        "p",
        { class: "lead" },
        `Metric: ${metrics}. The best mean of each benchmark is bold. Overlapping intervals do not prove that methods are equal, and bold does not mean that the difference is real${D.evidence.comparisons.length ? ": see the pairs below" : ""}.`,
      ),
      R.table(columns, D.final, {
        label: "Final values",
        rowClass: (r) => (r.mean !== null && r.mean === bests.get(r.benchmark) ? "best" : null),
      }),
    ]);
  };
})(Report);
