"""Loads a folder of experiments in one way, and notes what that took.

``python -m perf.sides.load_results SPEC_JSON OUTPUT``, SPEC being ``{"library": "syne_core" |
"syne_tune", "what": "study" | "list" | "table" | "figure" | "comparative", "root": folder, "tag": name}``.
Importing the library is not counted.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from perf.sides.peak_memory import peak_rss
from perf.sides.result_folders import BENCHMARKS, METHODS

__all__: list[str] = []


def _load_of_syne_core(spec: dict[str, Any]) -> Callable[[], int]:
    import matplotlib.figure  # noqa: F401 - as for pandas: importing is not loading
    import pandas  # noqa: F401

    from syne_core import experiments

    root, tag = spec["root"], spec["tag"]
    os.environ["SYNETUNE_FOLDER"] = root  # ComparativeResults finds studies there
    for name in experiments.__all__:  # they are imported when first used, which is not loading either
        getattr(experiments, name)

    def study() -> int:
        found = experiments.load_study(tag, root)
        return sum(seed.num_reports for benchmark in found.benchmarks for seed in benchmark.seeds)

    def figure() -> int:
        target = Path(root).parent / "figure.png"
        experiments.save_figure(experiments.plot_incumbent(experiments.load_study(tag, root)), target)
        return target.stat().st_size

    def comparative() -> int:
        compared = experiments.ComparativeResults([tag], METHODS, 10, lambda metadata: metadata["algorithm"])
        for benchmark in BENCHMARKS:
            compared.plot(benchmark, file_name=str(Path(root).parent / f"{benchmark}.png"))
        return len(BENCHMARKS)

    return {
        "study": study,
        "list": lambda: sum(len(one.results) for one in experiments.list_experiments(root=root)),
        "table": lambda: len(experiments.load_experiments_df(root=root)),
        "figure": figure,
        "comparative": comparative,
    }[spec["what"]]


def _load_of_syne_tune(spec: dict[str, Any]) -> Callable[[], int]:
    from syne_tune.experiments import list_experiments, load_experiments_df

    root = Path(spec["root"])
    return {
        "list": lambda: sum(len(one.results) for one in list_experiments(root=root)),
        "table": lambda: len(load_experiments_df(root=root)),
    }[spec["what"]]


def main() -> None:
    """Load once, in a fresh process."""
    spec = json.loads(sys.argv[1])
    load = (_load_of_syne_core if spec["library"] == "syne_core" else _load_of_syne_tune)(spec)
    wall, cpu, children = time.perf_counter(), time.process_time(), os.times()
    found = load()
    after = os.times()
    noted = {
        "seconds": time.perf_counter() - wall,
        "cpu_seconds": time.process_time() - cpu + after.children_user - children.children_user,
        "found": found,
        "peak_bytes": peak_rss(),
    }
    Path(sys.argv[2]).write_text(json.dumps(noted))


if __name__ == "__main__":
    main()
