"""How long methods take to reach targets: empirical distributions of run times, and speed-ups.

Hansen, Auger, Ros, Mersmann, Tusar, Brockhoff, "COCO: a platform for comparing continuous optimizers in a
black-box setting", Optimization Methods and Software 36, 2021.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from syne_core.errors import UsageError
from syne_core.experiments.incumbent import StepCurve
from syne_core.experiments.statistics.anytime import time_to_target
from syne_core.experiments.statistics.intervals import Interval, mean_interval

__all__ = ["SpeedUp", "run_time_ecdf", "speed_up", "target_range"]

Floats = NDArray[np.float64]

# Distance of the hardest target from the best value, as a share of the distance of the easiest.
_NEAREST = 0.01


@dataclass(frozen=True)
class SpeedUp:
    """How many times sooner b reaches a target than a.

    :param ratio: time of a over time of b: geometric mean over pairs, with Student's interval of the
        logarithms; above 1, b is quicker
    :param missed_a: pairs in which a never reached the target; it then counts with the time for which it is
        known, so that the ratio is a lower bound
    :param missed_b: likewise, an upper bound; if both missed some the ratio is NaN
    """

    ratio: Interval
    target: float
    missed_a: int
    missed_b: int


def run_time_ecdf(curves: Sequence[StepCurve], targets: ArrayLike, mode: str) -> StepCurve:
    """Which share of all pairs of a run and a target has been reached, over time.

    A run that ends without a target does not count as reaching it later. ``known_until`` of the result is
    where the first of such runs ends: from there on the share is a lower bound.

    :param curves: one for each run
    :param targets: shape (t,), values of the metric
    :param mode: ``"min"`` or ``"max"``
    :returns: a curve without steps if nothing is ever reached
    :raises UsageError: bad ``mode``
    """
    _check_mode(mode)
    wanted = np.asarray(targets, dtype=np.float64).ravel()
    table = np.array([_times_to(curve, wanted, mode) for curve in curves])
    if not table.size:
        return StepCurve(np.empty(0), np.empty(0), math.inf)
    missed = np.isinf(table).any(axis=1)
    until = min((c.known_until for c, m in zip(curves, missed, strict=True) if m), default=math.inf)
    times, counts = np.unique(table[np.isfinite(table)], return_counts=True)
    return StepCurve(times, np.cumsum(counts) / table.size, until)


def _check_mode(mode: str) -> None:
    if mode not in ("min", "max"):
        raise UsageError(f"mode must be min or max, not {mode!r}")


def _times_to(curve: StepCurve, targets: Floats, mode: str) -> Floats:
    """``time_to_target`` of many targets at once."""
    sign = -1.0 if mode == "max" else 1.0
    gain = -np.minimum.accumulate(sign * curve.values)
    return np.append(curve.times, math.inf)[np.searchsorted(gain, -sign * targets)]


def target_range(curves: Sequence[StepCurve], mode: str, number: int = 50) -> Floats:
    """Targets for ``run_time_ecdf``, from easy to hard, shape (number,).

    From the median of the first values towards the best value of all, the distances from it evenly spaced on
    a logarithmic scale down to a hundredth, as COCO does with the optimum; empty if there is no value.

    :raises UsageError: bad ``mode``
    """
    _check_mode(mode)
    with_values = [curve for curve in curves if curve.values.size]
    if not with_values:
        return np.empty(0)
    pick = max if mode == "max" else min
    best = pick(float(curve.values[-1]) for curve in with_values)
    first = float(np.median([curve.values[0] for curve in with_values]))
    return best + (first - best) * np.geomspace(1.0, _NEAREST, number)


def speed_up(
    a: Sequence[StepCurve],
    b: Sequence[StepCurve],
    target: float,
    mode: str,
    confidence: float = 0.95,
    horizon: float = math.inf,
) -> SpeedUp:
    """How many times sooner ``b`` reaches ``target`` than ``a``, run by run.

    :param a: a curve for each pair
    :param b: likewise, of the same length
    :param target: value of the metric; ``common_target`` gives one that all reach
    :param mode: ``"min"`` or ``"max"``
    :param horizon: seconds for which a run that stays as it is counts if it missed the target
    :raises UsageError: lengths differ; bad ``mode`` or ``confidence``
    """
    if len(a) != len(b):
        raise UsageError(f"pairs need two lists of one length; these have {len(a)} and {len(b)}")
    of_a, of_b = ([time_to_target(curve, target, mode) for curve in curves] for curves in (a, b))
    missed_a, missed_b = (sum(map(math.isinf, times)) for times in (of_a, of_b))
    logs = np.log(_or_known(of_a, a, horizon)) - np.log(_or_known(of_b, b, horizon))
    of_logs = mean_interval(np.full(len(a), np.nan) if missed_a and missed_b else logs, confidence)
    point, lower, upper = map(_power, (of_logs.point, of_logs.lower, of_logs.upper))
    return SpeedUp(Interval(point, lower, upper, of_logs.n, confidence), target, missed_a, missed_b)


def _or_known(times: Sequence[float], curves: Sequence[StepCurve], horizon: float) -> Floats:
    """``times``, those that are infinite replaced by how long the curve is known, NaN if that is forever."""
    known = [
        t if math.isfinite(t) else min(curve.known_until, horizon)
        for t, curve in zip(times, curves, strict=True)
    ]
    # A report at the very start took some time, however little.
    return np.maximum([t if math.isfinite(t) else math.nan for t in known], 1e-9)


def _power(log: float) -> float:
    return math.inf if log > 700 else math.exp(log)
