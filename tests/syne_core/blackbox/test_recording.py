"""Studies that were really run, turned into tables."""

from __future__ import annotations

import json
import math
import os
import socket
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from syne_core.blackbox import load_blackbox, save_blackbox
from syne_core.blackbox.recording import Recording, record_study
from syne_core.config_space import config_space_to_json_dict, loguniform, randint
from syne_core.errors import ResultsError, UsageError
from syne_core.experiments.experiment_folder import ExperimentFolder, read_experiment_folder
from syne_core.journal import Journal

SPACE: dict[str, Any] = {"lr": loguniform(1e-3, 1), "units": randint(1, 9), "epochs": 3, "seed": 0}
Reports = Sequence[dict[str, Any]]


def reports(*values: float, begin: int = 1, **more: Any) -> list[dict[str, Any]]:
    """A report for each epoch, each of which takes a second."""
    return [
        {
            "epoch": epoch,
            "loss": value,
            "st_worker_time": float(epoch - begin + 1),
            "st_worker_iter": epoch - begin,
            "st_worker_timestamp": 1e9 + epoch,
            **more,
        }
        for epoch, value in enumerate(values, start=begin)
    ]


def trial(
    lr: float, made: Reports, state: str = "Completed", reason: str = "", **more: Any
) -> dict[str, Any]:
    config = {"lr": lr, "units": 2, "epochs": 3, **more}
    return {"config": config, "runs": [(made, state)], "reason": reason}


class Study:
    """Writes experiments as the tuner does."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.folders: list[ExperimentFolder] = []

    def add(
        self,
        *trials: Mapping[str, Any],
        benchmark: str = "net",
        space: Mapping[str, Any] = SPACE,
        state: str = "finished",
        **metadata: Any,
    ) -> Study:
        path = self.root / f"{len(self.folders)}"
        with Journal(path / "journal.jsonl") as journal:
            for number, one in enumerate(trials):
                config = {"seed": space.get("seed"), **one["config"]}
                journal.append(
                    {"event": "suggest", "t": 0, "asked": number, "kind": "start", "config": config}
                )
                for run, (made, ended) in enumerate(one["runs"]):
                    if run:
                        journal.append({"event": "resume", "t": 0, "trial": number, "config": None})
                    for report in made:
                        journal.append({"event": "report", "t": 0, "trial": number, "report": report})
                    if ended != "InProgress":
                        end = {"event": "end_run", "t": 0, "trial": number, "state": ended}
                        journal.append({**end, "reason": one["reason"]})
        described = {
            "tag": "study",
            "benchmark": benchmark,
            "algorithm": "RS",
            "seed": 0,
            "metric_names": ["loss"],
            "metric_mode": "min",
            "resource_attr": "epoch",
            "max_resource_attr": "epochs",
            "config_space": config_space_to_json_dict(dict(space)),
            "command": ["synebench", "run", "--experiment_tag", "study"],
            "git": {"commit": "abc", "dirty": False},
            **metadata,
        }
        (path / "metadata.json").write_text(json.dumps(described))
        status = {"state": state, "pid": os.getpid(), "host": socket.gethostname()}
        (path / "status.json").write_text(json.dumps(status))
        self.folders.append(read_experiment_folder(path))
        return self

    def record(self, **settings: Any) -> Recording:
        return record_study(self.folders, **settings)


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return Study(tmp_path)


def test_trials_become_rows(study: Study, tmp_path: Path) -> None:
    recording = study.add(trial(0.1, reports(3, 2, 1)), trial(0.2, reports(5, 4, 3.5))).record(name="net")
    table = recording.table
    curve = table.curve({"lr": 0.2, "units": 2})
    assert (list(curve.resources), list(curve.elapsed)) == ([1, 2, 3], [1, 2, 3])
    assert curve.metrics == {"loss": [5, 4, 3.5]}
    assert (table.resource_attr, table.elapsed_time_attr, table.modes) == (
        "epoch",
        "elapsed_time",
        {"loss": "min"},
    )
    assert list(table.config_space) == ["lr", "units"]
    assert (recording.kept, recording.left_out, recording.notes) == (2, {}, ())
    loaded = load_blackbox(save_blackbox(table, tmp_path / "table"), surrogate=None)
    assert loaded.digest() == table.digest()


def test_it_says_where_it_comes_from(study: Study) -> None:
    table = study.add(trial(0.1, reports(1))).record(command=["synebench", "record", "study"]).table
    assert table.provenance["recorded_by"] == ["synebench", "record", "study"]
    assert table.provenance["origins"][0]["commit"] == "abc"
    assert table.provenance["constants"] == {"epochs": 3, "seed": 0}
    assert table.provenance["experiments"][0]["trials"] == 1


def seeds_of(study: Study) -> Study:
    for seed in (2, 1):
        pair = [trial(lr, reports(seed, lr)) for lr in (0.1, 0.2)]
        study.add(*pair[:seed], space={**SPACE, "seed": seed}, benchmark=f"net_{seed}")
    return study


def test_repetitions_are_told_apart_by_a_constant(study: Study) -> None:
    recording = seeds_of(study).record(seed_attribute="seed")
    table = recording.table
    assert (len(table.configurations), table.num_seeds) == (2, 2)
    assert [table.curve({"lr": 0.1, "units": 2}, seed).metrics["loss"][0] for seed in (0, 1)] == [1, 2]
    assert table.provenance["seeds"] == [1, 2]
    assert recording.notes == (
        "1 of 2 configurations have fewer than 2 repetitions; one that was run answers in the place of one "
        "that was not",
    )


def test_a_hyperparameter_may_tell_them_apart(study: Study) -> None:
    space = {**SPACE, "seed": randint(0, 9)}
    trials = [trial(0.1, reports(seed), seed=seed) for seed in (7, 3)]
    table = study.add(*trials, space=space).record(seed_attribute="seed").table
    assert list(table.config_space) == ["lr", "units"]
    assert table.num_seeds == 2


def test_constants_that_differ_are_named(study: Study) -> None:
    with pytest.raises(ResultsError, match=r"constant 'seed': 2, 1.*--seed_attribute seed"):
        seeds_of(study).record()


def test_a_repeated_configuration_without_a_seed_counts_once(study: Study) -> None:
    recording = study.add(trial(0.1, reports(1))).add(trial(0.1, reports(2))).record()
    assert recording.table.curve({"lr": 0.1, "units": 2}).metrics["loss"] == [1]
    assert recording.left_out == {"repeat a configuration without telling the repetition apart": 1}


def test_other_spaces_resources_and_metrics_are_refused_together(study: Study) -> None:
    study.add(trial(0.1, reports(1)))
    other = {**SPACE, "lr": loguniform(1e-4, 1), "momentum": 0.5}
    study.add(trial(0.1, reports(1)), space=other, benchmark="other", resource_attr="step", metric_mode="max")
    with pytest.raises(ResultsError) as refused:
        study.record()
    lines = str(refused.value).splitlines()
    assert lines[0] == "net and other have different configuration spaces: lr"
    assert lines[1] == "experiments differ in resource_attr: epoch (net); step (other)"
    assert lines[2] == "experiments differ in metric: loss, min (net); loss, max (other)"


def test_what_did_not_run_to_its_end_is_left_out_and_counted(study: Study) -> None:
    recording = study.add(
        trial(0.1, reports(3, 2, 1)),
        trial(0.2, reports(3, 2, 1), "Stopped"),  # at its last epoch: it is whole
        trial(0.3, reports(3, 2), "Stopped"),
        trial(0.4, reports(3, 2), "Paused"),
        trial(0.5, reports(3), "InProgress"),
        trial(0.6, []),
        state="interrupted",
    ).record()
    assert recording.kept == 2
    assert recording.left_out == {
        "were stopped or paused, or had not ended, before they were through": 3,
        "did not report anything": 1,
    }
    assert recording.notes[0] == "RS on net, seed 0, is interrupted: recorded so far"


def test_diverged_and_failed_trials_are_kept_as_such(study: Study) -> None:
    recording = study.add(
        trial(0.1, reports(3, 2, 1)),
        trial(0.2, reports(3, math.nan)),
        trial(0.3, reports(3), "Failed", "out of memory"),
        trial(0.4, [], "Failed", "no data"),
    ).record()
    table = recording.table
    diverged, failed = (table.curve({"lr": lr, "units": 2}) for lr in (0.2, 0.3))
    assert np.isnan(diverged.metrics["loss"][1])
    assert diverged.failure is None
    assert (failed.failure, list(failed.resources)) == ("out of memory", [1])
    assert table.curve({"lr": 0.4, "units": 2}).failure == "no data"
    assert "2 trials failed" in recording.notes[0]


@pytest.mark.parametrize("second", [reports(1, begin=3), reports(1, begin=3, st_worker_time=9.0)])
def test_a_resumed_trial_needs_a_time_that_goes_on(study: Study, second: Reports) -> None:
    runs = [
        ([{**report, "cpu": float(report["epoch"])} for report in made], state)
        for made, state in ((reports(3, 2), "Paused"), (second, "Completed"))
    ]
    study.add({**trial(0.1, []), "runs": runs}, trial(0.2, reports(1, cpu=1.0)))
    by_reporter = study.record()
    assert by_reporter.kept == 1
    assert "began anew" in next(iter(by_reporter.left_out))
    assert list(study.record(elapsed_attribute="cpu").table.curve({"lr": 0.1, "units": 2}).elapsed) == [
        1,
        2,
        3,
    ]


def test_what_is_no_number_is_no_metric(study: Study) -> None:
    study.add(trial(0.1, reports(3, 2, comment="fine")))
    recording = study.record()
    assert recording.table.metric_names == ("loss",)
    assert recording.notes == ("'comment' is left out: not every value of it is a number",)
    with pytest.raises(UsageError, match="'comment' cannot be recorded"):
        study.record(metrics=["comment"])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"metrics": ["los"]}, "metric 'los'. Did you mean 'loss'"),
        ({"elapsed_attribute": "st_worker_tim"}, "Did you mean 'st_worker_time'"),
        ({"seed_attribute": "sed"}, "Did you mean 'seed'"),
    ],
)
def test_misspelt_names_are_suggested(study: Study, settings: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        study.add(trial(0.1, reports(1))).record(**settings)


def test_a_report_without_the_metric_spoils_its_trial_only(study: Study) -> None:
    broken = reports(3, 2)
    del broken[1]["loss"]
    odd = [{**report, "epoch": 0.5} for report in reports(3)]
    recording = study.add(trial(0.1, broken), trial(0.2, reports(1)), trial(0.3, odd)).record()
    assert recording.kept == 1
    assert set(recording.left_out) == {
        "have reports without a number for every metric",
        "have a 'epoch' that is no whole number from 1",
    }


@pytest.mark.parametrize(
    ("trials", "metadata", "message"),
    [
        ([], {}, "no trial has reported anything"),
        ([trial(0.1, reports(1), "Stopped")], {}, "no trial can be recorded: 1 were stopped"),
        (
            [trial(0.1, reports(1))],
            {"resource_attr": None},
            "does not say which reported value is",
        ),
        ([trial(0.1, reports(1))], {"config_space": None}, "does not say its configuration space"),
    ],
)
def test_what_cannot_be_a_table_is_refused(
    study: Study, trials: list[dict[str, Any]], metadata: dict[str, Any], message: str
) -> None:
    with pytest.raises(ResultsError, match=message):
        study.add(*trials, **metadata).record()


def test_folders_of_syne_tune_have_no_journal(study: Study) -> None:
    study.add(trial(0.1, reports(1)))
    (study.folders[0].path / "journal.jsonl").unlink()
    with pytest.raises(ResultsError, match=r"has no journal\.jsonl"):
        study.record()
