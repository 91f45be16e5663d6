"""Reads what runs report: finds new objects by one listing, and puts their records in order."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

from syne_core.aws.runner.report_objects import (
    END,
    REPORT,
    ReportKey,
    ReportObject,
    keys_after,
    parse_key,
)
from syne_core.aws.s3_objects import Listing

__all__ = ["ListsKeys", "NewObject", "ReportReader", "RunLog"]

#: Seconds. Objects are named after the clock of the job, which may differ from S3's.
MARGIN = 300.0


class ListsKeys(Protocol):
    """What is needed of ``S3Objects``."""

    def listing(self, prefix: str, start_after: str | None = None) -> Listing:
        """Keys below ``prefix`` after ``start_after``, all pages, in order."""


@dataclass(frozen=True)
class NewObject:
    """A report object that was not seen before."""

    name: str
    key: ReportKey


class ReportReader:
    """Finds what is new below one prefix, of all trials at once.

    The first look sees everything there is; each later one begins some minutes before the last one, and
    leaves out what was seen.

    :param margin: seconds by which clocks may differ, and objects may be late
    """

    def __init__(self, store: ListsKeys, prefix: str, margin: float = MARGIN) -> None:
        self._store, self._prefix, self._margin = store, prefix, margin
        self._last: float | None = None
        self._tidied = 0.0
        self._seen: dict[tuple[int, int, int, int], int] = {}

    def look(self) -> list[NewObject]:
        """The objects that are new since the last look, oldest first: one listing."""
        after = None if self._last is None else keys_after(self._prefix, self._last - self._margin)
        listing = self._store.listing(self._prefix, after)
        new = []
        for name in listing.keys:
            key = parse_key(name)
            if key is not None and key.identity not in self._seen:
                self._seen[key.identity] = key.epoch_s
                new.append(NewObject(name, key))
        self._last = listing.time if self._last is None else max(self._last, listing.time)
        if self._last > self._tidied + self._margin:
            self._tidied = self._last
            self._forget(self._last - 2 * self._margin)
        return new

    def _forget(self, before: float) -> None:
        """What no listing will show again need not be remembered."""
        self._seen = {identity: at for identity, at in self._seen.items() if at >= before}


@dataclass
class _Boot:
    """What one start of the runner wrote; ``next_seq`` is the first number that is missing."""

    objects: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    next_seq: int = 0
    end: dict[str, Any] | None = None


class RunLog:
    """The records of one run, put in order: by start of the runner, then by number."""

    def __init__(self) -> None:
        self._boots: dict[int, _Boot] = {}
        self._taken: set[tuple[int, int]] = set()
        self.started = False

    def add(self, content: ReportObject) -> None:
        """An object that was read; the same one again does nothing."""
        if (content.boot, content.seq) not in self._taken:
            self.started = True
            boot = self._boots.setdefault(content.boot, _Boot())
            boot.objects[content.seq] = content.records

    def take(self, everything: bool = False) -> list[dict[str, Any]]:
        """Reports that are next in order, each once.

        :param everything: nothing more will come: do not wait for what is missing
        """
        reports: list[dict[str, Any]] = []
        newest = max(self._boots, default=0)
        for number in sorted(self._boots):
            boot = self._boots[number]
            for seq in sorted(boot.objects):
                # A runner that was started again has nothing more to say from before.
                if seq > boot.next_seq and not everything and number == newest:
                    break
                self._taken.add((number, seq))
                boot.next_seq = max(boot.next_seq, seq + 1)
                for record in boot.objects.pop(seq):
                    if record.get("kind") == REPORT:
                        reports.append(record["report"])
                    elif record.get("kind") == END:
                        boot.end = record
        return reports

    @property
    def end(self) -> dict[str, Any] | None:
        """The end record of the newest start of the runner, once all before it was taken."""
        return self._boots[max(self._boots)].end if self._boots else None
