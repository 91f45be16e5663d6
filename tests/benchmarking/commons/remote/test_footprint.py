"""What experiments occupy, where the benchmark's own arguments of the job say more than the flags."""

from __future__ import annotations

import json
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from benchmarking.commons.benchmark_definitions import RealBenchmarkDefinition
from benchmarking.commons.default_baselines import METHODS
from benchmarking.commons.hpo_main_local import local_launcher
from benchmarking.commons.hpo_main_sagemaker import sagemaker_launcher
from benchmarking.commons.launch_remote_common import RemoteLaunch, resolve_remote
from benchmarking.commons.remote.jobs.job_plan import (
    experiment_jobs,
    jobs_of_others,
    manifest_entries,
    queued_jobs,
)

TYPE = "ml.c5.xlarge"


@pytest.fixture
def plan_of(definition: RealBenchmarkDefinition, tmp_path: Path) -> Any:
    """The plan of one experiment whose benchmark has these ``estimator_kwargs``."""
    return lambda *words, **kwargs: launch_of(definition, tmp_path, *words, **kwargs).plan


def launch_of(
    definition: RealBenchmarkDefinition, folder: Path, backend: str, *words: str, **kwargs: Any
) -> RemoteLaunch:
    entry_point = folder / "hpo_main.py"
    entry_point.write_text("")
    known = {"parabola": replace(definition, instance_type=TYPE, estimator_kwargs=kwargs)}
    make = sagemaker_launcher if backend == "sagemaker" else local_launcher
    module = import_module(f"benchmarking.commons.launch_remote_{backend}")
    inside = make({"RS": METHODS["RS"]}, known)
    launcher = module.remote_launcher(inside, entry_point, [definition.script.parent])
    return resolve_remote(launcher, ["--experiment_tag", "t", "--n_workers", "3", *words], {})


def test_spot_in_the_definition_counts_against_the_quota_of_spot_and_may_be_cheap(plan_of: Any) -> None:
    (trials,) = plan_of("sagemaker", use_spot_instances=True, instance_count=2).footprints()
    assert trials.quota_uses == {("ml.c5.xlarge", "training"): 1, (TYPE, "spot"): 6}
    (job,) = plan_of("local", use_spot_instances=True).footprints()
    assert job.quota_uses == {(TYPE, "spot"): 1}
    on_demand, spot = (plan_of("local", use_spot_instances=spot).cost().cost for spot in (False, True))
    assert spot[0] == pytest.approx(0.1 * on_demand[0])
    assert spot[1] == on_demand[1]


def test_the_flag_for_spot_and_the_definition_mean_the_same(plan_of: Any) -> None:
    by_flag = plan_of("sagemaker", "--use_spot_instances", "1").footprints()
    assert by_flag == plan_of("sagemaker", use_spot_instances=True).footprints()


def test_time_limit_and_warm_pool_of_the_definition_are_those_of_the_job(plan_of: Any) -> None:
    (needs,) = plan_of("local", max_run=777, keep_alive_period_in_seconds=60).footprints()
    assert (needs.max_run, needs.keep_alive) == (777, 60)


@pytest.mark.parametrize("backend", ["local", "sagemaker"])
def test_the_manifest_tells_other_launches_what_the_jobs_of_this_one_occupy(
    definition: RealBenchmarkDefinition, tmp_path: Path, backend: str
) -> None:
    words = ("--num_seeds", "2")
    remote = launch_of(definition, tmp_path, backend, *words, use_spot_instances=True, instance_count=2)
    jobs = experiment_jobs(remote.plan, remote.words, tmp_path / "hpo_main.py", remote.launch.settings)
    entries = json.loads(json.dumps(manifest_entries(remote.plan, jobs)))
    queued = queued_jobs(remote.plan, jobs, {})
    assert jobs_of_others(entries, set()) == queued
    first, second = (experiment.id for experiment in remote.launch.experiments)
    assert [job.lead.id8 for job in jobs_of_others(entries, {first})] == [second[:8]]
