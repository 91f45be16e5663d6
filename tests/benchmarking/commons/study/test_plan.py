"""Plans of studies."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarking.commons.benchmark_definitions import RealBenchmarkDefinition
from benchmarking.commons.study.experiment import Experiment
from benchmarking.commons.study.plan import Action, PlannedExperiment, StudyPlan
from benchmarking.commons.study.run import outcome_of
from syne_core.experiment_status import ExperimentStatus, write_status


def method(arguments: Any) -> Any:
    return None


@pytest.fixture
def experiment(definition: RealBenchmarkDefinition) -> Experiment:
    return Experiment.resolve(
        method,
        tag="t",
        benchmark="parabola",
        definition=definition,
        method="RS",
        seed=0,
        master_seed=0,
        n_workers=1,
        max_wallclock_time=60.0,
        max_num_evaluations=None,
        max_cost=None,
        backend="local",
        method_arguments={},
    )


def plan_of(experiment: Experiment, seconds: list[float], workers: list[int] | None = None) -> StudyPlan:
    counts = workers or [1] * len(seconds)
    experiments = [
        replace(experiment, max_wallclock_time=time, n_workers=count)
        for time, count in zip(seconds, counts, strict=True)
    ]
    return StudyPlan(tuple(PlannedExperiment(one, Action.run) for one in experiments))


@given(seconds=st.lists(st.integers(1, 1000), max_size=12), n_parallel=st.integers(1, 5))
def test_time_of_several_at_once_is_between_the_ideal_and_one_after_the_other(
    experiment: Experiment, seconds: list[float], n_parallel: int
) -> None:
    plan = plan_of(experiment, seconds)
    assert plan.max_seconds() == sum(seconds)
    time = plan.max_seconds(n_parallel)
    assert max([sum(seconds) / n_parallel, *seconds]) <= time <= sum(seconds)


def test_the_next_experiment_starts_when_one_ends(experiment: Experiment) -> None:
    assert plan_of(experiment, [10, 3, 3, 3, 5]).max_seconds(2) == 14


def test_the_largest_experiments_count_for_the_most_workers(experiment: Experiment) -> None:
    plan = plan_of(experiment, [1, 1, 1], [2, 8, 4])
    assert [plan.most_workers(n) for n in (1, 2, 3, 9)] == [8, 12, 14, 14]


def test_skipped_experiments_take_no_time(experiment: Experiment) -> None:
    plan = StudyPlan((PlannedExperiment(experiment, Action.skip),))
    assert (plan.max_seconds(2), plan.most_workers(2), plan.to_do()) == (0, 0, [])


def test_trouble_counts_unless_the_same_process_wrote_it_down(experiment: Experiment) -> None:
    planned = PlannedExperiment(experiment, Action.run)
    assert (outcome_of(planned).state, outcome_of(planned).reason) == ("failed", "it did not start")
    assert outcome_of(planned, "no disk").reason == "no disk"
    status = experiment.paths.status
    status.parent.mkdir(parents=True)
    write_status(status, ExperimentStatus("failed", "said by 7", pid=7))
    assert outcome_of(planned, "said by who ran it", pid=7).reason == "said by 7"
    assert outcome_of(planned, "said by who ran it", pid=8).reason == "said by who ran it"
    write_status(status, ExperimentStatus("finished", "done", pid=7))
    assert outcome_of(planned).state == "finished"
    status.write_text("{")
    assert outcome_of(planned).state == "failed"
    assert "damaged" in outcome_of(planned).reason
