"""Syne Tune's blackbox repository on the Hugging Face hub, copied to the data cache."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from syne_core.blackbox.syne_tune_files import is_syne_tune_folder
from syne_core.errors import BlackboxError, MissingDependencyError
from syne_core.paths import data_cache

__all__ = ["HUB_PREFIX", "REPOSITORY", "download", "split_hub_name"]

#: What names of blackboxes on the hub start with.
HUB_PREFIX = "hf:"
#: The data set on the hub.
REPOSITORY = "synetune/blackbox-repository"

Fetch = Callable[[str, Path], object]


def split_hub_name(source: str) -> tuple[str, str | None]:
    """Name and task of ``hf:NAME/TASK``; the task is None in ``hf:NAME``.

    :raises BlackboxError: it has no name
    """
    name, _, task = source.removeprefix(HUB_PREFIX).partition("/")
    if not name or name.startswith(".") or any(sign in name for sign in "*?[]\\"):
        raise BlackboxError(f"'{source}' does not name a blackbox on the hub; expected {HUB_PREFIX}NAME/TASK")
    return name, task or None


def download(name: str, fetch: Fetch | None = None) -> Path:
    """The folder of a blackbox in the data cache; downloaded if it is not there yet.

    A download that breaks off leaves no blackbox behind, and goes on where it was when asked for again.
    Experiments that start together wait for the first of them.

    :param name: as on the hub, for example ``lcbench``
    :param fetch: called with a name and a folder, in which it puts ``NAME/...``; None: ``huggingface_hub``
    :raises MissingDependencyError: ``huggingface_hub`` is not installed
    :raises BlackboxError: it cannot be downloaded, or the hub has none of that name
    """
    folder = data_cache() / "blackboxes" / name
    if is_syne_tune_folder(folder):
        return folder
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with _alone_in(folder.parent):
            if not is_syne_tune_folder(folder):  # nobody has brought it meanwhile
                _bring(name, folder, fetch or _fetch)
    except (BlackboxError, MissingDependencyError):
        raise
    except Exception as error:  # the hub's library has dozens of its own
        why = str(error).strip().splitlines()
        raise BlackboxError(
            f"'{name}' cannot be downloaded from {REPOSITORY}: {type(error).__name__}: "
            f"{why[0] if why else ''}. Without a connection, put its files into {folder}"
        ) from error
    return folder


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """One process at a time; the system releases the lock if its holder dies."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # some file systems have no locks
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _bring(name: str, folder: Path, fetch: Fetch) -> None:
    """:raises BlackboxError: the hub has none of that name"""
    partial = folder.with_name(f".{name}.partial")
    partial.mkdir(exist_ok=True)
    fetch(name, partial)
    arrived = partial / name
    if not is_syne_tune_folder(arrived):
        raise BlackboxError(f"the hub's {REPOSITORY} has no table called '{name}'")
    shutil.rmtree(folder, ignore_errors=True)
    os.replace(arrived, folder)
    shutil.rmtree(partial, ignore_errors=True)


def _fetch(name: str, folder: Path) -> object:
    try:
        from huggingface_hub import snapshot_download
    except ModuleNotFoundError:
        raise MissingDependencyError("huggingface_hub", "blackbox-repository") from None
    return snapshot_download(
        repo_id=REPOSITORY, repo_type="dataset", allow_patterns=f"{name}/*", local_dir=str(folder)
    )
