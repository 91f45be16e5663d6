"""Turn a study that was really run into a table: its trials become the rows.

Trials with the same hyperparameters are one row; their repetitions are told apart by one entry of their
configurations, such as the ``seed`` of the script.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from syne_core.blackbox.recorded_rows import RecordedColumns, RecordedRows, is_number
from syne_core.blackbox.recorded_runs import TrialRun, trial_runs
from syne_core.blackbox.recorded_space import StudySpace, study_space
from syne_core.blackbox.tabular import BlackboxTabular
from syne_core.constants import ST_WORKER_TIME
from syne_core.errors import ResultsError
from syne_core.experiments.experiment_folder import ExperimentFolder
from syne_core.version import __version__

__all__ = ["Recording", "record_study"]


@dataclass(frozen=True)
class Recording:
    """A table, and what its maker should know.

    :param kept: trials in the table
    :param left_out: number of trials that are not, by reason
    """

    table: BlackboxTabular
    kept: int
    left_out: dict[str, int]
    notes: tuple[str, ...]


def record_study(
    folders: Sequence[ExperimentFolder],
    *,
    seed_attribute: str | None = None,
    metrics: Sequence[str] | None = None,
    elapsed_attribute: str = ST_WORKER_TIME,
    name: str = "table",
    command: Sequence[str] = (),
) -> Recording:
    """The table of the trials in ``folders``.

    Whole runs are used: those that ended by themselves, be it by failing or after they diverged, and those
    that reached the largest resource. Trials that were stopped, or paused for good, are left out; so is every
    trial that lacks a number, or whose clock began anew when it was resumed.

    :param seed_attribute: entry of configurations that tells repetitions apart
    :param metrics: reported values to keep; None: all numbers but times and resource
    :param elapsed_attribute: reported value that holds the seconds since the training began
    :param name: what messages and results call the table
    :param command: what made it, for its provenance
    :raises ResultsError: the experiments do not fit together, or no trial can be used
    :raises UsageError: an unknown or unfit ``seed_attribute``, metric or ``elapsed_attribute``
    """
    if not folders:
        raise ResultsError("there is no experiment to record")
    space = study_space(folders, seed_attribute)
    runs = [run for folder in folders for run in trial_runs(folder)]
    with_reports = [run for run in runs if run.reports]
    if not with_reports:
        raise ResultsError("no trial has reported anything")
    columns = RecordedColumns.of(with_reports, space, metrics, elapsed_attribute)
    sheet = RecordedRows(space, columns, _last_resource(with_reports, space))
    for run in runs:
        sheet.add(run)
    if not sheet.rows:
        reasons = "; ".join(f"{count} {reason}" for reason, count in sheet.left_out.items())
        raise ResultsError(f"no trial can be recorded: {reasons}")
    provenance = _provenance(folders, space, sheet, elapsed_attribute, command)
    table = sheet.table(name, provenance)
    notes = (*_unfinished(folders), *columns.notes, *sheet.notes())
    return Recording(table, sheet.kept, dict(sheet.left_out), notes)


def _last_resource(runs: Sequence[TrialRun], space: StudySpace) -> int:
    if space.max_resource is not None:
        return space.max_resource
    values = [report.get(space.resource_attr) for run in runs for report in run.reports]
    return int(max((value for value in values if is_number(value) and math.isfinite(value)), default=1))


def _unfinished(folders: Sequence[ExperimentFolder]) -> list[str]:
    return [
        f"{folder.method} on {folder.benchmark}, seed {folder.seed}, is {folder.state}: recorded so far"
        for folder in folders
        if not folder.is_finished
    ]


def _provenance(
    folders: Sequence[ExperimentFolder],
    space: StudySpace,
    sheet: RecordedRows,
    elapsed_attribute: str,
    command: Sequence[str],
) -> dict[str, Any]:
    """Where the numbers come from: JSON without names of machines or folders."""
    created = min(folder.created for folder in folders)
    return {
        "recorded_by": list(command),
        "synebench_version": __version__,
        "begun": datetime.fromtimestamp(created, timezone.utc).isoformat(timespec="seconds"),
        "study": folders[0].tag,
        "script": folders[0].metadata.get("entrypoint"),
        "experiments": [
            {
                "name": folder.name,
                "benchmark": folder.benchmark,
                "method": folder.method,
                "seed": folder.seed,
                "state": folder.state,
                "trials": sheet.kept_of[folder.name],
            }
            for folder in folders
        ],
        "origins": _origins(folders),
        "constants": space.constants,
        "max_resource_attr": space.max_resource_attr,
        "metric": space.metric,
        "mode": space.mode,
        "elapsed_attribute": elapsed_attribute,
        "seed_attribute": space.seed_attribute,
        "seeds": sheet.seeds if space.seed_attribute else None,
        "left_out": dict(sheet.left_out),
    }


def _origins(folders: Sequence[ExperimentFolder]) -> list[dict[str, Any]]:
    """Command, commit, machine and packages of the experiments, those that are the same once."""
    origins: list[dict[str, Any]] = []
    for folder in folders:
        metadata = folder.metadata
        git, machine = metadata.get("git") or {}, metadata.get("machine") or {}
        origin = {
            "command": metadata.get("command"),
            "commit": git.get("commit"),
            "dirty": git.get("dirty"),
            "machine": {key: machine.get(key) for key in ("python", "cpu", "cores", "gpus")},
            "packages": metadata.get("packages"),
        }
        if origin not in origins:
            origins.append(origin)
    return origins
