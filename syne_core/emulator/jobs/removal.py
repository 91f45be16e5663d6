"""Deleting the folder of a job, whatever the job did to it."""

from __future__ import annotations

import logging
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

__all__ = ["remove_tree"]

_LOG = logging.getLogger(__name__)


def remove_tree(folder: Path) -> None:
    """Delete a folder, also what a job or an overlay made unreadable. What stays is logged."""
    if sys.version_info >= (3, 12):
        shutil.rmtree(folder, onexc=_make_writable_and_retry)
    else:
        shutil.rmtree(folder, onerror=_make_writable_and_retry)


def _make_writable_and_retry(function: Callable[..., Any], path: str, _: object) -> None:
    try:
        for place in (os.path.dirname(path), path):
            os.chmod(place, 0o700)
        if os.path.isdir(path) and not os.path.islink(path):
            remove_tree(Path(path))
        else:
            os.unlink(path)
    except FileNotFoundError:
        return
    except OSError as error:
        _LOG.warning("%s could not be deleted: %s", path, error)
