"""Requests and answers against botocore's service model, with complaints in AWS's words."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape

from syne_core.emulator.api_error import ApiError, validation

__all__ = ["check_answer", "checked_request", "joined", "null_member", "problems"]

_NUMBERS = ("integer", "long", "float", "double", "timestamp")
_MOST_SHOWN = 300


def checked_request(shape: Shape | None, request: Any) -> dict[str, Any]:
    """The members of ``request`` that ``shape`` knows; others are dropped, as AWS does.

    :raises ApiError: ``ValidationException`` with all that is wrong, or ``SerializationException`` if a
        member has another type
    """
    if not isinstance(request, dict):
        raise ApiError("SerializationException", "Start of structure or map found where not expected.")
    if shape is None:
        return {}
    found = list(problems(shape, request, ""))
    if found:
        raise validation(joined(found))
    return _known_members(shape, request)  # type: ignore[no-any-return]


def check_answer(shape: Shape | None, answer: dict[str, Any]) -> None:
    """Check an answer of ours; it must have no members that the model does not know.

    :raises ValueError: names all that is wrong
    """
    if shape is None:
        found = [f"unexpected {name}" for name in answer]
    else:
        found = [one for one in problems(shape, answer, "") if one not in _LATER]
        if not found and _known_members(shape, answer) != answer:
            found = ["members that the model does not know"]
    if found:
        raise ValueError(f"The answer is not as the service model says: {'; '.join(found)}")


def joined(found: Sequence[str]) -> str:
    """Several problems in one message."""
    errors = "errors" if len(found) > 1 else "error"
    return f"{len(found)} validation {errors} detected: {'; '.join(found)}"


def null_member(path: str) -> str:
    """A member that is needed is not there."""
    return f"Value null at '{_camel(path)}' failed to satisfy constraint: Member must not be null"


def problems(shape: Shape, value: Any, path: str) -> Iterator[str]:
    """What is wrong with ``value``, a sentence each.

    :raises ApiError: ``SerializationException``: it has another type, so nothing more can be said
    """
    _check_type(shape, value)
    if isinstance(shape, StructureShape):
        yield from _structure_problems(shape, value, path)
        return
    yield from _constraint_problems(shape, value, path)
    if isinstance(shape, ListShape):
        for number, item in enumerate(value, start=1):
            yield from problems(shape.member, item, f"{path}.{number}.member")
    elif isinstance(shape, MapShape):
        for key, item in value.items():
            yield from problems(shape.key, key, f"{path}.key")
            yield from problems(shape.value, item, f"{path}.{key}.member")


def _structure_problems(shape: StructureShape, value: dict[str, Any], path: str) -> Iterator[str]:
    for name, member in shape.members.items():
        inner = f"{path}.{_camel(name)}" if path else _camel(name)
        if value.get(name) is not None:
            yield from problems(member, value[name], inner)
        elif name in shape.required_members:
            yield null_member(inner)


def _constraint_problems(shape: Shape, value: Any, path: str) -> Iterator[str]:
    for broken in _broken_constraints(shape, value):
        shown = str(value)[:_MOST_SHOWN]
        yield f"Value '{shown}' at '{path}' failed to satisfy constraint: Member must {broken}"


def _broken_constraints(shape: Shape, value: Any) -> Iterator[str]:
    rules = shape.metadata
    is_number = shape.type_name in _NUMBERS
    size = value if is_number else 0 if isinstance(value, bool) else len(value)
    noun = "value" if is_number else "length"
    if "max" in rules and size > rules["max"]:
        yield f"have {noun} less than or equal to {rules['max']}"
    if "min" in rules and size < rules["min"]:
        yield f"have {noun} greater than or equal to {rules['min']}"
    if "pattern" in rules and not _compiled(rules["pattern"]).fullmatch(value):
        yield f"satisfy regular expression pattern: {rules['pattern']}"
    if shape.type_name == "string" and "enum" in rules and value not in rules["enum"]:
        yield f"satisfy enum value set: [{', '.join(rules['enum'])}]"


@functools.cache
def _compiled(pattern: str) -> re.Pattern[str]:
    """Java's pattern for Python: the classes of Unicode that occur in it are written otherwise here."""
    for java, python in (
        (r"\p{L}", r"\w"),
        (r"\p{N}", r"\d"),
        (r"\p{Z}", r"\s"),
        (r"\P{Cc}", r"\x20-\U0010ffff"),
    ):
        pattern = pattern.replace(java, python)
    pattern = re.sub(r"\\p\{\w+\}", r"\\w", pattern)
    return re.compile(pattern, re.DOTALL)


_IS_OF_TYPE: dict[str, Callable[[Any], bool]] = {
    "structure": lambda value: isinstance(value, dict),
    "map": lambda value: isinstance(value, dict),
    "list": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "long": lambda value: isinstance(value, int) and not isinstance(value, bool),
}


def _check_type(shape: Shape, value: Any) -> None:
    is_right = _IS_OF_TYPE.get(shape.type_name, _is_number if shape.type_name in _NUMBERS else None)
    if is_right is not None and not is_right(value):
        raise ApiError(
            "SerializationException", f"{_json_type(value)} can not be converted to {_java_type(shape)}"
        )


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _json_type(value: Any) -> str:
    if isinstance(value, bool):
        return f"{str(value).upper()}_VALUE"
    names = {str: "STRING_VALUE", int: "NUMBER_VALUE", float: "DECIMAL_VALUE"}
    return names.get(type(value), "class java.util.ArrayList" if isinstance(value, list) else "Structure")


def _java_type(shape: Shape) -> str:
    return {"string": "a String", "list": "a List", "map": "a Map"}.get(
        shape.type_name, f"a {shape.type_name.capitalize()}"
    )


def _known_members(shape: Shape, value: Any) -> Any:
    if isinstance(shape, StructureShape):
        members = shape.members
        return {
            name: _known_members(members[name], item)
            for name, item in value.items()
            if name in members and item is not None
        }
    if isinstance(shape, ListShape):
        return [_known_members(shape.member, item) for item in value]
    if isinstance(shape, MapShape):
        return {key: _known_members(shape.value, item) for key, item in value.items()}
    return value


def _camel(name: str) -> str:
    return name[:1].lower() + name[1:]


# The model says that they are always there; AWS leaves them out until a job has written them.
_LATER = (null_member("modelArtifacts"),)
