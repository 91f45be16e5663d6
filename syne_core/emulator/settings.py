"""How an emulator behaves: capacity, delays, injected faults."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from syne_core.errors import UsageError

__all__ = ["EmulatorSettings"]

_RATES = ("fail_rate", "capacity_errors", "job_start_failures")
_AT_LEAST_ZERO = (
    "expire_after",
    "cold_start",
    "warm_start",
    "latency",
    "grace",
    "spot_interruption",
    "timeout",
)


@dataclass(frozen=True)
class EmulatorSettings:
    """How an emulator behaves. Instance types without a quota are unlimited.

    :param quotas: instances per instance type that training jobs may hold at a time
    :param warm_pool_quotas: the same of jobs that keep their instances alive, and of what is kept
    :param spot_quotas: the same of managed spot training
    :param cold_start: seconds from ``CreateTrainingJob`` until a job's instances are there
    :param warm_start: the same for a job that takes over a warm pool
    :param throttle: ``{operation: (calls per second, burst)}``; more get ``ThrottlingException``
    :param fail_rate: share of calls that fail: throttled, 500, 503, no answer in time, connection reset. Of
        the last two, half have been carried out, as can be the case with AWS
    :param fail_operations: only calls of these operations fail; empty: of all
    :param deny: operations that nobody may call, as if a policy forbade them; see ``Emulator.allow``
    :param expire_after: calls after which credentials have expired; 0: never. Other ones begin anew; those of
        jobs, which are a role's, renew themselves
    :param capacity_errors: share of jobs that fail with ``CapacityError``
    :param job_start_failures: share of jobs that fail with ``InternalServerError`` before they run
    :param spot_interruption: how often a managed spot job is interrupted, per second of running
    :param latency: seconds that every call takes longer
    :param timeout: seconds after which the connection of a call that gets no answer is closed
    :param seed: of all that is drawn
    :param region: the only region there is
    :param account: 12 digits
    :param isolation: of jobs: ``auto``, ``namespaces`` or ``folder``, see ``JobSurroundings``
    :param grace: seconds between SIGTERM and SIGKILL of a job that is stopped
    :param install_requirements: whether script mode installs ``requirements.txt``
    :raises UsageError: names everything that is wrong
    """

    quotas: Mapping[str, int] = field(default_factory=dict)
    warm_pool_quotas: Mapping[str, int] = field(default_factory=dict)
    spot_quotas: Mapping[str, int] = field(default_factory=dict)
    cold_start: float = 0.0
    warm_start: float = 0.0
    throttle: Mapping[str, tuple[float, int]] = field(default_factory=dict)
    fail_rate: float = 0.0
    fail_operations: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()
    expire_after: int = 0
    capacity_errors: float = 0.0
    job_start_failures: float = 0.0
    spot_interruption: float = 0.0
    latency: float = 0.0
    timeout: float = 5.0
    seed: int = 0
    region: str = "us-east-1"
    account: str = "123456789012"
    isolation: str = "auto"
    grace: float = 120.0
    install_requirements: bool = True

    def __post_init__(self) -> None:
        mistakes = list(self._mistakes())
        if mistakes:
            raise UsageError.joined(mistakes)

    def _mistakes(self) -> Iterator[str]:
        for name in _RATES:
            if not 0 <= getattr(self, name) <= 1:
                yield f"{name} is a share between 0 and 1, not {getattr(self, name)}"
        for name in _AT_LEAST_ZERO:
            if not getattr(self, name) >= 0:
                yield f"{name} must be at least 0, not {getattr(self, name)}"
        for name in ("quotas", "warm_pool_quotas", "spot_quotas"):
            yield from self._quota_mistakes(name)
        for operation, (rate, burst) in self.throttle.items():
            if not rate > 0 or burst < 1:
                yield f"throttle of {operation}: RATE is above 0 and BURST at least 1, not {rate},{burst}"
        if not re.fullmatch(r"\d{12}", self.account):
            yield f"account has 12 digits, unlike '{self.account}'"
        if not re.fullmatch(r"[a-z]{2}(-[a-z]+)+-\d", self.region):
            yield f"region looks like us-east-1, unlike '{self.region}'"
        if self.isolation not in ("auto", "namespaces", "folder"):
            yield f"isolation is auto, namespaces or folder, not '{self.isolation}'"

    def _quota_mistakes(self, name: str) -> Iterator[str]:
        for instance_type, count in getattr(self, name).items():
            if count < 0:
                yield f"{name}: {instance_type} must have at least 0 instances, not {count}"
            if not instance_type.startswith("ml."):
                yield f"{name}: instance types begin with 'ml.', unlike '{instance_type}'"
