"""Keyword arguments that nobody takes are mistakes, and are named with what they may have meant."""

from __future__ import annotations

import inspect
from collections.abc import Iterable

from syne_core.errors import UnknownNameError, UsageError

__all__ = ["reject_unknown", "valid_arguments"]


def valid_arguments(cls: type) -> set[str]:
    """Names of the arguments that ``cls`` takes, looking through ``**kwargs`` at its base classes."""
    names: set[str] = set()
    for base in cls.__mro__:
        if "__init__" not in vars(base) or base is object:
            continue
        parameters = inspect.signature(vars(base)["__init__"]).parameters.values()
        names.update(p.name for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY))
        if all(p.kind is not p.VAR_KEYWORD for p in parameters):
            break
    return names - {"self"}


def reject_unknown(given: Iterable[str], cls: type) -> None:
    """Check that ``cls`` takes the arguments ``given``.

    :raises UnknownNameError: it does not take one of them
    :raises UsageError: it does not take several of them
    """
    valid = valid_arguments(cls)
    errors = [UnknownNameError(f"argument of {cls.__name__}", n, valid) for n in given if n not in valid]
    if len(errors) == 1:
        raise errors[0]
    if errors:
        raise UsageError.joined(map(str, errors))
