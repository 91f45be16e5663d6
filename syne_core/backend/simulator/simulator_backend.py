"""``SimulatorBackend``: trials that take no time, as a tabulated benchmark tells what they would report."""

from __future__ import annotations

import math
import platform
import time
from heapq import heappop, heappush, heapreplace
from itertools import count
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from syne_core.backend.simulator.delays import SimulatorDelays
from syne_core.backend.simulator.simulated_run import ReportNames, SimulatedRun
from syne_core.backend.trial_backend import (
    TrialAndStatusInformation,
    TrialBackend,
    TrialIdAndResultList,
)
from syne_core.backend.trial_status import Status, Trial, TrialResult
from syne_core.blackbox.blackbox import Blackbox, LearningCurve
from syne_core.errors import BlackboxError, ExperimentError, UsageError
from syne_core.optimizer.random_streams import DEFAULT_SEED, RandomStreams, check_seed
from syne_core.version import __version__

__all__ = ["SimulatorBackend"]

_DEFAULT_NAME = "simulation"
_Event = tuple[float, int, SimulatedRun]


class SimulatorBackend(TrialBackend):
    """Runs trials in simulated time: a clock that jumps from event to event.

    ``wait`` moves the clock to the next event, and ``fetch_status_results`` returns what happens at one
    instant, in a fixed order. So what the tuner decides about a report takes effect when the report arrives,
    before anything later is known, and the same seed gives the same experiment, whatever the machine is
    busy with.

    A checkpoint is the last resource that a run reported. Reports are kept until the end of their run was
    fetched. Nothing outlives this object: what an earlier session left running or paused starts over.
    ``stop_all`` ends all trials at once, whatever the delays: the experiment is over, and what has not
    arrived does not count.

    :param blackbox: what trials report, and when
    :param seed: draws which repetition of the benchmark each trial sees, from this seed and its id alone;
        None: always the same draws
    :param blackbox_seed: the one repetition that all trials see
    :param delays: what starting, reporting and stopping add to the times of the benchmark
    :param count_decision_time: add the real time that tuner and scheduler take to the simulated time;
        results then differ from run to run
    :param support_checkpointing: False: resumed trials, and those that start from another's checkpoint, train
        from the beginning
    :param max_resource_attr: name of the constant in configurations that limits the resource of a trial
    :param entry_point: the script that was tabulated, if it is to give the experiment its name
    :param delete_checkpoints: see ``TrialBackend``
    :raises UsageError: an argument makes no sense
    """

    is_simulated: ClassVar[bool] = True

    def __init__(
        self,
        blackbox: Blackbox,
        *,
        seed: int | None = None,
        blackbox_seed: int | None = None,
        delays: SimulatorDelays | None = None,
        count_decision_time: bool = False,
        support_checkpointing: bool = True,
        max_resource_attr: str | None = None,
        entry_point: str | None = None,
        delete_checkpoints: bool = False,
    ) -> None:
        super().__init__(delete_checkpoints)
        if not isinstance(blackbox, Blackbox):
            raise UsageError(f"SimulatorBackend needs a Blackbox, see load_blackbox; not {blackbox!r}")
        self.blackbox = blackbox
        self.resource_attr = blackbox.resource_attr
        self.seed = DEFAULT_SEED if seed is None else check_seed(seed)
        self.blackbox_seed = _checked_repetition(blackbox_seed, blackbox)
        self.delays = delays or SimulatorDelays()
        self.count_decision_time = count_decision_time
        self.support_checkpointing = support_checkpointing
        self.max_resource_attr = max_resource_attr
        self.set_entrypoint(entry_point or _DEFAULT_NAME)
        self._names = ReportNames(blackbox.resource_attr, blackbox.elapsed_time_attr)
        self._repetitions = RandomStreams(self.seed, "repetitions of the benchmark")
        self._now = 0.0
        self._left_at: float | None = None
        self._events: list[_Event] = []
        self._numbers = count()
        self._runs: dict[int, SimulatedRun] = {}
        self._known: TrialAndStatusInformation = {}
        self._checkpoints: dict[int, int] = {}
        self._ended: list[int] = []

    # -- the clock -----------------------------------------------------------------------------

    def time(self) -> float:
        """Simulated seconds since this back-end was made."""
        if self.count_decision_time:
            self._add_decision_time()
        return self._now

    def wait(self, timeout: float) -> None:
        """Move the clock to the next event, at most by ``timeout``.

        :raises ExperimentError: nothing will ever happen, and ``timeout`` is infinite
        """
        now = self.time()
        events = self._events
        while events and events[0][1] != events[0][2].number:
            heappop(events)
        then = min(events[0][0] if events else math.inf, now + timeout)
        if then == math.inf:
            raise ExperimentError("the simulation waits for something that will never happen")
        if then > now:
            self._now = then
        elif timeout > 0 and not (events and events[0][0] <= now):
            self._now = math.nextafter(now, math.inf)  # the timeout is less than floats can resolve

    def _add_decision_time(self) -> None:
        """Called on every entry: what passed since ``fetch_status_results`` returned counts."""
        if self._left_at is not None:
            now = time.perf_counter()
            self._now += now - self._left_at
            self._left_at = now

    # -- watching ------------------------------------------------------------------------------

    def fetch_status_results(
        self, trial_ids: list[int]
    ) -> tuple[TrialAndStatusInformation, TrialIdAndResultList]:
        """See ``TrialBackend``; what happens at one instant, and of each trial one report at most."""
        self.time()
        if self._ended:
            self._forget_reports()
        fresh = self._take_instant()
        known = self._known
        states = {trial_id: known[trial_id] for trial_id in trial_ids}
        if self.count_decision_time:
            self._left_at = time.perf_counter()
        return states, fresh

    def _take_instant(self) -> TrialIdAndResultList:
        events, fresh = self._events, []
        reported: set[int] = set()
        instant = min(events[0][0], self._now) if events else 0.0
        while events and events[0][0] <= instant:
            _, number, run = events[0]
            if number != run.number:
                heappop(events)  # the run was told to end since
            elif run.ends:
                heappop(events)
                self._finish(run, *run.outcome())
            elif run.trial_id in reported:
                break
            else:
                reported.add(run.trial_id)
                fresh.append((run.trial_id, self._take_report(run)))
        return fresh

    def _take_report(self, run: SimulatedRun) -> dict[str, Any]:
        """The report of the first event in the queue, which the next event of ``run`` replaces."""
        report = run.take_report(self._names)
        run.number = next(self._numbers)
        heapreplace(self._events, (run.due, run.number, run))
        self._result(run.trial_id).metrics.append(report)
        return report

    def _finish(self, run: SimulatedRun, status: str, failure: str | None = None) -> None:
        run.number = -1
        trial_id = run.trial_id
        if self.support_checkpointing and (reached := run.reached_by(self._now)):
            self._checkpoints[trial_id] = reached
        del self._runs[trial_id]
        self._result(trial_id).failure = failure
        self._set_status(trial_id, status)
        self._ended.append(trial_id)

    def _forget_reports(self) -> None:
        """Of runs whose end was returned: experiments may have millions of reports."""
        for trial_id in self._ended:
            if trial_id not in self._runs:
                self._result(trial_id).metrics = []
        self._ended.clear()

    def busy_trial_ids(self) -> list[tuple[int, str]]:
        """See ``TrialBackend``."""
        return [(trial_id, self._known[trial_id][1]) for trial_id in self._runs]

    def _all_trial_results(self, trial_ids: list[int]) -> list[TrialResult]:
        return [self._result(trial_id) for trial_id in trial_ids]

    def _result(self, trial_id: int) -> TrialResult:
        result = self._known[trial_id][0]
        assert isinstance(result, TrialResult)
        return result

    def _set_status(self, trial_id: int, status: str) -> None:
        result = self._result(trial_id)
        result.status = status
        self._known[trial_id] = (result, status)

    # -- starting and ending -------------------------------------------------------------------

    def restore_trial(self, trial: Trial) -> None:
        """See ``TrialBackend``."""
        super().restore_trial(trial)
        self._known[trial.trial_id] = (trial.add_results([], Status.stopped, None), Status.stopped)

    def _schedule(self, trial_id: int, config: dict[str, Any]) -> None:
        begin = self.time() + self.delays.start
        reached = self._checkpoints.get(trial_id, 0) if self.support_checkpointing else 0
        curve, limit = self._curve(trial_id, config)
        run = SimulatedRun(trial_id, curve, self.delays, begin, reached, limit)
        self._runs[trial_id] = run
        before = self._known.get(trial_id)
        metrics = before[0].metrics if before and isinstance(before[0], TrialResult) else []
        result = self._trials[trial_id].add_results(metrics, Status.in_progress, None)
        self._known[trial_id] = (result, Status.in_progress)
        self._push(run)
        if self.count_decision_time:  # but not the time that it took to look up the curve
            self._left_at = time.perf_counter()

    def _curve(self, trial_id: int, config: dict[str, Any]) -> tuple[LearningCurve, float]:
        """What the trial would report, and its largest resource. A benchmark that has no values for
        ``config`` makes it fail at once."""
        try:
            limit = self._limit(config)
            return self.blackbox.curve(config, self._repetition(trial_id)), limit
        except BlackboxError as error:
            return LearningCurve((), (), {}, failure=str(error)), math.inf

    def _limit(self, config: dict[str, Any]) -> float:
        if self.max_resource_attr is None:
            return math.inf
        limit = config.get(self.max_resource_attr)
        if isinstance(limit, bool) or not isinstance(limit, (int, float)):
            raise BlackboxError(
                f"the configuration has no number '{self.max_resource_attr}' (max_resource_attr); it has: "
                f"{', '.join(config)}"
            )
        return limit

    def _repetition(self, trial_id: int) -> int:
        if self.blackbox_seed is not None:
            return self.blackbox_seed
        if self.blackbox.num_seeds == 1:
            return 0
        return int(self._repetitions.generator(trial_id).integers(self.blackbox.num_seeds))

    def _pause_trial(self, trial_id: int, result: dict[str, Any] | None) -> None:
        self._end(trial_id, Status.paused)

    def _stop_trial(self, trial_id: int, result: dict[str, Any] | None) -> None:
        self._end(trial_id, Status.stopped)

    def _end(self, trial_id: int, status: str) -> None:
        run = self._runs.get(trial_id)
        if run is None:
            self._set_status(trial_id, status)
            return
        run.tell_to_end(self.time(), status)
        self._set_status(trial_id, Status.stopping)
        self._push(run)

    def _push(self, run: SimulatedRun) -> None:
        run.number = next(self._numbers)
        heappush(self._events, (run.due, run.number, run))

    # -- the experiment as a whole -------------------------------------------------------------

    def stop_all(self) -> None:
        """End every trial now."""
        for run in list(self._runs.values()):
            self._finish(run, run.wanted or Status.stopped)
        self._events.clear()

    def close(self) -> None:
        """See ``TrialBackend``."""
        self.stop_all()

    def entrypoint_path(self) -> Path:
        """The script that was tabulated."""
        return self._entry_point

    def set_entrypoint(self, entry_point: str) -> None:
        """Only the name counts: nothing is executed."""
        self._entry_point = Path(entry_point)

    def metadata(self) -> dict[str, Any]:
        """What the results depend on: benchmark, seeds, delays, versions."""
        return {
            **super().metadata(),
            "entrypoint": self._entry_point.stem,
            **self.blackbox.metadata(),
            "simulator_seed": self.seed,
            "blackbox_seed": self.blackbox_seed,
            "simulator_delays": self.delays.to_json(),
            "count_decision_time": self.count_decision_time,
            "support_checkpointing": self.support_checkpointing,
            "max_resource_attr": self.max_resource_attr,
            "versions": {
                "synebench": __version__,
                "numpy": np.__version__,
                "python": platform.python_version(),
            },
        }

    # -- checkpoints ---------------------------------------------------------------------------

    def copy_checkpoint(self, src_trial_id: int, tgt_trial_id: int) -> None:
        """See ``TrialBackend``."""
        reached = self._checkpoints.get(src_trial_id, 0)
        if (run := self._runs.get(src_trial_id)) is not None:
            reached = run.reached_by(self.time())
        if reached:
            self._checkpoints[tgt_trial_id] = reached

    def delete_checkpoint(self, trial_id: int) -> None:
        """See ``TrialBackend``."""
        self._checkpoints.pop(trial_id, None)


def _checked_repetition(blackbox_seed: int | None, blackbox: Blackbox) -> int | None:
    if blackbox_seed is None:
        return None
    if check_seed(blackbox_seed) >= blackbox.num_seeds:
        raise UsageError(
            f"blackbox_seed is {blackbox_seed}, but the benchmark has {blackbox.num_seeds} repetitions: "
            f"0 to {blackbox.num_seeds - 1}"
        )
    return int(blackbox_seed)
