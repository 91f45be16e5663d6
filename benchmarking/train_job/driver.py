"""What a train driver is: a place where a script becomes a model, and from where it is fetched."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import IO, Any, ClassVar

from benchmarking.commons.quoting import one_line
from benchmarking.train_job.training_order import TrainingOrder
from syne_core.errors import UsageError, nearest_name

__all__ = ["COMPLETED", "FAILED", "STOPPED", "Artifact", "JobReport", "Started", "TrainDriver", "printable"]

COMPLETED, FAILED, STOPPED = "Completed", "Failed", "Stopped"


_COLOURS = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


def printable(line: str) -> str:
    """A line that a job wrote, as it may stand in a message: no colours, no control characters."""
    return one_line(_COLOURS.sub("", line))


@dataclass(frozen=True)
class JobReport:
    """How a job stands.

    :param status: InProgress, Stopping, Completed, Failed or Stopped
    :param detail: more about it, such as "Training", or why it was stopped
    :param reason: why it failed
    :param tag: of what it trains; None: not known
    :param facts: more for people and ``--json``: instance, times, image, ...
    """

    job: str
    status: str
    detail: str = ""
    reason: str | None = None
    tag: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def has_ended(self) -> bool:
        """Whether nothing of it changes any more."""
        return self.status in (COMPLETED, FAILED, STOPPED)

    @property
    def in_words(self) -> str:
        """Status, detail and the first line of the reason, on one line."""
        said = self.status if self.detail in ("", self.status) else f"{self.status} ({self.detail})"
        if not self.reason:
            return said
        first, _, _ = self.reason.strip().partition("\n")
        return f"{said}: {printable(first)}"


class Artifact(ABC):
    """An archive that a job left behind.

    :ivar name: ``model.tar.gz`` or ``output.tar.gz``
    :ivar uri: where it lies, for people
    :ivar size: in bytes
    :ivar version: changes when the archive does; no character of it is odd in the name of a file
    """

    name: str
    uri: str
    size: int
    version: str

    @abstractmethod
    def opened(self, start: int) -> AbstractContextManager[IO[bytes]]:
        """The bytes from ``start`` on, of this version.

        :raises SyneError: they cannot be had, or the archive has changed
        """

    @abstractmethod
    def mismatch(self, file: IO[bytes]) -> str | None:
        """What is wrong with a whole copy, by the checksum of the store; None if nothing is."""

    @property
    def has_checksum(self) -> bool:
        """Whether the store says a checksum that we can compute."""
        return True


@dataclass(frozen=True)
class Started:
    """A job that was started.

    :param about: lines for people: where to look, how to see the log
    :param fetch_words: what follows the job's name in the command that fetches the model
    :param has_ended: the driver waits until its jobs have ended
    """

    job: str
    about: tuple[str, ...] = ()
    fetch_words: tuple[str, ...] = ()
    has_ended: bool = False


class TrainDriver(ABC):
    """Trains in one place. Plug-ins come in through the entry points ``synebench.train_drivers``.

    A driver is made anew for every command, by ``--config.KEY=VALUE`` alone: whatever a later command has to
    know of a job, the driver finds again by the job's name. It may be killed at any time.

    :param config: values of ``--config.KEY`` as typed; all are among ``settings``
    :raises UsageError: names every value that will not do
    """

    #: The keys of ``--config``, and what they mean, for ``--help`` and messages.
    settings: ClassVar[Mapping[str, str]] = {}

    @abstractmethod
    def __init__(self, config: Mapping[str, str]) -> None: ...

    @property
    @abstractmethod
    def place(self) -> str:
        """Where it trains, for people: "the emulator at ...", "this machine"."""

    @abstractmethod
    def check(self, order: TrainingOrder, yes: bool) -> Sequence[str]:
        """See that ``order`` can be carried out, and that the user wants to pay for it, if it costs money.

        Called once before ``start``. Nothing is uploaded, built or started.

        :param yes: the user need not be asked
        :returns: notes for the user
        :raises UsageError: names everything that is wrong
        :raises RefusedError: a quota, or the user, forbids it
        """

    @abstractmethod
    def start(self, order: TrainingOrder) -> Started:
        """Start the training, under a job name that nobody has; two may do so at the same time.

        A driver may return when the job has ended.
        """

    @abstractmethod
    def job_called(self, tag_or_job: str) -> str | None:
        """The job of that name, else the newest of that tag; None if there is neither."""

    @abstractmethod
    def report(self, job: str) -> JobReport | None:
        """How a job stands; None if there is none."""

    @abstractmethod
    def wait(self, job: str, on_change: Callable[[JobReport], None]) -> JobReport:
        """Wait until the job has ended. ``on_change`` is told of every status, first and last too."""

    @abstractmethod
    def log_tail(self, job: str, num_lines: int) -> list[str]:
        """The last lines that the job printed."""

    @abstractmethod
    def artifacts(self, job: str | None, path: str | None) -> list[Artifact]:
        """What a job left behind and still exists; the model first.

        :param job: None: there is no such job, only what lies at ``path``
        :param path: where to look instead of where the job says
        :raises UsageError: ``path`` makes no sense here
        """

    @abstractmethod
    def provenance(self, job: str) -> dict[str, Any]:
        """What was trained: as ``TrainingOrder.provenance``, and what the driver knows besides; JSON."""

    @classmethod
    def check_settings(cls, config: Mapping[str, str]) -> None:
        """See that there are no other keys than ``settings``.

        :raises UsageError: suggests the nearest
        """
        mistakes = []
        for name in config:
            if name not in cls.settings:
                near = nearest_name(name, cls.settings)
                hint = f" Did you mean --config.{near}?" if near else ""
                valid = ", ".join(f"--config.{key}" for key in cls.settings)
                mistakes.append(f"Unknown setting --config.{name}.{hint} Valid: {valid}")
        if mistakes:
            raise UsageError.joined(mistakes)
