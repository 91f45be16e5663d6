"""A random order of 0, ..., size - 1, made up on the way."""

from __future__ import annotations

from syne_core.optimizer.random_streams import RandomStreams

__all__ = ["ShuffledRange"]


class ShuffledRange:
    """The numbers below ``size``, each once, in an order in which all permutations are equally likely.

    The shuffle of Fisher and Yates, of which only the displaced numbers are kept: memory grows with the
    numbers taken, not with ``size``, which may be beyond any list.

    :param size: at least 1
    :param streams: step k draws from generator k, offset by ``first_stream``
    """

    def __init__(self, size: int, streams: RandomStreams, first_stream: int = 0) -> None:
        self._size = size
        self._streams = streams
        self._first_stream = first_stream
        self._num_taken = 0
        # What stands at a position that is still to be taken, where that is not the position itself.
        self._displaced: dict[int, int] = {}

    def take(self) -> int:
        """The next number.

        :raises IndexError: all were taken
        """
        here = self._num_taken
        if here >= self._size:
            raise IndexError(f"all {self._size} numbers were taken")
        there = here + self._below(self._size - here)
        self._num_taken += 1
        moved = self._displaced.pop(here, here)
        if there == here:
            return moved
        taken = self._displaced.get(there, there)
        self._displaced[there] = moved
        return taken

    def _below(self, bound: int) -> int:
        """A random integer in [0, bound); 64 bits more than ``bound`` has make the bias negligible."""
        generator = self._streams.generator(self._first_stream + self._num_taken)
        num_bytes = (bound.bit_length() + 71) // 8
        return int.from_bytes(generator.bytes(num_bytes), "little") % bound
