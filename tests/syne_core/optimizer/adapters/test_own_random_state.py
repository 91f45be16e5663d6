"""Global random state that is lent to a library, and taken back."""

from __future__ import annotations

import random

import numpy as np
import pytest

from syne_core.errors import UsageError
from syne_core.optimizer.adapters.own_random_state import OwnRandomState, seed_of_32_bits
from syne_core.optimizer.random_streams import check_seed


def draw() -> list[float]:
    return [random.random(), float(np.random.random())]


def test_what_is_drawn_depends_on_the_seed_alone() -> None:
    drawn = []
    for elsewhere in (1, 2):
        random.seed(elsewhere)
        np.random.seed(elsewhere)
        with OwnRandomState(7).lent():
            drawn.append(draw())
    assert drawn[0] == drawn[1]
    with OwnRandomState(8).lent():
        assert draw() != drawn[0]


def test_blocks_continue_each_other_whatever_happens_between() -> None:
    with OwnRandomState(7).lent():
        expected = [draw(), draw()]
    own = OwnRandomState(7)
    with own.lent():
        first = draw()
    draw()
    with own.lent():
        assert [first, draw()] == expected


def test_global_state_is_as_before_also_after_an_error() -> None:
    random.seed(3)
    np.random.seed(3)
    expected = draw()
    random.seed(3)
    np.random.seed(3)
    with pytest.raises(UsageError), OwnRandomState(0).lent():
        check_seed(-draw()[0])
    assert draw() == expected


def test_seeds_beyond_32_bits_are_folded_and_others_kept() -> None:
    assert seed_of_32_bits(2**32 - 1) == 2**32 - 1
    assert 0 <= seed_of_32_bits(2**70) < 2**32
    assert seed_of_32_bits(2**70) != seed_of_32_bits(2**70 + 1)
    with pytest.raises(UsageError, match="non-negative"):
        OwnRandomState(-1)
