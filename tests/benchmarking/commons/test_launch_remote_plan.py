"""Plans of remote studies: from a command line to jobs, hours and cost, on this machine alone."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import benchmarking
from benchmarking.commons.benchmark_definitions import real_benchmark_definitions
from benchmarking.commons.default_baselines import METHODS
from benchmarking.commons.hpo_main_local import local_launcher
from benchmarking.commons.launch_remote_common import RemoteLauncher, resolve_remote
from benchmarking.commons.launch_remote_local import remote_launcher as remote_launcher_of_local
from benchmarking.commons.remote.planning.remote_plan import TO_RETRY
from syne_core.aws.instance_gpus import instance_gpus
from syne_core.errors import RefusedError, UsageError

NURSERY = Path(benchmarking.__file__).parent / "nursery"
ODSC = NURSERY / "odsc_tutorial"


def plan_of(script: Path, *words: str, **variables: str) -> dict[str, Any]:
    """What ``script`` prints with ``--dry_run --json``, run as a user would, without an account."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    done = subprocess.run(
        [sys.executable, script, *words, "--dry_run", "--json"],
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
        env={**environment, "HOME": "/nonexistent", **variables},
    )
    assert done.returncode == 0, done.stderr
    plan: dict[str, Any] = json.loads(done.stdout)
    return plan


def test_the_local_tutorial_makes_20_jobs_on_machines_with_4_gpus() -> None:
    script = NURSERY / "launch_local" / "launch_remote.py"
    plan = plan_of(
        script, "--experiment_tag", "tutorial_local", "--benchmark", "resnet_cifar10", "--num_seeds", "5"
    )
    runs = {(one["method"], one["seed"]) for one in plan["experiments"]}
    assert runs == {(method, seed) for method in ("RS", "BO", "ASHA", "MOBSTER") for seed in range(5)}
    assert {one["job_instance_type"] for one in plan["experiments"]} == {"ml.g4dn.12xlarge"}
    assert {one["action"] for one in plan["experiments"]} == {"run"}
    assert (plan["jobs"], plan["peak_instances"]) == (20, {"ml.g4dn.12xlarge": 20})
    assert plan["instance_hours"]["least"] == pytest.approx(20 * 3)
    assert plan["cost_usd"]["least"] == pytest.approx(20 * 3 * 4.89)


def test_with_the_sagemaker_back_end_tuners_are_cheap_and_trials_have_their_instances() -> None:
    script = NURSERY / "launch_sagemaker" / "launch_remote.py"
    plan = plan_of(script, "--experiment_tag", "t", "--num_seeds", "5")
    assert plan["peak_instances"] == {"ml.c5.xlarge": 20, "ml.g4dn.xlarge": 80}
    assert {one["trial_instances"] for one in plan["experiments"]} == {4}


@pytest.mark.parametrize(("n_workers", "seconds"), [(2, 36000.0), (4, 18000.0), (8, 18000.0)])
def test_the_study_of_several_numbers_of_workers(n_workers: int, seconds: float) -> None:
    script = ODSC / "transformer_wikitext2" / "sagemaker" / "launch_remote.py"
    words = (
        "--experiment_tag",
        "tmlr-10",
        "--benchmark",
        "transformer_wikitext2",
        "--random_seed",
        "2938702734",
    )
    more = ("--scale_max_wallclock_time", "1", "--num_seeds", "5", "--n_workers", str(n_workers))
    paths = os.pathsep.join([str(ODSC), str(NURSERY.parents[1])])
    plan = plan_of(script, *words, *more, PYTHONPATH=paths)
    assert len(plan["experiments"]) == 20
    assert {one["max_wallclock_time"] for one in plan["experiments"]} == {seconds}
    assert {one["master_seed"] for one in plan["experiments"]} == {2938702734}
    assert plan["peak_instances"] == {"ml.c5.xlarge": 20, "ml.g4dn.xlarge": 20 * n_workers}


def test_simulated_experiments_share_a_job_unless_their_method_fits_models() -> None:
    script = NURSERY / "launch_simulator" / "launch_remote.py"
    plan = plan_of(script, "--experiment_tag", "t", "--benchmark", "mlp_digits", "--num_seeds", "3")
    assert len(plan["experiments"]) == 12
    assert plan["jobs"] == 1 + 1 + 3 + 3, "RS, ASHA; BO and MOBSTER by seed"


def test_the_local_study_of_the_tutorial_imports_what_it_needs() -> None:
    script = ODSC / "transformer_wikitext2" / "local" / "launch_remote.py"
    paths = os.pathsep.join([str(ODSC), str(NURSERY.parents[1])])
    plan = plan_of(script, "--experiment_tag", "t", "--benchmark", "transformer_wikitext2", PYTHONPATH=paths)
    assert plan["peak_instances"] == {"ml.g4dn.12xlarge": 4}


# -- GPUs --------------------------------------------------------------------------------------------

DISTILBERT = ("--experiment_tag", "t", "--benchmark", "distilbert_imdb", "--method", "RS")


def resolve_local(*words: str) -> None:
    """What the remote launcher for the local back-end makes of ``words``."""
    inside = local_launcher(METHODS, real_benchmark_definitions)
    script = NURSERY / "launch_local" / "hpo_main.py"
    resolve_remote(remote_launcher_of_local(inside, script), words, {})


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            (),
            "4 trials at a time need 4 GPUs, of ml.g4dn.xlarge 1 can be used; say --instance_type "
            "ml.g4dn.12xlarge, or --n_workers 1, or --oversubscribe_gpus 1",
        ),
        (
            ("--instance_type", "ml.g4dn.12xlarge", "--n_workers", "8"),
            "8 trials at a time need 8 GPUs, of ml.g4dn.12xlarge 4 can be used; say --instance_type "
            "ml.g5.48xlarge, or --n_workers 4,",
        ),
        (
            ("--num_gpus_per_trial", "2", "--n_workers", "1", "--oversubscribe_gpus", "1"),
            "1 trial needs 2 GPUs, of ml.g4dn.xlarge 1 can be used; say --instance_type ml.g4dn.12xlarge, or "
            "--num_gpus_per_trial 1",
        ),
        (
            ("--instance_type", "ml.g4dn.12xlarge", "--gpus_to_use", "0,1"),
            "4 trials at a time need 4 GPUs, of ml.g4dn.12xlarge 2 can be used; say --n_workers 2, or "
            "--oversubscribe_gpus 1",
        ),
    ],
)
def test_too_few_gpus_for_the_trials_are_refused_before_a_job_is_paid_for(words, message) -> None:
    with pytest.raises(UsageError) as caught:
        resolve_local(*DISTILBERT, *words)
    assert f"benchmark distilbert_imdb: {message}" in str(caught.value)


@pytest.mark.parametrize(
    "words",
    [
        ("--instance_type", "ml.g4dn.12xlarge"),
        ("--n_workers", "1"),
        ("--oversubscribe_gpus", "1"),
        ("--num_gpus_per_trial", "0"),
        ("--instance_type", "ml.c5.4xlarge"),
    ],
)
def test_what_the_message_says_helps(words: tuple[str, ...]) -> None:
    resolve_local(*DISTILBERT, *words)


def test_all_definitions_but_one_have_a_gpu_for_each_worker_on_the_local_back_end() -> None:
    short = {
        name
        for name, made in real_benchmark_definitions().items()
        if made.n_workers > (instance_gpus(made.instance_type) or made.n_workers)
    }
    assert short == {"distilbert_imdb"}


# -- in this process --------------------------------------------------------------------------------

TAG = ("--experiment_tag", "planned")


@pytest.fixture
def no_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even to this machine."""

    def refuse(*_: object) -> None:
        raise AssertionError("a plan opened a connection")

    monkeypatch.setattr(socket.socket, "connect", refuse)


@pytest.mark.usefixtures("no_connection")
def test_a_plan_opens_no_connection(remote_launcher: RemoteLauncher, run_remote: Any) -> None:
    done = run_remote(remote_launcher, *TAG, "--dry_run", "--num_seeds", "2")
    assert done.code == 0
    assert done.out.count("planned/RS-") == 2
    assert "Nothing was started" in done.err
    assert "ml.c5.xlarge" in done.out


def test_an_underscore_in_the_tag_is_noted(remote_launcher: RemoteLauncher, run_remote: Any) -> None:
    done = run_remote(remote_launcher, "--experiment_tag", "a_b", "--dry_run")
    assert "Note: in S3 and in names of jobs, a_b is called a-b" in done.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--experiment_tag", "bundles"), "where the code of all jobs lies"),
        (("--experiment_tag", "t", "--s3_bucket", "s3://mine/some/folder"), "leave '/some/folder' out"),
        (("--experiment_tag", "t", "--s3_bucket", "My_Bucket"), "3 to 63 lower-case letters"),
    ],
)
def test_names_that_s3_or_we_have_other_uses_for_are_refused(
    remote_launcher: RemoteLauncher, run_remote: Any, words: tuple[str, ...], said: str
) -> None:
    done = run_remote(remote_launcher, *words, "--dry_run")
    assert done.code == 2
    assert said in done.err
    assert len(done.err.strip().splitlines()) == 1


def test_max_parallel_jobs_bounds_the_peak(remote_launcher: RemoteLauncher) -> None:
    remote = resolve_remote(remote_launcher, [*TAG, "--num_seeds", "10", "--max_parallel_jobs", "3"])
    cost = remote.plan.cost()
    assert (cost.jobs, cost.at_once) == (20, 3)
    assert [t.peak for t in cost.types] == [3]
    assert cost.longest == pytest.approx(7 * remote.plan.footprints()[0].max_run)


def test_what_is_known_of_experiments_decides_what_is_done(remote_launcher: RemoteLauncher) -> None:
    remote = resolve_remote(remote_launcher, [*TAG, "--method", "RS", "--num_seeds", "7"])
    ids = [experiment.id[:8] for experiment in remote.launch.experiments]
    states = dict(zip(ids, ("queued", "launched", "running", "finished", "failed", "stopped"), strict=False))
    actions = [one.action for one in remote.plan_with(states).planned]
    assert actions == ["run", "adopt", "adopt", "skip", "failed before", "continue", "run"]
    assert len(remote.plan_with(states).footprints()) == 5


@pytest.mark.parametrize("more", [(), ("--retry_failed",)])
def test_what_aws_failed_is_launched_again_as_the_queue_would_have(
    remote_launcher: RemoteLauncher, more: tuple[str, ...]
) -> None:
    remote = resolve_remote(remote_launcher, [*TAG, "--method", "RS", *more])
    (experiment,) = remote.launch.experiments
    (planned,) = remote.plan_with({experiment.id[:8]: TO_RETRY}).planned
    assert planned.action == "continue"


def test_retry_failed_is_about_failed_ones_only(remote_launcher: RemoteLauncher) -> None:
    remote = resolve_remote(remote_launcher, [*TAG, "--method", "RS", "--num_seeds", "4", "--retry_failed"])
    ids = [experiment.id[:8] for experiment in remote.launch.experiments]
    states = {ids[0]: "failed", ids[1]: "finished", ids[2]: "stopped"}
    assert [one.action for one in remote.plan_with(states).planned] == ["continue", "skip", "leave", "leave"]


def test_requirements_that_exclude_each_other_are_refused_with_files_and_lines(
    remote_launcher: RemoteLauncher, script: Path
) -> None:
    (remote_launcher.entry_point.parent / "requirements-synetune.txt").write_text("numpy>=1.26\npandas<2\n")
    (script.parent / "requirements.txt").write_text("# ours\npandas>=2.2\n")
    with pytest.raises(UsageError) as error:
        resolve_remote(remote_launcher, TAG)
    message = str(error.value)
    assert "requirements-synetune.txt, line 2" in message
    assert f"{script.parent.name}/requirements.txt, line 2" in message
    assert "exclude each other" in message


def test_a_script_that_would_not_travel_is_refused(remote_launcher: RemoteLauncher) -> None:
    from dataclasses import replace

    with pytest.raises(UsageError, match=r"does not travel to the jobs.*source_dependencies"):
        resolve_remote(replace(remote_launcher, source_dependencies=()), TAG)


def test_a_study_that_surely_costs_too_much_is_refused(remote_launcher: RemoteLauncher) -> None:
    from benchmarking.commons.remote.planning.cost_plan import refuse_above_caps

    words = [*TAG, "--method", "RS", "--num_seeds", "4", "--max_wallclock_time", "1h"]
    cost = resolve_remote(remote_launcher, words).plan.cost()
    assert cost.cost is not None
    assert cost.cost[0] == pytest.approx(4 * 0.204)
    refuse_above_caps(cost, 0.82, 4.0)
    with pytest.raises(RefusedError, match=r"at least 0\.82 USD; --study_max_cost is 0\.8"):
        refuse_above_caps(cost, 0.8, None)
    with pytest.raises(RefusedError, match=r"at least 4\.0 instance-hours"):
        refuse_above_caps(cost, None, 3.0)


def test_an_unknown_price_is_said_and_forbids_a_cap_on_cost(remote_launcher: RemoteLauncher) -> None:
    from benchmarking.commons.remote.planning.cost_plan import refuse_above_caps

    cost = resolve_remote(remote_launcher, [*TAG, "--instance_type", "ml.trn1.2xlarge"]).plan.cost()
    assert cost.cost is None
    assert cost.without_price == ["ml.trn1.2xlarge"]
    with pytest.raises(RefusedError, match=r"price of ml\.trn1\.2xlarge is not known"):
        refuse_above_caps(cost, 5.0, None)


def test_experiments_that_something_else_may_end_may_cost_next_to_nothing(
    remote_launcher: RemoteLauncher,
) -> None:
    cost = resolve_remote(remote_launcher, [*TAG, "--max_num_evaluations", "9"]).plan.cost()
    assert cost.cost is not None
    assert cost.cost[0] == 0 < cost.cost[1]


def test_the_job_gets_the_flags_of_its_own_launcher(remote_launcher: RemoteLauncher) -> None:
    words = [
        *TAG,
        "--num_seeds",
        "3",
        "--max-failures",
        "7",
        "--n_workers",
        "2",
        "--wait",
        "--s3_bucket",
        "my-bucket",
    ]
    remote = resolve_remote(remote_launcher, words, {"SYNEBENCH_MAX_WALLCLOCK_TIME": "90s"})
    experiment = remote.launch.experiments[-1]
    said = remote.words.of([experiment])
    assert set(said) == {
        "--experiment_tag=planned",
        "--benchmark=parabola",
        f"--method={experiment.method}",
        "--start_seed=2",
        "--num_seeds=3",
        "--n_workers=2",
        "--max_failures=7",
        "--max_wallclock_time=90s",
    }
    again = remote_launcher.inside.resolve(said, {})
    assert [e.id for e in again.experiments] == [experiment.id], "the same, were it resolved again"


def test_files_that_flags_name_travel(remote_launcher: RemoteLauncher, definition_file: Path) -> None:
    remote = resolve_remote(remote_launcher, [*TAG, "--benchmark", str(definition_file), "--method", "RS"])
    place = f"{definition_file.parent.name}/mine.yaml"
    assert f"--benchmark={place}" in remote.words.of(remote.launch.experiments)
    assert remote.words.benchmark_files() == {"mine": place}


def calls_to_plan(launcher: RemoteLauncher, num_experiments: int) -> int:
    """How many functions of Python are called; unlike seconds, it does not depend on the machine."""
    calls = Counter[str]()
    sys.setprofile(lambda frame, event, argument: calls.update((event,)))
    try:
        plan = resolve_remote(launcher, [*TAG, "--num_seeds", str(num_experiments // 2)]).plan
        assert plan.cost().jobs == num_experiments
    finally:
        sys.setprofile(None)
    return calls["call"]


def test_a_thousand_experiments_are_planned_quickly(remote_launcher: RemoteLauncher) -> None:
    calls_to_plan(remote_launcher, 2)  # what is imported and read once
    few, many = calls_to_plan(remote_launcher, 100), calls_to_plan(remote_launcher, 1000)
    assert many < 10.5 * few, "each costs the same, however many there are"
    assert many < 1000 * 400
