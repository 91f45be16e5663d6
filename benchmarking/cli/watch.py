"""``synebench watch``: follow a study, here or on SageMaker, until nothing of it runs."""

from __future__ import annotations

import json
import shlex
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import sleep
from typing import TYPE_CHECKING

import click

from benchmarking.cli.remote_options import chosen_study, remote_or_local
from syne_core.errors import SOME_FAILED, SyneError, UsageError

if TYPE_CHECKING:
    from rich.console import RenderableType

    from benchmarking.commons.remote.records.remote_study import RemoteStudy

__all__ = ["command"]

_INTERVAL, _INTERVAL_OF_EMULATOR, _INTERVAL_HERE = 15.0, 1.0, 1.0
#: So many times in a row a look may fail before the watch ends.
_PATIENCE = 10


@dataclass(frozen=True)
class _Look:
    """What was seen.

    :param states: by experiment
    """

    headline: str
    states: dict[str, str]
    has_ended: bool


@click.command(epilog="Example: synebench watch tutorial_local")
@click.argument("tag")
@click.option("--interval", type=float, help="seconds between looks; default: 15, of the emulator 1")
@remote_or_local
@click.option("--json", "as_json", is_flag=True, help="print a line of JSON for each change")
def command(
    tag: str,
    interval: float | None,
    remote: bool | None,
    s3_bucket: str | None,
    region: str | None,
    as_json: bool,
) -> int:
    """Follow a study until all its experiments have ended. Ctrl-C ends the watch only.

    The exit code is 3 if some failed.
    """
    if interval is not None and not interval > 0:
        raise UsageError(f"--interval must be above 0, is {interval}")
    study = chosen_study(tag, remote, s3_bucket, region)
    if study is None:
        look, default = (lambda: _look_here(tag)), _INTERVAL_HERE
    else:
        is_emulator = study.place.session.is_emulator
        look, default = _remote_look(study), _INTERVAL_OF_EMULATOR if is_emulator else _INTERVAL
    shown = shlex.quote(tag)
    try:
        last = _watch(look, default if interval is None else interval, as_json)
    except KeyboardInterrupt:
        print("\nThe watch has ended; everything runs on.", file=sys.stderr)
        print(f"Next:  synebench watch {shown}", file=sys.stderr)
        raise
    then = f"synebench plot {shown}" if study is None else f"synebench pull {shown}"
    print(f"\nNext:  {then}", file=sys.stderr)
    return SOME_FAILED if "failed" in last.states.values() else 0


def _watch(look: Callable[[], _Look], interval: float, as_json: bool) -> _Look:
    """Look again and again, and show what is new; the last look."""
    failures = 0
    with _screen(as_json) as show:
        while True:
            try:
                seen = look()
                failures = 0
            except SyneError as error:
                failures += 1
                if failures > _PATIENCE or isinstance(error, UsageError):
                    raise
                print(f"Note: {error}", file=sys.stderr)
            else:
                show(seen)
                if seen.has_ended:
                    return seen
            sleep(interval)


@contextmanager
def _screen(as_json: bool) -> Iterator[Callable[[_Look], None]]:
    """On a terminal, a picture that changes; elsewhere a line for each change."""
    if as_json or not sys.stdout.isatty():
        yield _Lines(as_json).show
        return
    from rich.live import Live

    with Live(auto_refresh=False) as live:
        yield lambda seen: live.update(_picture(seen, live.console.height), refresh=True)


class _Lines:
    """Says what has changed."""

    def __init__(self, as_json: bool) -> None:
        self._as_json = as_json
        self._states: dict[str, str] | None = None

    def show(self, seen: _Look) -> None:
        before, self._states = self._states, seen.states
        if seen.states == before:
            return
        if self._as_json:
            print(
                json.dumps({"time": time.time(), "ended": seen.has_ended, "states": seen.states}), flush=True
            )
            return
        now = time.strftime("%H:%M:%S")
        for name, state in seen.states.items():
            if before is not None and before.get(name) != state:
                print(f"{now} {name}: {state}")
        print(f"{now} {seen.headline}", flush=True)


def _picture(seen: _Look, height: int) -> RenderableType:
    """The headline, and as many experiments as fit: those that run first."""
    from rich.text import Text

    order = ("running", "launched", "failed", "interrupted", "queued", "stopped", "finished")
    ranked = sorted(seen.states.items(), key=lambda one: order.index(one[1]) if one[1] in order else 0)
    room = max(1, height - 4)
    width = max((len(name) for name, _ in ranked), default=0)
    lines = [f"{name.ljust(width)}  {state}" for name, state in ranked[:room]]
    if len(ranked) > room:
        lines.append(f"... and {len(ranked) - room} more")
    return Text("\n".join([f"{time.strftime('%H:%M:%S')} {seen.headline}", *lines]))


def _remote_look(study: RemoteStudy) -> Callable[[], _Look]:
    from benchmarking.commons.remote.records.remote_study import read_study
    from benchmarking.commons.remote.viewing.overview import look_at
    from benchmarking.commons.remote.viewing.overview_text import headline

    def look() -> _Look:
        # Another launch may have added experiments.
        view = look_at(read_study(study.place, study.tag))
        names = [one.experiment.name.rpartition("/")[2] for one in view.experiments]
        labels = [
            f"{one.experiment.method} {name}" for one, name in zip(view.experiments, names, strict=True)
        ]
        states = dict(zip(labels, (one.state for one in view.experiments), strict=True))
        return _Look(headline(view), states, view.has_ended)

    return look


def _look_here(tag: str) -> _Look:
    from collections import Counter

    from syne_core.experiments import scan_study

    scanned = scan_study(tag)
    states = {f"{folder.method} {folder.name}": folder.state for folder in scanned.good}
    counts = ", ".join(f"{n} {state}" for state, n in Counter(states.values()).items())
    return _Look(f"{tag}: {counts or 'no experiments'}", states, "running" not in states.values())
