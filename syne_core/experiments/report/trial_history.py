"""What happened inside of one experiment: its trials, when each of them ran, what each reported.

The journal says it exactly. Where there is none (folders of Syne Tune) or it is damaged, the table of
results has to do: the start of a run then follows from its first report, and trials without a report
are not known.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from syne_core.errors import JournalError, ResultsError
from syne_core.experiments.experiment_folder import ExperimentFolder
from syne_core.experiments.metadata import text_entry
from syne_core.paths import ExperimentPaths

__all__ = ["ReportPoint", "TrialHistory", "TrialRecord", "TrialRun", "read_history"]


@dataclass(frozen=True)
class TrialRecord:
    """One trial.

    :param state: as in ``syne_core.backend.trial_status.Status``
    :param reason: why it failed; empty if it did not, or nobody said so
    :param best: best finite value, None if there is none
    :param resource: the largest that it reported, such as epochs
    :param cost: as the script reported it, over all runs; None where no price is known
    """

    trial_id: int
    config: Mapping[str, Any]
    state: str
    reason: str
    best: float | None
    resource: float | None
    num_reports: int
    cost: float | None


class TrialRun(NamedTuple):
    """A trial held a worker from ``start`` to ``end``, in seconds since the experiment began."""

    trial_id: int
    start: float
    end: float


class ReportPoint(NamedTuple):
    """One report: when, at which resource, and the metric; None if that is not a finite number."""

    trial_id: int
    time: float
    resource: float
    value: float | None


@dataclass(frozen=True)
class TrialHistory:
    """The trials of one experiment, in order of their ids; runs and reports in order of time.

    :param is_exact: from the journal; else the beginnings and ends of runs are estimates from reports
    """

    trials: tuple[TrialRecord, ...]
    runs: tuple[TrialRun, ...]
    reports: tuple[ReportPoint, ...]
    is_exact: bool

    @property
    def busy(self) -> float:
        """Seconds that workers were held, summed over workers."""
        return sum(run.end - run.start for run in self.runs)

    @property
    def cost(self) -> float | None:
        """What all trials cost; None where no price is known."""
        costs = [trial.cost for trial in self.trials if trial.cost is not None]
        return math.fsum(costs) if costs else None


def read_history(folder: ExperimentFolder, metric: str, mode: str) -> TrialHistory:
    """The history of the experiment in ``folder``.

    :param mode: ``"min"`` or ``"max"``, which decides on the best value of a trial
    :raises ResultsError: neither journal nor table of results can be read
    """
    from syne_core.experiments.report.journal_history import history_of_journal
    from syne_core.experiments.report.table_history import history_of_table

    attribute = text_entry(folder.metadata, "resource_attr")
    journal = _journal(folder.path)
    if journal is not None:
        try:
            return history_of_journal(journal, metric, mode, attribute)
        except (JournalError, OSError, KeyError, TypeError, AttributeError, ValueError):
            pass  # the table may be whole
    try:
        return history_of_table(folder.load().results, metric, mode, attribute)
    except (KeyError, TypeError, ValueError) as error:
        raise ResultsError(f"{folder.path}: the results are damaged: {error}") from None


def _journal(folder: Path) -> Path | None:
    journal = ExperimentPaths(folder).journal
    return journal if journal.is_file() and journal.stat().st_size else None
