"""Answers for configurations that are not in the table."""

from __future__ import annotations

import copy
import hashlib
import json
import re
from collections.abc import Callable, Hashable, Mapping
from importlib import import_module
from typing import Any

from syne_core.blackbox.blackbox import Blackbox, LearningCurve
from syne_core.blackbox.curve_regression import CurveRegression, Estimator
from syne_core.blackbox.tabular import BlackboxTabular
from syne_core.errors import BlackboxError, MissingDependencyError, UnknownNameError

__all__ = ["SURROGATES", "SurrogateBlackbox", "add_surrogate"]

#: Names that :func:`add_surrogate` takes; all but the first need scikit-learn.
SURROGATES = ("nearest", "knn", "forest", "extra_trees")
_MOST_CURVES = 20_000


class SurrogateBlackbox(Blackbox):
    """A table that also answers for configurations that it does not hold; made by :func:`add_surrogate`.

    Those of the table get what stands there. Any other takes after the nearest row, so that a curve is
    always coherent: its resources, where it diverges and whether it fails are that row's. With
    ``"nearest"``, so are its values; else a regression predicts them, metrics and seconds between reports,
    all resources at once. Deterministic.

    :ivar table: the table
    :ivar surrogate: name of the surrogate, or what it is made of
    """

    def __init__(self, table: BlackboxTabular, surrogate: str | Estimator, seed: int) -> None:
        self.table, self.name, self.modes = table, table.name, table.modes
        self.config_space = table.config_space
        self.resource_attr, self.elapsed_time_attr = table.resource_attr, table.elapsed_time_attr
        self.resources, self.metric_names = table.resources, table.metric_names
        self.num_seeds = table.num_seeds
        self._seed = seed
        self.surrogate = surrogate if isinstance(surrogate, str) else _spelled(surrogate)
        self._make = None if surrogate == "nearest" else _maker(surrogate, seed)
        self._regressions: dict[int, CurveRegression] = {}
        self._curves: dict[tuple[tuple[Hashable, ...], int], LearningCurve] = {}
        self._nearest: dict[tuple[Hashable, ...], int] = {}

    def curve(self, config: Mapping[str, Any], seed: int = 0) -> LearningCurve:
        """The curve of the table, else a predicted one.

        :raises BlackboxError: ``config`` is not in the space, there is no such repetition, or the
            regression fails
        """
        key = self.table.key_of(config)
        row = self.table.row_with(key)
        if row is not None:
            return self.table.curve_at(row, seed)
        known = self._curves.get((key, seed))
        if known is not None:
            return known
        curve = self._predict(config, key, seed)
        if len(self._curves) >= _MOST_CURVES:
            self._curves.clear()
            self._nearest.clear()
        self._curves[key, seed] = curve
        return curve

    def _predict(self, config: Mapping[str, Any], key: tuple[Hashable, ...], seed: int) -> LearningCurve:
        if key not in self._nearest:
            self._nearest[key] = self.table.nearest_row(config)
        model = self.table.curve_at(self._nearest[key], seed)
        if self._make is None or not model.resources:
            return model
        if seed not in self._regressions:
            self._regressions[seed] = CurveRegression(self.table, seed, self._make, self.surrogate)
        return self._regressions[seed].curve(self.table.point(config), model)

    def digest(self) -> str:
        """That of the table, with the surrogate, its seed and the version of scikit-learn."""
        parts = [self.table.digest(), self.surrogate, self._seed, self._version()]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()

    def _version(self) -> str:
        if self._make is None:
            return ""
        package = type(self._make(1)).__module__.partition(".")[0]
        return str(getattr(import_module(package), "__version__", ""))

    def metadata(self) -> dict[str, Any]:
        """What is known of the table, and the surrogate."""
        return {
            **self.table.metadata(),
            "blackbox_digest": self.digest(),
            "blackbox_surrogate": self.surrogate,
        }


def add_surrogate(
    blackbox: Blackbox, surrogate: str | Estimator = "nearest", *, seed: int = 0
) -> SurrogateBlackbox:
    """Let a table answer for all configurations of its space.

    - ``"nearest"``: the nearest row's curve, real to the last digit; NumPy only
    - ``"knn"``: mean of five neighbours, weighted by the inverse of their distance
    - ``"forest"``: random forest of 100 trees
    - ``"extra_trees"``: extremely randomised trees, 100 of them
    - an object with ``fit(X, Y)`` and ``predict(X)`` for matrices, such as scikit-learn's regressors. X has a
      row for each configuration of the table, Y one column for each metric and for the time at each
      resource, standardised. It is copied, and fitted when first needed, once for each repetition.

    :param blackbox: a table; the surrogate of one is replaced
    :param seed: of those that draw random numbers
    :raises UnknownNameError: no such surrogate
    :raises MissingDependencyError: scikit-learn is not installed
    :raises BlackboxError: ``blackbox`` is no table, or ``surrogate`` neither a name nor an estimator
    """
    table = getattr(blackbox, "table", blackbox)
    if not isinstance(table, BlackboxTabular):
        raise BlackboxError(
            f"{type(blackbox).__name__} needs no surrogate: it answers for all configurations"
        )
    if isinstance(surrogate, str) and surrogate not in SURROGATES:
        raise UnknownNameError("surrogate", surrogate, SURROGATES)
    methods = [callable(getattr(surrogate, name, None)) for name in ("fit", "predict")]
    if not isinstance(surrogate, str) and not all(methods):
        raise BlackboxError(f"a surrogate is a name or has fit and predict; {surrogate!r} does not")
    return SurrogateBlackbox(table, surrogate, seed)


def _maker(surrogate: str | Estimator, seed: int) -> Callable[[int], Estimator]:
    """What makes an estimator for so many examples: a new one each time, so that the order in which
    repetitions are asked for does not matter."""
    if not isinstance(surrogate, str):
        return lambda examples: copy.deepcopy(surrogate)
    try:
        from sklearn.ensemble import ExtraTreesRegressor, RandomForestRegressor
        from sklearn.neighbors import KNeighborsRegressor
    except ModuleNotFoundError:
        raise MissingDependencyError("scikit-learn", "sklearn") from None

    def neighbours(examples: int) -> Estimator:
        made: Estimator = KNeighborsRegressor(min(5, examples), weights="distance", algorithm="brute")
        return made

    makers: dict[str, Callable[[int], Estimator]] = {
        "knn": neighbours,
        "forest": lambda examples: RandomForestRegressor(100, random_state=seed),
        "extra_trees": lambda examples: ExtraTreesRegressor(100, random_state=seed),
    }
    return makers[surrogate]


def _spelled(estimator: Estimator) -> str:
    """Class and settings; addresses would differ from process to process."""
    settings = estimator.get_params() if hasattr(estimator, "get_params") else vars(estimator)
    arguments = ", ".join(f"{name}={value!r}" for name, value in sorted(settings.items()))
    cls = type(estimator)
    return re.sub(r" at 0x[0-9a-f]+", "", f"{cls.__module__}.{cls.__qualname__}({arguments})")
