"""Grid search."""

from __future__ import annotations

import copy
import math
from collections.abc import Hashable, Mapping, Sequence
from typing import Any, ClassVar, Literal

from syne_core.config_space import Domain, Integer, config_key
from syne_core.errors import UnknownNameError, UsageError
from syne_core.optimizer.random_streams import RandomStreams
from syne_core.optimizer.schedulers.searchers.searcher import BaseSearcher
from syne_core.optimizer.schedulers.searchers.shuffled_range import ShuffledRange

__all__ = ["DEFAULT_NUM_SAMPLES", "GridSearcher", "grid_values"]

#: Values of a hyperparameter that has infinitely or very many, where nothing else is said.
DEFAULT_NUM_SAMPLES = 5
# The values of one hyperparameter are kept in memory; their combinations are not.
_MOST_SAMPLES = 2**20


class GridSearcher(BaseSearcher):
    """Proposes the points of a grid, each once; the grid itself is never listed, however large.

    Numbers between bounds are taken at the centres of ``num_samples`` equal cells of their range, on their
    scale; so the bounds are not on the grid. Of integers that many at most; all of them if there are no
    more. Every value of a finite range or of categories is on the grid.

    As everywhere, ``points_to_evaluate`` come first, and None means one that is all defaults, which may lie
    beside the grid: give an empty list for the grid alone. What came first is not repeated.

    :param num_samples: number of values by name, for integers and floats; default 5. For hyperparameters of
        other kinds it does not count
    :param shuffle_config: random order; otherwise that of the space, the last hyperparameter fastest
    :param allow_duplicates: when all points were proposed, begin again, without those whose trial failed
    :raises UsageError: ``num_samples`` is not a dictionary of positive integers
    :raises UnknownNameError: it names what is no hyperparameter
    """

    replay: ClassVar[Literal["exact", "approximate"]] = "exact"

    def __init__(
        self,
        config_space: dict[str, Any],
        metric: str,
        points_to_evaluate: Sequence[Mapping[str, Any]] | None = None,
        mode: str = "min",
        random_seed: int | None = None,
        num_samples: Mapping[str, int] | None = None,
        shuffle_config: bool = True,
        allow_duplicates: bool = False,
    ) -> None:
        super().__init__(config_space, metric, points_to_evaluate, mode, random_seed)
        self.num_samples = _checked(num_samples or {}, config_space)
        self.shuffle_config = shuffle_config
        self.allow_duplicates = allow_duplicates
        self._axes = {
            name: grid_values(entry, self.num_samples.get(name, DEFAULT_NUM_SAMPLES))
            for name, entry in config_space.items()
            if isinstance(entry, Domain)
        }
        self.grid_size = math.prod(map(len, self._axes.values()))
        self._streams = RandomStreams(self.random_seed, "grid searcher")
        # Of points in the order in which they are visited, counted on over all rounds.
        self._position = 0
        self._order = ShuffledRange(self.grid_size, self._streams)
        self._initial = {config_key(config, config_space) for config in self._points_to_evaluate}
        # Only kept where needed: to leave out the configurations of failed trials in later rounds.
        self._config_of: dict[str, dict[str, Any]] = {}
        self._failed: set[Hashable] = set()

    def get_config(self, trial_id: str) -> dict[str, Any] | None:
        config = self._next_initial_config()
        if config is None:
            config = self._next_on_grid()
        if config is not None:
            self._remember(trial_id, config)
        return config

    def state(self) -> dict[str, Any]:
        return {**super().state(), "position": self._position}

    def replay_config(self, trial_id: str, config: dict[str, Any], state: Mapping[str, Any]) -> None:
        self._remember(trial_id, config)
        self._num_initial = state["num_initial"]
        while self._position < state["position"]:
            self._visit()

    def evaluation_failed(self, trial_id: str) -> None:
        config = self._config_of.get(trial_id)
        if config is not None:
            self._failed.add(config_key(config, self.config_space))

    def _remember(self, trial_id: str, config: dict[str, Any]) -> None:
        if self.allow_duplicates:
            self._config_of[trial_id] = config

    def _next_on_grid(self) -> dict[str, Any] | None:
        for _ in range(self.grid_size):
            in_first_round = self._position < self.grid_size
            if not in_first_round and not self.allow_duplicates:
                return None
            left_out = self._initial if in_first_round else self._failed
            config = self._config(self._visit())
            if config_key(config, self.config_space) not in left_out:
                return config
        return None  # every single one has failed

    def _visit(self) -> int:
        """The number of the next point."""
        position, place = self._position, self._position % self.grid_size
        self._position += 1
        if not self.shuffle_config:
            return place
        if place == 0 and position > 0:
            self._order = ShuffledRange(self.grid_size, self._streams, first_stream=position)
        return self._order.take()

    def _config(self, number: int) -> dict[str, Any]:
        """Point ``number`` of the grid, constants included."""
        indices: dict[str, int] = {}
        for name, values in reversed(self._axes.items()):
            number, indices[name] = divmod(number, len(values))
        return {
            name: copy.deepcopy(self._axes[name][indices[name]] if name in indices else entry)
            for name, entry in self.config_space.items()
        }


def grid_values(domain: Domain, num_samples: int) -> list[Any]:
    """The values of one hyperparameter that are on the grid, in its order, no two alike."""
    size = domain.cardinality
    if size is not None and (size <= num_samples or not isinstance(domain, Integer)):
        return [domain.value_at(index) for index in range(size)]
    centres = ((cell + 0.5) / num_samples for cell in range(num_samples))
    return list(dict.fromkeys(map(domain.from_unit, centres)))


def _checked(num_samples: Any, config_space: Mapping[str, Any]) -> dict[str, int]:
    if not isinstance(num_samples, Mapping):
        raise UsageError(f"num_samples is a dictionary of numbers by name, not {num_samples!r}")
    names = [name for name, entry in config_space.items() if isinstance(entry, Domain)]
    for name, value in num_samples.items():
        if name not in names:
            raise UnknownNameError("hyperparameter in num_samples", str(name), names)
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= _MOST_SAMPLES:
            limits = f"an integer from 1 to {_MOST_SAMPLES}"
            raise UsageError(f"num_samples['{name}'] must be {limits}, not {value!r}")
    return dict(num_samples)
