"""The methods that are compared, each behind the same few calls; one module for a library."""

from __future__ import annotations

from importlib import import_module
from typing import Any

__all__ = ["EVALUATION_SIDES", "SCHEDULER_SIDES", "make_side", "peer_of"]

#: Side: (module, peer whose environment it needs; None: this project's).
_SIDES: dict[str, tuple[str, str | None]] = {
    "random": ("ours", None),
    "ours_bo": ("ours", None),
    "botorch_qlogei": ("botorch_side", "botorch"),
    "optuna_gp": ("optuna_side", "optuna"),
    "asha": ("ours", None),
    "ours_mobster": ("ours", None),
    "syne_tune_mobster": ("syne_tune_side", "syne-tune-0.13.0"),
}
#: Those that cost little time come first.
EVALUATION_SIDES = ("random", "ours_bo", "optuna_gp", "botorch_qlogei")
SCHEDULER_SIDES = ("asha", "ours_mobster", "syne_tune_mobster")


def peer_of(side: str) -> str | None:
    """The peer whose environment ``side`` needs; None for our own."""
    return _SIDES[side][1]


def make_side(side: str, problem: Any, seed: int, start: int = 0) -> Any:
    """The method ``side``, set up for ``problem``.

    :param start: number of the first trial that it will be asked for; not 0 if a run is continued
    """
    return import_module(f"perf.quality.sides.{_SIDES[side][0]}").make(side, problem, seed, start)
