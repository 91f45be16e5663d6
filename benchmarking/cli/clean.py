"""``synebench clean``: give back the space of a study, here or on S3."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from benchmarking.cli.remote_options import chosen_study, remote_or_local
from syne_core.errors import ExperimentLockedError, UsageError
from syne_core.experiments import ExperimentFolder, scan_study
from syne_core.journal import Journal
from syne_core.paths import ExperimentPaths, experiment_path

if TYPE_CHECKING:
    from benchmarking.commons.remote.records.remote_study import RemoteStudy

__all__ = ["command"]


@click.command(epilog="Example: synebench clean tutorial_local")
@click.argument("tag")
@click.option("--all", "everything", is_flag=True, help="remove the whole study, results included")
@click.option("--yes", is_flag=True, help="do not ask")
@click.option("--dry_run", "--dry-run", is_flag=True, help="say what would be removed")
@remote_or_local
def command(
    tag: str,
    everything: bool,
    yes: bool,
    dry_run: bool,
    remote: bool | None,
    s3_bucket: str | None,
    region: str | None,
) -> None:
    """Remove the checkpoints of finished experiments; with --all, everything of the study.

    Of a remote study, everything is removed from S3; what was pulled stays.
    """
    remote_study = chosen_study(tag, remote, s3_bucket, region)
    if remote_study is not None:
        _remove_remote(remote_study, yes, dry_run)
        return
    study = scan_study(tag)
    if everything:
        folders = [experiment_path(tag)]
        _refuse_if_running(study.good)
    else:
        done = [experiment for experiment in study.good if experiment.is_finished]
        folders = [p for e in done for p in sorted(ExperimentPaths(e.path).trials.glob("*/checkpoints"))]
    size = sum(_size(folder) for folder in folders) / 1e6
    what = f"study {tag}, results included" if everything else f"checkpoints of {len(folders)} trials"
    if dry_run:
        print(f"Would remove {what}: {size:.1f} MB. Nothing was removed.", file=sys.stderr)
        return
    if everything and not yes:
        _ask(f"Remove {what}: {size:.1f} MB?")
    for folder in folders:
        shutil.rmtree(folder)
    print(f"Removed {what}: {size:.1f} MB.", file=sys.stderr)


def _remove_remote(study: RemoteStudy, yes: bool, dry_run: bool) -> None:
    from benchmarking.commons.remote.removing import refuse_if_alive, remove, what_there_is

    refuse_if_alive(study)
    removable = what_there_is(study)
    size = f"{len(removable.keys)} objects, {removable.size / 1e6:.1f} MB"
    what = f"{study.uri} in {study.place.session.target}, results included"
    if dry_run:
        print(f"Would remove {what}: {size}. Nothing was removed.", file=sys.stderr)
        return
    if not yes:
        _ask(f"Remove {what}: {size}?")
    remove(study, removable)
    print(f"Removed {what}: {size}.", file=sys.stderr)


def _ask(question: str) -> None:
    if not sys.stdin.isatty():
        raise UsageError("This removes results; without a terminal, --yes is needed")
    click.confirm(question, abort=True, err=True)


def _refuse_if_running(experiments: list[ExperimentFolder]) -> None:
    for experiment in experiments:
        journal = ExperimentPaths(experiment.path).journal
        if journal.exists():
            try:
                Journal(journal).close()
            except ExperimentLockedError as error:
                raise UsageError(f"Nothing was removed: {error}") from None


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
