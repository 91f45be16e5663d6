"""Writes folders of experiments in the documented layout, without running anything."""

from __future__ import annotations

import csv
import io
import json
import os
import random
import socket
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from time import time as now
from typing import Any

Row = dict[str, Any]

SPACE: dict[str, Any] = {
    "lr": {
        "domain_cls": "Float",
        "domain_kwargs": {"lower": 1e-4, "upper": 1.0},
        "sampler_cls": "LogUniform",
        "sampler_kwargs": {"base": 2.718281828459045},
    },
    "optimizer": {
        "domain_cls": "Categorical",
        "domain_kwargs": {"categories": ["sgd", "adam"]},
        "sampler_cls": "Uniform",
        "sampler_kwargs": {},
    },
    "epochs": 3,
}


def reports(
    points: Sequence[tuple[float, float | None]],
    metric: str = "accuracy",
    trials: Sequence[int] | None = None,
    **columns: Any,
) -> list[Row]:
    """A row for each (time, value); None is a diverged report. By default, each is a trial of its own."""
    rows = []
    for index, (time, value) in enumerate(points):
        trial = index if trials is None else trials[index]
        rows.append(
            {
                metric: value,
                "epoch": 1,
                "st_worker_timestamp": 1_700_000_000.0 + time,
                "st_worker_time": 0.5,
                "st_worker_iter": 0,
                "trial_id": trial,
                "st_decision": "CONTINUE",
                "st_status": "InProgress",
                "config_lr": 0.001 * (trial + 1),
                "config_optimizer": ("sgd", "adam")[trial % 2],
                "config_epochs": 3,
                "st_tuner_time": time,
                **columns,
            }
        )
    return rows


def write_experiment(
    root: Path,
    rows: Sequence[Row] | None,
    *,
    tag: str = "demo",
    method: str = "RS",
    seed: int = 0,
    benchmark: str = "digits",
    id8: str = "00000000",
    metric: str = "accuracy",
    mode: str = "max",
    state: str | None = "finished",
    elapsed: float | None = None,
    limit: float | None = None,
    created: float = 1_700_000_000.0,
    metadata: Mapping[str, Any] | None = None,
    status: Mapping[str, Any] | None = None,
) -> Path:
    """One experiment.

    :param rows: the reports; None writes no table
    :param state: None writes no status, as Syne Tune does
    :param metadata: entries to change, or, if None, to leave out
    :param status: likewise
    """
    folder = root / tag / f"{method}-{seed}" / f"{tag}-{benchmark}-{seed}-{id8}"
    folder.mkdir(parents=True)
    described = {
        "seed": seed,
        "algorithm": method,
        "tag": tag,
        "benchmark": benchmark,
        "random_seed": 17,
        "n_workers": 4,
        "max_wallclock_time": limit,
        "instance_type": "local",
        "st_tuner_creation_timestamp": created,
        "st_tuner_start_timestamp": created + 1,
        "entrypoint": "train",
        "backend": "LocalBackend",
        "metric_names": [metric],
        "metric_mode": mode,
        "scheduler_name": "FIFOScheduler",
        "config_space": SPACE,
        "resource_attr": "epoch",
        "max_resource_attr": "epochs",
        "script": "/code/my scripts/train.py",
        "extra_args": None,
    }
    write_json(folder / "metadata.json", _changed(described, metadata))
    if rows is not None:
        (folder / "results.csv.zip").write_bytes(zipped_csv(rows))
    if state is not None:
        times = [row["st_tuner_time"] for row in rows or ()]
        described = {
            "state": state,
            "reason": "max_wallclock_time reached" if state == "finished" else "",
            "elapsed": max(times, default=0.0) if elapsed is None else elapsed,
            "updated": now(),
            "pid": os.getpid(),
            "host": socket.gethostname(),
            "trials": {"Completed": len({row["trial_id"] for row in rows or ()})},
            "num_reports": len(rows or ()),
            "best": None,
            "max_wallclock_time": limit,
        }
        write_json(folder / "status.json", _changed(described, status))
    return folder


def write_study(
    root: Path, methods: Sequence[str] = ("ASHA", "RS"), seeds: int = 3, **settings: Any
) -> list[Path]:
    """Every method with every seed, 60 s each, improving at random, the first method the fastest."""
    folders = []
    for rank, method in enumerate(methods):
        for seed in range(seeds):
            points = learning(seed, 0.95 - 0.02 * rank, 60.0)
            rows = reports(points, settings.get("metric", "accuracy"))
            folders.append(
                write_experiment(
                    root, rows, **{"method": method, "seed": seed, "elapsed": 60.0, "limit": 60.0, **settings}
                )
            )
    return folders


def learning(seed: int, top: float, end: float, number: int = 40) -> list[tuple[float, float | None]]:
    """Times and values of reports that tend to ``top``, in order of time."""
    rng = random.Random(seed * 1000 + round(top * 1000))
    times = sorted(rng.uniform(0.02, 1) * end for _ in range(number))
    return [(t, top - rng.uniform(0.02, 0.6) / (1 + 10 * t / end)) for t in times]


def zipped_csv(rows: Sequence[Row]) -> bytes:
    """The table of ``rows``, zipped; cells that are None or absent are empty."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("results.csv", (1980, 1, 1, 0, 0, 0)), text.getvalue())
    return packed.getvalue()


def write_json(path: Path, value: Any) -> None:
    """Write ``value`` as JSON."""
    path.write_text(json.dumps(value, indent=2))


def _changed(values: dict[str, Any], changes: Mapping[str, Any] | None) -> dict[str, Any]:
    merged = {**values, **(changes or {})}
    return {name: value for name, value in merged.items() if value is not None or name not in (changes or {})}
