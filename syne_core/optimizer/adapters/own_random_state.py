"""Random state for libraries that draw from the global one, lent while they work and taken back after."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.random import RandomState

from syne_core.optimizer.random_streams import check_seed

__all__ = ["OwnRandomState", "seed_of_32_bits"]


def seed_of_32_bits(seed: int) -> int:
    """A seed for libraries that take at most 32 bits; those below 2**32 remain what they are.

    :raises UsageError: ``seed`` is not a non-negative integer
    """
    if check_seed(seed) < 2**32:
        return seed
    return int(np.random.SeedSequence(seed).generate_state(1)[0])


class OwnRandomState:
    """The global random states of Python, NumPy and torch (where it is loaded), as one object has them.

    ::

        own = OwnRandomState(seed)
        with own.lent():
            library.suggest()

    Inside of the block the global states are this object's, and go on where its last block ended; outside
    they are what they were. Not for several threads at a time.

    :param seed: non-negative integer
    :raises UsageError: it is not
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed_of_32_bits(seed)
        self._python: Any = random.Random(self._seed).getstate()
        self._numpy: Any = RandomState(self._seed).get_state()
        self._torch: Any = None

    @contextmanager
    def lent(self) -> Iterator[None]:
        """The block whose random numbers are ours."""
        torch = sys.modules.get("torch")
        python, numpy = random.getstate(), np.random.get_state()
        before = torch.get_rng_state() if torch is not None else None
        self._put(self._python, self._numpy, self._of_torch(torch), torch)
        try:
            yield
        finally:
            self._python, self._numpy = random.getstate(), np.random.get_state()
            self._torch = torch.get_rng_state() if torch is not None else None
            self._put(python, numpy, before, torch)

    def _of_torch(self, torch: Any) -> Any:
        if torch is None or self._torch is not None:
            return self._torch
        return torch.Generator().manual_seed(self._seed).get_state()

    @staticmethod
    def _put(python: Any, numpy: Any, of_torch: Any, torch: Any) -> None:
        random.setstate(python)
        np.random.set_state(numpy)
        if torch is not None:
            torch.set_rng_state(of_torch)
