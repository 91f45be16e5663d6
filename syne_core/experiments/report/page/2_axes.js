"use strict";
/* Scales from data to pixels, ticks, and the frame of a chart. */
(function (R) {
  /* A scale: linear, or logarithmic if it can be; scale(value) is a pixel, scale.invert(pixel) a value. */
  R.scale = function (low, high, from, to, wantsLog) {
    const log = Boolean(wantsLog) && low > 0;
    const forward = log ? Math.log10 : (value) => value;
    const a = forward(low),
      span = forward(high) - a || 1;
    const scale = (value) =>
      from + ((to - from) * ((log && value <= 0 ? a - 10 * span : forward(value)) - a)) / span;
    scale.invert = (pixel) => {
      const u = a + (span * (pixel - from)) / (to - from);
      return log ? 10 ** u : u;
    };
    scale.low = low;
    scale.high = high;
    scale.log = log;
    return scale;
  };

  R.ticks = function (scale, count) {
    return scale.log ? logTicks(scale.low, scale.high, count) : linearTicks(scale.low, scale.high, count);
  };

  function linearTicks(low, high, count) {
    const rough = (high - low) / Math.max(1, count);
    if (!(rough > 0)) return [low];
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 2.5, 5, 10].map((m) => m * power).find((s) => s >= rough * 0.999);
    const found = [];
    for (let i = Math.ceil(low / step - 1e-9); i <= high / step + 1e-9; i++)
      found.push(Number((i * step).toPrecision(12)));
    return found;
  }

  function logTicks(low, high, count) {
    const from = Math.floor(Math.log10(low)),
      to = Math.ceil(Math.log10(high));
    const every = Math.max(1, Math.ceil((to - from) / Math.max(1, count)));
    const steps = to - from <= 1 ? [1, 2, 3, 4, 5, 6, 7, 8, 9] : to - from <= 3 ? [1, 2, 5] : [1];
    const found = [];
    for (let power = from; power <= to; power += every) {
      for (const step of steps) {
        const value = Number((step * 10 ** power).toPrecision(12));
        if (value >= low * 0.999999 && value <= high * 1.000001) found.push(value);
      }
    }
    return found.length > 1 ? found : linearTicks(low, high, count);
  }

  /* Draws axes, grid and titles into svg. area: {left, right, top, bottom}. */
  R.drawAxes = function (svg, x, y, area, titles) {
    const wide = area.right - area.left,
      high = area.bottom - area.top;
    for (const tick of R.ticks(y, Math.max(2, Math.floor(high / 45)))) {
      const at = y(tick);
      svg.append(
        R.s("line", { class: "gridline", x1: area.left, x2: area.right, y1: at, y2: at }),
        R.s("text", { x: area.left - 6, y: at + 4, "text-anchor": "end" }, R.number(tick, 4)),
      );
    }
    let last = -Infinity;
    for (const tick of R.ticks(x, Math.max(2, Math.floor(wide / 75)))) {
      const at = x(tick),
        text = R.number(tick, 4);
      svg.append(R.s("line", { class: "gridline", x1: at, x2: at, y1: area.top, y2: area.bottom }));
      if (at - last < 8 * text.length + 4) continue;
      last = at;
      svg.append(R.s("text", { x: at, y: area.bottom + 16, "text-anchor": "middle" }, text));
    }
    svg.append(
      R.s("path", { class: "axis", d: `M${area.left},${area.top}V${area.bottom}H${area.right}` }),
      R.s(
        "text",
        { x: (area.left + area.right) / 2, y: area.bottom + 34, "text-anchor": "middle" },
        titles.x,
      ),
    );
    const middle = (area.top + area.bottom) / 2;
    svg.append(
      R.s(
        "text",
        { x: 12, y: middle, "text-anchor": "middle", transform: `rotate(-90 12 ${middle})` },
        cut(titles.y, high / 6.5),
      ),
    );
  };

  function cut(text, letters) {
    return text.length <= letters ? text : `${text.slice(0, Math.max(4, letters - 1))}…`;
  }
  R.cut = cut;

  /* Room that the labels of the vertical axis need. */
  R.leftMargin = (y, high) =>
    30 + 7 * Math.max(...R.ticks(y, Math.max(2, Math.floor(high / 45))).map((t) => R.number(t, 4).length));

  /* Shows a read-out beside the pointer, inside of the plot. */
  R.place = function (box, plot, x, y) {
    box.hidden = false;
    const free = plot.clientWidth - box.offsetWidth;
    const left = x + 14 + box.offsetWidth > plot.clientWidth ? x - 14 - box.offsetWidth : x + 14;
    box.style.left = `${Math.max(0, Math.min(free, left))}px`;
    box.style.top = `${Math.max(0, y - box.offsetHeight - 10)}px`;
  };
})(Report);
