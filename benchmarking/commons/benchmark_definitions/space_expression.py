"""Domains written as text, ``loguniform(1e-6, 1)``, as in a definition file. Nothing is evaluated."""

from __future__ import annotations

import ast
import inspect
import re
import warnings
from collections.abc import Callable
from typing import Any

from benchmarking.commons.quoting import shortened
from syne_core import config_space
from syne_core.config_space import Domain
from syne_core.errors import ConfigSpaceError, nearest_name

__all__ = ["CONSTRUCTORS", "read_space_entry"]

#: Constructors of ``syne_core.config_space`` by name.
CONSTRUCTORS: dict[str, Callable[..., Domain]] = {
    name: getattr(config_space, name)
    for name in (
        "uniform",
        "loguniform",
        "reverseloguniform",
        "randint",
        "lograndint",
        "choice",
        "ordinal",
        "logordinal",
        "finrange",
        "logfinrange",
    )
}

_CALL = re.compile(r"\s*([A-Za-z_][A-Za-z0-9_.]*)\s*\(")


def read_space_entry(text: str) -> Domain | str:
    """The domain that ``text`` describes, or ``text`` itself, a constant, if it looks like no call.

    :raises ConfigSpaceError: for an unknown constructor, or arguments that make no domain
    """
    call = _CALL.match(text)
    if call is None or not (call[1] in CONSTRUCTORS or text.rstrip().endswith(")")):
        return text
    name = call[1]
    if name not in CONSTRUCTORS:
        near = nearest_name(name.rpartition(".")[2], CONSTRUCTORS)
        hint = f" Did you mean '{near}'?" if near else ""
        raise ConfigSpaceError(f"no domain '{shortened(name)}'.{hint} Valid: {', '.join(CONSTRUCTORS)}")
    return _build(name, *_arguments(text))


def _build(name: str, positional: list[Any], named: dict[str, Any]) -> Domain:
    constructor = CONSTRUCTORS[name]
    signature = inspect.signature(constructor)
    try:
        signature.bind(*positional, **named)
    except TypeError as error:
        raise ConfigSpaceError(f"{name} takes ({', '.join(signature.parameters)}): {error}") from None
    try:
        return constructor(*positional, **named)
    except (TypeError, ValueError, OverflowError) as error:
        raise ConfigSpaceError(f"{name}: {shortened(error)}") from None


def _arguments(text: str) -> tuple[list[Any], dict[str, Any]]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Python's taste in literals is not the user's concern
            node = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        node = None
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
        raise ConfigSpaceError(f"'{shortened(text)}' is no call like loguniform(1e-6, 1)")
    if any(isinstance(argument, ast.Starred) for argument in node.args):
        raise ConfigSpaceError(f"'{shortened(text)}': no * or ** here")
    positional = [_literal(argument, text) for argument in node.args]
    named = {keyword.arg or "**": _literal(keyword.value, text) for keyword in node.keywords}
    return positional, named


def _literal(node: ast.expr, text: str) -> Any:
    names = sorted({inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)})
    if names:
        why = f"text needs quotes: '{shortened(names[0])}'"
        raise ConfigSpaceError(f"'{shortened(text)}': {why}")
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        raise ConfigSpaceError(
            f"'{shortened(text)}': arguments must be numbers, text in quotes, or lists of these"
        ) from None
