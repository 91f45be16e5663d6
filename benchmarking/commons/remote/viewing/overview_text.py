"""Overviews of remote studies, printed for people or as JSON."""

from __future__ import annotations

import json
import shlex
import sys
import time
from typing import Any

from benchmarking.commons.remote.records.driver import Driver
from benchmarking.commons.remote.records.markers import FAILED, LAUNCHED, QUEUED, STOPPED
from benchmarking.commons.remote.viewing.everything_running import EverythingRunning, RunningStudy
from benchmarking.commons.remote.viewing.overview import ExperimentView, StudyView
from benchmarking.commons.study.followers import duration

__all__ = ["everything_to_json", "headline", "print_everything", "print_study", "row_of", "study_to_json"]

_COLUMNS = ("METHOD", "SEED", "BENCHMARK", "WORKERS", "STATE", "FOR", "TRIALS", "BEST", "NOTE")
_MOST_NOTES = 10
_LONGEST_NOTE = 100


def print_study(view: StudyView, driver: Driver | None, as_json: bool) -> None:
    """Every experiment on a line, the sum, and what to do next."""
    if as_json:
        print(json.dumps(study_to_json(view, driver), indent=2))
    else:
        from syne_core.experiments.text_table import print_table

        print_table(_COLUMNS, [row_of(one) for one in view.experiments], right=("SEED", "WORKERS", "FOR"))
    print(f"\n{headline(view)}", file=sys.stderr)
    _print_notes(view, driver)
    _print_next(view)


def print_everything(everything: EverythingRunning) -> None:
    """Every study of which something runs or waits, on a line, and the cost of all."""
    if everything.studies:
        from syne_core.experiments.text_table import print_table

        columns = ("TAG", "EXPERIMENTS", "JOBS", "TRIAL JOBS", "USD/H")
        rows = [_row_of_study(study) for study in everything.studies]
        print_table(columns, rows, right=("JOBS", "TRIAL JOBS", "USD/H"))
    target = everything.place.session.target
    if not everything.studies:
        print(f"Nothing runs in {target}, and nothing waits", file=sys.stderr)
        return
    cost = _cost(everything.usd_per_hour, everything.prices)
    print(f"\n{_jobs(everything.jobs)} in {target}{cost}", file=sys.stderr)
    tag = next((study.tag for study in everything.studies if study.tag), None)
    if tag is not None:
        print(f"Next:  synebench status {tag} --remote   synebench stop {tag}", file=sys.stderr)


def headline(view: StudyView) -> str:
    """What a line can say of a study."""
    counts = ", ".join(f"{n} {state}" for state, n in view.counts.items()) or "no experiments"
    jobs = "jobs not known" if view.jobs is None else _jobs(view.jobs)
    cost = _cost(view.usd_per_hour, view.prices) if view.jobs else ""
    return f"{view.study.tag} in {view.study.place.session.target}: {counts}; {jobs}{cost}"


def row_of(view: ExperimentView) -> tuple[str, ...]:
    """The cells of an experiment's line."""
    one, progress = view.experiment, view.progress or {}
    since = "-" if view.since is None else duration(max(0.0, time.time() - view.since))
    return (
        one.method,
        str(one.seed),
        one.benchmark,
        str(one.n_workers),
        view.state,
        since,
        _trials(view, progress),
        _best(progress),
        _short(view.note),
    )


def study_to_json(view: StudyView, driver: Driver | None) -> dict[str, Any]:
    """All that is known."""
    return {
        "tag": view.study.tag,
        "uri": view.study.uri,
        "target": view.study.place.session.target,
        "backend": view.study.backend,
        "counts": view.counts,
        "ended": view.has_ended,
        "jobs": view.jobs,
        "usd_per_hour": view.usd_per_hour,
        "prices": view.prices or None,
        "driver": None
        if driver is None
        else {"host": driver.host, "user": driver.user, "pid": driver.pid, "silent_for": driver.silent_for},
        "trouble": list(view.trouble),
        "experiments": [_describe(one) for one in view.experiments],
        "broken": [],
    }


def everything_to_json(everything: EverythingRunning) -> dict[str, Any]:
    """All that is known."""
    return {
        "target": everything.place.session.target,
        "bucket": everything.place.bucket,
        "jobs": everything.jobs,
        "usd_per_hour": everything.usd_per_hour,
        "prices": everything.prices or None,
        "studies": [
            {
                "tag": study.tag,
                "counts": dict(study.counts),
                "jobs": list(study.jobs),
                "trial_jobs": list(study.trial_jobs),
                "usd_per_hour": study.usd_per_hour,
            }
            for study in everything.studies
        ],
    }


def _describe(view: ExperimentView) -> dict[str, Any]:
    one, progress = view.experiment, view.progress or {}
    return {
        "tag": one.name.partition("/")[0],
        "id": one.id,
        "name": one.name,
        "method": one.method,
        "seed": one.seed,
        "benchmark": one.benchmark,
        "n_workers": one.n_workers,
        "state": view.state,
        "since": view.since,
        "job": view.job,
        "trial_jobs": list(view.trial_jobs),
        "cause": view.cause,
        "reason": view.note or "",
        "log_tail": list(view.log_tail),
        "trials": progress.get("trials"),
        "num_reports": progress.get("num_reports"),
        "best": progress.get("best"),
        "elapsed": progress.get("elapsed"),
    }


def _row_of_study(study: RunningStudy) -> tuple[str, ...]:
    counts = ", ".join(f"{n} {state}" for state, n in study.counts.items())
    usd = "?" if study.usd_per_hour is None else f"{study.usd_per_hour:.2f}"
    name = study.tag or "(no study here)"
    return name, counts or "-", str(len(study.jobs)), str(len(study.trial_jobs)), usd


def _print_notes(view: StudyView, driver: Driver | None) -> None:
    for trouble in view.trouble:
        print(f"Note: {trouble}", file=sys.stderr)
    failed = [one for one in view.experiments if one.state == FAILED]
    for one in failed[:_MOST_NOTES]:
        cause = f" ({one.cause})" if one.cause else ""
        print(f"Note: {one.experiment.short_name} failed{cause}: {_short(one.note) or '?'}", file=sys.stderr)
    if len(failed) > _MOST_NOTES:
        print(f"Note: {len(failed) - _MOST_NOTES} more failed; --json tells all", file=sys.stderr)
    waits = any(one.state in (QUEUED, LAUNCHED) and not one.trial_jobs for one in view.experiments)
    if driver is not None:
        if waits:
            print(f"{driver} launches what is queued", file=sys.stderr)
    elif any(one.state in (QUEUED, STOPPED) for one in view.experiments):
        print(f"Nobody launches what is left. To go on:  {_command(view)}", file=sys.stderr)
    if failed:
        print(f"To run what failed again:  {_command(view)} --retry_failed", file=sys.stderr)


def _print_next(view: StudyView) -> None:
    tag = shlex.quote(view.study.tag)
    if view.has_ended:
        print(f"Next:  synebench pull {tag}", file=sys.stderr)
    else:
        print(f"Next:  synebench watch {tag} --remote   synebench stop {tag}", file=sys.stderr)


def _command(view: StudyView) -> str:
    words = [word for word in view.study.command if not word.startswith(("--restart", "--retry_failed"))]
    return shlex.join(words) or "the command that launched it"


def _jobs(count: int) -> str:
    return f"{count} job runs" if count == 1 else f"{count} jobs run"


def _cost(usd: float | None, prices: str) -> str:
    if usd is None:
        return ", at a price that is not known"
    return f", {usd:.2f} USD per hour on demand ({prices})" if prices else ""


def _trials(view: ExperimentView, progress: Any) -> str:
    counts = progress.get("trials") or {}
    text = ", ".join(f"{n} {state}" for state, n in counts.items() if n)
    jobs = f"{len(view.trial_jobs)} as jobs" if view.trial_jobs else ""
    return "; ".join(filter(None, (text, jobs))) or "-"


def _best(progress: Any) -> str:
    best = progress.get("best") or {}
    value = best.get("value")
    return f"{best.get('metric')} {value:.5g}" if isinstance(value, (int, float)) else "-"


def _short(note: str | None) -> str:
    line = (note or "").partition("\n")[0]
    return line if len(line) <= _LONGEST_NOTE else f"{line[: _LONGEST_NOTE - 3]}..."
