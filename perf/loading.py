"""Loading the results of many experiments: cold, with a warm index, as figure, beside Syne Tune's loader."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from perf.measured_process import noted_by
from perf.outcome import Outcome, Target, median
from perf.script import Options, PeerPython, find_peer, run_script
from perf.sides.result_folders import TAG, make_older, write_study

NAME = "loading"
_REPORTS = 1000
_WAYS = ("study", "table", "list")


def measure(options: Options) -> Outcome:
    """Every load is a process of its own; the first of ours finds no index."""
    count = 50 if options.quick else 1000
    peer = find_peer(options, "syne-tune-0.16.0")
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory(prefix="synebench-perf-") as name:
        folder = Path(name)
        root = folder / "root"
        write_study(root, count, _REPORTS)
        make_older(root)
        for number in range(options.rounds(quick=1, full=3)):
            rows += _round(folder, root, number, peer)
    return _outcome(rows, count, peer)


def _round(folder: Path, root: Path, number: int, peer: PeerPython) -> list[dict[str, Any]]:
    """Cold, then warm in every way, the peer in between."""
    rows = [_load(folder, root, number, "study", "cold")]
    for way in _WAYS:
        rows.append(_load(folder, root, number, way, "warm"))
        if peer.python is not None and way != "study":
            spec = _spec("syne_tune", way, root)
            noted = noted_by(peer.python, "load_results", spec)
            rows.append({"side": "syne_tune", "what": way, "index": "none", "round": number, **noted})
    figures = [_load(folder, root, number, what, "warm") for what in ("figure", "comparative")]
    return [*rows, *figures]


def _load(folder: Path, root: Path, number: int, what: str, index: str) -> dict[str, Any]:
    """One load of ours; the index of a round is a folder of its own."""
    spec = _spec("syne_core", what, root)
    variables = {"SYNEBENCH_INDEX": str(folder / f"index-{number}")}
    noted = noted_by(Path(sys.executable), "load_results", spec, variables=variables)
    return {"side": "syne_core", "what": what, "index": index, "round": number, **noted}


def _spec(library: str, what: str, root: Path) -> dict[str, Any]:
    return {"library": library, "what": what, "root": str(root), "tag": TAG}


def _outcome(rows: list[dict[str, Any]], count: int, peer: PeerPython) -> Outcome:
    def of(side: str, what: str, index: str, key: str) -> float | None:
        found = [r[key] for r in rows if (r["side"], r["what"], r["index"]) == (side, what, index)]
        return median(found) if found else None

    ours: dict[str, Any] = {}
    for what, index in (("study", "cold"), ("study", "warm"), ("table", "warm"), ("list", "warm")):
        for key in ("seconds", "cpu_seconds"):
            ours[f"{what}_{index}_{key}"] = of("syne_core", what, index, key)
    for what in ("figure", "comparative"):
        ours[f"{what}_seconds"] = of("syne_core", what, "warm", "seconds")
        ours[f"{what}_cpu_seconds"] = of("syne_core", what, "warm", "cpu_seconds")
    peak = max(row["peak_bytes"] for row in rows if row["side"] == "syne_core")
    ours["peak_megabytes"] = peak / 1e6
    theirs = {
        f"{what}_{key}": of("syne_tune", what, "none", key)
        for what in ("table", "list")
        for key in ("seconds", "cpu_seconds", "peak_bytes")
    }
    table = theirs["table_cpu_seconds"]
    ratio = None if table is None else ours["study_warm_cpu_seconds"] / table
    same = None if table is None else ours["table_warm_cpu_seconds"] / table
    return Outcome(
        name=NAME,
        question=f"Seconds to load {count} experiments of {_REPORTS} reports in 20 columns.",
        ours={**ours, "table_warm_over_peers_table": same},
        peer={**peer.describe(), **(theirs if table is not None else {})},
        ratio=ratio,
        targets=(
            Target("study, warm index: seconds", 5.0, ours["study_warm_seconds"]),
            Target("study, no index: seconds", 30.0, ours["study_cold_seconds"]),
            Target("one table of all, warm index: seconds", 5.0, ours["table_warm_seconds"]),
            Target("largest memory of any load: GB", 1.5, peak / 1e9),
            Target("figure of plot_incumbent, loading included: seconds", 5.0, ours["figure_seconds"]),
            Target("two figures of ComparativeResults, likewise: seconds", 5.0, ours["comparative_seconds"]),
            Target("study, warm, over the peer's load_experiments_df: CPU", 0.1, ratio),
        ),
        warm_up="the cold load of a round makes the index of its warm ones; imports do not count",
        raw=rows,
        commands=tuple(
            f"{python} -m perf.sides.load_results"
            f' \'{{"library": "{library}", "what": "WHAT", "root": "ROOT", "tag": "{TAG}"}}\' OUT'
            for python, library in (("python", "syne_core"), ("PEER/bin/python", "syne_tune"))
        ),
        notes=(
            "study: what a comparison needs (load_study); table: load_experiments_df; list: list_experiments",
            "cold means without index; the files themselves may be in the page cache, on both sides",
            "folders are made by perf/sides/result_folders.py, seeded",
        ),
    )


if __name__ == "__main__":
    run_script(measure)
