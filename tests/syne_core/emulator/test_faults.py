"""Injected throttling, failures and delays of calls."""

from __future__ import annotations

import time
from collections import Counter
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    HTTPClientError,
    ReadTimeoutError,
)

from syne_core.emulator import faults

ONCE = Config(retries={"total_max_attempts": 1}, read_timeout=120)


def outcome(call: Any) -> str:
    try:
        call()
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    except (ConnectionClosedError, ReadTimeoutError, HTTPClientError) as error:
        return type(error).__name__
    return "ok"


def test_throttled_operations_take_their_rate_after_their_burst(
    open_account, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1000.0]
    monkeypatch.setattr(faults, "time", SimpleNamespace(monotonic=lambda: now[0]))
    account = open_account(throttle={"ListTrainingJobs": (1.0, 3)})
    client = account.emulator.client("sagemaker", config=ONCE)
    outcomes = [outcome(client.list_training_jobs) for _ in range(6)]
    assert outcomes == ["ok"] * 3 + ["ThrottlingException"] * 3
    assert outcome(lambda: client.describe_training_job(TrainingJobName="x")) == "ValidationException"
    assert account.emulator.calls()["ListTrainingJobs"] == 6, "those that were refused are counted too"
    now[0] += 1.0
    assert [outcome(client.list_training_jobs) for _ in range(2)] == ["ok", "ThrottlingException"]


def test_calls_fail_in_all_the_ways_that_they_can_and_the_same_again_with_the_same_seed(open_account) -> None:
    account = open_account(fail_rate=0.5, fail_operations=("ListTrainingJobs",), timeout=0.01, seed=5)
    client = account.emulator.client("sagemaker", config=ONCE)
    outcomes = Counter(outcome(client.list_training_jobs) for _ in range(80))
    assert 25 <= outcomes["ok"] <= 55
    assert set(outcomes) == {
        *("ok", "ThrottlingException", "InternalFailure", "ServiceUnavailable", "ConnectionClosedError")
    }
    logs = account.emulator.client("logs", config=ONCE)
    assert {outcome(logs.describe_log_groups) for _ in range(10)} == {"ok"}


def test_a_call_without_an_answer_may_have_been_carried_out(open_account) -> None:
    account = open_account(fail_rate=0.6, fail_operations=("CreateTrainingJob",), timeout=0.01, seed=1)
    client = account.emulator.client("sagemaker", config=ONCE)
    unanswered = []
    for number in range(40):
        request = account.request(f"job-{number}")
        if outcome(lambda r=request: client.create_training_job(**r)) == "ConnectionClosedError":
            unanswered.append(f"job-{number}")
    jobs = account.sagemaker.list_training_jobs(MaxResults=100)["TrainingJobSummaries"]
    there = {job["TrainingJobName"] for job in jobs}
    assert there & set(unanswered)
    assert set(unanswered) - there


def test_standard_retries_get_over_it(open_account) -> None:
    account = open_account(fail_rate=0.2, timeout=0.01, seed=2)
    retries = Config(retries={"mode": "standard", "total_max_attempts": 8})
    s3 = account.emulator.client("s3", config=retries)
    for number in range(20):
        s3.put_object(Bucket=account.emulator.bucket, Key=str(number), Body=b"x")
    listed = s3.list_objects_v2(Bucket=account.emulator.bucket)
    assert listed["KeyCount"] == 20
    assert account.emulator.calls()["PutObject"] > 20


def test_a_throttled_s3_says_slow_down(open_account) -> None:
    account = open_account(throttle={"PutObject": (0.001, 1)})
    s3 = account.emulator.client("s3", config=ONCE)

    def put() -> None:
        s3.put_object(Bucket=account.emulator.bucket, Key="a", Body=b"x")

    assert [outcome(put), outcome(put)] == ["ok", "SlowDown"]


def test_throttled_iam_answers_in_xml(open_account) -> None:
    account = open_account(throttle={"ListRoles": (0.001, 1)})
    iam = account.emulator.client("iam", config=ONCE)
    assert [outcome(iam.list_roles), outcome(iam.list_roles)] == ["ok", "ThrottlingException"]


def test_latency_is_added_to_every_call(open_account) -> None:
    account = open_account(latency=0.15)
    begin = time.monotonic()
    account.sagemaker.list_training_jobs()
    assert time.monotonic() - begin >= 0.15


@pytest.mark.parametrize("timeout", [600.0])
def test_closing_does_not_wait_for_calls_that_get_no_answer(open_account, timeout: float) -> None:
    account = open_account(fail_rate=1.0, fail_operations=("ListTrainingJobs",), timeout=timeout)
    client = account.emulator.client(
        "sagemaker", config=Config(retries={"total_max_attempts": 1}, read_timeout=0.2)
    )
    while outcome(client.list_training_jobs) != "ReadTimeoutError":
        pass
    begin = time.monotonic()
    account.emulator.__exit__(None, None, None)
    assert time.monotonic() - begin < timeout / 2


def test_what_a_policy_forbids_is_denied_in_the_words_of_each_service_until_it_is_allowed(
    open_account,
) -> None:
    account = open_account(deny=("PutObject", "CreateTrainingJob", "ListRoles"))
    emulator = account.emulator
    s3, iam = emulator.client("s3", config=ONCE), emulator.client("iam", config=ONCE)

    def put() -> None:
        s3.put_object(Bucket=emulator.bucket, Key="a", Body=b"x")

    def create() -> None:
        account.sagemaker.create_training_job(**account.request("job"))

    assert [outcome(put), outcome(iam.list_roles)] == ["AccessDenied", "AccessDenied"]
    assert outcome(create) == "AccessDeniedException"
    emulator.allow("PutObject", "CreateTrainingJob")
    assert [outcome(put), outcome(create)] == ["ok", "ok"]
    emulator.deny("PutObject")
    assert [outcome(put), outcome(iam.list_roles)] == ["AccessDenied", "AccessDenied"]


def test_credentials_expire_after_their_calls_and_new_ones_begin_anew(open_account) -> None:
    import boto3

    account = open_account(expire_after=3)
    emulator = account.emulator

    def client(service: str, key: str, token: str | None = None) -> Any:
        return boto3.client(
            service,
            endpoint_url=emulator.endpoint_url,
            region_name=emulator.region,
            aws_access_key_id=key,
            aws_secret_access_key="s",
            aws_session_token=token,
            config=ONCE,
        )

    jobs = client("sagemaker", "mine")
    assert [outcome(jobs.list_training_jobs) for _ in range(4)] == ["ok"] * 3 + ["ExpiredTokenException"]
    assert outcome(client("s3", "mine").list_buckets) == "ExpiredToken"
    assert outcome(client("sts", "mine").get_caller_identity) == "ExpiredToken"
    assert outcome(client("s3", "mine", "renewed").list_buckets) == "ok"
    of_job = client("sagemaker", "emulator")
    assert {outcome(of_job.list_training_jobs) for _ in range(6)} == {"ok"}
