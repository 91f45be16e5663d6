"""Python files that a user names on the command line."""

from __future__ import annotations

import hashlib
import sys
import traceback
from pathlib import Path
from types import ModuleType

from benchmarking.commons.quoting import one_line
from syne_core.errors import UsageError, nearest_name

__all__ = ["object_in", "run_python_file"]


def run_python_file(path: Path) -> ModuleType:
    """Run ``path`` as a module. Its folder can be imported from, as that of a script.

    Not imported in the ordinary way, since that would leave compiled files beside it.

    :raises UsageError: naming file, line and error
    """
    shown = one_line(path)
    try:
        source = path.read_bytes()
    except FileNotFoundError:
        raise UsageError(f"{shown}: no such file") from None
    except (OSError, ValueError) as error:  # ValueError: a null byte in the path
        raise UsageError(f"{shown}: {getattr(error, 'strerror', None) or error}") from None
    path = path.resolve()
    module = ModuleType(f"synebench_file_{hashlib.sha256(bytes(path)).hexdigest()[:12]}")
    module.__file__ = str(path)
    # inspect looks classes up by their module; functions may import from the folder later.
    sys.modules[module.__name__] = module
    if str(path.parent) not in sys.path:
        sys.path.append(str(path.parent))
    try:
        exec(compile(source, str(path), "exec"), module.__dict__)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # SystemExit too: it is no way to define a benchmark
        where = _where(shown, path, error)
        raise UsageError.joined(f"{where}: {line}" for line in _what(error).splitlines()) from None
    return module


def object_in(module: ModuleType, name: str, meaning: str) -> object:
    """The object called ``name`` in a file.

    :param meaning: what it should be, for the message
    :raises UsageError: if there is none
    """
    try:
        return getattr(module, name)
    except AttributeError:
        near = nearest_name(name, [key for key in vars(module) if not key.startswith("_")])
        hint = f" Did you mean to call '{near}' so?" if near else ""
        raise UsageError(
            f"{one_line(module.__file__)}: defines no '{name}', which should be {meaning}.{hint}"
        ) from None


def _where(shown: str, path: Path, error: BaseException) -> str:
    if isinstance(error, SyntaxError) and error.filename == str(path):
        return f"{shown}, line {error.lineno}"
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in frames if frame.filename == str(path)]
    return f"{shown}, line {lines[-1]}" if lines else shown


def _what(error: BaseException) -> str:
    """An error of ours speaks for itself; others say their type."""
    text = error.msg if isinstance(error, SyntaxError) else str(error)
    if isinstance(error, UsageError):
        return text
    return one_line(f"{type(error).__name__}: {text}" if text else type(error).__name__)
