from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from syne_core.config_space import choice, loguniform, ordinal, randint
from syne_core.optimizer.gaussian_process.features import FeatureMap

SPACE = {
    "kind": choice(["a", "b", "c", "d"]),
    "flag": choice([True, False]),
    "size": ordinal([8, 16, 64]),
    "rate": loguniform(1e-4, 1.0),
    "layers": randint(1, 5),
    "epochs": 27,
}
CONFIGS = st.fixed_dictionaries(
    {
        "kind": st.sampled_from("abcd"),
        "flag": st.booleans(),
        "size": st.sampled_from([8, 16, 64]),
        "rate": st.floats(1e-4, 1.0),
        "layers": st.integers(1, 5),
    }
)


@given(CONFIGS)
def test_features_lead_back_to_the_configuration(config: dict[str, Any]) -> None:
    features = FeatureMap(SPACE)
    row = features.encode(config)
    assert row.shape == (features.num_columns,)
    assert ((row >= 0) & (row <= 1)).all()
    decoded = features.decode(row)
    assert abs(np.log(decoded.pop("rate") / config["rate"])) < 1e-9
    assert decoded == {name: value for name, value in config.items() if name != "rate"}
    np.testing.assert_array_equal(features.snap(row[None])[0], row)


@given(CONFIGS)
def test_neighbours_are_valid_and_differ_in_one_hyperparameter(config: dict[str, Any]) -> None:
    features = FeatureMap(SPACE)
    own = features.decode(features.encode(config))
    changed = []
    for neighbour in features.neighbours(features.encode(config)):
        values = features.decode(neighbour)
        changed.append([name for name in values if values[name] != own[name]])
    assert all(len(names) <= 1 for names in changed)
    assert sum(names == ["kind"] for names in changed) == 3, "every other category"
    assert ["rate"] not in changed, "continuous"


def test_all_categories_are_a_sixth_of_a_range_apart() -> None:
    features = FeatureMap({"kind": SPACE["kind"]})
    rows = features.rows([{"kind": kind} for kind in "abcd"])
    apart = [np.linalg.norm(a - b) for a, b in combinations(rows, 2)]
    np.testing.assert_allclose(apart, 1 / 6)
