"""Where results come from: code, packages, machine, command; no environment variables, they hold secrets."""

from __future__ import annotations

import os
import platform
import socket
import subprocess
from functools import lru_cache
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

from benchmarking.commons.relaunch import typed_command
from syne_core.version import __version__

__all__ = ["git_state", "provenance"]

_MAX_DIFF = 1_000_000


@lru_cache(maxsize=16)
def provenance(folder: Path) -> dict[str, Any]:
    """What ``metadata.json`` says of the origin of an experiment; JSON.

    :param folder: holds the training script; its git repository is described, if it is in one
    """
    return {
        "synebench_version": __version__,
        "command": typed_command(),
        "git": git_state(folder),
        "packages": {d.metadata["Name"]: d.version for d in distributions() if d.metadata["Name"]},
        "machine": _machine(),
    }


def git_state(folder: Path) -> dict[str, Any] | None:
    """Commit of ``folder``, and what differs from it (files that git does not know are named, not quoted).

    None where there is no repository.
    """
    commit = _git(folder, "rev-parse", "HEAD")
    if commit is None:
        return None
    diff = _git(folder, "diff", "HEAD", "--no-color", "--no-ext-diff") or ""
    unknown = _git(folder, "ls-files", "--others", "--exclude-standard") or ""
    return {
        "commit": commit.strip(),
        "dirty": bool(diff.strip() or unknown.strip()),
        "diff": diff[:_MAX_DIFF],
        "diff_is_cut": len(diff) > _MAX_DIFF,
        "untracked": unknown.splitlines(),
    }


def _git(folder: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *arguments], capture_output=True, check=False, timeout=60
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.decode("utf-8", errors="replace") if done.returncode == 0 else None


def _machine() -> dict[str, Any]:
    return {
        "host": socket.gethostname(),
        "platform": platform.platform(),
        "python": platform.python_version(),
        "cpu": _cpu_model(),
        "cores": os.cpu_count(),
        "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "gpus": _gpus(),
    }


def _cpu_model() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor()


def _gpus() -> list[str]:
    try:
        done = subprocess.run(["nvidia-smi", "-L"], capture_output=True, text=True, check=False, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return []
    return done.stdout.splitlines() if done.returncode == 0 else []
