"use strict";
/* Pairs of setups, ranks over time and in the end, critical differences. */
(function (R) {
  const D = R.data;
  const MOST_OPEN = 3;
  const probability = (p) => (p === null ? "–" : p < 0.001 ? "< 0.001" : R.number(p, 2));
  const sooner = (found) =>
    found === null
      ? "–"
      : `${R.number(found.point, 3)} ×${found.lower === null || found.upper === null ? "" : ` (${R.number(found.lower, 3)} to ${R.number(found.upper, 3)})`}`;
  const styleOf = (label) => Math.max(0, D.labels.indexOf(label));

  R.comparisons = function () {
    const pairs = D.evidence.comparisons;
    if (!pairs.length) return;
    const columns = [
      D.benchmarks.length > 1
        ? { title: "Benchmark", value: (r) => r.benchmark, text: (r) => r.benchmark || "all, scaled" }
        : null,
      {
        title: "Is it real?",
        value: (r) => r.verdict,
        node: (r) =>
          R.h(
            "span",
            { class: `tag ${r.is_significant ? "good" : "warn"}` },
            r.is_significant ? "yes" : r.verdict,
          ),
      },
      { title: "Ahead", value: (r) => r.better, node: (r) => R.withSwatch(r.better) },
      { title: "Behind", value: (r) => r.worse, node: (r) => R.withSwatch(r.worse) },
      { title: "Difference", value: (r) => r.difference, text: (r) => R.number(r.difference, 3), num: true },
      {
        title: `${R.number(100 * D.confidence)} % interval`,
        value: (r) => r.lower,
        text: (r) => (r.lower === null ? "–" : `${R.number(r.lower, 3)} to ${R.number(r.upper, 3)}`),
        num: true,
      },
      {
        title: "p (Holm)",
        value: (r) => r.p,
        text: (r) => probability(r.p),
        num: true,
      },
      { title: "Sign test", value: (r) => r.sign_p, text: (r) => probability(r.sign_p), num: true },
      { title: "Pairs", value: (r) => r.n, num: true },
      {
        title: "Won–lost–tied",
        value: (r) => r.wins,
        text: (r) => `${r.wins}–${r.losses}–${r.ties}`,
        num: true,
      },
      { title: "Seeds needed", value: (r) => (r.is_significant ? null : r.seeds_needed), num: true },
      pairs.some((r) => r.speed_up !== null)
        ? {
            title: "Sooner by",
            value: (r) => (r.speed_up === null ? null : r.speed_up.point),
            text: (r) => sooner(r.speed_up),
            num: true,
          }
        : null,
    ].filter(Boolean);
    R.section("comparisons", "Pair by pair", "Pairs", [
      R.h(
        "p",
        { class: "lead" },
        "Each setup against each other, paired by seed. Differences are positive where the setup that is ahead is better; p-values are Wilcoxon's, and those of the sign test beside them, both adjusted for all pairs of setups (Holm). " +
          "Seeds needed: about how many would show such a difference. Sooner by: how many times sooner the setup ahead reaches what all seeds of both reach." +
          (D.benchmarks.length > 1
            ? " Over all benchmarks, 0 is the worst and 1 the best value of any seed on a benchmark."
            : ""),
      ),
      R.table(columns, pairs, { label: "Pairs of setups" }),
    ]);
  };

  R.ranks = function () {
    if (!D.evidence.ranks.length) return;
    const blocks = D.evidence.ranks.map((part) => {
      const order = part.setups
        .map((label, i) => ({ label, rank: part.mean_ranks[i], i }))
        .filter((one) => one.rank !== null)
        .sort((a, b) => a.rank - b.rank);
      const table = R.table(
        [
          { title: "Setup", value: (r) => r.label, node: (r) => R.withSwatch(r.label) },
          { title: "Mean rank", value: (r) => r.rank, text: (r) => R.number(r.rank, 3), num: true },
        ],
        order,
        { label: "Mean ranks" },
      );
      const content = [
        R.h(
          "div",
          { class: "grid" },
          [
            overTime(part),
            R.h("div", {}, order.length ? critical(part, order) : null, R.h("p", {}, part.note), table),
          ].filter(Boolean),
        ),
      ];
      return { title: part.benchmark || "All benchmarks", content };
    });
    const rest = blocks.slice(MOST_OPEN);
    R.section("ranks", "Ranks and critical differences", "Ranks", [
      R.h(
        "p",
        { class: "lead" },
        "Rank 1 is the best; a block is a seed on a benchmark. In the diagram of critical differences, setups that a bar connects cannot be told apart (Nemenyi's test after Friedman's).",
      ),
      ...blocks.slice(0, MOST_OPEN).flatMap((block) => [R.h("h3", {}, block.title), ...block.content]),
      ...rest.map((block) => R.h("details", {}, R.h("summary", {}, block.title), block.content)),
    ]);
  };

  function overTime(part) {
    const time = part.time;
    if (!time.length) return null;
    const isShare = part.benchmark === null,
      end = time[time.length - 1] || 1,
      [unit, length] = isShare ? ["", 0.01] : R.timeUnit(end);
    const kind = isShare ? "" : D.benchmarks.find((b) => b.name === part.benchmark).time;
    const series = part.setups.map((label, i) => ({
      label,
      style: styleOf(label),
      time,
      value: part.over_time[i],
      lower: null,
      upper: null,
      full: null,
    }));
    return R.lineChart({
      title: "Mean rank over time",
      subtitle: "Lower is better",
      series,
      mode: "min",
      upsideDown: true,
      late: false,
      table: true,
      xTitle: isShare ? "share of the time [%]" : `${kind} time [${unit}]`,
      yTitle: "mean rank",
      xEnd: end,
      xUnit: length,
      share: isShare,
    });
  }

  /* The diagram of Demsar (2006): setups on a line of mean ranks, bars over those that cannot be told apart. */
  function critical(part, order) {
    const count = order.length;
    const plot = R.h("div", {
      class: "plot",
      tabindex: 0,
      role: "img",
      "aria-label": `Critical differences: ${order.map((o) => `${o.label} ${R.number(o.rank, 3)}`).join(", ")}`,
    });
    R.onWidth(plot, (width) => {
      const half = Math.ceil(count / 2),
        line = 22,
        axis = part.critical_difference === null ? 30 : 56;
      const cliques = part.cliques.filter((clique) => clique.length > 1);
      const first = axis + 16 + 9 * cliques.length + 12,
        height = first + half * line + 6,
        side = Math.min(24 + 7 * Math.max(...order.map((o) => o.label.length)), width * 0.32);
      const x = R.scale(1, Math.max(2, count), side, width - side, false);
      const svg = R.s("svg", { viewBox: `0 0 ${width} ${height}`, height, "aria-hidden": "true" });
      const every = Math.ceil(20 / (x(2) - x(1)));
      svg.append(R.s("line", { class: "axis", x1: x(1), x2: x(Math.max(2, count)), y1: axis, y2: axis }));
      for (let rank = 1; rank <= Math.max(2, count); rank++)
        svg.append(
          R.s("line", { class: "axis", x1: x(rank), x2: x(rank), y1: axis - 5, y2: axis }),
          (rank - 1) % every === 0
            ? R.s("text", { x: x(rank), y: axis - 9, "text-anchor": "middle" }, rank)
            : "",
        );
      if (part.critical_difference !== null) {
        const to = Math.min(width - 4, x(1 + part.critical_difference));
        svg.append(
          R.s("path", {
            d: `M${x(1)},14V22M${x(1)},18H${to}M${to},14V22`,
            class: "axis",
            "stroke-width": 1.5,
          }),
          R.s(
            "text",
            { class: "strong", x: (x(1) + to) / 2, y: 11, "text-anchor": "middle" },
            `critical difference ${R.number(part.critical_difference, 3)}`,
          ),
        );
      }
      cliques.forEach((clique, k) => {
        const ranks = clique.map((i) => part.mean_ranks[i]),
          level = axis + 12 + 9 * k;
        svg.append(
          R.s("line", {
            x1: x(Math.min(...ranks)) - 3,
            x2: x(Math.max(...ranks)) + 3,
            y1: level,
            y2: level,
            "stroke-width": 5,
            "stroke-linecap": "round",
            style: "stroke:var(--ink)",
          }),
        );
      });
      order.forEach((one, k) => {
        const isLeft = k < half,
          level = first + (isLeft ? k : count - 1 - k) * line,
          end = isLeft ? side - 6 : width - side + 6,
          at = x(one.rank);
        svg.append(
          R.s("path", {
            d: `M${at},${axis}V${level}H${end}`,
            fill: "none",
            "stroke-width": 1.5,
            style: `stroke:${R.colour(styleOf(one.label))}`,
          }),
          R.s(
            "text",
            {
              class: "strong",
              x: isLeft ? end - 4 : end + 4,
              y: level + 4,
              "text-anchor": isLeft ? "end" : "start",
            },
            R.cut(one.label, (side - 8) / 6.4),
          ),
          R.s("circle", { cx: at, cy: axis, r: 3.5, style: `fill:${R.colour(styleOf(one.label))}` }),
        );
      });
      R.empty(plot).append(svg);
    });
    return R.h(
      "figure",
      { class: "critical" },
      R.h(
        "figcaption",
        {},
        "Critical differences",
        R.h("small", {}, `Mean ranks over ${R.plural(part.blocks, "block")}`),
      ),
      plot,
    );
  }
})(Report);
