"""One contract for all methods of the registry: ours, and other libraries' where they are installed."""

from __future__ import annotations

import importlib.util
from typing import Any

import pytest

from benchmarking.commons.default_baselines import METHODS, MethodArguments
from syne_core.errors import ExperimentError
from syne_core.optimizer.scheduler import TrialScheduler
from syne_core.testing import SchedulerContract
from syne_core.testing.contract_spaces import ALL_KINDS, WIDE_SPACE

_MODULE_OF_EXTRA = {"syne-tune": "syne_tune"}
# Methods that need long for a suggestion get fewer.
_NUM_SUGGESTIONS = {"BO": 9, "MOBSTER": 10, "Optuna-GP": 10, "BoTorch": 8} | dict.fromkeys(
    ("SyneTune-BoTorch", "SyneTune-CQR", "SyneTune-BORE", "SyneTune-ASHABORE", "SyneTune-ASHACQR"), 8
)


def _missing(name: str) -> list[str]:
    """The modules that method ``name`` needs and that are not installed."""
    extras = METHODS.extras[name].split(",") if name in METHODS.extras else []
    modules = (_MODULE_OF_EXTRA.get(extra, extra) for extra in extras)
    return [module for module in modules if importlib.util.find_spec(module) is None]


def _parameter(name: str) -> Any:
    marks = []
    if name.startswith("SyneTune-"):
        # Warnings of its dependencies, and its own, which it does not silence.
        marks.append(pytest.mark.filterwarnings("ignore"))
    return pytest.param(name, marks=[*marks, *([pytest.mark.long] if name in METHODS.extras else [])])


@pytest.mark.parametrize("name", [name for name in METHODS if _missing(name)])
def test_the_library_of_each_method_is_installed(name: str) -> None:
    """So that what is not tested is named once, not in every test."""
    pytest.skip(f"{name} is not tested: {', '.join(_missing(name))} not installed")


class TestEveryMethod(SchedulerContract):
    @pytest.fixture(autouse=True, params=[_parameter(name) for name in METHODS if not _missing(name)])
    def _method(self, request: pytest.FixtureRequest) -> None:
        self.method = METHODS[request.param]
        self.num_suggestions = _NUM_SUGGESTIONS.get(request.param, 40)
        self.num_interleavings = 15 if self.num_suggestions == 40 else 2

    def make_scheduler(self, config_space: dict[str, Any], seed: int, mode: str) -> TrialScheduler:
        scheduler: TrialScheduler = self.method(
            MethodArguments(config_space, self.metric, mode, seed, self.resource_attr, "epochs")
        )
        return scheduler

    @pytest.mark.parametrize("space", [ALL_KINDS, WIDE_SPACE], ids=["all kinds", "wide"])
    def test_every_kind_of_domain_and_bounds_far_apart_will_do(self, space: dict[str, Any]) -> None:
        try:
            super().test_every_kind_of_domain_and_bounds_far_apart_will_do(space)
        except ExperimentError as error:
            # Some searchers of Syne Tune compute with raw values, which overflow there with some draws.
            if space is not WIDE_SPACE or not str(error).startswith("Syne Tune's "):
                raise
            pytest.xfail(str(error))


def test_methods_of_other_libraries_say_that_they_are_resumed_approximately() -> None:
    for name in METHODS.extras:
        if not _missing(name):
            assert METHODS[name](_arguments()).replay == "approximate"


@pytest.mark.parametrize("name", METHODS.extras)
def test_a_method_whose_library_is_missing_names_the_extra(name: str) -> None:
    from syne_core.errors import MissingDependencyError

    if not _missing(name):
        pytest.skip("its library is installed")
    with pytest.raises(MissingDependencyError) as caught:
        METHODS[name](_arguments())
    assert set(METHODS.extras[name].split(",")) & set(str(caught.value).partition("[")[2][:-2].split(","))


def _arguments() -> MethodArguments:
    from syne_core.testing.contract_spaces import SPACE

    return MethodArguments(SPACE, "loss", "min", 0, "epoch", "epochs")
