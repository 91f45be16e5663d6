"""Remote launchers against the emulator: experiments that really run as jobs."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import benchmarking
from benchmarking.commons.launch_remote_common import RemoteLauncher
from benchmarking.commons.remote.launch_text import LaunchProgress
from benchmarking.commons.remote.queue.queue_model import Progress
from benchmarking.commons.spending import agree_to_jobs
from syne_core.emulator import Emulator
from syne_core.errors import RefusedError

TAG = ("--experiment_tag", "far_away", "--max_num_evaluations", "6", "--max_failures", "0")


class Account:
    """A session that claims to be one of a real account."""

    is_emulator = False
    target = "account 123456789012 in eu-west-1"


def keys(emulator: Emulator) -> list[str]:
    listed = emulator.client("s3").list_objects_v2(Bucket=emulator.bucket)
    return [entry["Key"] for entry in listed.get("Contents", ())]


def created(emulator: Emulator) -> int:
    return emulator.calls().get("CreateTrainingJob", 0)


def job_names(emulator: Emulator) -> list[str]:
    jobs = emulator.client("sagemaker").list_training_jobs(MaxResults=100)["TrainingJobSummaries"]
    return sorted(job["TrainingJobName"] for job in jobs)


@pytest.mark.parametrize("emulator", [{"quotas": {"ml.c5.xlarge": 1}}], indirect=True)
def test_experiments_run_as_jobs_once_however_often_they_are_launched(
    emulator: Emulator,
    remote_launcher: RemoteLauncher,
    run_remote: Any,
    script: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said = tmp_path / "said"  # the first job does not end before it was said that the other one waits for it
    wait = f"import time\nwhile not os.path.exists({str(said)!r}): time.sleep(0.02)\n"
    script.write_text(script.read_text().replace("report = Reporter()", f"{wait}report = Reporter()"))
    show = LaunchProgress.show

    def noted(progress: LaunchProgress, now: Progress) -> None:
        show(progress, now)
        if now.waits_for:
            said.touch()

    monkeypatch.setattr(LaunchProgress, "show", noted)
    done = run_remote(remote_launcher, *TAG, "--wait", "--json")
    assert done.code == 0, done.err
    outcomes = json.loads(done.out)
    assert [one["state"] for one in outcomes] == ["finished", "finished"]
    assert "waits for instances: ml.c5.xlarge" in done.err, "the quota has room for one at a time"
    assert created(emulator) >= 2
    before = keys(emulator)
    assert sum(key.endswith("source.tar.gz") for key in before) == 1, "one bundle"
    leaves = Counter(key.rsplit("/", 1)[-1] for key in before if key.startswith("syne-tune/far-away/RS-0/"))
    assert leaves["results.csv.zip"] == leaves["metadata.json"] == leaves["status.json"] == 1
    assert all("-far_away" not in name and "_" not in name for name in job_names(emulator))

    calls = created(emulator)
    again = run_remote(remote_launcher, *TAG, "--wait")
    assert again.code == 0
    assert "Nothing to launch: 2 finished before" in again.err
    assert created(emulator) == calls

    other = run_remote(remote_launcher, *TAG[2:], "--experiment_tag", "far-away")
    assert other.code == 2
    assert "'far_away' is a study already, and both would be the same" in other.err
    assert created(emulator) == calls


@pytest.mark.long
def test_restart_runs_experiments_anew_in_jobs_of_new_names(
    emulator: Emulator, remote_launcher: RemoteLauncher, run_remote: Any
) -> None:
    words = (*TAG, "--method", "RS", "--wait")
    assert run_remote(remote_launcher, *words).code == 0
    first = job_names(emulator)
    assert run_remote(remote_launcher, *words, "--restart").code == 0
    (new,) = set(job_names(emulator)) - set(first)
    assert new == first[0].replace("-a0", "-a1")
    journal = next(key for key in keys(emulator) if key.endswith("journal.jsonl"))
    content = emulator.client("s3").get_object(Bucket=emulator.bucket, Key=journal)["Body"].read()
    sessions = [line for line in content.splitlines() if json.loads(line).get("event") == "session"]
    assert len(sessions) == 1, "nothing of the first one is left"


@pytest.mark.long
def test_failed_experiments_are_run_again_when_asked_and_no_others(
    emulator: Emulator, remote_launcher: RemoteLauncher, run_remote: Any, script: Any
) -> None:
    script.write_text("import sys\nsys.exit('this script is broken')\n")
    words = (*TAG, "--method", "RS", "--wait")
    done = run_remote(remote_launcher, *words)
    assert done.code == 3
    assert "failed (code)" in done.err
    calls = created(emulator)
    again = run_remote(remote_launcher, *words)
    assert (again.code, created(emulator)) == (3, calls)
    assert "1 failed before (--retry_failed runs them again)" in again.err
    third = run_remote(remote_launcher, *words, "--retry_failed")
    assert (third.code, created(emulator)) == (3, calls + 1)


def test_what_never_fits_into_the_quota_is_refused_before_anything_is_made(
    monkeypatch: pytest.MonkeyPatch, remote_launcher: RemoteLauncher, run_remote: Any
) -> None:
    from syne_core.emulator import EmulatorSettings

    with Emulator(EmulatorSettings(quotas={"ml.c5.xlarge": 0})) as emulator:
        for name, value in emulator.environment().items():
            monkeypatch.setenv(name, value)
        done = run_remote(remote_launcher, *TAG)
        assert done.code == 5
        assert "needs 1 ml.c5.xlarge at a time; the quota for training jobs is 0" in done.err
        planned = run_remote(remote_launcher, *TAG, "--dry_run", "--check_quota")
        assert planned.code == 0
        assert "the quota is 0" in planned.err
        assert created(emulator) == 0
        assert not [key for key in keys(emulator) if "bundles" in key]


def test_a_cap_that_is_surely_exceeded_refuses(
    emulator: Emulator, remote_launcher: RemoteLauncher, run_remote: Any
) -> None:
    words = ("--experiment_tag", "t", "--max_wallclock_time", "10h", "--study_max_cost", "1")
    done = run_remote(remote_launcher, *words)
    assert done.code == 5
    assert "--study_max_cost is 1" in done.err
    assert created(emulator) == 0
    assert run_remote(remote_launcher, *words, "--dry_run").code == 5


def test_a_missing_role_is_said_before_anything_is_made(
    emulator: Emulator, remote_launcher: RemoteLauncher, run_remote: Any
) -> None:
    done = run_remote(remote_launcher, *TAG, "--role", "NobodyKnowsIt")
    assert done.code == 2
    assert "there is no role 'NobodyKnowsIt'" in done.err
    assert created(emulator) == 0


def test_requirements_that_contradict_each_other_make_no_job(
    emulator: Emulator, remote_launcher: RemoteLauncher, run_remote: Any
) -> None:
    (remote_launcher.entry_point.parent / "requirements-synetune.txt").write_text("numpy<1\n")
    done = run_remote(remote_launcher, *TAG)
    assert done.code == 2
    assert "exclude each other" in done.err
    assert not emulator.calls()


def test_on_a_real_account_nobody_spends_without_a_yes(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    monkeypatch.delenv("TRAINING_JOB_ARN", raising=False)
    account: Any = Account()
    with pytest.raises(RefusedError, match="say --yes"):
        agree_to_jobs(account, "20 jobs, 60 to 66 instance-hours", False)
    assert "account 123456789012 in eu-west-1: 20 jobs, 60 to 66" in capsys.readouterr().err
    agree_to_jobs(account, "20 jobs", True)


def test_the_entry_point_must_exist(remote_launcher: RemoteLauncher, run_remote: Any) -> None:
    missing = replace(remote_launcher, entry_point=remote_launcher.entry_point.with_name("none.py"))
    done = run_remote(missing, *TAG, "--dry_run")
    assert done.code == 2
    assert "none.py does not exist" in done.err


@pytest.mark.long
@pytest.mark.parametrize("back_end", ["local", "sagemaker", "simulator"])
def test_the_nursery_scripts_launch_and_wait(emulator: Emulator, back_end: str) -> None:
    script = Path(benchmarking.__file__).parent / "nursery" / f"launch_{back_end}" / "launch_remote.py"
    words = ("--experiment_tag", "nursery", "--benchmark", "mlp_digits", "--method", "RS", "--num_seeds", "2")
    short = (
        "--max_num_evaluations",
        "2",
        "--n_workers",
        "1",
        "--max_wallclock_time",
        "100",
        "--wait",
        "--json",
    )
    done = subprocess.run(
        [sys.executable, script, *words, *short], capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    assert [one["state"] for one in json.loads(done.stdout)] == ["finished", "finished"]
    jobs = job_names(emulator)
    own = [name for name in jobs if name.startswith("nursery-")]
    assert len(own) == (1 if back_end == "simulator" else 2), "simulated seeds of random search share a job"
    assert bool(set(jobs) - set(own)) == (back_end == "sagemaker"), "trials are jobs there, and only there"
    results = [key for key in keys(emulator) if key.endswith("/results.csv.zip")]
    assert len(results) == 2
