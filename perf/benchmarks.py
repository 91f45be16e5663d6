"""What the real benchmarks cost besides training: importing them, starting a trial, the rest of an epoch."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from perf.environment import measured_environment
from perf.machine import REPOSITORY
from perf.outcome import Outcome, Target, median
from perf.script import Options, run_script

NAME = "benchmarks"
SCRIPTS = REPOSITORY / "benchmarking" / "training_scripts"
PROFILE = REPOSITORY / "perf" / "sides" / "epoch_profile.py"
TIMEOUT = 300.0
#: Scripts, and epochs of each.
PROFILED = {"mlp_fashionmnist": 4, "lstm_wikitext2": 3, "resnet_cifar10": 2}

# Every definition for both back-ends; whether a framework was loaded; milliseconds of CPU, then of wall time.
IMPORT = """
import sys, time
cpu, wall = time.process_time(), time.perf_counter()
from benchmarking.commons.benchmark_definitions import BENCHMARKS
made = [BENCHMARKS[name](backend) for name in BENCHMARKS._built_in for backend in (False, True)]
cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
heavy = {"torch", "transformers", "datasets", "numpy", "sklearn", "pandas", "boto3"} & set(sys.modules)
print(len(made), ",".join(sorted(heavy)) or "none", cpu * 1e3, wall * 1e3)
"""


def measure(options: Options) -> Outcome:
    """Imports, then trials in turns, then profiles, one after the other; without torch, imports only."""
    rows = _imports(options.rounds(quick=5, full=40))
    if find_spec("torch") is not None:
        with tempfile.TemporaryDirectory() as folder:
            rows += _starts(Path(folder), options.rounds(quick=2, full=10))
            rows += _profiles(Path(folder), options.quick)
    imports = [row for row in rows if row["what"] == "import"]
    cold, warm = (_median_start(rows, how) for how in ("cold", "preload"))
    outside = _outside(rows)
    import_cpu = median([row["cpu_ms"] for row in imports])
    return Outcome(
        name=NAME,
        question="Milliseconds to import all definitions; milliseconds from the start of a trial of "
        "mlp_fashionmnist on 60 images to its first report; share of an epoch that is not training.",
        ours={
            "definitions": imports[0]["definitions"] // 2,
            "frameworks_imported": imports[0]["frameworks"],
            "import_cpu_ms": import_cpu,
            "import_cpu_ms_least": min(row["cpu_ms"] for row in imports),
            "import_wall_ms": median([row["wall_ms"] for row in imports]),
            "first_report_cold_ms": cold,
            "first_report_preload_ms": warm,
            "share_outside_training": outside,
        },
        peer={"name": "none", "not_measured": "the scripts are ours"},
        ratio=warm / cold if warm and cold else None,
        targets=(
            Target("importing all definitions, ms of CPU", 50, import_cpu),
            *(
                Target(f"share of an epoch outside training, {name}", 0.05, outside.get(name))
                for name in PROFILED
            ),
        ),
        warm_up="a trial of each kind; the first epoch of each script",
        raw=rows,
        commands=("python -c IMPORT", "python epoch_profile.py SCRIPT"),
        notes=(
            "On one CPU core, with small data: 240 images (resnet_cifar10), 40,000 tokens of 10,000 words "
            "(lstm_wikitext2), 50,000 images (mlp_fashionmnist, all of them). Whole data sets make epochs "
            "longer and checkpoints no larger. Nothing was measured on a GPU.",
        ),
    )


def _imports(rounds: int) -> list[dict[str, Any]]:
    rows = []
    for number in range(rounds):
        done = _run([sys.executable, "-c", IMPORT])
        count, frameworks, cpu, wall = done.split()
        figures = {"cpu_ms": float(cpu), "wall_ms": float(wall)}
        rows.append(
            {
                "what": "import",
                "round": number,
                "definitions": int(count),
                "frameworks": frameworks,
                **figures,
            }
        )
    return rows


def _starts(folder: Path, rounds: int) -> list[dict[str, Any]]:
    from benchmarking.commons.benchmark_definitions.mlp_fashionmnist import mlp_fashionmnist_benchmark
    from syne_core.backend.local.local_backend import LocalBackend

    script = str(SCRIPTS / "mlp_fashionmnist" / "mlp_fashionmnist.py")
    data = _fashion(folder / "start", 60)
    config = {"dataset_path": str(data), "epochs": 1, "n_units_1": 8, "n_units_2": 8, "num_gpus": 0}
    backends = {
        "cold": LocalBackend(script),
        "preload": LocalBackend(script, preload=mlp_fashionmnist_benchmark().preload),
    }
    rows = []
    try:
        for name, backend in backends.items():
            backend.set_path(str(folder / name))
            _first_report(backend, config)
        for number in range(rounds):
            for name, backend in backends.items():
                row = {"what": "start", "round": number, "start": name}
                rows.append({**row, "ms": _first_report(backend, config) * 1e3})
    finally:
        for backend in backends.values():
            backend.close()
    return rows


def _first_report(backend: Any, config: dict[str, Any]) -> float:
    """Seconds from the start of a trial to its only report.

    :raises RuntimeError: if the trial does not report
    """
    from syne_core.report import retrieve

    start = time.time()
    trial_id = backend.start_trial(config).trial_id
    while backend.busy_trial_ids():
        if time.time() - start > TIMEOUT:
            raise RuntimeError("a trial did not end")
        backend.wait(1.0)
    reports = retrieve(backend.stdout(trial_id))
    if not reports:
        raise RuntimeError("".join(backend.stderr(trial_id)))
    return float(reports[0]["st_worker_timestamp"]) - start


def _profiles(folder: Path, quick: bool) -> list[dict[str, Any]]:
    size = 10 if quick else 1
    data = folder / "data"
    _fashion(data, 60_000 // size)
    _cifar(data, 60 // size)
    _wikitext(data, 40_000 // size)
    rows = []
    for name, epochs in PROFILED.items():
        script = SCRIPTS / name / f"{name}.py"
        flags = ("--dataset_path", data, "--epochs", epochs, "--num_gpus", 0, "--download", 0)
        checkpoints = ("--st_checkpoint_dir", folder / name)
        printed = _run([sys.executable, str(PROFILE), str(script), *map(str, (*flags, *checkpoints))])
        for number, epoch in enumerate(json.loads(printed.splitlines()[-1]), 1):
            rows.append({"what": "epoch", "script": name, "epoch": number, **epoch})
    return rows


def _median_start(rows: list[dict[str, Any]], how: str) -> float | None:
    found = [row["ms"] for row in rows if row.get("start") == how]
    return median(found) if found else None


def _outside(rows: list[dict[str, Any]]) -> dict[str, float]:
    """By script: the share of an epoch that is neither steps nor validation; batches count as outside."""
    shares: dict[str, list[float]] = {}
    for row in rows:
        if row["what"] == "epoch" and row["epoch"] > 1:
            inside = row["training"] - row["batches"]
            shares.setdefault(row["script"], []).append(1 - inside / row["seconds"])
    return {name: median(found) for name, found in shares.items()}


def _run(command: list[str]) -> str:
    """What ``command`` prints.

    :raises RuntimeError: if it fails
    """
    environment = measured_environment(PYTHONPATH=str(REPOSITORY), OMP_NUM_THREADS="1")
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return done.stdout


def _fashion(folder: Path, n: int) -> Path:
    import numpy as np

    rng = np.random.default_rng(0)
    arrays = {
        "train-images-idx3-ubyte.gz": rng.integers(0, 256, (n, 28, 28), dtype=np.uint8),
        "train-labels-idx1-ubyte.gz": rng.integers(0, 10, n, dtype=np.uint8),
    }
    (folder / "fashion-mnist").mkdir(parents=True)
    for name, array in arrays.items():
        header = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">u4").tobytes()
        (folder / "fashion-mnist" / name).write_bytes(gzip.compress(header + array.tobytes(), 1))
    return folder


def _cifar(folder: Path, n_per_file: int) -> None:
    import numpy as np

    rng = np.random.default_rng(0)
    (folder / "cifar-10-batches-bin").mkdir(parents=True)
    for i in range(1, 6):
        records = rng.integers(0, 256, (n_per_file, 3073), dtype=np.uint8)
        records[:, 0] %= 10
        records.tofile(folder / "cifar-10-batches-bin" / f"data_batch_{i}.bin")


def _wikitext(folder: Path, n_tokens: int) -> None:
    import numpy as np

    words = np.random.default_rng(0).zipf(1.3, n_tokens) % 10_000
    lines = [" ".join(f"w{word}" for word in words[i : i + 24]) for i in range(0, n_tokens, 24)]
    (folder / "wikitext-2").mkdir(parents=True)
    (folder / "wikitext-2" / "wiki.train.tokens").write_text(" \n ".join(lines))
    (folder / "wikitext-2" / "wiki.valid.tokens").write_text(" \n ".join(lines[: len(lines) // 10]))


if __name__ == "__main__":
    run_script(measure)
