"""``download_from_s3``: what there is to say, since this package does not talk to AWS."""

from __future__ import annotations

import logging
import shlex
from collections.abc import Sequence

from syne_core.errors import UsageError

__all__ = ["say_how_to_download"]

logger = logging.getLogger(__name__)


def say_how_to_download(
    experiment_names: Sequence[str] | str, with_subdirs: object, s3_bucket: str | None
) -> None:
    """Name the command that gets the results; what is on this machine is plotted meanwhile.

    :raises UsageError: ``with_subdirs`` is None: such folders are not on S3
    """
    if with_subdirs is None:
        raise UsageError("download_from_s3 needs with_subdirs: studies on S3 have subfolders")
    names = [experiment_names] if isinstance(experiment_names, str) else list(experiment_names)
    bucket = f" --s3_bucket {shlex.quote(s3_bucket)}" if s3_bucket else ""
    commands = "; ".join(f"synebench pull {shlex.quote(name)}{bucket}" for name in names)
    logger.warning("download_from_s3: results on this machine are used; to get those on S3: %s", commands)
