"""Launchers of Syne Tune's simulator run after a change of imports."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from simulated_benchmarks import FormulaBlackbox, steady

from syne_core import StoppingCriterion, Tuner
from syne_core.backend.simulator.delays import SimulatorDelays
from syne_core.backend.simulator_backend.simulator_backend import SimulatorConfig
from syne_core.backend.simulator_backend.simulator_callback import SimulatorCallback
from syne_core.blackbox import BlackboxTabular, SurrogateBlackbox, save_blackbox
from syne_core.blackbox_repository import BlackboxRepositoryBackend, UserBlackboxBackend
from syne_core.config_space import randint
from syne_core.errors import BlackboxError, UnknownNameError, UsageError
from syne_core.optimizer.baselines import ASHA

SPACE = {"n": randint(0, 9)}
SMALL = {"n": randint(0, 4)}


def formula() -> FormulaBlackbox:
    return FormulaBlackbox(lambda config, seed: steady([config["n"] / k for k in range(1, 10)], 2.0), SPACE)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A table of five configurations of ten, two repetitions, three epochs."""
    elapsed = [[[1.0, 2.0, 3.0]] * 2] * 5
    metrics = {"loss": [[[n + s + 0.5, n + s, n + s] for s in range(2)] for n in range(5)]}
    configurations = [{"n": n} for n in range(5)]
    table = BlackboxTabular(SPACE, configurations, elapsed, metrics, resources=[1, 2, 3])
    save_blackbox(table, tmp_path / "bench" / "digits")
    return tmp_path / "bench"


def test_launcher_with_its_own_blackbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SYNETUNE_FOLDER", str(tmp_path))
    trial_backend = UserBlackboxBackend(
        blackbox=formula(), elapsed_time_attr="elapsed", max_resource_attr="epochs"
    )
    scheduler = ASHA(
        {**SPACE, "epochs": 3},
        metric="loss",
        resource_attr="epoch",
        max_resource_attr="epochs",
        search_options={"allow_duplicates": True},
    )
    tuner = Tuner(
        trial_backend=trial_backend,
        scheduler=scheduler,
        stop_criterion=StoppingCriterion(max_wallclock_time=60),
        n_workers=4,
        sleep_time=0,
        callbacks=[SimulatorCallback()],
    )
    tuner.run()
    frame = pd.read_csv(tuner.paths.results)
    assert frame["st_tuner_time"].max() <= 60
    assert frame["epoch"].max() == 3
    assert frame["st_tuner_time"].tolist()[:4] == [2.1] * 4, "delays are Syne Tune's"
    assert tuner.elapsed == 60


def test_benchmark_by_folder_and_dataset(folder: Path) -> None:
    backend = BlackboxRepositoryBackend(
        blackbox_name=str(folder), dataset="digits", elapsed_time_attr="elapsed_time", seed=1
    )
    assert backend.blackbox_seed == 1
    assert backend.delays == SimulatorConfig().delays()
    assert isinstance(backend.blackbox, BlackboxTabular)
    assert backend.metadata()["dataset"] == "digits"
    assert backend.metadata()["blackbox_repetitions"] == 2


@pytest.mark.parametrize(
    ("surrogate", "arguments"),
    [
        ("KNeighborsRegressor", {"n_neighbors": 1}),
        ("KNeighborsRegressor", {"n_neighbors": 3}),
        ("RandomForestRegressor", None),
        ("nearest", None),
    ],
)
def test_surrogates_by_syne_tunes_names(folder: Path, surrogate: str, arguments: dict[str, Any]) -> None:
    backend = BlackboxRepositoryBackend(
        f"{folder}/digits",
        surrogate=surrogate,
        surrogate_kwargs=arguments,
        simulator_config=SimulatorConfig(),
    )
    assert isinstance(backend.blackbox, SurrogateBlackbox)
    assert len(backend.blackbox.curve({"n": 8}).resources) == 3


def test_mistakes_are_named(folder: Path) -> None:
    with pytest.raises(UsageError, match="elapsed_time_attr is 'runtime', but the benchmark's is 'elapsed'"):
        UserBlackboxBackend(formula(), elapsed_time_attr="runtime")
    with pytest.raises(UnknownNameError, match="Did you mean 'KNeighborsRegressor'"):
        BlackboxRepositoryBackend(f"{folder}/digits", surrogate="KNeighbourRegressor")
    with pytest.raises(UsageError, match="surrogate_kwargs are for"):
        BlackboxRepositoryBackend(f"{folder}/digits", surrogate_kwargs={"n_neighbors": 1})
    with pytest.raises(BlackboxError, match="no such folder"):
        BlackboxRepositoryBackend(str(folder), dataset="digit")
    with pytest.raises(UsageError, match="stop must be a number"):
        UserBlackboxBackend(formula(), simulator_config=SimulatorConfig(delay_stop=-1))


def test_tuner_sleep_time_is_accepted_and_does_not_matter() -> None:
    backend = UserBlackboxBackend(formula(), tuner_sleep_time=5, simulator_config=None)
    assert backend.delays == SimulatorDelays(0.05, 0.05, 0.05, 0.05, 0.05)
