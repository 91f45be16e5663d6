"""The report as Markdown: words and tables, for a repository, an issue or a paper's appendix."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from syne_core.experiments.report.document import ReportDocument
from syne_core.experiments.report.evidence import IntervalPart, WholeRunPart

__all__ = ["as_markdown", "final_rows"]

_MOST_SETTINGS = 40
_REACHED = {"Targets at 10 %": 0.1, "at 50 %": 0.5, "at the end": 1.0}
_ALL = "all benchmarks (share of the range)"


def as_markdown(document: ReportDocument) -> str:
    """``document`` as GitHub-flavoured Markdown."""
    return "\n".join(_lines(document)) + "\n"


def final_rows(document: ReportDocument) -> tuple[list[str], list[list[str]]]:
    """Head and cells of the table of final values."""
    interval = f"{100 * document.confidence:g} % interval"
    head = ["Benchmark", "Setup", "Seeds", "Metric", "Mean", interval, "Best seed", "Trials"]
    rows = []
    for row in document.final:
        seeds = (
            str(row.seeds) if row.is_provisional or row.ended == row.seeds else f"{row.ended} of {row.seeds}"
        )
        mean = f"{_number(row.mean)}{' so far' if row.is_provisional else ''}"
        ends = "-" if row.lower is None else f"{_number(row.lower)} to {_number(row.upper)}"
        metric = f"{row.metric} ({row.mode})"
        rows.append(
            [row.benchmark, row.setup, seeds, metric, mean, ends, _number(row.best), str(row.num_trials)]
        )
    return head, rows


def _lines(document: ReportDocument) -> Iterator[str]:
    yield f"# {_text(document.title)}"
    yield ""
    for part in document.evidence.summary:
        yield from (f"- {_text(part.title)}: {_text(line)}" for line in part.sentences)
    if document.evidence.caveats:
        yield from ("", "**Before you rely on this**", "")
        yield from (f"- {_text(line)}" for line in document.evidence.caveats)
    head, rows = final_rows(document)
    yield from ("", "## Final values", "", *_table(head, rows, right=(2, 4, 5, 6, 7)))
    yield from _comparisons(document)
    yield from _ranks(document)
    yield from _whole_run(document)
    yield from _costs(document)
    yield from _settings(document)
    yield from _left_out(document)
    yield from ("", f"synebench {_text(document.synebench)}, {_text(document.created)}")


def _comparisons(document: ReportDocument) -> Iterator[str]:
    pairs = document.evidence.comparisons
    if not pairs:
        return
    head = [
        "Benchmark",
        "Ahead",
        "Behind",
        "Pairs",
        "Difference",
        "Interval",
        "Won-lost-tied",
        "p (Holm)",
        "Sign test",
        "Verdict",
    ]
    rows = [
        [
            *(pair.benchmark or _ALL, pair.better, pair.worse, str(pair.n), _number(pair.difference)),
            "-" if pair.lower is None else f"{_number(pair.lower)} to {_number(pair.upper)}",
            f"{pair.wins}-{pair.losses}-{pair.ties}",
            *("-" if p is None else f"{p:.2g}" for p in (pair.p, pair.sign_p)),
            pair.sentence,
        ]
        for pair in pairs
    ]
    yield from ("", "## Pair by pair", "", *_table(head, rows, right=(3, 4, 5, 7, 8)))


def _ranks(document: ReportDocument) -> Iterator[str]:
    for part in document.evidence.ranks:
        known = [(r, label) for r, label in zip(part.mean_ranks, part.setups, strict=True) if r is not None]
        yield from ("", f"## Ranks: {_text(part.benchmark or _ALL)}", "", _text(part.note), "")
        yield from _table(
            ["Setup", "Mean rank"], [[label, f"{rank:.3g}"] for rank, label in sorted(known)], right=(1,)
        )


def _whole_run(document: ReportDocument) -> Iterator[str]:
    head = ["Benchmark", "Setup", "Interquartile mean", "Median", "Over the whole run", "Regret", *_REACHED]
    rows = [
        [
            *(part.benchmark or _ALL, row.setup, _interval(row.iqm), _number(row.median)),
            *(_interval(row.anytime), _interval(row.regret), *_reached(part, place)),
        ]
        for part in document.evidence.whole_run
        for place, row in enumerate(part.rows)
    ]
    if rows:
        yield from ("", "## The whole run", "", *_table(head, rows, right=tuple(range(2, 9))))


def _reached(part: WholeRunPart, place: int) -> Iterator[str]:
    """Shares of targets at some shares of the time."""
    for share in _REACHED.values():
        if not part.time:
            yield "-"
            continue
        at = max(i for i, time in enumerate(part.time) if time <= share * part.time[-1] * (1 + 1e-6))
        value = part.reached[place][at]
        yield "-" if value is None else f"{100 * value:.0f} %"


def _costs(document: ReportDocument) -> Iterator[str]:
    head = [
        "Benchmark",
        "Setup",
        "Experiments",
        "Hours",
        "Worker hours",
        "Workers busy",
        "Trials",
        "Failed",
        "Cost",
    ]
    rows = [
        [
            *(row.benchmark, row.setup, str(row.experiments), f"{row.elapsed / 3600:.4g}"),
            "-" if row.worker_seconds is None else f"{row.worker_seconds / 3600:.4g}",
            "-" if row.utilisation is None else f"{100 * row.utilisation:.1f} %",
            *(str(row.trials), "-" if row.failed is None else str(row.failed), _number(row.cost)),
        ]
        for row in document.costs
    ]
    yield from ("", "## Cost and time", "", *_table(head, rows, right=tuple(range(2, 9))))


def _settings(document: ReportDocument) -> Iterator[str]:
    rows = [
        [group.title, row.name, row.kind, value, who]
        for group in document.settings
        for row in group.different
        for value, who in row.values
    ]
    if rows:
        yield from ("", "## Settings that differ", "")
        yield from _table(["Of", "Setting", "Kind", "Value", "Experiments"], rows[:_MOST_SETTINGS])
        if len(rows) > _MOST_SETTINGS:
            yield f"\n{len(rows) - _MOST_SETTINGS} more are in the page and in the JSON."


def _left_out(document: ReportDocument) -> Iterator[str]:
    if document.left_out:
        yield from ("", "## Left out", "")
        yield from (f"- {_text(folder.path)}: {_text(folder.reason)}" for folder in document.left_out)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[int] = ()) -> Iterator[str]:
    yield f"| {' | '.join(_text(title) for title in head)} |"
    yield f"|{'|'.join('---:' if i in right else '---' for i in range(len(head)))}|"
    for row in rows:
        yield f"| {' | '.join(_text(cell) for cell in row)} |"


def _text(text: str) -> str:
    """``text`` on one line and without markup of Markdown or HTML."""
    plain = " ".join(text.split())
    plain = plain.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"([\\`*_\[\]|#~])", r"\\\1", plain)


def _interval(found: IntervalPart | None) -> str:
    if found is None or found.lower is None:
        return _number(found.point if found else None)
    return f"{_number(found.point)} ({_number(found.lower)} to {_number(found.upper)})"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.5g}"
