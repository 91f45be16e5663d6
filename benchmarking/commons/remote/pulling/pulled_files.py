"""Which objects of a study are pulled, and where they go: into the layout of a study that ran here."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from benchmarking.commons.remote.records.remote_study import RemoteExperiment, RemoteStudy
from syne_core.errors import ResultsError
from syne_core.paths import ExperimentPaths, TrialPaths, experiment_path, s3_tag

__all__ = ["EVERYTHING", "RESULTS", "PulledFiles"]

#: What is pulled: results, metadata, journal, status and log; or trials' logs and checkpoints too.
RESULTS, EVERYTHING = "results", "all"
_FOLDERS_OF_TRIALS = ("checkpoints", "output")


@dataclass(frozen=True)
class _Home:
    """Where an experiment's objects go. Key and folder differ where names have ``_``."""

    folder: Path
    is_trials: bool


class PulledFiles:
    """Tells for each key of a study whether it is wanted, and its place here.

    :param what: ``RESULTS`` or ``EVERYTHING``
    :raises ResultsError: an experiment's name is no path below the root of all experiments
    """

    def __init__(self, study: RemoteStudy, what: str) -> None:
        self._study, self._what = study, what
        self._homes: dict[str, _Home] = {}
        for experiment in study.experiments:
            folder = _folder(experiment)
            self._homes[experiment.keys.leaf] = _Home(folder, False)
            self._homes[experiment.keys.trials] = _Home(folder, True)

    @property
    def folder(self) -> Path:
        """The study's folder here."""
        return experiment_path(self._study.tag)

    def target(self, key: str) -> Path | None:
        """Where the object goes; None: nowhere."""
        leaf, rest = _split(key)
        home = self._homes.get(leaf)
        parts = rest.split("/")
        if home is None or not all(map(_is_safe, parts)):
            return None
        trials = ExperimentPaths(home.folder).trials
        if home.is_trials:
            wanted = self._what == EVERYTHING and parts[0].isdecimal() and _is_of_trial(parts[1:])
            return trials.joinpath(*parts) if wanted else None
        wanted = self._what == EVERYTHING or (len(parts) == 1 and parts[0] in _result_files())
        return home.folder.joinpath(*parts) if wanted else None

    def skipped_folder(self, key: str) -> str | None:
        """The folder around ``key`` of which nothing is wanted."""
        leaf, rest = _split(key)
        home = self._homes.get(leaf)
        first, has_more, _ = rest.partition("/")
        if home is None:
            return leaf or None
        if self._what == EVERYTHING:
            return f"{leaf}{first}/" if home.is_trials and has_more and first.startswith("_") else None
        if home.is_trials:
            return leaf
        return f"{leaf}{first}/" if has_more else None

    def sync_command(self) -> str:
        """What ``aws`` would have to be told to do the same."""
        source, target = self._study.uri, f"{self.folder}/"
        words = ["aws", "s3", "sync", source, target]
        if self._what == EVERYTHING:
            for left_out in ("_status/*", "_study/*", "*-trials/_*"):
                words += ["--exclude", left_out]
        else:
            words += ["--exclude", "*"]
            for name in _result_files():
                words += ["--include", f"*/{name}"]
            words += ["--exclude", "*-trials/*", "--exclude", f"*/{ExperimentPaths(Path()).trials}/*"]
        return shlex.join(words)

    @property
    def differs_from_sync(self) -> bool:
        """Whether ``sync_command`` would call folders otherwise, since S3's names have ``-`` for ``_``."""
        return any(s3_tag(experiment.name) != experiment.name for experiment in self._study.experiments)


def _result_files() -> tuple[str, ...]:
    """Names of an experiment's own files."""
    paths = ExperimentPaths(Path())
    files = (paths.journal, paths.metadata, paths.results, paths.status, paths.log)
    return tuple(file.name for file in files)


def _folder(experiment: RemoteExperiment) -> Path:
    parts = PurePosixPath(experiment.name).parts
    if len(parts) != 3 or not all(map(_is_safe, parts)):
        raise ResultsError(f"The manifest names an experiment '{experiment.name}', which is no folder here")
    return experiment_path(experiment.name)


def _is_of_trial(parts: list[str]) -> bool:
    """Whether a trial's object is a log, or part of its checkpoints or output."""
    logs = {path.name for path in (TrialPaths(Path()).stdout, TrialPaths(Path()).stderr)}
    return parts[0] in logs if len(parts) == 1 else parts[:1] != [] and parts[0] in _FOLDERS_OF_TRIALS


def _is_safe(part: str) -> bool:
    """Whether a file may be called so: nothing that leads elsewhere, and nothing half-written (``.name``)."""
    return bool(part) and not part.startswith(".") and "\\" not in part and "\0" not in part


def _split(key: str) -> tuple[str, str]:
    """``syne-tune/tag/method-seed/name/`` and the rest; an empty first part if there are fewer folders."""
    parts = key.split("/", 4)
    return ("/".join(parts[:4]) + "/", parts[4]) if len(parts) == 5 else ("", key)
