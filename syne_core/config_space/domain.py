"""What every domain promises, and where its random numbers come from."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any, NoReturn, Protocol, final

from syne_core.errors import ConfigSpaceError


class RandomSource(Protocol):
    """Anything with ``random()`` in [0, 1): ``random.Random``, a NumPy ``Generator``, a test double."""

    def random(self) -> float: ...


# No ABC: isinstance() would take eight times as long, and every function over a space asks it of every
# entry. mypy reports missing methods all the same.
@dataclass(frozen=True, eq=False, repr=False)
class Domain:
    """The values that one hyperparameter may take.

    Subclasses are frozen dataclasses. They promise: construction raises :class:`ConfigSpaceError` if the
    bounds make no sense; ``from_unit`` returns members only; ``from_unit(to_unit(v)) == v`` for every
    member ``v``, up to rounding for floats; ``repr`` evaluates back to an equal domain.

    :ivar value_type: Python type of the values
    :ivar cardinality: number of values; None if there is a continuum of them
    """

    value_type: type = field(init=False, compare=False)
    cardinality: int | None = field(init=False, compare=False)

    @abstractmethod
    def cast(self, value: Any) -> Any:
        """The member nearest to ``value``, which may be text, for example from a CSV file.

        :raises ConfigSpaceError: nothing sensible is near
        """

    @abstractmethod
    def to_unit(self, value: Any) -> float:
        """Position of ``value`` in [0, 1]; numbers beyond the bounds are clipped.

        :raises ConfigSpaceError: ``value`` is of the wrong type or an unknown category
        """

    @abstractmethod
    def from_unit(self, u: float) -> Any:
        """The member at position ``u``, which is clipped to [0, 1].

        :raises ConfigSpaceError: ``u`` is NaN
        """

    @abstractmethod
    def _key(self, value: Any) -> Hashable | None:
        """:meth:`match_key` of a member; None for any other value."""

    def value_at(self, index: int) -> Any:
        """Value number ``index`` of a finite domain, in its natural order."""
        raise ConfigSpaceError(f"{self!r} has infinitely many values")

    @final
    def sample(
        self, rng: RandomSource | None = None, size: int = 1, random_state: RandomSource | None = None
    ) -> Any:
        """A random value; takes exactly one number from ``rng``, whatever the domain.

        :param rng: None: another value every time, which no seed reproduces
        :param size: a list of so many values if not 1, as in Syne Tune
        :param random_state: Syne Tune's name of ``rng``
        """
        source = rng or random_state
        if source is None:
            from random import SystemRandom  # seldom needed, and its import takes a third of this package's

            source = SystemRandom()
        values = [self.from_unit(source.random()) for _ in range(size)]
        return values[0] if size == 1 else values

    @final
    def is_valid(self, value: Any) -> bool:
        """Is ``value`` a member? Text is no number, a bool no int, NaN nothing; NumPy scalars pass."""
        return self._key(value) is not None

    @final
    def match_key(self, value: Any) -> Hashable:
        """A hashable that is equal for equal values (floats: to about 12 significant digits).

        :raises ConfigSpaceError: ``value`` is not a member
        """
        key = self._key(value)
        if key is None:
            raise self._not_in(value)
        return key

    def refuse(self, why: str) -> NoReturn:
        """Raise the error that construction of an impossible domain ends in."""
        call = repr(self)
        shown = call if len(call) <= 120 else f"{call[:110]} ...)"
        raise ConfigSpaceError(f"{shown}: {why}")

    def _not_in(self, value: Any) -> ConfigSpaceError:
        return ConfigSpaceError(f"{value!r} is not in {self!r}")

    def __len__(self) -> int:
        """Number of values, 0 if infinite (Syne Tune's convention; ``cardinality`` is clearer)."""
        return self.cardinality or 0

    def __bool__(self) -> bool:
        """True, so that ``if domain:`` is not fooled by a length of 0."""
        return True
