"""Incumbent curves: right-continuous steps, over finite values only, known for so long and no longer."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from syne_core.errors import ResultsError
from syne_core.experiments import StepCurve, incumbent_curve
from syne_core.experiments.incumbent import incumbent_row

points = st.lists(
    st.tuples(
        st.floats(0, 100) | st.sampled_from([0.0, 1.0, 2.0]), st.floats() | st.sampled_from([0.0, 1.0])
    ),
    max_size=30,
)


def table(pairs: list[tuple[float, float]]) -> pd.DataFrame:
    return pd.DataFrame({"st_tuner_time": [t for t, _ in pairs], "loss": [v for _, v in pairs]}, dtype=float)


@pytest.mark.parametrize(("mode", "pick"), [("min", min), ("max", max)])
@given(pairs=points, time=st.floats(-1, 101))
def test_the_curve_is_the_best_finite_value_until_then(
    mode: str, pick: object, pairs: list[tuple[float, float]], time: float
) -> None:
    curve = incumbent_curve(table(pairs), "loss", mode)
    for moment in (time, *(t for t, _ in pairs)):
        seen = [v for t, v in pairs if t <= moment and math.isfinite(v)]
        expected = pick(seen) if seen else math.nan  # type: ignore[operator]
        assert np.array_equal(curve.at(moment), expected, equal_nan=True)


@given(pairs=points)
def test_steps_are_strict(pairs: list[tuple[float, float]]) -> None:
    curve = incumbent_curve(table(pairs), "loss", "min")
    assert (np.diff(curve.times) > 0).all()
    assert (curve.values[1:] < curve.values[:-1]).all()


def test_a_curve_has_the_new_value_at_the_moment_of_the_report() -> None:
    curve = incumbent_curve(table([(1.0, 3.0), (2.0, 1.0)]), "loss", "min")
    times = [0.0, 1.0, np.nextafter(2.0, 0), 2.0, 99.0]
    assert np.array_equal(curve.at(times), [np.nan, 3.0, 3.0, 1.0, 1.0], equal_nan=True)


def test_a_curve_ends_where_it_is_no_longer_known() -> None:
    curve = StepCurve(np.array([1.0]), np.array([5.0]), known_until=4.0)
    assert np.array_equal(curve.at([4.0, 4.000001]), [5.0, np.nan], equal_nan=True)


def test_an_empty_curve_has_no_value_anywhere() -> None:
    curve = incumbent_curve(table([(1.0, math.nan)]), "loss", "min")
    assert curve.final is None
    assert np.isnan(curve.at([0.0, 1.0, 2.0])).all()


@pytest.mark.parametrize(("mode", "row"), [("min", 1), ("max", 3)])
def test_the_incumbents_row_is_the_earliest_of_equals(mode: str, row: int) -> None:
    results = table([(5.0, 1.0), (4.0, 1.0), (1.0, math.nan), (2.0, 9.0), (3.0, 9.0), (0.0, math.inf)])
    assert incumbent_row(results, "loss", mode) == row


def test_values_that_are_text_are_passed_over() -> None:
    results = pd.DataFrame({"st_tuner_time": [1.0, 2.0], "loss": ["what?", "3"]})
    assert incumbent_curve(results, "loss", "min").values.tolist() == [3.0]


def test_a_missing_column_is_named() -> None:
    with pytest.raises(ResultsError, match="'st_tuner_time'"):
        incumbent_curve(pd.DataFrame({"loss": [1.0]}), "loss", "min")
