"""A study of ours as studies of Optuna, in a file that Optuna and its dashboard open.

Each experiment becomes a study of Optuna, called ``TAG/METHOD-SEED/FOLDER``: it is one run of one
optimiser, and only within a run do order and times of trials mean something.
"""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from syne_core.experiments.experiment_folder import ExperimentFolder
from syne_core.experiments.export.optuna_trials import optuna_trials
from syne_core.experiments.seed_results import SeedResults
from syne_core.experiments.study_results import BenchmarkResults, StudyResults
from syne_core.optimizer.adapters.optuna_library import optuna_library, quiet_optuna

__all__ = ["write_optuna_journal", "write_optuna_sqlite"]

OnProgress = Callable[[int, int], None]


class _Unhurried(sqlite3.Connection):
    """Optuna commits many times per trial; nobody sees the file before it is complete, so none need wait."""

    def __init__(self, *positional: Any, **named: Any) -> None:
        super().__init__(*positional, **named)
        self.execute("PRAGMA synchronous=OFF")
        self.execute("PRAGMA journal_mode=MEMORY")


def write_optuna_sqlite(study: StudyResults, path: Path, on_progress: OnProgress | None = None) -> int:
    """Write a database of SQLite, which ``optuna-dashboard sqlite:///PATH`` shows; the number of trials.

    :raises MissingDependencyError: Optuna is not installed
    """
    optuna = optuna_library()
    settings = {"connect_args": {"factory": _Unhurried}}
    return _write(
        study, path, lambda name: optuna.storages.RDBStorage(f"sqlite:///{name}", settings), on_progress
    )


def write_optuna_journal(study: StudyResults, path: Path, on_progress: OnProgress | None = None) -> int:
    """Write a journal file of Optuna, which ``optuna-dashboard PATH`` shows; the number of trials.

    :raises MissingDependencyError: Optuna is not installed
    """
    optuna = optuna_library()

    def journal(name: str) -> Any:
        backend = optuna.storages.journal.JournalFileBackend(name)
        return optuna.storages.JournalStorage(backend)

    return _write(study, path, journal, on_progress)


def _write(
    study: StudyResults, path: Path, storage_in: Callable[[str], Any], on_progress: OnProgress | None
) -> int:
    """Write to a folder beside ``path`` first: who opens ``path`` finds all or the old one."""
    work = [
        (benchmark, setup.tag, seed)
        for benchmark in study.benchmarks
        for setup in benchmark.setups
        for seed in setup.seeds
    ]
    count = 0
    with tempfile.TemporaryDirectory(prefix=f".{path.name}.", dir=path.absolute().parent) as folder:
        target = Path(folder) / "file"
        storage = storage_in(str(target))
        with quiet_optuna():
            for number, (benchmark, tag, seed) in enumerate(work, start=1):
                count += _add_experiment(storage, benchmark, tag, seed)
                if on_progress is not None:
                    on_progress(number, len(work))
        _close(storage)
        os.chmod(target, 0o644)
        os.replace(target, path)
    return count


def _add_experiment(storage: Any, benchmark: BenchmarkResults, tag: str, seed: SeedResults) -> int:
    optuna = optuna_library()
    folder = seed.folder
    made = optuna.create_study(
        storage=storage,
        study_name=_name(tag, folder),
        direction="maximize" if benchmark.mode == "max" else "minimize",
    )
    for name, value in _attributes(benchmark, tag, seed).items():
        made.set_user_attr(name, value)
    made.set_metric_names([benchmark.metric])
    trials = optuna_trials(folder, benchmark.metric, benchmark.mode)
    made.add_trials(trials)
    return len(trials)


def _name(tag: str, folder: ExperimentFolder) -> str:
    """Where our layout is kept, the part of the path that names the experiment below the root."""
    parts = folder.path.absolute().parts
    below = parts[len(parts) - 1 - parts[::-1].index(tag) :] if tag in parts[:-1] else (tag, folder.name)
    return "/".join(below)


def _attributes(benchmark: BenchmarkResults, tag: str, seed: SeedResults) -> dict[str, Any]:
    folder = seed.folder
    return {
        "tag": tag,
        "benchmark": benchmark.name,
        "method": folder.method,
        "n_workers": folder.n_workers,
        "seed": folder.seed,
        "metric": benchmark.metric,
        "state": folder.state,
        "elapsed_seconds": seed.elapsed,
        "incumbent": seed.curve.final,
    }


def _close(storage: Any) -> None:
    """Let go of the database, so that its file is whole."""
    engine = getattr(storage, "engine", None)
    if engine is not None:
        storage.remove_session()
        engine.dispose()
