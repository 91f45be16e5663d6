"""Configurations as points that distances make sense between."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from syne_core.config_space import Categorical, Domain, Ordinal

__all__ = ["FeatureMap"]

Array = NDArray[np.float64]

# Numbers of more values than that are treated as continuous.
_MOST_VALUES = 1024
# How far apart two categories are, where a range is 1 long. At distance 1 a model that knows only one of them
# at its best expects nothing of the others there.
_CATEGORIES_APART = 1.0 / 6.0


class FeatureMap:
    """Maps configurations to rows of ``num_columns`` features in [0, 1], and back.

    Numbers and ordered categories are a column each, their position in the unit interval. Unordered
    categories of more than two values are one column per value, scaled so that two different values are at
    distance 1/6. The columns of one hyperparameter form a group, which shares a lengthscale. Hyperparameters
    with a single value are left out.

    :param config_space: domains and constants by name
    :ivar groups: for each column the number of its hyperparameter, shape (num_columns,)
    :ivar smooth: which columns may be moved along continuously, shape (num_columns,)
    """

    def __init__(self, config_space: Mapping[str, Any]) -> None:
        domains = {name: entry for name, entry in config_space.items() if isinstance(entry, Domain)}
        self._single = {name: d.value_at(0) for name, d in domains.items() if d.cardinality == 1}
        self.domains = {name: d for name, d in domains.items() if name not in self._single}
        self._widths = [_width(domain) for domain in self.domains.values()]
        self.num_columns = sum(self._widths)
        self.num_groups = len(self.domains)
        self.groups = np.repeat(np.arange(self.num_groups), self._widths)
        smooth = [_is_smooth(domain) for domain in self.domains.values()]
        self.smooth = np.repeat(np.array(smooth, dtype=bool), self._widths)
        starts = np.cumsum([0, *self._widths])
        self._grids = {
            int(column): np.array([domain.to_unit(domain.value_at(i)) for i in range(len(domain))])
            for column, domain, width in zip(starts[:-1], self.domains.values(), self._widths, strict=True)
            if width == 1 and domain.cardinality is not None and domain.cardinality <= _MOST_VALUES
        }
        self._has_one_hot = any(width > 1 for width in self._widths)
        self.is_continuous = not self._grids and not self._has_one_hot

    def encode(self, config: Mapping[str, Any]) -> Array:
        """The features of ``config``, shape (num_columns,).

        :raises ConfigSpaceError: a value is not valid
        """
        units = [domain.to_unit(config[name]) for name, domain in self.domains.items()]
        row: Array = self.from_units(np.array([units], dtype=float))[0]
        return row

    def from_units(self, units: Array) -> Array:
        """Features of positions in the unit cube, shape (n, num_groups) -> (n, num_columns).

        Positions of unordered categories are read as the category there, others are taken as they are.
        """
        if not self._has_one_hot:
            return units
        columns = []
        for j, width in enumerate(self._widths):
            if width == 1:
                columns.append(units[:, j : j + 1])
            else:
                index = np.minimum((units[:, j] * width).astype(int), width - 1)
                columns.append(_one_hot(width)[index])
        return np.hstack(columns)

    def snap(self, features: Array) -> Array:
        """``features``, shape (n, num_columns), moved to those of the nearest valid configurations.

        Hyperparameters of more than 1,024 values are left where they are: their steps are too small to
        matter to a model.
        """
        if not self._grids:
            return features
        snapped: Array = features.copy()
        for column, grid in self._grids.items():
            middles = (grid[1:] + grid[:-1]) / 2
            snapped[:, column] = grid[np.searchsorted(middles, features[:, column])]
        return snapped

    def neighbours(self, point: Array) -> Array:
        """Valid points that differ from ``point`` in one hyperparameter that is not continuous.

        Every other category; the next value on either side of an ordered one.

        :param point: a valid point, shape (num_columns,)
        :return: shape (n, num_columns)
        """
        found = []
        for group, width in enumerate(self._widths):
            columns = np.flatnonzero(self.groups == group)
            if width > 1:
                options = _one_hot(width)
            elif (grid := self._grids.get(int(columns[0]))) is not None:
                at = int(np.abs(grid - point[columns[0]]).argmin())
                options = grid[[i for i in (at - 1, at + 1) if 0 <= i < len(grid)]][:, None]
            else:
                continue
            changed = np.repeat(point[None], len(options), axis=0)
            changed[:, columns] = options
            found.append(changed)
        return np.vstack(found) if found else point[None]

    def decode(self, features: Array) -> dict[str, Any]:
        """The hyperparameters nearest to ``features``, shape (num_columns,)."""
        values, at = {}, 0
        for (name, domain), width in zip(self.domains.items(), self._widths, strict=True):
            part = features[at : at + width]
            at += width
            values[name] = domain.from_unit(float(part[0])) if width == 1 else _most(domain, part)
        return {**self._single, **values}

    def rows(self, configs: Sequence[Mapping[str, Any]]) -> Array:
        """The features of ``configs``, shape (len(configs), num_columns)."""
        units = [[domain.to_unit(c[name]) for name, domain in self.domains.items()] for c in configs]
        return self.from_units(np.array(units, dtype=float).reshape(len(configs), self.num_groups))


def _is_unordered(domain: Domain) -> bool:
    return isinstance(domain, Categorical) and not isinstance(domain, Ordinal)


def _is_smooth(domain: Domain) -> bool:
    """Few values are better tried one by one than approached by a gradient."""
    return not _is_unordered(domain) and (domain.cardinality is None or domain.cardinality > 2)


def _width(domain: Domain) -> int:
    return len(domain) if _is_unordered(domain) and len(domain) > 2 else 1


def _one_hot(width: int) -> Array:
    rows: Array = np.eye(width) * (_CATEGORIES_APART * np.sqrt(0.5))
    return rows


def _most(domain: Domain, one_hot: Array) -> Any:
    return domain.value_at(int(np.argmax(one_hot)))
