"""``synebench stop``: end the jobs of a remote study."""

from __future__ import annotations

import json
import shlex
import sys
from typing import TYPE_CHECKING

import click

from benchmarking.cli.remote_options import chosen_place, remote_only
from syne_core.errors import UsageError

if TYPE_CHECKING:
    from benchmarking.commons.remote.records.remote_study import RemoteStudy
    from benchmarking.commons.remote.stopping import Stopped

__all__ = ["command"]


@click.command(epilog="Example: synebench stop tutorial_local ASHA-0")
@click.argument("tag")
@click.argument("experiments", metavar="[EXPERIMENT]...", nargs=-1)
@remote_only
@click.option("--yes", is_flag=True, help="do not ask")
@click.option("--json", "as_json", is_flag=True, help="print JSON")
def command(
    tag: str,
    experiments: tuple[str, ...],
    s3_bucket: str | None,
    region: str | None,
    yes: bool,
    as_json: bool,
) -> None:
    """Stop experiments of a remote study (METHOD-SEED or part of a name), or all of it, and its trials."""
    from benchmarking.commons.remote.records.driver import driver_of
    from benchmarking.commons.remote.records.remote_study import pick_experiment, read_study
    from benchmarking.commons.remote.stopping import stop_experiments

    study = read_study(chosen_place(s3_bucket, region), tag)
    only = [pick_experiment(study, name) for name in experiments] or None
    _ask(study, len(only) if only else None, yes)
    stopped = stop_experiments(study, only)
    if as_json:
        print(json.dumps(_as_json(stopped), indent=2))
    else:
        for name in (*stopped.jobs, *stopped.trial_jobs):
            print(name)
    _print_result(study, stopped)
    driver = driver_of(study)
    if driver is not None:
        print(f"{driver} goes on launching what was not stopped", file=sys.stderr)


def _ask(study: RemoteStudy, count: int | None, yes: bool) -> None:
    """On a real account."""
    if yes or study.place.session.is_emulator:
        return
    what = f"all of {study.tag}" if count is None else f"{count} experiments of {study.tag}"
    if not sys.stdin.isatty():
        raise UsageError(f"Nothing was stopped: this would stop {what}; without a terminal, --yes is needed")
    click.confirm(f"Stop {what} in {study.place.session.target}?", abort=True, err=True)


def _as_json(stopped: Stopped) -> dict[str, object]:
    return {
        "experiments": [experiment.name for experiment in stopped.experiments],
        "jobs": list(stopped.jobs),
        "trial_jobs": list(stopped.trial_jobs),
    }


def _print_result(study: RemoteStudy, stopped: Stopped) -> None:
    if not stopped.experiments and not stopped.jobs and not stopped.trial_jobs:
        print("Nothing was running or waiting", file=sys.stderr)
        return
    counts = (
        (len(stopped.experiments), "experiments marked as stopped"),
        (len(stopped.jobs), "jobs of experiments"),
        (len(stopped.trial_jobs), "jobs of trials told to stop"),
    )
    print(f"Stopped: {', '.join(f'{n} {what}' for n, what in counts)}", file=sys.stderr)
    tag = shlex.quote(study.tag)
    print(f"\nNext:  synebench status {tag} --remote   synebench pull {tag}", file=sys.stderr)
