"""Curves lose points only where nobody would see it."""

from __future__ import annotations

import math

import numpy as np
import pytest

from syne_core.experiments.aggregate import mean_curve
from syne_core.experiments.incumbent import StepCurve
from syne_core.experiments.report.curve_columns import mean_columns, plain_number, seed_columns


def learning_curves(number: int, steps: int, scale: float = 1.0) -> list[StepCurve]:
    rng = np.random.default_rng(7)
    times = [np.sort(rng.uniform(0, 100, steps)) for _ in range(number)]
    return [StepCurve(t, scale * np.exp(-0.08 * t) + 1e-6 * scale) for t in times]


def held(time: list[float], value: list[float | None], at: np.ndarray) -> np.ndarray:
    """The steps of columns at the times ``at``."""
    index = np.searchsorted(np.array(time), at, side="right") - 1
    return np.array([math.nan if v is None else v for v in value])[index]


def test_a_long_mean_curve_is_cut_without_being_seen() -> None:
    curve = mean_curve(learning_curves(50, 80), horizon=100.0)
    columns = mean_columns(curve)
    assert len(columns["time"]) < curve.times.size / 3
    span = np.nanmax(curve.upper) - np.nanmin(curve.lower)
    wide = np.diff(curve.times) > 1e-3  # times are rounded to six digits
    middles = ((curve.times[1:] + curve.times[:-1]) / 2)[wide]
    for name, exact in (("mean", curve.mean), ("lower", curve.lower), ("upper", curve.upper)):
        shown = held(columns["time"], columns[name], middles)
        assert np.nanmax(np.abs(shown - exact[:-1][wide])) <= 1.01e-3 * span
    assert columns["time"][-1] == pytest.approx(curve.times[-1], rel=1e-5)


def test_small_values_keep_their_steps_for_logarithmic_axes() -> None:
    curve = learning_curves(1, 3000)[0]
    columns = seed_columns(curve)
    assert len(columns["time"]) < 1500
    wide = np.diff(curve.times) > 1e-3
    shown = held(columns["time"], columns["value"], ((curve.times[1:] + curve.times[:-1]) / 2)[wide])
    assert np.max(np.abs(shown / curve.values[:-1][wide] - 1)) <= 0.0102


def test_short_curves_are_whole() -> None:
    curve = learning_curves(1, 150)[0]
    assert seed_columns(curve)["value"] == pytest.approx(curve.values.tolist(), rel=1e-7)


def test_a_point_where_a_seed_ends_is_kept() -> None:
    curves = learning_curves(3, 400)
    curves[0] = StepCurve(curves[0].times[:200], curves[0].values[:200], known_until=60.0)
    columns = mean_columns(mean_curve(curves, horizon=100.0))
    changes = [
        t for t, a, b in zip(columns["time"][1:], columns["n"], columns["n"][1:], strict=False) if a != b
    ]
    assert any(t == pytest.approx(60.0, abs=1e-3) for t in changes)


def test_numbers_are_short_and_finite_ones_only() -> None:
    assert plain_number(0.123456789) == 0.123457
    assert plain_number(3.0) == 3
    assert isinstance(plain_number(np.float64(3.0)), int)
    assert plain_number(math.nan) is None
    assert plain_number(math.inf) is None
    assert plain_number(1e300) == 1e300
