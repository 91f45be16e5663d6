"""``synebench best``: the best configuration of a study, and how to train it again."""

from __future__ import annotations

import json
import shlex
import sys
from typing import TYPE_CHECKING, Any

import click

from benchmarking.commons.plot_results import choice_options

if TYPE_CHECKING:
    from syne_core.experiments import StudyResults
    from syne_core.experiments.best_trial import BestTrial

__all__ = ["command"]


@click.command(epilog="Example: synebench best demo --benchmark mlp_digits")
@click.argument("tag")
@choice_options
@click.option("--json", "as_json", is_flag=True, help="print JSON")
def command(
    tag: str,
    benchmark: tuple[str, ...],
    method: tuple[str, ...],
    metric: str | None,
    mode: str | None,
    as_json: bool,
) -> None:
    """Show the best configuration of a study: of each benchmark, over all methods and seeds."""
    from syne_core.experiments import load_study

    study = load_study(
        tag, benchmarks=benchmark, methods=method, metric=0 if metric is None else metric, mode=mode
    )
    best = _best_of_each(study)
    found = [trial.to_json() for trial in best]
    print(json.dumps(found, indent=2) if as_json else _as_yaml(found))
    _print_notes(study, best)


def _best_of_each(study: StudyResults) -> list[BestTrial]:
    from syne_core.errors import ResultsError
    from syne_core.experiments.best_trial import best_trial

    found, reasons = [], []
    for benchmark in study.benchmarks:
        try:
            found.append(best_trial(benchmark))
        except ResultsError as error:
            reasons.append(str(error))
    if not found:
        raise ResultsError("\n".join(reasons))
    return found


def _as_yaml(found: list[dict[str, Any]]) -> str:
    """A document for each benchmark. A line is never folded: the command is to be copied."""
    import yaml

    documents = (yaml.safe_dump(o, sort_keys=False, allow_unicode=True, width=2**31) for o in found)
    return "---\n".join(documents).rstrip("\n")


def _print_notes(study: StudyResults, best: list[BestTrial]) -> None:
    from syne_core.experiments.study_notes import study_notes

    for note in study_notes(study):
        print(f"Note: {note}", file=sys.stderr)
    for trial in best:
        if trial.checkpoint_folder is None:
            print(f"Note: trial {trial.trial_id} left no checkpoint on this machine", file=sys.stderr)
    print(f"\nNext:  synebench plot {shlex.quote(study.tag)}", file=sys.stderr)
