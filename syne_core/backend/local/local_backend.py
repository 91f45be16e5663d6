"""``LocalBackend``: trials as processes on this machine."""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from syne_core.atomic_file import write_json
from syne_core.backend.local.file_events import FileEvents
from syne_core.backend.local.gpus import GpuPool, environment, visible_gpus
from syne_core.backend.local.log_tail import LogTail
from syne_core.backend.local.process_client import ProcessClient
from syne_core.backend.local.trial_command import trial_command
from syne_core.backend.trial_backend import TrialBackend
from syne_core.backend.trial_status import Status, TrialResult
from syne_core.errors import ExperimentLockedError, UsageError
from syne_core.paths import TrialPaths, experiment_path, resolve_data_paths
from syne_core.report import PRICE_VARIABLE

__all__ = ["LocalBackend"]

logger = logging.getLogger(__name__)

_LOCK_TIMEOUT = 60.0
_TAIL_LINES = 5
_TAIL_BYTES = 4096


@dataclass
class _Run:
    """What is known of a trial's processes, over its runs."""

    tail: LogTail
    reports: list[dict[str, Any]]
    status: str = Status.stopped
    key: str = ""
    num_runs: int = 0
    wanted: str | None = None
    ended: datetime | None = None
    failure: str | None = None


class LocalBackend(TrialBackend):
    """Runs each trial as a process of its own group, in the trial's own folder.

    Trials end with SIGTERM, a grace period, then SIGKILL, always to the whole group; and they end
    with the tuner, even when that is killed.

    :param entry_point: training script
    :param delete_checkpoints: see ``TrialBackend``
    :param pass_args_as_json: see ``TrialBackend``
    :param rotate_gpus: give each trial GPUs of its own (``CUDA_VISIBLE_DEVICES``), where there are any
    :param num_gpus_per_trial: how many
    :param gpus_to_use: only these, as ``nvidia-smi`` numbers them
    :param oversubscribe_gpus: let trials share GPUs when none is free; otherwise such a trial fails
    :param grace: seconds between SIGTERM and SIGKILL
    :param preload: modules to import once, in a process that trials are then forked from; falls back to
        ordinary starts, with a message in the log, where forking is not safe
    :param price_per_hour: of one worker; trials then report ``st_worker_cost``
    :raises UsageError: if the script does not exist, or the GPUs cannot be had
    """

    def __init__(
        self,
        entry_point: str,
        delete_checkpoints: bool = False,
        pass_args_as_json: bool = False,
        rotate_gpus: bool = True,
        num_gpus_per_trial: int = 1,
        gpus_to_use: Sequence[int | str] | None = None,
        oversubscribe_gpus: bool = False,
        grace: float = 5.0,
        preload: Sequence[str] = (),
        price_per_hour: float | None = None,
    ) -> None:
        super().__init__(delete_checkpoints, pass_args_as_json)
        self.grace = grace
        self.preload = tuple(preload)
        self._extra_env = {} if price_per_hour is None else {PRICE_VARIABLE: str(price_per_hour)}
        gpus = visible_gpus(gpus_to_use) if rotate_gpus and num_gpus_per_trial else []
        self.gpus = GpuPool(gpus, num_gpus_per_trial, share=oversubscribe_gpus)
        self.set_entrypoint(entry_point)
        self._folder = experiment_path("unnamed") / "trials"
        self._runs: dict[int, _Run] = {}
        self._running: dict[str, int] = {}
        self._client: ProcessClient | None = None
        self._events: FileEvents | None = None
        self._lock = -1

    # -- paths ---------------------------------------------------------------------------------

    def set_path(self, results_root: str | None = None, tuner_name: str | None = None) -> None:
        """See ``TrialBackend``."""
        self._folder = experiment_path(tuner_name, results_root) / "trials"

    def trial_paths(self, trial_id: int) -> TrialPaths:
        """The files of trial ``trial_id``."""
        return TrialPaths(self._folder / str(trial_id))

    def entrypoint_path(self) -> Path:
        """See ``TrialBackend``."""
        return self._entry_point

    def set_entrypoint(self, entry_point: str) -> None:
        """See ``TrialBackend``."""
        path = Path(entry_point).expanduser().resolve()
        if not path.is_file():
            raise UsageError(f"training script {path} does not exist")
        self._entry_point = path

    def metadata(self) -> dict[str, Any]:
        """See ``TrialBackend``."""
        return {**super().metadata(), "entrypoint": self._entry_point.stem, "script": str(self._entry_point)}

    # -- watching ------------------------------------------------------------------------------

    def busy_trial_ids(self) -> list[tuple[int, str]]:
        """See ``TrialBackend``."""
        self._take_news()
        return [(trial_id, self._runs[trial_id].status) for trial_id in self._running.values()]

    def wait(self, timeout: float) -> None:
        """See ``TrialBackend``."""
        client, events = self._connect()
        events.wait([client.fileno()], timeout)

    def stdout(self, trial_id: int) -> list[str]:
        """See ``TrialBackend``."""
        return _lines(self.trial_paths(trial_id).stdout)

    def stderr(self, trial_id: int) -> list[str]:
        """See ``TrialBackend``."""
        return _lines(self.trial_paths(trial_id).stderr)

    def _all_trial_results(self, trial_ids: list[int]) -> list[TrialResult]:
        self._take_news()
        results = []
        for trial_id in trial_ids:
            run, trial = self._run_of(trial_id), self._trials[trial_id]
            # The state is known before the log is read: after the end of a run nothing is missed.
            run.reports.extend(run.tail.read(ended=run.key not in self._running))
            result = trial.add_results(run.reports, run.status, run.ended)
            result.failure = run.failure
            results.append(result)
        return results

    def _run_of(self, trial_id: int) -> _Run:
        run = self._runs.get(trial_id)
        if run is None:
            run = self._runs[trial_id] = _Run(LogTail(self.trial_paths(trial_id).stdout), [])
        return run

    def _take_news(self) -> None:
        if self._client is None:
            return
        for event in self._client.news():
            if event["event"] in ("exited", "failed"):
                self._on_end(event)
            elif event["event"] == "preload":
                _tell_of_preload(self.preload, event["reason"])

    def _on_end(self, event: dict[str, Any]) -> None:
        trial_id = self._running.pop(event["key"], None)
        if trial_id is None:  # forgotten
            return
        run, paths = self._runs[trial_id], self.trial_paths(trial_id)
        run.ended = datetime.now()
        if run.wanted is not None:
            run.status = run.wanted
        elif event["event"] == "failed":
            run.status, run.failure = Status.failed, f"could not be started: {event['error']}"
        elif event["code"] == 0:
            run.status = Status.completed
        else:
            run.status, run.failure = Status.failed, _why(event["code"], paths)
        self.gpus.release(event["key"])
        assert self._events is not None
        self._events.unwatch(paths.stdout)

    # -- starting and ending -------------------------------------------------------------------

    def _schedule(self, trial_id: int, config: dict[str, Any]) -> None:
        client, events = self._connect()
        run, paths = self._run_of(trial_id), self.trial_paths(trial_id)
        run.num_runs += 1
        run.key = f"{trial_id}.{run.num_runs}"
        run.status, run.wanted, run.ended, run.failure = Status.in_progress, None, None, None
        self._running[run.key] = trial_id
        try:
            self._prepare(paths, config)
            events.watch(paths.stdout)
            command = self._command(config, paths)
            env = {**os.environ, **self._extra_env, **environment(self.gpus.acquire(run.key))}
            client.spawn(run.key, command, env, paths.folder, paths.stdout, paths.stderr)
        except (OSError, UsageError) as error:
            self._on_end({"event": "failed", "key": run.key, "error": str(error)})
        except BaseException:  # Ctrl-C: closing must not wait for the end of what was never started
            self._forget(run.key)
            raise

    def _command(self, config: dict[str, Any], paths: TrialPaths) -> list[str]:
        """What runs the trial, as an argument list."""
        return trial_command(self._entry_point, config, paths, self.pass_args_as_json)

    def _prepare(self, paths: TrialPaths, config: dict[str, Any]) -> None:
        paths.checkpoints.mkdir(parents=True, exist_ok=True)
        write_json(paths.config, resolve_data_paths(config))
        with open(paths.stdout, "ab") as log:
            if log.tell() and not _ends_a_line(paths.stdout):
                log.write(b"\n")  # a run that was killed may have left half a line

    def _pause_trial(self, trial_id: int, result: dict[str, Any] | None) -> None:
        self._end(trial_id, Status.paused)

    def _stop_trial(self, trial_id: int, result: dict[str, Any] | None) -> None:
        self._end(trial_id, Status.stopped)

    def _end(self, trial_id: int, status: str) -> None:
        run = self._run_of(trial_id)
        if run.key in self._running:
            assert self._client is not None
            run.wanted, run.status = status, Status.stopping
            self._client.stop(run.key, self.grace)
        else:
            run.status = status

    # -- the experiment as a whole -------------------------------------------------------------

    def close(self) -> None:
        """End what runs, gracefully, and release the folder."""
        try:
            if self._client is not None:
                with contextlib.suppress(Exception):
                    self._end_all()
        finally:  # also when somebody does not want to wait any longer
            self._release()

    def _release(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None
        for key in list(self._running):
            self._forget(key)
        if self._events is not None:
            self._events.close()
            self._events = None
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def _forget(self, key: str) -> None:
        """A run whose end nobody will tell."""
        run = self._runs[self._running.pop(key)]
        run.status = run.wanted or Status.stopped
        self.gpus.release(key)

    def _end_all(self) -> None:
        self.stop_all()
        deadline = time.monotonic() + self.grace + 2.0
        while self._running and time.monotonic() < deadline:
            self.wait(0.1)
            self._take_news()

    def _connect(self) -> tuple[ProcessClient, FileEvents]:
        if self._client is None or self._events is None:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._lock = _locked(self._folder / ".lock")
            self._events = FileEvents()
            self._client = ProcessClient(keep_open=[self._lock])
            if self.preload:
                self._client.preload(self.preload, self._entry_point.parent)
        return self._client, self._events

    # -- checkpoints ---------------------------------------------------------------------------

    def checkpoint_trial_path(self, trial_id: int) -> Path:
        """The folder that the trial gets as ``--st_checkpoint_dir``."""
        return self.trial_paths(trial_id).checkpoints

    def copy_checkpoint(self, src_trial_id: int, tgt_trial_id: int) -> None:
        """See ``TrialBackend``."""
        source, target = self.checkpoint_trial_path(src_trial_id), self.checkpoint_trial_path(tgt_trial_id)
        if source.is_dir():
            shutil.rmtree(target, ignore_errors=True)
            shutil.copytree(source, target, symlinks=True, copy_function=_copy_if_there)

    def delete_checkpoint(self, trial_id: int) -> None:
        """See ``TrialBackend``."""
        shutil.rmtree(self.checkpoint_trial_path(trial_id), ignore_errors=True)


def _copy_if_there(source: str, target: str) -> None:
    """A trial that runs on replaces files of its checkpoint while we copy."""
    with contextlib.suppress(FileNotFoundError):
        shutil.copy2(source, target)


def _tell_of_preload(modules: tuple[str, ...], reason: str | None) -> None:
    if reason is None:
        logger.info("trials start warm, with %s imported", ", ".join(modules))
    else:
        logger.warning("trials start cold, preload does not work here: %s", reason)


def _locked(path: Path) -> int:
    """A lock on the trials' folder; the processes of a killed tuner may hold it for a moment."""
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    deadline = time.monotonic() + _LOCK_TIMEOUT
    while True:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                os.close(fd)
                raise ExperimentLockedError(f"trials of another tuner still run in {path.parent}") from None
            time.sleep(0.02)
        else:
            return fd


def _why(code: int, paths: TrialPaths) -> str:
    """Exit code and the last lines that the trial printed."""
    how = f"killed by signal {-code}" if code < 0 else f"exit code {code}"
    lines = _last_lines(paths.stderr) or _last_lines(paths.stdout)
    return "\n".join([f"{how}; log: {paths.stderr}", *(f"    {line}" for line in lines)])


def _last_lines(path: Path) -> list[str]:
    try:
        with open(path, "rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - _TAIL_BYTES))
            text = file.read().decode("utf-8", errors="replace")
    except OSError:
        return []
    return [line for line in text.splitlines() if line.strip()][-_TAIL_LINES:]


def _ends_a_line(path: Path) -> bool:
    with open(path, "rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1) == b"\n"


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8", errors="replace").splitlines(keepends=True)
    except FileNotFoundError:
        return []
