"""Brackets: at which rung a new trial is compared first."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate

from syne_core.optimizer.random_streams import RandomStreams

__all__ = ["BracketSampler", "bracket_probabilities"]


def bracket_probabilities(levels: Sequence[int], num_brackets: int) -> list[float]:
    """How likely each bracket is for a new trial.

    As many as synchronous Hyperband starts in it, relative to the others (Li et al. 2018, "Hyperband", and
    Syne Tune's default): bracket s of S = ``len(levels)`` in proportion to S / ((S - s) * levels[s]).

    :param levels: rung levels and, last, the largest resource
    :param num_brackets: at most ``len(levels)``
    """
    weights = [len(levels) / ((len(levels) - s) * levels[s]) for s in range(num_brackets)]
    return [weight / sum(weights) for weight in weights]


class BracketSampler:
    """Draws the brackets of new trials.

    :param levels: rung levels and, last, the largest resource
    :param num_brackets: bracket s skips the s lowest rungs; there are at most ``len(levels)``
    """

    def __init__(self, levels: Sequence[int], num_brackets: int, seed: int) -> None:
        self.num_brackets = min(num_brackets, len(levels))
        self._cumulative = list(accumulate(bracket_probabilities(levels, self.num_brackets)))
        self._streams = RandomStreams(seed, "brackets")

    def bracket_of(self, number: int) -> int:
        """The bracket of new trial ``number`` = 0, 1, ..."""
        if self.num_brackets == 1:
            return 0
        u = float(self._streams.generator(number).random()) * self._cumulative[-1]
        return min(bisect_right(self._cumulative, u), self.num_brackets - 1)
