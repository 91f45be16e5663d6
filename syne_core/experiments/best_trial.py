"""The best trial of a benchmark, over methods and seeds: what to run again, and where its checkpoint lies."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from syne_core.backend.local.trial_command import trial_arguments
from syne_core.config_space import Domain, cast_config_values
from syne_core.errors import ConfigSpaceError, ResultsError
from syne_core.experiments.experiment_folder import ExperimentFolder
from syne_core.experiments.experiment_result import ExperimentResult
from syne_core.experiments.incumbent import incumbent_row
from syne_core.experiments.metadata import metadata_config_space, text_entry
from syne_core.experiments.results_reader import CONFIG_PREFIX
from syne_core.experiments.study_results import BenchmarkResults
from syne_core.paths import resolve_data_paths

__all__ = ["BestTrial", "best_trial"]


@dataclass(frozen=True)
class BestTrial:
    """The trial that reported the best value of ``metric``.

    :param resource: what it had used when it did, by name (usually one: epochs)
    :param config: its configuration, constants included
    """

    folder: ExperimentFolder
    metric: str
    mode: str
    value: float
    trial_id: int
    resource: dict[str, Any]
    config: dict[str, Any]

    @property
    def trial_folder(self) -> Path | None:
        """The trial's folder, None if it is not on this machine."""
        folder = self.folder.trial_paths(self.trial_id).folder
        return folder if folder.is_dir() else None

    @property
    def checkpoint_folder(self) -> Path | None:
        """Where its checkpoint lies, None if it has none here."""
        folder = self.folder.trial_paths(self.trial_id).checkpoints
        return folder if folder.is_dir() and any(folder.iterdir()) else None

    @property
    def script(self) -> str:
        """The training script; Syne Tune stores its name only."""
        found = text_entry(self.folder.metadata, "script")
        return found or f"{text_entry(self.folder.metadata, 'entrypoint') or 'SCRIPT'}.py"

    @property
    def command(self) -> str:
        """What trains this configuration again, for a shell."""
        return shlex.join(["python", self.script, *trial_arguments(resolve_data_paths(self.config))])

    def to_json(self) -> dict[str, Any]:
        """As an object of JSON."""
        folder = self.folder
        return {
            "benchmark": folder.benchmark,
            "metric": self.metric,
            "mode": self.mode,
            "value": self.value,
            "method": folder.method,
            "n_workers": folder.n_workers,
            "seed": folder.seed,
            "trial_id": self.trial_id,
            "resource": self.resource,
            "experiment": str(folder.path),
            "trial_folder": _text_or_none(self.trial_folder),
            "checkpoint": _text_or_none(self.checkpoint_folder),
            "config": self.config,
            "command": self.command,
        }


def best_trial(benchmark: BenchmarkResults) -> BestTrial:
    """The best trial of ``benchmark``; of equal ones, that of the experiment that comes first.

    :raises ResultsError: no trial has reported a finite value
    """
    sign = -1 if benchmark.mode == "max" else 1
    with_value = [(sign * v, s) for s in benchmark.seeds if (v := s.curve.final) is not None]
    if not with_value:
        raise ResultsError(f"{benchmark.name}: no trial has reported a finite '{benchmark.metric}' yet")
    _, seed = min(with_value, key=lambda pair: pair[0])
    experiment = seed.folder.load()
    row = incumbent_row(experiment.results, benchmark.metric, benchmark.mode)
    if row is None:  # the table was replaced meanwhile
        raise ResultsError(f"{seed.folder.path}: the results have changed; try again")
    cells = _cells(experiment, row)
    attribute = text_entry(experiment.metadata, "resource_attr")
    return BestTrial(
        folder=seed.folder,
        metric=benchmark.metric,
        mode=benchmark.mode,
        value=float(cells[benchmark.metric]),
        trial_id=int(cells["trial_id"]),
        resource={attribute: cells[attribute]} if attribute in cells else {},
        config=_config(experiment, cells),
    )


def _cells(experiment: ExperimentResult, row: int) -> dict[str, Any]:
    """The cells of a row that are not empty, as Python values."""
    cells = {str(name): experiment.results[name].iloc[row] for name in experiment.results.columns}
    plain = {name: c.item() if hasattr(c, "item") else c for name, c in cells.items()}
    return {name: cell for name, cell in plain.items() if cell == cell and cell is not None}


def _config(experiment: ExperimentResult, cells: dict[str, Any]) -> dict[str, Any]:
    """The configuration with the types of the space, and with constants that the table leaves out."""
    space = metadata_config_space(experiment.metadata)
    constants = {name: entry for name, entry in space.items() if not isinstance(entry, Domain)}
    own = {n.removeprefix(CONFIG_PREFIX): cell for n, cell in cells.items() if n.startswith(CONFIG_PREFIX)}
    typed = {}
    for name, value in own.items():
        try:
            typed[name] = cast_config_values({name: value}, {name: space.get(name, value)})[name]
        except ConfigSpaceError:  # another version of the space: as it was read
            typed[name] = value
    known = {**constants, **typed}
    return {name: known[name] for name in dict.fromkeys([*space, *known]) if name in known}


def _text_or_none(path: Path | None) -> str | None:
    return None if path is None else str(path)
