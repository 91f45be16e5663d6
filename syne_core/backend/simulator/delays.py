"""What a simulated cluster adds to the times of its benchmark."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass

from syne_core.errors import UsageError

__all__ = ["SimulatorConfig", "SimulatorDelays"]


@dataclass(frozen=True)
class SimulatorDelays:
    """Simulated seconds, all 0 unless given: then only training takes time.

    :param start: from the decision to start or resume a trial to the beginning of its training
    :param report: from a report to its arrival at the tuner
    :param complete: from the last report of a trial to the moment when its end is known; never before that
        report has arrived
    :param stop: from the decision to pause or stop a trial to the moment when it hears of it; until then it
        goes on training
    :param end_after_stop: from that moment to the release of the worker
    :raises UsageError: one is negative, or not a finite number; names all of them
    """

    start: float = 0.0
    report: float = 0.0
    complete: float = 0.0
    stop: float = 0.0
    end_after_stop: float = 0.0

    def __post_init__(self) -> None:
        mistakes = [
            f"{type(self).__name__}: {name} must be a number of seconds, 0 or more, is {value!r}"
            for name, value in vars(self).items()
            if not _is_duration(value)
        ]
        if mistakes:
            raise UsageError.joined(mistakes)

    def to_json(self) -> dict[str, float]:
        """As stored in the metadata."""
        return asdict(self)


@dataclass(frozen=True)
class SimulatorConfig:
    """The same under Syne Tune's names, and with its values where none are given.

    :param delay_on_trial_result: ``report``
    :param delay_complete_after_final_report: ``complete``
    :param delay_complete_after_stop: ``end_after_stop``
    :param delay_start: ``start``
    :param delay_stop: ``stop``
    :raises UsageError: see ``SimulatorDelays``
    """

    delay_on_trial_result: float = 0.05
    delay_complete_after_final_report: float = 0.05
    delay_complete_after_stop: float = 0.05
    delay_start: float = 0.05
    delay_stop: float = 0.05

    def __post_init__(self) -> None:
        self.delays()

    def delays(self) -> SimulatorDelays:
        """These delays, as ``SimulatorBackend`` wants them."""
        return SimulatorDelays(
            start=self.delay_start,
            report=self.delay_on_trial_result,
            complete=self.delay_complete_after_final_report,
            stop=self.delay_stop,
            end_after_stop=self.delay_complete_after_stop,
        )


def _is_duration(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return 0 <= value < math.inf
