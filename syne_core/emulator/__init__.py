"""SageMaker training on one machine.

``Emulator`` is a context manager; the emulator's address goes into ``AWS_ENDPOINT_URL`` of its clients.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from syne_core.emulator.settings import EmulatorSettings
from syne_core.errors import MissingDependencyError

if TYPE_CHECKING:
    from syne_core.emulator.emulator import Emulator

__all__ = ["Emulator", "EmulatorSettings"]


def __getattr__(name: str) -> Any:
    """``Emulator`` is loaded when it is used, with the libraries that it needs."""
    if name != "Emulator":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        from syne_core.emulator.emulator import Emulator
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith("syne_core"):
            raise
        raise MissingDependencyError("moto's server", "emulator") from error
    return Emulator
