"""What AWS refuses while a study is launched: said in a line or two, and the same command goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from document_jobs import DocumentJobs
from launch_scripts import LaunchScript, simulated_study

from benchmarking.commons.launch_remote_common import RemoteLauncher
from syne_core.emulator import Emulator, EmulatorSettings

Opened = Callable[..., Emulator]
NUM_SEEDS = 3
WORDS = ("--experiment_tag", "t", "--wait")


@pytest.fixture
def jobs() -> DocumentJobs:
    return DocumentJobs()


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch, jobs: DocumentJobs) -> Iterator[Opened]:
    """An emulator whose jobs only say how they get on."""
    with ExitStack() as exits:

        def open_(**settings: Any) -> Emulator:
            emulator = exits.enter_context(Emulator(EmulatorSettings(**settings), start_jobs=jobs))
            jobs.emulator = emulator
            for name, value in emulator.environment().items():
                monkeypatch.setenv(name, value)
            return emulator

        yield open_


@pytest.fixture
def study(tmp_path: Path) -> LaunchScript:
    return simulated_study(tmp_path / "launcher", "t", NUM_SEEDS)


def created(emulator: Emulator) -> int:
    return emulator.calls().get("CreateTrainingJob", 0)


def lines(text: str, start: str = "Error: ") -> list[str]:
    """The error and what follows it."""
    found = text.splitlines()
    return found[next(i for i, line in enumerate(found) if line.startswith(start)) :]


def test_a_token_that_expires_midway_is_renewed_and_the_same_command_goes_on(
    opened: Opened, jobs: DocumentJobs, study: LaunchScript
) -> None:
    emulator = opened(expire_after=50)
    for session in range(40):  # on a busy machine, each looks often before it gets on
        done = study.run("--wait", AWS_ACCESS_KEY_ID=f"renewed-{session}")
        if done.returncode == 0:
            break
        assert done.returncode == 2, done.stderr
        error, advice = lines(done.stderr)
        assert "the AWS credentials have expired. Renew them, for example with 'aws sso login'" in error
        assert "Jobs that were made run on. Then the same command continues: python " in advice
    assert done.returncode == 0, done.stderr
    assert session > 0, "they did expire"
    assert sorted(jobs.runs.values()) == [1] * 2 * NUM_SEEDS
    listed = emulator.client("sagemaker").list_training_jobs(MaxResults=100)["TrainingJobSummaries"]
    assert len(listed) == 2 * NUM_SEEDS


def test_a_bucket_that_takes_nothing_is_said_before_a_job_is_made(
    opened: Opened, jobs: DocumentJobs, remote_launcher: RemoteLauncher, run_remote: Any
) -> None:
    emulator = opened(deny=("PutObject",))
    done = run_remote(remote_launcher, *WORDS)
    assert done.code == 2
    (error,) = lines(done.err)
    assert f"upload the bundle to bucket '{emulator.bucket}': access denied." in error
    assert "is not authorized to perform: s3:PutObject" in error
    assert "A policy, yours or the bucket's, must allow it (docs/sagemaker.md, Policies)" in error
    assert created(emulator) == 0
    emulator.allow("PutObject")
    assert run_remote(remote_launcher, *WORDS).code == 0
    assert sorted(jobs.runs.values()) == [1] * 2


@pytest.mark.long
def test_a_bucket_that_is_closed_midway_ends_the_launch_which_goes_on_afterwards(
    opened: Opened, jobs: DocumentJobs, remote_launcher: RemoteLauncher, run_remote: Any
) -> None:
    emulator = opened()
    jobs.on_start = lambda: emulator.deny("PutObject")
    done = run_remote(remote_launcher, *WORDS)
    assert done.code == 2
    error, advice = lines(done.err)
    assert "access denied" in error
    assert "the same command continues" in advice
    jobs.on_start = lambda: None
    emulator.allow("PutObject")
    assert run_remote(remote_launcher, *WORDS).code == 0
    assert sorted(jobs.runs.values()) == [1] * 2


@pytest.mark.long
def test_who_may_not_make_jobs_learns_it_from_the_first_one(
    opened: Opened, jobs: DocumentJobs, remote_launcher: RemoteLauncher, run_remote: Any
) -> None:
    emulator = opened(deny=("CreateTrainingJob",))
    done = run_remote(remote_launcher, *WORDS)
    assert done.code == 2
    assert "is not authorized to perform: sagemaker:CreateTrainingJob" in lines(done.err)[0]
    assert created(emulator) == 1
    emulator.allow("CreateTrainingJob")
    assert run_remote(remote_launcher, *WORDS).code == 0
    assert sorted(jobs.runs.values()) == [1] * 2
