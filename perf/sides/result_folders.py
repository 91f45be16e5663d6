"""Writes a study of many experiments as they lie on disk after a run, without running anything.

``python -m perf.sides.result_folders ROOT EXPERIMENTS REPORTS`` writes the same bytes each time.
"""

from __future__ import annotations

import json
import os
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["BENCHMARKS", "METHODS", "TAG", "make_older", "write_study"]

TAG = "many"
METHODS = ("ASHA", "BO", "MOBSTER", "MSR", "RS")
BENCHMARKS = ("digits", "fashion")
_SEED = 20261121
_EPOCHS = 27
_WORKERS = 4
_CREATED = 1_760_000_000.0

_SPACE: dict[str, Any] = {
    **{
        name: {
            "domain_cls": "Float",
            "domain_kwargs": {"lower": lower, "upper": upper},
            "sampler_cls": "LogUniform",
            "sampler_kwargs": {"base": 2.718281828459045},
        }
        for name, lower, upper in (("learning_rate", 1e-5, 1.0), ("weight_decay", 1e-8, 1e-2))
    },
    **{
        name: {
            "domain_cls": "Integer",
            "domain_kwargs": {"lower": 8, "upper": 1024},
            "sampler_cls": "LogUniform",
            "sampler_kwargs": {"base": 2.718281828459045},
        }
        for name in ("batch_size", "n_units_1", "n_units_2")
    },
    "optimizer": {
        "domain_cls": "Categorical",
        "domain_kwargs": {"categories": ["sgd", "adam", "adamw"]},
        "sampler_cls": "Uniform",
        "sampler_kwargs": {},
    },
    "epochs": _EPOCHS,
}


def write_study(root: Path, experiments: int, reports: int) -> None:
    """``experiments`` folders below ``root / TAG``, each with ``reports`` reports in 20 columns."""
    setups = len(METHODS) * len(BENCHMARKS)
    for number in range(experiments):
        seed, setup = divmod(number, setups)
        method, benchmark = METHODS[setup % len(METHODS)], BENCHMARKS[setup // len(METHODS)]
        name = f"{TAG}-{benchmark}-{seed}-{number:08x}"
        folder = root / TAG / f"{method}-{seed}" / name
        folder.mkdir(parents=True)
        _write_one(folder, np.random.default_rng([_SEED, number]), (method, benchmark, seed), reports)


def make_older(root: Path) -> None:
    """Make all files below ``root`` an hour older: the index does not trust what changed a moment ago."""
    for path in root.rglob("*"):
        if path.is_file():
            status = path.stat()
            os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns - 3600 * 10**9))


def _write_one(folder: Path, rng: np.random.Generator, what: tuple[str, str, int], reports: int) -> None:
    rows = list(_rows(rng, reports, METHODS.index(what[0])))
    text = [",".join(rows[0]), *(",".join(map(str, row.values())) for row in rows)]
    # The table is written after the journal, as a tuner does: it is not older.
    (folder / "journal.jsonl").write_text("".join(_journal(rows)))
    with zipfile.ZipFile(folder / "results.csv.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("results.csv"), "\r\n".join(text) + "\r\n", zipfile.ZIP_DEFLATED)
    (folder / "metadata.json").write_text(json.dumps(_metadata(*what), indent=2))
    elapsed = rows[-1]["st_tuner_time"]
    (folder / "status.json").write_text(json.dumps(_status(elapsed, len(rows)), indent=2))


def _rows(rng: np.random.Generator, reports: int, rank: int) -> Iterator[dict[str, Any]]:
    """Reports of trials that learn, ``_WORKERS`` at a time; one in a hundred diverges."""
    clock, next_id = 0.0, 0
    running: list[dict[str, Any]] = []
    for _ in range(reports):
        while len(running) < _WORKERS:
            running.append(_trial(rng, next_id, clock, rank))
            next_id += 1
        clock += float(rng.exponential(3.0))
        trial = running[int(rng.integers(_WORKERS))]
        trial["epoch"] += 1
        stops = trial["epoch"] in (1, 3, 9) and rng.random() < 0.6
        if stops or trial["epoch"] == _EPOCHS:
            running.remove(trial)
        yield _row(rng, trial, clock, "STOP" if stops else "CONTINUE")


def _trial(rng: np.random.Generator, number: int, clock: float, rank: int) -> dict[str, Any]:
    config = {
        "learning_rate": float(10 ** rng.uniform(-5, 0)),
        "weight_decay": float(10 ** rng.uniform(-8, -2)),
        "batch_size": int(rng.integers(8, 1025)),
        "n_units_1": int(rng.integers(8, 1025)),
        "n_units_2": int(rng.integers(8, 1025)),
        "optimizer": ("sgd", "adam", "adamw")[int(rng.integers(3))],
        "epochs": _EPOCHS,
    }
    top = 0.96 - 0.01 * rank - 0.3 * float(rng.beta(1, 4))
    return {
        "id": number,
        "begun": clock,
        "epoch": 0,
        "config": config,
        "top": top,
        "nan": rng.random() < 0.01,
    }


def _row(rng: np.random.Generator, trial: dict[str, Any], clock: float, decision: str) -> dict[str, Any]:
    loss = float(1 - trial["top"] + 0.7 * np.exp(-trial["epoch"] / 5) + 0.005 * rng.standard_normal())
    return {
        "epoch": trial["epoch"],
        "accuracy": "nan" if trial["nan"] else 1 - loss,
        "loss": loss,
        "train_loss": 0.8 * loss,
        "gradient_norm": float(rng.exponential()),
        "st_worker_timestamp": _CREATED + clock,
        "st_worker_time": clock - trial["begun"],
        "st_worker_iter": trial["epoch"] - 1,
        "st_worker_cost": (clock - trial["begun"]) * 1e-4,
        "trial_id": trial["id"],
        "st_decision": decision,
        "st_status": "InProgress",
        **{f"config_{name}": value for name, value in trial["config"].items()},
        "st_tuner_time": round(clock, 6),
    }


def _journal(rows: list[dict[str, Any]]) -> Iterator[str]:
    """The records of starts, ends and reports."""
    seen: set[int] = set()
    last = {row["trial_id"]: position for position, row in enumerate(rows)}
    for position, row in enumerate(rows):
        trial, time = row["trial_id"], row["st_tuner_time"]
        if trial not in seen:
            seen.add(trial)
            config = {n.removeprefix("config_"): v for n, v in row.items() if n.startswith("config_")}
            start = {"event": "suggest", "t": round(time - row["st_worker_time"], 6), "asked": trial}
            yield _line({**start, "kind": "start", "source": None, "config": config, "state": {}})
        own = ("epoch", "accuracy", "loss", "train_loss", "gradient_norm")
        report = {n: v for n, v in row.items() if n in own or n.startswith("st_worker")}
        if report["accuracy"] == "nan":
            report |= {"accuracy": None, "st_nonfinite": {"accuracy": "nan"}}
        said = {"report": report, "decision": row["st_decision"], "status": "InProgress"}
        yield _line({"event": "report", "t": time, "trial": trial, **said})
        if last[trial] == position:
            state = "Stopped" if row["st_decision"] == "STOP" else "Completed"
            yield _line({"event": "end_run", "t": time, "trial": trial, "state": state, "reason": ""})


def _line(record: dict[str, Any]) -> str:
    return json.dumps(record, separators=(",", ":")) + "\n"


def _metadata(method: str, benchmark: str, seed: int) -> dict[str, Any]:
    return {
        "seed": seed,
        "algorithm": method,
        "tag": TAG,
        "benchmark": benchmark,
        "random_seed": 17,
        "n_workers": _WORKERS,
        "max_wallclock_time": 3600.0,
        "instance_type": "local",
        "st_tuner_creation_timestamp": _CREATED,
        "st_tuner_start_timestamp": _CREATED + 1,
        "entrypoint": "train",
        "backend": "LocalBackend",
        "metric_names": ["accuracy"],
        "metric_mode": "max",
        "scheduler_name": "FIFOScheduler",
        "config_space": _SPACE,
        "resource_attr": "epoch",
        "max_resource_attr": "epochs",
    }


def _status(elapsed: float, reports: int) -> dict[str, Any]:
    return {
        "state": "finished",
        "reason": "max_wallclock_time reached",
        "elapsed": max(elapsed, 3600.0),
        "updated": _CREATED + elapsed,
        "pid": 1,
        "host": "elsewhere",
        "trials": {"Completed": 100},
        "num_reports": reports,
        "best": None,
        "max_wallclock_time": 3600.0,
    }


if __name__ == "__main__":
    write_study(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
