"""How runs tell the tuner what happened: small JSON objects below one S3 prefix.

Keys begin with the time, so that one listing from a few minutes ago finds what is new of all trials. An
object may be there twice, under two times, where S3 did not confirm the first; trial, run, boot and number
are the same then. Used by the runner, which writes them, and by the tuner, which reads them. Standard
library only, parses as Python 3.8.
"""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

from syne_core.report import decode_nonfinite, encode_nonfinite

__all__ = [
    "END",
    "REPORT",
    "START",
    "ReportKey",
    "ReportObject",
    "decode_reports",
    "encode_reports",
    "end_record",
    "keys_after",
    "parse_key",
    "report_key",
    "report_record",
    "start_record",
]

START, REPORT, END = "start", "report", "end"
_NAME = re.compile(r"(\d{10})-(\d+)-r(\d+)-(\d{13})-(\d{6,})\.json")


class ReportKey(NamedTuple):
    """What the key of an object says.

    :ivar epoch_s: when it was written, seconds since 1970
    :ivar trial: id of the trial
    :ivar run: 0, then 1 for each time the trial was resumed
    :ivar boot: when the runner started, milliseconds since 1970; a job that SageMaker starts again after
        a spot interruption has two
    :ivar seq: number of the object within its boot, from 0 without gaps
    """

    epoch_s: int
    trial: int
    run: int
    boot: int
    seq: int

    @property
    def identity(self) -> tuple[int, int, int, int]:
        """The same for repeated objects: trial, run, boot, seq."""
        return (self.trial, self.run, self.boot, self.seq)


class ReportObject(NamedTuple):
    """What an object holds; fields as in ``ReportKey``.

    :ivar host: which host of the job wrote it
    :ivar records: in the order in which things happened; see ``start_record`` and its like
    """

    trial: int
    run: int
    boot: int
    seq: int
    host: str
    records: list[dict[str, Any]]


def report_key(prefix: str, key: ReportKey) -> str:
    """The S3 key; ``prefix`` is that of the experiment's reports and ends with ``/``."""
    name = f"{key.epoch_s:010d}-{key.trial}-r{key.run}-{key.boot:013d}-{key.seq:06d}.json"
    return prefix + name


def parse_key(key: str) -> ReportKey | None:
    """What ``key`` says, with or without its prefix; None if it is not that of a report object."""
    found = _NAME.fullmatch(key.rpartition("/")[2])
    if found is None:
        return None
    epoch_s, trial, run, boot, seq = map(int, found.groups())
    return ReportKey(epoch_s, trial, run, boot, seq)


def keys_after(prefix: str, epoch_s: float) -> str:
    """``StartAfter`` of a listing that shall find what was written at ``epoch_s`` or later."""
    return f"{prefix}{max(0, int(epoch_s)):010d}"


def start_record() -> dict[str, Any]:
    """The runner has begun."""
    return {"kind": START}


def report_record(report: dict[str, Any]) -> dict[str, Any]:
    """The script reported ``report``; NaN and infinities are allowed."""
    return {"kind": REPORT, "report": report}


def end_record(exit_code: int, stopped: bool = False, reason: str | None = None) -> dict[str, Any]:
    """The script is over; nothing follows from this boot.

    :param exit_code: of the script; 128 + signal where a signal ended it
    :param stopped: whether it was told to end
    :param reason: why it failed, one line, or None
    """
    return {"kind": END, "exit_code": exit_code, "stopped": stopped, "reason": reason}


def encode_reports(content: ReportObject) -> bytes:
    """The object's body, strict JSON."""
    body = content._asdict()
    body["records"] = [_encoded(record) for record in content.records]
    return json.dumps(body, allow_nan=False, separators=(",", ":")).encode()


def decode_reports(body: bytes) -> ReportObject:
    """What a body holds.

    :raises ValueError: it is no report object
    """
    try:
        values = json.loads(body)
        trial, run, boot, seq = (int(values[name]) for name in ("trial", "run", "boot", "seq"))
        records = [_decoded(record) for record in values["records"]]
        return ReportObject(trial, run, boot, seq, str(values.get("host", "")), records)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ValueError(f"no report object: {error}") from None


def _encoded(record: dict[str, Any]) -> dict[str, Any]:
    if record["kind"] != REPORT:
        return record
    return {"kind": REPORT, "report": encode_nonfinite(record["report"])}


def _decoded(record: dict[str, Any]) -> dict[str, Any]:
    if record["kind"] == REPORT:
        record["report"] = decode_nonfinite(record["report"])
    return record
