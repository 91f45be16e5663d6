"""How often the back-end looks, and how long it waits. Seconds."""

from __future__ import annotations

from dataclasses import dataclass

from syne_core.errors import UsageError

__all__ = ["Timing"]


@dataclass(frozen=True)
class Timing:
    """Defaults suit AWS, where jobs take minutes to start; ``for_emulator`` is faster.

    :param poll: between listings of reports, while a script runs
    :param poll_starting: the same while all jobs are still being started
    :param backstop: between listings of jobs, drawn anew each time; ListTrainingJobs is limited to 2 calls
        a second for a whole account
    :param first_look: a job that was created so long ago and has not begun is described; then again after
        twice the time, up to ``last_look``
    :param ending: between looks at a job that is about to end
    :param first_wait: before the next attempt where there is no instance to be had (quota, capacity); twice
        as long each time, up to ``longest_wait``
    :param give_up: a trial that got no instance for so long has failed; None: it waits as long as it takes
    :param close: how long ``close`` waits until what it stopped has ended
    """

    poll: float = 0.2
    poll_starting: float = 1.0
    backstop: tuple[float, float] = (30.0, 60.0)
    first_look: float = 20.0
    last_look: float = 120.0
    ending: float = 5.0
    first_wait: float = 2.0
    longest_wait: float = 600.0
    give_up: float | None = None
    close: float = 20.0

    def __post_init__(self) -> None:
        if min(self.poll, self.poll_starting, self.ending, self.first_wait, *self.backstop) <= 0:
            raise UsageError(f"times must be positive: {self}")

    @classmethod
    def for_emulator(cls) -> Timing:
        """For jobs that start in a tenth of a second."""
        return cls(
            poll_starting=0.2,
            first_look=1.0,
            last_look=8.0,
            ending=0.1,
            first_wait=0.05,
            longest_wait=1.0,
            close=15.0,
        )
