"""What a person sees of a remote launch: how far it is, and what became of it."""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from types import SimpleNamespace, TracebackType
from typing import TYPE_CHECKING

from benchmarking.commons.remote.planning.plan_text import counted
from benchmarking.commons.remote.planning.remote_plan import RemoteAction, RemotePlan
from syne_core.errors import SOME_FAILED

if TYPE_CHECKING:
    from benchmarking.commons.remote.queue.queue_model import Progress, QueueResult

__all__ = ["LaunchProgress", "print_nothing_to_do", "print_result"]

# Seconds between lines.
_INTERVAL = 2.0
_MOST_FAILURES = 10


class LaunchProgress:
    """A line on stderr now and then, and one at the end."""

    def __init__(self) -> None:
        self._last: Progress | None = None
        self._shown: Progress | None = None
        self._next = 0.0

    def __enter__(self) -> LaunchProgress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._print()

    def show(self, progress: Progress) -> None:
        """Something has changed."""
        self._last = progress
        if time.monotonic() >= self._next:
            self._print()

    def _print(self) -> None:
        if self._last is None or self._last == self._shown:
            return
        self._shown, self._next = self._last, time.monotonic() + _INTERVAL
        one = self._last
        counts = {"waiting": one.queued, "launched": one.active, "finished": one.finished}
        counts |= {"failed": one.failed, "stopped": one.stopped}
        text = ", ".join(f"{n} {state}" for state, n in counts.items() if n)
        waits = f"; waits for {one.waits_for}" if one.waits_for else ""
        print(f"{time.strftime('%H:%M:%S')}  {text}{waits}", file=sys.stderr)


def print_nothing_to_do(plan: RemotePlan, settings: SimpleNamespace) -> int:
    """Why nothing is launched; the exit code."""
    if settings.json:
        rows = [{"name": p.experiment.name, "state": _settled_state(p.action)} for p in plan.planned]
        print(json.dumps(rows, indent=2))
    print(f"Nothing to launch: {counted(plan)}.", file=sys.stderr)
    _print_next(settings.experiment_tag)
    failed = any(planned.action == RemoteAction.leave_failed for planned in plan.planned)
    return SOME_FAILED if failed else 0


def print_result(result: QueueResult, plan: RemotePlan, settings: SimpleNamespace) -> None:
    """What became of the launch."""
    if settings.json:
        print(json.dumps(_rows(result, plan), indent=2))
    for outcome in result.failed[:_MOST_FAILURES]:
        cause = f" ({outcome.cause})" if outcome.cause else ""
        print(f"{outcome.experiment.name}: failed{cause}: {outcome.reason or '?'}", file=sys.stderr)
        for line in outcome.log_tail[-3:]:
            print(f"    {line}", file=sys.stderr)
    if len(result.failed) > _MOST_FAILURES:
        print(f"... and {len(result.failed) - _MOST_FAILURES} more failed", file=sys.stderr)
    if result.refused:
        print(f"Not everything was launched: {result.refused}", file=sys.stderr)
    states = Counter(outcome.state for outcome in result.outcomes)
    print("Experiments: " + ", ".join(f"{n} {state}" for state, n in states.items()), file=sys.stderr)
    if result.failed:
        print("--retry_failed runs failed ones again, and no others.", file=sys.stderr)
    _print_next(settings.experiment_tag)


def _rows(result: QueueResult, plan: RemotePlan) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = [
        {"name": one.experiment.name, "state": _settled_state(one.action), "reason": "from before"}
        for one in plan.planned
        if not one.is_to_do
    ]
    for outcome in result.outcomes:
        row = {name: getattr(outcome, name) for name in ("state", "attempt", "job", "cause", "reason")}
        rows.append({"name": outcome.experiment.name, **row})
    return rows


def _settled_state(action: str) -> str:
    states = {RemoteAction.skip: "finished", RemoteAction.leave_failed: "failed"}
    return states.get(action, "not launched")


def _print_next(tag: str) -> None:
    print(f"\nNext:  synebench status {tag}   synebench watch {tag}   synebench pull {tag}", file=sys.stderr)
