"""How far a surrogate is off, measured on rows that it has not seen."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from syne_core.blackbox.blackbox import Blackbox
from syne_core.blackbox.curve_regression import Estimator
from syne_core.blackbox.surrogates import add_surrogate
from syne_core.blackbox.tabular import BlackboxTabular
from syne_core.errors import BlackboxError
from syne_core.optimizer.random_streams import RandomStreams

__all__ = ["SurrogateError", "surrogate_error"]


@dataclass(frozen=True)
class SurrogateError:
    """Errors of one quantity at the last report of unseen configurations.

    :param name: a metric, or the elapsed time
    :param mean_absolute_error: mean of \\|predicted - true\\|
    :param error_of_mean: the same for a prediction that ignores the configuration: the mean of the others
    :param rank_correlation: Spearman's, of predicted and true values; NaN if either does not vary
    :param examples: on how many rows
    """

    name: str
    mean_absolute_error: float
    error_of_mean: float
    rank_correlation: float
    examples: int


def surrogate_error(
    blackbox: Blackbox,
    surrogate: str | Estimator = "nearest",
    *,
    holdout: float = 0.2,
    seed: int = 0,
    repetition: int = 0,
) -> list[SurrogateError]:
    """Fit a surrogate to some rows of a table, and compare what it says of the others with the truth.

    Rows whose run diverged, failed or ended early are judged at their last finite report, where the
    prediction has one; the others are left out.

    :param blackbox: a table, or a surrogate of one
    :param surrogate: as in :func:`~syne_core.blackbox.add_surrogate`
    :param holdout: share of the rows that the surrogate does not see
    :param seed: draws these rows, and is that of the surrogate
    :return: one for each metric, and one for the elapsed time
    :raises BlackboxError: too few rows, or ``holdout`` is no share
    """
    table = getattr(blackbox, "table", blackbox)
    rows = len(table.configurations) if isinstance(table, BlackboxTabular) else 0
    unseen = round(holdout * rows) if 0 < holdout < 1 else 0
    if not isinstance(table, BlackboxTabular) or not 0 < unseen < rows:
        raise BlackboxError(
            f"surrogate_error needs a table and a share of its rows, not {holdout!r} of {rows}"
        )
    order = RandomStreams(seed, "surrogate error").generator(0).permutation(rows).tolist()
    seen, hidden = sorted(order[unseen:]), sorted(order[:unseen])
    predictor = add_surrogate(table.subset(seen), surrogate, seed=seed)
    found = []
    for name in (*table.metric_names, table.elapsed_time_attr):
        pairs = [_pair(table, predictor, row, repetition, name) for row in hidden]
        known = np.array([pair for pair in pairs if pair is not None]).reshape(-1, 2)
        others = [_last(table, row, repetition, name) for row in seen]
        mean = float(np.mean([pair[1] for pair in others if pair is not None] or [math.nan]))
        found.append(_judged(name, known, mean))
    return found


def _last(table: BlackboxTabular, row: int, repetition: int, name: str) -> tuple[int, float] | None:
    """Last resource with a finite value, and the value."""
    curve = table.curve_at(row, repetition)
    values = curve.elapsed if name == table.elapsed_time_attr else curve.metrics[name]
    finite = [pair for pair in zip(curve.resources, values, strict=True) if math.isfinite(pair[1])]
    return finite[-1] if finite else None


def _pair(
    table: BlackboxTabular, predictor: Blackbox, row: int, repetition: int, name: str
) -> tuple[float, float] | None:
    true = _last(table, row, repetition, name)
    curve = predictor.curve(table.configurations[row], repetition)
    values = curve.elapsed if name == table.elapsed_time_attr else curve.metrics[name]
    at = dict(zip(curve.resources, values, strict=True))
    predicted = math.nan if true is None else at.get(true[0], math.nan)
    return None if true is None or math.isnan(predicted) else (predicted, true[1])


def _judged(name: str, pairs: NDArray[np.float64], mean: float) -> SurrogateError:
    if not len(pairs):
        return SurrogateError(name, math.nan, math.nan, math.nan, 0)
    predicted, true = pairs.T
    return SurrogateError(
        name,
        float(np.mean(np.abs(predicted - true))),
        float(np.mean(np.abs(mean - true))),
        _rank_correlation(predicted, true),
        len(pairs),
    )


def _rank_correlation(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    if len(a) < 2 or np.ptp(a) == 0 or np.ptp(b) == 0:
        return math.nan
    from scipy.stats import rankdata

    return float(np.corrcoef(rankdata(a), rankdata(b))[0, 1])
