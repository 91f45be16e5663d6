"""``synebench status`` and ``watch`` of remote studies, from any machine with access."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from fabricated_studies import FabricatedStudy
from sleeping_jobs import start_job, status_of, wait_for
from study_folders import reports, write_experiment

from benchmarking.cli.status import command
from benchmarking.cli.watch import command as watch
from benchmarking.commons.remote.records.driver_lock import DriverLock
from syne_core.aws.prices import TRAINING_PRICES
from syne_core.emulator import Emulator
from syne_core.errors import UnknownNameError
from syne_core.paths import experiment_path, trial_job_name

Run = Callable[..., Any]
CPU, GPU = TRAINING_PRICES["ml.c5.xlarge"], TRAINING_PRICES["ml.g4dn.xlarge"]


@pytest.fixture
def run(invoke: Callable[..., Any]) -> Run:
    return partial(invoke, command)


def fabricated(emulator: Emulator, **settings: Any) -> FabricatedStudy:
    return FabricatedStudy(emulator.client("s3"), emulator.bucket, **settings).put()


def rows(text: str) -> list[list[str]]:
    return [line.split() for line in text.splitlines()[1:]]


@pytest.mark.long
def test_a_thousand_experiments_are_read_from_key_names(run: Run, emulator: Emulator) -> None:
    fabricated(emulator, states=["finished"] * 998 + ["stopped", None])
    before = emulator.calls()
    done = run("far_away", "--json")  # in how many seconds: perf/remote_study.py
    made = {name: n - before.get(name, 0) for name, n in emulator.calls().items() if n != before.get(name)}
    assert made == {"GetCallerIdentity": 1, "HeadBucket": 1, "GetObject": 2, "ListObjectsV2": 1}
    printed = json.loads(done.stdout)
    assert printed["counts"] == {"queued": 1, "stopped": 1, "finished": 998}
    assert (printed["tag"], printed["ended"], printed["jobs"]) == ("far_away", False, 0)
    assert printed["experiments"][0]["name"] == "far_away/RS-0/far_away-digits-0-00000000"
    assert len(rows(run("far_away").stdout)) == 1000


def test_running_experiments_show_their_progress_jobs_and_cost(
    run: Run, emulator: Emulator, tmp_path: Path
) -> None:
    study = fabricated(emulator, states=("finished", "running", "running", None), backend="sagemaker")
    best = {"trial_id": 3, "metric": "accuracy", "value": 0.75, "config": {}}
    folder = write_experiment(
        tmp_path, reports([(1.0, 0.5)]), status={"best": best, "trials": {"Completed": 2}}
    )
    study.put_folder(1, folder)
    for number in (1, 2):
        start_job(emulator, study.job(number))
    for trial in (0, 1, 2):
        start_job(emulator, trial_job_name("far_away", "00000001", trial, 0), instance_type="ml.g4dn.xlarge")
    start_job(emulator, trial_job_name("far_away", "0000beef", 0, 0))
    done = run("far_away")
    finished, running, other, queued = rows(done.stdout)
    assert running[:5] == ["ASHA", "0", "digits", "4", "running"]
    assert "2 Completed; 3 as jobs" in done.stdout
    assert "accuracy 0.75" in done.stdout
    assert (finished[4], other[4], queued[4:7]) == ("finished", "running", ["queued", "-", "-"])
    assert "1 queued, 2 running, 1 finished; 5 jobs run" in done.stderr
    cost = 2 * CPU + 3 * GPU
    assert f"{cost:.2f} USD per hour on demand" in done.stderr
    assert "Nobody launches what is left. To go on:  python launch_remote.py --experiment_tag far_away" in (
        done.stderr
    )
    assert done.stderr.rstrip().endswith("synebench stop far_away")
    printed = json.loads(run("far_away", "--json").stdout)
    assert printed["usd_per_hour"] == pytest.approx(cost)
    assert printed["experiments"][1]["job"] == study.job(1)
    assert len(printed["experiments"][1]["trial_jobs"]) == 3


def test_without_a_tag_everything_that_runs_is_shown_with_its_cost(run: Run, emulator: Emulator) -> None:
    write_experiment(experiment_path(), reports([(1.0, 0.5)]), tag="here")
    one = fabricated(emulator, tag="one_study", states=("running", "queued", "finished"))
    fabricated(emulator, tag="over", states=("finished", "failed"))
    two = fabricated(emulator, tag="two", states=("running",), backend="sagemaker", benchmark="other")
    start_job(emulator, one.job(0), instance_type="ml.g4dn.xlarge")
    start_job(emulator, trial_job_name("two", two.experiments[0]["id"][:8], 0, 0))
    assert two.experiments[0]["id"] == one.experiments[0]["id"]
    start_job(emulator, trial_job_name("elsewhere", "deadbeef", 0, 0), instance_type="ml.m5.large", count=2)
    start_job(emulator, "a-job-of-somebody-else")
    done = run()
    assert "here" in done.stdout.splitlines()[1]
    printed = json.loads(run("--json").stdout)
    assert [one["tag"] for one in printed["experiments"]] == ["here"]
    remote = printed["remote"]
    assert [study["tag"] for study in remote["studies"]] == ["one_study", "two", None]
    assert remote["studies"][0]["counts"] == {"queued": 1, "running": 1, "finished": 1}
    assert [study["usd_per_hour"] for study in remote["studies"]] == pytest.approx(
        [GPU, GPU, 2 * TRAINING_PRICES["ml.m5.large"]]
    )
    assert (remote["jobs"], remote["studies"][1]["jobs"]) == (3, [])
    assert f"3 jobs run in the emulator at {emulator.endpoint_url}, {remote['usd_per_hour']:.2f} USD" in (
        done.stderr
    )
    assert "a-job-of-somebody-else" not in json.dumps(printed)
    assert "remote" not in json.loads(run("--json", "--local").stdout)
    assert "experiments" not in json.loads(run("--json", "--remote").stdout)


def test_failures_say_why_and_how_to_run_them_again(run: Run, emulator: Emulator) -> None:
    study = fabricated(emulator, states=("finished", None))
    reason = "ZeroDivisionError: division\nmore"
    study.mark(1, "failed", cause="code", reason=reason, log_tail=("a", "b"))
    done = run("far_away")
    assert "Note: ASHA-0 failed (code): ZeroDivisionError: division\n" in done.stderr
    assert "python launch_remote.py --experiment_tag far_away --retry_failed" in done.stderr
    assert done.stderr.rstrip().endswith("Next:  synebench pull far_away")
    failed = json.loads(run("far_away", "--json").stdout)["experiments"][1]
    assert (failed["cause"], failed["reason"], failed["log_tail"]) == ("code", reason, ["a", "b"])


def test_jobs_that_ended_without_a_word_are_found_out(run: Run, emulator: Emulator) -> None:
    """Their markers say that they run; nobody watched when they died."""
    study = fabricated(emulator, states=("running", "running", "launched"))
    start_job(emulator, study.job(0), seconds=0)
    start_job(emulator, study.job(1))
    emulator.client("sagemaker").stop_training_job(TrainingJobName=study.job(1))
    wait_for(lambda: status_of(emulator, study.job(0)) == "Completed")
    wait_for(lambda: status_of(emulator, study.job(1)) == "Stopped")
    ended, stopped, missing = json.loads(run("far_away", "--json").stdout)["experiments"]
    assert (ended["state"], stopped["state"], missing["state"]) == ("failed", "stopped", "launched")
    assert "ended without a result" in ended["reason"]
    assert "there is no job" in missing["reason"]


def test_jobs_that_run_several_experiments_are_known_by_the_markers(run: Run, emulator: Emulator) -> None:
    study = fabricated(emulator, states=(None, None, None), backend="simulator")
    for number, state in enumerate(("running", "launched", "launched")):
        study.mark(number, state, job=study.job(0))
    start_job(emulator, study.job(0))
    before = emulator.calls().get("DescribeTrainingJob", 0)
    printed = json.loads(run("far_away", "--json").stdout)
    assert [one["state"] for one in printed["experiments"]] == ["running", "launched", "launched"]
    assert {one["job"] for one in printed["experiments"]} == {study.job(0)}
    assert emulator.calls().get("DescribeTrainingJob", 0) == before
    assert printed["usd_per_hour"] == pytest.approx(CPU)


def test_a_driver_that_lives_is_named(run: Run, emulator: Emulator) -> None:
    fabricated(emulator)
    with DriverLock(emulator.client("s3"), emulator.bucket, "far_away"):
        done = run("far_away")
        assert f"(process {os.getpid()}) launches what is queued" in done.stderr
        assert json.loads(run("far_away", "--json").stdout)["driver"]["pid"] == os.getpid()
    assert "Nobody launches" in run("far_away").stderr


def test_a_local_study_comes_first_and_remote_ones_can_be_asked_for(run: Run, emulator: Emulator) -> None:
    fabricated(emulator, tag="both", states=("stopped",))
    write_experiment(experiment_path(), reports([(1.0, 0.5)]), tag="both")
    assert json.loads(run("both", "--json").stdout)["experiments"][0]["state"] == "finished"
    assert json.loads(run("both", "--json", "--remote").stdout)["experiments"][0]["state"] == "stopped"
    by_bucket = run("both", "--json", "--s3_bucket", emulator.bucket)
    assert json.loads(by_bucket.stdout)["experiments"][0]["state"] == "stopped"
    assert isinstance(run("bothh", "--local").error, UnknownNameError)


@pytest.mark.parametrize("flags", [(), ("--remote",)])
def test_an_unknown_tag_names_the_studies_there_are(
    run: Run, emulator: Emulator, flags: tuple[str, ...]
) -> None:
    fabricated(emulator)
    error = run("far_awya", *flags).error
    assert isinstance(error, UnknownNameError)
    assert "Did you mean 'far-away'" in str(error)


def test_a_bucket_that_does_not_exist_is_said_and_not_made(run: Run, emulator: Emulator) -> None:
    emulator.client("s3").delete_bucket(Bucket=emulator.bucket)
    error = run("far_away", "--remote").error
    assert error is not None
    assert f"There is no bucket '{emulator.bucket}'" in str(error)
    done = run()
    assert done.error is None
    assert "Note: what runs remotely is not known: There is no bucket" in done.stderr
    assert emulator.client("s3").list_buckets()["Buckets"] == []


def test_without_aws_nothing_of_it_is_imported(tmp_path: Path) -> None:
    root = tmp_path / "root"
    write_experiment(root, reports([(1.0, 0.5)]), tag="here")
    program = (
        "import sys\nfrom benchmarking.cli.main import main\n"
        "try:\n    main()\nexcept SystemExit as end:\n"
        "    print('AWS', [m for m in sys.modules if m.startswith(('boto', 'syne_core.aws'))], end.code)"
    )
    environment = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
    environment |= {"SYNETUNE_FOLDER": str(root), "HOME": str(tmp_path)}
    for words, code in (
        (["status"], 0),
        (["status", "here"], 0),
        (["status", "nowhere"], 2),
        (["--help"], 0),
    ):
        done = subprocess.run(
            [sys.executable, "-c", program, *words],
            env=environment,
            capture_output=True,
            text=True,
            timeout=240,
        )
        assert done.stdout.splitlines()[-1] == f"AWS [] {code}", done.stderr


def test_watching_ends_when_all_has_ended(
    invoke: Callable[..., Any], emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = fabricated(emulator, states=("finished", "queued"))
    pauses = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 2:
            study.mark(1, "failed", cause="code", reason="bad")

    monkeypatch.setattr("benchmarking.cli.watch.sleep", pause)
    results: list[Any] = []
    main = watch.main
    monkeypatch.setattr(watch, "main", lambda **more: results.append(main(**more)))
    done = invoke(watch, "far_away", "--interval", "3")
    assert done.error is None
    assert (results, pauses) == ([3], [3.0, 3.0])
    lines = [line.partition(" ")[2] for line in done.stdout.splitlines()]
    assert lines[1] == "ASHA far_away-digits-0-00000001: failed"
    assert "1 queued, 1 finished" in lines[0]
    assert "1 failed, 1 finished" in lines[2]
    assert "Next:  synebench pull far_away" in done.stderr


def test_changes_can_be_watched_as_json(invoke: Callable[..., Any], emulator: Emulator) -> None:
    fabricated(emulator, states=("finished", "stopped"))
    (line,) = invoke(watch, "far_away", "--json").stdout.splitlines()
    seen = json.loads(line)
    assert seen["ended"] is True
    assert list(seen["states"].values()) == ["finished", "stopped"]


def test_a_study_of_this_machine_can_be_watched(invoke: Callable[..., Any]) -> None:
    write_experiment(experiment_path(), reports([(1.0, 0.5)]), tag="here")
    done = invoke(watch, "here", "--local")
    assert done.error is None
    assert done.stdout.rstrip().endswith("here: 1 finished")
    assert "Next:  synebench plot here" in done.stderr


def test_ending_the_watch_stops_nothing(
    invoke: Callable[..., Any], emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = fabricated(emulator, states=("running",))
    start_job(emulator, study.job(0))

    def interrupt(seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("benchmarking.cli.watch.sleep", interrupt)
    done = invoke(watch, "far_away")
    assert type(done.error).__name__ == "Abort"
    assert "everything runs on" in done.stderr
    assert status_of(emulator, study.job(0)) == "InProgress"
    assert emulator.calls().get("StopTrainingJob", 0) == 0
