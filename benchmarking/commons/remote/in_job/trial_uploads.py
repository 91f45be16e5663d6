"""Logs of trials that run inside of an experiment's job, on S3 as soon as a trial has ended."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING

from syne_core.paths import ExperimentKeys, TrialKeys, TrialPaths

if TYPE_CHECKING:
    from syne_core.aws.s3_objects import S3Objects

__all__ = ["TrialUploads"]

logger = logging.getLogger(__name__)

#: Of a longer log, the end.
MOST_OF_A_LOG = 64 * 2**20


class TrialUploads:
    """Copies what trials leave to S3, in a thread of its own. What cannot be copied is said in the log.

    :param folder: holds the trials' folders
    :param with_checkpoints: copy checkpoints too, and fetch them where an earlier job of the experiment
        has left any
    """

    def __init__(
        self, objects: S3Objects, keys: ExperimentKeys, folder: Path, with_checkpoints: bool
    ) -> None:
        self._objects, self._keys, self._folder = objects, keys, folder
        self._with_checkpoints = with_checkpoints
        self._sizes: dict[Path, int] = {}
        self._orders: SimpleQueue[int | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._serve, name="trial uploads", daemon=True)
        self._thread.start()

    def fetch(self, trial_ids: Iterable[int]) -> None:
        """Bring back what an earlier job left of these trials; those that have a folder are left alone."""
        for trial_id in trial_ids:
            paths, keys = self._paths(trial_id), self._keys.trial(trial_id)
            if paths.folder.exists():
                continue
            try:
                self._fetch(paths, keys)
            except Exception as error:  # the trial starts anew
                logger.warning("trial %d: what it left could not be fetched: %s", trial_id, error)

    def ended(self, trial_id: int) -> None:
        """A run of the trial has ended."""
        self._orders.put(trial_id)

    def close(self, patience: float) -> None:
        """Copy what has changed since, and end.

        :param patience: seconds to wait for that
        """
        if self._folder.is_dir():
            for folder in sorted(self._folder.iterdir()):
                if folder.name.isdigit() and self._has_news(TrialPaths(folder)):
                    self._orders.put(int(folder.name))
        self._orders.put(None)
        self._thread.join(patience)
        if self._thread.is_alive():
            logger.warning("not all logs of trials are on S3")

    def _serve(self) -> None:
        for trial_id in iter(self._orders.get, None):
            try:
                self._upload(self._paths(trial_id), self._keys.trial(trial_id))
            except Exception as error:
                logger.warning("trial %d: its logs are not on S3: %s", trial_id, error)

    def _paths(self, trial_id: int) -> TrialPaths:
        return TrialPaths(self._folder / str(trial_id))

    def _has_news(self, paths: TrialPaths) -> bool:
        logs = [path for path in (paths.stdout, paths.stderr) if path.is_file()]
        return any(path.stat().st_size != self._sizes.get(path) for path in logs)

    def _upload(self, paths: TrialPaths, keys: TrialKeys) -> None:
        for path, key in ((paths.stdout, keys.stdout), (paths.stderr, keys.stderr)):
            if path.is_file():
                self._sizes[path] = path.stat().st_size
                self._objects.put(key, _end_of(path))
        if self._with_checkpoints and paths.checkpoints.is_dir():
            for file in sorted(path for path in paths.checkpoints.rglob("*") if path.is_file()):
                name = file.relative_to(paths.checkpoints).as_posix()
                with file.open("rb") as content:
                    self._objects.put(keys.checkpoints + name, content)

    def _fetch(self, paths: TrialPaths, keys: TrialKeys) -> None:
        wanted = {keys.stdout: paths.stdout, keys.stderr: paths.stderr}
        for key in self._objects.listing(keys.prefix).keys:
            target = wanted.get(key)
            if self._with_checkpoints and key.startswith(keys.checkpoints):
                target = paths.checkpoints / key[len(keys.checkpoints) :]
            if target is not None and ".." not in target.parts:
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(self._objects.get(key))


def _end_of(path: Path) -> bytes:
    """The content, as it is now: the trial may have been resumed."""
    with path.open("rb") as file:
        size = path.stat().st_size
        file.seek(max(0, size - MOST_OF_A_LOG))
        return file.read(MOST_OF_A_LOG)
