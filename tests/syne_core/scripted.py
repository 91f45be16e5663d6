"""Experiments in memory: a back-end that plays scripts tick by tick, and small schedulers.

Nothing here reads a clock, so that an experiment with one worker is the same every time.
"""

from __future__ import annotations

import json
import math
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Literal

from syne_core.backend.trial_backend import TrialBackend
from syne_core.backend.trial_status import Status, Trial, TrialResult
from syne_core.config_space import uniform
from syne_core.journal import read_journal
from syne_core.optimizer.scheduler import SchedulerDecision, TrialScheduler, TrialSuggestion
from syne_core.paths import ExperimentPaths, experiment_path
from syne_core.stopping_criterion import StoppingCriterion
from syne_core.tuner import Tuner

Report = dict[str, Any]


@dataclass(frozen=True)
class End:
    """A run ends by itself."""

    state: str = Status.completed
    failure: str | None = None


# What a run does in one tick: print a report or several, nothing, or end.
Step = Report | End | None | list[Report | End]
Program = Callable[[Trial, int], Iterator[Step]]

CRASH = End(Status.failed, "exit code 1")


def loss_of(config: Mapping[str, Any], epoch: int) -> float:
    """The curve of every trial: some configurations are better than others at every epoch."""
    return round(float(config["x"]) * 7.3 % 1 + 1 / epoch, 6)


def report_of(trial: Trial, epoch: int, **more: Any) -> Report:
    """The report of an epoch."""
    return {"epoch": epoch, "loss": loss_of(trial.config, epoch), **more}


def epochs(last: int = 3, *, checkpoints: bool = True) -> Program:
    """A script that trains for ``last`` epochs, from its checkpoint if it keeps one."""

    def program(trial: Trial, saved: int) -> Iterator[Step]:
        for epoch in range(saved + 1 if checkpoints else 1, last + 1):
            yield report_of(trial, epoch)

    return program


def steps(*given: Step) -> Program:
    """A script that does the same in every run."""
    return lambda trial, saved: iter(given)


def by_trial(*programs: Program) -> Program:
    """Trial 0 does the first, trial 1 the second, ...; trials after the last one do the last."""
    return lambda trial, saved: programs[min(trial.trial_id, len(programs) - 1)](trial, saved)


@dataclass
class _Run:
    trial: Trial
    metrics: list[Report]
    steps: Iterator[Step] = field(default_factory=lambda: iter(()))
    status: str = Status.stopped
    wanted: str | None = None
    lag: int = 0
    failure: str | None = None


@dataclass
class Disk:
    """What outlives a session: the epoch in the checkpoint of each trial, and its log."""

    saved: dict[int, int] = field(default_factory=dict)
    logs: dict[int, list[Report]] = field(default_factory=dict)


class ScriptedBackend(TrialBackend):
    """Trials are programs; each ``wait`` is a tick of the clock.

    :param lag: ticks that a trial goes on for after it was told to end
    :param disk: what an earlier session left
    :param tick: seconds
    :param on_tick: called with the number of each tick, before it happens
    """

    def __init__(
        self,
        program: Program,
        lag: int = 0,
        disk: Disk | None = None,
        tick: float = 1.0,
        on_tick: Callable[[int], None] | None = None,
        delete_checkpoints: bool = False,
    ) -> None:
        super().__init__(delete_checkpoints)
        self.program, self.lag, self.tick, self.on_tick = program, lag, tick, on_tick
        self.disk = disk or Disk()
        self.calls: list[tuple[str, int]] = []
        self.runs: dict[int, _Run] = {}
        self.now, self.ticks, self.most_busy = 1000.0, 0, 0
        self.is_closed = False

    def started(self) -> list[int]:
        """Trials in the order in which runs of them began."""
        return [trial_id for what, trial_id in self.calls if what == "run"]

    def busy_trial_ids(self) -> list[tuple[int, str]]:
        return [(i, run.status) for i, run in self.runs.items() if _is_busy(run)]

    def time(self) -> float:
        return self.now

    def wait(self, timeout: float) -> None:
        self.ticks += 1
        assert self.ticks < 10_000, "the experiment does not end"
        if self.on_tick is not None:
            self.on_tick(self.ticks)
        self.now += self.tick
        self.most_busy = max(self.most_busy, len(self.busy_trial_ids()))
        for run in list(self.runs.values()):
            if _is_busy(run):
                self._advance(run)

    def close(self) -> None:
        self.is_closed = True
        for run in self.runs.values():
            if _is_busy(run):
                run.status = run.wanted or Status.stopped

    def entrypoint_path(self) -> Path:
        return Path("train_it.py")

    def copy_checkpoint(self, src_trial_id: int, tgt_trial_id: int) -> None:
        self.calls.append(("copy", src_trial_id))
        if src_trial_id in self.disk.saved:
            self.disk.saved[tgt_trial_id] = self.disk.saved[src_trial_id]

    def delete_checkpoint(self, trial_id: int) -> None:
        self.calls.append(("delete", trial_id))
        self.disk.saved.pop(trial_id, None)

    def _schedule(self, trial_id: int, config: dict[str, Any]) -> None:
        self.is_closed = False
        self.calls.append(("run", trial_id))
        trial, run = self._trials[trial_id], self._run_of(trial_id)
        assert not _is_busy(run), f"trial {trial_id} runs already"
        run.trial, run.steps = trial, self.program(trial, self.disk.saved.get(trial_id, 0))
        run.status, run.wanted, run.failure = Status.in_progress, None, None

    def _all_trial_results(self, trial_ids: list[int]) -> list[TrialResult]:
        results = []
        for trial_id in trial_ids:
            run = self._run_of(trial_id)
            result = run.trial.add_results(list(run.metrics), run.status, None)
            result.failure = run.failure
            results.append(result)
        return results

    def _run_of(self, trial_id: int) -> _Run:
        if trial_id not in self.runs:
            log = self.disk.logs.setdefault(trial_id, [])
            self.runs[trial_id] = _Run(self._trials[trial_id], log)
        return self.runs[trial_id]

    def _pause_trial(self, trial_id: int, result: Report | None) -> None:
        self._end(trial_id, Status.paused)

    def _stop_trial(self, trial_id: int, result: Report | None) -> None:
        self._end(trial_id, Status.stopped)

    def _end(self, trial_id: int, status: str) -> None:
        self.calls.append(("pause" if status == Status.paused else "stop", trial_id))
        run = self.runs[trial_id]
        if _is_busy(run) and self.lag:
            run.wanted, run.lag, run.status = status, self.lag, Status.stopping
        else:
            run.status = status

    def _advance(self, run: _Run) -> None:
        if run.wanted is not None:
            if run.lag == 0:
                run.status = run.wanted
                return
            run.lag -= 1
        step = next(run.steps, End())
        for event in step if isinstance(step, list) else [step]:
            if isinstance(event, dict):
                run.metrics.append(event)
                self.disk.saved[run.trial.trial_id] = event.get("epoch", 0)
            elif isinstance(event, End):
                run.status, run.failure = run.wanted or event.state, event.failure


def _is_busy(run: _Run) -> bool:
    return run.status in (Status.in_progress, Status.stopping)


class NotingScheduler(TrialScheduler):
    """Notes what the tuner tells it; a small exact scheduler is made by overriding ``_propose``.

    :param decide: decision on a report
    """

    replay: ClassVar[Literal["exact", "approximate"]] = "exact"
    resource_attr = "epoch"

    def __init__(self, decide: Callable[[Trial, Report], str] | None = None) -> None:
        super().__init__({"x": uniform(0, 1), "fixed": 3})
        self.notes: list[tuple[Any, ...]] = []
        self.num_started = 0
        self.num_computed = 0
        self._decide = decide

    def metric_names(self) -> list[str]:
        return ["loss"]

    def suggest(self, trial_id: int) -> TrialSuggestion | None:
        self.num_computed += 1
        suggestion = self._propose(trial_id)
        if suggestion is not None:
            self._accept(suggestion)
        return suggestion

    def replay_suggestion(
        self, trial_id: int, suggestion: TrialSuggestion | None, state: Mapping[str, Any]
    ) -> None:
        assert suggestion is not None
        self._accept(suggestion)
        assert json.loads(json.dumps(self.state())) == state

    def state(self) -> dict[str, Any]:
        return {"num_started": self.num_started}

    def on_trial_add(self, trial: Trial) -> None:
        self.notes.append(("add", trial.trial_id))

    def on_trial_result(self, trial: Trial, result: Report) -> str:
        self.notes.append(("result", trial.trial_id, result["epoch"], result["loss"]))
        return self._decide(trial, result) if self._decide else SchedulerDecision.CONTINUE

    def on_trial_complete(self, trial: Trial, result: Report) -> None:
        self.notes.append(("complete", trial.trial_id, result["epoch"]))

    def on_trial_error(self, trial: Trial) -> None:
        self.notes.append(("error", trial.trial_id))

    def on_trial_remove(self, trial: Trial) -> None:
        self.notes.append(("remove", trial.trial_id))

    def shown(self, trial_id: int) -> list[int]:
        """Epochs of ``trial_id`` that this scheduler was shown, in that order."""
        return [note[2] for note in self.notes if note[0] == "result" and note[1] == trial_id]

    def _propose(self, trial_id: int) -> TrialSuggestion | None:
        raise NotImplementedError

    def _accept(self, suggestion: TrialSuggestion) -> None:
        self.num_started += suggestion.spawn_new_trial_id
        kind = "start" if suggestion.spawn_new_trial_id else "resume"
        self.notes.append((kind, suggestion.checkpoint_trial_id, suggestion.config))

    def _random_config(self) -> dict[str, Any]:
        return {"x": random.Random(f"7/{self.num_started}").random(), "fixed": 3}


class RandomScheduler(NotingScheduler):
    """Proposes ``num_trials`` random configurations."""

    def __init__(self, num_trials: int = 3, decide: Callable[[Trial, Report], str] | None = None) -> None:
        super().__init__(decide)
        self.num_trials = num_trials

    def _propose(self, trial_id: int) -> TrialSuggestion | None:
        if self.num_started >= self.num_trials:
            return None
        return TrialSuggestion.start_suggestion(self._random_config())


class PlannedScheduler(NotingScheduler):
    """Makes the suggestions that it was given; None in the plan means nothing to do at this call."""

    def __init__(
        self, plan: list[TrialSuggestion | None], decide: Callable[[Trial, Report], str] | None = None
    ) -> None:
        super().__init__(decide)
        self.plan = list(plan)

    def _propose(self, trial_id: int) -> TrialSuggestion | None:
        return self.plan.pop(0) if self.plan else None

    def replay_suggestion(
        self, trial_id: int, suggestion: TrialSuggestion | None, state: Mapping[str, Any]
    ) -> None:
        while self.plan and self.plan.pop(0) is None:
            pass
        super().replay_suggestion(trial_id, suggestion, state)


def start(x: float = 0.5, checkpoint_of: int | None = None) -> TrialSuggestion:
    return TrialSuggestion.start_suggestion({"x": x, "fixed": 3}, checkpoint_of)


def resume(trial_id: int, config: dict[str, Any] | None = None) -> TrialSuggestion:
    return TrialSuggestion.resume_suggestion(trial_id, config)


class PromotingScheduler(NotingScheduler):
    """Pauses at every rung and promotes the best, from the top rung down."""

    def __init__(self, num_trials: int = 9, rungs: tuple[int, ...] = (1, 3), eta: int = 3) -> None:
        super().__init__(self._at_rung)
        self.num_trials, self.eta = num_trials, eta
        self.rungs: dict[int, dict[int, float]] = {level: {} for level in rungs}
        self.promoted: set[tuple[int, int]] = set()

    def _at_rung(self, trial: Trial, report: Report) -> str:
        level = report["epoch"]
        if level not in self.rungs:
            return SchedulerDecision.CONTINUE
        value = report["loss"]
        self.rungs[level][trial.trial_id] = value if math.isfinite(value) else math.inf
        return SchedulerDecision.PAUSE

    def _propose(self, trial_id: int) -> TrialSuggestion | None:
        for level in reversed(self.rungs):
            best = self._promotable(level)
            if best is not None:
                return TrialSuggestion.resume_suggestion(best)
        if self.num_started < self.num_trials:
            return TrialSuggestion.start_suggestion(self._random_config())
        return None

    def _promotable(self, level: int) -> int | None:
        rung = self.rungs[level]
        for trial_id in sorted(rung, key=lambda i: (rung[i], i))[: len(rung) // self.eta]:
            if (level, trial_id) not in self.promoted:
                return trial_id
        return None

    def _accept(self, suggestion: TrialSuggestion) -> None:
        if not suggestion.spawn_new_trial_id:
            trial_id = suggestion.checkpoint_trial_id
            assert trial_id is not None
            level = max(level for level, rung in self.rungs.items() if trial_id in rung)
            assert (level, trial_id) not in self.promoted
            self.promoted.add((level, trial_id))
        super()._accept(suggestion)


def make_tuner(backend: TrialBackend, scheduler: TrialScheduler, name: str = "exp", **settings: Any) -> Tuner:
    """A tuner of an experiment that ends when the scheduler has nothing left, if nothing else is said."""
    defaults: dict[str, Any] = {
        "stop_criterion": StoppingCriterion(max_num_evaluations=10**6),
        "n_workers": 1,
        "sleep_time": 1.0,
        "suffix_tuner_name": False,
        "callbacks": [],
    }
    return Tuner(backend, scheduler, tuner_name=name, **{**defaults, **settings})


def paths_of(name: str = "exp") -> ExperimentPaths:
    return ExperimentPaths(experiment_path(name))


def records_of(name: str = "exp", event: str | None = None) -> list[dict[str, Any]]:
    """The journal, or its records of one kind."""
    records = list(read_journal(paths_of(name).journal))
    return [record for record in records if event in (None, record["event"])]


def reports_of(name: str = "exp") -> list[tuple[int, Any, Any]]:
    """(trial, epoch, loss) of every report in the journal, in order."""
    return [
        (record["trial"], record["report"].get("epoch"), record["report"].get("loss"))
        for record in records_of(name, "report")
    ]
