from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from syne_core.config_space import choice, uniform
from syne_core.optimizer.gaussian_process.features import FeatureMap
from syne_core.optimizer.gaussian_process.targets import standardise

Array = NDArray[np.float64]


def _apart(count: int) -> Array:
    """Rows of which none is a neighbour of another."""
    return np.arange(count, dtype=float)[:, None]


@given(st.lists(st.floats(allow_nan=True, allow_infinity=True, width=64), min_size=1, max_size=30), st.data())
def test_standardised_targets_are_finite_and_keep_the_order(values: list[float], data: st.DataObject) -> None:
    array = np.array(values)
    places = st.lists(st.floats(0, 1), min_size=len(values), max_size=len(values))
    targets = standardise(array, np.array(data.draw(places))[:, None])
    assert np.isfinite(targets).all()
    assert abs(targets.mean()) < 1e-6
    finite = np.flatnonzero(np.isfinite(array))
    order = finite[np.argsort(array[finite], kind="stable")]
    assert (np.diff(targets[order]) >= -1e-9).all()
    diverged = ~np.isfinite(array)
    if diverged.any() and finite.size:
        assert (targets[diverged] >= targets[finite].max() - 1e-9).all()


def test_a_long_tail_of_poor_values_does_not_drown_the_good_ones() -> None:
    values = np.array([0.1, 0.2, 0.3, 0.4, 1e6, 1e9])
    targets = standardise(values, _apart(6))
    assert targets[3] - targets[0] > 0.05 * (targets[-1] - targets[0])


def test_many_values_of_one_basin_are_not_the_good_half_of_the_space() -> None:
    rng = np.random.default_rng(0)
    basin = 0.5 + 0.02 * rng.random((60, 2))
    elsewhere = np.array([[x, y] for x in (0.1, 0.4, 0.9) for y in (0.05, 0.3, 0.95)])
    values = np.concatenate([1e-4 * rng.random(60), 0.1 + 0.1 * np.arange(9)])
    targets = standardise(values, np.vstack([basin, elsewhere]))
    inside, outside = targets[:60], targets[60:]
    assert np.ptp(inside) < 0.01 * (outside.min() - inside.max()), "what differs there hardly matters"
    assert np.ptp(outside) > outside.min() - inside.max(), "and what differs elsewhere does"


def test_different_categories_are_not_neighbours() -> None:
    features = FeatureMap({"kind": choice(["a", "b", "c"]), "x": uniform(0, 1)})
    rows = features.rows([{"kind": kind, "x": 0.5} for kind in "aabbc"])
    values = np.array([0.0, 0.1, 0.2, 0.4, 1.0])
    places = np.array([0, 0, 1, 1, 2], dtype=float)[:, None]
    np.testing.assert_array_equal(standardise(values, rows), standardise(values, places))


def test_every_place_has_one_vote_however_often_it_was_tried() -> None:
    values = np.array([0.0, 1.0, 2.0, 8.0])
    once = standardise(values, _apart(4))
    often = standardise(np.repeat(values, [9, 1, 1, 1]), np.repeat(_apart(4), [9, 1, 1, 1], axis=0))
    spacing = np.diff(once) / np.ptp(once)
    np.testing.assert_allclose(np.diff(often[8:]) / np.ptp(often), spacing)
