from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from syne_core.optimizer.gaussian_process.targets import standardise


@given(st.lists(st.floats(allow_nan=True, allow_infinity=True, width=64), min_size=1, max_size=30))
def test_standardised_targets_are_finite_and_keep_the_order(values: list[float]) -> None:
    array = np.array(values)
    targets = standardise(array)
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
    targets = standardise(values)
    assert targets[3] - targets[0] > 0.05 * (targets[-1] - targets[0])
