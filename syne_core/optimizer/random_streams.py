"""Random numbers as a function of (seed, purpose, number): there is no generator state to save.

A method that draws its k-th suggestion from generator k resumes exactly if it knows k, and what one
suggestion draws never shifts the numbers of the next.
"""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np
from numpy.random import Generator, Philox, SeedSequence
from numpy.random.bit_generator import ISeedSequence

from syne_core.errors import UsageError

__all__ = ["DEFAULT_SEED", "RandomStreams", "check_seed"]

#: Seed where none is given: methods are deterministic unless told otherwise.
DEFAULT_SEED = 31415927


class RandomStreams:
    """Independent generators, numbered 0, 1, ...

    The bit generator is Philox (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3"): a block
    cipher of a counter. Seed and purpose make the key, and the generator's number is the second 64-bit word
    of the counter, so each has 2**66 words of 64 bits to itself. Making one takes about 4 us.

    :param seed: non-negative integer of any size
    :param purpose: who draws; generators of different purposes are independent
    :raises UsageError: ``seed`` is not a non-negative integer
    """

    def __init__(self, seed: int, purpose: str) -> None:
        sequence = SeedSequence(check_seed(seed), spawn_key=(zlib.crc32(purpose.encode()),))
        # NumPy's annotations do not know that any ISeedSequence will do.
        self._key: Any = _Key(sequence.generate_state(2, np.uint64))

    def generator(self, number: int) -> Generator:
        """Generator ``number``, from its beginning.

        :param number: 0 or more, below 2**64
        """
        counter = np.zeros(4, np.uint64)
        counter[1] = number
        return Generator(Philox(self._key, counter=counter))


class _Key(ISeedSequence):
    """Hands a ready key to Philox, whose ``key`` argument would cost a needless call for entropy."""

    def __init__(self, words: Any) -> None:
        self._words = words

    def generate_state(self, n_words: int, dtype: Any = np.uint64) -> Any:
        """The key: two words of 64 bits, which is all that Philox asks for."""
        return self._words


def check_seed(seed: Any) -> int:
    """``seed`` as an int.

    :raises UsageError: it is not a non-negative integer
    """
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or seed < 0:
        raise UsageError(f"random_seed must be a non-negative integer, not {seed!r}")
    return int(seed)
