"""The environment variables that measured processes get."""

from __future__ import annotations

import os

__all__ = ["measured_environment"]

_KEPT = ("PYTHONPATH", "PYTHONHOME")


def measured_environment(**more: str) -> dict[str, str]:
    """This process's variables without those that change how Python starts, and with ``more``.

    ``PYTHONDONTWRITEBYTECODE`` above all: where it is set, a checkout is compiled anew at every start,
    but a library that pip installed is not.
    """
    usual = {name: v for name, v in os.environ.items() if not name.startswith("PYTHON") or name in _KEPT}
    return {**usual, **more}
