"""The wall clock may jump (a laptop wakes up, a time server corrects it); experiments do not notice."""

from __future__ import annotations

import itertools
import time
from pathlib import Path

import pandas as pd
import pytest

from syne_core import StoppingCriterion, Tuner
from syne_core.backend import LocalBackend
from syne_core.config_space import uniform
from syne_core.optimizer.baselines import RandomSearch

SCRIPT = """
import sys
from syne_core import Reporter
report = Reporter()
for epoch in (1, 2, 3):
    report(epoch=epoch, loss=1 / epoch)
"""


@pytest.mark.parametrize("step", [-86_400.0, 86_400.0])
def test_an_experiment_keeps_its_own_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: float
) -> None:
    script = tmp_path / "train.py"
    script.write_text(SCRIPT)
    start, calls = time.time(), itertools.count()
    monkeypatch.setattr(time, "time", lambda: start + step * next(calls))
    space = {"x": uniform(0, 1)}
    tuner = Tuner(
        LocalBackend(str(script)),
        RandomSearch(space, metric="loss", random_seed=0),
        StoppingCriterion(max_wallclock_time=500, max_num_trials_completed=4),
        n_workers=2,
        tuner_name="jumps",
        suffix_tuner_name=False,
        resource_attr="epoch",
    )
    tuner.run()
    table = pd.read_csv(tuner.paths.results)
    assert next(calls) > 3, "the wall clock was asked"
    assert table.st_tuner_time.is_monotonic_increasing
    assert table.st_tuner_time.between(0, 500).all()
    assert len(table) >= 12
