"""``Domain.sample`` as Syne Tune's users call it."""

from __future__ import annotations

import random

import numpy as np

from syne_core.config_space import choice, uniform

DOMAIN = uniform(-1, 3)


def test_without_generator_values_differ_and_global_state_is_left_alone() -> None:
    random.seed(1)
    np.random.seed(1)
    before = random.getstate(), repr(np.random.get_state())
    values = [DOMAIN.sample() for _ in range(20)]
    assert (random.getstate(), repr(np.random.get_state())) == before
    assert len(set(values)) == 20
    assert all(map(DOMAIN.is_valid, values))


def test_size_gives_a_list_of_the_values_that_single_calls_give() -> None:
    rng, twin = random.Random(3), random.Random(3)
    assert DOMAIN.sample(rng, size=4) == [DOMAIN.sample(twin) for _ in range(4)]
    assert len(choice(["a", "b"]).sample(size=2)) == 2


def test_generators_of_numpy_will_do_under_syne_tunes_name() -> None:
    one, same = np.random.RandomState(5), np.random.RandomState(5)
    assert DOMAIN.sample(random_state=one) == DOMAIN.sample(same)
