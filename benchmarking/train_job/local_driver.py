"""The train driver ``local``: bundle, runner and layout as on SageMaker, in a process of this machine.

A job has a folder below ``--config.output_path``::

    {job}/state.json log.txt output/{model.tar.gz,output.tar.gz}      for good
    {job}/ml/                      stands for /opt/ml while it runs
"""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from benchmarking.train_job.contents import training_bundle
from benchmarking.train_job.driver import FAILED, Artifact, JobReport, Started, TrainDriver
from benchmarking.train_job.image_tag import tag_of_text
from benchmarking.train_job.local_artifact import LocalArtifact, sha256_of
from benchmarking.train_job.local_process import LocalRun
from benchmarking.train_job.training_order import TrainingOrder
from syne_core.errors import ResultsError, UsageError
from syne_core.paths import fit_folder, fit_job_name, fit_job_prefix

__all__ = ["LocalDriver"]

_STATE, _LOG = "state.json", "log.txt"
_ARCHIVES = ("model.tar.gz", "output.tar.gz")
_POLL_S = 0.2


class LocalDriver(TrainDriver):
    """Trains here. ``start`` returns when the training has ended."""

    settings: ClassVar[Mapping[str, str]] = {
        "output_path": "folder of jobs; default: $SYNEBENCH_FIT_FOLDER, else ~/.local/share/synebench/fit",
    }

    def __init__(self, config: Mapping[str, str]) -> None:
        given = config.get("output_path")
        if given and "://" in given:
            raise UsageError(f"--config.output_path is a folder where --train-driver is local, not '{given}'")
        self._root = Path(os.path.abspath(os.path.expanduser(given))) if given else fit_folder()

    @property
    def place(self) -> str:
        """The folder of the jobs."""
        return f"{self._root} on this machine"

    def check(self, order: TrainingOrder, yes: bool) -> Sequence[str]:
        """See that the folder can be written to; images mean nothing here."""
        notes = list(training_bundle(order).notes)
        try:
            self._root.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UsageError(f"{self._root} cannot be made: {error.strerror}") from None
        if not os.access(self._root, os.W_OK):
            raise UsageError(f"{self._root} cannot be written to")
        if order.image or order.build:
            notes.append("this Python trains, in no image")
        return notes

    def start(self, order: TrainingOrder) -> Started:
        """Train; what the script prints goes to standard error and to the job's log."""
        folder = self._new_folder(order.tag)
        job = folder.name
        began = {
            "job": job,
            "tag": order.tag,
            "created": _now(),
            "pid": os.getpid(),
            "provenance": {**order.provenance, "job": job, "tag": order.tag},
        }
        _write_state(folder, {**began, "status": "InProgress"})
        end: dict[str, Any] = {"status": FAILED, "reason": "interrupted"}
        try:
            end = LocalRun(folder, folder / _LOG).run(order)
        finally:
            _write_state(
                folder, {**began, **end, "ended": _now(), "artifacts": _checksums(folder / "output")}
            )
        words = ("--train-driver", "local", *self._path_words())
        return Started(job, (f"Log:      {folder / _LOG}",), words, has_ended=True)

    def _path_words(self) -> tuple[str, ...]:
        return () if self._root == fit_folder() else (f"--config.output_path={self._root}",)

    def _new_folder(self, tag: str) -> Path:
        number = max(self._numbers(tag), default=0) + 1
        while True:
            folder = self._root / fit_job_name(tag, number)
            try:
                folder.mkdir()
                return folder
            except FileExistsError:
                number += 1

    def _numbers(self, tag: str) -> list[int]:
        ours = re.compile(re.escape(fit_job_prefix(tag)) + r"-([1-9]\d{0,6})")
        names = os.listdir(self._root) if self._root.is_dir() else []
        return [int(match[1]) for match in map(ours.fullmatch, names) if match]

    def job_called(self, tag_or_job: str) -> str | None:
        """A job's folder of that name, else the newest of that tag."""
        if "/" not in tag_or_job and _state(self._root / tag_or_job):
            return tag_or_job
        wanted = tag_of_text(tag_or_job)
        for number in sorted(self._numbers(wanted), reverse=True):
            job = fit_job_name(wanted, number)
            if _state(self._root / job).get("tag") == wanted:
                return job
        return None

    def report(self, job: str) -> JobReport | None:
        """By the job's state file, and whether its process is still there."""
        state = _state(self._root / job)
        is_gone = bool(state) and state["status"] == "InProgress" and not _is_alive(int(state["pid"]))
        if is_gone:
            state = _state(self._root / job)  # it may have ended between the two looks
        if not state:
            return None
        status, reason = state["status"], state.get("reason")
        if is_gone and status == "InProgress":
            status, reason = FAILED, "its process has vanished"
        facts: dict[str, Any] = {name: state[name] for name in ("created", "ended") if name in state}
        return JobReport(
            job, status, "", reason, state.get("tag"), {**facts, "folder": str(self._root / job)}
        )

    def wait(self, job: str, on_change: Callable[[JobReport], None]) -> JobReport:
        """Look again and again."""
        seen = None
        while True:
            report = self.report(job)
            if report is None:
                raise ResultsError(f"{self._root / job} is gone")
            if report.status != seen:
                on_change(report)
            if report.has_ended:
                return report
            seen = report.status
            time.sleep(_POLL_S)

    def log_tail(self, job: str, num_lines: int) -> list[str]:
        """From the job's log."""
        try:
            text = (self._root / job / _LOG).read_text(encoding="utf-8", errors="replace")
        except OSError:
            return []
        return text.splitlines()[-num_lines:]

    def artifacts(self, job: str | None, path: str | None) -> list[Artifact]:
        """The job's archives; ``path`` is a folder of jobs, or that of an archive."""
        if path is not None:
            given = Path(path).expanduser().absolute()
            if given.is_file():
                return [LocalArtifact(given, None)]
            places = [given / job / "output", given / "output", given] if job else [given / "output", given]
        else:
            places = [self._root / job / "output"] if job else []
        for place in places:
            if found := [place / name for name in _ARCHIVES if (place / name).is_file()]:
                known = _state(place.parent).get("artifacts", {})
                return [LocalArtifact(one, known.get(one.name)) for one in found]
        return []

    def provenance(self, job: str) -> dict[str, Any]:
        """As the state file has it."""
        return dict(_state(self._root / job).get("provenance", {}))


def _checksums(folder: Path) -> dict[str, str]:
    return {name: sha256_of(folder / name) for name in _ARCHIVES if (folder / name).is_file()}


def _state(folder: Path) -> dict[str, Any]:
    try:
        found = json.loads((folder / _STATE).read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _write_state(folder: Path, state: Mapping[str, Any]) -> None:
    unfinished = folder / f".{_STATE}.new"
    unfinished.write_text(json.dumps(state, indent=2, default=str) + "\n", encoding="utf-8")
    os.replace(unfinished, folder / _STATE)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S%z")
