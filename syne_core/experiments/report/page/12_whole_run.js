"use strict";
/* Setups over the whole of a run: robust finals, areas under incumbents, targets reached over time. */
(function (R) {
  const D = R.data;
  const range = (found, digits) =>
    found === null
      ? "–"
      : R.number(found.point, digits) +
        (found.lower === null
          ? ""
          : ` (${R.number(found.lower, digits)} to ${R.number(found.upper, digits)})`);
  const interval = (title, key) => ({
    title,
    value: (r) => (r[key] === null ? null : r[key].point),
    text: (r) => range(r[key], 4),
    num: true,
  });

  R.wholeRun = function () {
    const parts = D.evidence.whole_run;
    if (!parts.length) return;
    const rows = parts.flatMap((part) => part.rows.map((row) => ({ ...row, benchmark: part.benchmark })));
    const has = (key) => rows.some((r) => r[key] !== null);
    const columns = [
      D.benchmarks.length > 1
        ? { title: "Benchmark", value: (r) => r.benchmark, text: (r) => r.benchmark || "all, scaled" }
        : null,
      { title: "Setup", value: (r) => r.setup, node: (r) => R.withSwatch(r.setup) },
      interval("Interquartile mean", "iqm"),
      { title: "Median", value: (r) => r.median, text: (r) => R.number(r.median, 4), num: true },
      has("anytime") ? interval("Over the run", "anytime") : null,
      has("regret") ? interval("Regret", "regret") : null,
    ].filter(Boolean);
    const charts = parts.map(reached).filter(Boolean);
    R.section("whole-run", "The whole run", "Whole run", [
      R.h(
        "p",
        { class: "lead" },
        "Interquartile mean: of final values without the lowest and the highest quarter, with a bootstrap interval. Over the run: mean height of the incumbent, which is the area under it divided by the time." +
          (has("regret") ? " Regret: 0 at the optimum, 1 at the median first value." : "") +
          (D.benchmarks.length > 1
            ? " Over all benchmarks, 0 is the worst and 1 the best value of any seed on a benchmark."
            : ""),
      ),
      R.table(columns, rows, { label: "The whole run" }),
      charts.length
        ? R.h(
            "p",
            { class: "lead" },
            "Targets are 50 values from the median of all first values to a hundredth of its distance from the best value of all, evenly spaced by the logarithm of this distance. A line says which share of them has been reached by then, on average over seeds: the distribution of run times (ECDF).",
          )
        : null,
      R.h("div", { class: charts.length > 1 ? "grid" : null }, charts),
    ]);
  };

  function reached(part) {
    if (!part.time.length) return null;
    const isShare = part.benchmark === null,
      end = part.time[part.time.length - 1],
      [unit, length] = isShare ? ["", 0.01] : R.timeUnit(end);
    const kind = isShare ? "" : D.benchmarks.find((b) => b.name === part.benchmark).time;
    const series = part.rows.map((row, i) => ({
      label: row.setup,
      style: Math.max(0, D.labels.indexOf(row.setup)),
      time: part.time,
      value: part.reached[i].map((share) => (share === null ? null : 100 * share)),
      lower: null,
      upper: null,
      full: null,
    }));
    return R.lineChart({
      title: `Targets reached: ${part.benchmark || "all benchmarks"}`,
      subtitle: isShare
        ? "Mean over benchmarks"
        : `From ${R.number(part.easiest, 4)} to ${R.number(part.hardest, 4)}`,
      series,
      mode: "max",
      late: false,
      table: true,
      xTitle: isShare ? "share of the time [%]" : `${kind} time [${unit}]`,
      yTitle: "targets reached [%]",
      xEnd: end,
      xUnit: length,
      share: isShare,
    });
  }
})(Report);
