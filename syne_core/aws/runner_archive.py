"""Builds the archives that travel to jobs: the same bytes on every machine and Python."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import syne_core
import syne_core.aws.runner
from syne_core.aws.bundle_files import folder_files

__all__ = ["ENGINE_NAME", "engine_archive", "runner_archive"]

#: The runner puts it on the script's ``PYTHONPATH``.
ENGINE_NAME = "syne_core.zip"

_ROOT = Path(syne_core.__file__).parent
_RUNNER = Path(syne_core.aws.runner.__file__).parent
_MAIN = b"import sys\n\nfrom syne_core.aws.runner.program import main\n\nsys.exit(main())\n"
#: The engine's own do more, and may use newer syntax.
_PACKAGE = b'"""The part of synebench that runs in containers."""\n'
_EARLIEST = (1980, 1, 1, 0, 0, 0)


@cache
def runner_archive() -> bytes:
    """``runner.pyz``, from ``syne_core/aws/runner``, to be run by Python 3.8 or newer."""
    contents = {
        "__main__.py": _MAIN,
        "syne_core/__init__.py": _PACKAGE,
        "syne_core/aws/__init__.py": _PACKAGE,
        "syne_core/report.py": (_ROOT / "report.py").read_bytes(),
    }
    for path in _RUNNER.glob("*.py"):
        contents[f"syne_core/aws/runner/{path.name}"] = path.read_bytes()
    return _archive(contents)


@cache
def engine_archive() -> bytes:
    """``syne_core.zip``: the modules of the engine, to be imported from there.

    One file is unpacked much faster than the hundreds that it holds, of which a script needs two or three.
    """
    files = (file for file in folder_files(_ROOT, "syne_core/").files if file.name.endswith(".py"))
    return _archive({file.name: file.path.read_bytes() for file in files})


def _archive(contents: Mapping[str, bytes]) -> bytes:
    """Nothing is compressed: what a compressor writes depends on its version."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(contents):
            archive.writestr(_entry(name), contents[name])
    return stream.getvalue()


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _EARLIEST)
    entry.create_system = 3
    entry.external_attr = 0o644 << 16
    return entry
