"""Finished runs, one JSON line each, a file for each side: what exists is never run again."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

__all__ = ["Rows"]

_Key = tuple[str, str, int]


class Rows:
    """The rows below ``folder``: ``SIDE.jsonl.gz``; a later row replaces an earlier one of the same run.

    Rows are appended as gzip members of their own, which every reader takes for one file; ``compact``
    makes it one member. A torn last member, of a killed run, is dropped.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._rows: dict[_Key, dict[str, Any]] = {}
        for path in sorted(folder.glob("*.jsonl.gz")):
            for row in _read(path):
                self._rows[_key(row)] = row

    def get(self, side: str, problem: str, seed: int) -> dict[str, Any] | None:
        """The row of a run, None if there is none."""
        return self._rows.get((side, problem, seed))

    def add(self, row: dict[str, Any]) -> None:
        """Keep ``row``, now and on disk."""
        self._rows[_key(row)] = row
        self.folder.mkdir(parents=True, exist_ok=True)
        with open(self._path(row["side"]), "ab") as file:
            file.write(gzip.compress(_line(row), mtime=0))

    def cpu_seconds(self, side: str) -> float | None:
        """What all runs of ``side`` took; None if there are none."""
        mine = [row["cpu_s"] for row in self._rows.values() if row["side"] == side]
        return sum(mine) if mine else None

    def compact(self, sides: Iterable[str], finished: int) -> None:
        """Write the files of ``sides`` anew, sorted; runs of ``finished`` evaluations lose their configs.

        Nobody else may be adding to them.
        """
        for side in sides:
            mine = sorted((key, row) for key, row in self._rows.items() if key[0] == side)
            if not mine:
                continue
            for _, row in mine:
                if row.get("evaluations", 0) >= finished:
                    row.pop("configs", None)
            path = self._path(side)
            spare = path.with_suffix(".new")
            spare.write_bytes(gzip.compress(b"".join(_line(row) for _, row in mine), mtime=0))
            spare.replace(path)

    def _path(self, side: str) -> Path:
        return self.folder / f"{side}.jsonl.gz"


def _key(row: dict[str, Any]) -> _Key:
    return row["side"], row["problem"], row["seed"]


def _line(row: dict[str, Any]) -> bytes:
    return json.dumps(row, separators=(",", ":")).encode() + b"\n"


def _read(path: Path) -> Iterable[dict[str, Any]]:
    rows = []
    try:
        with gzip.open(path, "rt") as file:
            for line in file:
                rows.append(json.loads(line))
    except (EOFError, ValueError, OSError):
        pass
    return rows
