"""What a person sees while a study runs: a live table on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, Any

from benchmarking.commons.study.plan import Action, PlannedExperiment, StudyPlan
from syne_core.tuner_callback import TunerCallback
from syne_core.tuning_status import TuningStatus

if TYPE_CHECKING:
    from rich.live import Live
    from rich.table import Table

    from syne_core.backend.trial_status import Trial
    from syne_core.tuner import Tuner

__all__ = ["StudyProgress", "duration"]

_LINE_INTERVAL = 30.0
_MAX_ROWS = 24


class StudyProgress:
    """Follows the experiments of a plan; a context manager.

    :param plan: what runs
    """

    def __init__(self, plan: StudyPlan) -> None:
        self._plan = plan
        self._states = {id(p): "done before" if p.action == Action.skip else "waiting" for p in plan.planned}
        self._running: dict[int, _Follower] = {}
        self._summaries: dict[int, list[str]] = {}
        self._live: Live | None = None

    def __enter__(self) -> StudyProgress:
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.live import Live

            self._live = Live(console=Console(stderr=True), get_renderable=self._table, refresh_per_second=2)
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.refresh()
            self._live.stop()

    def callback(self, planned: PlannedExperiment) -> TunerCallback:
        """What the tuner of ``planned`` reports to."""
        self._states[id(planned)] = "running"
        follower = self._running[id(planned)] = _Follower(self._number(planned), self.say)
        return follower

    def failed(self, planned: PlannedExperiment, reason: str) -> None:
        """``planned`` failed."""
        self.say(f"{self._number(planned)} failed: {reason}")

    def ended(self, planned: PlannedExperiment, state: str, reason: str) -> None:
        """``planned`` is over."""
        follower = self._running.pop(id(planned), None)
        if follower is not None:
            self._summaries[id(planned)] = follower.columns()
            self.say(f"{self._number(planned)} {state}: {reason.splitlines()[0] if reason else ''}")
        else:
            self.say(f"{self._number(planned)} skipped: it is finished (--restart runs it again)")
        self._states[id(planned)] = state if follower is not None else "done before"

    def say(self, line: str) -> None:
        """A line for logs; on a terminal the table says it."""
        if self._live is None:
            print(line, file=sys.stderr, flush=True)

    def _number(self, planned: PlannedExperiment) -> str:
        experiment = planned.experiment
        index = self._plan.planned.index(planned) + 1
        name = f"{experiment.method} on {experiment.benchmark}, seed {experiment.seed}"
        return f"[{index}/{len(self._plan.planned)}] {name}:"

    def _table(self) -> Table:
        from rich.table import Table

        table = Table(box=None, pad_edge=False)
        for title in ("method", "benchmark", "seed", "state", "trials", "incumbent", "time"):
            table.add_column(title, justify="right" if title in ("seed", "time") else "left")
        planned = self._plan.planned
        first = self._first_row()
        for one in planned[first : first + _MAX_ROWS]:
            experiment, follower = one.experiment, self._running.get(id(one))
            columns = follower.columns() if follower else self._summaries.get(id(one), ["", "", ""])
            table.add_row(
                experiment.method,
                experiment.benchmark,
                str(experiment.seed),
                self._states[id(one)],
                *columns,
            )
        if len(planned) > _MAX_ROWS:
            table.caption = f"{first + 1}-{min(first + _MAX_ROWS, len(planned))} of {len(planned)}"
        return table

    def _first_row(self) -> int:
        """Keep the running experiment in sight."""
        busy = [i for i, planned in enumerate(self._plan.planned) if id(planned) in self._running]
        return max(0, min((busy or [0])[0] - 3, len(self._plan.planned) - _MAX_ROWS))


class _Follower(TunerCallback):
    """Follows one experiment."""

    def __init__(self, name: str, say: Any) -> None:
        self._name = name
        self._say = say
        self._tuner: Tuner | None = None
        self._next_line = 0.0

    def on_tuning_start(self, tuner: Tuner) -> None:
        self._tuner = tuner
        self._next_line = time.monotonic() + _LINE_INTERVAL
        limit = f", at most {duration(tuner.max_wallclock_time)}" if tuner.max_wallclock_time else ""
        begins = "continues" if tuner.ledger.trials else "begins"
        self._say(f"{self._name} {begins} with {tuner.n_workers} workers{limit}; {tuner.tuner_path}")

    def on_loop_end(self) -> None:
        if self._tuner is not None and time.monotonic() >= self._next_line:
            self._next_line = time.monotonic() + _LINE_INTERVAL
            self._say(f"{self._name} {self._tuner.tuning_status.in_words()}")

    def on_trial_error(self, trial: Trial, reason: str) -> None:
        self._say(f"{self._name} trial {trial.trial_id} failed: {reason}")

    def columns(self) -> list[str]:
        """Trials, incumbent, time."""
        if self._tuner is None:
            return ["", "", ""]
        status, limit = self._tuner.tuning_status, self._tuner.max_wallclock_time
        elapsed = self._tuner.elapsed
        left = f"{duration(max(0.0, limit - elapsed))} left" if limit else duration(elapsed)
        return [_trials(status), _incumbent(status), left]


def duration(seconds: float) -> str:
    """``5 s``, ``3 min 20 s``, ``50 h 4 min``."""
    total = round(seconds)
    hours, minutes, rest = total // 3600, total % 3600 // 60, total % 60
    if hours:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    if minutes:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    return f"{rest} s"


def _trials(status: TuningStatus) -> str:
    return ", ".join(f"{n} {state}" for state, n in status.trial_counts().items())


def _incumbent(status: TuningStatus) -> str:
    best = status.incumbent
    return f"{best.metric} {best.value:.5g}" if best else ""
