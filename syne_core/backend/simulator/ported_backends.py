"""Simulator back-ends under Syne Tune's names and arguments."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from syne_core.backend.simulator.delays import SimulatorConfig
from syne_core.backend.simulator.simulator_backend import SimulatorBackend
from syne_core.blackbox.blackbox import Blackbox
from syne_core.errors import MissingDependencyError, UnknownNameError, UsageError

if TYPE_CHECKING:
    from syne_core.blackbox.curve_regression import Estimator

__all__ = ["BlackboxRepositoryBackend", "UserBlackboxBackend"]

# Where scikit-learn has the models that Syne Tune's launchers name.
_ESTIMATORS = {
    "KNeighborsRegressor": "sklearn.neighbors",
    "MLPRegressor": "sklearn.neural_network",
    "RandomForestRegressor": "sklearn.ensemble",
}


class UserBlackboxBackend(SimulatorBackend):
    """A ``SimulatorBackend`` with Syne Tune's arguments.

    Delays are Syne Tune's, 0.05 s each, unless ``simulator_config`` says otherwise.

    :param blackbox: what trials report, and when
    :param elapsed_time_attr: name of the time in reports; must be the benchmark's own, if given
    :param max_resource_attr: see ``SimulatorBackend``
    :param seed: the one repetition that all trials see; None: each sees one of its own
    :param support_checkpointing: see ``SimulatorBackend``
    :param simulator_config: delays
    :param tuner_sleep_time: accepted for Syne Tune's sake: simulated time goes from event to event
    :param kwargs: more arguments of ``SimulatorBackend``
    :raises UsageError: an argument makes no sense
    """

    def __init__(
        self,
        blackbox: Blackbox,
        elapsed_time_attr: str | None = None,
        max_resource_attr: str | None = None,
        seed: int | None = None,
        support_checkpointing: bool = True,
        simulator_config: SimulatorConfig | None = None,
        tuner_sleep_time: float | None = None,
        **kwargs: Any,
    ) -> None:
        own = getattr(blackbox, "elapsed_time_attr", None)
        if elapsed_time_attr is not None and own is not None and elapsed_time_attr != own:
            raise UsageError(f"elapsed_time_attr is '{elapsed_time_attr}', but the benchmark's is '{own}'")
        super().__init__(
            blackbox,
            blackbox_seed=seed,
            delays=(simulator_config or SimulatorConfig()).delays(),
            support_checkpointing=support_checkpointing,
            max_resource_attr=max_resource_attr,
            **kwargs,
        )


class BlackboxRepositoryBackend(UserBlackboxBackend):
    """A ``UserBlackboxBackend`` for a benchmark given by name.

    :param blackbox_name: a folder or a name that ``load_blackbox`` takes; with ``dataset``, and if there is
        no such folder, one of Syne Tune's tables on the Hugging Face hub
    :param elapsed_time_attr: see ``UserBlackboxBackend``
    :param max_resource_attr: see ``UserBlackboxBackend``
    :param seed: see ``UserBlackboxBackend``
    :param support_checkpointing: see ``UserBlackboxBackend``
    :param dataset: which of several tables ``blackbox_name`` has
    :param surrogate: model for configurations off the table: a name of ``add_surrogate``, or
        ``KNeighborsRegressor``, ``MLPRegressor`` or ``RandomForestRegressor`` of scikit-learn; None: there
        are none off the table
    :param surrogate_kwargs: arguments of scikit-learn's models
    :param kwargs: more arguments of ``UserBlackboxBackend``
    :raises BlackboxError: the benchmark is damaged
    :raises UnknownNameError: there is no such benchmark or surrogate
    :raises MissingDependencyError: a library for the hub or the surrogate is not installed
    """

    def __init__(
        self,
        blackbox_name: str,
        elapsed_time_attr: str | None = None,
        max_resource_attr: str | None = None,
        seed: int | None = None,
        support_checkpointing: bool = True,
        dataset: str | None = None,
        surrogate: str | None = None,
        surrogate_kwargs: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            _load(blackbox_name, dataset, elapsed_time_attr, _model(surrogate, surrogate_kwargs or {})),
            elapsed_time_attr,
            max_resource_attr,
            seed,
            support_checkpointing,
            **kwargs,
        )
        self.dataset = dataset

    def metadata(self) -> dict[str, Any]:
        """See ``SimulatorBackend``."""
        return {**super().metadata(), "dataset": self.dataset}


def _load(name: str, dataset: str | None, time: str | None, model: str | Estimator | None) -> Blackbox:
    from syne_core.blackbox import load_blackbox

    if dataset is None:
        return load_blackbox(name, surrogate=model)
    if Path(name).expanduser().is_dir():
        return load_blackbox(f"{name}/{dataset}", surrogate=model)
    name = name if name.startswith("hf:") else f"hf:{name}"
    return load_blackbox(f"{name}/{dataset}", surrogate=model, elapsed_time_attr=time)


def _model(name: str | None, arguments: dict[str, Any]) -> str | Estimator | None:
    from syne_core.blackbox.surrogates import SURROGATES

    if name is None or name in SURROGATES:
        if arguments:
            raise UsageError(f"surrogate_kwargs are for scikit-learn's models: {', '.join(_ESTIMATORS)}")
        return name
    if name not in _ESTIMATORS:
        raise UnknownNameError("surrogate", name, [*SURROGATES, *_ESTIMATORS])
    if name == "KNeighborsRegressor" and arguments == {"n_neighbors": 1}:
        return "nearest"  # the same, without a library
    try:
        home = import_module(_ESTIMATORS[name])
    except ImportError:
        raise MissingDependencyError("scikit-learn", "sklearn") from None
    model: Estimator = getattr(home, name)(**arguments)
    return model
