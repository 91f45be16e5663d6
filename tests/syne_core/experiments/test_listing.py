"""Loading experiments with Syne Tune's functions."""

from __future__ import annotations

import inspect
import json
import logging
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from study_folders import reports, write_experiment, write_json, write_study

import syne_core.experiments as experiments
from syne_core.errors import ResultsError, UnknownNameError, UsageError
from syne_core.experiments import (
    ExperimentResult,
    get_metadata,
    list_experiments,
    load_experiment,
    load_experiments_df,
)

POINTS = [(1.0, 0.5), (2.0, None), (3.0, 0.9), (4.0, 0.7)]


def test_every_public_name_can_be_had() -> None:
    assert set(dir(experiments)) == set(experiments.__all__)
    for name in experiments.__all__:
        assert not inspect.ismodule(getattr(experiments, name))
    with pytest.raises(AttributeError, match="no_such"):
        experiments.no_such  # noqa: B018


@pytest.mark.parametrize(
    ("function", "names"),
    [
        (load_experiment, "tuner_name download_if_not_found load_tuner local_path experiment_name"),
        (get_metadata, "path_filter root"),
        (list_experiments, "path_filter experiment_filter root load_tuner"),
        (load_experiments_df, "path_filter experiment_filter root load_tuner"),
        (ExperimentResult, "name results metadata tuner path"),
        (ExperimentResult.plot, "self metric_to_plot figure_path plt_kwargs"),
        (ExperimentResult.plot_trials_over_time, "self metric_to_plot figure_path figsize"),
    ],
)
def test_signatures_are_those_of_syne_tune(function: object, names: str) -> None:
    assert list(inspect.signature(function).parameters) == names.split()  # type: ignore[arg-type]


def test_an_experiment_is_loaded_by_its_name_or_the_last_part_of_it(tmp_path: Path) -> None:
    folder = write_experiment(tmp_path, reports(POINTS))
    by_name = load_experiment(str(folder.relative_to(tmp_path)), local_path=str(tmp_path))
    assert by_name.path == folder
    assert load_experiment(folder.name, local_path=str(tmp_path)).path == folder
    assert load_experiment(folder.name, local_path=tmp_path, experiment_name="demo").path == folder
    assert str(by_name) == f"Experiment {folder.name}: 4 reports from 4 trials"


def test_a_name_that_several_experiments_have_is_refused(tmp_path: Path) -> None:
    first, second = (write_experiment(tmp_path, reports(POINTS), method=m) for m in ("RS", "BO"))
    assert first.name == second.name
    with pytest.raises(ResultsError, match="not unique"):
        load_experiment(first.name, local_path=tmp_path)


def test_an_experiment_that_is_not_there_is_named_with_the_nearest(tmp_path: Path) -> None:
    folder = write_experiment(tmp_path, reports(POINTS))
    with pytest.raises(ResultsError, match=f"did you mean '{folder.name}'"):
        load_experiment("demo-digit-0-00000000", local_path=tmp_path)


def test_damage_is_reported_with_the_folder(tmp_path: Path) -> None:
    folder = write_experiment(tmp_path, reports(POINTS))
    (folder / "results.csv.zip").write_bytes(b"PK")
    with pytest.raises(ResultsError, match=r"00000000: results\.csv\.zip is damaged"):
        load_experiment(folder.name, local_path=tmp_path)


def test_an_experiment_answers_syne_tunes_questions(tmp_path: Path) -> None:
    write_experiment(tmp_path, reports(POINTS, trials=[0, 1, 1, 0]))
    (experiment,) = list_experiments(root=tmp_path)
    assert experiment.creation_date() == datetime.fromtimestamp(1_700_000_000.0)
    assert experiment.metric_names() == ["accuracy"]
    assert experiment.metric_mode() == "max"
    assert experiment.entrypoint_name() == "train"
    best = experiment.best_config()
    assert best == experiment.best_config("accuracy")
    expected = {"accuracy": 0.9, "epoch": 1, "trial_id": 1}
    assert best == {**expected, "config_lr": 0.002, "config_optimizer": "adam", "config_epochs": 3}
    assert {type(value) for value in best.values()} == {float, int, str}
    with pytest.raises(UnknownNameError, match="Unknown metric '3'"):
        experiment.best_config(3)
    with pytest.raises(UsageError, match="small or large"):
        experiment.best_config("epoch")


def test_questions_that_the_metadata_leave_open_are_errors(tmp_path: Path) -> None:
    write_experiment(tmp_path, reports([(1.0, None)]))
    (experiment,) = list_experiments(root=tmp_path)
    with pytest.raises(ResultsError, match="no trial has reported"):
        experiment.best_config()
    bare = ExperimentResult("bare", experiment.results, {})
    for question in (bare.creation_date, bare.metric_mode, bare.entrypoint_name):
        with pytest.raises(ResultsError, match="bare"):
            question()
    assert bare.metric_names() == []


def test_lists_are_newest_first_and_filtered(tmp_path: Path) -> None:
    for seed in range(3):
        write_experiment(tmp_path, reports(POINTS), seed=seed, created=100.0 * (seed % 2) + seed)
    assert [one.metadata["seed"] for one in list_experiments(root=tmp_path)] == [1, 2, 0]
    chosen = list_experiments(
        path_filter=lambda path: path.endswith("metadata.json") and "RS-1" not in path,
        experiment_filter=lambda experiment: experiment.metadata["seed"] > 0,
        root=tmp_path,
    )
    assert [one.metadata["seed"] for one in chosen] == [2]
    assert list(get_metadata(lambda path: "RS-2" in path, root=tmp_path)) == ["demo-digits-2-00000000"]


def test_metadata_come_by_name_with_the_folder_above(tmp_path: Path) -> None:
    folder = write_experiment(tmp_path, None)
    (metadata,) = get_metadata(root=tmp_path).values()
    assert metadata["path"] == str(folder.parent)
    assert metadata["algorithm"] == "RS"


def test_an_experiment_without_reports_is_listed_with_an_empty_table(tmp_path: Path) -> None:
    write_experiment(tmp_path, None)
    (experiment,) = list_experiments(root=tmp_path)
    assert experiment.results.empty
    assert load_experiments_df(root=tmp_path).empty
    assert "trial_id" in load_experiments_df(root=tmp_path / "nowhere")


def test_one_table_has_the_reports_of_all_with_their_metadata(tmp_path: Path) -> None:
    write_study(tmp_path, ("RS", "ASHA"), seeds=2)
    write_experiment(tmp_path, None, method="BO")
    write_experiment(
        tmp_path,
        reports([(1.0, None)], st_worker_cost=None),
        method="XX",
        metadata={"metric_names": ["accuracy", "cost"], "metric_mode": ["max", "min"], "extras": {"a": 1}},
    )
    table = load_experiments_df(root=tmp_path)
    assert len(table) == 161
    assert table.groupby("algorithm")["seed"].nunique().to_dict() == {"ASHA": 2, "RS": 2, "XX": 1}
    ours = table[table["algorithm"] == "XX"].iloc[0]
    assert (ours["metric_names-0"], ours["metric_names-1"], ours["metric_mode-1"]) == (
        "accuracy",
        "cost",
        "min",
    )
    assert ours["extras"] == '{"a": 1}'
    assert set(table.loc[table["algorithm"] == "RS", "metric_names"]) == {"accuracy"}
    assert table["trial_id"].dtype == np.int64
    assert table["accuracy"].dtype == np.float64
    assert json.loads(table["config_space"].iloc[0])["epochs"] == 3
    assert "st_worker_cost" in table.columns


def test_a_broken_table_is_warned_of_and_left_out(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    good, bad = (write_experiment(tmp_path, reports(POINTS), seed=seed) for seed in (0, 1))
    (bad / "results.csv.zip").write_bytes((bad / "results.csv.zip").read_bytes()[:-30])
    with caplog.at_level(logging.WARNING):
        assert [one.path for one in list_experiments(root=tmp_path)] == [good]
    assert str(bad) in caplog.text


def test_metrics_may_be_named_as_text_and_modes_listed(tmp_path: Path) -> None:
    folder = write_experiment(tmp_path, reports(POINTS, "loss"), metadata={"metric_names": "loss"})
    assert load_experiment(folder.name, local_path=tmp_path).best_config()["loss"] == 0.9
    described = json.loads((folder / "metadata.json").read_text())
    described |= {"metric_names": ["epoch", "loss"], "metric_mode": ["max", "min"]}
    write_json(folder / "metadata.json", described)
    assert load_experiment(folder.name, local_path=tmp_path).best_config("loss")["loss"] == 0.5


def test_figures_of_one_experiment_show_its_incumbent_and_its_trials(tmp_path: Path) -> None:
    rows = reports([*POINTS, (8.0, 0.1)], trials=[0, 0, 1, 1, 1])
    rows[-1]["st_decision"] = "STOP"
    write_experiment(tmp_path, rows)
    (experiment,) = list_experiments(root=tmp_path)
    incumbent = experiment.plot(figure_path=str(tmp_path / "new" / "one.svg"), linewidth=3)
    (line,) = incumbent.axes[0].lines
    assert line.get_xydata().tolist() == [[1.0, 0.5], [3.0, 0.9], [8.0, 0.9]]
    assert (line.get_drawstyle(), line.get_linewidth()) == ("steps-post", 3)
    assert (tmp_path / "new" / "one.svg").read_bytes().startswith(b"<?xml")
    trials = experiment.plot_trials_over_time("accuracy", figsize=(4, 3)).axes[0]
    assert [line.get_gid() for line in trials.lines] == ["trial 0", "trial 1"]
    assert trials.collections[0].get_offsets().tolist() == [[8.0, 0.1]]


def test_figures_of_an_experiment_without_reports_are_empty(tmp_path: Path) -> None:
    write_experiment(tmp_path, None)
    (experiment,) = list_experiments(root=tmp_path)
    assert experiment.plot().axes[0].lines[0].get_xydata().size == 0
    assert not experiment.plot_trials_over_time(figure_path=str(tmp_path / "x.png")).axes[0].lines
