"""The entries of ``metadata.json`` one by one, nested ones with dots in their names; code by file."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

__all__ = ["NOT_COMMITTED", "NOT_IN_REPOSITORY", "OF_STUDY", "code_entries", "flat_entries"]

#: Settings that say which experiments a study has, and nothing of any of them.
OF_STUDY = frozenset({"experiment_tag", "benchmark", "method", "num_seeds", "start_seed"})

#: How the names of entries begin that are files with changes.
NOT_COMMITTED = "not committed: "

#: Likewise of files that git does not know.
NOT_IN_REPOSITORY = "not in the repository: "

_FILE_OF_DIFF = re.compile(r"^diff --git a/(.*) b/.*$", re.MULTILINE)


def flat_entries(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """``a.b.c`` and the value, of all that is in ``value`` and no object with entries itself."""
    if isinstance(value, Mapping) and value:
        for key, entry in value.items():
            yield from flat_entries(f"{name}.{key}" if name else str(key), entry)
    else:
        yield name, value


def code_entries(git: Any) -> Iterator[tuple[str, str]]:
    """The commit, and every file that was changed or added without being committed."""
    if not isinstance(git, Mapping):
        return
    commit = git.get("commit")
    if isinstance(commit, str):
        yield "commit", commit
    diff = git.get("diff")
    if isinstance(diff, str) and diff:
        starts = [*(found.start() for found in _FILE_OF_DIFF.finditer(diff)), len(diff)]
        yield from (_change(diff[start:end]) for start, end in pairwise([0, *starts]) if diff[start:end])
    untracked = git.get("untracked")
    for file in untracked if isinstance(untracked, list) else ():
        yield f"{NOT_IN_REPOSITORY}{file}", "present"


def _change(diff: str) -> tuple[str, str]:
    """What was changed in one file: lines added and removed, and a digest."""
    named = _FILE_OF_DIFF.match(diff)
    lines = diff.splitlines()
    added = sum(1 for line in lines if line.startswith("+") and not line.startswith("+++"))
    removed = sum(1 for line in lines if line.startswith("-") and not line.startswith("---"))
    digest = hashlib.sha256(diff.encode("utf-8", errors="replace")).hexdigest()[:8]
    return f"{NOT_COMMITTED}{named[1] if named else '?'}", f"+{added} -{removed} lines ({digest})"
