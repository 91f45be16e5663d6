"""Every local path and S3 key: who asks where something lies asks here.

The layout of an experiment's folder is part of the contract (docs/architecture.md)::

    {root}/{tag}/{method}-{seed}/{tag}-{benchmark}-{seed}-{id8}/
        journal.jsonl metadata.json results.csv.zip status.json experiment.log
        trials/{trial_id}/{config.json,std.out,std.err,checkpoints/}

On S3 the same folder lies below ``syne-tune/``, with the trials that are SageMaker jobs beside it::

    syne-tune/{experiment}/...
    syne-tune/{experiment}-trials/_reports/{what their runs report}
    syne-tune/{experiment}-trials/{trial_id}/{job-r0.json,checkpoints/,output/,std.out,std.err}
    syne-tune/{experiment}-trials/_experiment/{job-a0.json,output/}
    syne-tune/{tag}/_status/{id8}.{state}
    syne-tune/{tag}/_study/{manifest.json,driver.json,spending.json}
    syne-tune/bundles/{sha256}/{runner.pyz,source.tar.gz}
    syne-tune/_fit/{job}/{document}.json
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

__all__ = [
    "DATA_KEYS",
    "FOLDER_VARIABLE",
    "RESERVED_TAGS",
    "TRIALS_VARIABLE",
    "ExperimentKeys",
    "ExperimentPaths",
    "FitKeys",
    "StudyKeys",
    "TrialKeys",
    "TrialPaths",
    "bundle_prefix",
    "data_cache",
    "experiment_job_name",
    "experiment_name",
    "experiment_path",
    "fit_folder",
    "fit_job_name",
    "fit_job_prefix",
    "is_valid_tag",
    "resolve_data_paths",
    "results_index",
    "s3_tag",
    "studies_prefix",
    "trial_job_name",
]

ROOT_VARIABLE = "SYNETUNE_FOLDER"
DATA_VARIABLE = "SYNEBENCH_DATA"
FIT_VARIABLE = "SYNEBENCH_FIT_FOLDER"
INDEX_VARIABLE = "SYNEBENCH_INDEX"
DATA_KEYS = ("dataset_path", "input_data_dir")
#: Folders beside those of studies on S3: no study can be called so.
RESERVED_TAGS = frozenset({"bundles", "_fit"})
#: Where the one experiment of a SageMaker job lies there: its name below the root is a link to this folder.
FOLDER_VARIABLE = "SYNEBENCH_EXPERIMENT_FOLDER"
#: Where the folders of its trials lie, outside of that folder, which is copied to S3 all the time.
TRIALS_VARIABLE = "SYNEBENCH_TRIALS_FOLDER"


def experiment_path(tuner_name: str | None = None, local_path: str | Path | None = None) -> Path:
    """The folder of an experiment, or the root of all if no name is given.

    :param tuner_name: name below the root, may contain ``/``
    :param local_path: root to use instead of ``$SYNETUNE_FOLDER`` or ``~/syne-tune``
    """
    folder = _absolute(local_path or os.environ.get(ROOT_VARIABLE) or "~/syne-tune")
    return folder / tuner_name if tuner_name else folder


def experiment_name(tag: str, method: str, seed: int, benchmark: str, id8: str) -> str:
    """Name of an experiment's folder below the root; ``id8`` is the start of its identity."""
    return f"{tag}/{method}-{seed}/{tag}-{benchmark}-{seed}-{id8}"


def s3_tag(tag: str) -> str:
    """How ``tag`` appears in S3 keys and job names, where ``_`` is not allowed."""
    return tag.replace("_", "-")


def is_valid_tag(tag: str) -> bool:
    """Letters, digits, ``-``, ``_``, starting and ending with a letter or digit; at most 60.

    One of ``RESERVED_TAGS`` it may not be.
    """
    if s3_tag(tag) in RESERVED_TAGS:
        return False
    return re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9_-]{0,58}[A-Za-z0-9])?", tag) is not None


def data_cache() -> Path:
    """The folder that holds data sets, shared by all trials: ``$SYNEBENCH_DATA`` or the user's cache."""
    chosen = os.environ.get(DATA_VARIABLE)
    if chosen:
        return _absolute(chosen)
    return _absolute(os.environ.get("XDG_CACHE_HOME") or "~/.cache") / "synebench" / "data"


def fit_folder() -> Path:
    """Where models that are trained on this machine lie: ``$SYNEBENCH_FIT_FOLDER`` or the user's own."""
    chosen = os.environ.get(FIT_VARIABLE)
    if chosen:
        return _absolute(chosen)
    return _absolute(os.environ.get("XDG_DATA_HOME") or "~/.local/share") / "synebench" / "fit"


def results_index() -> Path:
    """The folder that holds parsed results: ``$SYNEBENCH_INDEX`` or the user's cache."""
    chosen = os.environ.get(INDEX_VARIABLE)
    if chosen:
        return _absolute(chosen)
    return _absolute(os.environ.get("XDG_CACHE_HOME") or "~/.cache") / "synebench" / "index"


def resolve_data_paths(config: Mapping[str, object]) -> dict[str, object]:
    """``config`` with a relative ``dataset_path`` or ``input_data_dir`` placed below the shared cache."""
    resolved = dict(config)
    for key in DATA_KEYS:
        value = resolved.get(key)
        if isinstance(value, str) and "://" not in value:
            resolved[key] = str(data_cache() / os.path.expanduser(value))
    return resolved


def _absolute(path: str | Path) -> Path:
    """Trials run in folders of their own, where a relative path would mean another place."""
    return Path(os.path.abspath(os.path.expanduser(path)))


@dataclass(frozen=True)
class TrialPaths:
    """The files of one trial."""

    folder: Path

    @property
    def config(self) -> Path:
        """The configuration, JSON."""
        return self.folder / "config.json"

    @property
    def stdout(self) -> Path:
        """What its runs printed to standard output."""
        return self.folder / "std.out"

    @property
    def stderr(self) -> Path:
        """What they printed to standard error."""
        return self.folder / "std.err"

    @property
    def checkpoints(self) -> Path:
        """The folder that its runs get as ``--st_checkpoint_dir``."""
        return self.folder / "checkpoints"


@dataclass(frozen=True)
class ExperimentPaths:
    """The files of one experiment."""

    folder: Path

    @property
    def journal(self) -> Path:
        """See ``syne_core.journal``."""
        return self.folder / "journal.jsonl"

    @property
    def metadata(self) -> Path:
        """What ran, and where; JSON."""
        return self.folder / "metadata.json"

    @property
    def results(self) -> Path:
        """See ``syne_core.results_table``."""
        return self.folder / "results.csv.zip"

    @property
    def status(self) -> Path:
        """See ``syne_core.experiment_status``."""
        return self.folder / "status.json"

    @property
    def log(self) -> Path:
        """What the tuner logged."""
        return self.folder / "experiment.log"

    @property
    def trials(self) -> Path:
        """The folder of the trials."""
        return self.folder / "trials"

    def trial(self, trial_id: int) -> TrialPaths:
        """The files of trial ``trial_id``."""
        return TrialPaths(self.trials / str(trial_id))


_S3_ROOT = "syne-tune"
_MOST_OF_A_JOB_NAME = 63
#: Leaves room for ``-`` and seven digits.
_MOST_OF_A_FIT_PREFIX = 55


@dataclass(frozen=True)
class TrialKeys:
    """The S3 keys of a trial that is a SageMaker job; ``prefix`` ends with ``/``."""

    prefix: str

    @property
    def checkpoints(self) -> str:
        """Prefix of what its jobs find and leave in ``/opt/ml/checkpoints``."""
        return f"{self.prefix}checkpoints/"

    @property
    def output(self) -> str:
        """Prefix of the model and output archives of its jobs."""
        return f"{self.prefix}output/"

    @property
    def stdout(self) -> str:
        """What its runs printed to standard output, where they were processes of the experiment's job."""
        return f"{self.prefix}std.out"

    @property
    def stderr(self) -> str:
        """What they printed to standard error."""
        return f"{self.prefix}std.err"

    def job(self, run: int) -> str:
        """What the runner is to do in run ``run`` (0, then 1 for each time it was resumed); JSON."""
        return f"{self.prefix}job-r{run}.json"


@dataclass(frozen=True)
class ExperimentKeys:
    """The S3 keys of an experiment.

    :param name: that of the experiment's folder below the root, see ``experiment_name``
    """

    name: str

    @property
    def leaf(self) -> str:
        """Prefix that mirrors the experiment's folder."""
        return f"{_S3_ROOT}/{s3_tag(self.name)}/"

    @property
    def trials(self) -> str:
        """Prefix of its trials."""
        return f"{_S3_ROOT}/{s3_tag(self.name)}-trials/"

    @property
    def reports(self) -> str:
        """Prefix below which all runs of all trials report, so that one listing finds everything new."""
        return f"{self.trials}_reports/"

    def trial(self, trial_id: int) -> TrialKeys:
        """The keys of trial ``trial_id``."""
        return TrialKeys(f"{self.trials}{trial_id}/")

    def document(self, attempt: int) -> str:
        """What the runner is to do where the experiment itself is a job; JSON. Attempts count from 0."""
        return f"{self.trials}_experiment/job-a{attempt}.json"

    @property
    def output(self) -> str:
        """Prefix of the model and output archives of the jobs that are the experiment itself."""
        return f"{self.trials}_experiment/output/"


@dataclass(frozen=True)
class StudyKeys:
    """The S3 keys of a study whose experiments are SageMaker jobs."""

    tag: str

    @property
    def root(self) -> str:
        """Prefix of the study."""
        return f"{_S3_ROOT}/{s3_tag(self.tag)}/"

    @property
    def status(self) -> str:
        """Prefix of the markers, from whose names alone the state of every experiment can be read."""
        return f"{self.root}_status/"

    def marker(self, id8: str, state: str) -> str:
        """Its presence says that experiment ``id8`` is in ``state``."""
        return f"{self.status}{id8}.{state}"

    @property
    def manifest(self) -> str:
        """The resolved experiments; JSON."""
        return f"{self.root}_study/manifest.json"

    @property
    def spending(self) -> str:
        """What its jobs have used so far, for launches to come; JSON."""
        return f"{self.root}_study/spending.json"

    @property
    def driver(self) -> str:
        """Who launches the study's experiments now; JSON."""
        return f"{self.root}_study/driver.json"


@dataclass(frozen=True)
class FitKeys:
    """The S3 keys of a job that trains one model."""

    job: str

    def document(self, digest: str) -> str:
        """What the runner is to do; JSON. Two who want the same name for a job do not share it."""
        return f"{_S3_ROOT}/_fit/{self.job}/{digest[:16]}.json"


def studies_prefix() -> str:
    """Below which every study has a folder, and the bundles have one too."""
    return f"{_S3_ROOT}/"


def bundle_prefix(sha256: str) -> str:
    """Where the bundle with this digest lies: ``runner.pyz`` and ``source.tar.gz``."""
    return f"{_S3_ROOT}/bundles/{sha256}/"


def trial_job_name(tag: str, id8: str, trial_id: int, run: int) -> str:
    """Name of the SageMaker job of a trial's run: the same whoever asks, so that jobs can be adopted."""
    start = f"{id8}-{trial_id}-r{run}-"
    return (start + s3_tag(tag))[:_MOST_OF_A_JOB_NAME].rstrip("-")


def experiment_job_name(tag: str, method: str, seed: int, id8: str, attempt: int) -> str:
    """Name of the SageMaker job that runs an experiment: ``{tag}-{method}-{seed}-{id8}-a{attempt}``.

    Of a long tag and method as much as fits; what tells jobs apart is never cut.
    """
    end = f"-{seed}-{id8}-a{attempt}"
    left = _MOST_OF_A_JOB_NAME - len(end)
    method = re.sub(r"[^A-Za-z0-9]+", "-", method).strip("-")[: max(1, left // 2)].rstrip("-")
    front = s3_tag(tag)[: left - len(method) - 1].rstrip("-")
    return f"{front}-{method}{end}"


def fit_job_name(tag: str, number: int) -> str:
    """Name of the job that trains ``tag`` (``foo/model``) for the ``number``-th time: ``foo-model-1``."""
    return f"{fit_job_prefix(tag)}-{number}"


def fit_job_prefix(tag: str) -> str:
    """How the names of the jobs that train ``tag`` begin, before ``-`` and a number."""
    return re.sub(r"[^A-Za-z0-9]+", "-", tag).strip("-")[:_MOST_OF_A_FIT_PREFIX].rstrip("-") or "model"
