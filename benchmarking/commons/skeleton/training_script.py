"""What a training script says of itself, read from its source; it is never run."""

from __future__ import annotations

import ast
import sys
from dataclasses import dataclass
from pathlib import Path

from benchmarking.commons.quoting import one_line
from benchmarking.commons.skeleton.arguments import Argument, read_arguments, unread_lines
from benchmarking.commons.skeleton.reports import Reports, read_reports
from syne_core.errors import UsageError

__all__ = ["CHECKPOINT_ARGUMENT", "TrainingScript", "read_script"]

#: Every trial is started with it.
CHECKPOINT_ARGUMENT = "st_checkpoint_dir"


@dataclass(frozen=True)
class TrainingScript:
    """A training script.

    :param arguments: of its command line, in order, without ``--st_checkpoint_dir``
    :param reports: what its calls of a ``Reporter`` report
    :param imports: packages that it imports: neither Python's nor its neighbours
    :param takes_checkpoint_dir: whether it accepts ``--st_checkpoint_dir``
    :param unread_lines: of arguments whose names only running the script would tell
    """

    path: Path
    arguments: tuple[Argument, ...]
    reports: Reports
    imports: tuple[str, ...]
    takes_checkpoint_dir: bool
    unread_lines: tuple[int, ...] = ()


def read_script(path: Path) -> TrainingScript:
    """The arguments, reports and imports of the script ``path``.

    :raises UsageError: if there is no such file, it is no Python, or it has no argparse arguments
    """
    shown = one_line(path)
    tree = _parse(path)
    arguments = read_arguments(tree)
    if not arguments:
        raise UsageError(
            f"{shown}: no argparse arguments. Trials are started as `python {one_line(path.name)} --name "
            "value ...`: declare each hyperparameter by parser.add_argument('--name', type=..., default=...)"
        )
    takes_checkpoint_dir = CHECKPOINT_ARGUMENT in {a.name for a in arguments} or _ignores_unknown(tree)
    return TrainingScript(
        path,
        tuple(a for a in arguments if a.name != CHECKPOINT_ARGUMENT),
        read_reports(tree),
        _imports(tree, path.parent),
        takes_checkpoint_dir,
        tuple(unread_lines(tree)),
    )


def _parse(path: Path) -> ast.Module:
    shown = one_line(path)
    try:
        return ast.parse(path.read_bytes(), filename=str(path))
    except FileNotFoundError:
        raise UsageError(f"{shown}: no such file; --script is the training script") from None
    except OSError as error:
        raise UsageError(f"{shown}: {error.strerror}") from None
    except SyntaxError as error:
        raise UsageError(f"{shown}, line {error.lineno}: {one_line(error.msg)}") from None
    except (ValueError, RecursionError, MemoryError):  # ValueError: a null byte, in the path or the text
        raise UsageError(f"{shown}: no Python source") from None


def _ignores_unknown(tree: ast.Module) -> bool:
    """Whether the script calls ``parse_known_args``, so that arguments it does not know do no harm."""
    return any(isinstance(node, ast.Attribute) and node.attr == "parse_known_args" for node in ast.walk(tree))


def _imports(tree: ast.Module, folder: Path) -> tuple[str, ...]:
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.partition(".")[0])
    ours = {"syne_core", "benchmarking"}
    here = {n for n in names if (folder / f"{n}.py").is_file() or (folder / n).is_dir()}
    return tuple(sorted(names - set(sys.stdlib_module_names) - ours - here))
