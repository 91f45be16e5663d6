"""What all measuring scripts have in common: options, the peer, output."""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from perf.machine import REPOSITORY, describe_machine, load_average, versions_in
from perf.outcome import Outcome, store
from perf.peers import PEERS, PeerUnavailableError, interpreter

__all__ = ["Options", "PeerPython", "find_peer", "run_script"]

RESULTS = REPOSITORY / "perf" / "results"


@dataclass(frozen=True)
class Options:
    """What a script was asked for.

    :param quick: a short run: to see that it works, not to quote
    :param peers: measure beside the peer
    :param results: folder to store the outcome in
    :param repeats: rounds, None for the script's own number
    """

    quick: bool = False
    peers: bool = True
    results: Path = RESULTS
    repeats: int | None = None

    def rounds(self, quick: int, full: int) -> int:
        """How many rounds to measure."""
        return self.repeats or (quick if self.quick else full)


@dataclass(frozen=True)
class PeerPython:
    """A peer, or why there is none.

    :param python: its interpreter, None if ``reason`` says why not
    """

    name: str
    python: Path | None
    reason: str = ""

    def describe(self) -> dict[str, Any]:
        """The beginning of ``Outcome.peer``."""
        if self.python is None:
            return {"name": self.name, "not_measured": self.reason}
        wanted = ("syne-tune", "numpy", "pandas", "scikit-learn")
        return {"name": self.name, "packages": versions_in(self.python, wanted)}


def find_peer(options: Options, name: str) -> PeerPython:
    """The peer ``name``; its environment is made on first use."""
    if not options.peers:
        return PeerPython(name, None, "not asked for (--no_peers)")
    try:
        return PeerPython(name, interpreter(name))
    except PeerUnavailableError as error:
        return PeerPython(name, None, _without_paths(f"its environment could not be made: {error}"))


def run_script(measure: Callable[[Options], Outcome], arguments: Sequence[str] | None = None) -> None:
    """Measure as the command line asks, print the outcome as JSON and store it."""
    options = _parse(measure, arguments)
    machine = describe_machine()
    outcome = measure(options)
    machine["load_average_after"] = load_average()
    values = {
        "name": outcome.name,
        "measured": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "quick": options.quick,
        **outcome.to_json(),
        "machine": machine,
    }
    # A quick run must not replace figures that are quoted.
    store(values, options.results / f"{outcome.name}{'.quick' if options.quick else ''}.json")
    json.dump(values, sys.stdout, indent=2)
    print()


def _parse(measure: Callable[[Options], Outcome], arguments: Sequence[str] | None) -> Options:
    parser = argparse.ArgumentParser(description=sys.modules[measure.__module__].__doc__)
    parser.add_argument("--quick", action="store_true", help="a short run, kept as NAME.quick.json")
    parser.add_argument("--no_peers", action="store_true", help="measure our side only")
    parser.add_argument("--repeats", type=int, help="number of rounds")
    parser.add_argument("--results", type=Path, default=RESULTS, help="folder for the outcome")
    given = parser.parse_args(arguments)
    if given.repeats is not None and given.repeats < 1:
        parser.error(f"--repeats must be at least 1, is {given.repeats}")
    return Options(given.quick, not given.no_peers, given.results, given.repeats)


def _without_paths(text: str) -> str:
    """``text`` as it may be kept: without folders of this machine and addresses of its mirrors."""
    known = {str(peer.folder): f"$SYNEBENCH_PEERS/{peer.name}" for peer in PEERS.values()}
    for path, name in {**known, str(REPOSITORY): ".", str(Path.home()): "~"}.items():
        text = text.replace(path, name)
    return re.sub(r"\w+://\S+", "URL", text)
