"""Plain functions as trials."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from syne_core.backend import PythonBackend
from syne_core.config_space import choice, uniform
from syne_core.errors import UsageError

LAUNCHER = """
from pathlib import Path
from syne_core import Reporter, StoppingCriterion, Tuner
from syne_core.backend import PythonBackend
from syne_core.config_space import choice, uniform
from syne_core.optimizer.baselines import RandomSearch

def height(width, name, max_steps, st_checkpoint_dir):
    report = Reporter()
    for step in range(1, max_steps + 1):
        Path(st_checkpoint_dir, "step").write_text(str(step))
        report(step=step, height=1 / (0.1 + width * step / 100), name_length=len(name))

space = {"width": uniform(0, 20), "name": choice(["it's", 'a "b"', "c\\nd"]), "max_steps": 3}

MAIN
    tuner = Tuner(PythonBackend(height, space), RandomSearch(space, metric="height", random_seed=1),
                  StoppingCriterion(max_num_trials_completed=4), n_workers=2, tuner_name="heights",
                  suffix_tuner_name=False, resource_attr="step")
    tuner.run()
    print(tuner.best_config())
"""


def start(tmp_path: Path, main: str) -> subprocess.CompletedProcess[str]:
    launcher = tmp_path / "launch height.py"
    launcher.write_text(LAUNCHER.replace("MAIN", main))
    return subprocess.run(
        [sys.executable, str(launcher)],
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
        env=os.environ,
    )


def test_a_function_of_the_launcher_is_tuned(tmp_path: Path) -> None:
    done = start(tmp_path, "if __name__ == '__main__':")
    assert done.returncode == 0, done.stderr
    folder = tmp_path / "syne-tune" / "heights"
    table = pd.read_csv(folder / "results.csv.zip")
    steps = table.groupby("trial_id").step.max()
    through = steps.index[steps == 3]
    assert len(through) >= 4, "a fifth may have begun"
    assert (table.name_length == table.config_name.str.len()).all()
    for trial_id in through:
        assert (folder / "trials" / str(trial_id) / "checkpoints" / "step").read_text() == "3"


def test_a_launcher_that_starts_when_imported_is_told_so(tmp_path: Path) -> None:
    done = start(tmp_path, "if True:")
    assert done.returncode == 1
    assert 'if __name__ == "__main__":' in done.stderr


def objective(x: float) -> None:
    """Never called here."""


def test_functions_that_cannot_be_found_again_are_refused() -> None:
    with pytest.raises(UsageError, match="top level of a file"):
        PythonBackend(lambda x: None, {"x": uniform(0, 1)})
    with pytest.raises(UsageError, match="top level of a file"):
        PythonBackend(len, {"x": uniform(0, 1)})


def test_functions_that_do_not_take_the_configuration_are_refused() -> None:
    PythonBackend(objective, {"x": uniform(0, 1)})
    with pytest.raises(UsageError, match=r"objective does not fit the configuration space: .*'y'"):
        PythonBackend(objective, {"x": uniform(0, 1), "y": choice([1, 2])})
