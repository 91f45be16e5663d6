"""Random configurations without repetition."""

from __future__ import annotations

import copy
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

from syne_core.config_space import (
    Domain,
    RandomSource,
    config_key,
    config_space_size,
    enumerate_configs,
    sample_config,
)

__all__ = ["UnseenConfigs"]

# Rejections in a row after which an infinite space counts as exhausted: its floats must be so close
# that configurations do not differ in 12 digits.
_MOST_TRIES = 1000
# A finite space is listed once so many samples in a row were repetitions.
_FEWEST_TRIES = 20
_TRIES_PER_CONFIG = 0.001


class UnseenConfigs:
    """Draws configurations of a space that are not excluded.

    Samples are drawn and rejected. Only once many in a row were rejected, what is left of a finite space is
    listed, and from then on all of it is equally likely. So memory is one key per excluded configuration,
    and the list near the end. Spaces of more than 2**20 configurations are never listed.

    A draw depends on the generator, the excluded configurations and ``listing`` alone.

    :param only: valid configurations to choose from, instead of all of the space
    """

    def __init__(
        self, config_space: Mapping[str, Any], only: Sequence[Mapping[str, Any]] | None = None
    ) -> None:
        self._space = config_space
        self._names = [name for name, entry in config_space.items() if isinstance(entry, Domain)]
        self._only = only
        self._size = config_space_size(config_space)
        finite_tries = _FEWEST_TRIES + int(_TRIES_PER_CONFIG * (self._size or 0))
        self._tries = _MOST_TRIES if self._size is None else finite_tries
        self._excluded: set[Hashable] = set()
        # Values of the hyperparameters, smaller than dictionaries: there may be a million.
        self._left: list[tuple[Any, ...]] | None = None
        #: Whether configurations come from the list by now.
        self.listing = only is not None

    def exclude(self, config: Mapping[str, Any]) -> None:
        """Do not draw ``config`` from now on."""
        self._excluded.add(config_key(config, self._space))
        self._left = None

    def is_excluded(self, config: Mapping[str, Any]) -> bool:
        """Whether ``config`` was excluded."""
        return config_key(config, self._space) in self._excluded

    def draw(self, rng: RandomSource, exclude: bool = True) -> dict[str, Any] | None:
        """A configuration that is not excluded; None, and nothing changes, if there is none.

        :param exclude: whether to exclude it from now on
        """
        if self._left is not None and not self._left:
            return None
        drawn = None if self.listing else self._sample(rng)
        if drawn is None and (self.listing or self._size is not None):
            drawn = self._pick(rng, exclude)
        if drawn is None:
            return None
        config, key = drawn
        if exclude:
            self._excluded.add(key)
        return config

    def _sample(self, rng: RandomSource) -> tuple[dict[str, Any], Hashable] | None:
        """A sample and its key, None if too many were excluded."""
        for _ in range(self._tries):
            config = sample_config(self._space, rng)
            key = config_key(config, self._space)
            if key not in self._excluded:
                return config, key
        return None

    def _pick(self, rng: RandomSource, exclude: bool) -> tuple[dict[str, Any], Hashable] | None:
        """One of those that are left and its key, None if nothing is left."""
        if self._left is None:
            self._left = self._list()
        if not self._left:
            return None
        self.listing = True
        index = int(rng.random() * len(self._left))
        values = iter(self._left[index])
        if exclude:
            # The order remains that of the space, so that it does not depend on when the list was made.
            del self._left[index]
        config = {
            name: copy.deepcopy(next(values) if isinstance(entry, Domain) else entry)
            for name, entry in self._space.items()
        }
        return config, config_key(config, self._space)

    def _list(self) -> list[tuple[Any, ...]]:
        configs = enumerate_configs(self._space) if self._only is None else self._only
        return [
            tuple(config[name] for name in self._names)
            for config in configs
            if config_key(config, self._space) not in self._excluded
        ]
