"""Resolved experiments travel as JSON and are never worked out again."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from pathlib import Path

import pytest

from benchmarking.commons.benchmark_definitions import RealBenchmarkDefinition
from benchmarking.commons.default_baselines import METHODS
from benchmarking.commons.hpo_main_common import Launch, Launcher
from benchmarking.commons.launch_flags import LOCAL_FLAGS
from benchmarking.commons.remote.jobs.experiment_document import (
    EXPERIMENTS_VARIABLE,
    ResolvedExperiment,
    given_experiments,
    to_document,
)
from syne_core.errors import UsageError

WORDS = ("--experiment_tag", "doc", "--num_seeds", "2", "--n_workers", "3")


def launcher(definition: RealBenchmarkDefinition) -> Launcher:
    methods = {name: METHODS[name] for name in ("RS", "ASHA")}
    return Launcher("local", methods, {"parabola": definition}, backend_flags=LOCAL_FLAGS)


@pytest.fixture
def launch(definition: RealBenchmarkDefinition) -> Launch:
    return launcher(definition).resolve(WORDS, {})


def test_an_experiment_is_the_same_after_the_journey(launch: Launch) -> None:
    experiment = launch.experiments[1]
    document = json.loads(json.dumps(to_document(experiment)))
    assert ResolvedExperiment.of(document).with_definition(experiment.definition) == experiment
    assert set(document) == {field.name for field in fields(experiment)} - {"definition"}


def test_in_a_job_the_flags_do_not_decide_which_experiments_there_are(
    launch: Launch, definition: RealBenchmarkDefinition, tmp_path: Path
) -> None:
    where = tmp_path / "experiments.json"
    where.write_text(json.dumps([to_document(launch.experiments[3])]))
    changed = replace(definition, points_to_evaluate=[], n_workers=7)  # would change the identity
    words = ("--experiment_tag", "doc", "--restart", "--max_failures", "9")
    inside = launcher(changed).resolve(words, {EXPERIMENTS_VARIABLE: str(where)})
    (experiment,) = inside.experiments
    assert replace(experiment, definition=definition) == launch.experiments[3]
    assert experiment.definition is changed
    assert inside.settings.max_failures == 9


def test_a_benchmark_of_a_file_is_found_by_the_flag_or_the_document(
    launch: Launch, definition_file: Path, tmp_path: Path
) -> None:
    where = tmp_path / "experiments.json"
    own = replace(launch.experiments[0], benchmark="mine")
    outside = Launcher("local", {"RS": METHODS["RS"]}, {}, backend_flags=LOCAL_FLAGS)
    environment = {EXPERIMENTS_VARIABLE: str(where)}
    where.write_text(json.dumps([to_document(own, str(definition_file))]))
    assert outside.resolve(WORDS, environment).experiments[0].id == own.id
    where.write_text(json.dumps({"experiments": [to_document(own)], "attempt": 1}))
    flag = ("--benchmark", str(definition_file))
    later = {EXPERIMENTS_VARIABLE: str(where.rename(tmp_path / "again.json"))}
    assert outside.resolve((*WORDS, *flag), later).experiments[0].benchmark == "mine"


def test_a_benchmark_that_the_launcher_does_not_have_is_named(launch: Launch, tmp_path: Path) -> None:
    where = tmp_path / "experiments.json"
    where.write_text(json.dumps([to_document(replace(launch.experiments[0], benchmark="parable"))]))
    with pytest.raises(UsageError, match=r"parable.*parabola"):
        launcher(launch.experiments[0].definition).resolve(WORDS, {EXPERIMENTS_VARIABLE: str(where)})


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[{", "is not JSON"),
        ('{"a": 1}', "holds no list of experiments"),
        ('[{"tag": "x"}]', "lacks benchmark, method, seed"),
        ("[3]", "must be a JSON object"),
    ],
)
def test_what_is_no_list_of_experiments_is_refused(content: str, message: str, tmp_path: Path) -> None:
    where = tmp_path / "experiments.json"
    where.write_text(content)
    with pytest.raises(UsageError, match=message):
        given_experiments({EXPERIMENTS_VARIABLE: str(where)})


def test_outside_of_a_job_there_are_none() -> None:
    assert given_experiments({}) is None
    with pytest.raises(UsageError, match="No such file"):
        given_experiments({EXPERIMENTS_VARIABLE: "/nowhere/experiments.json"})
