"""Requests that AWS would refuse are refused, in its words."""

from __future__ import annotations

import json
import urllib.request
from typing import Any
from urllib.error import HTTPError

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError


@pytest.fixture
def unchecked(account) -> Any:
    """A client that sends whatever it is told."""
    return account.emulator.client("sagemaker", config=Config(parameter_validation=False))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"TrainingJobName": "a_b"}, r"Value 'a_b' at 'trainingJobName' failed .* pattern: \[a-zA-Z0-9\]"),
        ({"TrainingJobName": "x" * 64}, "at 'trainingJobName' .* length less than or equal to 63"),
        ({"TrainingJobName": "-a"}, "regular expression"),
        ({"InstanceType": "ml.nice"}, r"'resourceConfig.instanceType' .* enum value set: \[ml\."),
        ({"KeepAlivePeriodInSeconds": 21601}, "'resourceConfig.keepAlivePeriodInSeconds' .* equal to 21600"),
        ({"HyperParameters": {"a": "x" * 2501}}, r"'hyperParameters.a.member' .* equal to 2500"),
        ({"HyperParameters": {str(i): "x" for i in range(101)}}, "'hyperParameters' .* or equal to 100"),
        ({"Environment": {"A": "x" * 513}}, "'environment.A.member' .* equal to 512"),
        ({"Environment": {"1A": "x"}}, "'environment.key' .* pattern"),
        ({"RoleArn": None}, "Value null at 'roleArn' failed to satisfy constraint: Member must not be null"),
        ({"RoleArn": None, "OutputDataConfig": None}, "2 validation errors detected: .*; .*"),
        ({"StoppingCondition": None}, "Value null at 'stoppingCondition'"),
        ({"StoppingCondition": {"MaxRuntimeInSeconds": 2_419_201}}, "at most 2419200"),
        ({"RoleArn": "arn:aws:iam::123456789012:role/nobody"}, "Could not assume role arn:.*role/nobody"),
        ({"AlgorithmSpecification": {"TrainingInputMode": "File"}}, "exactly one of TrainingImage"),
        ({"InstanceCount": 0}, "InstanceCount of at least 1"),
        ({"EnableManagedSpotTraining": True}, "Invalid MaxWaitTimeInSeconds. It must be present"),
        ({"StoppingCondition": {"MaxWaitTimeInSeconds": 10}}, "MaxWaitTimeInSeconds must not"),
        ({"Tags": [{"Key": "a", "Value": "ü ß/="}, {"Key": "b", "Value": "€"}]}, r"'tags.2.member.value'"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_request_that_makes_no_sense_is_a_validation_exception(
    account, unchecked, changes: dict[str, Any], words: str
) -> None:
    request = account.request("job", **changes)
    request = {name: value for name, value in request.items() if value is not None}
    with pytest.raises(ClientError, match=words) as failed:
        unchecked.create_training_job(**request)
    assert failed.value.response["Error"]["Code"] == "ValidationException"
    assert failed.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert account.sagemaker.list_training_jobs()["TrainingJobSummaries"] == []


def test_a_value_of_another_type_is_a_serialization_exception(account) -> None:
    request = account.request("job")
    request["ResourceConfig"]["InstanceCount"] = "1"
    with pytest.raises(HTTPError) as failed:
        _post(account, "SageMaker.CreateTrainingJob", request)
    answer = json.load(failed.value)
    assert answer["__type"] == "SerializationException"
    assert answer["message"] == "STRING_VALUE can not be converted to a Integer"


def test_what_is_no_json_is_a_serialization_exception(account) -> None:
    with pytest.raises(HTTPError) as failed:
        _post(account, "SageMaker.CreateTrainingJob", b"{")
    assert json.load(failed.value)["__type"] == "SerializationException"


def test_members_that_the_model_does_not_know_are_dropped(account) -> None:
    _post(account, "SageMaker.CreateTrainingJob", {**account.request("job"), "Nonsense": 1})
    assert "Nonsense" not in account.describe("job")


def test_hyperparameters_arrive_as_they_are(account) -> None:
    awkward = {"x": "a b", "q": 'it\'s "quoted"', "n": "line\nbreak", "u": "ünï€", "list": "[1, 2]", "e": ""}
    account.create("job", HyperParameters=awkward)
    assert account.describe("job")["HyperParameters"] == awkward


@pytest.mark.parametrize(
    ("service", "call", "words"),
    [
        (
            "sagemaker",
            lambda client: client.list_models(),
            "offer ListModels. Of sagemaker it offers",
        ),
        ("sagemaker", lambda client: client.search(Resource="Experiment"), "searches only TrainingJob"),
        ("neptune-graph", lambda client: client.list_graphs(), "no service neptune-graph"),
    ],
)
def test_what_is_not_offered_is_said(account, service: str, call: Any, words: str) -> None:
    client = account.emulator.client(service)
    with pytest.raises(ClientError, match=words):
        call(client)


def _post(account, target: str, body: Any) -> Any:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"X-Amz-Target": target, "Content-Type": "application/x-amz-json-1.1"}
    with urllib.request.urlopen(
        urllib.request.Request(account.emulator.endpoint_url, data, headers), timeout=120
    ) as answer:
        return json.load(answer)
