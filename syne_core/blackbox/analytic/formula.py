"""What problems given by a formula share: checks, and noise that is a pure function of its place."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from syne_core.blackbox.blackbox import Blackbox
from syne_core.config_space import Domain, config_mistakes
from syne_core.errors import BlackboxError, ConfigSpaceError
from syne_core.optimizer.random_streams import RandomStreams

__all__ = ["NUM_SEEDS", "FormulaBlackbox", "Optimum"]

#: A formula has as many repetitions as there are seeds.
NUM_SEEDS = 2**31 - 1


@dataclass(frozen=True)
class Optimum:
    """The best that a problem offers, without noise.

    :param value: smallest value of the first metric at the largest resource
    :param configs: where; all places if there are several
    :param exact: known from the formula; else found by numerical search
    """

    value: float
    configs: tuple[dict[str, Any], ...]
    exact: bool = True


class FormulaBlackbox(Blackbox):
    """Base of problems given by a formula; all are to be minimised.

    Noise is a pure function of seed, configuration and resource. It is drawn from Philox, whose numbers are
    the same on every machine, by the method of Box and Muller.

    :param name: how :func:`~syne_core.blackbox.load_blackbox` calls it
    :param domains: its configuration space
    :param settings: what else decides its values; JSON
    """

    resource_attr = "epoch"
    elapsed_time_attr = "elapsed_time"
    num_seeds = NUM_SEEDS

    def __init__(self, name: str, domains: Mapping[str, Domain], settings: Mapping[str, Any]) -> None:
        self.name = name
        self.config_space = dict(domains)
        self.modes = dict.fromkeys(self.metric_names, "min")
        self._settings = dict(settings)
        self._keys = [(name, domain.match_key) for name, domain in domains.items()]

    def metadata(self) -> dict[str, Any]:
        """Name and settings."""
        return {**super().metadata(), "blackbox_name": self.name, "blackbox_settings": self._settings}

    def _key(self, config: Mapping[str, Any], seed: int) -> tuple[Hashable, ...]:
        """The key of ``config``, once both arguments are found good.

        :raises BlackboxError: one is not
        """
        if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or not 0 <= seed < NUM_SEEDS:
            raise BlackboxError(
                f"{self.name}: a seed is a whole number from 0 to {NUM_SEEDS - 1}, not {seed!r}"
            )
        try:
            return tuple([key(config[name]) for name, key in self._keys])
        except (KeyError, ConfigSpaceError):
            known = {name: config[name] for name in self.config_space if name in config}
            raise BlackboxError(
                f"{self.name}: {'; '.join(config_mistakes(known, self.config_space))}"
            ) from None

    def _normal(self, key: tuple[Hashable, ...], seed: int, size: int) -> NDArray[np.float64]:
        """``size`` normal numbers that belong to (seed, configuration).

        The first ones do not depend on ``size``.
        """
        # -0.0 equals 0.0 but is spelled otherwise.
        spelled = repr([x + 0.0 if isinstance(x, float) else x for x in key])
        generator = RandomStreams(int(seed), f"{self.name} {spelled}").generator(0)
        bits: Any = generator.bit_generator.random_raw(2 * size)
        uniform = ((bits >> np.uint64(11)) + 0.5).reshape(size, 2) * 2.0**-53
        result: NDArray[np.float64] = np.sqrt(-2.0 * np.log(uniform[:, 0])) * np.cos(
            2 * np.pi * uniform[:, 1]
        )
        return result
