"""Schedulers of Syne Tune 0.16 as ours, to compare with."""

from __future__ import annotations

import copy
import inspect
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar

from syne_core.backend.trial_status import Trial
from syne_core.errors import ExperimentError, SyneError, UsageError
from syne_core.optimizer.adapters.adapter_scheduler import AdapterScheduler
from syne_core.optimizer.adapters.own_random_state import OwnRandomState, seed_of_32_bits
from syne_core.optimizer.adapters.syne_tune_library import (
    SCHEDULERS,
    known_faults,
    scheduler_class,
    syne_tune_version,
)
from syne_core.optimizer.adapters.syne_tune_space import SyneTuneSpace
from syne_core.optimizer.arguments import reject_unknown
from syne_core.optimizer.scheduler import SchedulerDecision
from syne_core.optimizer.schedulers.resource_levels import find_max_resource

__all__ = ["SyneTuneScheduler"]

logger = logging.getLogger(__name__)


class SyneTuneScheduler(AdapterScheduler):
    """A scheduler of Syne Tune 0.16 that starts each trial from scratch; may stop, but not pause trials.

    Its interface is another than that of 0.13, which ours has. It is lent a global random state of its own,
    since most of it draws from the global one. A report that is not finite is shown to it as the worst finite
    value so far, and not at all before there is one. What is known to be wrong with it is in the log, and as
    ``method_notes`` in the metadata of every experiment, which plots and tables repeat.

    :param scheduler: name of a class of ``syne_tune.optimizer.baselines`` (``SCHEDULERS``), or a function
        ``(config_space, random_seed) -> scheduler`` of Syne Tune's, whose metric and mode agree with ours
    :param scheduler_options: further arguments of a scheduler given by name
    :param resource_attr: name of the resource in reports; those that look at every epoch need it
    :param max_resource_attr: name of the constant that limits the resource of a trial
    :param max_t: largest resource of a trial; default: that constant, or one named ``epochs``, ``max_t``, ...
    :param kwargs: arguments of ``AdapterScheduler``
    :raises MissingDependencyError: Syne Tune 0.16 is not installed, or what the scheduler needs
    :raises ConfigSpaceError: Syne Tune does not know a domain
    :raises UsageError: an argument makes no sense
    """

    library: ClassVar[str] = "Syne Tune"

    def __init__(
        self,
        config_space: dict[str, Any],
        metric: str,
        *,
        scheduler: str | Callable[..., Any],
        scheduler_options: Mapping[str, Any] | None = None,
        resource_attr: str | None = None,
        max_resource_attr: str | None = None,
        max_t: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(config_space, metric=metric, **kwargs)
        self.max_resource = find_max_resource(config_space, max_resource_attr, max_t)
        looks_at_epochs = SCHEDULERS.get(scheduler, False) if isinstance(scheduler, str) else True
        self.resource_attr = resource_attr if looks_at_epochs else None
        self._random = OwnRandomState(self.random_seed)
        self._space = SyneTuneSpace(config_space)
        make = self._maker(scheduler, dict(scheduler_options or {}))
        with self._random.lent(), _without_warnings():
            self.scheduler = make(self._space.domains, seed_of_32_bits(self.random_seed))
        self.notes = known_faults(type(self.scheduler).__name__)
        for note in self.notes:
            logger.warning("%s", note)
        #: Their ids of trials count what they proposed.
        self._their_id: dict[int, int] = {}
        self._num_proposed = 0

    def _maker(self, scheduler: str | Callable[..., Any], options: dict[str, Any]) -> Callable[..., Any]:
        if not isinstance(scheduler, str):
            if options:
                raise UsageError("give scheduler_options to the function that makes the scheduler")
            return scheduler
        cls = scheduler_class(scheduler)
        taken = inspect.signature(cls.__init__).parameters
        known = {"do_minimize": self.mode == "min", "metric": self.metric, "metrics": [self.metric]}
        if SCHEDULERS[scheduler]:
            if self.resource_attr is None or self.max_resource.level is None:
                raise UsageError(
                    f"Syne Tune's {scheduler} needs resource_attr, and max_resource_attr or max_t"
                )
            known.update(time_attr=self.resource_attr, max_t=self.max_resource.level)
        arguments = {**{name: value for name, value in known.items() if name in taken}, **options}
        reject_unknown(arguments, cls)
        return lambda space, seed: cls(space, random_seed=seed, **arguments)

    # -- new trials ----------------------------------------------------------------------------

    def _propose(self, trial_id: int) -> dict[str, Any] | None:
        suggestion = self._call("suggest")
        if suggestion is None:
            return None
        if not suggestion.spawn_new_trial_id or suggestion.checkpoint_trial_id is not None:
            name = type(self.scheduler).__name__
            raise ExperimentError(f"Syne Tune's {name} continues trials, which is not supported here")
        self._their_id[trial_id] = self._num_proposed
        self._num_proposed += 1
        return self._space.from_syne_tune(suggestion.config)

    def _adopt(self, trial_id: int, config: dict[str, Any]) -> None:
        # Its searchers know only of what they proposed, so they are made to propose it.
        searcher = getattr(self.scheduler, "searcher", None)
        initial = getattr(searcher, "points_to_evaluate", None)
        if not isinstance(initial, list):
            name = type(self.scheduler).__name__
            raise ExperimentError(
                f"Syne Tune's {name} takes no configurations but its own: "
                "points_to_evaluate=[] and allow_duplicates=True are needed"
            )
        initial.insert(0, copy.deepcopy(self._space.to_syne_tune(config)))
        self._propose(trial_id)

    def _discard(self, trial_id: int) -> None:
        self._their_id.pop(trial_id)

    def on_trial_add(self, trial: Trial) -> None:
        self._call("on_trial_add", self._their(trial))

    # -- reports and ends ----------------------------------------------------------------------

    def on_trial_result(self, trial: Trial, result: dict[str, Any]) -> str:
        shown = self._shown(result)
        if shown is None:
            return SchedulerDecision.CONTINUE
        decision: str = self._call("on_trial_result", self._their(trial), shown)
        return decision

    def on_trial_complete(self, trial: Trial, result: dict[str, Any]) -> None:
        shown = self._shown(result)
        if shown is not None:
            self._call("on_trial_complete", self._their(trial), shown)

    def on_trial_remove(self, trial: Trial) -> None:
        self._call("on_trial_remove", self._their(trial))

    def _tell(self, trial: Trial, value: float) -> None:
        """It is told of reports, not of values."""

    def _fail(self, trial: Trial) -> None:
        self._call("on_trial_error", self._their(trial))

    def _shown(self, result: Mapping[str, Any]) -> dict[str, Any] | None:
        value = self._finite(float(result[self.metric]))
        return None if value is None else {**result, self.metric: value}

    def _their(self, trial: Trial) -> Trial:
        config = self._space.to_syne_tune(trial.config)
        return Trial(self._their_id[trial.trial_id], config, trial.creation_time)

    def _call(self, method: str, *arguments: Any) -> Any:
        """A method of theirs; what goes wrong there is no mistake of the user's, and is said in a line."""
        try:
            with self._random.lent():
                return getattr(self.scheduler, method)(*arguments)
        except SyneError:
            raise
        except Exception as error:
            name = type(self.scheduler).__name__
            what = f"{type(error).__name__}: {error}"
            raise ExperimentError(f"Syne Tune's {name} failed in {method}: {what}") from error

    # -- for people ----------------------------------------------------------------------------

    def metadata(self) -> dict[str, Any]:
        return {
            **super().metadata(),
            "library": f"syne-tune {syne_tune_version()}",
            "scheduler": type(self.scheduler).__name__,
            "max_resource_level": self.max_resource.level,
            "method_notes": self.notes,
        }


@contextmanager
def _without_warnings() -> Iterator[None]:
    """A block in which Syne Tune does not warn of arguments that one class of its own gives another."""
    theirs = logging.getLogger("syne_tune")
    level = theirs.level
    theirs.setLevel(logging.ERROR)
    try:
        yield
    finally:
        theirs.setLevel(level)
