"""The syntax of YAML: text to nodes, whose scalars are tagged by the core schema of YAML 1.2."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from benchmarking.commons.quoting import one_line
from syne_core.errors import UsageError

__all__ = ["TAG", "compose"]

#: Begins the tags of YAML's own types.
TAG = "tag:yaml.org,2002:"

#: PyYAML's words, and ones that say what to do.
_PLAIN_WORDS = {
    "found character '\\t' that cannot start any token": "indent with spaces, not with tabs",
    "but found another document": "a file holds one document",
    "mapping values are not allowed here": "a second ': ' on a line, or an indentation that does not fit",
}


def compose(path: Path, text: str) -> yaml.Node:
    """The root of ``text``.

    :param path: where it comes from, for messages
    :raises UsageError: naming file and line
    """
    shown = one_line(path)
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f", line {mark.line + 1}" if mark else ""
        problem = one_line(error.problem or "not YAML")
        raise UsageError(f"{shown}{line}: {_PLAIN_WORDS.get(problem, problem)}") from None
    except yaml.reader.ReaderError as error:
        line = f", line {text.count(chr(10), 0, error.position) + 1}"
        raise UsageError(f"{shown}{line}: a control character") from None
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        why = "nested too deeply" if isinstance(error, RecursionError) else "not YAML"
        raise UsageError(f"{shown}: {why}") from None
    if node is None:
        raise UsageError(f"{shown}: the file is empty")
    return node


class _Loader(yaml.SafeLoader):
    """Composes nodes; scalars are resolved as in YAML 1.2."""

    yaml_implicit_resolvers = {}  # noqa: RUF012  # PyYAML's way: filled below, by add_implicit_resolver

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.composer.ComposerError(None, None, "aliases (*name) are not supported", mark)
        return super().compose_node(parent, index)


for _kind, _pattern, _first in (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", list("-+0123456789")),
    (
        "float",
        r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
        list("-+.0123456789"),
    ),
):
    _Loader.add_implicit_resolver(TAG + _kind, re.compile(rf"(?:{_pattern})\Z"), _first)
