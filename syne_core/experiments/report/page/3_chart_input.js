"use strict";
/* What a pointer, a finger and the keyboard do to a line chart: read-out, zoom, reset. */
(function (R) {
  const clamp = (value, low, high) => Math.max(low, Math.min(high, value));

  R.listenToChart = function (chart) {
    const plot = chart.plot;
    let start = null;
    const at = (event) => {
      const box = plot.getBoundingClientRect();
      return [event.clientX - box.left, event.clientY - box.top];
    };
    const within = ([x, y]) => [
      clamp(x, chart.area.left, chart.area.right),
      clamp(y, chart.area.top, chart.area.bottom),
    ];
    plot.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      const from = at(event);
      if (from[1] > chart.area.bottom) return;
      start = within(from);
      start.touch = event.pointerType === "touch";
      chart.show(chart.x.invert(start[0]) * chart.options.xUnit);
      plot.setPointerCapture(event.pointerId);
    });
    plot.addEventListener("pointermove", (event) => {
      const here = within(at(event));
      chart.show(chart.x.invert(here[0]) * chart.options.xUnit);
      if (start) drawBrush(chart, start, here);
    });
    plot.addEventListener("pointerup", (event) => {
      if (!start) return;
      const here = within(at(event)),
        from = start;
      start = null;
      zoomTo(chart, from, here);
    });
    plot.addEventListener("pointercancel", () => {
      start = null;
      chart.hide();
    });
    // A finger leaves when it is lifted: what it has shown is to be read then.
    plot.addEventListener("pointerleave", (event) => {
      if (!start && event.pointerType !== "touch") chart.hide();
    });
    plot.addEventListener("dblclick", () => {
      chart.view = null;
      chart.draw();
    });
    plot.addEventListener("keydown", (event) => pressed(chart, event));
    plot.addEventListener("blur", () => chart.hide());
  };

  /* A finger, or a drag along the axis, chooses a range of times; a rectangle both. */
  function corners(chart, from, to) {
    const onlyX = from.touch || Math.abs(to[1] - from[1]) < 12;
    const [top, bottom] = onlyX
      ? [chart.area.top, chart.area.bottom]
      : [Math.min(from[1], to[1]), Math.max(from[1], to[1])];
    return { left: Math.min(from[0], to[0]), right: Math.max(from[0], to[0]), top, bottom, onlyX };
  }

  function drawBrush(chart, from, to) {
    const c = corners(chart, from, to);
    chart.marks.append(
      R.s("rect", { class: "brush", x: c.left, y: c.top, width: c.right - c.left, height: c.bottom - c.top }),
    );
  }

  function zoomTo(chart, from, to) {
    const c = corners(chart, from, to),
      unit = chart.options.xUnit;
    if (c.right - c.left < 8) {
      chart.draw();
      return;
    }
    const now = chart.view || chart.limits();
    const ends = [chart.y.invert(c.bottom), chart.y.invert(c.top)].sort((a, b) => a - b);
    chart.view = {
      x: [chart.x.invert(c.left) * unit, chart.x.invert(c.right) * unit],
      y: c.onlyX ? now.y : ends,
    };
    chart.draw();
  }

  function pressed(chart, event) {
    const { x, y } = chart.view || chart.limits(),
      span = x[1] - x[0];
    const middle = chart.cursor === null ? (x[0] + x[1]) / 2 : chart.cursor;
    const zoom = (factor) => {
      const from = Math.max(chart.limits().x[0], middle - factor * (middle - x[0])),
        to = Math.min(chart.options.xEnd, middle + factor * (x[1] - middle));
      chart.view = { x: [from, to], y };
      chart.draw();
    };
    const actions = {
      ArrowLeft: () => chart.show(Math.max(x[0], middle - span / 50)),
      ArrowRight: () => chart.show(Math.min(x[1], middle + span / 50)),
      "+": () => zoom(0.5),
      "-": () => zoom(2),
      0: () => {
        chart.view = null;
        chart.draw();
      },
      Escape: () => {
        chart.view = null;
        chart.hide();
        chart.draw();
      },
    };
    if (actions[event.key] && !event.ctrlKey && !event.metaKey) {
      actions[event.key]();
      event.preventDefault();
    }
  }
})(Report);
