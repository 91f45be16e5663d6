"""``synebench emulator``: SageMaker on this machine, until it is interrupted."""

from __future__ import annotations

import resource
import shlex
import signal
import socket
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from syne_core.errors import INTERRUPTED, UsageError

if TYPE_CHECKING:
    from syne_core.emulator import EmulatorSettings

__all__ = ["command"]

_EXAMPLE = (
    "Example: synebench emulator --port 4566 --quota ml.g4dn.xlarge=4 --cold-start 2; then, elsewhere, "
    "paste what it prints and run: aws sagemaker list-training-jobs"
)

_Command = TypeVar("_Command", bound=Callable[..., Any])
_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_PORT, _FOLDER = click.IntRange(0, 65535), click.Path(file_okay=False)


def _option(name: str, text: str, **more: Any) -> Callable[[_Command], _Command]:
    """An option that is spelt with ``-`` or ``_``, as all flags are."""
    spellings = dict.fromkeys((f"--{name}", f"--{name.replace('-', '_')}"))
    return click.option(*spellings, help=text, **more)


@click.command(epilog=_EXAMPLE)
@_option("port", "where to listen, on loopback; 0: where there is room", type=_PORT, default=0)
@_option("quota", "instances that jobs may hold, TYPE=N; repeat it; else unlimited", multiple=True)
@_option("warm-pool-quota", "the same of warm pools", multiple=True)
@_option("spot-quota", "the same of managed spot", multiple=True)
@_option("cold-start", "seconds until a job has its instances", type=float, default=0.0)
@_option("warm-start", "the same from a warm pool", type=float, default=0.0)
@_option("throttle", "OPERATION=RATE,BURST: calls per second, at most BURST at once", multiple=True)
@_option("fail-rate", "share of calls that fail: throttled, 5xx, no answer, reset", type=float, default=0.0)
@_option("fail-op", "only calls of this operation fail; repeat it", multiple=True)
@_option("deny", "operation that a policy forbids everybody; repeat it", multiple=True)
@_option("expire-after", "calls after which credentials have expired; 0: never", type=int, default=0)
@_option("capacity-errors", "share of jobs that fail with CapacityError", type=float, default=0.0)
@_option("job-start-failures", "share of jobs that fail before they run", type=float, default=0.0)
@_option("spot-interruption", "interruptions of a spot job per second of running", type=float, default=0.0)
@_option("latency", "seconds that every call takes longer", type=float, default=0.0)
@_option("seed", "of what is drawn", type=int, default=0)
@_option(
    "state", "folder from which jobs and S3 come back at the next start", type=click.Path(file_okay=False)
)
@_option("region", "the only region", default="us-east-1", show_default=True)
@_option("account", "the only account", default="123456789012", show_default=True)
@_option("isolation", "of jobs", type=click.Choice(["auto", "namespaces", "folder"]), default="auto")
@_option("grace", "seconds between SIGTERM and SIGKILL of a job that is stopped", type=float, default=120.0)
def command(port: int, state: str | None, **flags: Any) -> int:
    """Run SageMaker training on this machine: jobs run here, S3, IAM and logs are in memory.

    What it prints first leads AWS clients to it: paste it into a shell.
    """
    settings = _settings(**flags)
    from syne_core.emulator import Emulator

    _allow_many_files()

    with _Signals() as signals, Emulator(settings, port=port, folder=state) as emulator:
        lines = [f"export {name}={shlex.quote(value)}" for name, value in emulator.environment().items()]
        print("\n".join(lines), flush=True)
        print(
            f"The emulator listens at {emulator.endpoint_url}; bucket {emulator.bucket}, role "
            f"{emulator.role_arn}. Ctrl-C ends it and all its jobs.",
            file=sys.stderr,
        )
        received = signals.wait()
    return INTERRUPTED if received == signal.SIGINT else 0


def _allow_many_files() -> None:
    """Each job takes a handful of file descriptors, each client a connection."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


class _Signals:
    """Holds back what ends a process, so that the emulator ends cleanly, once and to its end.

    A pipe is read instead of an event being awaited: a signal that arrives in another thread would not wake
    the main one.
    """

    def __enter__(self) -> _Signals:
        self._reader, self._writer = socket.socketpair()
        self._writer.setblocking(False)
        self._old_descriptor = signal.set_wakeup_fd(self._writer.fileno(), warn_on_full_buffer=False)
        self._old = {number: signal.signal(number, lambda *_: None) for number in _ENDING}
        return self

    def __exit__(self, *error: object) -> None:
        for number, handler in self._old.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._old_descriptor)
        self._reader.close()
        self._writer.close()

    def wait(self) -> int:
        """The next of them."""
        while (number := self._reader.recv(1)[0]) not in _ENDING:
            pass
        return number


def _settings(fail_op: tuple[str, ...], **flags: Any) -> EmulatorSettings:
    from syne_core.emulator import EmulatorSettings

    mistakes: list[str] = []
    renamed: dict[str, Any] = {
        "quotas": _quotas("quota", flags.pop("quota"), mistakes),
        "warm_pool_quotas": _quotas("warm-pool-quota", flags.pop("warm_pool_quota"), mistakes),
        "spot_quotas": _quotas("spot-quota", flags.pop("spot_quota"), mistakes),
        "throttle": _throttles(flags.pop("throttle"), mistakes),
    }
    if mistakes:
        raise UsageError.joined(mistakes)
    return EmulatorSettings(fail_operations=fail_op, **renamed, **flags)


def _quotas(flag: str, given: tuple[str, ...], mistakes: list[str]) -> dict[str, int]:
    quotas = {}
    for text in given:
        name, _, count = text.partition("=")
        if name and count.isdecimal():
            quotas[name] = int(count)
        else:
            mistakes.append(f"--{flag} is TYPE=N, for example ml.g4dn.xlarge=4, not '{text}'")
    return quotas


def _throttles(given: tuple[str, ...], mistakes: list[str]) -> dict[str, tuple[float, int]]:
    throttles = {}
    for text in given:
        name, _, limits = text.partition("=")
        try:
            rate, burst = limits.split(",")
            throttles[name] = (float(rate), int(burst))
        except ValueError:
            mistakes.append(f"--throttle is OPERATION=RATE,BURST, as ListTrainingJobs=2,4, not '{text}'")
    return throttles
