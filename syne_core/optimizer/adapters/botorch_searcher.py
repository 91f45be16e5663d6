"""Bayesian optimisation with BoTorch (Balandat et al. 2020)."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from syne_core.config_space import (
    Categorical,
    Domain,
    Ordinal,
    config_key,
    config_space_size,
    decode_config,
)
from syne_core.errors import UsageError
from syne_core.optimizer.adapters.botorch_model import best_points, botorch_library
from syne_core.optimizer.arguments import reject_unknown
from syne_core.optimizer.random_streams import RandomStreams
from syne_core.optimizer.schedulers.fifo import FIFOScheduler
from syne_core.optimizer.schedulers.searchers.searcher import BaseSearcher
from syne_core.optimizer.schedulers.searchers.unseen_configs import UnseenConfigs

__all__ = ["BoTorch", "BoTorchSearcher"]

logger = logging.getLogger(__name__)

_LEAST_DATA = 2


class BoTorchSearcher(BaseSearcher):
    """Proposes the maximiser of BoTorch's qLogEI, given what is pending, that was not tried before.

    A point of the model has one coordinate for each hyperparameter, its position in the unit interval, but
    one for each of three or more categories without an order. Configurations are the nearest ones to optima
    of the acquisition function. A diverged trial counts as the worst finite value so far.

    :param num_init_random: so many configurations are drawn at random first, initial ones included. Also
        later, as long as fewer than 2 values are known
    :raises MissingDependencyError: BoTorch is not installed
    """

    def __init__(
        self,
        config_space: dict[str, Any],
        metric: str,
        points_to_evaluate: Sequence[Mapping[str, Any]] | None = None,
        mode: str = "min",
        random_seed: int | None = None,
        num_init_random: int = 5,
    ) -> None:
        super().__init__(config_space, metric, points_to_evaluate, mode, random_seed)
        botorch_library()
        if isinstance(num_init_random, bool) or not isinstance(num_init_random, int) or num_init_random < 0:
            raise UsageError(f"num_init_random must be 0 or more, not {num_init_random!r}")
        self.num_init_random = num_init_random
        self._streams = RandomStreams(self.random_seed, "BoTorch searcher")
        self._encoding = _Encoding(config_space)
        self._size = config_space_size(config_space, upper_limit=None)
        self._unseen = UnseenConfigs(config_space)
        self._tried: set[Any] = set()
        self._num_suggested = 0
        self._observed: dict[str, tuple[dict[str, Any], float]] = {}
        self._pending: dict[str, dict[str, Any]] = {}

    def get_config(self, trial_id: str) -> dict[str, Any] | None:
        config = self._next_initial_config()
        if config is None:
            if self._size is not None and len(self._tried) >= self._size:
                return None
            config = self._next_config()
        if config is not None:
            self._note(config)
        return config

    def _next_config(self) -> dict[str, Any] | None:
        rng = self._streams.generator(self._num_suggested)
        if self._num_suggested >= self.num_init_random:
            values = self._values()
            if len(values) >= _LEAST_DATA:
                for config in self._by_model(values, int(rng.integers(2**32))):
                    if config_key(config, self.config_space) not in self._tried:
                        return config
        return self._unseen.draw(rng)

    def _by_model(self, values: NDArray[np.float64], seed: int) -> list[dict[str, Any]]:
        """What the model proposes, the best first; empty if there is no model."""
        inputs = self._encoding.encode([config for config, _ in self._observed.values()])
        pending = self._encoding.encode(list(self._pending.values()))
        found = best_points(inputs, values, pending, seed)
        if found is None:
            logger.warning("BoTorch could not fit its model to %d values; drawing at random", len(values))
            return []
        return [self._encoding.decode(point) for point in found]

    def _values(self) -> NDArray[np.float64]:
        """Values to minimise, one for each observation; empty if none is finite."""
        values = np.array([value for _, value in self._observed.values()], dtype=np.float64)
        finite = np.isfinite(values)
        if not finite.any():
            return np.empty(0)
        values = values if self.mode == "min" else -values
        return np.where(finite, values, values[finite].max())

    def _note(self, config: dict[str, Any]) -> None:
        self._tried.add(config_key(config, self.config_space))
        self._unseen.exclude(config)
        self._num_suggested += 1

    def state(self) -> dict[str, Any]:
        return {
            **super().state(),
            "num_suggested": self._num_suggested,
            "listing": self._unseen.listing,
        }

    def replay_config(self, trial_id: str, config: dict[str, Any], state: Mapping[str, Any]) -> None:
        self._note(config)
        self._num_initial = state["num_initial"]
        self._num_suggested = state["num_suggested"]
        self._unseen.listing = state["listing"]

    def register_pending(
        self, trial_id: str, config: dict[str, Any] | None = None, milestone: int | None = None
    ) -> None:
        if config is not None:
            self._pending[trial_id] = config

    def cleanup_pending(self, trial_id: str) -> None:
        self._pending.pop(trial_id, None)

    def _update(self, trial_id: str, config: dict[str, Any], result: dict[str, Any]) -> None:
        value = float(result[self.metric])
        self._observed[trial_id] = config, value if math.isfinite(value) else math.nan


class BoTorch(FIFOScheduler):
    """Trials as ``BoTorchSearcher`` proposes them, each trained to the end.

    What runs is resumed without fitting old models again. Suggestions after that are those of an
    uninterrupted run as far as torch computes alike, for which nobody stands in.

    :param kwargs: arguments of ``FIFOScheduler``; ``search_options`` are those of ``BoTorchSearcher``
    :raises MissingDependencyError: BoTorch is not installed
    """

    replay: ClassVar[Literal["exact", "approximate"]] = "approximate"

    def __init__(
        self,
        config_space: dict[str, Any],
        metric: str,
        *,
        mode: str = "min",
        points_to_evaluate: Sequence[Mapping[str, Any]] | None = None,
        random_seed: int | None = None,
        search_options: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        options = dict(search_options or {})
        reject_unknown(options, BoTorchSearcher)
        searcher = BoTorchSearcher(config_space, metric, points_to_evaluate, mode, random_seed, **options)
        shared: dict[str, Any] = {"metric": metric, "mode": mode, "random_seed": random_seed}
        super().__init__(config_space, **{"searcher": searcher, **shared, **kwargs})

    def metadata(self) -> dict[str, Any]:
        return {**super().metadata(), "library": f"botorch {botorch_library().__version__}"}


class _Encoding:
    """Configurations as points of a unit cube, and back."""

    def __init__(self, space: Mapping[str, Any]) -> None:
        self._space = space
        self._domains = [(name, entry) for name, entry in space.items() if isinstance(entry, Domain)]
        self._widths = [
            len(domain) if _has_no_order(domain) and len(domain) > 2 else 1 for _, domain in self._domains
        ]

    def encode(self, configs: Sequence[Mapping[str, Any]]) -> NDArray[np.float64]:
        """Points, (len(configs), dimension)."""
        points = np.zeros((len(configs), sum(self._widths)))
        for row, config in enumerate(configs):
            start = 0
            for (name, domain), width in zip(self._domains, self._widths, strict=True):
                unit = domain.to_unit(config[name])
                if width == 1:
                    points[row, start] = unit
                else:
                    points[row, start + min(int(unit * width), width - 1)] = 1.0
                start += width
        return points

    def decode(self, point: NDArray[np.float64]) -> dict[str, Any]:
        """The configuration nearest to ``point``."""
        units, start = [], 0
        for width in self._widths:
            part = point[start : start + width]
            units.append(float(part[0]) if width == 1 else (int(np.argmax(part)) + 0.5) / width)
            start += width
        return decode_config(units, self._space)


def _has_no_order(domain: Domain) -> bool:
    return isinstance(domain, Categorical) and not isinstance(domain, Ordinal)
