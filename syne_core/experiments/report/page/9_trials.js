"use strict";
/* Trials of one experiment: when each held a worker, and what each reported. */
(function (R) {
  const STATES = {
    Completed: "var(--series-2)",
    Stopped: "var(--series-1)",
    Paused: "var(--series-0)",
    Failed: "var(--series-3)",
  };
  const colourOf = (state) => STATES[state] || "var(--soft)";
  /* State of a trial in words; without a journal, nobody recorded that a trial ended by itself. */
  R.stateWords = (state, isExact) =>
    state === "InProgress" ? (isExact ? "not ended" : "end not recorded") : state.toLowerCase();

  function key(states, isExact) {
    return R.h(
      "p",
      { class: "chosen" },
      "Trials: ",
      states.map((state) => [
        R.h(
          "span",
          { style: "white-space:nowrap;margin-right:.8rem" },
          R.s(
            "svg",
            { class: "swatch", width: 12, height: 12, "aria-hidden": "true" },
            R.s("rect", { width: 12, height: 12, rx: 2, style: `fill:${colourOf(state)}` }),
          ),
          ` ${R.stateWords(state, isExact)}`,
        ),
      ]),
    );
  }

  /* The runs of trials by worker, with the number of busy workers above. */
  R.timeline = function (experiment, details, onPick) {
    const { runs, trials } = details,
      stateOf = new Map(trials.id.map((id, i) => [id, trials.state[i]]));
    const workers = Math.max(experiment.n_workers || 0, ...runs.worker.map((w) => w + 1), 1);
    const end = Math.max(experiment.elapsed, ...runs.end, 1e-9),
      [unit, length] = R.timeUnit(end);
    const plot = R.h("div", {
      class: "plot",
      tabindex: 0,
      role: "img",
      "aria-label": `Runs of ${trials.id.length} trials on ${workers} workers; ${R.percent(experiment.utilisation)} of the time in use`,
    });
    const readout = R.h("div", { class: "readout", hidden: true });
    let boxes = [];
    R.onWidth(plot, (width) => {
      const row = Math.max(12, Math.min(26, 200 / workers)),
        top = 46,
        bottom = top + row * workers,
        height = bottom + 40,
        left = 70;
      const x = R.scale(0, end / length, left, width - 14, false);
      const svg = R.s("svg", { viewBox: `0 0 ${width} ${height}`, height, "aria-hidden": "true" });
      const area = { left, right: width - 14, top, bottom };
      for (const tick of R.ticks(x, Math.floor(width / 90)))
        svg.append(
          R.s("line", { class: "gridline", x1: x(tick), x2: x(tick), y1: top, y2: bottom }),
          R.s("text", { x: x(tick), y: bottom + 16, "text-anchor": "middle" }, R.number(tick, 4)),
        );
      svg.append(
        R.s("text", { x: (left + width) / 2, y: bottom + 34, "text-anchor": "middle" }, `time [${unit}]`),
      );
      if (row >= 12)
        for (let w = 0; w < workers; w += Math.ceil(14 / row))
          svg.append(
            R.s("text", { x: left - 6, y: top + (w + 0.5) * row + 4, "text-anchor": "end" }, `worker ${w}`),
          );
      svg.append(
        busyLine(runs, workers, (t) => x(t / length), end),
        R.s("text", { x: left - 6, y: 26, "text-anchor": "end" }, `busy, of ${workers}`),
      );
      boxes = runs.trial.map((trial, i) => {
        const from = x(runs.start[i] / length),
          to = x(runs.end[i] / length),
          y = top + runs.worker[i] * row + 1;
        const box = R.s("rect", {
          x: from,
          y,
          width: Math.max(0.7, to - from - (to - from > 3 ? 0.8 : 0)),
          height: row - 2,
          rx: Math.min(2, row / 6),
          style: `fill:${colourOf(stateOf.get(trial))};fill-opacity:.85`,
        });
        box.addEventListener("pointerenter", () => tell(i, from, y));
        box.addEventListener("pointerleave", () => {
          readout.hidden = true;
        });
        box.addEventListener("click", () => onPick(trial));
        svg.append(box);
        return { trial, box };
      });
      svg.append(R.s("path", { class: "axis", d: `M${area.left},${top}V${bottom}H${area.right}` }));
      R.empty(plot).append(svg, readout);
    });
    function tell(i, x, y) {
      const trial = runs.trial[i],
        at = trials.id.indexOf(trial);
      R.empty(readout).append(
        R.h("strong", {}, `Trial ${trial}`),
        R.h("div", {}, `${R.seconds(runs.start[i])} to ${R.seconds(runs.end[i])}`),
        R.h(
          "div",
          {},
          `${R.stateWords(trials.state[at], experiment.is_exact)}, best ${R.number(trials.best[at])}`,
        ),
      );
      R.place(readout, plot, x, y);
    }
    const subtitle = experiment.is_exact
      ? `A bar is a run of a trial; ${R.percent(experiment.utilisation)} of the workers' time was in use`
      : "A bar is a run of a trial, as far as its reports show: there is no journal";
    const figure = R.h(
      "figure",
      { class: "timeline" },
      R.h("figcaption", {}, "Workers and trials", R.h("small", {}, subtitle)),
      plot,
      key([...new Set(trials.state)].sort(), experiment.is_exact),
    );
    figure.mark = (trial) =>
      boxes.forEach((b) => {
        b.box.style.stroke = b.trial === trial ? "var(--ink)" : "";
        b.box.style.strokeWidth = b.trial === trial ? "2" : "";
      });
    return figure;
  };

  function busyLine(runs, workers, x, end) {
    const events = [...runs.start.map((t) => [t, 1]), ...runs.end.map((t) => [t, -1])].sort(
      (a, b) => a[0] - b[0] || a[1] - b[1],
    );
    const y = (busy) => 38 - 26 * Math.min(1, busy / workers);
    let busy = 0,
      path = `M${x(0)},${y(0)}`;
    for (let i = 0; i < events.length; i++) {
      busy += events[i][1];
      if (i + 1 < events.length && events[i + 1][0] - events[i][0] < 1e-6 * end) continue;
      path += `H${x(events[i][0]).toFixed(1)}V${y(busy).toFixed(1)}`;
    }
    return R.s(
      "g",
      {},
      R.s("line", { class: "gridline", x1: x(0), x2: x(end), y1: y(workers), y2: y(workers) }),
      R.s("path", {
        d: `${path}H${x(end)}V${y(0)}Z`,
        style: "fill:var(--accent);fill-opacity:.25;stroke:var(--accent)",
        "stroke-width": 1,
      }),
    );
  }

  /* The reports of all trials, against time or resource. */
  R.learningCurves = function (benchmark, details, onPick) {
    const { reports, trials } = details;
    if (!reports.value.some((value) => value !== null)) return null;
    const byTrial = new Map(trials.id.map((id) => [id, []]));
    reports.trial.forEach((trial, i) => {
      if (byTrial.has(trial) && reports.value[i] !== null) byTrial.get(trial).push(i);
    });
    const stateOf = new Map(trials.id.map((id, i) => [id, trials.state[i]]));
    const values = reports.value.filter((v) => v !== null);
    const plot = R.h("div", {
      class: "plot",
      tabindex: 0,
      role: "img",
      "aria-label": `${benchmark.metric} of ${trials.id.length} trials`,
    });
    const readout = R.h("div", { class: "readout", hidden: true });
    const state = { byTime: true, logY: false, logX: false, width: 0 };
    let lines = new Map();
    function draw() {
      if (!state.width || !values.length) return;
      const [unit, length] = R.timeUnit(Math.max(...reports.time));
      const horizontal = state.byTime ? reports.time.map((t) => t / length) : reports.resource;
      const height = 300,
        top = 10,
        bottom = height - 42;
      let low = values.reduce((a, b) => Math.min(a, b)),
        high = values.reduce((a, b) => Math.max(a, b));
      const margin = state.logY ? 0 : 0.04 * (high - low) || 0.5;
      const y = R.scale(low - margin, high + margin, bottom, top, state.logY);
      const left = R.leftMargin(y, bottom - top);
      const least = horizontal.reduce((a, b) => Math.min(a, b)),
        most = horizontal.reduce((a, b) => Math.max(a, b));
      const x = R.scale(state.logX ? least : 0, most || 1, left, state.width - 14, state.logX);
      const svg = R.s("svg", { viewBox: `0 0 ${state.width} ${height}`, height });
      R.drawAxes(
        svg,
        x,
        y,
        { left, right: state.width - 14, top, bottom },
        { x: state.byTime ? `time [${unit}]` : benchmark.resource || "report", y: benchmark.metric },
      );
      lines = new Map();
      for (const [trial, rows] of byTrial) {
        if (!rows.length) continue;
        const points = rows.map((i) => `${x(horizontal[i]).toFixed(1)},${y(reports.value[i]).toFixed(1)}`);
        const end = rows[rows.length - 1],
          colour = colourOf(stateOf.get(trial));
        const line = R.s(
          "g",
          { style: `stroke:${colour};stroke-opacity:.6;cursor:pointer` },
          R.s("path", { d: `M${points.join("L")}`, fill: "none", "stroke-width": 1.1 }),
          R.s("circle", {
            cx: x(horizontal[end]),
            cy: y(reports.value[end]),
            r: 2.6,
            style: `fill:${colour};stroke:none`,
          }),
        );
        line.addEventListener("pointerenter", () =>
          tell(trial, end, x(horizontal[end]), y(reports.value[end])),
        );
        line.addEventListener("pointerleave", () => {
          readout.hidden = true;
        });
        line.addEventListener("click", () => onPick(trial));
        svg.append(line);
        lines.set(trial, line);
      }
      R.empty(plot).append(svg, readout);
    }
    function tell(trial, i, x, y) {
      R.empty(readout).append(
        R.h("strong", {}, `Trial ${trial}`),
        R.h(
          "div",
          {},
          `${benchmark.resource || "report"} ${R.number(reports.resource[i])}: ${R.number(reports.value[i])}`,
        ),
      );
      R.place(readout, plot, x, y);
    }
    R.onWidth(plot, (width) => {
      state.width = width;
      draw();
    });
    const redraw = (name) => (on) => {
      state[name] = on;
      draw();
    };
    const figure = R.h(
      "figure",
      { class: "learning" },
      R.h(
        "figcaption",
        {},
        "What trials reported",
        R.h("small", {}, `A line is a trial, its dot the last report; ${R.better(benchmark.mode)}`),
      ),
      plot,
      R.h(
        "div",
        { class: "tools" },
        R.toggle(`Against ${benchmark.resource || "reports"}`, false, (on) => {
          state.byTime = !on;
          draw();
        }),
        R.toggle("Log x", false, redraw("logX")),
        values.every((v) => v > 0) ? R.toggle("Log y", false, redraw("logY")) : null,
      ),
    );
    figure.mark = (trial) =>
      lines.forEach((line, id) => {
        line.style.strokeWidth = id === trial ? "3.5" : "";
        line.style.strokeOpacity = id === trial ? "1" : ".6";
        if (id === trial) line.parentNode.append(line);
      });
    return figure;
  };
})(Report);
