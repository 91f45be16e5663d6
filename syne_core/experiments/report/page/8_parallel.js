"use strict";
/* Configurations as lines over parallel axes, coloured by their value; a range chosen on an axis filters.

   R.parallel({title, subtitle, axes, rows, metric, mode, onPick}); an axis: {name, scale, lower, upper, categories, value(row)};
   a row: {value, text}. The best rows are drawn last, so on top. */
(function (R) {
  const TOP = 34,
    BOTTOM = 26,
    MOST = 1000,
    BEST = 200,
    NARROWEST = 92;

  R.parallel = function (options) {
    const sign = options.mode === "max" ? 1 : -1;
    const known = options.rows.filter((row) => row.value !== null).sort((a, b) => sign * (a.value - b.value));
    if (!known.length)
      return R.h(
        "figure",
        { class: "parallel-chart" },
        R.h("figcaption", {}, options.title),
        `No configuration has a finite ${options.metric} yet.`,
      );
    const rows = thin(known);
    const axes = [
      ...options.axes.map((axis) => withRange(axis, rows)),
      withRange({ name: options.metric, scale: "linear", value: (row) => row.value, isMetric: true }, rows),
    ];
    const filters = axes.map(() => null);
    const plot = R.h("div", {
      class: "plot parallel",
      tabindex: 0,
      role: "img",
      "aria-label": `${options.title}: ${rows.length} configurations over ${axes.map((a) => a.name).join(", ")}`,
    });
    const box = R.h(
      "div",
      {
        class: "scroll bare",
        tabindex: 0,
        role: "region",
        "aria-label": `${options.title}, scrolls sideways`,
      },
      plot,
    );
    const status = R.h("p", { class: "chosen", "aria-live": "polite" });
    const rank = new Map(known.map((row, i) => [row, known.length < 2 ? 1 : i / (known.length - 1)]));
    let width = 0,
      lines = [];

    function draw() {
      const inner = Math.max(width - 2, NARROWEST * axes.length),
        height = 300;
      const step = (inner - 70) / Math.max(1, axes.length - 1),
        bottom = height - BOTTOM;
      const x = (i) => 35 + i * step;
      const y = axes.map((axis) => positionOf(axis, TOP, bottom));
      const svg = R.s("svg", {
        viewBox: `0 0 ${inner} ${height}`,
        height,
        width: inner,
        style: `width:${inner}px`,
      });
      const group = R.s("g");
      lines = rows.map((row) => {
        const points = axes
          .map((axis, i) => [x(i), y[i](axis.value(row))])
          .filter((p) => Number.isFinite(p[1]));
        const share = rank.get(row),
          best = share > 0.9,
          few = rows.length < 80;
        const line = R.s("path", {
          d: `M${points.map((p) => p.map((v) => v.toFixed(1)).join(",")).join("L")}`,
          fill: "none",
          "stroke-width": few ? 1.5 : best ? 1.2 : 0.8,
          style: `stroke:${shade(share)};stroke-opacity:${few ? 0.95 : best ? 0.7 : 0.4}`,
        });
        line.addEventListener("pointerenter", () => tell(row, line));
        line.addEventListener("pointerleave", () => {
          line.style.strokeWidth = "";
        });
        if (options.onPick) line.addEventListener("click", () => options.onPick(row));
        group.append(line);
        return { row, line };
      });
      svg.append(group);
      axes.forEach((axis, i) => svg.append(drawAxis(axis, x(i), y[i], i, bottom)));
      R.empty(plot).append(svg);
      apply();
    }

    function drawAxis(axis, at, y, index, bottom) {
      const group = R.s("g");
      group.append(
        R.s(
          "text",
          {
            class: axis.isMetric ? "strong" : null,
            x: index === 0 ? 4 : axis.isMetric ? at + 33 : at,
            y: index % 2 && axes.length > 4 ? 12 : 24,
            "text-anchor": index === 0 ? "start" : axis.isMetric ? "end" : "middle",
            "font-weight": axis.isMetric ? 600 : 400,
          },
          R.cut(axis.name, 20),
        ),
        R.s("line", { class: "axis", x1: at, x2: at, y1: TOP, y2: bottom }),
      );
      for (const tick of ticksOf(axis)) {
        const level = y(tick);
        if (!Number.isFinite(level)) continue;
        group.append(
          R.s("line", { class: "axis", x1: at - 4, x2: at, y1: level, y2: level }),
          R.s(
            "text",
            {
              x: at + 4,
              y: level + 4,
              "font-size": 10,
              style: "paint-order:stroke;stroke:var(--panel);stroke-width:3px;font-size:10.5px",
            },
            R.cut(R.cell(tick), 10),
          ),
        );
      }
      const brush = R.s("rect", {
        class: "brush",
        x: at - 9,
        width: 18,
        y: TOP,
        height: 0,
        visibility: "hidden",
      });
      const handle = R.s("rect", {
        class: "handle",
        x: at - 16,
        width: 32,
        y: TOP,
        height: bottom - TOP,
        fill: "transparent",
        style: "cursor:ns-resize;touch-action:none",
      });
      let start = null;
      const level = (event) => {
        const b = plot.querySelector("svg").getBoundingClientRect();
        return Math.max(TOP, Math.min(bottom, event.clientY - b.top));
      };
      handle.addEventListener("pointerdown", (event) => {
        start = level(event);
        handle.setPointerCapture(event.pointerId);
      });
      handle.addEventListener("pointermove", (event) => {
        if (start !== null) choose(start, level(event));
      });
      handle.addEventListener("pointerup", (event) => {
        if (start !== null && Math.abs(level(event) - start) < 4) choose(0, 0);
        start = null;
      });
      function choose(a, b) {
        filters[index] = a === b ? null : { low: Math.min(a, b), high: Math.max(a, b), y };
        show();
        apply();
      }
      function show() {
        const f = filters[index];
        if (f) {
          brush.setAttribute("y", f.low);
          brush.setAttribute("height", f.high - f.low);
          brush.setAttribute("visibility", "visible");
        } else brush.setAttribute("visibility", "hidden");
      }
      show();
      group.append(brush, handle);
      return group;
    }

    const passes = (row) =>
      filters.every((f, i) => {
        if (!f) return true;
        const level = f.y(axes[i].value(row));
        return level >= f.low && level <= f.high;
      });

    function apply() {
      let count = 0;
      for (const { row, line } of lines) {
        const on = passes(row);
        count += on;
        line.setAttribute("visibility", on ? "visible" : "hidden");
      }
      const cut =
        known.length > rows.length
          ? ` Of ${known.length}, the best ${BEST} and others evenly are drawn.`
          : "";
      const missing = options.rows.length - known.length;
      status.textContent = `${count} of ${rows.length} configurations.${cut}${missing ? ` ${missing} without a finite value are not drawn.` : ""} Drag along an axis to choose a range, click it to let go.`;
    }

    function tell(row, line) {
      line.style.strokeWidth = "3";
      status.textContent = `${row.text}: ${options.metric} ${R.number(row.value)}; ${options.axes.map((a) => `${a.name} ${R.cell(a.value(row))}`).join(", ")}`;
    }

    const clear = R.h(
      "button",
      {
        type: "button",
        onclick: () => {
          filters.fill(null);
          draw();
        },
      },
      "Clear ranges",
    );
    const scale = R.h(
      "p",
      { class: "chosen" },
      "Worst ",
      R.h("span", {
        "aria-hidden": "true",
        style: `display:inline-block;vertical-align:middle;width:6rem;height:.6rem;border-radius:3px;background:linear-gradient(90deg,${shade(0)},${shade(0.5)},${shade(1)})`,
      }),
      " best (by rank)",
    );
    R.onWidth(box, (w) => {
      width = w;
      draw();
    });
    return R.h(
      "figure",
      { class: "parallel-chart" },
      R.h("figcaption", {}, options.title, options.subtitle ? R.h("small", {}, options.subtitle) : null),
      box,
      status,
      R.h("div", { class: "tools" }, clear),
      scale,
    );
  };

  /* The best, and others evenly; worst first. */
  function thin(rows) {
    if (rows.length <= MOST) return rows;
    const others = rows.length - BEST,
      step = others / (MOST - BEST);
    return [
      ...Array.from({ length: MOST - BEST }, (_, i) => rows[Math.floor(i * step)]),
      ...rows.slice(-BEST),
    ];
  }

  /* From pale to strong, in steps of lightness, so that it reads without colour vision. */
  function shade(share) {
    const mix = (light, dark) => `light-dark(${light},${dark})`;
    const lightness = 78 - 48 * share,
      night = 38 + 47 * share;
    return mix(
      `hsl(${215 + 40 * (1 - share)} ${25 + 60 * share}% ${lightness}%)`,
      `hsl(${215 - 165 * share} ${20 + 70 * share}% ${night}%)`,
    );
  }

  function withRange(axis, rows) {
    if (axis.scale === "category") {
      const found = [
        ...new Set([
          ...(axis.categories || []),
          ...rows.map(axis.value).filter((v) => v !== null && v !== undefined),
        ]),
      ];
      return { ...axis, categories: found };
    }
    const values = rows.map(axis.value).filter((v) => typeof v === "number");
    const low = values.reduce((a, b) => Math.min(a, b), axis.lower ?? Infinity),
      high = values.reduce((a, b) => Math.max(a, b), axis.upper ?? -Infinity);
    return Number.isFinite(low) ? { ...axis, lower: low, upper: high } : { ...axis, lower: 0, upper: 1 };
  }

  function positionOf(axis, top, bottom) {
    if (axis.scale === "category") {
      const count = axis.categories.length;
      return (value) => {
        const i = axis.categories.indexOf(value);
        return i < 0 ? NaN : bottom - (bottom - top) * (count < 2 ? 0.5 : i / (count - 1));
      };
    }
    const scale = R.scale(axis.lower, axis.upper, bottom, top, axis.scale === "log");
    return (value) => (typeof value === "number" ? scale(value) : NaN);
  }

  function ticksOf(axis) {
    if (axis.scale === "category")
      return axis.categories.length <= 12
        ? axis.categories
        : [axis.categories[0], axis.categories[axis.categories.length - 1]];
    const scale = R.scale(axis.lower, axis.upper, 0, 1, axis.scale === "log");
    const found = R.ticks(scale, 4);
    if (axis.scale === "log")
      return found.filter((tick) => Number.isInteger(Math.log10(tick)) || found.length < 4);
    return found;
  }
})(Report);
