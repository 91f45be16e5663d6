"""A container for tests: the runner as a process of its own, in a private ``/opt/ml``."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from syne_core.aws.bundles import make_bundle
from syne_core.aws.runner.report_objects import ReportKey, ReportObject, decode_reports, parse_key
from syne_core.aws.runner_archive import runner_archive

PREFIX = "syne-tune/t/ASHA-0/x-trials/_reports/"
#: Only against hanging: machines that run tests may stand still for a while.
DEADLINE_S = 120.0


@dataclass
class Ended:
    """How a run ended."""

    code: int
    stdout: str
    stderr: str


@dataclass
class RunnerContainer:
    """What a job would find below ``/opt/ml``, and how to run it."""

    folder: Path
    python: str = sys.executable
    program: list[str] = field(default_factory=list)
    engine: bool = False
    job: dict[str, Any] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)
    started: list[subprocess.Popen[str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.base = self.folder / "opt ml"
        self.source = self.folder / "source"
        self.channel = self.base / "input" / "data" / "code"
        for folder in (self.source, self.channel, self.base / "input" / "config"):
            folder.mkdir(parents=True, exist_ok=True)
        self.job = {"version": 1, "entry_point": "train.py", "reports": None, "grace_s": 100, **self.job}

    def script(self, text: str, name: str = "train.py") -> None:
        (self.source / name).write_text(textwrap.dedent(text))

    def reports_to(self, bucket: str, trial: int = 7, run: int = 0) -> None:
        self.job["reports"] = {"bucket": bucket, "prefix": PREFIX, "trial_id": trial, "run": run}

    def config_file(self, name: str, values: dict[str, Any]) -> None:
        (self.base / "input" / "config" / name).write_text(json.dumps(values))

    def start(self, location: str | None = None) -> subprocess.Popen[str]:
        (self.channel / "runner.pyz").write_bytes(runner_archive())
        if not (self.channel / "source.tar.gz").exists():
            with (self.channel / "source.tar.gz").open("wb") as stream:
                make_bundle(self.source, engine=self.engine).write_source(stream)
        if location is None:
            location = str(self.folder / "job.json")
            Path(location).write_text(json.dumps(self.job))
        environment = {
            **os.environ,
            "SYNEBENCH_OPT_ML": str(self.base),
            "SYNEBENCH_JOB": location,
            "TMPDIR": str(self.folder),
            **self.variables,
        }
        process = subprocess.Popen(
            [self.python, *(self.program or [str(self.channel / "runner.pyz")])],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
        )
        self.started.append(process)
        return process

    def kill(self) -> None:
        """End what a failed test left: the group of the script is the runner's to end."""
        for process in self.started:
            if process.poll() is None:
                process.terminate()
                process.communicate()

    def run(self, location: str | None = None) -> Ended:
        return ended(self.start(location))

    @property
    def failure(self) -> str | None:
        path = self.base / "output" / "failure"
        return path.read_text() if path.exists() else None


def ended(process: subprocess.Popen[str]) -> Ended:
    """Wait for the end; kills what does not end."""
    try:
        stdout, stderr = process.communicate(timeout=DEADLINE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        stdout, stderr = process.communicate()
        raise AssertionError(f"the runner did not end: {stdout[-2000:]} {stderr[-2000:]}") from None
    return Ended(process.returncode, stdout, stderr)


def wait_until(condition: Callable[[], Any], what: str) -> Any:
    deadline = time.monotonic() + DEADLINE_S
    while not (value := condition()):
        assert time.monotonic() < deadline, f"not within {DEADLINE_S} s: {what}"
        time.sleep(0.01)
    return value


def objects(s3: Any, bucket: str) -> list[tuple[ReportKey, ReportObject]]:
    """The report objects there are, in the order of their keys."""
    found = []
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=PREFIX):
        for entry in page.get("Contents", []):
            key = parse_key(entry["Key"])
            assert key is not None, entry["Key"]
            body = s3.get_object(Bucket=bucket, Key=entry["Key"])["Body"].read()
            found.append((key, decode_reports(body)))
    return found


def records(s3: Any, bucket: str) -> list[dict[str, Any]]:
    """All records, as the tuner would have them: by boot and number, no object twice."""
    by_identity: dict[Any, ReportObject] = {}
    for key, content in objects(s3, bucket):
        known = by_identity.setdefault(key.identity, content)
        assert known == content, "an object that is there twice must say the same"
    numbers = sorted((identity[2], identity[3]) for identity in by_identity)
    for boot in {boot for boot, _ in numbers}:
        seqs = [seq for b, seq in numbers if b == boot]
        assert seqs == list(range(len(seqs))), "a number is missing"
    ordered = sorted(by_identity.items(), key=lambda item: (item[0][2], item[0][3]))
    return [record for _, content in ordered for record in content.records]


def reported(s3: Any, bucket: str) -> list[dict[str, Any]]:
    return [record["report"] for record in records(s3, bucket) if record["kind"] == "report"]
