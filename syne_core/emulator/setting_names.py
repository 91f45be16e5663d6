"""Names in settings that AWS's service models know: instance types, operations."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from syne_core.emulator.service_models import service_model
from syne_core.emulator.settings import EmulatorSettings
from syne_core.errors import UsageError, nearest_name

__all__ = ["check_names"]

_SERVICES = ("sagemaker", "service-quotas", "pricing", "s3", "logs", "sts", "iam", "ecr")


def check_names(settings: EmulatorSettings) -> None:
    """Check instance types of quotas, and operations that are throttled or made to fail.

    :raises UsageError: names all that do not exist, and what is near
    """
    mistakes = [*_unknown_types(settings), *_unknown_operations(settings)]
    if mistakes:
        raise UsageError.joined(mistakes)


def _unknown_types(settings: EmulatorSettings) -> Iterator[str]:
    quotas = (settings.quotas, settings.warm_pool_quotas, settings.spot_quotas)
    names = {name for one in quotas for name in one}
    if names:
        known = service_model("sagemaker").shape_for("TrainingInstanceType").metadata["enum"]
        yield from _unknown("instance type", names, set(known))


def _unknown_operations(settings: EmulatorSettings) -> Iterator[str]:
    names = {*settings.throttle, *settings.fail_operations, *settings.deny}
    if names:
        known = {name for service in _SERVICES for name in service_model(service).operation_names}
        yield from _unknown("operation", names, known)


def _unknown(kind: str, names: Iterable[str], known: set[str]) -> Iterator[str]:
    for name in sorted(set(names) - known):
        near = nearest_name(name, known)
        yield f"Unknown {kind} '{name}'." + (f" Did you mean '{near}'?" if near else "")
