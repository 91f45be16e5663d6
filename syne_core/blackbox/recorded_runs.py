"""What the trials of a finished experiment reported, read from its journal."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from syne_core.backend.trial_status import Status
from syne_core.errors import JournalError, ResultsError
from syne_core.experiments.experiment_folder import ExperimentFolder
from syne_core.journal import read_journal
from syne_core.paths import ExperimentPaths

__all__ = ["TrialRun", "trial_runs"]


@dataclass
class TrialRun:
    """A trial, over all the times that it was started and resumed.

    :param reports: in the order received
    :param state: as in ``Status``
    :param reason: why it failed, if it did
    :param is_through: it ran to its own end, whatever the scheduler wanted
    """

    experiment: str
    trial_id: int
    config: dict[str, Any]
    reports: list[dict[str, Any]] = field(default_factory=list)
    state: str = Status.in_progress
    reason: str = ""
    is_through: bool = False

    @property
    def ended_by_itself(self) -> bool:
        """Whether nobody cut it short."""
        return self.is_through or self.state in (Status.completed, Status.failed)


def trial_runs(folder: ExperimentFolder) -> list[TrialRun]:
    """The trials of an experiment, by id.

    :raises ResultsError: there is no journal, or it is damaged
    """
    path = ExperimentPaths(folder.path).journal
    try:
        return list(_read(path, folder.name).values())
    except FileNotFoundError:
        raise ResultsError(
            f"{folder.path} has no {path.name}: only studies of synebench can be recorded"
        ) from None
    except OSError as error:
        raise ResultsError(f"{path} cannot be read: {error.strerror}") from None
    except JournalError as error:
        raise ResultsError(str(error)) from None
    except (KeyError, TypeError, AttributeError) as error:
        raise ResultsError(f"{path}: damaged record ({error!r})") from None


def _read(path: Path, experiment: str) -> dict[int, TrialRun]:
    runs: dict[int, TrialRun] = {}
    for record in read_journal(path):
        event = record["event"]
        if event == "suggest" and record["kind"] == "start":
            runs[record["asked"]] = TrialRun(experiment, record["asked"], dict(record["config"]))
        elif event == "resume":
            run = runs[record["trial"]]
            run.state = Status.in_progress
            if record["config"] is not None:
                run.config, run.is_through = dict(record["config"]), False
        elif event == "report":
            runs[record["trial"]].reports.append(record["report"])
        elif event == "end_run":
            run = runs[record["trial"]]
            run.state, run.reason = record["state"], record["reason"]
            run.is_through = run.is_through or bool(record.get("is_through"))
    return runs
