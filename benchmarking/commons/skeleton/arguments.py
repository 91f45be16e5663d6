"""The argparse arguments of a script, from its ``add_argument`` calls."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["Argument", "read_arguments", "unread_lines"]

_TYPES = {"int": "int", "float": "float", "str": "str", "bool": "bool", "Path": "path"}
_UNKNOWN = object()


@dataclass(frozen=True)
class Argument:
    """One argument of a command line.

    :param name: as on the command line, without the dashes
    :param kind: ``int``, ``float``, ``str``, ``bool``, ``path``, or ``other``: what ``type=`` makes
    :param default: None if there is none, or none that can be read
    :param why_left_out: why a trial cannot be given a value for it; None if it can
    """

    name: str
    kind: str = "str"
    default: Any = None
    choices: tuple[Any, ...] | None = None
    required: bool = False
    why_left_out: str | None = None


def read_arguments(tree: ast.Module) -> list[Argument]:
    """The arguments that ``X.add_argument("...", ...)`` declares, anywhere in the script, in order.

    Of an argument that is declared twice (as in the two branches of an if) the first counts.
    """
    known = _constants(tree)
    found: dict[str, Argument] = {}
    for call in _calls(tree):
        argument = _argument(call, known)
        if argument is not None:
            found.setdefault(argument.name, argument)
    return list(found.values())


def unread_lines(tree: ast.Module) -> list[int]:
    """Lines of ``add_argument`` calls whose name only running the script would tell."""
    known = _constants(tree)
    return [c.lineno for c in _calls(tree) if not c.args or _literal(c.args[0], known) is _UNKNOWN]


def _constants(tree: ast.Module) -> dict[str, Any]:
    """Values of names that the module assigns once, and a literal."""
    values: dict[str, list[Any]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            values.setdefault(node.id, []).append(_UNKNOWN)
    for statement in tree.body:
        target, value = _assignment(statement)
        if target is not None and len(values[target]) == 1:
            values[target] = [_literal(value, {})]
    return {name: v[0] for name, v in values.items() if len(v) == 1 and v[0] is not _UNKNOWN}


def _assignment(statement: ast.stmt) -> tuple[str | None, ast.expr | None]:
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        target: ast.expr = statement.targets[0]
    elif isinstance(statement, ast.AnnAssign):
        target = statement.target
    else:
        return None, None
    return (target.id, statement.value) if isinstance(target, ast.Name) else (None, None)


def _calls(tree: ast.Module) -> list[ast.Call]:
    calls = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "add_argument"
    ]
    return sorted(calls, key=lambda call: (call.lineno, call.col_offset))


def _argument(call: ast.Call, known: Mapping[str, Any]) -> Argument | None:
    options = [_literal(option, known) for option in call.args]
    texts = [option for option in options if isinstance(option, str) and option]
    given = {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}
    if not texts or _literal(given.get("action"), known) in ("help", "version"):
        return None
    long = [text for text in texts if text.startswith("--")]
    name = (long or texts)[0].lstrip("-")
    choices = _literal(given.get("choices"), known)
    default = _literal(given.get("default"), known)
    is_list = isinstance(choices, (list, tuple)) and len(choices) > 0
    why_left_out = _why_left_out(bool(long), texts[0], given)
    if "choices" in given and not is_list:
        why_left_out = why_left_out or "its choices are no literal list"
    optional = texts[0].startswith("-") or _literal(given.get("nargs"), known) in ("?", "*")
    return Argument(
        name=name,
        kind=_kind(given.get("type"), default),
        default=None if default is _UNKNOWN else default,
        choices=tuple(choices) if is_list else None,
        required=_literal(given.get("required"), known) is True or not optional,
        why_left_out=why_left_out,
    )


def _kind(node: ast.expr | None, default: Any) -> str:
    if node is None:
        return "str"
    name = node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
    if name in _TYPES:
        return _TYPES[name]
    # A function of the script's own: what it makes of text is told by the default.
    return {int: "int", float: "float"}.get(type(default), "other")


def _why_left_out(has_long: bool, first: str, given: Mapping[str, ast.expr]) -> str | None:
    """Trials get ``--name value`` and nothing else."""
    if not first.startswith("-"):
        return "has a position, not a name"
    if not has_long:
        return "has no name with two dashes"
    action = given.get("action")
    if action is not None and not (isinstance(action, ast.Constant) and action.value == "store"):
        return "takes no plain value (action=)"
    if "nargs" in given:
        return "takes several values (nargs=)"
    return None


def _literal(node: ast.expr | None, known: Mapping[str, Any]) -> Any:
    """The value of an expression: None for None, ``_UNKNOWN`` if only running the script would tell."""
    if node is None:
        return None
    if isinstance(node, ast.Name):
        return known.get(node.id, _UNKNOWN)
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        return _UNKNOWN
