"""The constants say what the engine really writes."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pandas as pd
import pytest
from scripted import RandomScheduler, ScriptedBackend, epochs, make_tuner

from syne_core import Reporter, constants
from syne_core.backend.local.trial_command import trial_command
from syne_core.paths import TrialPaths, experiment_path
from syne_core.report import parse_report
from syne_core.results_callback import StoreResultsCallback


def test_results_and_metadata_are_named_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", lambda fd: None)
    tuner = make_tuner(ScriptedBackend(epochs(1)), RandomScheduler(1), callbacks=[StoreResultsCallback()])
    tuner.run()
    assert tuner.tuner_path == Path(os.environ[constants.SYNE_TUNE_ENV_FOLDER]) / tuner.name
    table = pd.read_csv(tuner.tuner_path / constants.ST_RESULTS_DATAFRAME_FILENAME)
    added = {c for c in table.columns if c.startswith("st_") or c == "trial_id"}
    columns = (constants.ST_TRIAL_ID, constants.ST_DECISION, constants.ST_STATUS, constants.ST_TUNER_TIME)
    assert added == set(columns)
    metadata = json.loads((tuner.tuner_path / constants.ST_METADATA_FILENAME).read_text())
    stamps = (constants.ST_TUNER_CREATION_TIMESTAMP, constants.ST_TUNER_START_TIMESTAMP)
    assert {name for name in metadata if name.startswith("st_tuner")} == set(stamps)
    assert metadata[stamps[0]] <= metadata[stamps[1]]


def test_reports_hold_them(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ST_PRICE_PER_HOUR", "3.6")
    Reporter()(loss=1.0)
    line = capsys.readouterr().out
    assert line.startswith(f"[{constants.ST_SAGEMAKER_METRIC_TAG}]: ")
    report = parse_report(line)
    assert report is not None
    assert {name for name in report if name.startswith("st_")} == {
        constants.ST_WORKER_ITER,
        constants.ST_WORKER_TIMESTAMP,
        constants.ST_WORKER_TIME,
        constants.ST_WORKER_COST,
    }


def test_training_scripts_get_arguments_of_these_names() -> None:
    paths = TrialPaths(Path("/trial"))
    command = trial_command(Path("train.py"), {"x": 1}, paths, as_json=True)
    assert f"--{constants.ST_CHECKPOINT_DIR}" in command
    assert f"--{constants.ST_CONFIG_JSON_FNAME_ARG}" in command


def test_experiments_lie_in_the_default_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(constants.SYNE_TUNE_ENV_FOLDER)
    assert experiment_path() == Path.home() / constants.SYNE_TUNE_DEFAULT_FOLDER


def test_all_names_are_listed_and_text() -> None:
    names = {name for name in vars(constants) if name.isupper() and not name.startswith("_")}
    assert names == set(constants.__all__)
    assert all(isinstance(getattr(constants, n), str) for n in names - {"TUNER_DEFAULT_SLEEP_TIME"})
