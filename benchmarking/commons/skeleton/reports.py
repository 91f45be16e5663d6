"""What a script reports: the keywords of its calls of a ``Reporter``."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["Reports", "read_reports"]


@dataclass(frozen=True)
class Reports:
    """What calls of a ``Reporter`` report.

    :param names: of reported values, in order
    :param is_called: whether there is any call
    :param is_complete: whether all names could be read (not with ``report(**made_somewhere)``)
    """

    names: tuple[str, ...] = ()
    is_called: bool = False
    is_complete: bool = True


def read_reports(tree: ast.Module) -> Reports:
    """The reports of a script, for ``report = Reporter()`` and ``report(epoch=..., loss=...)``.

    Also found: ``self.report``, other names of the class, ``Reporter()(...)``, and ``report(**values)``
    where ``values`` is written as a dictionary somewhere in the script.
    """
    classes = {"Reporter", *_aliases(tree)}
    reporters = _reporters(tree, classes)
    names: dict[str, None] = {}
    called, complete = False, True
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        if ast.unparse(node.func) in reporters or _makes_reporter(node.func, classes):
            called = True
            for keyword in node.keywords:
                found = [keyword.arg] if keyword.arg else _keys(keyword.value, tree)
                complete = complete and bool(found)
                names.update(dict.fromkeys(found))
    return Reports(tuple(names), called, complete)


def _aliases(tree: ast.Module) -> set[str]:
    """``R`` of ``from syne_core import Reporter as R``."""
    return {
        alias.asname
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if alias.name == "Reporter" and alias.asname
    }


def _makes_reporter(node: ast.expr | None, classes: set[str]) -> bool:
    if not isinstance(node, ast.Call):
        return False
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    return name in classes


def _reporters(tree: ast.Module, classes: set[str]) -> set[str]:
    """Names and attributes that a new ``Reporter`` is assigned to, as source text."""
    return {
        ast.unparse(target)
        for targets, value in _assignments(tree)
        if _makes_reporter(value, classes)
        for target in targets
    }


def _assignments(tree: ast.Module) -> Iterator[tuple[list[ast.expr], ast.expr | None]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            yield node.targets, node.value
        elif isinstance(node, (ast.AnnAssign, ast.NamedExpr)):
            yield [node.target], node.value


def _keys(node: ast.expr, tree: ast.Module) -> list[str]:
    """The keys of ``**node``, as far as dictionaries in the script tell."""
    if not isinstance(node, ast.Name):
        return _dictionary_keys(node)
    found: dict[str, None] = {}
    for targets, value in _assignments(tree):
        if any(isinstance(target, ast.Name) and target.id == node.id for target in targets):
            for part in ast.walk(value) if value is not None else ():
                found.update(dict.fromkeys(_dictionary_keys(part)))
    return list(found)


def _dictionary_keys(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Dict):
        keys = [key.value for key in node.keys if isinstance(key, ast.Constant)]
        return [key for key in keys if isinstance(key, str)]
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "dict":
        return [keyword.arg for keyword in node.keywords if keyword.arg]
    return []
