"""How long ``synebench --help`` takes, and what importing the Reporter costs a training script."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Any

from perf.environment import measured_environment
from perf.machine import REPOSITORY
from perf.outcome import Outcome, Target, median
from perf.script import Options, PeerPython, find_peer, run_script

PEER = "syne-tune-0.16.0"
NAME = "command_start"
WARM_UPS = 3

BARE = "bare python"
HELP = "synebench --help"
REPORTER = "from syne_core import Reporter"
PEER_BARE = "peer: bare python"
PEER_REPORTER = "peer: from syne_tune import Reporter"


def measure(options: Options) -> Outcome:
    """All commands in turns, round after round."""
    peer = find_peer(options, PEER)
    commands = _commands(peer)
    for command in commands.values():
        for _ in range(min(WARM_UPS, options.repeats or WARM_UPS)):
            _run(command)
    rows = []
    for number in range(options.rounds(quick=5, full=40)):
        for what, command in commands.items():
            wall, cpu = _run(command)
            rows.append({"command": what, "round": number, "wall_ms": wall * 1e3, "cpu_ms": cpu * 1e3})
    return _outcome(rows, peer, commands)


def _commands(peer: PeerPython) -> dict[str, list[str]]:
    python = sys.executable
    script = Path(python).with_name("synebench")
    start = [str(script)] if script.exists() else [python, "-m", "benchmarking.cli.main"]
    commands = {
        BARE: [python, "-c", "pass"],
        REPORTER: [python, "-c", "from syne_core import Reporter"],
        HELP: [*start, "--help"],
    }
    if peer.python is not None:
        commands[PEER_BARE] = [str(peer.python), "-c", "pass"]
        commands[PEER_REPORTER] = [str(peer.python), "-c", "from syne_tune import Reporter"]
    return commands


def _run(command: list[str]) -> tuple[float, float]:
    """Seconds of wall time and of CPU time.

    :raises RuntimeError: if the command fails
    """
    environment = measured_environment()
    with open(os.devnull, "r+b") as null:
        to_null = [(os.POSIX_SPAWN_DUP2, null.fileno(), number) for number in (0, 1, 2)]
        start = time.perf_counter()
        pid = os.posix_spawn(command[0], command, environment, file_actions=to_null)
        _, status, usage = os.wait4(pid, 0)
        wall = time.perf_counter() - start
    if status:
        raise RuntimeError(f"failed: {' '.join(command)}")
    return wall, usage.ru_utime + usage.ru_stime


def _typical(rows: list[dict[str, Any]], what: str, figure: str = "wall_ms") -> float:
    return median([row[figure] for row in rows if row["command"] == what])


def _over(rows: list[dict[str, Any]], what: str, bare: str, figure: str = "wall_ms") -> float:
    """Median over rounds of the difference within a round."""
    by_round: dict[int, dict[str, float]] = {}
    for row in rows:
        by_round.setdefault(row["round"], {})[row["command"]] = row[figure]
    return median([times[what] - times[bare] for times in by_round.values()])


def _outcome(rows: list[dict[str, Any]], peer: PeerPython, commands: dict[str, list[str]]) -> Outcome:
    ours = {
        "help_ms": _typical(rows, HELP),
        "help_cpu_ms": _typical(rows, HELP, "cpu_ms"),
        "bare_python_ms": _typical(rows, BARE),
        "reporter_over_bare_ms": _over(rows, REPORTER, BARE),
        "reporter_over_bare_cpu_ms": _over(rows, REPORTER, BARE, "cpu_ms"),
    }
    theirs, ratio = peer.describe(), None
    if peer.python is not None:
        theirs["bare_python_ms"] = _typical(rows, PEER_BARE)
        theirs["reporter_over_bare_ms"] = _over(rows, PEER_REPORTER, PEER_BARE)
        theirs["reporter_over_bare_cpu_ms"] = _over(rows, PEER_REPORTER, PEER_BARE, "cpu_ms")
        ratio = ours["reporter_over_bare_ms"] / theirs["reporter_over_bare_ms"]
    return Outcome(
        name=NAME,
        question="Milliseconds from start to end of a command; the ratio is that of importing the Reporter.",
        ours=ours,
        peer=theirs,
        ratio=ratio,
        targets=(
            Target("synebench --help, median, ms", 150.0, ours["help_ms"]),
            Target("importing the Reporter, over a bare Python, ms", 15.0, ours["reporter_over_bare_ms"]),
        ),
        warm_up=f"each command {WARM_UPS} times",
        raw=rows,
        commands=tuple(_shown(command, peer) for command in commands.values()),
    )


def _shown(command: list[str], peer: PeerPython) -> str:
    names = {sys.executable: "python", str(peer.python): "PEER/bin/python"}
    names[str(Path(sys.executable).with_name("synebench"))] = "synebench"
    return " ".join(names.get(word, word).replace(str(REPOSITORY), ".") for word in command)


if __name__ == "__main__":
    run_script(measure)
