"""The folder of one experiment as its two small files describe it; the results are read on demand."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from syne_core.errors import ResultsError
from syne_core.experiment_status import ExperimentState, ExperimentStatus, read_status
from syne_core.experiments.metadata import integer_entry, number_entry, read_json_object, text_entry
from syne_core.paths import ExperimentPaths, TrialPaths

if TYPE_CHECKING:
    from syne_core.experiments.column_file import Columns
    from syne_core.experiments.experiment_result import ExperimentResult

__all__ = ["UNKNOWN_STATE", "BrokenExperiment", "ExperimentFolder", "read_experiment_folder"]

#: State of an experiment without ``status.json``: Syne Tune writes none.
UNKNOWN_STATE = "unknown"

_STATES = (
    ExperimentState.running,
    ExperimentState.finished,
    ExperimentState.failed,
    ExperimentState.interrupted,
)


@dataclass(frozen=True)
class BrokenExperiment:
    """A folder that cannot be read, and why."""

    path: Path
    reason: str

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}"


@dataclass(frozen=True)
class ExperimentFolder:
    """What ``metadata.json`` and ``status.json`` say of the experiment in ``path``.

    :param status: None in folders written by Syne Tune
    """

    path: Path
    metadata: dict[str, Any]
    status: ExperimentStatus | None

    @property
    def name(self) -> str:
        """Name of the folder."""
        return self.path.name

    @property
    def tag(self) -> str:
        """Name of the study."""
        return text_entry(self.metadata, "tag") or self.path.name

    @property
    def method(self) -> str:
        """Name of the method; without one, that of the scheduler."""
        return text_entry(self.metadata, "algorithm", "scheduler_name") or "?"

    @property
    def benchmark(self) -> str:
        """Name of the benchmark; without one, that of the training script."""
        return text_entry(self.metadata, "benchmark", "entrypoint") or "?"

    @property
    def seed(self) -> int | str:
        """Seed of the repetition; without one, the folder's name, which no other experiment has."""
        seed = integer_entry(self.metadata, "seed")
        return self.name if seed is None else seed

    @property
    def n_workers(self) -> int | None:
        """Trials at a time."""
        return integer_entry(self.metadata, "n_workers")

    @property
    def created(self) -> float:
        """When the experiment was made, in seconds since 1970; 0 if it is not known."""
        keys = ("st_tuner_creation_timestamp", "st_tuner_start_timestamp")
        return next((t for key in keys if (t := number_entry(self.metadata, key)) is not None), 0.0)

    @property
    def state(self) -> str:
        """As in ``ExperimentState``, or ``UNKNOWN_STATE``."""
        return self.status.state if self.status else UNKNOWN_STATE

    @property
    def is_finished(self) -> bool:
        """Whether the experiment says that nothing is left to do."""
        return self.status is not None and self.status.is_finished

    @property
    def elapsed(self) -> float | None:
        """Seconds on the experiment's clock."""
        return self.status.elapsed if self.status else None

    @property
    def time_limit(self) -> float | None:
        """Seconds that the experiment may take, None if there is no limit."""
        limit = self.status.max_wallclock_time if self.status else None
        return number_entry(self.metadata, "max_wallclock_time") if limit is None else limit

    @property
    def num_trials(self) -> int | None:
        """Trials that were started."""
        return sum(self.status.trials.values()) if self.status else None

    def trial_paths(self, trial_id: int) -> TrialPaths:
        """The files of a trial; Syne Tune keeps them one level higher."""
        ours = ExperimentPaths(self.path).trial(trial_id)
        theirs = TrialPaths(self.path / str(trial_id))
        return theirs if theirs.folder.is_dir() and not ours.folder.is_dir() else ours

    def load(self) -> ExperimentResult:
        """The experiment with its results.

        :raises ResultsError: the table of results is damaged
        """
        from syne_core.experiments.experiment_result import ExperimentResult
        from syne_core.experiments.results_reader import load_results

        results = load_results(self.path, self.metadata)
        return ExperimentResult(self.name, results, self.metadata, None, self.path)

    def load_numbers(self, names: Collection[str]) -> Columns:
        """The columns ``names`` of the results, those that are there: quicker than all of them.

        :raises ResultsError: the table of results is damaged
        """
        from syne_core.experiments.results_reader import load_numbers

        return load_numbers(self.path, self.metadata, names)


def read_experiment_folder(path: Path) -> ExperimentFolder:
    """The experiment in the folder ``path``, without its results.

    :raises ResultsError: ``metadata.json`` is missing, or one of the two files is damaged
    """
    paths = ExperimentPaths(path)
    metadata = read_json_object(paths.metadata)
    return ExperimentFolder(path, metadata, _read_status(paths.status))


def _read_status(path: Path) -> ExperimentStatus | None:
    try:
        status = read_status(path)
    except ResultsError:
        read_json_object(path)  # says the same in fewer words, if that is what is wrong
        raise ResultsError(f"{path.name} is damaged: unknown or missing entries") from None
    except (TypeError, OverflowError, RecursionError, AttributeError) as error:
        raise ResultsError(f"{path.name} is damaged: {error}") from None
    if status is not None and (mistake := _mistake_in(status)):
        raise ResultsError(f"{path.name} is damaged: {mistake}")
    return status


def _mistake_in(status: ExperimentStatus) -> str | None:
    if status.state not in _STATES:
        return f"state is {status.state!r}"
    for name, kind in (("reason", str), ("host", str), ("pid", int)):
        if not isinstance(getattr(status, name), kind):
            return f"{name} is {getattr(status, name)!r}"
    for name in ("elapsed", "updated", "num_reports", "max_wallclock_time"):
        value = getattr(status, name)
        optional = name == "max_wallclock_time" and value is None
        if not optional and number_entry({name: value}, name) is None:
            return f"{name} is {value!r}"
    if not _are_counts(status.trials):
        return f"trials is {status.trials!r}"
    return None if status.best is None or isinstance(status.best, dict) else f"best is {status.best!r}"


def _are_counts(trials: object) -> bool:
    if not isinstance(trials, dict):
        return False
    return all(integer_entry(trials, state) is not None for state in trials)
