"""The results of two studies or methods compared: a table, sentences, warnings, and a check for CI."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from benchmarking.cli.compare_settings import difference_notes
from syne_core.errors import ResultsError, UnknownNameError, UsageError
from syne_core.experiments import load_studies, scan_study, study_tags
from syne_core.experiments.comparison import OUTCOME_WORDS, ComparedSetups, Comparison, compare_matched
from syne_core.experiments.comparison_sides import Margin, MatchedSetups, Side, match_setups
from syne_core.experiments.pair_verdicts import number_text
from syne_core.experiments.plain_json import plain_json
from syne_core.experiments.regression_check import CheckedLine, check_not_worse
from syne_core.experiments.settings_differences import settings_differences
from syne_core.experiments.study_notes import left_out_notes, study_notes
from syne_core.experiments.study_results import StudyResults
from syne_core.experiments.text_table import print_table
from syne_core.experiments.verdict_words import seconds_text

__all__ = ["CompareSettings", "show_comparison", "sides_of"]

_DEFAULT_MARGIN = "1%"

#: Lines whose sentences are all printed.
_FEW = 12


@dataclass(frozen=True)
class CompareSettings:
    """What ``synebench compare`` reads beside the two sides.

    :param benchmark: names; none means all
    :param method: names; none means all
    :param margin: None means that of the check, or 1 %
    :param fail_if_worse: margin of the check; None means no check
    :param fail_if_unsure: the check fails where nothing is shown
    """

    benchmark: tuple[str, ...] = ()
    method: tuple[str, ...] = ()
    metric: str | None = None
    mode: str | None = None
    fail_if_worse: str | None = None
    fail_if_unsure: bool = False
    margin: str | None = None
    confidence: float = 0.95
    as_json: bool = False


def show_comparison(a: str, b: str, settings: CompareSettings) -> int:
    """Compare ``b`` with ``a``, print what is found, and return the exit code.

    :raises UsageError: nothing to compare, or an option that makes no sense
    :raises UnknownNameError: no such study, method, benchmark or metric
    """
    margin, allowed = _margins(settings)
    sides = sides_of(a, b, settings.method)
    study = _load(sides, settings)
    matched, unmatched = match_setups(study, *sides)
    comparison = compare_matched(matched, str(sides[0]), str(sides[1]), margin, settings.confidence)
    checked = check_not_worse(comparison.lines, allowed) if allowed else []
    notes = [*_notes(study, matched, comparison), *unmatched]
    if settings.as_json:
        print(json.dumps(_as_json(comparison, checked, notes, settings), indent=2, allow_nan=False))
    else:
        _print(comparison, settings)
    for note in notes:
        print(f"Note: {note}", file=sys.stderr)
    code = _conclude(checked, settings)
    print(f"\nNext:  {shlex.join(['synebench', 'compare', '--settings', a, b])}", file=sys.stderr)
    return code


def sides_of(a: str, b: str, methods: Sequence[str] = ()) -> tuple[Side, Side]:
    """The two sides; a method that only one of them names is meant on both.

    :param a: TAG or TAG:METHOD
    :raises UnknownNameError: no such study, or a study has no such method
    :raises UsageError: both sides are the same
    """
    one, other = _side(a), _side(b)
    if methods and (one.method or other.method):
        raise UsageError("Name methods either with --method or as TAG:METHOD, not both")
    one = replace(one, method=one.method or other.method)
    other = replace(other, method=other.method or one.method)
    if one == other:
        raise UsageError(f"A and B are both '{one}'; TAG:METHOD compares the methods of one study")
    for side in (one, other):
        if side.method is not None:
            known = {folder.method for folder in scan_study(side.tag).good}
            if side.method not in known:
                raise UnknownNameError(f"method of {side.tag},", side.method, known)
    return one, other


def _side(text: str) -> Side:
    tag, colon, method = text.partition(":")
    return Side(tag, method) if colon and method and text not in study_tags() else Side(text)


def _margins(settings: CompareSettings) -> tuple[Margin, Margin | None]:
    """Of equivalence, and of the check."""
    if settings.fail_if_unsure and settings.fail_if_worse is None:
        raise UsageError("--fail_if_unsure needs --fail_if_worse MARGIN")
    allowed = None if settings.fail_if_worse is None else Margin.parse(settings.fail_if_worse)
    if settings.margin is not None:
        return Margin.parse(settings.margin), allowed
    return allowed or Margin.parse(_DEFAULT_MARGIN), allowed


def _load(sides: tuple[Side, Side], settings: CompareSettings) -> StudyResults:
    named = [side.method for side in sides if side.method is not None]
    metric = 0 if settings.metric is None else settings.metric
    try:
        return load_studies(
            [side.tag for side in sides],
            benchmarks=settings.benchmark,
            methods=list(dict.fromkeys(named)) or settings.method,
            metric=metric,
            mode=settings.mode,
        )
    except ResultsError as error:  # exit code 1 is for the check
        raise UsageError(str(error)) from None


def _notes(study: StudyResults, matched: list[MatchedSetups], comparison: Comparison) -> list[str]:
    """What a reader must know: of the experiments, and of what else differs between them."""
    compared = {one.benchmark.name for one in matched}
    benchmarks = tuple(b for b in study.benchmarks if b.name in compared)
    notes = [*study_notes(replace(study, benchmarks=benchmarks)), *left_out_notes(study)]
    for one, line in zip(matched, comparison.lines, strict=True):
        notes += [f"{line.name} on {line.benchmark}: {note}" for note in _line_notes(one, line)]
    return notes + difference_notes(settings_differences(_metadata(matched)))


def _line_notes(one: MatchedSetups, line: ComparedSetups) -> list[str]:
    longest = one.benchmark.horizon
    limits = {seed.folder.time_limit for seed in one.benchmark.seeds}
    notes = []
    if line.horizon < longest * (1 - 1e-9) and len(limits) == 1:  # other limits are noted already
        both = f"compared at {seconds_text(line.horizon)}, the time that both had"
        notes.append(f"{both}; the longest ran {seconds_text(longest)}")
    for side, seeds in (("B", line.only_a), ("A", line.only_b)):
        if seeds:
            notes.append(
                f"{side} found nothing finite in {seeds} seeds in which the other did; they do not count"
            )
    return notes


def _metadata(matched: list[MatchedSetups]) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Of the two runs of each pair."""
    pairs = []
    for one in matched:
        of_b = {seed.folder.seed: seed.folder.metadata for seed in one.b.seeds}
        of_a = ((seed.folder.seed, seed.folder.metadata) for seed in one.a.seeds)
        pairs += [(metadata, of_b[seed]) for seed, metadata in of_a if seed in of_b]
    return pairs


def _as_json(
    comparison: Comparison, checked: list[CheckedLine], notes: list[str], settings: CompareSettings
) -> dict[str, Any]:
    return {
        **comparison.to_json(),
        "check": [plain_json(one) for one in checked] if settings.fail_if_worse else None,
        "notes": notes,
    }


def _print(comparison: Comparison, settings: CompareSettings) -> None:
    print(f"A: {comparison.a}\nB: {comparison.b}\n")
    interval = f"{100 * settings.confidence:g} % INTERVAL"
    columns = (
        "BENCHMARK",
        "METHOD",
        "SEEDS",
        "METRIC",
        "A",
        "B",
        "B BETTER BY",
        interval,
        "P (HOLM)",
        "VERDICT",
    )
    rows = [_row(line) for line in comparison.lines]
    print_table(columns, rows, right=("SEEDS", "A", "B", "B BETTER BY", "P (HOLM)"))
    print()
    many = len({line.benchmark for line in comparison.lines}) > 1
    for line in comparison.lines:
        if len(comparison.lines) > _FEW and line.outcome not in ("better", "worse"):
            continue  # the table says it
        print(f"{line.benchmark}: {line.sentence}" if many else line.sentence)
    if len(comparison.lines) > 1:
        print(comparison.sentence)


def _row(line: ComparedSetups) -> tuple[str, ...]:
    found = line.pair.comparison
    ends = f"{number_text(found.lower)} to {number_text(found.upper)}" if found.n > 1 else "-"
    return (
        line.benchmark,
        line.name,
        str(found.n),
        f"{line.metric} ({line.mode})",
        number_text(line.mean_a),
        number_text(line.mean_b),
        number_text(found.mean_difference),
        ends,
        f"{line.pair.holm_p:.2g}" if found.n else "-",
        OUTCOME_WORDS[line.outcome],
    )


def _conclude(checked: list[CheckedLine], settings: CompareSettings) -> int:
    """Say what the check found; the exit code."""
    bad = {"failed", "unsure"} if settings.fail_if_unsure else {"failed"}
    for one in checked:
        told = "FAILED" if one.result in bad else one.result
        print(f"Check {told}: {one.sentence}", file=sys.stderr)
    if any(one.result in bad for one in checked):
        return 1
    if any(one.result == "unsure" for one in checked):
        print("More seeds would tell; --fail_if_unsure makes this a failure.", file=sys.stderr)
    return 0
