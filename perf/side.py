"""Runs one side of a comparison in a process of its own, under that side's Python."""

from __future__ import annotations

import json
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from perf.environment import measured_environment
from perf.machine import REPOSITORY

__all__ = ["TRIAL_SCRIPT", "Side", "tune"]

_TUNE = REPOSITORY / "perf" / "sides" / "tune.py"
TRIAL_SCRIPT = REPOSITORY / "perf" / "sides" / "trial.py"


@dataclass(frozen=True)
class Side:
    """A library and the Python that has it.

    :param library: ``syne_core`` or ``syne_tune``
    :param sleep_time: of its tuner, in seconds; None leaves the library's default
    :param preload: modules for a warm start (syne_core only)
    """

    library: str
    python: Path
    sleep_time: float | None = None
    preload: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """What its rows are called."""
        slept = "" if self.sleep_time is None else f", sleep_time {self.sleep_time:g}"
        return f"{self.library}{slept}{', warm start' if self.preload else ''}"

    def command(self, spec: dict[str, Any]) -> str:
        """The command line of ``tune``, for a reader: without the folders of this machine."""
        python = "python" if self.library == "syne_core" else "PEER/bin/python"
        return f"{python} perf/sides/tune.py '{json.dumps(self._full(spec))}'"

    def _full(self, spec: dict[str, Any]) -> dict[str, Any]:
        preload = {"preload": self.preload} if self.preload else {}
        return {"library": self.library, "sleep_time": self.sleep_time, **preload, **spec}


def tune(side: Side, spec: dict[str, Any], timeout: float = 1800.0) -> dict[str, Any]:
    """Run one experiment on the local back-end and return what ``perf/sides/tune.py`` noted.

    :param spec: see there
    :raises RuntimeError: if it fails
    """
    with tempfile.TemporaryDirectory(prefix="synebench-perf-") as folder:
        out = Path(folder) / "noted.json"
        command = [str(side.python), str(_TUNE), json.dumps(side._full(spec)), str(out)]
        log = Path(folder) / "log"
        with open(log, "wb") as sink:
            done = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                cwd=folder,
                env=measured_environment(SYNETUNE_FOLDER=str(Path(folder) / "experiments")),
                timeout=timeout,
            )
        if done.returncode:
            raise RuntimeError(f"{side.command(spec)} failed:\n{log.read_text()[-3000:]}")
        noted: dict[str, Any] = json.loads(out.read_bytes())
        return noted
