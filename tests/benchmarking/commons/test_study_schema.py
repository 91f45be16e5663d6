"""The JSON schema of study files."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarking.commons.flags import Flag
from benchmarking.commons.launch_flags import ALL_FLAGS, extra_flags
from benchmarking.commons.settings import read_settings
from benchmarking.commons.study_schema import study_schema

DOCUMENT = Path(__file__).parents[3] / "docs" / "study.schema.json"
FLAGS = list(ALL_FLAGS)


def test_the_document_holds_what_the_flags_say() -> None:
    assert json.loads(DOCUMENT.read_text()) == study_schema(), (
        "synebench list schema > docs/study.schema.json"
    )


def test_synebench_prints_it(launch) -> None:
    done = launch("-m\0benchmarking.cli.main", "list", "schema")
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout) == study_schema()


def test_keys_are_the_flags() -> None:
    assert set(study_schema()["properties"]) == {f.name for f in FLAGS if f.in_files}
    assert study_schema()["additionalProperties"] is False


def test_extra_args_are_keys_too() -> None:
    extra = extra_flags([{"name": "width", "type": float, "default": 2.0, "help": "of the net"}], FLAGS)
    properties = study_schema([*FLAGS, *extra])["properties"]
    assert properties["width"] == {"type": "number", "description": "of the net", "default": 2.0}


def examples(schema: dict[str, Any]) -> Iterator[Any]:
    """Values that ``schema``, in the vocabulary that ours uses, accepts."""
    for option in schema.get("oneOf", ()):
        yield from examples(option)
    yield from schema.get("enum", ())
    kind = schema.get("type")
    if kind == "integer":
        yield from (schema.get("minimum", -3), 17)
    elif kind == "number":
        yield from (0.25, 1e-3, 3)
    elif kind == "string":
        candidates = ("a", "Tag-1_x", "90s", "1h30m", "2d", "file.py", "s3://my.bucket/")
        yield from (text for text in candidates if re.search(schema.get("pattern", ""), text))
    elif kind == "array":
        yield list(itertools.islice(examples(schema["items"]), 1))
        yield list(itertools.islice(examples(schema["items"]), 2))


CASES = [
    (flag, value)
    for flag in FLAGS
    if flag.in_files
    for value in examples(study_schema()["properties"][flag.name])
]


@pytest.mark.parametrize(("flag", "value"), CASES, ids=lambda x: x.name if isinstance(x, Flag) else repr(x))
def test_what_the_schema_accepts_the_launcher_reads(tmp_path: Path, flag: Flag, value: Any) -> None:
    study = tmp_path / "study.yaml"
    content = {"experiment_tag": "t", flag.name: value}
    study.write_text("\n".join(f"{key}: {json.dumps(one)}" for key, one in content.items()))
    read = read_settings(FLAGS, [str(study)], {})
    assert read.mistakes == []


def test_every_flag_has_examples() -> None:
    assert {flag.name for flag, _ in CASES} == {flag.name for flag in FLAGS if flag.in_files}
