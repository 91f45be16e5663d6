"""A benchmark whose answers stand in a table: what runs of many configurations reported."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Hashable, Mapping, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from syne_core.blackbox.blackbox import Blackbox, LearningCurve
from syne_core.blackbox.encoding import PointEncoding
from syne_core.blackbox.mistakes import brief, require, shown
from syne_core.blackbox.table_checks import (
    Shape,
    check_cells,
    check_configurations,
    check_failures,
    check_kinds,
    check_names,
    check_resources,
    domains_of,
    duplicate_rows,
    numbers,
    repetitions_in,
)
from syne_core.config_space import config_mistakes, config_space_to_json_dict
from syne_core.config_space.values import json_mistake, plain
from syne_core.errors import BlackboxError, ConfigSpaceError

__all__ = ["BlackboxTabular", "restrict_to_table"]

# Curves that are kept as Python lists; beyond it they are made anew.
_MOST_CURVES = 20_000


class BlackboxTabular(Blackbox):
    """Learning curves of many configurations, each run once or several times.

    Immutable. What a cell may be:

    - a time and finite metrics: a report;
    - a time, and a metric that is NaN (infinities become NaN): the run diverged there and went on;
    - no time (NaN): no report at that resource. At the end of a curve: the run was stopped, or failed, in
      which case ``failures`` says why; in between: the script skipped it;
    - no time at all and no failure: that repetition was not run. Another one answers in its place: of r
      recorded repetitions the one at position ``seed % r``. A configuration needs at least one.

    :param config_space: domains by name; constants are left out
    :param configurations: one for each row; exactly the names of ``config_space``
    :param elapsed: seconds since the start of the run, shape (configurations, repetitions, resources)
    :param metrics: values by name of metric, each of that shape
    :param resource_attr: name of the resource in reports
    :param resources: resources of the last axis: whole numbers >= 1, increasing
    :param elapsed_time_attr: name of the time in reports
    :param failures: why runs failed after their last report, by (row, repetition)
    :param modes: ``"min"`` or ``"max"`` by name of metric, for those who use the table; need not be complete
    :param duplicates: ``"refuse"`` rows with equal configurations, or ``"merge"``: the later ones become
        further repetitions of the first
    :param provenance: where the table comes from; any JSON
    :param name: how messages and results call it
    :raises BlackboxError: with all mistakes, each with its row, column or cell
    """

    def __init__(
        self,
        config_space: Mapping[str, Any],
        configurations: Sequence[Mapping[str, Any]],
        elapsed: ArrayLike,
        metrics: Mapping[str, ArrayLike],
        *,
        resource_attr: str = "epoch",
        resources: Sequence[int],
        elapsed_time_attr: str = "elapsed_time",
        failures: Mapping[tuple[int, int], str] | None = None,
        modes: Mapping[str, Literal["min", "max"]] | None = None,
        duplicates: Literal["refuse", "merge"] = "refuse",
        provenance: Mapping[str, Any] | None = None,
        name: str = "table",
    ) -> None:
        self.name, self._where = name, f"blackbox '{name}'"
        given = {"failures": failures, "modes": modes, "provenance": provenance}
        objects = {"metrics": metrics, **{name: {} if x is None else x for name, x in given.items()}}
        lists = {"configurations": configurations, "resources": resources}
        require(self._where, check_kinds(lists, objects))
        self._domains = domains_of(config_space, self._where)
        self.config_space = dict(self._domains)
        self.resource_attr, self.elapsed_time_attr = resource_attr, elapsed_time_attr
        self.resources = tuple(plain(r) for r in resources)
        self.metric_names = tuple(metrics)
        self.modes = dict(modes or {})
        self.provenance = dict(provenance or {})
        self._check_header(duplicates)
        keys = self._take_rows(configurations)
        groups = duplicate_rows(keys)
        if groups and duplicates != "merge":
            rows = [f"rows {', '.join(map(str, group))} have the same configuration" for group in groups]
            hint = "duplicates='merge' takes them as repetitions of one"
            require(self._where, [*shown(rows, "more groups of duplicates"), hint])
        self._take_cells(elapsed, metrics, dict(failures or {}), len(configurations))
        if groups:
            keys = self._merge(keys, groups)
        self._index(keys)

    # -- construction -------------------------------------------------------------------------------

    def _check_header(self, duplicates: Any) -> None:
        names = check_names(self._domains, self.resource_attr, self.elapsed_time_attr, self.metric_names)
        mistakes = [*names, *check_resources(self.resources)]
        for metric, mode in self.modes.items():
            if metric not in self.metric_names:
                mistakes.append(f"mode of '{metric}': there is no such metric")
            if mode not in ("min", "max"):
                mistakes.append(f"mode of '{metric}' must be 'min' or 'max', not {mode!r}")
        if not isinstance(duplicates, str) or duplicates not in ("refuse", "merge"):
            mistakes.append(f"duplicates must be 'refuse' or 'merge', not {duplicates!r}")
        why = json_mistake(self.provenance)
        mistakes += [] if why is None else [f"provenance {why}"]
        require(self._where, mistakes)

    def _take_rows(self, configurations: Sequence[Mapping[str, Any]]) -> list[tuple[Any, ...]]:
        require(self._where, [] if len(configurations) else ["it has no row"])
        keys, mistakes = check_configurations(configurations, self._domains)
        require(self._where, mistakes)
        casts = [(name, domain.cast) for name, domain in self._domains.items()]
        self.configurations = tuple(
            [{name: cast(config[name]) for name, cast in casts} for config in configurations]
        )
        return keys

    def _take_cells(
        self,
        elapsed: ArrayLike,
        metrics: Mapping[str, ArrayLike],
        failures: dict[tuple[int, int], str],
        rows: int,
    ) -> None:
        shape = Shape(rows, repetitions_in(elapsed), len(self.resources))
        times, mistakes = numbers(self.elapsed_time_attr, elapsed, shape)
        values: dict[str, NDArray[Any]] = {}
        for name, given in metrics.items():
            values[name], wrong = numbers(name, given, shape)
            mistakes += wrong
        if not mistakes:
            mistakes = check_cells(times, values, self.resource_attr, self.resources)
        require(self._where, [*mistakes, *check_failures(failures, shape)])
        stacked = np.stack([values[name] for name in self.metric_names], axis=-1)
        stacked[np.isinf(stacked)] = np.nan
        self._elapsed, self._metrics, self.failures = times, stacked, failures

    def _merge(self, keys: list[tuple[Any, ...]], groups: Sequence[Sequence[int]]) -> list[tuple[Any, ...]]:
        """Append the repetitions of later rows of each group to those of its first."""
        first = {row: group[0] for group in groups for row in group}
        kept = [row for row in range(len(keys)) if first.get(row, row) == row]
        seeds = self._elapsed.shape[1]
        repetitions = seeds * max(map(len, groups))
        target = {row: index for index, row in enumerate(kept)}
        place = {row: (target[row], 0) for row in kept}
        place |= {row: (target[g[0]], n * seeds) for g in groups for n, row in enumerate(g)}
        shape = (len(kept), repetitions, len(self.resources))
        elapsed = np.full(shape, np.nan, self._elapsed.dtype)
        metrics = np.full((*shape, len(self.metric_names)), np.nan, self._metrics.dtype)
        for row, (index, offset) in place.items():
            elapsed[index, offset : offset + seeds] = self._elapsed[row]
            metrics[index, offset : offset + seeds] = self._metrics[row]
        moved = {}
        for (row, seed), why in self.failures.items():
            index, offset = place[row]
            moved[index, offset + seed] = why
        self._elapsed, self._metrics, self.failures = elapsed, metrics, moved
        self.configurations = tuple([self.configurations[row] for row in kept])
        return [keys[row] for row in kept]

    def _index(self, keys: Sequence[tuple[Any, ...]]) -> None:
        self._reported = ~np.isnan(self._elapsed)
        self._complete = self._reported.all(axis=2)
        recorded = self._reported.any(axis=2)
        for row, seed in self.failures:
            recorded[row, seed] = True
        missing = np.flatnonzero(~recorded.any(axis=1)).tolist()
        wrong = [f"row {row}: it has no report in any repetition, and no failure" for row in missing]
        require(self._where, shown(wrong, "more rows"))
        self._recorded: NDArray[Any] = recorded
        for array in (self._elapsed, self._metrics, self._reported, recorded):
            array.flags.writeable = False
        self.num_seeds = int(self._elapsed.shape[1])
        self._rows = {key: row for row, key in enumerate(keys)}
        self._keys = [(name, domain.match_key) for name, domain in self._domains.items()]
        self._curves: dict[tuple[int, int], LearningCurve] = {}
        self._encoding = PointEncoding(self._domains)
        self._points: NDArray[np.float64] | None = None
        self._digest: str | None = None

    # -- answers ------------------------------------------------------------------------------------

    def curve(self, config: Mapping[str, Any], seed: int = 0) -> LearningCurve:
        """The recorded curve of ``config``, which must be a row of the table.

        :raises BlackboxError: it is not; the message names the nearest row
        """
        row = self._rows.get(self.key_of(config))
        if row is None:
            raise self._off_table(config)
        return self.curve_at(row, seed)

    def row_of(self, config: Mapping[str, Any]) -> int | None:
        """Row of ``config``; None if it is not in the table.

        :raises BlackboxError: it is no configuration of the space
        """
        return self._rows.get(self.key_of(config))

    def row_with(self, key: tuple[Hashable, ...]) -> int | None:
        """Row of the configuration that has ``key``; None if it is not in the table."""
        return self._rows.get(key)

    def key_of(self, config: Mapping[str, Any]) -> tuple[Hashable, ...]:
        """What ``config_key`` says of ``config``.

        :raises BlackboxError: it is no configuration of the space
        """
        try:
            return tuple([key(config[name]) for name, key in self._keys])
        except (KeyError, ConfigSpaceError):
            raise self._off_table(config) from None

    def curve_at(self, row: int, seed: int = 0) -> LearningCurve:
        """The curve of a row.

        :raises BlackboxError: there is no such repetition
        """
        curve = self._curves.get((row, seed))
        return self._read(row, seed) if curve is None else curve

    def _read(self, row: int, seed: int) -> LearningCurve:
        if (
            isinstance(seed, bool)
            or not isinstance(seed, (int, np.integer))
            or not 0 <= seed < self.num_seeds
        ):
            raise BlackboxError(f"{self._where} has repetitions 0 to {self.num_seeds - 1}, not {seed!r}")
        number = int(seed)
        if not self._recorded[row, number]:
            there = np.flatnonzero(self._recorded[row])
            number = int(there[number % len(there)])
        resources, elapsed, metrics = self.resources, self._elapsed[row, number], self._metrics[row, number]
        if not self._complete[row, number]:
            reported = self._reported[row, number]
            resources = tuple(r for r, there in zip(resources, reported.tolist(), strict=True) if there)
            elapsed, metrics = elapsed[reported], metrics[reported]
        curve = LearningCurve(
            resources=resources,
            elapsed=elapsed.tolist(),
            metrics=dict(zip(self.metric_names, metrics.T.tolist(), strict=True)),
            failure=self.failures.get((row, number)),
        )
        if len(self._curves) >= _MOST_CURVES:
            self._curves.clear()
        self._curves[row, int(seed)] = curve
        return curve

    def nearest_row(self, config: Mapping[str, Any]) -> int:
        """Row nearest to ``config``, a configuration of the space; the first of several.

        Distance is Euclidean on the unit cube; two different categories without an order are at distance 1.
        """
        gaps = self.points() - self.point(config)
        return int(np.argmin(np.einsum("ij,ij->i", gaps, gaps)))

    def point(self, config: Mapping[str, Any]) -> NDArray[np.float64]:
        """Coordinates of a configuration of the space."""
        return self._encoding.point(config)

    def points(self) -> NDArray[np.float64]:
        """Coordinates of all rows, as :class:`~syne_core.blackbox.encoding.PointEncoding` makes them."""
        if self._points is None:
            self._points = self._encoding.points(self.configurations)
            self._points.flags.writeable = False
        return self._points

    def _off_table(self, config: Mapping[str, Any]) -> BlackboxError:
        known = {name: config[name] for name in self._domains if name in config}
        mistakes = config_mistakes(known, self._domains)
        if mistakes:
            return BlackboxError(f"{self._where}: {'; '.join(mistakes)}")
        row = self.nearest_row(known)
        return BlackboxError(
            f"{self._where} has no row for {brief(known, 300)}; the nearest is row {row}, "
            f"{brief(self.configurations[row], 300)}. add_surrogate(blackbox) answers for all configurations"
        )

    # -- what it is ---------------------------------------------------------------------------------

    @property
    def elapsed(self) -> NDArray[Any]:
        """Seconds, shape (configurations, repetitions, resources); read-only."""
        return self._elapsed

    @property
    def metrics(self) -> NDArray[Any]:
        """Values, shape (configurations, repetitions, resources, metrics); read-only."""
        return self._metrics

    @property
    def recorded(self) -> NDArray[Any]:
        """Which repetitions were run, shape (configurations, repetitions); read-only."""
        return self._recorded

    def subset(self, rows: Sequence[int]) -> BlackboxTabular:
        """A table of some rows, in the order given."""
        index = list(rows)
        place = {row: number for number, row in enumerate(index)}
        return BlackboxTabular(
            self.config_space,
            [self.configurations[row] for row in index],
            self._elapsed[index],
            {name: self._metrics[index][..., i] for i, name in enumerate(self.metric_names)},
            resource_attr=self.resource_attr,
            resources=self.resources,
            elapsed_time_attr=self.elapsed_time_attr,
            failures={(place[r], s): why for (r, s), why in self.failures.items() if r in place},
            modes=self.modes,
            provenance=self.provenance,
            name=self.name,
        )

    def digest(self) -> str:
        """sha256 of all that decides its answers; modes, provenance and name do not."""
        if self._digest is None:
            self._digest = self._compute_digest()
        return self._digest

    def _compute_digest(self) -> str:
        space = config_space_to_json_dict(self.config_space)
        failures = sorted([*place, why] for place, why in self.failures.items())
        header = [space, self.resource_attr, self.resources, self.metric_names, self.elapsed_time_attr]
        columns = {name: [config[name] for config in self.configurations] for name in self._domains}
        parts = [*header, failures, self._elapsed.shape, columns]
        result = hashlib.sha256(json.dumps(parts, sort_keys=True).encode())
        for array in (self._elapsed, self._metrics):
            plain_nan = np.where(np.isnan(array), np.nan, array)
            result.update(plain_nan.astype("<f8").tobytes())
        return result.hexdigest()

    def metadata(self) -> dict[str, Any]:
        """Name, digest and size."""
        return {
            **super().metadata(),
            "blackbox_name": self.name,
            "blackbox_digest": self.digest(),
            "blackbox_configurations": len(self.configurations),
            "blackbox_repetitions": self.num_seeds,
        }


def restrict_to_table(blackbox: Blackbox) -> list[dict[str, Any]]:
    """All configurations of a table, for searchers that are to propose no other.

    :param blackbox: a table, or a surrogate of one
    :raises BlackboxError: it is neither
    """
    table = getattr(blackbox, "table", blackbox)
    if not isinstance(table, BlackboxTabular):
        raise BlackboxError(f"{type(blackbox).__name__} is no table: it answers for all configurations")
    return [dict(config) for config in table.configurations]
