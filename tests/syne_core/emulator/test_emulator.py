"""The emulator as a context manager, and its fixture."""

from __future__ import annotations

import os
import threading

import boto3
import pytest

from syne_core.emulator import Emulator, EmulatorSettings
from syne_core.errors import ExperimentError, UsageError


def test_a_client_of_the_environment_alone_reaches_it(emulator: Emulator) -> None:
    s3 = boto3.client("s3")
    assert [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]] == [emulator.bucket]
    s3.close()
    sts = emulator.client("sts")
    assert sts.get_caller_identity()["Account"] == emulator.account
    assert emulator.calls() == {"ListBuckets": 1, "GetCallerIdentity": 1}


def test_no_thread_of_it_is_left(emulator: Emulator) -> None:
    before = set(threading.enumerate())
    with pytest.raises(ExperimentError, match="only one"), Emulator():
        pass
    assert set(threading.enumerate()) <= before


def test_another_account_and_region_begin_empty() -> None:
    before = set(threading.enumerate())
    settings = EmulatorSettings(account="210987654321", region="eu-west-1")
    with Emulator(settings) as emulator:
        assert emulator.bucket == "sagemaker-eu-west-1-210987654321"
        s3 = emulator.client("s3")
        assert [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]] == [emulator.bucket]
        place = s3.get_bucket_location(Bucket=emulator.bucket)["LocationConstraint"]
        assert place == "eu-west-1"
        role = emulator.client("iam").get_role(RoleName=emulator.role_arn.rpartition("/")[2])["Role"]
        assert role["Arn"] == emulator.role_arn
        assert "sagemaker.amazonaws.com" in str(role["AssumeRolePolicyDocument"])
    assert set(threading.enumerate()) <= before


def test_the_fixture_leads_subprocesses_to_it(emulator: Emulator) -> None:
    assert {name: os.environ[name] for name in emulator.environment()} == emulator.environment()


def test_an_isolation_that_this_machine_refuses_is_refused_at_the_start(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from syne_core.emulator.jobs import isolation

    monkeypatch.setattr(isolation, "_best", lambda below: isolation.Isolation(namespaces=False))
    refused = Emulator(EmulatorSettings(isolation="namespaces"))
    with pytest.raises(UsageError, match="refuses user namespaces"), refused:
        pass
    with Emulator(EmulatorSettings(isolation="folder")) as running:
        assert running.endpoint_url
