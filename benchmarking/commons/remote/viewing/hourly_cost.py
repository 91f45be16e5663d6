"""What running jobs cost per hour."""

from __future__ import annotations

from collections.abc import Iterable

from benchmarking.commons.remote.records.remote_study import RemoteExperiment
from syne_core.aws.prices import Price, hourly_price
from syne_core.aws.session import AwsSession

__all__ = ["PriceBook", "usd_per_hour"]

_REGION_OF_PRICES = "us-east-1"


class PriceBook:
    """On-demand prices in the session's region; each is asked for once."""

    def __init__(self, session: AwsSession) -> None:
        here = session.is_emulator or session.region == _REGION_OF_PRICES
        self._region = session.region
        self._pricing = (session if here else AwsSession.resolve(_REGION_OF_PRICES)).client("pricing")
        self._prices: dict[str, Price | None] = {}

    def of(self, instance_type: str | None) -> float | None:
        """USD per hour of one instance; None: not known."""
        if instance_type is None:
            return None
        if instance_type not in self._prices:
            self._prices[instance_type] = hourly_price(self._region, instance_type, self._pricing)
        price = self._prices[instance_type]
        return None if price is None else price.usd_per_hour

    @property
    def sources(self) -> str:
        """Where the prices come from; empty if none is known."""
        return ", ".join(dict.fromkeys(price.source for price in self._prices.values() if price))


def usd_per_hour(experiment: RemoteExperiment, trials: Iterable[bool], prices: PriceBook) -> float | None:
    """USD per hour of jobs of ``experiment``; None if a price is not known.

    :param trials: for each job whether it is a trial's
    """
    total = 0.0
    for is_trial in trials:
        price = prices.of(experiment.instance_type if is_trial else experiment.job_instance_type)
        if price is None:
            return None
        total += price * (experiment.trial_instance_count if is_trial else 1)
    return total
