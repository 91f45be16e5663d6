"""What a launch may cost on SageMaker, and whether the user wants that."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarking.commons.study.followers import duration
from syne_core.errors import RefusedError

if TYPE_CHECKING:
    from syne_core.aws.session import AwsSession

__all__ = ["Spending", "agree_to_jobs", "agree_to_spend", "agree_to_training"]

# SageMaker sets it in every training job: there, nobody can be asked, and whoever started the job agreed.
_IN_A_JOB = "TRAINING_JOB_ARN"


@dataclass(frozen=True)
class Spending:
    """Instances that are used for a time.

    :param seconds: at most
    :param count: instances at a time, of all workers
    """

    instance_type: str
    count: int
    seconds: float

    @property
    def instance_hours(self) -> float:
        """At most."""
        return self.count * self.seconds / 3600

    def cost(self, session: AwsSession) -> float | None:
        """USD on demand, at most; None if the price is not known."""
        from syne_core.aws.prices import hourly_price

        price = hourly_price(session.region, self.instance_type)
        return None if price is None else price.usd_per_hour * self.instance_hours


def agree_to_spend(
    session: AwsSession, spendings: Iterable[Spending], yes: bool, each: str = "experiments"
) -> None:
    """Say where jobs will run and what they may cost; on a real account, ask unless ``yes``.

    :param each: what one of ``spendings`` is for
    :raises RefusedError: the answer was no, or there is nobody to ask
    """
    spendings = list(spendings)
    words = "" if session.is_emulator else _in_words(session, spendings, each)
    _agree(session, "Trials run as jobs of", words, yes)


def agree_to_jobs(session: AwsSession, words: str, yes: bool) -> None:
    """The same for experiments that are jobs.

    :param words: how many there are, and what they may cost
    :raises RefusedError: the answer was no, or there is nobody to ask
    """
    _agree(session, "Experiments run as jobs of", words, yes)


def agree_to_training(session: AwsSession, spending: Spending, yes: bool) -> None:
    """The same for a job that trains one model.

    :raises RefusedError: the answer was no, or there is nobody to ask
    """
    words = "" if session.is_emulator else _in_words(session, [spending], "job")
    _agree(session, "Training runs in jobs of", words, yes)


def _agree(session: AwsSession, what: str, words: str, yes: bool) -> None:
    if session.is_emulator:
        print(f"{what} {session.target}: they cost nothing.", file=sys.stderr)
        return
    print(f"{what} {session.target}: {words}", file=sys.stderr)
    if yes or _IN_A_JOB in os.environ:
        return
    if not sys.stdin.isatty():
        raise RefusedError("Nothing was started: say --yes if this is what you want")
    print("Go on? [y/N] ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise RefusedError("Nothing was started")


def _in_words(session: AwsSession, spendings: list[Spending], each: str) -> str:
    costs = [spending.cost(session) for spending in spendings]
    hours = sum(spending.instance_hours for spending in spendings)
    types = ", ".join(dict.fromkeys(spending.instance_type for spending in spendings))
    longest = max((spending.seconds for spending in spendings), default=0.0)
    text = f"at most {hours:.1f} instance-hours of {types} ({len(spendings)} {each} of up to "
    text += f"{duration(longest)})"
    known = [cost for cost in costs if cost is not None]
    if len(known) < len(costs):
        return f"{text}, at a price that is not known"
    return f"{text}, at most {sum(known):.2f} USD on demand"
