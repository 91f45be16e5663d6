"""Builds ``runner.pyz`` from ``syne_core/aws/runner``: the same bytes on every machine and Python."""

from __future__ import annotations

import io
import zipfile
from functools import cache
from pathlib import Path

import syne_core
import syne_core.aws.runner

__all__ = ["runner_archive"]

_ROOT = Path(syne_core.__file__).parent
_RUNNER = Path(syne_core.aws.runner.__file__).parent
_MAIN = b"import sys\n\nfrom syne_core.aws.runner.program import main\n\nsys.exit(main())\n"
#: The engine's own do more, and may use newer syntax.
_PACKAGE = b'"""The part of synebench that runs in containers."""\n'
_EARLIEST = (1980, 1, 1, 0, 0, 0)


@cache
def runner_archive() -> bytes:
    """The archive, to be run as ``python3 runner.pyz`` by Python 3.8 or newer.

    Nothing in it is compressed: what a compressor writes depends on its version.
    """
    contents = {
        "__main__.py": _MAIN,
        "syne_core/__init__.py": _PACKAGE,
        "syne_core/aws/__init__.py": _PACKAGE,
        "syne_core/report.py": (_ROOT / "report.py").read_bytes(),
    }
    for path in _RUNNER.glob("*.py"):
        contents[f"syne_core/aws/runner/{path.name}"] = path.read_bytes()
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
