"""The outcome as tables in Markdown."""

from __future__ import annotations

from typing import Any

from perf.quality.curves import CURVES
from perf.quality.problems import PROBLEMS

__all__ = ["as_markdown"]


def as_markdown(outcome: dict[str, Any]) -> str:
    """One row for each comparison, held-out problems marked with a star."""
    head = (
        "| problem | after | against | seeds | median ours | theirs | better : worse | p (Holm) | verdict |",
        "|---|---|---|---|---|---|---|---|---|",
    )
    parts = []
    for promise in dict.fromkeys(entry["promise"] for entry in outcome["comparisons"]):
        mine = [entry for entry in outcome["comparisons"] if entry["promise"] == promise]
        parts += [f"**{promise}**", "", *head, *map(_line, mine), ""]
    return "\n".join(parts)


def _line(entry: dict[str, Any]) -> str:
    name = entry["problem"]
    known = PROBLEMS.get(name) or CURVES.get(name)
    cells = (
        f"{name}*" if known and known.held_out else name,
        "budget" if entry["evaluations"] is None else entry["evaluations"],
        entry["against"],
        entry["num_seeds"],
        _number(entry["median_ours"]),
        _number(entry["median_peer"]),
        f"{entry['ours_better']} : {entry['ours_worse']}",
        f"{_number(entry['p'])} ({_number(entry['p_holm'])})",
        entry["verdict"],
    )
    return "| " + " | ".join(map(str, cells)) + " |"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.2g}"
