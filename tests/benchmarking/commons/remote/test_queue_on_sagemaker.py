"""The queue over S3 and SageMaker of the emulator, whose jobs only say how they get on."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from marker_jobs import MarkerJobs
from queue_driver import TYPE, drive, jobs_of, service_of

from benchmarking.commons.remote.queue.queue_model import (
    BadRequestError,
    NameTakenError,
    NoInstanceError,
    ServiceError,
    ThrottledError,
    TroubleError,
)
from benchmarking.commons.remote.queue.sagemaker_jobs import queue_errors
from benchmarking.commons.remote.records.markers import read_states
from syne_core.aws.session import AwsSession
from syne_core.emulator import Emulator, EmulatorSettings
from syne_core.errors import AwsSetupError
from syne_core.paths import ExperimentKeys

TAG = "t"
DRIVER = Path(__file__).with_name("queue_driver.py")
Opened = Callable[..., Emulator]


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Iterator[Opened]:
    with ExitStack() as exits:

        def open_(jobs: MarkerJobs, **settings: Any) -> Emulator:
            emulator = exits.enter_context(Emulator(EmulatorSettings(**settings), start_jobs=jobs))
            jobs.emulator = emulator
            for name, value in emulator.environment().items():
                monkeypatch.setenv(name, value)
            return emulator

        yield open_


def _drive(emulator: Emulator, count: int, quota: int = 0, **options: Any) -> Any:
    return drive(emulator.bucket, emulator.role_arn, TAG, count, quota, **options)


def _states(emulator: Emulator) -> Counter[str]:
    found = read_states(emulator.client("s3"), emulator.bucket, TAG)
    return Counter(state.state for state in found.values())


def test_twenty_jobs_at_a_quota_of_four(opened: Opened) -> None:
    jobs = MarkerJobs(seconds=0.5)
    emulator = opened(jobs, quotas={TYPE: 4})
    began = time.monotonic()
    result = _drive(emulator, 20, quota=4)
    assert {outcome.state for outcome in result.outcomes} == {"finished"}
    assert emulator.calls()["CreateTrainingJob"] == 20
    assert emulator.calls().get("ListTrainingJobs", 0) <= 2 + 2 * (time.monotonic() - began)
    assert set(jobs.runs.values()) == {1}
    assert len(jobs.runs) == 20


def test_thirty_per_cent_fail_in_different_ways(opened: Opened) -> None:
    """Code with and without a last word, AWS itself, capacity: the others do not care."""
    kinds = {0: "code", 3: "internal", 5: "capacity", 6: "code", 8: "internal", 9: "capacity"}

    def kind_of(id8: str, attempt: int) -> str:
        kind = kinds.get(int(id8, 16), "ok")
        return kind if kind == "code" or attempt < 2 else "ok"

    jobs = MarkerJobs(kind_of=kind_of)
    emulator = opened(jobs)
    result = _drive(emulator, 20)
    failed = [outcome.experiment.seed for outcome in result.failed]
    assert (failed, result.exit_code) == ([0, 6], 3)
    assert result.failed[0].log_tail == ("the end",)
    assert _states(emulator) == {"finished": 18, "failed": 2}
    jobs.kind_of = lambda id8, attempt: "ok"
    again = _drive(emulator, 20, retry_failed=True)
    assert (again.created, again.exit_code) == (2, 0)
    assert all(count == 1 for count in jobs.runs.values())


def test_calls_that_fail_or_get_no_answer_are_waited_out(opened: Opened) -> None:
    jobs = MarkerJobs()
    emulator = opened(jobs, fail_rate=0.2, fail_operations=("CreateTrainingJob",), seed=3, timeout=0.2)
    result = _drive(emulator, 10)
    assert {outcome.state for outcome in result.outcomes} == {"finished"}
    assert sorted(jobs.runs.values()) == [1] * 10


def _await(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 180
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def _kill_and_go_on(emulator: Emulator, count: int, kills: int, seed: int) -> dict[str, Any]:
    """The same command, killed ``kills`` times at random moments; what the last one prints."""
    generator = random.Random(seed)
    words = [emulator.bucket, emulator.role_arn, TAG, str(count), "6"]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[4])}
    for _ in range(kills):
        with subprocess.Popen([sys.executable, str(DRIVER), *words], env=environment) as driver:
            before = sum(emulator.calls().values())
            calls = generator.randrange(1, 60)
            wanted = before + calls
            _await(
                lambda wanted=wanted: sum(emulator.calls().values()) >= wanted or driver.poll() is not None
            )
            driver.send_signal(signal.SIGKILL)
    last = subprocess.run(
        [sys.executable, str(DRIVER), *words], env=environment, capture_output=True, text=True, check=True
    )
    found: dict[str, Any] = json.loads(last.stdout)
    return found


@pytest.mark.parametrize(
    ("kills", "seconds"), [(5, 0.5), pytest.param(30, 6.0, marks=pytest.mark.soak)], ids=["few", "many"]
)
def test_a_driver_that_is_killed_again_and_again_loses_and_repeats_nothing(
    opened: Opened, kills: int, seconds: float
) -> None:
    jobs = MarkerJobs(seconds=seconds)
    emulator = opened(jobs, quotas={TYPE: 6})
    result = _kill_and_go_on(emulator, 24, kills, seed=kills)
    assert result["states"] == ["finished"] * 24
    assert sorted(jobs.runs) == [f"{seed:08x}" for seed in range(24)]
    assert set(jobs.runs.values()) == {1}

    def statuses() -> list[str]:
        listed = emulator.client("sagemaker").list_training_jobs(MaxResults=100)["TrainingJobSummaries"]
        return [job["TrainingJobStatus"] for job in listed]

    _await(lambda: "InProgress" not in statuses())  # a job ends after it has said that it finished
    assert statuses() == ["Completed"] * 24, "one job each"


def test_a_record_on_s3_tells_of_an_end_that_no_marker_tells_of(emulator: Emulator) -> None:
    service = service_of(AwsSession.resolve(), emulator.bucket, emulator.role_arn, TAG)
    finished, running, absent = (job.lead for job in jobs_of(TAG, 3))
    for one, state in ((finished, "finished"), (running, "running")):
        key = f"{ExperimentKeys(one.name).leaf}status.json"
        body = json.dumps({"state": state}).encode()
        emulator.client("s3").put_object(Bucket=emulator.bucket, Key=key, Body=body)
    assert [service.has_finished(one) for one in (finished, running, absent)] == [True, False, False]


def test_what_was_spent_is_kept_for_the_next_launch(emulator: Emulator) -> None:
    service = service_of(AwsSession.resolve(), emulator.bucket, emulator.role_arn, TAG)
    assert service.notes() == {}
    service.keep_notes({"usd": 1.5})
    assert service.notes() == {"usd": 1.5}


def test_running_jobs_are_found_by_what_their_names_share(opened: Opened) -> None:
    jobs = MarkerJobs(seconds=10_000.0)
    emulator = opened(jobs)
    service = service_of(AwsSession.resolve(), emulator.bucket, emulator.role_arn, TAG)
    queued = jobs_of(TAG, 3)
    for job in queued[:2]:
        service.create(job, 0)
    names = [service.job_name(job, 0) for job in queued]
    assert service.running(names) == set(names[:2])
    service.stop(names[0])
    service.stop("no-such-job")
    _await(lambda: service.running(names) == {names[1]})
    with pytest.raises(NameTakenError):
        service.create(queued[0], 0)
    assert service.describe(names[2]) is None


def _client_error(code: str, message: str = "m", status: int = 400) -> Exception:
    from botocore.exceptions import ClientError

    answer = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}
    error: Exception = ClientError(answer, "CreateTrainingJob")
    return error


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (_client_error("ResourceInUse"), NameTakenError),
        (_client_error("ResourceLimitExceeded"), NoInstanceError),
        (_client_error("CapacityError"), NoInstanceError),
        (_client_error("ThrottlingException"), ThrottledError),
        (_client_error("SlowDown", status=503), ThrottledError),
        (_client_error("InternalFailure", status=500), TroubleError),
        (ConnectionResetError(), TroubleError),
        (_client_error("ValidationException", "no such instance type"), BadRequestError),
        (_client_error("ValidationException", "Could not assume role arn:..."), AwsSetupError),
        (_client_error("ExpiredTokenException"), AwsSetupError),
        (_client_error("AccessDeniedException"), AwsSetupError),
    ],
)
def test_refusals_are_told_apart(error: Exception, kind: type[Exception]) -> None:
    with pytest.raises(kind, match="Cannot create job j: "), queue_errors("create job j"):
        raise error


def test_errors_of_our_own_are_not_taken_for_refusals() -> None:
    with pytest.raises(KeyError), queue_errors("create job j"):
        raise KeyError("a bug")
    assert not issubclass(KeyError, ServiceError)
