"""How often intervals of 95 % cover the truth: at 5, 10 and 30 seeds, for normal and for skewed data."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from perf.outcome import Outcome, Target
from perf.script import Options, run_script
from syne_core.experiments.aggregate import mean_with_interval
from syne_core.experiments.statistics.intervals import Interval, median_interval
from syne_core.experiments.statistics.iqm import iqm_interval

NAME = "interval_coverage"
SIZES = (5, 10, 30)
CONFIDENCE = 0.95
SEED = 20261121
SAMPLES, QUICK_SAMPLES = 200_000, 4_000
RESAMPLED, QUICK_RESAMPLED = 1_000, 20
#: Benchmarks of the interquartile mean over several.
BENCHMARKS = 5
#: Standard deviation of the logarithm of skewed data: skewness 6.2.
SIGMA = 1.0

Floats = NDArray[np.float64]
Draw = Callable[[np.random.Generator, "tuple[int, ...]"], Floats]


def _normal(rng: np.random.Generator, shape: tuple[int, ...]) -> Floats:
    return rng.normal(size=shape)


def _lognormal(rng: np.random.Generator, shape: tuple[int, ...]) -> Floats:
    return rng.lognormal(sigma=SIGMA, size=shape)


#: Kind of data: how to draw them, and their true mean and median.
DATA: dict[str, tuple[Draw, float, float]] = {
    "normal": (_normal, 0.0, 0.0),
    "lognormal": (_lognormal, math.exp(SIGMA**2 / 2), 1.0),
}


def measure(options: Options) -> Outcome:
    """Coverage of each interval for each kind of data and number of seeds."""
    many = QUICK_SAMPLES if options.quick else SAMPLES
    few = QUICK_RESAMPLED if options.quick else RESAMPLED
    rows = [row for data in DATA for n in SIZES for row in _coverages(data, n, many, few)]
    normal = [row for row in rows if row["data"] == "normal" and row["covered"] is not None]
    targets = tuple(
        Target(
            f"normal data, {row['n']} seeds, {row['interval']}: percentage points away from 95",
            2.0,
            abs(100 * row["covered"] - 95),
        )
        for row in normal
    )
    return Outcome(
        name=NAME,
        question=f"Share of {CONFIDENCE:.0%} intervals that cover the truth.",
        ours={f"{row['data']}, {row['n']} seeds, {row['interval']}": row["covered"] for row in rows},
        peer={"not_measured": "the promise is an absolute one"},
        ratio=None,
        targets=targets,
        warm_up="none: nothing is timed",
        notes=("null: there is no interval; five values cannot enclose a median with 95 %",),
        raw=rows,
        commands=(f"python -m perf.{NAME}",),
    )


def _coverages(data: str, n: int, many: int, few: int) -> list[dict[str, Any]]:
    draw, mean, median = DATA[data]
    rng = np.random.default_rng([SEED, n, *data.encode()])
    samples = draw(rng, (n, many))
    _, lower, upper = mean_with_interval(samples, CONFIDENCE)
    shares: dict[str, tuple[float | None, int]] = {
        "mean, Student": (float(((lower <= mean) & (mean <= upper)).mean()), many)
    }
    of_medians = [median_interval(column, CONFIDENCE) for column in samples[:, :few].T]
    shares["median, order statistics"] = _covered(of_medians, median), few
    truth = _interquartile_mean(data)
    for benchmarks in (1, BENCHMARKS):
        tables = draw(rng, (few, benchmarks, n))
        found = [iqm_interval(table, CONFIDENCE, seed) for seed, table in enumerate(tables)]
        over = f"{benchmarks} benchmark{'s' if benchmarks > 1 else ''}"
        shares[f"interquartile mean, {over}"] = _covered(found, truth), few
    return [
        {"data": data, "n": n, "interval": name, "covered": share, "samples": number}
        for name, (share, number) in shares.items()
    ]


def _covered(intervals: list[Interval], truth: float) -> float | None:
    """None if there are none."""
    known = [one for one in intervals if not math.isnan(one.lower)]
    return float(np.mean([one.lower <= truth <= one.upper for one in known])) if known else None


def _interquartile_mean(data: str) -> float:
    """Of the distribution."""
    from scipy.stats import norm

    if data == "normal":
        return 0.0
    quarter = float(norm.ppf(0.75))
    return 2 * math.exp(SIGMA**2 / 2) * float(norm.cdf(quarter - SIGMA) - norm.cdf(-quarter - SIGMA))


if __name__ == "__main__":
    run_script(measure)
