"""Installs the bundle's requirements, unless they are there. Standard library only, parses as Python 3.8."""

from __future__ import annotations

import os
import sys
import sysconfig
from pathlib import Path
from typing import Any

__all__ = ["are_satisfied", "pip_command", "pip_environment"]

#: They say where to look, which matters only if something has to be installed.
_WHERE_TO_LOOK = (
    *("-i", "-f", "--index-url", "--extra-index-url", "--find-links", "--trusted-host", "--no-index"),
    *("--prefer-binary", "--no-binary", "--only-binary"),
)


def are_satisfied(text: str) -> bool:
    """Whether everything that ``text`` names is installed; False where that is hard to tell."""
    lines = [line.split(" #")[0].strip() for line in text.replace("\\\n", " ").splitlines()]
    wanted = [line for line in lines if line and not line.startswith("#") and not _says_where(line)]
    if not wanted:
        return True
    parse = _parser()
    return parse is not None and all(_is_satisfied(line, parse) for line in wanted)


def pip_command(requirements: Path, packages: Path, is_ours: bool) -> list[str]:
    """The argument list that installs them for this Python: where packages belong, if that can be written to.

    :param packages: else a folder for them, on the script's ``PYTHONPATH``
    :param is_ours: whether this Python is the container's own; if not, it is left as it is
    """
    command = [sys.executable, "-m", "pip", "install", "-r", str(requirements)]
    if is_ours and os.access(sysconfig.get_path("purelib"), os.W_OK):
        return command
    if is_ours and sys.prefix == sys.base_prefix:  # a virtual environment does not see the user's packages
        return [*command, "--user"]
    return [*command, "--target", str(packages)]


def pip_environment() -> dict[str, str]:
    """Variables for pip: no questions, no advice, and the container's Python is ours to change."""
    names = ("NO_INPUT", "DISABLE_PIP_VERSION_CHECK", "BREAK_SYSTEM_PACKAGES")
    return {**{f"PIP_{name}": "1" for name in names}, "PIP_ROOT_USER_ACTION": "ignore"}


def _says_where(line: str) -> bool:
    return line.replace("=", " ").split()[0] in _WHERE_TO_LOOK


def _parser() -> Any:
    """What reads a requirement; every pip has it."""
    try:
        from packaging.requirements import Requirement
    except ImportError:
        try:
            from pip._vendor.packaging.requirements import Requirement  # type: ignore[assignment]
        except ImportError:
            return None
    return Requirement


def _is_satisfied(line: str, parse: Any) -> bool:
    from importlib.metadata import PackageNotFoundError, version

    try:
        wanted = parse(line)
        if wanted.marker is not None and not wanted.marker.evaluate():
            return True
        if wanted.url or wanted.extras:
            return False
        return bool(wanted.specifier.contains(version(wanted.name), prereleases=True))
    except (PackageNotFoundError, ValueError, TypeError):  # an option, a path; or a package without version
        return False
