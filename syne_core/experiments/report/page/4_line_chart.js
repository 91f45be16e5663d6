"use strict";
/* Curves of several series against time: steps with bands, read-out, zoom, series on and off.

   R.lineChart({title, subtitle, series, xTitle, yTitle, xEnd, xUnit, late, table}) makes a figure.
   A series: {label, style, time, value, lower, upper, full, note}. full[i] is false where fewer seeds than
   all have a value: drawn thin and without a band. Times are seconds, xUnit says how many are one unit. */
(function (R) {
  const TOP = 10,
    BOTTOM = 42,
    RIGHT = 14;

  R.lineChart = function (options) {
    const chart = new LineChart(options);
    return chart.element;
  };

  class LineChart {
    constructor(options) {
      this.options = options;
      this.series = options.series.map((one) => ({ ...one, isOn: true }));
      this.log = { x: false, y: false };
      this.view = null;
      this.whole = false;
      this.single = false;
      this.cursor = null;
      this.plot = R.h("div", { class: "plot", tabindex: 0, role: "img", "aria-label": this.description() });
      this.readout = R.h("div", { class: "readout", hidden: true, "aria-live": "polite" });
      this.element = R.h(
        "figure",
        { class: "line-chart" },
        R.h("figcaption", {}, options.title, options.subtitle ? R.h("small", {}, options.subtitle) : null),
        this.plot,
        this.legend(),
        this.tools(),
        options.table ? this.table() : null,
      );
      R.listenToChart(this);
      R.onWidth(this.plot, (width) => {
        this.width = width;
        this.draw();
      });
    }

    description() {
      const ends = this.series.map((one) => `${one.label} ${R.number(lastOf(one.value))}`);
      return (
        `${this.options.title}: ${this.options.yTitle} against ${this.options.xTitle}. At the end: ${ends.join(", ")}. ` +
        "Arrow keys move the read-out, plus and minus zoom, 0 resets."
      );
    }

    legend() {
      return R.h(
        "div",
        { class: "legend", role: "group", "aria-label": "Show or hide series" },
        this.series.map((one) => {
          const button = R.toggle(
            [R.swatch(one.style), ` ${one.label}${one.note ? ` (${one.note})` : ""}`],
            true,
            (on) => {
              one.isOn = on;
              this.draw();
            },
          );
          button.dataset.series = one.label;
          return button;
        }),
      );
    }

    tools() {
      const canLogY =
        !this.options.upsideDown &&
        this.series.every((one) => one.value.every((value) => value === null || value > 0));
      const axis = (name) =>
        R.toggle(`Log ${name}`, false, (on) => {
          this.log[name] = on;
          this.view = null;
          this.draw();
        });
      const hasSingle = this.series.some((one) => one.single && one.single.length > 1);
      return R.h(
        "div",
        { class: "tools" },
        axis("x"),
        canLogY ? axis("y") : null,
        this.options.late
          ? R.toggle("Whole range", false, (on) => {
              this.whole = on;
              this.view = null;
              this.draw();
            })
          : null,
        hasSingle
          ? R.toggle("Single seeds", false, (on) => {
              this.single = on;
              this.draw();
            })
          : null,
        R.h(
          "button",
          {
            type: "button",
            class: "reset",
            onclick: () => {
              this.view = null;
              this.draw();
            },
          },
          "Reset zoom",
        ),
      );
    }

    table() {
      const end = this.options.xEnd,
        times = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1].map((share) => share * end);
      const columns = [
        { title: this.options.xTitle, value: (t) => t / this.options.xUnit, num: true },
        ...this.series.map((one) => ({
          title: one.label,
          num: true,
          value: (t) => valueAt(one, t),
          text: (t) => this.text(one, t),
        })),
      ];
      const content = R.h("div");
      const details = R.h("details", { class: "values" }, R.h("summary", {}, "Values as a table"), content);
      details.addEventListener("toggle", () => {
        if (details.open && !content.firstChild)
          content.append(R.table(columns, times, { label: `${this.options.title}: values` }));
      });
      return details;
    }

    text(one, time) {
      const i = indexAt(one, time);
      if (i < 0 || one.value[i] === null) return "–";
      const band = one.lower && one.lower[i] !== null && one.full[i];
      return (
        R.number(one.value[i]) + (band ? ` (${R.number(one.lower[i])} to ${R.number(one.upper[i])})` : "")
      );
    }

    /* What the axes show when nothing is zoomed. */
    limits() {
      const shown = this.series.filter((one) => one.isOn),
        end = this.options.xEnd;
      const starts = shown.map((one) => one.time[0]).filter((t) => t > 0);
      const first = this.log.x ? Math.min(...(starts.length ? starts : [end / 1000])) : 0;
      const all = [],
        late = [];
      for (const one of shown) {
        one.value.forEach((value, i) => {
          if (value === null) return;
          all.push(value);
          const until = i + 1 < one.time.length ? one.time[i + 1] : Infinity;
          if (until > 0.2 * end) late.push(value);
          if (one.lower && one.full[i] && one.lower[i] !== null) all.push(one.lower[i], one.upper[i]);
        });
      }
      if (!all.length) return { x: [first, end], y: [0, 1] };
      let low = least(all),
        high = most(all);
      if (this.log.y) {
        const positive = all.filter((value) => value > 0);
        low = least(positive);
        high = most(positive);
        return { x: [first, end], y: [low / 1.1, high * 1.1] };
      }
      if (this.options.late && !this.whole && late.length) {
        const span = most(late) - least(late);
        if (span > 0) {
          low = Math.max(low, least(late) - 0.75 * span);
          high = Math.min(high, most(late) + 0.75 * span);
        }
      }
      const margin = 0.05 * (high - low) || Math.abs(high) * 0.05 || 0.5;
      return { x: [first, end], y: [low - margin, high + margin] };
    }

    draw() {
      if (!this.width) return;
      const { x, y } = this.view || this.limits();
      const height = Math.round(Math.max(250, Math.min(380, this.width * 0.55)));
      const bottom = height - BOTTOM,
        unit = this.options.xUnit;
      const vertical = this.options.upsideDown
        ? R.scale(y[0], y[1], TOP, bottom, false)
        : R.scale(y[0], y[1], bottom, TOP, this.log.y);
      const left = R.leftMargin(vertical, bottom - TOP);
      const area = { left, right: this.width - RIGHT, top: TOP, bottom };
      const horizontal = R.scale(x[0] / unit, x[1] / unit, area.left, area.right, this.log.x);
      this.area = area;
      this.x = horizontal;
      this.y = vertical;
      const svg = R.s("svg", { viewBox: `0 0 ${this.width} ${height}`, height, "aria-hidden": "true" });
      R.drawAxes(svg, horizontal, vertical, area, { x: this.options.xTitle, y: this.options.yTitle });
      const clip = R.newId("clip");
      const curves = R.s("g", { "clip-path": `url(#${clip})` });
      svg.append(
        R.s(
          "clipPath",
          { id: clip },
          R.s("rect", { x: left, y: TOP, width: Math.max(0, area.right - left), height: bottom - TOP }),
        ),
        curves,
      );
      const shown = this.series.filter((one) => one.isOn);
      for (const one of shown) if (one.lower && !this.single) curves.append(this.band(one));
      for (const one of shown) {
        if (this.single)
          for (const seed of one.single || [])
            curves.append(this.line({ ...seed, full: null }, one.style, 0.8, () => true, 0.6));
        curves.append(
          this.line(one, one.style, 0.9, (i) => !isFull(one, i), 1),
          this.line(one, one.style, 2.2, (i) => isFull(one, i), 1),
        );
      }
      this.marks = R.s("g");
      svg.append(this.marks);
      const old = this.plot.querySelector("svg");
      if (old) old.replaceWith(svg);
      else this.plot.append(svg, this.readout);
      if (this.cursor !== null) this.show(this.cursor);
      else this.readout.hidden = true;
    }

    /* Steps of a series, where wanted(i); the last one is held until the end of the axis. */
    line(one, style, width, wanted, opacity) {
      const unit = this.options.xUnit,
        end = this.options.xEnd,
        parts = [];
      let pen = false;
      one.time.forEach((time, i) => {
        const value = one.value[i];
        if (value === null || !wanted(i)) {
          pen = false;
          return;
        }
        const from = this.x(time / unit),
          y = this.y(value).toFixed(2);
        const until = this.x((i + 1 < one.time.length ? one.time[i + 1] : Math.max(end, time)) / unit);
        parts.push(`${pen ? "V" : `M${from.toFixed(2)},`}${y}H${until.toFixed(2)}`);
        pen = true;
      });
      return R.s("path", {
        class: "curve",
        d: parts.join(""),
        fill: "none",
        "stroke-width": width,
        "stroke-linejoin": "round",
        style: `stroke:${R.colour(style)};stroke-opacity:${opacity}`,
        "stroke-dasharray": R.dashes(style),
      });
    }

    band(one) {
      const unit = this.options.xUnit,
        end = this.options.xEnd,
        parts = [];
      const has = (i) => isFull(one, i) && one.lower[i] !== null && one.upper[i] !== null;
      const x = (i) =>
        this.x(
          (i < one.time.length ? one.time[i] : Math.max(end, one.time[one.time.length - 1])) / unit,
        ).toFixed(2);
      for (let i = 0; i < one.time.length;) {
        if (!has(i)) {
          i++;
          continue;
        }
        let j = i,
          path = `M${x(i)},${this.y(one.upper[i]).toFixed(2)}`;
        for (; j < one.time.length && has(j); j++) path += `V${this.y(one.upper[j]).toFixed(2)}H${x(j + 1)}`;
        for (let k = j - 1; k >= i; k--) path += `V${this.y(one.lower[k]).toFixed(2)}H${x(k)}`;
        parts.push(`${path}Z`);
        i = j;
      }
      return R.s("path", { class: "band", d: parts.join(""), style: `fill:${R.colour(one.style)}` });
    }

    /* The read-out at so many seconds. */
    show(time) {
      this.cursor = time;
      R.empty(this.marks);
      const at = this.x(time / this.options.xUnit);
      if (!(at >= this.area.left - 0.5 && at <= this.area.right + 0.5)) {
        this.readout.hidden = true;
        return;
      }
      this.marks.append(
        R.s("line", { class: "cursor", x1: at, x2: at, y1: this.area.top, y2: this.area.bottom }),
      );
      const rows = [];
      for (const one of this.series.filter((s) => s.isOn)) {
        const value = valueAt(one, time);
        if (value !== null) {
          const y = this.y(value);
          if (y >= this.area.top && y <= this.area.bottom)
            this.marks.append(R.s("circle", { cx: at, cy: y, r: 3.5, style: `fill:${R.colour(one.style)}` }));
        }
        rows.push({
          value,
          row: R.h(
            "tr",
            {},
            R.h("td", {}, R.swatch(one.style)),
            R.h("td", {}, R.cut(one.label, 24)),
            R.h("td", {}, this.text(one, time)),
          ),
        });
      }
      const sign = this.options.upsideDown || this.options.mode === "min" ? 1 : -1;
      rows.sort((a, b) => (a.value === null) - (b.value === null) || sign * (a.value - b.value));
      R.empty(this.readout).append(
        R.h("strong", {}, this.options.share ? `${R.number(100 * time, 3)} % of the time` : R.seconds(time)),
        R.h(
          "table",
          {},
          R.h(
            "tbody",
            {},
            rows.slice(0, 12).map((r) => r.row),
          ),
        ),
      );
      R.place(this.readout, this.plot, at, this.area.top + 0.75 * (this.area.bottom - this.area.top));
    }

    hide() {
      this.cursor = null;
      this.readout.hidden = true;
      if (this.marks) R.empty(this.marks);
    }
  }

  const least = (values) => values.reduce((a, b) => Math.min(a, b), Infinity);
  const most = (values) => values.reduce((a, b) => Math.max(a, b), -Infinity);
  const isFull = (one, i) => !one.full || one.full[i];
  const lastOf = (values) => {
    for (let i = values.length - 1; i >= 0; i--) if (values[i] !== null) return values[i];
    return null;
  };

  /* Position of the step that holds at this time, -1 before the first. */
  function indexAt(one, time) {
    let low = 0,
      high = one.time.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (one.time[middle] <= time * (1 + 1e-12)) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
  function valueAt(one, time) {
    const i = indexAt(one, time);
    return i < 0 ? null : one.value[i];
  }
  R.valueAt = valueAt;
})(Report);
