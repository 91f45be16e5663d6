"""The union of several requirements files, for a job that needs what all of them ask for."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from benchmarking.commons.quoting import one_line, shortened
from syne_core.errors import UsageError

__all__ = ["union_of_requirements"]

_COMMENT = re.compile(r"(^|\s)#.*$")
# Options of pip that say something about all of the file; each is kept as it is.
_KEPT_OPTIONS = ("-i", "--index-url", "--extra-index-url", "-f", "--find-links", "--pre", "--no-index")


@dataclass(frozen=True)
class _Wanted:
    """A requirement, and where it stands."""

    requirement: Requirement
    where: str

    @property
    def key(self) -> tuple[str, str]:
        """Requirements with the same key are about the same package, on the same condition."""
        return canonicalize_name(self.requirement.name), str(self.requirement.marker or "")


def union_of_requirements(files: Iterable[Path]) -> str:
    """The text of a requirements file that asks for what ``files`` ask for together, sorted by name.

    Packages that several files name are merged: extras and version limits together. Files that do not exist
    ask for nothing. Nothing is written.

    :raises UsageError: two files cannot both be had, or a line cannot be read; names files and lines
    """
    wanted: list[_Wanted] = []
    options: dict[str, None] = {}
    mistakes: list[str] = []
    for path in dict.fromkeys(files):
        if not path.is_file():
            continue
        for number, line in _lines(path):
            where = f"{one_line(path)}, line {number}"
            try:
                if line.startswith("-"):
                    options[_option(line)] = None
                else:
                    wanted.append(_Wanted(Requirement(line), where))
            except (InvalidRequirement, ValueError) as error:
                why = str(error).splitlines()[0]
                mistakes.append(f"{where}: '{shortened(line)}' cannot be read: {why}")
    merged = _merged(wanted, mistakes)
    if mistakes:
        raise UsageError.joined(mistakes)
    return "".join(f"{line}\n" for line in (*options, *merged))


def _lines(path: Path) -> Iterable[tuple[int, str]]:
    """Lines that say something, with their numbers; continued lines as one."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{one_line(path)} cannot be read: {error}") from None
    begun, start = "", 0
    for number, raw in enumerate(text.splitlines(), 1):
        start = start if begun else number
        if raw.endswith("\\"):
            begun += raw[:-1] + " "
            continue
        line = _COMMENT.sub("", begun + raw).strip()
        begun = ""
        if line:
            yield start, line


def _option(line: str) -> str:
    name = re.split(r"[\s=]", line, maxsplit=1)[0]
    if name in _KEPT_OPTIONS:
        return line
    if name in ("-r", "--requirement", "-c", "--constraint", "-e", "--editable"):
        raise ValueError("a job has no other files; say here what is needed")
    raise ValueError(f"option {name} is not known; there are {', '.join(_KEPT_OPTIONS)}")


def _merged(wanted: Iterable[_Wanted], mistakes: list[str]) -> list[str]:
    by_key: dict[tuple[str, str], list[_Wanted]] = {}
    for one in wanted:
        by_key.setdefault(one.key, []).append(one)
    lines = []
    for _, group in sorted(by_key.items()):
        mistakes += [_conflict(a, b) for a, b in combinations(group, 2) if _exclude_each_other(a, b)]
        lines.append(_together([one.requirement for one in group]))
    return lines


def _together(requirements: list[Requirement]) -> str:
    first = Requirement(str(requirements[0]))
    for other in requirements[1:]:
        first.extras |= other.extras
        first.specifier &= other.specifier
        first.url = first.url or other.url
    return str(first)


def _conflict(a: _Wanted, b: _Wanted) -> str:
    return f"{a.where} ({a.requirement}) and {b.where} ({b.requirement}) exclude each other"


def _exclude_each_other(a: _Wanted, b: _Wanted) -> bool:
    one, other = a.requirement, b.requirement
    if one.url or other.url:
        return one.url != other.url and bool(
            (one.url and other.url) or (one.specifier and other.url) or (other.specifier and one.url)
        )
    return not _is_possible(one.specifier & other.specifier)


def _is_possible(limits: SpecifierSet) -> bool:
    """Whether some version satisfies ``limits``: one of those named, or one just above, below or between."""
    named = [version for limit in limits for version in _versions(limit.version)]
    if not named:
        return True
    return any(limits.contains(version, prereleases=True) for version in [*named, *_around(named)])


def _versions(text: str) -> list[Version]:
    try:
        return [Version(text.removesuffix(".*"))]
    except InvalidVersion:  # '===' takes any text
        return []


def _around(named: list[Version]) -> list[Version]:
    """Versions near those named: a little more, and halfway to the next."""
    found = [Version("0"), Version("99999999")]
    for version in named:
        release = version.release
        found.append(Version(f"{version.epoch}!{'.'.join(map(str, release))}.0.1"))
        found.append(Version(f"{version.epoch}!{'.'.join(map(str, (*release[:-1], release[-1] + 1)))}"))
        if release[-1] > 0:
            lower = ".".join(map(str, (*release[:-1], release[-1] - 1)))
            found.append(Version(f"{version.epoch}!{lower}.99999999"))
        elif len(release) > 1 and release[-2] > 0:
            lower = ".".join(map(str, (*release[:-2], release[-2] - 1)))
            found.append(Version(f"{version.epoch}!{lower}.99999999"))
    return found
