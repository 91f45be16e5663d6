"""What a report says, as a tree of frozen dataclasses: the page, the Markdown and the JSON are made of it.

Times are seconds since the start of an experiment, unless named otherwise. Numbers that do not exist are
None. Curves and trials are columns (one list for each quantity), since there are many of them.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from syne_core.experiments.final_values import FinalRow
from syne_core.experiments.report.evidence import Evidence

__all__ = [
    "FORMAT",
    "BenchmarkPart",
    "Columns",
    "CostRow",
    "ExperimentPart",
    "HyperparameterPart",
    "LeftOut",
    "ReportDocument",
    "SettingGroup",
    "SettingRow",
    "SetupPart",
]

#: Version of the JSON form; it grows when an entry changes its meaning or goes.
FORMAT = 1

#: Equally long lists by name; entries are numbers, text or None.
Columns = dict[str, Any]


@dataclass(frozen=True)
class HyperparameterPart:
    """A hyperparameter as an axis.

    :param domain: in the words of ``syne_core.config_space``
    :param scale: ``linear``, ``log`` or ``category``
    :param lower: of a numerical axis
    :param categories: in order, of any other
    """

    name: str
    domain: str
    scale: str
    lower: float | None
    upper: float | None
    categories: tuple[Any, ...]


@dataclass(frozen=True)
class SetupPart:
    """A method with one number of workers, on one benchmark.

    :param style: position of its colour and dashes
    :param curve: the mean incumbent: ``time``, ``mean``, ``lower``, ``upper``, ``n`` (seeds that have a
        value); each row holds until the next
    """

    label: str
    method: str
    n_workers: int | None
    tag: str
    style: int
    num_seeds: int
    curve: Columns


@dataclass(frozen=True)
class BenchmarkPart:
    """A benchmark and the setups that ran on it.

    :param time: ``simulated`` or ``wall-clock``
    :param horizon: seconds of the longest experiment
    :param common_horizon: the last second at which all setups are known
    :param resource: name of what a trial uses, such as epochs; None if it has none
    :param notes: what is missing, unfinished or otherwise to be known
    """

    name: str
    metric: str
    mode: str
    time: str
    horizon: float
    common_horizon: float
    resource: str | None
    hyperparameters: tuple[HyperparameterPart, ...]
    setups: tuple[SetupPart, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class ExperimentPart:
    """One experiment.

    :param benchmark: position among the benchmarks
    :param setup: position among the benchmark's setups
    :param state: as in ``ExperimentState``, or ``unknown``
    :param limit: seconds that it may take
    :param trials: number of trials in each state, or of all under ``all``
    :param curve: its incumbent: ``time``, ``value``
    :param utilisation: share of the workers' time in which they held a trial
    :param is_exact: whether that is known exactly; None where details were not read
    :param cost: as the scripts reported it
    :param details: position among the details, None if they were left out
    """

    benchmark: int
    setup: int
    seed: int | str
    name: str
    path: str
    state: str
    reason: str
    elapsed: float
    limit: float | None
    n_workers: int | None
    created: float
    trials: Mapping[str, int]
    final: float | None
    final_time: float | None
    curve: Columns
    utilisation: float | None
    is_exact: bool | None
    cost: float | None
    details: int | None


@dataclass(frozen=True)
class CostRow:
    """What one setup on one benchmark took.

    :param elapsed: seconds on the experiments' clocks, summed
    :param worker_seconds: the same times the number of workers; None if that is not known
    :param failed: trials; None if nobody recorded it
    :param read: experiments whose trials were read: utilisation and cost are over these
    :param cost: in the unit of the price that the experiments were given
    """

    benchmark: str
    setup: str
    experiments: int
    elapsed: float
    worker_seconds: float | None
    trials: int
    failed: int | None
    read: int
    utilisation: float | None
    cost: float | None


@dataclass(frozen=True)
class SettingRow:
    """A setting that has several values.

    :param kind: ``matters``: a fair comparison has one value; ``design``: it is what is compared;
        ``seed``: it differs with every repetition
    :param values: each with the experiments that have it, in words
    """

    name: str
    kind: str
    values: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class SettingGroup:
    """Settings of some experiments.

    :param title: a benchmark, or what all have in common
    :param common: name and value of what is the same in all of them
    """

    title: str
    common: tuple[tuple[str, str], ...]
    different: tuple[SettingRow, ...]


@dataclass(frozen=True)
class LeftOut:
    """A folder that does not count."""

    path: str
    reason: str


@dataclass(frozen=True)
class ReportDocument:
    """All of a report.

    :param created: local time, as text
    :param labels: of all setups; the position is the ``style``
    :param evidence: what the statistics say
    :param details: of some experiments: ``trials``, ``runs`` and ``reports``, each as columns
    :param cuts: what was left out for size, in words
    """

    format: int
    title: str
    tags: tuple[str, ...]
    created: str
    synebench: str
    confidence: float
    labels: tuple[str, ...]
    evidence: Evidence
    benchmarks: tuple[BenchmarkPart, ...]
    final: tuple[FinalRow, ...]
    experiments: tuple[ExperimentPart, ...]
    details: tuple[dict[str, Columns], ...]
    costs: tuple[CostRow, ...]
    settings: tuple[SettingGroup, ...]
    left_out: tuple[LeftOut, ...]
    cuts: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """As an object of JSON."""
        plain: dict[str, Any] = _plain(self)
        return plain


def _plain(value: Any) -> Any:
    """Dataclasses as dictionaries; what is plain already stays as it is, since there is much of it."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value
