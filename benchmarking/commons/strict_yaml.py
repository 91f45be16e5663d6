"""YAML that means what it looks like.

Scalars follow the core schema of YAML 1.2 (https://yaml.org/spec/1.2.2/#103-core-schema), not YAML 1.1 as
in PyYAML: ``10:30``, ``yes``, ``off``, ``2024-01-01`` and ``1_000`` are text, ``1e-3`` is a number,
``010`` is ten. A key may be given once. Aliases, merge keys and tags are refused. Every value knows its
line, and how it was written.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from benchmarking.commons.quoting import one_line, shortened
from benchmarking.commons.yaml_syntax import TAG, compose
from syne_core.errors import UsageError

__all__ = ["YamlFile", "YamlValue", "read_yaml"]

_MOST_BYTES = 1_000_000


@dataclass(frozen=True)
class YamlValue:
    """A value in a file.

    :param value: plain Python: None, bool, int, float, str, list, dict
    :param line: where its key, or the value itself, stands; 1 is the first
    :param text: a scalar as it was written; None for lists and mappings
    """

    value: Any
    file: Path
    line: int
    text: str | None = None
    elements: tuple[YamlValue, ...] = ()
    entries: dict[str, YamlValue] = field(default_factory=dict)

    @property
    def where(self) -> str:
        """File and line, for messages."""
        return f"{one_line(self.file)}, line {self.line}"


@dataclass(frozen=True)
class YamlFile:
    """A file that holds a mapping.

    :param entries: values by key
    :param mistakes: what cannot be read, each with file and line; such a value is None
    """

    entries: dict[str, YamlValue]
    mistakes: list[str]


def read_yaml(path: Path) -> YamlFile:
    """What ``path`` holds.

    :raises UsageError: if that cannot be said at all: no file, no YAML, no mapping
    """
    reader = _Reader(path)
    root = reader.read(compose(path, _content(path)))
    if not isinstance(root.value, dict):
        raise UsageError(f"{root.where}: expected 'key: value' lines")
    return YamlFile(root.entries, reader.mistakes)


class _Reader:
    """Turns nodes into values and collects mistakes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.mistakes: list[str] = []

    def read(self, node: yaml.Node, line: int | None = None) -> YamlValue:
        line = line or node.start_mark.line + 1
        if isinstance(node, yaml.MappingNode) and node.tag == TAG + "map":
            entries = self._entries(node)
            plain = {key: entry.value for key, entry in entries.items()}
            return YamlValue(plain, self._path, line, entries=entries)
        if isinstance(node, yaml.SequenceNode) and node.tag == TAG + "seq":
            elements = tuple(self.read(element) for element in node.value)
            return YamlValue([element.value for element in elements], self._path, line, elements=elements)
        return YamlValue(self._scalar(node, line), self._path, line, str(node.value))

    def _entries(self, node: yaml.MappingNode) -> dict[str, YamlValue]:
        entries: dict[str, YamlValue] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode) or not key_node.value:
                self._note(line, "a key must be text")
                continue
            key = key_node.value
            if key in entries:
                self._note(line, f"'{shortened(key)}' is given again (first on line {entries[key].line})")
            entries.setdefault(key, self.read(value_node, line))
        return entries

    def _scalar(self, node: yaml.Node, line: int) -> Any:
        read = _SCALARS.get(node.tag)
        if read is None or not isinstance(node, yaml.ScalarNode):
            self._note(line, f"the tag {shortened(node.tag.replace(TAG, '!!'))} is not supported")
            return None
        try:
            return read(node.value)
        except ValueError:
            self._note(line, f"'{shortened(node.value)}' cannot be read")
            return None

    def _note(self, line: int, text: str) -> None:
        self.mistakes.append(f"{one_line(self._path)}, line {line}: {text}")


def _as_int(text: str) -> int:
    base = {"0o": 8, "0x": 16}.get(text[:2], 10)
    return int(text[2:] if base != 10 else text, base)


def _as_float(text: str) -> float:
    return float(text.replace(".inf", "inf").replace(".nan", "nan") if text[-1].isalpha() else text)


_SCALARS: dict[str, Callable[[str], Any]] = {
    TAG + "str": str,
    TAG + "null": lambda text: None,
    TAG + "bool": lambda text: text.lower() == "true",
    TAG + "int": _as_int,
    TAG + "float": lambda text: _as_float(text.lower()),
}


def _content(path: Path) -> str:
    shown = one_line(path)
    try:
        with open(path, "rb") as file:
            data = file.read(_MOST_BYTES + 1)
    except FileNotFoundError:
        raise UsageError(f"{shown}: no such file") from None
    except (OSError, ValueError) as error:  # ValueError: a null byte in the path
        raise UsageError(f"{shown}: {getattr(error, 'strerror', None) or error}") from None
    if len(data) > _MOST_BYTES:
        raise UsageError(f"{shown}: larger than {_MOST_BYTES // 1000} kB, so hardly what is meant")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UsageError(f"{shown}, line {line}: not UTF-8 text") from None
