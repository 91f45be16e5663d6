"""What an experiment occupies when it is a SageMaker job: instances, and for how long."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from benchmarking.commons.benchmark_definitions import RealBenchmarkDefinition
from benchmarking.commons.study.experiment import Experiment
from benchmarking.commons.trial_jobs import WARM_POOL_SECONDS, trial_job
from syne_core.errors import UsageError

__all__ = ["Footprint", "footprint", "together"]

# Before the clock of an experiment starts, its job installs requirements; after it stops, trials end.
_LONGER = 1.05
_SET_UP = 600
_END_OF_TRIALS = 1800
# Simulated time says little about real time. Seconds for one experiment, which usually takes a few.
_SIMULATED = 1800
# SageMaker runs a job for 28 days at most.
_LONGEST = 28 * 86_400


@dataclass(frozen=True)
class Footprint:
    """The instances of one job that runs experiments, and of the trials that are jobs themselves.

    :param instance_type: of the job itself, which has one instance
    :param seconds: that it takes if nothing ends it earlier; None: nobody knows, since time is simulated
    :param max_run: seconds after which SageMaker ends it
    :param trial_instance_type: None: trials run inside of the job
    :param trial_instances: that trials occupy at a time
    :param may_end_early: whether something but time may end it
    :param spot: the job itself runs on managed spot
    :param spot_trials: trials do
    :param keep_alive: seconds that instances wait in a warm pool
    """

    instance_type: str
    seconds: float | None
    max_run: int
    trial_instance_type: str | None = None
    trial_instances: int = 0
    may_end_early: bool = False
    spot_trials: bool = False
    keep_alive: int = 0
    spot: bool = False

    @property
    def instances(self) -> Counter[str]:
        """Instances at a time by type."""
        counts = Counter({self.instance_type: 1})
        if self.trial_instance_type is not None:
            counts[self.trial_instance_type] += self.trial_instances
        return counts

    @property
    def spot_types(self) -> set[str]:
        """Instance types of which some are had on managed spot."""
        own = {self.instance_type} if self.spot else set()
        return own | {self.trial_instance_type} if self.spot_trials and self.trial_instance_type else own

    @property
    def quota_uses(self) -> Counter[tuple[str, str]]:
        """Instances at a time by type and the quota that counts: ``"training"`` or ``"spot"``."""
        counts = Counter({(self.instance_type, "spot" if self.spot else "training"): 1})
        if self.trial_instance_type is not None:
            counts[self.trial_instance_type, "spot" if self.spot_trials else "training"] += (
                self.trial_instances
            )
        return counts

    def hours(self, seconds: float) -> Counter[str]:
        """Instance-hours by type, if it takes ``seconds``."""
        hours: Counter[str] = Counter()
        for name, count in self.instances.items():
            hours[name] += count * seconds / 3600  # type: ignore[assignment]
        return hours

    def to_json(self) -> dict[str, Any]:
        """As shown by ``--dry_run --json``."""
        return {
            "job_instance_type": self.instance_type,
            "trial_instance_type": self.trial_instance_type,
            "trial_instances": self.trial_instances,
            "max_run": self.max_run,
        }


def footprint(experiment: Experiment, settings: SimpleNamespace) -> Footprint:
    """What ``experiment`` occupies.

    :param settings: flags by name, those of remote launchers among them
    """
    definition = experiment.definition
    keep_alive = WARM_POOL_SECONDS if settings.warm_pool else 0
    if experiment.backend == "simulator":
        return Footprint(settings.tuner_instance_type, None, _SIMULATED, keep_alive=keep_alive)
    if experiment.backend == "sagemaker" and isinstance(definition, RealBenchmarkDefinition):
        return _with_trials_apart(experiment, definition, settings, keep_alive)
    if definition.instance_type is None:
        raise UsageError(f"benchmark '{experiment.benchmark}' names no instance type; say --instance_type")
    own = definition.estimator_kwargs if isinstance(definition, RealBenchmarkDefinition) else {}
    seconds = experiment.max_wallclock_time
    return Footprint(
        definition.instance_type,
        seconds,
        int(own.get("max_run") or _max_run(seconds, _SET_UP)),
        may_end_early=_may_end_early(experiment),
        keep_alive=keep_alive or int(own.get("keep_alive_period_in_seconds") or 0),
        spot=bool(own.get("use_spot_instances")),
    )


def _with_trials_apart(
    experiment: Experiment, definition: RealBenchmarkDefinition, settings: SimpleNamespace, keep_alive: int
) -> Footprint:
    seconds = experiment.max_wallclock_time
    trial = trial_job(definition, settings, seconds)
    return Footprint(
        settings.tuner_instance_type,
        seconds,
        _max_run(seconds, _SET_UP + _END_OF_TRIALS),
        trial.instance_type,
        trial.instance_count * experiment.n_workers,
        _may_end_early(experiment),
        trial.use_spot_instances,
        keep_alive,
    )


def _may_end_early(experiment: Experiment) -> bool:
    return experiment.max_num_evaluations is not None or experiment.max_cost is not None


def together(footprints: Iterable[Footprint]) -> Footprint:
    """That of one job that runs what ``footprints`` are of, one after the other, on the same instance."""
    some = list(footprints)
    known = [one.seconds for one in some if one.seconds is not None]
    return Footprint(
        some[0].instance_type,
        sum(known) if len(known) == len(some) else None,
        min(sum(one.max_run for one in some), _LONGEST),
        keep_alive=some[0].keep_alive,
    )


def _max_run(seconds: float, more: int) -> int:
    return min(int(_LONGER * seconds) + more, _LONGEST)
