"""Where an experiment lies on S3, and what its jobs are called."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from syne_core.errors import UsageError
from syne_core.paths import ExperimentKeys, TrialKeys, experiment_path, trial_job_name

__all__ = ["ExperimentHome", "bucket_of"]

_ID8 = re.compile(r"-([0-9a-f]{8})$")
_JOB = re.compile(r"([0-9a-f]{8})-(\d+)-r(\d+)(-.*)?")


@dataclass(frozen=True)
class ExperimentHome:
    """Names of one experiment.

    :param name: that of its folder below the root of all experiments
    :param base_job_name: ends the names of jobs instead of the tag
    """

    name: str
    base_job_name: str | None = None

    @classmethod
    def of_folder(cls, folder: Path, base_job_name: str | None = None) -> ExperimentHome:
        """The home of the experiment in ``folder``; one outside of the root is called after its path."""
        root = experiment_path()
        if folder.is_relative_to(root) and folder != root:
            return cls(_key(folder.relative_to(root).as_posix()), base_job_name)
        return cls(f"{_key(folder.name)}-{_digest(str(folder))}", base_job_name)

    @property
    def keys(self) -> ExperimentKeys:
        """Its keys on S3."""
        return ExperimentKeys(self.name)

    @property
    def id8(self) -> str:
        """How the names of its jobs begin: the start of its identity, else of a digest of its name."""
        found = _ID8.search(self.name)
        return found.group(1) if found else _digest(self.name)

    def trial(self, trial_id: int) -> TrialKeys:
        """The keys of a trial."""
        return self.keys.trial(trial_id)

    def job_name(self, trial_id: int, run: int) -> str:
        """The name of a run's job."""
        tag = self.base_job_name or self.name.partition("/")[0]
        return trial_job_name(re.sub(r"[^A-Za-z0-9]+", "-", tag).strip("-"), self.id8, trial_id, run)

    def trial_of(self, job_name: str) -> tuple[int, int] | None:
        """Trial and run of one of our jobs; None for others."""
        found = _JOB.fullmatch(job_name)
        if found is None or found.group(1) != self.id8:
            return None
        return int(found.group(2)), int(found.group(3))


def bucket_of(s3_path: str | None) -> str | None:
    """The bucket in ``s3://bucket``.

    :raises UsageError: it is something else
    """
    if s3_path is None:
        return None
    found = re.fullmatch(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])/?", s3_path)
    if found is None:
        raise UsageError(
            f"s3_path must be a bucket, 's3://my-bucket', is '{s3_path}'; experiments have their places there"
        )
    return found.group(1)


def _key(text: str) -> str:
    """``text`` without what is awkward in S3 keys."""
    return re.sub(r"[^A-Za-z0-9/._-]", "-", text)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]
