"""An optimiser of one's own as a scheduler: all it needs are ``ask`` and ``tell``."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Literal

from syne_core.backend.trial_status import Trial
from syne_core.config_space import Domain
from syne_core.errors import UsageError
from syne_core.optimizer.adapters.adapter_scheduler import AdapterScheduler

__all__ = ["AskTellScheduler", "ToldValue"]

#: What an optimiser is told of a trial without a value: the worst so far, nothing, or this number.
ToldValue = Literal["worst", "nothing"] | float


class AskTellScheduler(AdapterScheduler):
    """Runs what ``optimiser.ask()`` proposes, and tells it ``optimiser.tell(config, value)``.

    The value is the trial's last report, and always to be minimised: where the metric is to be maximised, it
    is the negative. ``ask`` may leave out constants, and returns None when there is nothing left.
    An optimiser that names more arguments gets more:

    - ``ask(trial_id=...)`` and ``tell(..., trial_id=...)``: the id of the trial, an int
    - ``ask(pending=...)``: configurations of the trials that run now, a list

    ``tell`` receives the very object that ``ask`` returned. It is also told of configurations that it did not
    ask for: ``points_to_evaluate`` (here none unless given), and random ones instead of repetitions.

    An experiment that is resumed asks and tells as before, so an optimiser that is deterministic given its
    seed and these calls goes on as if nothing had happened; it should draw no global random numbers.

    :param optimiser: the object
    :param failed: what to tell of trials that failed: ``"worst"``, the worst value so far (told once there
        is one), ``"nothing"``, or a number, which is to be minimised
    :param diverged: the same for trials that ended with a value that is not finite
    :param kwargs: arguments of ``AdapterScheduler``: ``mode``, ``points_to_evaluate``, ``random_seed``,
        ``allow_duplicates``
    :raises UsageError: ``optimiser`` has no such methods, or an argument makes no sense
    """

    library: ClassVar[str] = "optimiser.ask"

    def __init__(
        self,
        config_space: dict[str, Any],
        metric: str,
        optimiser: Any,
        *,
        failed: ToldValue = "worst",
        diverged: ToldValue = "worst",
        **kwargs: Any,
    ) -> None:
        super().__init__(config_space, metric=metric, **{"points_to_evaluate": [], **kwargs})
        self.optimiser = optimiser
        self.failed = _checked_value("failed", failed)
        self.diverged = _checked_value("diverged", diverged)
        self._ask, self._takes_to_ask = _method(optimiser, "ask", ("trial_id", "pending"))
        self._do_tell, self._takes_to_tell = _method(optimiser, "tell", ("trial_id",))
        self._running: dict[int, dict[str, Any]] = {}

    def _propose(self, trial_id: int) -> dict[str, Any] | None:
        known = {"trial_id": trial_id, "pending": [dict(config) for config in self._running.values()]}
        proposed = self._ask(**{name: known[name] for name in self._takes_to_ask})
        if proposed is None:
            return None
        if not isinstance(proposed, Mapping):
            raise UsageError(
                f"optimiser.ask returned {proposed!r}; expected a configuration, which is a dict"
            )
        self._running[trial_id] = proposed  # type: ignore[assignment]
        return _as_in_space(proposed, self.config_space)

    def _adopt(self, trial_id: int, config: dict[str, Any]) -> None:
        domains = (name for name, entry in self.config_space.items() if isinstance(entry, Domain))
        self._running[trial_id] = {name: config[name] for name in domains}

    def _discard(self, trial_id: int) -> None:
        self._running.pop(trial_id, None)

    def on_trial_complete(self, trial: Trial, result: dict[str, Any]) -> None:
        value = result.get(self.metric, math.nan)
        if math.isfinite(value) or self.diverged == "worst":
            self._settle(trial, value)
        else:
            self._tell_instead(trial, self.diverged)

    def _fail(self, trial: Trial) -> None:
        if self.failed == "worst":
            self._settle(trial, math.nan)
        else:
            self._tell_instead(trial, self.failed)

    def on_trial_remove(self, trial: Trial) -> None:
        self._running.pop(trial.trial_id, None)

    def _tell_instead(self, trial: Trial, told: ToldValue) -> None:
        if isinstance(told, str):
            self._running.pop(trial.trial_id)
        else:
            self._tell(trial, told if self.mode == "min" else -told)

    def _tell(self, trial: Trial, value: float) -> None:
        config = self._running.pop(trial.trial_id)
        more = {"trial_id": trial.trial_id} if self._takes_to_tell else {}
        self._do_tell(config, value if self.mode == "min" else -value, **more)

    def metadata(self) -> dict[str, Any]:
        return {**super().metadata(), "optimiser": type(self.optimiser).__name__}


def _method(optimiser: Any, name: str, extras: tuple[str, ...]) -> tuple[Callable[..., Any], tuple[str, ...]]:
    """The method ``name`` and those of ``extras`` that it takes as arguments."""
    method = getattr(optimiser, name, None)
    if not callable(method):
        raise UsageError(f"an optimiser needs methods ask and tell; {type(optimiser).__name__} has no {name}")
    parameters = inspect.signature(method).parameters
    return method, tuple(extra for extra in extras if extra in parameters)


def _checked_value(name: str, told: Any) -> ToldValue:
    if told in ("worst", "nothing"):
        return told  # type: ignore[no-any-return]
    if isinstance(told, bool) or not isinstance(told, (int, float)):
        raise UsageError(f"{name} must be 'worst', 'nothing' or a number, not {told!r}")
    return float(told)


def _as_in_space(config: Mapping[str, Any], space: Mapping[str, Any]) -> dict[str, Any]:
    """``config`` with 3 instead of 3.0 where the space has integers: many optimisers know floats only."""
    return {
        name: int(value)
        if isinstance(value, float)
        and value.is_integer()
        and getattr(space.get(name), "value_type", 0) is int
        else value
        for name, value in config.items()
    }
