"""Whether there is room for one more job: quotas, refusals, and what the study may cost."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from benchmarking.commons.remote.queue.pacing import Backoff
from benchmarking.commons.remote.queue.queue_model import Limits, QueuedJob, Use
from benchmarking.commons.remote.records.markers import FAILED, FINISHED, STOPPED, State
from syne_core.errors import RefusedError

__all__ = ["Budget", "InstanceRoom", "refuse_what_never_fits"]

_ROUNDING = 1e-6


def refuse_what_never_fits(jobs: Iterable[QueuedJob], quotas: Mapping[Use, int]) -> None:
    """See that each job fits into the quotas when it is alone.

    :raises RefusedError: names every instance type that is short, and how much is needed
    """
    short: Counter[Use] = Counter()
    for job in jobs:
        for use, count in job.needs.items():
            if use in quotas and count > quotas[use]:
                short[use] = max(short[use], count)
    if short:
        lines = [
            f"An experiment needs {count} {name} at a time; the quota for {_USES.get(kind, kind)} is "
            f"{quotas[name, kind]}"
            for (name, kind), count in sorted(short.items())
        ]
        raise RefusedError("\n".join([*lines, "Ask AWS for more (Service Quotas), or use fewer workers."]))


_USES = {"training": "training jobs", "spot": "spot training jobs"}


class InstanceRoom:
    """Instances in use by the study's jobs, and types of which AWS just had none.

    A job holds its instances, and those that its trials may take, until it has ended: also while it is being
    stopped. A refusal says that no more can be had than are in use: that many are replaced at once when jobs
    end, and one more is asked for after pauses that get longer.
    """

    def __init__(self, limits: Limits, generator: random.Random) -> None:
        self._limits, self._generator = limits, generator
        self._in_use: Counter[Use] = Counter()
        self._most: dict[Use, int] = {}
        self._next_try: dict[Use, float] = {}
        self._backoffs: dict[Use, Backoff] = {}

    def take(self, job: QueuedJob) -> None:
        """The job has its instances."""
        self._in_use.update(job.needs)
        use = job.own
        if use in self._most and self._in_use[use] > self._most[use]:
            for known in (self._most, self._next_try, self._backoffs):
                known.pop(use)

    def release(self, job: QueuedJob) -> None:
        """The job has ended."""
        self._in_use.subtract(job.needs)

    def refuse(self, job: QueuedJob, now: float) -> None:
        """No instance was to be had for the job itself."""
        use, limits = job.own, self._limits
        if use not in self._backoffs:
            self._backoffs[use] = Backoff(limits.first_wait, limits.longest_wait, self._generator)
        self._most[use] = self._in_use[use]
        self._next_try[use] = now + self._backoffs[use].pause()

    def lacks(self, job: QueuedJob, now: float) -> frozenset[Use]:
        """Of what there is not enough for the job."""
        quotas = self._limits.quotas
        return frozenset(
            use
            for use, count in job.needs.items()
            if (use in quotas and self._in_use[use] + count > quotas[use])
            or (self._next_try.get(use, 0.0) > now and self._in_use[use] + count > self._most[use])
        )

    def next_try(self, now: float) -> float | None:
        """When the first refusal may be over; None if there is none."""
        return min((due for due in self._next_try.values() if due > now), default=None)


@dataclass(frozen=True)
class _Charge:
    """A job that runs: whose, since when, and what it takes at most."""

    id8: str
    since: float
    max_seconds: float
    hours: float
    usd: float

    def used(self, now: float) -> tuple[float, float]:
        share = min(max(now - self.since, 0.0) / self.max_seconds, 1.0) if self.max_seconds > 0 else 1.0
        return share * self.hours, share * self.usd


class Budget:
    """What the study has used of its caps: a job that may exceed them is not started.

    A job counts with all that it may take until it has ended, and then with what it took.

    :param notes: as ``to_notes`` gave them in an earlier launch of the study
    """

    def __init__(self, limits: Limits, notes: Mapping[str, Any]) -> None:
        self._limits = limits
        self._hours, self._usd = float(notes.get("hours", 0.0)), float(notes.get("usd", 0.0))
        self._charges: dict[str, _Charge] = {
            name: _Charge(str(id8), *map(float, values))
            for name, (id8, *values) in dict(notes.get("jobs", {})).items()
        }

    @property
    def is_limited(self) -> bool:
        """Whether there are caps."""
        return self._limits.max_cost is not None or self._limits.max_hours is not None

    def why_not(self, job: QueuedJob) -> str | None:
        """What speaks against starting the job; None: nothing."""
        limits = self._limits
        if limits.max_cost is not None:
            if job.usd is None:
                return f"the price of {job.instance_type} is not known, so study_max_cost cannot be kept"
            usd = self._usd + sum(charge.usd for charge in self._charges.values())
            if usd + job.usd > limits.max_cost + _ROUNDING:
                return f"study_max_cost {limits.max_cost:g} USD: {usd:.2f} are taken, it needs {job.usd:.2f}"
        if limits.max_hours is not None:
            hours = self._hours + sum(charge.hours for charge in self._charges.values())
            if hours + job.hours > limits.max_hours + _ROUNDING:
                return (
                    f"study_max_hours {limits.max_hours:g}: {hours:.2f} instance-hours are taken, "
                    f"it needs {job.hours:.2f}"
                )
        return None

    def is_exceeded(self, now: float) -> bool:
        """Whether what was used is more than allowed, for example by jobs of earlier launches."""
        used = [charge.used(now) for charge in self._charges.values()]
        hours = self._hours + sum(h for h, _ in used)
        usd = self._usd + sum(u for _, u in used)
        limits = self._limits
        return (limits.max_hours is not None and hours > limits.max_hours + _ROUNDING) or (
            limits.max_cost is not None and usd > limits.max_cost + _ROUNDING
        )

    def start(self, job_name: str, job: QueuedJob, now: float) -> None:
        """A job was made; one that is known is not counted twice."""
        charge = _Charge(job.lead.id8, now, job.max_seconds, job.hours, job.usd or 0.0)
        self._charges.setdefault(job_name, charge)

    def forget(self, job_name: str) -> None:
        """It was not made after all."""
        self._charges.pop(job_name, None)

    def end(self, job_name: str, now: float) -> None:
        """A job has ended."""
        charge = self._charges.pop(job_name, None)
        if charge is not None:
            hours, usd = charge.used(now)
            self._hours, self._usd = self._hours + hours, self._usd + usd

    def end_others(self, active: Collection[str], states: Mapping[str, State], now: float) -> None:
        """Jobs of earlier launches that are not ``active`` have ended, when nobody looked."""
        for name, charge in list(self._charges.items()):
            if name not in active:
                state = states.get(charge.id8)
                is_known = state is not None and state.state in (FINISHED, FAILED, STOPPED)
                self.end(name, state.time if state is not None and is_known else now)

    def to_notes(self) -> dict[str, Any]:
        """What a later launch has to know; JSON."""
        jobs = {
            name: [charge.id8, charge.since, charge.max_seconds, charge.hours, charge.usd]
            for name, charge in self._charges.items()
        }
        return {"hours": self._hours, "usd": self._usd, "jobs": jobs}
