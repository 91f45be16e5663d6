"""The flags that launchers of all back-ends share, and those of ``extra_args``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from benchmarking.commons.durations import EXAMPLES, as_duration
from benchmarking.commons.flags import Flag, as_backend, as_bool, as_bucket, as_s3_folder, as_tag
from syne_core.errors import UsageError, nearest_name

__all__ = [
    "ALL_FLAGS",
    "BACKEND_FLAG",
    "BASE_FLAGS",
    "DEFAULT_BENCHMARK",
    "LOCAL_FLAGS",
    "METHODS_FLAG",
    "REMOTE_FLAGS",
    "SAGEMAKER_FLAGS",
    "SIMULATOR_FLAGS",
    "ExtraArgs",
    "extra_flags",
    "mistakes_between",
]

DEFAULT_BENCHMARK = "resnet_cifar10"

ExtraArgs = Sequence[Mapping[str, Any]]

_EXTRA_KEYS = ("name", "type", "default", "help", "required")


def _flag(name: str, parse: Any, text: str, default: Any = None, **more: Any) -> Flag:
    return Flag(name, parse, text, default, in_environment=True, **more)


def _switch(name: str, text: str, **more: Any) -> Flag:
    return Flag(name, as_bool, text, False, switch=True, **more)


def _delay(name: str, text: str) -> Flag:
    return _flag(f"delay_{name}", as_duration, text, 0.0, bound="not negative")


BASE_FLAGS = (
    _flag("experiment_tag", as_tag, "name of the study; results go to ~/syne-tune/TAG/", required=True),
    _flag(
        "benchmark",
        str,
        f"benchmark to run: a name, or FILE.yaml or FILE.py that defines one; default: {DEFAULT_BENCHMARK}; "
        "with the simulator, all that it can run",
        many=True,
        path=True,
    ),
    _flag("method", str, "method to run; default: all methods, one after the other", many=True),
    _flag("num_seeds", int, "run seeds start_seed, ..., num_seeds - 1", 1),
    _flag("start_seed", int, "first seed", 0, bound="not negative"),
    _flag("n_workers", int, "trials at a time; default: the benchmark's", many=True, bound="positive"),
    _flag(
        "max_wallclock_time",
        as_duration,
        f"length of an experiment: {EXAMPLES}; default: the benchmark's",
        bound="positive",
    ),
    _flag("max_num_evaluations", int, "end an experiment after so many reports", bound="positive"),
    _flag("max_failures", int, "this many trials may fail in an experiment", 3, bound="not negative"),
    _flag(
        "random_seed", int, "master seed of the study; default: derived from the tag", bound="not negative"
    ),
    _flag(
        "scale_max_wallclock_time",
        as_bool,
        "with n_workers = A below the benchmark's B, multiply max_wallclock_time by B / A",
        False,
    ),
    _flag("n_parallel", int, "experiments at once on this machine", 1, bound="positive"),
    Flag("study", Path, "YAML file that gives flags; those given here count more", in_files=False),
    _switch("restart", "start over instead of skipping or continuing what exists"),
    _switch("dry_run", "show what would run, start nothing"),
    _switch("json", "print the plan (--dry_run) or the summary as JSON"),
    _switch("debug", "show tracebacks", in_files=False),
    Flag("run_one", str, "run the experiment with this id only", in_files=False, hidden=True),
    Flag("run_many", int, "run experiments as asked; answer to this pipe", in_files=False, hidden=True),
)

_DELETE_CHECKPOINTS = _flag(
    "delete_checkpoints", as_bool, "remove checkpoints of trials that can no longer continue", False
)
_MAX_COST = _flag(
    "max_cost",
    float,
    "end an experiment at this cost, in USD; on this machine, needs price_per_hour",
    bound="positive",
)

#: Of the local back-end.
LOCAL_FLAGS = (
    _flag("num_gpus_per_trial", int, "GPUs for each trial, where there are any", 1, bound="not negative"),
    _flag("gpus_to_use", int, "use only these GPUs, as nvidia-smi numbers them", many=True),
    _flag("oversubscribe_gpus", as_bool, "let trials share GPUs when none is free", False),
    _DELETE_CHECKPOINTS,
    _flag("price_per_hour", float, "of a worker; trials then report their cost", bound="positive"),
    _MAX_COST,
)

_JOB_FLAGS = (
    _flag(
        "instance_type",
        str,
        "SageMaker instance type of a trial, or of an experiment that runs its trials in its own job; "
        "default: the benchmark's",
    ),
    _flag("warm_pool", as_bool, "keep instances for 10 minutes after a job, for the next one", False),
    _flag(
        "s3_bucket", as_bucket, "bucket for results, checkpoints and code; default: sagemaker-REGION-ACCOUNT"
    ),
    _flag(
        "dataset",
        as_s3_folder,
        "s3://BUCKET/FOLDER with the benchmarks' data, which jobs get as an input channel: a relative "
        "dataset_path lies in it; default: scripts download their data",
    ),
    _flag("role", str, "name or ARN of the role that jobs run as; default: $AWS_ROLE, else found"),
    _flag("region", str, "AWS region; default: that of the AWS configuration"),
    _flag(
        "estimator_fit_backoff_wait_time",
        as_duration,
        "longest wait before the next attempt where quota or capacity is lacking",
        600.0,
        bound="positive",
    ),
    _switch("yes", "do not ask before spending money", in_files=False),
)

#: Of the SageMaker back-end.
SAGEMAKER_FLAGS = (
    *_JOB_FLAGS,
    _flag("instance_count", int, "instances of a trial; default: the benchmark's", bound="positive"),
    _flag("use_spot_instances", as_bool, "managed spot training: cheaper, may be interrupted", False),
    _flag(
        "start_jobs_without_delay", as_bool, "do not wait until the job of a stopped trial has ended", False
    ),
    _DELETE_CHECKPOINTS,
    _MAX_COST,
)

#: Of the simulator; times are simulated seconds.
SIMULATOR_FLAGS = (
    _flag("blackbox", str, "what answers for the benchmark: a name or a folder", path=True),
    _flag("surrogate", str, "answers off the table: nearest, knn, forest, extra_trees; none: trials fail"),
    _flag("blackbox_seed", int, "the repetition that all trials see; default: drawn", bound="not negative"),
    _flag("restrict_configurations", as_bool, "methods choose among the rows of the table only", False),
    _flag("support_checkpointing", as_bool, "resumed trials go on where they were paused", True),
    _flag("count_decision_time", as_bool, "the time that methods take counts; results then vary", False),
    _delay("start", "from start or resume to the beginning of training"),
    _delay("report", "from a report to its arrival"),
    _delay("complete", "from the last report of a trial to the moment when its end is known"),
    _delay("stop", "from the decision to stop to the moment when the trial hears of it"),
    _delay("end_after_stop", "from that moment to a free worker"),
)

#: Of launchers whose experiments are SageMaker jobs, whatever the back-end inside.
REMOTE_FLAGS = (
    *_JOB_FLAGS,
    _flag(
        "tuner_instance_type",
        str,
        "instance type of an experiment that needs no GPU itself, as its trials are simulated or are jobs",
        "ml.c5.xlarge",
    ),
    _flag("max_parallel_jobs", int, "experiments at a time; default: as the quota allows", bound="positive"),
    _flag("study_max_cost", float, "refuse what may cost more than this, in USD on demand", bound="positive"),
    _flag("study_max_hours", float, "refuse what may take more instance-hours than this", bound="positive"),
    _flag(
        "upload_checkpoints",
        as_bool,
        "copy checkpoints of trials that run inside of a job to S3, where another attempt finds them",
        False,
    ),
    _switch("retry_failed", "run experiments again that failed, and no others"),
    _switch("wait", "wait until all experiments have ended"),
    _switch("check_quota", "with --dry_run: ask the account for its quotas and for what exists already"),
)

#: Only where the command decides about the back-end.
BACKEND_FLAG = _flag("backend", as_backend, "where trials run: local, sagemaker or simulator", "local")

#: Only where the methods are not the launcher's own.
METHODS_FLAG = _flag("methods", Path, "Python file whose dictionary 'methods' replaces the registered ones")

#: Those that ``synebench run`` and ``synebench launch`` take, with one back-end or another.
ALL_FLAGS = tuple(
    dict.fromkeys(
        flag
        for flags in (BASE_FLAGS, LOCAL_FLAGS, SAGEMAKER_FLAGS, SIMULATOR_FLAGS, REMOTE_FLAGS)
        for flag in (*flags, METHODS_FLAG, BACKEND_FLAG)
    )
)


def extra_flags(extra_args: ExtraArgs, taken: Sequence[Flag]) -> list[Flag]:
    """The flags that ``extra_args`` describes.

    :raises UsageError: for a key or name that will not do
    """
    flags: list[Flag] = []
    for described in extra_args:
        flags.append(_extra_flag(described, {"help", *(flag.name for flag in [*taken, *flags])}))
    return flags


def mistakes_between(settings: SimpleNamespace) -> list[str]:
    """Mistakes that no flag can know of alone; values that could not be read are None."""
    if getattr(settings, "max_cost", None) is not None and getattr(settings, "price_per_hour", 0) is None:
        return ["--max_cost needs --price_per_hour: without a price, trials report no cost"]
    start, stop = settings.start_seed, settings.num_seeds
    if start is not None and stop is not None and start >= stop:
        seeds = f"here --start_seed {start} --num_seeds {stop}"
        return [f"No seeds: seeds are start_seed, ..., num_seeds - 1, {seeds}"]
    return []


def _extra_flag(described: Mapping[str, Any], taken: set[str]) -> Flag:
    for key in described:
        if key not in _EXTRA_KEYS:
            near = nearest_name(key, _EXTRA_KEYS)
            hint = f" Did you mean '{near}'?" if near else ""
            raise UsageError(f"extra_args: unknown key '{key}'.{hint} Valid: {', '.join(_EXTRA_KEYS)}")
    name = str(described.get("name", "")).removeprefix("--")
    if not name.isidentifier() or name in taken:
        raise UsageError(f"extra_args: '{name}' is taken or is no valid name")
    parse = described.get("type", str)
    return Flag(
        name,
        as_bool if parse is bool else parse,
        described.get("help", ""),
        described.get("default"),
        described.get("required", False),
    )
