"""What a study needs and may cost when its experiments are jobs: instances, instance-hours, USD."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from benchmarking.commons.remote.planning.footprint import Footprint
from syne_core.aws.prices import Price, table_price
from syne_core.errors import RefusedError

__all__ = ["CostPlan", "TypePlan", "refuse_above_caps"]

#: AWS: managed spot training costs up to 90 % less than on demand.
SPOT_AT_BEST = 0.1


@dataclass(frozen=True)
class TypePlan:
    """What is needed of one instance type.

    :param peak: instances at a time, at most
    :param least_hours: instance-hours if no job is longer than its experiment; 0 where this is not known
    :param most_hours: instance-hours if every job runs until it is cut off
    :param price: of one instance; None: not known
    """

    instance_type: str
    peak: int
    least_hours: float
    most_hours: float
    price: Price | None
    cheapest: float = 1.0

    @property
    def least_cost(self) -> float | None:
        """USD."""
        return None if self.price is None else self.price.usd_per_hour * self.least_hours * self.cheapest

    @property
    def most_cost(self) -> float | None:
        """USD."""
        return None if self.price is None else self.price.usd_per_hour * self.most_hours

    def to_json(self) -> dict[str, Any]:
        """As shown by ``--dry_run --json``."""
        return {
            "instance_type": self.instance_type,
            "peak_instances": self.peak,
            "instance_hours": {"least": self.least_hours, "most": self.most_hours},
            "usd_per_hour": None if self.price is None else self.price.usd_per_hour,
            "price_source": None if self.price is None else self.price.source,
            "cost_usd": {"least": self.least_cost, "most": self.most_cost},
        }


@dataclass(frozen=True)
class CostPlan:
    """What all jobs of a study need.

    :param types: by instance type, the order is that of the first need
    :param jobs: how many there are
    :param at_once: how many run at a time, at most
    :param longest: seconds until the last one ends, if each runs until it is cut off
    """

    types: tuple[TypePlan, ...]
    jobs: int
    at_once: int
    longest: float

    @classmethod
    def of(
        cls,
        footprints: Sequence[Footprint],
        max_parallel_jobs: int | None = None,
        price_of: Callable[[str], Price | None] = table_price,
    ) -> CostPlan:
        """The plan of jobs with ``footprints``.

        :param max_parallel_jobs: jobs at a time; None: all
        :param price_of: the price of an instance type; default: the table, which needs no account
        """
        at_once = min(len(footprints), max_parallel_jobs or len(footprints))
        least: Counter[str] = Counter()
        most: Counter[str] = Counter()
        for one in footprints:
            least.update(one.hours(0.0 if one.may_end_early else one.seconds or 0.0))
            most.update(one.hours(float(one.max_run)))
        spot = {name for one in footprints for name in one.spot_types}
        types = [
            TypePlan(name, _peak(footprints, name, at_once), least[name], most[name], price_of(name))
            for name in most
        ]
        return cls(
            tuple(replace(t, cheapest=SPOT_AT_BEST) if t.instance_type in spot else t for t in types),
            len(footprints),
            at_once,
            _makespan((float(one.max_run) for one in footprints), at_once),
        )

    @property
    def instance_hours(self) -> tuple[float, float]:
        """At least, at most."""
        return sum(t.least_hours for t in self.types), sum(t.most_hours for t in self.types)

    @property
    def cost(self) -> tuple[float, float] | None:
        """USD, at least and at most; None if a price is not known."""
        least = [t.least_cost for t in self.types if t.least_cost is not None]
        most = [t.most_cost for t in self.types if t.most_cost is not None]
        return (sum(least), sum(most)) if len(most) == len(self.types) else None

    @property
    def without_price(self) -> list[str]:
        """Instance types whose price is not known."""
        return [t.instance_type for t in self.types if t.price is None]

    def to_json(self) -> dict[str, Any]:
        """As shown by ``--dry_run --json``."""
        least_hours, most_hours = self.instance_hours
        least, most = self.cost or (None, None)
        return {
            "jobs": self.jobs,
            "jobs_at_once": self.at_once,
            "longest_s": self.longest,
            "instance_hours": {"least": least_hours, "most": most_hours},
            "cost_usd": {"least": least, "most": most},
            "peak_instances": {t.instance_type: t.peak for t in self.types},
            "instance_types": [t.to_json() for t in self.types],
        }


def refuse_above_caps(plan: CostPlan, max_cost: float | None, max_hours: float | None) -> None:
    """See that a study does not surely exceed what the user allows. The queue stops it before it does.

    :param max_cost: USD on demand; None: no limit
    :param max_hours: instance-hours; None: no limit
    :raises RefusedError: it would, or that cannot be known
    """
    reasons = []
    if max_cost is not None and plan.cost is None:
        unknown = ", ".join(plan.without_price)
        reasons.append(f"--study_max_cost {max_cost:g}: the price of {unknown} is not known")
    elif max_cost is not None and plan.cost is not None and plan.cost[0] > max_cost:
        reasons.append(f"The study costs at least {plan.cost[0]:.2f} USD; --study_max_cost is {max_cost:g}")
    hours = plan.instance_hours[0]
    if max_hours is not None and hours > max_hours:
        reasons.append(
            f"The study takes at least {hours:.1f} instance-hours; --study_max_hours is {max_hours:g}"
        )
    if reasons:
        raise RefusedError("\n".join([*reasons, "Nothing was started."]))


def _peak(footprints: Sequence[Footprint], instance_type: str, at_once: int) -> int:
    """The worst that can come together."""
    counts = sorted((one.instances[instance_type] for one in footprints), reverse=True)
    return sum(counts[:at_once])


def _makespan(durations: Iterable[float], at_once: int) -> float:
    ends = [0.0] * max(1, at_once)
    for seconds in durations:
        heapq.heapreplace(ends, ends[0] + seconds)
    return max(ends)
