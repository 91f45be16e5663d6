"""How soon a trial reaches its first line after imports: cold, and forked from a process that has them."""

from __future__ import annotations

import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from perf.outcome import Outcome, Target, median
from perf.script import Options, run_script
from syne_core.backend.local.local_backend import LocalBackend

NAME = "warm_start"
# Module names that a training script of the benchmarks imports first, the heaviest that is here.
CANDIDATES = ("torch", "sklearn.neural_network")
TIMEOUT = 120.0


def measure(options: Options) -> Outcome:
    """Cold and warm starts in turns."""
    module = next(name for name in CANDIDATES if find_spec(name.partition(".")[0]) is not None)
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "first_line.py"
        script.write_text(f"import {module}\nimport time\nprint(time.time(), flush=True)\n")
        backends = {
            "cold": LocalBackend(str(script)),
            "warm": LocalBackend(str(script), preload=(module,)),
        }
        try:
            rows = _rows(backends, Path(folder), options.rounds(quick=3, full=20))
        finally:
            for backend in backends.values():
                backend.close()
    cold, warm = (median([row["ms"] for row in rows if row["start"] == how]) for how in ("cold", "warm"))
    return Outcome(
        name=NAME,
        question=f"Milliseconds from starting a trial to the first line after 'import {module}'.",
        ours={"module": module, "cold_ms": cold, "warm_ms": warm, "times_sooner": cold / warm},
        peer={"name": "none", "not_measured": "no peer starts trials warm; the cold start stands for it"},
        ratio=warm / cold,
        targets=(Target("warm start divided by cold start", 1 / 20, warm / cold),),
        warm_up="one trial of each kind",
        raw=rows,
        commands=("python first_line.py",),
    )


def _rows(backends: dict[str, LocalBackend], folder: Path, rounds: int) -> list[dict[str, Any]]:
    rows = []
    for name, backend in backends.items():
        backend.set_path(str(folder / name))
        _one(backend)
    for number in range(rounds):
        for name, backend in backends.items():
            rows.append({"start": name, "round": number, "ms": _one(backend) * 1e3})
    return rows


def _one(backend: LocalBackend) -> float:
    """Seconds from start to first line.

    :raises RuntimeError: if the trial does not end
    """
    start = time.time()
    trial_id = backend.start_trial({}).trial_id
    while backend.busy_trial_ids():
        if time.time() - start > TIMEOUT:
            raise RuntimeError("a trial did not end")
        backend.wait(1.0)
    return float(backend.stdout(trial_id)[0]) - start


if __name__ == "__main__":
    run_script(measure)
