"""``status.json``: what state an experiment is in, said explicitly by the tuner that runs it."""

from __future__ import annotations

import json
import os
import socket
import time
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from syne_core.atomic_file import write_json
from syne_core.errors import ResultsError

__all__ = ["ExperimentState", "ExperimentStatus", "read_status", "write_status"]

# Seconds by which clocks may have been set since.
_CLOCK_MARGIN = 60.0


class ExperimentState:
    """States of an experiment."""

    running: str = "running"
    finished: str = "finished"
    failed: str = "failed"
    interrupted: str = "interrupted"


@dataclass(frozen=True)
class ExperimentStatus:
    """State of an experiment as of ``updated`` (seconds since 1970).

    :param elapsed: seconds on the experiment's clock, over all sessions
    :param trials: number of trials in each state
    :param best: the incumbent: trial_id, metric, value, config
    """

    state: str
    reason: str = ""
    elapsed: float = 0.0
    trials: dict[str, int] = field(default_factory=dict)
    num_reports: int = 0
    best: dict[str, Any] | None = None
    max_wallclock_time: float | None = None
    updated: float = field(default_factory=time.time)
    pid: int = field(default_factory=os.getpid)
    host: str = field(default_factory=socket.gethostname)

    @property
    def is_finished(self) -> bool:
        """Whether nothing is left to do."""
        return self.state == ExperimentState.finished


def write_status(path: Path, status: ExperimentStatus) -> None:
    """Replace ``path``."""
    write_json(path, asdict(status))


def read_status(path: Path) -> ExperimentStatus | None:
    """The status at ``path``, None if there is none; one whose tuner died reads as interrupted.

    :raises ResultsError: if the file is damaged
    """
    for _ in range(2):  # it may end between the look at the file and that at the process
        try:
            status = ExperimentStatus(**json.loads(path.read_bytes()))
            has_died = status.state == ExperimentState.running and not _is_alive(status)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError) as error:
            raise ResultsError(f"{path}: damaged ({error})") from None
        if not has_died:
            return status
    return replace(status, state=ExperimentState.interrupted, reason="the tuner's process was killed")


def _is_alive(status: ExperimentStatus) -> bool:
    if status.host != socket.gethostname():
        return True  # only its own machine can tell
    try:
        os.kill(status.pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return not _is_another_process(status.pid, status.updated)


def _is_another_process(pid: int, updated: float) -> bool:
    """Whether ``pid`` is a zombie, or began after ``updated``: ids are used again, in containers soon."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        uptime = float(Path("/proc/uptime").read_text().split()[0])
    except OSError:  # no such file system here
        return False
    began = time.time() - uptime + int(fields[19]) / os.sysconf("SC_CLK_TCK")
    return fields[0] == "Z" or began > updated + _CLOCK_MARGIN
