"""YAML that means what it looks like."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarking.commons.strict_yaml import read_yaml
from syne_core.errors import UsageError

TEXT = st.text(
    st.characters(min_codepoint=32, max_codepoint=0xD7FF, exclude_categories=("Cc", "Cn", "Zl", "Zp")),
    max_size=15,
)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT.filter(bool), inner, max_size=4),
    max_leaves=12,
)


def read(tmp_path: Path, text: str | bytes) -> dict[str, Any]:
    path = tmp_path / "file.yaml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    file = read_yaml(path)
    if file.mistakes:
        raise UsageError.joined(file.mistakes)
    return {key: entry.value for key, entry in file.entries.items()}


@pytest.mark.parametrize(
    ("scalar", "value"),
    [
        ("10:30", "10:30"),
        ("1:02:03", "1:02:03"),
        ("1e-3", 0.001),
        ("1E5", 100000.0),
        (".5", 0.5),
        ("-.inf", float("-inf")),
        ("yes", "yes"),
        ("No", "No"),
        ("on", "on"),
        ("OFF", "OFF"),
        ("y", "y"),
        ("true", True),
        ("FALSE", False),
        ("010", 10),
        ("0o10", 8),
        ("0x1F", 31),
        ("0b11", "0b11"),
        ("1_000", "1_000"),
        ("+7", 7),
        ("2024-01-01", "2024-01-01"),
        ("~", None),
        ("null", None),
        ("", None),
        ("'3'", "3"),
        ('"true"', "true"),
        ("loguniform(1e-6, 1)", "loguniform(1e-6, 1)"),
        ("1.2.3", "1.2.3"),
        ("=", "="),
    ],
)
def test_scalars_are_those_of_yaml_1_2(tmp_path: Path, scalar: str, value: object) -> None:
    read_value = read(tmp_path, f"key: {scalar}\n")["key"]
    assert read_value == value
    assert type(read_value) is type(value)


def test_a_scalar_remembers_how_it_was_written_and_where(tmp_path: Path) -> None:
    path = tmp_path / "file.yaml"
    path.write_text("# comment\na: 007\nb:\n  - 1e3\n  - {c: 0x10}\n")
    entries = read_yaml(path).entries
    assert (entries["a"].text, entries["a"].line) == ("007", 2)
    first, second = entries["b"].elements
    assert (first.text, first.line) == ("1e3", 4)
    assert second.entries["c"].text == "0x10"
    assert second.where == f"{path}, line 5"


@given(content=st.dictionaries(TEXT.filter(bool), JSON, max_size=5))
def test_json_reads_as_what_it_is(tmp_path: Path, content: dict[str, Any]) -> None:
    assert read(tmp_path, json.dumps(content, ensure_ascii=False)) == content


@given(data=st.binary(max_size=60) | st.text("abc:-[]{}#&*!|>'\"%@` \n\t0", max_size=60).map(str.encode))
def test_any_bytes_are_read_or_refused(tmp_path: Path, data: bytes) -> None:
    try:
        read(tmp_path, data)
        mistakes = []
    except UsageError as error:
        mistakes = str(error).splitlines()
    assert all("file.yaml" in mistake for mistake in mistakes)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a: 1\nb: 2\na: 3\n", "line 3: 'a' is given again (first on line 1)"),
        (b"a: {b: 1, b: 2}\n", "line 1: 'b' is given again"),
        (b"a: &x 1\nb: *x\n", "line 2: aliases (*name) are not supported"),
        (b"a: !!python/object:os.system x\n", "line 1: the tag !!python/object:os.system is not supported"),
        (b"a: !thing {}\n", "line 1: the tag !thing is not supported"),
        (b"a: !!int x\n", "line 1: 'x' cannot be read"),
        (b"[a]: 1\n", "line 1: a key must be text"),
        (b"a: 1\n--- \nb: 2\n", "line 2: a file holds one document"),
        (b"", "the file is empty"),
        (b"# only a comment\n", "the file is empty"),
        (b"- a\n- b\n", "line 1: expected 'key: value' lines"),
        (b"word\n", "line 1: expected 'key: value' lines"),
        (b"a:\n\tb: 1\n", "line 2: indent with spaces, not with tabs"),
        (b"a: [1, 2\n", "line 2: expected ',' or ']'"),
        (b"a: b: c\n", "line 1: a second ': ' on a line"),
        (b"a: 1\nb: \xff\n", "line 2: not UTF-8 text"),
        (b"a: 1\nb: \x07\n", "line 2: a control character"),
        (b"a: " + b"[" * 5000, "nested too deeply"),
        (b"a: " + b"1" * 5000, "line 1: '1111"),
        (b"#" * 1_000_001, "larger than 1000 kB"),
    ],
)
def test_what_yaml_cannot_mean_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(UsageError) as refused:
        read(tmp_path, content)
    assert message in str(refused.value)
    assert str(tmp_path / "file.yaml") in str(refused.value)


def test_missing_files_and_folders_are_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"none\.yaml: no such file"):
        read_yaml(tmp_path / "none.yaml")
    with pytest.raises(UsageError, match="Is a directory"):
        read_yaml(tmp_path)
    with pytest.raises(UsageError, match="null byte"):
        read_yaml(Path("a\0b.yaml"))


def test_all_mistakes_are_there_beside_what_could_be_read(tmp_path: Path) -> None:
    path = tmp_path / "file.yaml"
    path.write_text("a: 1\na: 2\nb: !x 3\nc: 4\n")
    file = read_yaml(path)
    assert len(file.mistakes) == 2
    assert {key: entry.value for key, entry in file.entries.items()} == {"a": 1, "b": None, "c": 4}


def test_a_byte_order_mark_is_no_part_of_the_first_key(tmp_path: Path) -> None:
    assert read(tmp_path, b"\xef\xbb\xbfa: 1\n") == {"a": 1}
