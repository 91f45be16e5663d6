"""What is compared with what: the setups of two sides that belong together, and the margin between them."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace

from syne_core.errors import UsageError
from syne_core.experiments.study_results import BenchmarkResults, SetupResults, StudyResults

__all__ = ["Margin", "MatchedSetups", "Side", "match_setups"]


@dataclass(frozen=True)
class Side:
    """One side of a comparison.

    :param method: None for all methods of the study
    """

    tag: str
    method: str | None = None

    def __str__(self) -> str:
        return self.tag if self.method is None else f"{self.tag}:{self.method}"

    def has(self, setup: SetupResults) -> bool:
        """Whether ``setup`` is on this side."""
        return setup.tag == self.tag and self.method in (None, setup.method)


@dataclass(frozen=True)
class Margin:
    """The largest difference that does not matter.

    :param value: at least 0; in units of the metric, or, if ``is_relative``, as a share of the mean of A
    """

    value: float
    is_relative: bool = False

    @classmethod
    def parse(cls, text: str) -> Margin:
        """``0.01`` is in units of the metric, ``1%`` relative.

        :raises UsageError: ``text`` is neither
        """
        number = text.strip()
        is_relative = number.endswith("%")
        try:
            value = float(number.removesuffix("%"))
        except ValueError:
            value = math.nan
        if not 0 <= value < math.inf:
            raise UsageError(f"A margin is a number such as 0.01, or a share such as 1%, not '{text}'")
        return cls(value / 100 if is_relative else value, is_relative)

    def of(self, mean: float) -> float:
        """In units of the metric, where A has this mean."""
        return abs(mean) * self.value if self.is_relative else self.value

    def __str__(self) -> str:
        return f"{100 * self.value:g} %" if self.is_relative else f"{self.value:g}"


@dataclass(frozen=True, eq=False)
class MatchedSetups:
    """A setup of either side on one benchmark.

    :param benchmark: with these two setups only, A's first
    :param name: the method, or both if they differ
    """

    benchmark: BenchmarkResults
    a: SetupResults
    b: SetupResults

    @property
    def name(self) -> str:
        """The method, with numbers of workers where they differ; A's first."""
        if self.a.method != self.b.method:
            return f"{self.a.method} / {self.b.method}"
        if self.a.n_workers != self.b.n_workers:
            return f"{self.a.method}, {self.a.n_workers} / {self.b.n_workers} workers"
        return self.a.method


def match_setups(study: StudyResults, a: Side, b: Side) -> tuple[list[MatchedSetups], list[str]]:
    """The setups that both sides have, by benchmark, method and number of workers; and what only one has.

    A method that either side ran with one number of workers only is matched whatever that number is. Two
    methods that the sides name are matched with each other.
    """
    matched, unmatched = [], []
    for benchmark in study.benchmarks:
        of_a = [setup for setup in benchmark.setups if a.has(setup)]
        of_b = [setup for setup in benchmark.setups if b.has(setup)]
        for key in (_method_and_workers, _method):
            for one, other in _unique_matches(of_a, of_b, key, a.method != b.method):
                of_a.remove(one)
                of_b.remove(other)
                matched.append(MatchedSetups(replace(benchmark, setups=(one, other)), one, other))
        unmatched += [f"only in A: {setup.label} on {benchmark.name}" for setup in of_a]
        unmatched += [f"only in B: {setup.label} on {benchmark.name}" for setup in of_b]
    return matched, unmatched


def _unique_matches(
    of_a: list[SetupResults],
    of_b: list[SetupResults],
    key: Callable[[SetupResults], tuple[Hashable, ...]],
    methods_differ: bool,
) -> list[tuple[SetupResults, SetupResults]]:
    """Those that are the only ones of their key on both sides; without the method if that is to differ."""
    first = 1 if methods_differ else 0
    found = []
    for one in of_a:
        alike = [other for other in of_a if key(other)[first:] == key(one)[first:]]
        others = [other for other in of_b if key(other)[first:] == key(one)[first:]]
        if len(alike) == len(others) == 1:
            found.append((one, others[0]))
    return found


def _method_and_workers(setup: SetupResults) -> tuple[Hashable, ...]:
    return setup.method, setup.n_workers


def _method(setup: SetupResults) -> tuple[Hashable, ...]:
    return (setup.method,)
