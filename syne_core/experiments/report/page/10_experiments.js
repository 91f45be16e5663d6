"use strict";
/* Seed by seed: the list of experiments, and one of them in full, down to its trials and configurations. */
(function (R) {
  const D = R.data;
  const order = (mode) => (mode === "max" ? -1 : 1);
  const trialsOf = (experiment) => Object.values(experiment.trials).reduce((a, b) => a + b, 0);

  R.experiments = function () {
    const inside = R.h("div", { id: "one", class: "panel", tabindex: -1 });
    let line = null;
    const open = (experiment, row) => {
      if (line) {
        line.classList.remove("selected");
        line.removeAttribute("aria-selected");
      }
      line = row;
      if (row) {
        row.classList.add("selected");
        row.setAttribute("aria-selected", "true");
      }
      R.empty(inside).append(...one(experiment));
    };
    const openNow = (experiment, row) => {
      open(experiment, row);
      inside.focus({ preventScroll: true });
      inside.scrollIntoView({ block: "nearest" });
    };
    const state = { benchmark: "0", setup: "" };
    const list = R.h("div", { id: "seeds" });
    function relist() {
      const chosen = D.experiments.filter(
        (e) =>
          (state.benchmark === "" || e.benchmark === Number(state.benchmark)) &&
          (!state.setup || R.setupOf(e).label === state.setup),
      );
      R.empty(list).append(
        R.table(
          [
            state.benchmark === ""
              ? { title: "Benchmark", value: (e) => D.benchmarks[e.benchmark].name }
              : null,
            {
              title: "Setup",
              value: (e) => R.setupOf(e).label,
              node: (e) => R.withSwatch(R.setupOf(e).label),
            },
            {
              title: "Seed",
              value: (e) => e.seed,
              node: (e) =>
                R.h(
                  "button",
                  {
                    type: "button",
                    class: "link",
                    "aria-label": `Show ${R.setupOf(e).label}, seed ${e.seed}`,
                    onclick: (event) => {
                      event.stopPropagation();
                      openNow(e, event.target.closest("tr"));
                    },
                  },
                  String(e.seed),
                ),
              num: true,
            },
            { title: "Final", value: (e) => e.final, text: (e) => R.number(e.final), num: true },
            {
              title: "Found at",
              value: (e) => e.final_time,
              text: (e) => R.seconds(e.final_time),
              num: true,
            },
            { title: "Ran", value: (e) => e.elapsed, text: (e) => R.seconds(e.elapsed), num: true },
            { title: "Trials", value: trialsOf, num: true },
            {
              title: "State",
              value: (e) => e.state,
              node: (e) => R.h("span", { class: `tag ${e.state === "finished" ? "good" : "warn"}` }, e.state),
            },
            {
              title: "In this file",
              value: (e) => (e.details === null ? "no" : "yes"),
              text: (e) => (e.details === null ? "summary" : "trials"),
            },
          ].filter(Boolean),
          chosen,
          {
            label: "Experiments",
            rowClass: () => "pick",
            onRow: (row, e) => row.addEventListener("click", () => openNow(e, row)),
          },
        ),
      );
    }
    relist();
    const benchmarks = [...D.benchmarks.map((b, i) => [String(i), b.name]), ["", "all"]];
    const filters = R.h(
      "div",
      { class: "tools", style: "margin-bottom:.6rem" },
      D.benchmarks.length > 1
        ? R.select("Benchmark", benchmarks, (v) => {
            state.benchmark = v;
            relist();
          })
        : null,
      R.select("Setup", [["", "all"], ...D.labels.map((label) => [label, label])], (v) => {
        state.setup = v;
        relist();
      }),
    );
    R.section("experiments", "Seed by seed", "Seeds", [
      R.h(
        "p",
        { class: "lead" },
        "Choose an experiment to see its trials, its configurations and how its workers were used.",
      ),
      filters,
      list,
      inside,
    ]);
    const first = D.experiments.find((e) => e.details !== null) || D.experiments[0];
    if (first) open(first, list.querySelector("tbody tr"));
  };

  /* One experiment in full. */
  function one(experiment) {
    const benchmark = D.benchmarks[experiment.benchmark],
      setup = R.setupOf(experiment);
    const facts = [
      ["Final", R.number(experiment.final)],
      ["State", experiment.state],
      ["Ran", R.seconds(experiment.elapsed)],
      ["Workers", R.cell(experiment.n_workers)],
      ["Workers busy", R.percent(experiment.utilisation)],
      [
        "Trials",
        Object.entries(experiment.trials)
          .map(([state, n]) =>
            state === "all" ? n : `${n} ${state === "InProgress" ? "running" : state.toLowerCase()}`,
          )
          .join(", "),
      ],
      experiment.cost === null ? null : ["Cost", R.number(experiment.cost, 4)],
    ].filter(Boolean);
    const head = [
      R.h(
        "h3",
        { style: "margin-top:0" },
        R.swatch(setup.style),
        ` ${setup.label}, seed ${experiment.seed}, ${benchmark.name}`,
      ),
      R.h(
        "p",
        { class: "lead" },
        R.h("code", {}, experiment.path),
        experiment.reason ? ` (${experiment.reason})` : "",
      ),
      R.h(
        "dl",
        { class: "facts" },
        facts.map(([name, value]) =>
          R.h("div", {}, R.h("dt", {}, name), R.h("dd", { style: "font-size:1rem" }, value)),
        ),
      ),
    ];
    if (experiment.details === null)
      return [...head, R.note(["The trials of this experiment are not in this file."])];
    const details = D.details[experiment.details],
      { trials } = details;
    if (!trials.id.length) return [...head, R.note(["No trial was started."])];
    const chosen = R.h("div", { class: "chosen", "aria-live": "polite" });
    const marked = [];
    const pick = (trial) => {
      R.empty(chosen).append(...configuration(trials, trial, benchmark, experiment));
      marked.forEach((mark) => mark(trial));
    };
    const curves = R.learningCurves(benchmark, details, pick),
      timeline = R.timeline(experiment, details, pick);
    const table = trialTable(trials, benchmark, experiment, pick, marked);
    const parallel = R.parallel({
      title: "Configurations",
      metric: benchmark.metric,
      mode: benchmark.mode,
      axes: axesOf(benchmark, [experiment]),
      rows: rowsOf(experiment, ""),
      onPick: (row) => pick(row.trial),
    });
    for (const figure of [curves, timeline]) if (figure) marked.push(figure.mark);
    pick(best(trials, benchmark.mode));
    const missing = curves
      ? null
      : R.note([
          details.reports.trial.length
            ? `No trial has reported a finite ${benchmark.metric} yet.`
            : "The reports of these trials are not in this file.",
        ]);
    return [
      ...head,
      R.h("div", { class: "grid" }, [curves, timeline].filter(Boolean)),
      missing,
      chosen,
      R.h("h3", {}, "Trials"),
      table,
      parallel,
    ].filter(Boolean);
  }

  function best(trials, mode) {
    let found = 0;
    trials.best.forEach((value, i) => {
      if (value !== null && (trials.best[found] === null || order(mode) * (value - trials.best[found]) < 0))
        found = i;
    });
    return trials.id[found];
  }

  function configuration(trials, trial, benchmark, experiment) {
    const i = trials.id.indexOf(trial);
    if (i < 0) return [`Trial ${trial} is not in this file.`];
    const names = [...Object.keys(trials.config), ...Object.keys(trials.constants)];
    const isBest = trials.best[i] !== null && trial === best(trials, benchmark.mode);
    const reason = trials.reason[String(trial)];
    return [
      R.h("strong", {}, `Trial ${trial}`),
      isBest ? [" ", R.h("span", { class: "tag good" }, "the best")] : "",
      ` ${R.stateWords(trials.state[i], experiment.is_exact)}, best ${benchmark.metric} ${R.number(trials.best[i])}${trials.resource[i] === null ? "" : `, ${benchmark.resource || "resource"} ${R.number(trials.resource[i])}`}`,
      reason ? R.h("div", { class: "note" }, reason) : "",
      R.h(
        "dl",
        {},
        names.map((name) =>
          R.h("div", {}, R.h("dt", {}, name), R.h("dd", {}, R.cell(R.setting(trials, name, i)))),
        ),
      ),
    ].flat(2);
  }

  function trialTable(trials, benchmark, experiment, pick, marked) {
    const rows = trials.id.map((id, i) => ({ id, i })),
      lines = new Map();
    rows.sort((a, b) => {
      const u = trials.best[a.i],
        v = trials.best[b.i];
      return (u === null) - (v === null) || order(benchmark.mode) * (u - v);
    });
    const columns = [
      {
        title: "Trial",
        value: (r) => r.id,
        num: true,
        node: (r) =>
          R.h(
            "button",
            {
              type: "button",
              class: "link",
              "aria-label": `Show trial ${r.id}`,
              onclick: (event) => {
                event.stopPropagation();
                pick(r.id);
              },
            },
            String(r.id),
          ),
      },
      {
        title: `Best ${benchmark.metric}`,
        value: (r) => trials.best[r.i],
        text: (r) => R.number(trials.best[r.i]),
        num: true,
      },
      trials.resource.some((v) => v !== null)
        ? { title: benchmark.resource || "Resource", value: (r) => trials.resource[r.i], num: true }
        : null,
      { title: "State", value: (r) => R.stateWords(trials.state[r.i], experiment.is_exact) },
      trials.cost.length ? { title: "Cost", value: (r) => trials.cost[r.i], num: true } : null,
      ...Object.keys(trials.config).map((name) => ({
        title: name,
        value: (r) => trials.config[name][r.i],
        num: typeof trials.config[name].find((v) => v !== null) === "number",
      })),
    ].filter(Boolean);
    marked.push((trial) => lines.forEach((line, id) => line.classList.toggle("selected", id === trial)));
    const table = R.table(columns, rows, {
      label: "Trials",
      most: 500,
      rowClass: () => "pick",
      onRow: (line, r) => {
        lines.set(r.id, line);
        line.addEventListener("click", () => pick(r.id));
      },
    });
    if (rows.length > 20) table.classList.add("long");
    return table;
  }

  /* Axes for the hyperparameters that vary in these experiments. */
  function axesOf(benchmark, experiments) {
    const held = experiments.filter((e) => e.details !== null).map((e) => D.details[e.details].trials);
    const declared = benchmark.hyperparameters.map((h) => ({ ...h, value: (row) => row.of(h.name) }));
    if (declared.length) return declared;
    const names = [...new Set(held.flatMap((t) => Object.keys(t.config)))];
    return names.map((name) => {
      const isNumber = held.some((t) => (t.config[name] || []).some((v) => typeof v === "number"));
      return {
        name,
        scale: isNumber ? "linear" : "category",
        lower: null,
        upper: null,
        categories: [],
        value: (row) => row.of(name),
      };
    });
  }

  function rowsOf(experiment, prefix) {
    const { trials } = D.details[experiment.details];
    return trials.id.map((id, i) => ({
      trial: id,
      value: trials.best[i],
      text: `${prefix}trial ${id}`,
      of: (name) => R.setting(trials, name, i),
    }));
  }

  /* The configurations of all experiments on a benchmark. */
  R.configurations = function () {
    const state = { benchmark: 0, setup: "" },
      place = R.h("div");
    const isHeld = (e) =>
      e.details !== null &&
      e.benchmark === state.benchmark &&
      (!state.setup || R.setupOf(e).label === state.setup);
    function redraw() {
      const benchmark = D.benchmarks[state.benchmark],
        held = D.experiments.filter(isHeld);
      if (!held.length) {
        R.empty(place).append(R.note(["No trials of these experiments are in this file."]));
        return;
      }
      const rows = held.flatMap((e) => rowsOf(e, `${R.setupOf(e).label}, seed ${e.seed}, `));
      R.empty(place).append(
        R.parallel({
          title: state.setup ? `${benchmark.name}, ${state.setup}` : benchmark.name,
          subtitle: `Each line a configuration with the best ${benchmark.metric} that its trial reached (${R.better(benchmark.mode)})`,
          metric: benchmark.metric,
          mode: benchmark.mode,
          axes: axesOf(benchmark, held),
          rows,
        }),
      );
    }
    if (!D.details.length) return;
    redraw();
    R.section("configurations", "Configurations", "Configurations", [
      R.h(
        "div",
        { class: "tools", style: "margin-bottom:.6rem" },
        D.benchmarks.length > 1
          ? R.select(
              "Benchmark",
              D.benchmarks.map((b, i) => [String(i), b.name]),
              (v) => {
                state.benchmark = Number(v);
                redraw();
              },
            )
          : null,
        R.select("Setup", [["", "all"], ...D.labels.map((label) => [label, label])], (v) => {
          state.setup = v;
          redraw();
        }),
      ),
      place,
    ]);
  };
})(Report);
