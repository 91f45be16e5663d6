"""The engine of synebench: runs one experiment.

Public names load when first used, so that ``from syne_core import Reporter`` costs a training
script next to nothing.
"""

from importlib import import_module

from syne_core.version import __version__

TYPE_CHECKING = False  # importing typing would take half of the time of importing Reporter
if TYPE_CHECKING:  # what __getattr__ loads, for type checkers and editors
    from syne_core.report import Reporter
    from syne_core.stopping_criterion import StoppingCriterion
    from syne_core.tuner import Tuner
    from syne_core.tuner_callback import TunerCallback

_HOME = {
    "Reporter": "syne_core.report",
    "StoppingCriterion": "syne_core.stopping_criterion",
    "Tuner": "syne_core.tuner",
    "TunerCallback": "syne_core.tuner_callback",
}

__all__ = ["Reporter", "StoppingCriterion", "Tuner", "TunerCallback", "__version__"]


def __getattr__(name: str) -> object:
    try:
        home = _HOME[name]
    except KeyError:
        raise AttributeError(f"module 'syne_core' has no attribute {name!r}") from None
    return getattr(import_module(home), name)


def __dir__() -> "list[str]":
    return sorted(__all__)
