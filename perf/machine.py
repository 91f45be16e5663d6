"""The machine that a measurement was made on, without anything that names a person or a folder."""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

__all__ = ["REPOSITORY", "describe_machine", "load_average", "versions_in"]

REPOSITORY = Path(__file__).resolve().parents[1]
_PACKAGES = ("click", "numpy", "pandas", "scipy")
_LIST_VERSIONS = (
    "import sys; from importlib import metadata as m\n"
    "names = {d.metadata['Name'].lower(): d.version for d in m.distributions()}\n"
    "print(*(f'{n}={names[n]}' for n in sys.argv[1:] if n in names))"
)


def describe_machine() -> dict[str, Any]:
    """CPU, memory, kernel, versions, file system of temporary folders and its fsync, load, git commit."""
    return {
        "cpu": _cpu_model(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory_gib": _memory_gib(),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "python": platform.python_version(),
        "packages": _installed(_PACKAGES),
        "temporary_files_on": _file_system(Path(tempfile.gettempdir())),
        "fsync_ms": _fsync_ms(),
        "load_average": load_average(),
        "git_commit": _git("rev-parse", "HEAD"),
        "git_dirty": bool(_git("status", "--porcelain", "--", "syne_core", "benchmarking", "perf/*.py")),
    }


def load_average() -> list[float]:
    """Runnable processes, means over 1, 5 and 15 minutes."""
    return [round(value, 2) for value in os.getloadavg()]


def versions_in(python: Path, packages: Iterable[str]) -> dict[str, str]:
    """Versions of ``packages`` that the environment of ``python`` has."""
    command = [str(python), "-c", _LIST_VERSIONS, *packages]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    return dict(entry.split("=", 1) for entry in listed)


def _installed(packages: Iterable[str]) -> dict[str, str]:
    return versions_in(Path(sys.executable), packages)


def _cpu_model() -> str:
    for line in _lines("/proc/cpuinfo"):
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.processor() or "unknown"


def _memory_gib() -> float | None:
    for line in _lines("/proc/meminfo"):
        if line.startswith("MemTotal"):
            return round(int(line.split()[1]) / 2**20, 1)
    return None


def _file_system(folder: Path) -> str:
    """Type of the file system that holds ``folder``: what an fsync costs depends on it."""
    best, kind = "", "unknown"
    for line in _lines("/proc/mounts"):
        point, found = line.split()[1:3]
        if folder.resolve().is_relative_to(point) and len(point) >= len(best):
            best, kind = point, found
    return kind


def _fsync_ms() -> float:
    """Median time to append a line to a temporary file and have it on disk, as the journal does."""
    seconds = []
    with tempfile.TemporaryFile() as file:
        for _ in range(20):
            start = time.perf_counter()
            file.write(b"x" * 200)
            file.flush()
            os.fsync(file.fileno())
            seconds.append(time.perf_counter() - start)
    return round(statistics.median(seconds) * 1e3, 3)


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text().splitlines()
    except OSError:
        return []


def _git(*arguments: str) -> str | None:
    command = ["git", "-C", str(REPOSITORY), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True)
    except OSError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None
