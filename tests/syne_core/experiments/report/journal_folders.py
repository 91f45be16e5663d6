"""Adds the journal of a small experiment to a folder that ``study_folders`` wrote."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

__all__ = ["JOURNAL", "write_journal"]

Event = dict[str, Any]


def _suggest(t: float, trial: int, lr: float) -> Event:
    config = {"lr": lr, "optimizer": "adam", "epochs": 3}
    return {"event": "suggest", "t": t, "asked": trial, "kind": "start", "source": None, "config": config}


def _report(t: float, trial: int, epoch: int, value: float | None, cost: float) -> Event:
    values = {"epoch": epoch, "accuracy": value, "st_worker_cost": cost}
    return {
        "event": "report",
        "t": t,
        "trial": trial,
        "report": values,
        "decision": "CONTINUE",
        "status": "InProgress",
    }


def _end(t: float, trial: int, state: str, reason: str = "") -> Event:
    return {"event": "end_run", "t": t, "trial": trial, "state": state, "reason": reason}


#: Trial 0 is paused and resumed, trial 1 fails without a report, trial 2 is cut off and goes on in a second
#: session, in which trial 3 diverges.
JOURNAL: list[Event] = [
    {"event": "session", "t": 0.0, "pid": 1, "host": "a", "time": 1.0, "identity": {}},
    _suggest(0.0, 0, 0.1),
    _suggest(0.0, 1, 0.2),
    _report(1.0, 0, 1, 0.5, 0.01),
    _end(1.5, 1, "Failed", "ended with code 1"),
    _suggest(1.5, 2, 0.3),
    _end(2.0, 0, "Paused"),
    {"event": "suggest", "t": 2.0, "asked": None, "kind": "resume", "source": 0, "config": None},
    {"event": "resume", "t": 2.5, "trial": 0, "config": None},
    _report(3.5, 0, 2, 0.9, 0.02),
    _end(4.0, 0, "Completed"),
    _report(5.0, 2, 1, 0.7, 0.03),
    {"event": "session", "t": 6.0, "pid": 2, "host": "a", "time": 90.0, "identity": {}},
    _suggest(6.0, 3, 0.4),
    _report(7.0, 2, 2, 0.6, 0.04),
    {
        **_report(7.5, 3, 1, None, 0.05),
        "report": {"epoch": 1, "accuracy": None, "st_nonfinite": {"accuracy": "nan"}},
    },
    _end(8.0, 2, "Stopped"),
    _end(8.0, 3, "Stopped"),
    {"event": "end", "t": 8.0, "state": "finished", "reason": "max_wallclock_time reached"},
]


def write_journal(folder: Path, events: list[Event] | None = None, tail: str = "") -> Path:
    """``events`` as the journal of the experiment in ``folder``, with ``tail`` after the last line.

    It is newer than the table, if there is one, also where both are written within a tick of the clock.
    """
    path = folder / "journal.jsonl"
    lines = [json.dumps(event) for event in (JOURNAL if events is None else events)]
    path.write_text("\n".join(lines) + "\n" + tail)
    table = folder / "results.csv.zip"
    if table.exists():
        later = table.stat().st_mtime + 1
        os.utime(path, (later, later))
    return path
