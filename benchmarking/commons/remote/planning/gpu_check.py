"""Whether the instances of jobs have a GPU for each of the trials that run inside."""

from __future__ import annotations

from collections.abc import Iterable
from types import SimpleNamespace

from benchmarking.commons.study.experiment import Experiment
from syne_core.aws.instance_gpus import GPUS, instance_gpus
from syne_core.aws.prices import TRAINING_PRICES
from syne_core.errors import UsageError

__all__ = ["check_gpus"]


def check_gpus(experiments: Iterable[Experiment], settings: SimpleNamespace) -> None:
    """Refuse what the job would refuse when it is paid for: trials find no GPU that is free.

    Instances without GPUs pass, since nothing is assigned there, as do those that our table does not have.

    :param settings: flags by name, those of the local back-end among them
    :raises UsageError: naming each benchmark whose trials need more GPUs than there are
    """
    per_trial, chosen = settings.num_gpus_per_trial, settings.gpus_to_use
    mistakes = {}
    for experiment in experiments:
        instance_type = experiment.definition.instance_type or ""
        there = instance_gpus(instance_type)
        if there is None:
            continue
        usable = there if chosen is None else min(there, len(chosen))
        if per_trial * (1 if settings.oversubscribe_gpus else experiment.n_workers) > usable:
            who = experiment.benchmark, experiment.n_workers, instance_type
            bigger = _cheapest(experiment.n_workers * per_trial) if chosen is None else None
            mistakes[who] = _mistake(*who, per_trial, usable, bigger)
    if mistakes:
        raise UsageError.joined(mistakes.values())


def _cheapest(gpus: int) -> str | None:
    """The instance type with so many GPUs that costs least, by our tables."""
    enough = [name for name, count in GPUS.items() if count >= gpus and name in TRAINING_PRICES]
    return min(enough, key=TRAINING_PRICES.__getitem__, default=None)


def _mistake(
    benchmark: str, n_workers: int, instance_type: str, per_trial: int, usable: int, bigger: str | None
) -> str:
    ways = [f"--instance_type {bigger}"] if bigger else []
    if usable >= per_trial:
        ways += [f"--n_workers {usable // per_trial}", "--oversubscribe_gpus 1, with which trials share"]
    else:
        ways += [f"--num_gpus_per_trial {usable}"]
    trials = "1 trial needs" if n_workers == 1 else f"{n_workers} trials at a time need"
    return (
        f"benchmark {benchmark}: {trials} {n_workers * per_trial} GPUs, of {instance_type} {usable} can be "
        f"used; say {', or '.join(ways)}"
    )
