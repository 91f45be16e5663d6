"""What a launcher can be told, and how it is read, whoever says it: command line, environment, study file."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from benchmarking.commons.durations import as_duration
from benchmarking.commons.quoting import one_line, shortened
from syne_core.errors import UsageError
from syne_core.paths import RESERVED_TAGS, is_valid_tag, s3_tag

__all__ = [
    "BACKENDS",
    "Flag",
    "Given",
    "as_backend",
    "as_bool",
    "as_bucket",
    "as_s3_folder",
    "as_tag",
    "kind_of",
    "looks_like_path",
    "read_value",
]

#: Where trials may run.
BACKENDS = ("local", "sagemaker", "simulator")


@dataclass(frozen=True)
class Flag:
    """``--name VALUE``, also written with ``-`` for ``_``.

    :param parse: text to value; raises ValueError with what is expected
    :param default: value if nobody gives one; a tuple if ``many``
    :param switch: may be given without a value, which means true
    :param many: the value is a tuple; on the command line its elements are separated by commas
    :param bound: what numbers must be
    :param path: a value that is a path is relative to the file that gives it
    :param in_files: may stand in a study file
    :param in_environment: may be given as ``$SYNEBENCH_NAME``
    :param hidden: for programs, not for people
    """

    name: str
    parse: Callable[[str], Any]
    help: str
    default: Any = None
    required: bool = False
    switch: bool = False
    many: bool = False
    bound: Literal["positive", "not negative"] | None = None
    path: bool = False
    in_files: bool = True
    in_environment: bool = False
    hidden: bool = False


@dataclass(frozen=True)
class Given:
    """What somebody gave for a flag.

    :param where: who gave it, for messages: ``--n_workers``, ``study.yaml, line 3: n_workers``
    :param texts: one text, or the elements of a list
    :param is_list: the elements are separate already
    :param folder: what paths are relative to; None: the current folder
    """

    where: str
    texts: tuple[str, ...]
    is_list: bool = False
    folder: Path | None = None


def read_value(flag: Flag, given: Given) -> Any:
    """The value of ``flag``.

    :raises UsageError: with all mistakes, a line each
    """
    texts = _split(given) if flag.many else given.texts
    values: list[Any] = []
    mistakes: list[str] = []
    for text in texts:
        try:
            value = _parsed(flag, given, text)
        except UsageError as error:
            mistakes.append(str(error))
            continue
        if value in values:
            mistakes.append(f"{given.where}: '{shortened(text)}' is given twice")
        values.append(value)
    if mistakes:
        raise UsageError.joined(mistakes)
    return tuple(values) if flag.many else values[0]


def looks_like_path(text: str) -> bool:
    """Whether ``text`` names a file rather than a benchmark or a blackbox of the Hugging Face hub."""
    if text.startswith("hf:"):
        return False
    return "/" in text or text.startswith((".", "~")) or text.endswith((".yaml", ".yml", ".py"))


def as_bool(text: str) -> bool:
    """1/0, true/false."""
    values = {"1": True, "true": True, "0": False, "false": False}
    try:
        return values[text.lower()]
    except KeyError:
        raise ValueError("valid: 1, 0, true, false") from None


def as_backend(text: str) -> str:
    """The name of a back-end."""
    if text not in BACKENDS:
        raise ValueError(f"valid: {', '.join(BACKENDS)}")
    return text


def as_tag(text: str) -> str:
    """A study's name; it becomes part of folder and job names."""
    if s3_tag(text) in RESERVED_TAGS:
        raise ValueError("on S3, this is where the code of all jobs lies; choose another one")
    if not is_valid_tag(text):
        rule = "letters, digits, '-' and '_', at most 60, beginning and ending with a letter or digit"
        raise ValueError(rule)
    return text


def as_bucket(text: str) -> str:
    """The name of a bucket, perhaps after ``s3://``."""
    name = text.removeprefix("s3://").rstrip("/")
    if "/" in name:
        rest = name[name.index("/") :]
        raise ValueError(
            f"a bucket is wanted, not a folder in it: leave '{rest}' out; studies lie in syne-tune/TAG/ there"
        )
    if not re.fullmatch(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", name):
        raise ValueError("a bucket's name has 3 to 63 lower-case letters, digits, '.' and '-'")
    return name


def as_s3_folder(text: str) -> str:
    """``s3://BUCKET/FOLDER/``; the last ``/`` may be left out."""
    bucket, _, folder = text.removeprefix("s3://").partition("/")
    if not text.startswith("s3://") or not bucket:
        raise ValueError("a folder on S3 is wanted: s3://BUCKET/FOLDER")
    folder = folder.rstrip("/")
    return f"s3://{as_bucket(bucket)}/{folder}/" if folder else f"s3://{as_bucket(bucket)}/"


def kind_of(flag: Flag) -> str:
    """What a value is, in a word: ``integer``, ``duration``."""
    return _KINDS.get(flag.parse, "value")


_KINDS: dict[Callable[[str], Any], str] = {
    int: "integer",
    float: "number",
    str: "text",
    as_tag: "text",
    as_backend: "|".join(BACKENDS),
    as_bool: "0|1",
    as_bucket: "text",
    as_s3_folder: "text",
    as_duration: "duration",
    Path: "path",
}


def _split(given: Given) -> tuple[str, ...]:
    """Elements of a list on the command line; a comma in a path separates nothing."""
    if given.is_list or looks_like_path(given.texts[0]):
        return given.texts
    return tuple(piece.strip() for piece in given.texts[0].split(","))


def _parsed(flag: Flag, given: Given, text: str) -> Any:
    quoted = f"{given.where} '{shortened(text)}'"
    if flag.many and not text:
        raise UsageError(f"{quoted}: an element is empty")
    try:
        value = flag.parse(_located(text, given.folder) if _is_path(flag, text) else text)
    except Exception as error:  # extra_args may bring any function
        raise UsageError(f"{quoted}: {_expected(flag, error)}") from None
    if flag.bound is not None and (value < 0 or (value == 0 and flag.bound == "positive")):
        raise UsageError(f"{given.where} must {_must(flag.bound)}, is {shortened(text)}")
    return value


def _is_path(flag: Flag, text: str) -> bool:
    return flag.parse is Path or (flag.path and looks_like_path(text))


def _located(text: str, folder: Path | None) -> str:
    path = os.path.expanduser(text)
    return os.path.join(folder, path) if folder is not None else path


def _expected(flag: Flag, error: Exception) -> str:
    if flag.parse in (int, float):
        return "not an integer" if flag.parse is int else "not a number"
    return one_line(error) if str(error) else f"not a {kind_of(flag)}"


def _must(bound: str) -> str:
    return "be positive" if bound == "positive" else "not be negative"
