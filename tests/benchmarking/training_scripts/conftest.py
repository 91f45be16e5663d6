"""Run the training scripts as a trial would: as processes, from the trial's own folder."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import pytest

from syne_core.report import retrieve

REPOSITORY = Path(__file__).parents[3]
SCRIPTS = REPOSITORY / "benchmarking" / "training_scripts"


_BY_THE_CLOCK = {"elapsed_time", "cpu_time", "st_worker_timestamp", "st_worker_time", "st_worker_iter"}

# One run after the other of a script's main(), as JSON {name: [exit code, stdout, stderr]}.
_RUN_MANY = """
import contextlib, importlib, io, json, sys
main = importlib.import_module(sys.argv[1]).main
outcomes = {}
for name, argv in json.loads(sys.argv[2]).items():
    code, out, err = 0, io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main(argv)
        except SystemExit as end:
            code = end.code
    outcomes[name] = [code, out.getvalue(), err.getvalue()]
print(json.dumps(outcomes))
"""


class Outcome(NamedTuple):
    """How a run of a script ended, and what it reported."""

    code: int
    reports: list[dict[str, Any]]
    err: str


#: More epochs than any machine trains while a test looks away.
ENDLESS = 10**6


def read_lines(process: subprocess.Popen[str], number: int) -> list[str]:
    """The next lines, and not a byte more: what a file object reads ahead, ``communicate`` does not see."""
    assert process.stdout is not None
    text = b""
    while text.count(b"\n") < number and (byte := os.read(process.stdout.fileno(), 1)):
        text += byte
    return text.decode().splitlines()


class ScriptRunner:
    """Starts ``{name}/{name}.py``; whatever still runs at the end of the test is killed."""

    def __init__(self, name: str) -> None:
        self.folder = SCRIPTS / name
        self.script = self.folder / f"{name}.py"
        self._started: list[subprocess.Popen[str]] = []

    def start(self, folder: Path, *args: object) -> subprocess.Popen[str]:
        """The script with ``args``, in the working folder ``folder``."""
        return self._popen([str(self.script), *map(str, args)], folder)

    def run(self, folder: Path, *args: object) -> Outcome:
        """The script from start to end."""
        return self.finish(self.start(folder, *args))

    def finish(self, process: subprocess.Popen[str]) -> Outcome:
        """Wait for the end; the reports are those not read by ``read_lines`` so far."""
        out, err = process.communicate(timeout=240)
        return Outcome(process.returncode, retrieve(out.splitlines()), err)

    def run_many(self, folder: Path, runs: dict[str, list[object]]) -> dict[str, Outcome]:
        """The outcomes of several runs in one process: importing the libraries is what takes long."""
        command = {name: list(map(str, args)) for name, args in runs.items()}
        process = self._popen(["-c", _RUN_MANY, self.script.stem, json.dumps(command)], folder)
        out, err = process.communicate(timeout=240)
        assert process.returncode == 0, err
        return {
            name: Outcome(code, retrieve(out.splitlines()), err)
            for name, (code, out, err) in json.loads(out).items()
        }

    def cut_off(self, folder: Path, number: int, num_lines: int, *args: object) -> list[dict[str, Any]]:
        """The reports of an endless run that gets the signal ``number`` after so many lines."""
        process = self.start(folder, *args, "--epochs", ENDLESS)
        lines = read_lines(process, num_lines)
        process.send_signal(number)
        code, reports, err = self.finish(process)
        assert code == -number, err
        return [*retrieve(lines), *reports]

    def kill_all(self) -> None:
        for process in self._started:
            process.kill()
            process.communicate()

    def _popen(self, command: list[str], folder: Path) -> subprocess.Popen[str]:
        paths = os.pathsep.join([str(REPOSITORY), str(self.folder)])
        environment = {**os.environ, "PYTHONPATH": paths}
        process = subprocess.Popen(
            [sys.executable, *command],
            cwd=folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._started.append(process)
        return process


@pytest.fixture(scope="module")
def runner(request: pytest.FixtureRequest) -> Iterator[ScriptRunner]:
    """For the script that the test module names in ``SCRIPT``."""
    runner = ScriptRunner(request.module.SCRIPT)
    yield runner
    runner.kill_all()


@pytest.fixture(scope="session")
def load_module() -> Callable[[str], ModuleType]:
    """A module beside a script, by its path within ``training_scripts``; others there are imported anew."""

    def load(path: str) -> ModuleType:
        spec = importlib.util.spec_from_file_location(Path(path).stem, SCRIPTS / path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        folder = str((SCRIPTS / path).parent)
        siblings = {file.stem for file in Path(folder).glob("*.py")}
        sys.path.insert(0, folder)
        try:
            spec.loader.exec_module(module)
        finally:
            sys.path.remove(folder)
            for name in siblings:
                sys.modules.pop(name, None)
        return module

    return load


@pytest.fixture(scope="session")
def curve() -> Callable[..., dict[int, dict[str, Any]]]:
    """Reports by epoch, without what the clock decides; the first report of an epoch counts."""

    def by_epoch(reports: list[dict[str, Any]], last: int = ENDLESS) -> dict[int, dict[str, Any]]:
        measured = [{name: r[name] for name in r if name not in _BY_THE_CLOCK} for r in reports]
        return {r["epoch"]: r for r in reversed(measured) if r["epoch"] <= last}

    return by_epoch
