"""The contract of a blackbox: what every configuration would report, and when."""

from __future__ import annotations

import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

__all__ = ["Blackbox", "LearningCurve"]


@dataclass(frozen=True, slots=True)
class LearningCurve:
    """What one run of a configuration reports, from its first resource to its last.

    :param resources: resource of each report, increasing
    :param elapsed: seconds from the start of the training to each report, not decreasing, same length
    :param metrics: values by name, each of the same length; Python floats. NaN: the run diverged there
    :param failure: why the run fails after its last report; None: it ends well
    """

    resources: Sequence[int]
    elapsed: Sequence[float]
    metrics: Mapping[str, Sequence[float]] = field(default_factory=dict)
    failure: str | None = None


class Blackbox(ABC):
    """A benchmark that answers from a table, a surrogate model or a formula.

    It is immutable: the same arguments give the same curve, in every process.

    :ivar config_space: the domains it knows, without constants
    :ivar resource_attr: name of the resource in reports
    :ivar resources: all resources it has values for, increasing
    :ivar metric_names: names of the metrics, the time not among them
    :ivar elapsed_time_attr: name under which reports carry the seconds since the start of the training
    :ivar num_seeds: repetitions of each configuration
    :ivar modes: ``"min"`` or ``"max"`` by name of metric, as far as known
    """

    config_space: dict[str, Any]
    resource_attr: str
    resources: tuple[int, ...]
    metric_names: tuple[str, ...]
    elapsed_time_attr: str
    num_seeds: int
    modes: Mapping[str, Literal["min", "max"]] = MappingProxyType({})

    @abstractmethod
    def curve(self, config: Mapping[str, Any], seed: int = 0) -> LearningCurve:
        """The whole learning curve of ``config``.

        :param config: values for all of ``config_space``; other names are passed over
        :param seed: which repetition, below ``num_seeds``
        :raises BlackboxError: it has no values for ``config``
        """

    def digest(self) -> str:
        """sha256, as hexadecimal digits, of what decides its answers.

        This one knows only the class and :meth:`metadata`: a class with parameters overrides either.
        """
        cls = type(self)
        parts = [f"{cls.__module__}.{cls.__qualname__}", self.metadata()]
        return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()

    def metadata(self) -> dict[str, Any]:
        """What is stored with the results of a simulated experiment; JSON."""
        return {"blackbox": type(self).__name__}
