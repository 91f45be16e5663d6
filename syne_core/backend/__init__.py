"""Back-ends: where trials run. Loaded when first used."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # what __getattr__ loads, for type checkers and editors
    from syne_core.backend.local.local_backend import LocalBackend
    from syne_core.backend.local.python_backend import PythonBackend
    from syne_core.backend.sagemaker.sagemaker_backend import SageMakerBackend
    from syne_core.backend.simulator.delays import SimulatorConfig, SimulatorDelays
    from syne_core.backend.simulator.ported_backends import BlackboxRepositoryBackend, UserBlackboxBackend
    from syne_core.backend.simulator.simulator_backend import SimulatorBackend
    from syne_core.backend.simulator.simulator_callback import SimulatorCallback

_HOME = {
    "BlackboxRepositoryBackend": "syne_core.backend.simulator.ported_backends",
    "LocalBackend": "syne_core.backend.local.local_backend",
    "PythonBackend": "syne_core.backend.local.python_backend",
    "SageMakerBackend": "syne_core.backend.sagemaker.sagemaker_backend",
    "SimulatorBackend": "syne_core.backend.simulator.simulator_backend",
    "SimulatorCallback": "syne_core.backend.simulator.simulator_callback",
    "SimulatorConfig": "syne_core.backend.simulator.delays",
    "SimulatorDelays": "syne_core.backend.simulator.delays",
    "UserBlackboxBackend": "syne_core.backend.simulator.ported_backends",
}

__all__ = [
    "BlackboxRepositoryBackend",
    "LocalBackend",
    "PythonBackend",
    "SageMakerBackend",
    "SimulatorBackend",
    "SimulatorCallback",
    "SimulatorConfig",
    "SimulatorDelays",
    "UserBlackboxBackend",
]


def __getattr__(name: str) -> object:
    try:
        home = _HOME[name]
    except KeyError:
        raise AttributeError(f"module 'syne_core.backend' has no attribute {name!r}") from None
    return getattr(import_module(home), name)
