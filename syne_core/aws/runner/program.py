"""What the runner does, from start to end. Standard library only, parses as Python 3.8."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from syne_core.aws.runner.children import Children, Stopped
from syne_core.aws.runner.container import Container
from syne_core.aws.runner.data_channel import (
    DATA_VARIABLE,
    arguments_in_channel,
    config_in_channel,
    dataset_channel,
)
from syne_core.aws.runner.job_document import CHECKPOINTS, MODEL, Job, JobError, read_job
from syne_core.aws.runner.object_store import StoreError, open_store
from syne_core.aws.runner.report_lines import ReportLines
from syne_core.aws.runner.report_objects import end_record, report_record, start_record
from syne_core.aws.runner.report_shipping import ReportPlace, ReportShipping
from syne_core.aws.runner.requirements import are_satisfied, pip_command, pip_environment
from syne_core.aws.runner.script_output import Copying, Tail, tee
from syne_core.aws.runner.source_archive import unpack_source

__all__ = ["main"]

JOB_VARIABLE = "SYNEBENCH_JOB"
ENGINE = "syne_core.zip"
STOPPED = 143
FAILED = 1
#: How long the end waits for S3; a job that was stopped is killed by SageMaker before that.
PATIENCE_S = 300.0
ORPHANS_S = 1.0
#: How long the end waits for a log that takes nothing, or for somebody else who goes on printing into it.
LOG_PATIENCE_S = 60.0
_LOOK_EVERY_S = 0.05


class _NoReports:
    """For jobs that are no trials, and for all hosts but the first."""

    trouble = None

    def add(self, *records: dict[str, Any]) -> None:
        """Forget them."""

    def finish(self, patience_s: float) -> bool:
        """There is nothing to be sent."""
        return True


class _LazyStore:
    """One connection for the job document and then for the reports; none where neither is on S3."""

    def __init__(self) -> None:
        self._store: Any = None

    def opened(self) -> Any:
        if self._store is None:
            self._store = open_store()
        return self._store


def main() -> int:
    """Run the job that ``SYNEBENCH_JOB`` names; returns the exit code of the container."""
    boot = int(time.time() * 1000)
    children, container = Children(), Container.found()
    children.listen()
    try:
        location = os.environ.get(JOB_VARIABLE)
        if not location:
            raise JobError(f"{JOB_VARIABLE} is not set: the runner does not know what to run")
        store = _LazyStore()
        job = read_job(location, store.opened, lambda: children.is_stopping)
        return STOPPED if job is None else _Run(job, container, children, store, boot).run()
    except (JobError, StoreError) as error:
        _note(str(error))
        container.fail(str(error))
        return FAILED
    finally:
        children.stop_listening()


class _Run:
    """One run of one job."""

    def __init__(
        self, job: Job, container: Container, children: Children, store: _LazyStore, boot: int
    ) -> None:
        self._job, self._container, self._children = job, container, children
        children.grace_s = job.grace_s
        self._refused: str | None = None
        self._shipping = self._make_shipping(store, boot)
        self._errors = Tail()

    def run(self) -> int:
        """All of it; returns the exit code of the container."""
        self._shipping.add(start_record())
        try:
            code, reason = self._prepare_and_run()
        except (JobError, OSError) as error:
            code, reason = FAILED, str(error)
        except Stopped:
            code, reason = STOPPED, None
        if self._refused is not None:
            code, reason = code or FAILED, f"reports cannot be sent: {self._refused}"
        stopped = self._children.is_stopping and self._refused is None
        reason = None if stopped else reason
        self._shipping.add(end_record(code, stopped, reason))
        delivered = self._refused is None and self._shipping.finish(PATIENCE_S)
        if not delivered and not stopped and reason is None:
            code, reason = code or FAILED, f"reports could not be sent: {self._shipping.trouble}"
        if reason is not None:
            _note(reason)
            self._container.fail(reason, self._errors.text)
        return code

    def _make_shipping(self, store: _LazyStore, boot: int) -> Any:
        reports = self._job.reports
        if reports is None or not self._container.is_first_host:
            return _NoReports()
        place = ReportPlace(
            reports["bucket"],
            reports["prefix"],
            reports["trial_id"],
            reports["run"],
            boot,
            self._container.host,
        )
        return ReportShipping(store.opened(), place, self._on_refused)

    def _on_refused(self, trouble: str) -> None:
        """A trial that nobody hears of must not go on costing money."""
        self._refused = trouble
        self._children.stop()

    def _prepare_and_run(self) -> tuple[int, str | None]:
        container = self._container
        container.make_folders()
        unpack_source(_archive(container), container.code, lambda: self._children.is_stopping)
        if self._children.is_stopping:
            raise Stopped
        command = self._command()
        self._install_requirements()
        before = container.entries()
        try:
            return self._run_script(command)
        finally:
            self._collect_strays(before)

    def _collect_strays(self, before: set[str]) -> None:
        container = self._container
        try:
            for name in container.collect_strays(before):
                _note(f"{container.base / name} was moved to {container.model}, which alone is kept")
        except OSError as error:
            _note(f"what lies in {container.base} could not be moved to {container.model}: {error}")

    def _command(self) -> list[str]:
        job, code = self._job, self._container.code
        script = code / job.entry_point
        if not script.is_file():
            there = ", ".join(sorted(path.name for path in code.iterdir() if path.is_file())[:10])
            raise JobError(f"the entry point '{job.entry_point}' is not in the bundle; there are: {there}")
        folders = {CHECKPOINTS: self._container.checkpoints, MODEL: self._container.model}
        channel = dataset_channel(self._container.base)
        given = job.arguments if channel is None else arguments_in_channel(job.arguments, channel)
        arguments = [str(folders.get(argument, argument)) for argument in given]
        if job.pass_args_as_json:
            arguments = ["--st_config_json_filename", self._write_config(), *arguments]
        if script.suffix == ".py":
            return [sys.executable or "python3", str(script), *arguments]
        if script.suffix == ".sh":
            return ["/bin/bash" if os.path.exists("/bin/bash") else "/bin/sh", str(script), *arguments]
        return [str(script), *arguments]

    def _write_config(self) -> str:
        channel, config = dataset_channel(self._container.base), self._job.config
        handle, path = tempfile.mkstemp(prefix="config-", suffix=".json")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(config if channel is None else config_in_channel(config, channel), file)
        return path

    def _install_requirements(self) -> None:
        container = self._container
        requirements = container.code / "requirements.txt"
        if not requirements.is_file() or are_satisfied(requirements.read_text("utf-8", "replace")):
            return
        command = pip_command(requirements, container.packages, container.is_real)
        environment = {**os.environ, **pip_environment()}
        tail = Tail()
        process = self._children.start(
            command, environment, cwd=str(container.code), stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        reader = tee(process.stdout, 1, tail.feed)
        code = self._finish(process, [reader])
        if self._children.is_stopping:
            raise Stopped
        if code != 0:
            self._errors = tail
            raise JobError(f"requirements.txt cannot be installed: {tail.last_line}")

    def _run_script(self, command: list[str]) -> tuple[int, str | None]:
        lines, began = ReportLines(), time.monotonic()

        def look(chunk: bytes) -> None:
            self._ship(lines.feed(chunk), began)

        try:
            process = self._children.start(
                command,
                self._environment(command),
                cwd=str(self._container.code),
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
        except (OSError, ValueError) as error:
            raise JobError(f"'{self._job.entry_point}' cannot be started: {error}") from None
        readers = [tee(process.stdout, 1, look), tee(process.stderr, 2, self._errors.feed)]
        code = self._finish(process, readers)
        if not readers[0].is_alive():
            self._ship(lines.end(), began)
        return code, _reason(code, self._errors.last_line)

    def _ship(self, reports: list[dict[str, Any]], began: float) -> None:
        price = self._job.price_per_hour
        for report in reports:
            if price is not None and "st_worker_cost" not in report:
                report["st_worker_cost"] = (time.monotonic() - began) * price / 3600
        if reports:
            self._shipping.add(*map(report_record, reports))

    def _finish(self, process: Any, readers: list[Copying]) -> int:
        """Wait for the child, then for what it printed; what it left running has a second to end."""
        code = self._children.wait(process)
        deadline = time.monotonic() + ORPHANS_S
        for reader in readers:
            reader.join(max(0.0, deadline - time.monotonic()))
        self._children.release()
        _await_copies(readers)
        return code

    def _environment(self, command: list[str]) -> dict[str, str]:
        container, job = self._container, self._job
        environment = dict(os.environ)
        environment.update(container.variables(job.config, command[2:], job.entry_point))
        environment.setdefault("PYTHONUNBUFFERED", "1")
        channel = dataset_channel(container.base)
        if channel is not None:
            environment[DATA_VARIABLE] = str(channel)
        if job.price_per_hour is not None:
            environment["ST_PRICE_PER_HOUR"] = repr(job.price_per_hour)
        code = container.code
        path = [str(container.packages), str(code), str(code / ENGINE), environment.get("PYTHONPATH", "")]
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, path))
        environment.update(job.environment)
        return environment


def _await_copies(readers: list[Copying]) -> None:
    """Wait until what was printed is copied; a pipe that somebody else holds open may have no end."""
    began = time.monotonic()
    for reader in readers:
        while reader.is_alive():
            waited = time.monotonic() - began
            if waited >= (LOG_PATIENCE_S if reader.has_work else ORPHANS_S):
                break
            reader.join(_LOOK_EVERY_S)


def _archive(container: Container) -> Path:
    """Beside this program, where it is an archive itself."""
    beside = Path(sys.argv[0]).resolve().parent / "source.tar.gz"
    return beside if beside.is_file() else container.channel / "source.tar.gz"


def _reason(code: int, last_line: str) -> str | None:
    if code == 0:
        return None
    if code > 128:
        how = f"the script was ended by signal {code - 128}"
        return how + (", perhaps for want of memory" if code == 137 else "")
    return f"the script ended with exit code {code}" + (f": {last_line[:300]}" if last_line else "")


def _note(text: str) -> None:
    os.write(2, f"synebench: {text}\n".encode("utf-8", "replace"))
