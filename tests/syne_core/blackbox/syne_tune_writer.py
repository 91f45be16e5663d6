"""Writes folders as Syne Tune 0.16 does, and reads their tables, both without a library for Parquet."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from syne_core.config_space import choice, config_space_to_json_dict, lograndint, loguniform

SPACE = {"lr": loguniform(1e-4, 1.0), "units": lograndint(4, 64), "kind": choice(["a", "True"])}
ROWS = 5
OBJECTIVES = ["metric_loss", "metric_elapsed_time"]


def read_frame(path: Path) -> pd.DataFrame:
    """What :func:`write` put where a Parquet file belongs."""
    return pd.DataFrame(json.loads(path.read_text()))


def columns() -> dict[str, list[Any]]:
    """Hyperparameters of five rows."""
    return {
        "lr": [1e-4, 0.001, 0.01, 0.1, 1.0],
        "units": [4, 8, 16, 32, 64],
        "kind": ["a", "True", "a", "True", "a"],
    }


def cells(task: int = 0) -> np.ndarray[Any, Any]:
    """Loss and time, shape (5, 2, 3, 2), of 32 bits."""
    rng = np.random.default_rng(task)
    made = rng.random((ROWS, 2, 3, 2))
    made[..., 1] = np.cumsum(made[..., 1] + 0.1, axis=2)
    return made.astype(np.float32)


def write(
    folder: Path,
    *,
    tasks: tuple[str, ...] = ("one", "two"),
    own_files: bool = False,
    frame: dict[str, list[Any]] | None = None,
    arrays: dict[str, Any] | None = None,
    fidelities: Any = (1, 2, 3),
    **metadata: Any,
) -> Path:
    """Write a blackbox; the arguments replace parts of a good one."""
    folder.mkdir(parents=True)
    made = arrays or {task: cells(number) for number, task in enumerate(tasks)}
    (folder / "configspace.json").write_text(json.dumps(config_space_to_json_dict(SPACE)))
    full = {"objectives_names": OBJECTIVES, "task_names": list(tasks), **metadata}
    (folder / "metadata.json").write_text(json.dumps(full))
    fidelity = json.dumps({"hp_epoch": {"domain_cls": "Integer", "domain_kwargs": {"lower": 1, "upper": 3}}})
    hyperparameters = json.dumps(frame or columns())
    if not own_files:
        (folder / "hyperparameters.parquet").write_text(hyperparameters)
        (folder / "fidelityspace.json").write_text(fidelity)
        np.save(folder / "fidelities_values.npy", np.array(fidelities))
        np.save(folder / "objectives_evaluations.npy", np.stack([made[task] for task in tasks]))
        return folder
    for task in tasks:
        (folder / f"{task}-hyperparameters.parquet").write_text(hyperparameters)
        (folder / f"{task}-fidelity_space.json").write_text(fidelity)
        np.save(folder / f"{task}-fidelity_values.npy", np.array(fidelities))
        np.save(folder / f"{task}-objectives_evaluations.npy", made[task])
    return folder
