"""``synebench logs``: what an experiment or a trial printed, here or in a job."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import click

from benchmarking.cli.experiments import find_experiment
from benchmarking.cli.remote_options import chosen_place, chosen_study, remote_or_local
from benchmarking.commons.remote.pulling.pull_record import pulled_from
from syne_core.errors import UsageError
from syne_core.experiment_status import ExperimentState, read_status
from syne_core.experiments import ExperimentFolder
from syne_core.paths import ExperimentPaths, experiment_path

__all__ = ["command"]

_FOLLOW_SECONDS = 0.2


@click.command(epilog="Example: synebench logs tutorial_local ASHA-0 --trial 7 -f")
@click.argument("tag")
@click.argument("experiment")
@click.option("--trial", type=int, help="a trial's output instead of the experiment's log")
@click.option("-f", "--follow", is_flag=True, help="go on as it grows, until the experiment ends")
@remote_or_local
def command(
    tag: str,
    experiment: str,
    trial: int | None,
    follow: bool,
    remote: bool | None,
    s3_bucket: str | None,
    region: str | None,
) -> None:
    """Show the log of an experiment (METHOD-SEED or part of its folder's name), or of a trial."""
    from benchmarking.commons.remote.records.remote_study import pick_experiment, read_study
    from benchmarking.commons.remote.viewing.job_logs import show_log

    study = chosen_study(tag, remote, s3_bucket, region)
    if study is not None:
        show_log(study, pick_experiment(study, experiment), trial, follow, _print)
        return
    found = find_experiment(tag, experiment)
    if remote is None and (bucket := _bucket_of_pulled(tag)) and _is_more_there(found, trial, follow):
        print(f"Note: not pulled yet, so read from {bucket}", file=sys.stderr)
        study = read_study(chosen_place(bucket, region), tag)
        show_log(study, pick_experiment(study, found.name), trial, follow, _print)
        return
    paths = ExperimentPaths(found.path)
    _show(_files(found, trial), paths.status if follow else None)


def _bucket_of_pulled(tag: str) -> str | None:
    """Where the study was pulled from; None if it ran here."""
    source = pulled_from(experiment_path(tag))
    return source.removeprefix("s3://").partition("/")[0] if source else None


def _is_more_there(found: ExperimentFolder, trial: int | None, follow: bool) -> bool:
    """Whether a pulled study lacks what is wanted: logs of trials come with ``--what all`` only."""
    if trial is not None and not found.trial_paths(trial).folder.is_dir():
        return True
    return follow and not _is_over(ExperimentPaths(found.path).status)


def _files(found: ExperimentFolder, trial: int | None) -> list[Path]:
    paths = ExperimentPaths(found.path)
    if trial is None:
        return [paths.log]
    trial_paths = found.trial_paths(trial)
    if not trial_paths.folder.is_dir():
        known = sorted(int(p.name) for p in paths.trials.glob("[0-9]*"))
        span = f"{known[0]} to {known[-1]}" if known else "none"
        raise UsageError(f"{found.name} has no trial {trial}; its trials: {span}")
    return [trial_paths.stdout, trial_paths.stderr]


def _print(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def _show(files: list[Path], status: Path | None) -> None:
    """Print what is in ``files``; with ``status``, go on until the experiment is over."""
    offsets = dict.fromkeys(files, 0)
    while True:
        is_over = status is None or _is_over(status)
        for file in files:
            offsets[file] = _print_from(file, offsets[file])
        if is_over:
            return
        time.sleep(_FOLLOW_SECONDS)


def _print_from(file: Path, offset: int) -> int:
    try:
        with open(file, "rb") as log:
            log.seek(offset)
            data = log.read()
    except FileNotFoundError:
        return offset
    _print(data.decode("utf-8", errors="replace"))
    return offset + len(data)


def _is_over(path: Path) -> bool:
    status = read_status(path)
    return status is None or status.state != ExperimentState.running
