"""What a person sees while a study runs: a live table on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING

from benchmarking.commons.study.followers import Follower, StatusFollower, TunerFollower, duration, workers
from benchmarking.commons.study.plan import Action, PlannedExperiment, StudyPlan
from syne_core.experiment_status import ExperimentState
from syne_core.tuner_callback import TunerCallback

if TYPE_CHECKING:
    from rich.live import Live
    from rich.table import Table

__all__ = ["StudyProgress", "duration"]

_MAX_ROWS = 24
_COUNT_INTERVAL = 5.0
_RIGHT = ("seed", "workers", "time")


class StudyProgress:
    """Follows the experiments of a plan; a context manager.

    :param plan: what runs
    :param brief: experiments are many and short: say how many have ended, and name those that went wrong
    """

    def __init__(self, plan: StudyPlan, brief: bool = False) -> None:
        self._plan = plan
        self._brief = brief
        self._count = 0
        self._next_count = time.monotonic() + _COUNT_INTERVAL
        self._numbers = {id(planned): number for number, planned in enumerate(plan.planned, start=1)}
        self._states = {id(p): "done before" if p.action == Action.skip else "waiting" for p in plan.planned}
        self._running: dict[int, Follower] = {}
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
        """What the tuner of ``planned``, in this process, reports to."""
        follower = TunerFollower(self._name(planned), (lambda line: None) if self._brief else self.say)
        self._begin(planned, follower)
        return follower

    def follow(self, planned: PlannedExperiment) -> None:
        """``planned`` runs in another process."""
        self._begin(planned, StatusFollower(planned.experiment))

    def failed(self, planned: PlannedExperiment, reason: str) -> None:
        """``planned`` failed."""
        if not self._brief:  # then ``ended`` says so
            self.say(f"{self._name(planned)} failed: {reason}")

    def skipped(self, planned: PlannedExperiment) -> None:
        """Nothing is left to do for ``planned``."""
        if self._brief:
            self._tell_count()
            return
        self.say(f"{self._name(planned)} skipped: it is finished (--restart runs it again)")

    def ended(self, planned: PlannedExperiment, state: str, reason: str) -> None:
        """``planned`` is over."""
        follower = self._running.pop(id(planned), None)
        if follower is not None:
            self._summaries[id(planned)] = follower.columns()
        self._states[id(planned)] = state
        if not self._brief or state != ExperimentState.finished:
            self.say(f"{self._name(planned)} {state}: {reason.splitlines()[0] if reason else ''}")
        if self._brief:
            self._tell_count()

    def say(self, line: str) -> None:
        """A line for logs; on a terminal the table says it."""
        if self._live is None:
            print(line, file=sys.stderr, flush=True)

    def _tell_count(self) -> None:
        self._count += 1
        total = len(self._plan.planned)
        if self._count == total or time.monotonic() >= self._next_count:
            self._next_count = time.monotonic() + _COUNT_INTERVAL
            self.say(f"{self._count} of {total} experiments done")

    def _begin(self, planned: PlannedExperiment, follower: Follower) -> None:
        self._states[id(planned)] = "running"
        self._running[id(planned)] = follower

    def _name(self, planned: PlannedExperiment) -> str:
        experiment = planned.experiment
        varies = self._plan.varies_in("n_workers")
        count = f", {workers(experiment.n_workers)}" if varies else ""
        name = f"{experiment.method} on {experiment.benchmark}, seed {experiment.seed}{count}"
        return f"[{self._numbers[id(planned)]}/{len(self._plan.planned)}] {name}:"

    def _table(self) -> Table:
        from rich.table import Table

        table = Table(box=None, pad_edge=False)
        for title in ("method", "benchmark", "seed", "workers", "state", "trials", "incumbent", "time"):
            table.add_column(title, justify="right" if title in _RIGHT else "left")
        planned = self._plan.planned
        first = self._first_row()
        for one in planned[first : first + _MAX_ROWS]:
            table.add_row(*self._row(one))
        if len(planned) > _MAX_ROWS:
            table.caption = f"{first + 1}-{min(first + _MAX_ROWS, len(planned))} of {len(planned)}"
        return table

    def _row(self, planned: PlannedExperiment) -> list[str]:
        experiment, follower = planned.experiment, self._running.get(id(planned))
        columns = follower.columns() if follower else self._summaries.get(id(planned), ["", "", ""])
        return [
            experiment.method,
            experiment.benchmark,
            str(experiment.seed),
            str(experiment.n_workers),
            self._states[id(planned)],
            *columns,
        ]

    def _first_row(self) -> int:
        """Keep the running experiments in sight."""
        busy = [i for i, planned in enumerate(self._plan.planned) if id(planned) in self._running]
        return max(0, min((busy or [0])[0] - 3, len(self._plan.planned) - _MAX_ROWS))
