"""Why jobs fail, in AWS's words where they are known."""

from __future__ import annotations

from pathlib import Path

__all__ = ["JobFailure", "algorithm_error"]

_MOST_OF_A_FAILURE = 1024


class JobFailure(Exception):
    """The job fails for this reason, its ``FailureReason``."""


def algorithm_error(failure_file: Path, exit_code: int) -> str:
    """``FailureReason`` of a container that ended with ``exit_code``: what it wrote to
    ``/opt/ml/output/failure``, the first 1024 characters, if anything.
    """
    try:
        with failure_file.open(encoding="utf-8", errors="replace") as file:
            text = file.read(_MOST_OF_A_FAILURE).strip()
    except OSError:
        text = ""
    return f"AlgorithmError: {text}, exit code: {exit_code}"
