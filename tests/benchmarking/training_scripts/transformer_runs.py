"""Runs of a transformer script in one process: importing the libraries is what takes long."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

from syne_core.report import retrieve

REPOSITORY = Path(__file__).parents[3]

# As JSON: {name: [argv, how many reports before the run is cut off, or null]} in, outcomes out.
_PROGRAM = """
import contextlib, importlib, io, json, sys
from syne_core.report import Reporter

class CutOff(BaseException):
    pass

main = importlib.import_module(sys.argv[1]).main
report = Reporter.__call__
outcomes = {}
for name, (argv, most) in json.loads(sys.argv[2]).items():
    count = 0
    def counted(self, **metrics):
        global count
        report(self, **metrics)
        count += 1
        if count == most:
            raise CutOff
    Reporter.__call__ = counted
    code, out, err = 0, io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main(argv)
        except SystemExit as end:
            code = end.code
        except CutOff:
            code = "cut off"
    outcomes[name] = [code, out.getvalue(), err.getvalue()]
print(json.dumps(outcomes))
"""


class Outcome(NamedTuple):
    """How a run ended, and what it reported and printed."""

    code: Any
    reports: list[dict[str, Any]]
    out: str
    err: str


class Runs:
    """Runs of ``{script}/{script}.py`` in ``folder``, carried out in the order in which they are added."""

    def __init__(self, script: str, folder: Path) -> None:
        self.script = script
        self.folder = folder
        self._runs: dict[str, tuple[list[str], int | None]] = {}

    def add(self, name: str, *arguments: object, cut_off_after: int | None = None) -> None:
        """A run called ``name``; perhaps cut off after so many reports."""
        self._runs[name] = (list(map(str, arguments)), cut_off_after)

    def outcomes(self, **environment: str) -> dict[str, Outcome]:
        """The outcomes by name. The hub cannot be reached, unless ``environment`` says where it is."""
        done = subprocess.run(
            [sys.executable, "-c", _PROGRAM, self.script, json.dumps(self._runs)],
            cwd=self.folder,
            env={**script_environment(self.script, self.folder), **environment},
            capture_output=True,
            text=True,
            timeout=400,
        )
        assert done.returncode == 0, done.stderr
        assert done.stderr == ""
        return {
            name: Outcome(code, retrieve(out.splitlines()), out, err)
            for name, (code, out, err) in json.loads(done.stdout).items()
        }


def script_environment(script: str, folder: Path) -> dict[str, str]:
    """Variables with which modules of a script are found, and nothing leaves this machine.

    The hub is an address that refuses connections; its cache lies in ``folder``.
    """
    paths: list[Path | str] = [REPOSITORY, REPOSITORY / "benchmarking" / "training_scripts" / script]
    paths += filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))
    hub = {"HF_ENDPOINT": "http://127.0.0.1:9", "HF_HOME": str(folder / "hf-home")}
    return {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, paths)), **hub}


def measured(reports: list[dict[str, Any]]) -> dict[int, dict[str, Any]]:
    """Reports by epoch without what the clock decides; of repetitions the first."""
    by_the_clock = ("elapsed_time", "st_")
    kept = [{n: v for n, v in report.items() if not n.startswith(by_the_clock)} for report in reports]
    return {report["epoch"]: report for report in reversed(kept)}
