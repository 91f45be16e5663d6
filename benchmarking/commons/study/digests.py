"""Digests of the files that decide an experiment's outcome."""

from __future__ import annotations

import hashlib
import inspect
import re
import subprocess
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

__all__ = ["file_digest", "folder_digest", "method_file"]

#: Figures, logs and texts are no part of a training script.
_IGNORED_SUFFIXES = {".pyc", ".pyo", ".png", ".pdf", ".svg", ".html", ".log", ".md"}
#: Nor are launchers, definitions and studies that stand beside it: what they say is resolved already.
_NOT_TRAINING = {
    ".py": re.compile(rb"^[ \t]*(from|import)[ \t]+benchmarking\b", re.MULTILINE),
    ".yaml": re.compile(rb"^(script|experiment_tag)[ \t]*:", re.MULTILINE),
}
_NOT_TRAINING[".yml"] = _NOT_TRAINING[".yaml"]
_IGNORED_NAMES = {"__pycache__", ".git", ".ipynb_checkpoints", ".DS_Store", ".mypy_cache", ".ruff_cache"}


@lru_cache(maxsize=256)
def folder_digest(folder: Path) -> str:
    """Digest of names and contents of the training code below ``folder``.

    Left out are files that git ignores, figures, logs and texts, and launchers (Python files that import
    ``benchmarking``), definitions and study files.
    """
    digest = hashlib.sha256()
    for path in sorted(_files(folder)):
        name = path.relative_to(folder).as_posix()
        digest.update(f"{name}\0{file_digest(path)}\n".encode())
    return digest.hexdigest()


@lru_cache(maxsize=1024)
def file_digest(path: Path) -> str:
    """Digest of a file's content."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def method_file(method: Any) -> Path | None:
    """The file that defines ``method``; None if there is none, as at an interactive prompt."""
    while isinstance(method, partial):
        method = method.func
    for holder in (inspect.unwrap(method), type(method)):
        try:
            source = inspect.getsourcefile(holder)
            break
        except TypeError:  # built in, or an instance
            source = None
    return Path(source) if source and Path(source).is_file() else None


def _files(folder: Path) -> list[Path]:
    files = (path for path in folder.rglob("*") if path.is_file())
    kept = [p for p in files if not _is_ignored(p.relative_to(folder)) and not _is_not_training(p)]
    ignored = _ignored_by_git(folder, kept)
    return [path for path in kept if path not in ignored]


def _is_ignored(path: Path) -> bool:
    return path.suffix in _IGNORED_SUFFIXES or not _IGNORED_NAMES.isdisjoint(path.parts)


def _is_not_training(path: Path) -> bool:
    pattern = _NOT_TRAINING.get(path.suffix)
    return pattern is not None and pattern.search(path.read_bytes()) is not None


def _ignored_by_git(folder: Path, files: list[Path]) -> set[Path]:
    """Which of ``files`` git ignores; none where there is no git or no repository."""
    names = "\0".join(str(path.relative_to(folder)) for path in files)
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), "check-ignore", "-z", "--stdin", "--no-index"],
            input=names.encode(),
            capture_output=True,
            check=False,
        )
    except OSError:
        return set()
    return {folder / name for name in done.stdout.decode().split("\0") if name}
