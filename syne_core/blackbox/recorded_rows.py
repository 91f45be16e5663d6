"""Trials as rows of a table: which values are taken, which trials can be used, and how they are arranged."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Literal, TypeAlias, TypeGuard, cast

import numpy as np

from syne_core.backend.trial_status import Status
from syne_core.blackbox.recorded_runs import TrialRun
from syne_core.blackbox.recorded_space import StudySpace
from syne_core.blackbox.tabular import BlackboxTabular
from syne_core.config_space import config_key, config_mistakes
from syne_core.constants import ST_WORKER_ITER, ST_WORKER_TIME
from syne_core.errors import ResultsError, UnknownNameError, UsageError

__all__ = ["RecordedColumns", "RecordedRows", "is_number"]

Mode: TypeAlias = Literal["min", "max"]

#: How the table calls the time that ``Reporter`` adds; names that start with ``st_`` are reserved.
_ELAPSED_NAME = "elapsed_time"
_ANEW = (
    "have a '{}' that began anew when they were resumed (--elapsed_attribute names a time that goes on, "
    "if the script reports one)"
)


@dataclass(frozen=True)
class RecordedColumns:
    """Which reported values go into the table.

    :param elapsed: name of the time in reports
    :param elapsed_name: name of the time in the table
    """

    metrics: tuple[str, ...]
    elapsed: str
    elapsed_name: str
    notes: tuple[str, ...]

    @classmethod
    def of(
        cls, runs: Sequence[TrialRun], space: StudySpace, metrics: Sequence[str] | None, elapsed: str
    ) -> RecordedColumns:
        """Columns for ``runs``; arguments as in ``record_study``.

        :raises UsageError: a metric or time that is not there, or is no number
        :raises ResultsError: the metric of the study is no number
        """
        names = dict.fromkeys(name for run in runs for report in run.reports for name in report)
        if elapsed not in names:
            raise UnknownNameError("elapsed_attribute", elapsed, names)
        elapsed_name = _ELAPSED_NAME if elapsed == ST_WORKER_TIME else elapsed
        taken = {space.resource_attr, elapsed, elapsed_name}
        own = [name for name in names if name not in taken and not name.startswith("st_")]
        odd = [name for name in own if not _is_numeric(name, runs)]
        if metrics is None:
            if space.metric in odd:
                raise ResultsError(f"the metric '{space.metric}' is not a number in any report")
            notes = [f"'{name}' is left out: not every value of it is a number" for name in odd]
            return cls(tuple(n for n in own if n not in odd), elapsed, elapsed_name, tuple(notes))
        for name in metrics:
            if name in odd:
                raise UsageError(f"metric '{name}' cannot be recorded: not every value of it is a number")
            if name not in own:
                raise UnknownNameError("metric", name, [n for n in own if n not in odd])
        return cls(tuple(dict.fromkeys(metrics)), elapsed, elapsed_name, ())


class RecordedRows:
    """Rows as they are found, until they become arrays.

    :param last_resource: where a whole run ends
    :ivar kept_of: trials in the table, by experiment
    :ivar left_out: number of trials that are not, by what they do
    """

    def __init__(self, space: StudySpace, columns: RecordedColumns, last_resource: int) -> None:
        self._space = space
        self._columns = columns
        self._last_resource = last_resource
        self._merged = 0
        self._failed = 0
        self.configs: dict[Any, dict[str, Any]] = {}
        self.rows: dict[Any, dict[Any, _Curve]] = {}
        self.kept_of: Counter[str] = Counter()
        self.left_out: Counter[str] = Counter()

    @property
    def kept(self) -> int:
        """Number of trials in the table."""
        return self.kept_of.total()

    @property
    def seeds(self) -> list[Any]:
        """Values of the repetition, in their order if they have one."""
        values = list(dict.fromkeys(seed for curves in self.rows.values() for seed in curves))
        try:
            return sorted(values)
        except TypeError:
            return values

    def add(self, run: TrialRun) -> None:
        """Take ``run``, or count why not."""
        config = {name: run.config.get(name) for name in self._space.domains}
        seed = run.config.get(self._space.seed_attribute or "")
        try:
            if config_mistakes(config, self._space.domains):
                raise _Unfit("have a configuration outside of the space")
            curve = self._curve(run)
            key = config_key(config, self._space.domains)
            if seed in self.rows.get(key, {}):
                raise _Unfit("repeat a configuration without telling the repetition apart")
        except _Unfit as why:
            self.left_out[str(why)] += 1
            return
        self.configs.setdefault(key, config)
        self.rows.setdefault(key, {})[seed] = curve
        self.kept_of[run.experiment] += 1
        self._failed += curve.failure is not None

    def table(self, name: str, provenance: Mapping[str, Any]) -> BlackboxTabular:
        """The table of what was added."""
        columns, seeds = self._columns, self.seeds
        resources = sorted({r for curves in self.rows.values() for c in curves.values() for r in c.elapsed})
        if not resources:
            raise ResultsError("every trial that ended by itself failed before its first report")
        shape = (len(self.rows), len(seeds), len(resources))
        elapsed = np.full(shape, np.nan)
        metrics = {metric: np.full(shape, np.nan) for metric in columns.metrics}
        failures: dict[tuple[int, int], str] = {}
        column_of = {resource: column for column, resource in enumerate(resources)}
        for row, curves in enumerate(self.rows.values()):
            for seed, curve in curves.items():
                repetition = seeds.index(seed)
                cells = [column_of[resource] for resource in curve.elapsed]
                elapsed[row, repetition, cells] = list(curve.elapsed.values())
                for metric, values in metrics.items():
                    values[row, repetition, cells] = [curve.values[r][metric] for r in curve.elapsed]
                if curve.failure is not None:
                    failures[row, repetition] = curve.failure
        return BlackboxTabular(
            self._space.domains,
            list(self.configs.values()),
            elapsed,
            metrics,
            resource_attr=self._space.resource_attr,
            resources=resources,
            elapsed_time_attr=columns.elapsed_name,
            failures=failures,
            modes={self._space.metric: cast(Mode, self._space.mode)} if self._space.metric in metrics else {},
            provenance=provenance,
            name=name,
        )

    def notes(self) -> list[str]:
        """What a person should know of the rows."""
        notes = [f"{count} trials left out: they {why}" for why, count in self.left_out.items()]
        if self._failed:
            notes.append(f"{self._failed} trials failed; the table says so, and they fail in simulations too")
        seeds = len(self.seeds)
        short = sum(len(curves) < seeds for curves in self.rows.values())
        if short:
            notes.append(
                f"{short} of {len(self.rows)} configurations have fewer than {seeds} repetitions; "
                "one that was run answers in the place of one that was not"
            )
        return notes

    def _curve(self, run: TrialRun) -> _Curve:
        if not run.reports and run.state != Status.failed:
            raise _Unfit("did not report anything")
        curve = _Curve(failure=(run.reason or "failed") if run.state == Status.failed else None)
        for report in run.reports:
            self._take(report, curve)
        missing = [r for r, values in curve.values.items() if len(values) < len(self._columns.metrics)]
        if missing:
            raise _Unfit("have reports without a number for every metric")
        curve.sort()
        if not run.ended_by_itself and max(curve.elapsed, default=0) < self._last_resource:
            raise _Unfit("were stopped or paused, or had not ended, before they were through")
        if self._began_anew(run, curve):
            raise _Unfit(_ANEW.format(self._columns.elapsed))
        return curve

    def _began_anew(self, run: TrialRun, curve: _Curve) -> bool:
        if any(later < earlier for earlier, later in pairwise(curve.elapsed.values())):
            return True
        if self._columns.elapsed != ST_WORKER_TIME:
            return False
        # A resumed run may take longer to start than all of the run before: then only its counter falls.
        resource = self._space.resource_attr
        numbers = {r[resource]: r[ST_WORKER_ITER] for r in reversed(run.reports) if ST_WORKER_ITER in r}
        return any(numbers[earlier] >= numbers[later] for earlier, later in pairwise(sorted(numbers)))

    def _take(self, report: Mapping[str, Any], curve: _Curve) -> None:
        resource = report.get(self._space.resource_attr)
        if isinstance(resource, float) and resource.is_integer():
            resource = int(resource)
        if isinstance(resource, bool) or not isinstance(resource, int) or resource < 1:
            raise _Unfit(f"have a '{self._space.resource_attr}' that is no whole number from 1")
        time = report.get(self._columns.elapsed)
        if not is_number(time) or not 0 <= time < math.inf:
            raise _Unfit(f"have reports without a '{self._columns.elapsed}' in seconds")
        curve.elapsed.setdefault(resource, float(time))
        values = curve.values.setdefault(resource, {})
        for metric in self._columns.metrics:
            if is_number(report.get(metric)):
                values.setdefault(metric, float(report[metric]))


@dataclass
class _Curve:
    """One run: seconds and values by resource."""

    failure: str | None = None
    elapsed: dict[int, float] = field(default_factory=dict)
    values: dict[int, dict[str, float]] = field(default_factory=dict)

    def sort(self) -> None:
        """By resource; late reports may have come after others."""
        self.elapsed = dict(sorted(self.elapsed.items()))


class _Unfit(Exception):
    """A trial that cannot be recorded; says what such trials do."""


def is_number(value: Any) -> TypeGuard[float]:
    """Whether ``value`` is a number, NaN and infinities among them."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_numeric(name: str, runs: Sequence[TrialRun]) -> bool:
    """Whether all values reported under ``name`` are numbers."""
    return all(is_number(r[name]) for run in runs for r in run.reports if r.get(name) is not None)
