"use strict";
/* The data as CSV (RFC 4180). */
(function (R) {
  const D = R.data;

  function cell(value) {
    if (value === null || value === undefined) return "";
    const text = typeof value === "object" ? JSON.stringify(value) : String(value);
    // A spreadsheet would run a text that begins like a formula.
    const safe = typeof value === "string" && /^[=+\-@\t]/.test(text) ? `'${text}` : text;
    return /[",\r\n]/.test(safe) ? `"${safe.replace(/"/g, '""')}"` : safe;
  }
  const write = (names, rows) => [names, ...rows].map((row) => row.map(cell).join(",")).join("\r\n") + "\r\n";
  const place = (e) => [D.benchmarks[e.benchmark].name, R.setupOf(e).label, e.seed];

  R.csv = {
    final() {
      const names = Object.keys(D.final[0] || {});
      return write(
        names,
        D.final.map((row) => names.map((name) => row[name])),
      );
    },
    experiments() {
      const names = [
        "name",
        "state",
        "elapsed",
        "final",
        "final_time",
        "n_workers",
        "utilisation",
        "cost",
        "path",
      ];
      return write(
        ["benchmark", "setup", "seed", ...names],
        D.experiments.map((e) => [...place(e), ...names.map((name) => e[name])]),
      );
    },
    curves() {
      const rows = D.benchmarks.flatMap((b) =>
        b.setups.flatMap((s) =>
          s.curve.time.map((time, i) => [
            b.name,
            s.label,
            time,
            s.curve.mean[i],
            s.curve.lower[i],
            s.curve.upper[i],
            s.curve.n[i],
          ]),
        ),
      );
      return write(["benchmark", "setup", "time", "mean", "lower", "upper", "seeds"], rows);
    },
    trials() {
      const held = D.experiments.filter((e) => e.details !== null);
      const trials = (e) => D.details[e.details].trials;
      const names = [
        ...new Set(
          held.flatMap((e) => [...Object.keys(trials(e).config), ...Object.keys(trials(e).constants)]),
        ),
      ];
      const rows = held.flatMap((e) =>
        trials(e).id.map((id, i) => [
          ...place(e),
          id,
          trials(e).state[i],
          trials(e).best[i],
          trials(e).resource[i],
          trials(e).reports[i],
          ...names.map((name) => R.setting(trials(e), name, i)),
        ]),
      );
      return write(
        [
          "benchmark",
          "setup",
          "seed",
          "trial",
          "state",
          "best",
          "resource",
          "reports",
          ...names.map((name) => `config_${name}`),
        ],
        rows,
      );
    },
  };

  /* Value of a hyperparameter or constant of the trial at this position. */
  R.setting = (trials, name, i) => (name in trials.config ? trials.config[name][i] : trials.constants[name]);
})(Report);
