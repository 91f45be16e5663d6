"""Launchers as users of Syne Tune have them, with ``syne_tune`` changed to ``syne_core`` and nothing else."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[1] / "examples"


def _run(name: str, folder: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", str(EXAMPLES / name)],
        cwd=folder,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "MPLBACKEND": "agg"},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_every_launcher_has_a_test() -> None:
    launchers = {path.name for path in EXAMPLES.glob("launch_*.py")}
    text = Path(__file__).read_text()
    assert {name for name in launchers if f'"{name}"' not in text} == set()


def test_several_methods_on_one_script(tmp_path: Path) -> None:
    printed = _run("launch_baselines.py", tmp_path)
    assert printed.count("running <syne_core.optimizer") == 5
    assert printed.count("best of ") == 5


def test_trials_pause_and_go_on_from_checkpoints(tmp_path: Path) -> None:
    assert "resumed: " in _run("launch_checkpoints.py", tmp_path)


def test_scheduler_of_ones_own(tmp_path: Path) -> None:
    assert "trials: {" in _run("launch_standalone_scheduler.py", tmp_path)


def test_loop_of_ones_own_around_a_scheduler(tmp_path: Path) -> None:
    printed = _run("launch_ask_tell.py", tmp_path)
    assert [line.split(":")[0] for line in printed.splitlines()] == [
        "random search",
        "ASHA",
        "ASHA by promotion",
    ]


def test_function_instead_of_a_script(tmp_path: Path) -> None:
    assert "best: (" in _run("launch_python_function.py", tmp_path)


def test_interrupted_experiment_is_continued_by_name(tmp_path: Path) -> None:
    assert _run("launch_resume.py", tmp_path).splitlines() == ["interrupted", "reports: 25"]


def test_callbacks_and_extra_results(tmp_path: Path) -> None:
    printed = _run("launch_callbacks.py", tmp_path)
    assert "callback: " in printed
    assert "extra results: [" in printed


def test_results_are_loaded_and_plotted(tmp_path: Path) -> None:
    printed = _run("launch_plot.py", tmp_path)
    found = re.search(r"Experiment plotted-towers-\S+: (\d+) reports from [34] trials", printed)
    assert found, printed
    assert 15 <= int(found[1]) <= 20
    assert {path.name for path in tmp_path.glob("*.png")} == {"trajectory.png", "trials.png"}


@pytest.mark.parametrize(
    ("module", "names"),
    [
        ("", "Reporter StoppingCriterion Tuner"),
        ("backend", "LocalBackend PythonBackend"),
        ("backend.trial_status", "Status Trial TrialResult"),
        ("config_space", "choice finrange logfinrange lograndint loguniform ordinal randint uniform"),
        ("constants", "ST_CHECKPOINT_DIR ST_TUNER_TIME ST_WORKER_TIME ST_DECISION ST_TRIAL_ID"),
        ("experiments", "load_experiment load_experiments_df list_experiments get_metadata"),
        ("optimizer.baselines", "ASHA GridSearch RandomSearch"),
        ("optimizer.scheduler", "SchedulerDecision TrialScheduler TrialSuggestion"),
        ("optimizer.schedulers", "FIFOScheduler HyperbandScheduler MedianStoppingRule"),
        ("optimizer.schedulers.searchers", "GridSearcher RandomSearcher"),
        ("report", "Reporter"),
        ("results_callback", "ExtraResultsComposer StoreResultsCallback"),
        ("stopping_criterion", "StoppingCriterion"),
        ("tuner", "Tuner"),
        ("tuner_callback", "TunerCallback"),
    ],
)
def test_names_are_where_syne_tune_has_them(module: str, names: str) -> None:
    room = import_module(f"syne_core.{module}".rstrip("."))
    assert [name for name in names.split() if not hasattr(room, name)] == []
