"""Parts of the back-end that need no jobs: names on S3 and of jobs, threads, times."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syne_core.aws.job_states import JobState, is_name_taken, is_transient, wants_patience
from syne_core.aws.session import AwsSession
from syne_core.backend.sagemaker.experiment_home import ExperimentHome, bucket_of
from syne_core.backend.sagemaker.sessions import repository_root_path, session_of
from syne_core.backend.sagemaker.timing import Timing
from syne_core.backend.sagemaker.workers import Task, Workers
from syne_core.errors import UsageError
from syne_core.paths import experiment_name, experiment_path

# -- names ------------------------------------------------------------------------------------------


def test_home_of_a_study_has_its_id_and_tag() -> None:
    name = experiment_name("my_tag", "ASHA", 3, "resnet_cifar10", "0a1b2c3d")
    home = ExperimentHome.of_folder(experiment_path(name))
    assert (home.name, home.id8) == (name, "0a1b2c3d")
    assert home.job_name(17, 2) == "0a1b2c3d-17-r2-my-tag"
    assert home.trial_of("0a1b2c3d-17-r2-my-tag") == (17, 2)
    assert home.keys.trials == "syne-tune/my-tag/ASHA-3/my-tag-resnet-cifar10-3-0a1b2c3d-trials/"


def test_folders_anywhere_have_homes_of_their_own(tmp_path: Path) -> None:
    one = ExperimentHome.of_folder(tmp_path / "a b" / "experiment")
    other = ExperimentHome.of_folder(tmp_path / "c" / "experiment")
    assert one.keys.trials != other.keys.trials
    assert one.id8 != other.id8


@settings(max_examples=25)
@given(st.text(min_size=1, max_size=40), st.integers(0, 10**6), st.integers(0, 99))
def test_any_name_makes_job_names_that_aws_accepts(name: str, trial_id: int, run: int) -> None:
    import re

    home = ExperimentHome(name)
    job = home.job_name(trial_id, run)
    assert re.fullmatch(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}", job)
    assert home.trial_of(job) == (trial_id, run)
    assert ExperimentHome(name + "x").trial_of(job) is None


def test_bucket_is_read_from_a_path() -> None:
    assert bucket_of(None) is None
    assert bucket_of("s3://my-bucket") == bucket_of("s3://my-bucket/") == "my-bucket"
    with pytest.raises(UsageError, match="my-bucket/folder"):
        bucket_of("s3://my-bucket/folder")


def test_sessions_may_be_those_of_an_sdk(monkeypatch: pytest.MonkeyPatch) -> None:
    class SdkSession:
        boto_region_name = "eu-west-3"

    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    assert session_of(SdkSession()).region == "eu-west-3"
    ours = AwsSession.resolve("us-east-1")
    assert session_of(ours) is ours
    with pytest.raises(UsageError, match="is str"):
        session_of("us-east-1")


def test_root_of_the_repository_has_the_harness() -> None:
    assert (repository_root_path() / "benchmarking").is_dir()


# -- what refusals mean -----------------------------------------------------------------------------


def _refusal(code: str, status: int = 400) -> Exception:
    from botocore.exceptions import ClientError

    error: Exception = ClientError(
        {"Error": {"Code": code, "Message": "m"}, "ResponseMetadata": {"HTTPStatusCode": status}}, "Op"
    )
    return error


def test_refusals_are_told_apart() -> None:
    from botocore.exceptions import EndpointConnectionError, ReadTimeoutError

    passing = [_refusal("ThrottlingException"), _refusal("Whatever", 503), _refusal("SlowDown", 503)]
    passing += [ConnectionResetError(), ReadTimeoutError(endpoint_url="u")]
    assert all(map(is_transient, passing))
    lasting = [_refusal("AccessDenied", 403), _refusal("ValidationException"), ValueError("v")]
    assert not any(map(is_transient, lasting))
    assert isinstance(is_transient(EndpointConnectionError(endpoint_url="u")), bool)
    assert wants_patience(_refusal("ResourceLimitExceeded"))
    assert is_name_taken(_refusal("ResourceInUse"))
    assert not wants_patience(_refusal("ResourceInUse"))


def test_ends_of_jobs_are_told_apart() -> None:
    lacking = JobState("j", "Failed", "Failed", "CapacityError: Unable to provision requested ML compute")
    assert lacking.lacked_capacity
    assert not JobState("j", "Failed", "Failed", "AlgorithmError: exit code 1").lacked_capacity
    assert not JobState("j", "InProgress", "Starting", "Insufficient capacity error ...").lacked_capacity
    assert JobState("j", "Stopped", "MaxRuntimeExceeded").ran_too_long
    assert JobState("j", "Failed", "Failed", "InternalServerError: again").failed_inside
    assert not JobState("j", "Stopping").has_ended


def test_times_must_be_positive() -> None:
    with pytest.raises(UsageError, match="positive"):
        Timing(poll=0)


# -- threads ----------------------------------------------------------------------------------------


@pytest.fixture
def workers() -> Iterator[Workers]:
    made = Workers(3, "test")
    yield made
    made.close(120.0)


def _fail(error: Exception) -> None:
    raise AssertionError(f"unexpected {error}")


def test_calls_are_made_side_by_side_and_answered_in_order(workers: Workers) -> None:
    together = threading.Barrier(3, timeout=120)

    def call(number: int) -> int:
        together.wait()
        if number == 1:
            raise ValueError("one")
        return number

    results: list[Any] = workers.all([lambda n=n: call(n) for n in range(3)])  # type: ignore[misc]
    assert (results[0], results[2]) == (0, 2)
    assert isinstance(results[1], ValueError)


def test_errors_that_pass_lead_to_another_attempt_and_others_are_told(workers: Workers) -> None:
    attempts, told, done = [], [], threading.Event()

    def work() -> None:
        attempts.append(1)
        if len(attempts) < 3:
            raise ConnectionResetError
        raise ValueError("lasting")

    def failed(error: Exception) -> None:
        told.append(error)
        done.set()

    workers.submit(Task(work, failed))
    assert done.wait(120)
    assert len(attempts) == 3
    assert isinstance(told[0], ValueError)


def test_work_is_done_again_when_it_asks_and_earlier_when_moved(workers: Workers) -> None:
    times, done = [], threading.Event()

    def work() -> float | None:
        times.append(time.monotonic())
        if len(times) == 3:
            done.set()
            return None
        return 0.05 if len(times) == 1 else 3600.0

    task = Task(work, _fail)
    workers.submit(task)
    deadline = time.monotonic() + 120
    while len(times) < 2:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert times[1] - times[0] >= 0.05
    while task.due < time.monotonic():  # until it is queued for in an hour
        time.sleep(0.01)
    workers.submit(task)
    assert done.wait(120)
    time.sleep(0.05)
    assert len(times) == 3, "the old place in the queue counts no more"


def test_closed_workers_begin_nothing(workers: Workers) -> None:
    workers.close(120.0)
    workers.submit(Task(lambda: _fail(ValueError()), _fail))
    assert [type(result) for result in workers.all([lambda: 1])] == [RuntimeError]
