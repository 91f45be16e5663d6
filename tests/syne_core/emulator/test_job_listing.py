"""ListTrainingJobs, Search and tags."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError
from scripted_jobs import wait_for


@pytest.fixture
def three(account) -> Any:
    """Jobs ``alpha`` (completed), ``beta-one`` (in progress), ``beta-two`` (stopped), in this order."""
    for name, rate in (("alpha", "0.1"), ("beta-one", "0.01"), ("beta-two", "0.5")):
        account.create(name, HyperParameters={"lr": rate}, Tags=[{"Key": "team", "Value": name[0]}])
        account.jobs.run_of(name)
    account.jobs.run_of("alpha").events.metric("loss", 0.25, 1_700_000_000.0)
    account.jobs.run_of("alpha").end()
    account.sagemaker.stop_training_job(TrainingJobName="beta-two")
    account.await_status("beta-two", "Stopped")
    return account


def listed(account, **request: Any) -> list[str]:
    answer = account.sagemaker.list_training_jobs(**request)
    return [job["TrainingJobName"] for job in answer["TrainingJobSummaries"]]


def test_newest_first_unless_asked_otherwise(three) -> None:
    assert listed(three) == ["beta-two", "beta-one", "alpha"]
    assert listed(three, SortOrder="Ascending") == ["alpha", "beta-one", "beta-two"]
    assert listed(three, SortBy="Name", SortOrder="Ascending") == ["alpha", "beta-one", "beta-two"]
    assert listed(three, SortBy="Status", SortOrder="Ascending") == ["alpha", "beta-one", "beta-two"]


def test_filters(three) -> None:
    assert listed(three, NameContains="BETA") == ["beta-two", "beta-one"]
    assert listed(three, StatusEquals="InProgress") == ["beta-one"]
    created = three.describe("beta-one")["CreationTime"]
    assert listed(three, CreationTimeAfter=created) == ["beta-two"]
    assert listed(three, CreationTimeBefore=created) == ["alpha"]
    modified = three.describe("beta-one")["LastModifiedTime"]
    assert listed(three, LastModifiedTimeAfter=modified) == ["beta-two", "alpha"]
    assert listed(three, LastModifiedTimeBefore=modified) == []
    assert listed(three, WarmPoolStatusEquals="Available") == []


def test_summaries_say_how_jobs_stand(three) -> None:
    newest = three.sagemaker.list_training_jobs()["TrainingJobSummaries"][0]
    described = three.describe("beta-two")
    for member in (
        "TrainingJobArn",
        "CreationTime",
        "LastModifiedTime",
        "TrainingEndTime",
        "SecondaryStatus",
    ):
        assert newest[member] == described[member]


def test_pages_hold_every_job_once_though_jobs_are_created_meanwhile(account) -> None:
    names = {f"job-{number}" for number in range(7)}
    for name in sorted(names):
        account.create(name)
    seen, request = [], {"MaxResults": 3}
    while True:
        answer = account.sagemaker.list_training_jobs(**request)
        seen += [job["TrainingJobName"] for job in answer["TrainingJobSummaries"]]
        account.create(f"late-{len(seen)}")
        if "NextToken" not in answer:
            break
        request["NextToken"] = answer["NextToken"]
    assert len(seen) == 7
    assert set(seen) == names
    with pytest.raises(ClientError, match="NextToken is invalid"):
        account.sagemaker.list_training_jobs(NextToken="nonsense")


def test_default_page_has_ten_jobs_and_the_longest_a_hundred(account) -> None:
    for number in range(12):
        account.create(f"job-{number}")
    assert len(listed(account)) == 10
    assert len(listed(account, MaxResults=100)) == 12
    with pytest.raises(ClientError, match=r"'maxResults' failed .* less than or equal to 100"):
        listed(account, MaxResults=101)


def test_status_and_page_size_together_filter_after_paging(three) -> None:
    """As AWS documents it; a client must follow NextToken through empty pages."""
    answer = three.sagemaker.list_training_jobs(MaxResults=1, StatusEquals="Completed")
    assert answer["TrainingJobSummaries"] == []
    assert "NextToken" in answer


def found(account, *filters: tuple[str, str, str], **request: Any) -> list[str]:
    expression: dict[str, Any] = {
        "Filters": [
            {"Name": name, "Operator": verb, **({"Value": value} if value else {})}
            for name, verb, value in filters
        ]
    }
    if "Operator" in request:
        expression["Operator"] = request.pop("Operator")
    answer = account.sagemaker.search(Resource="TrainingJob", SearchExpression=expression, **request)
    return sorted(one["TrainingJob"]["TrainingJobName"] for one in answer["Results"])


def test_search_by_properties(three) -> None:
    assert found(three, ("TrainingJobStatus", "Equals", "Completed")) == ["alpha"]
    assert found(three, ("HyperParameters.lr", "GreaterThan", "0.05")) == ["alpha", "beta-two"]
    assert found(three, ("Metrics.loss", "LessThanOrEqualTo", "0.25")) == ["alpha"]
    assert found(three, ("Tags.team", "Equals", "b")) == ["beta-one", "beta-two"]
    assert found(three, ("TrainingJobName", "Contains", "two")) == ["beta-two"]
    assert found(three, ("TrainingJobStatus", "In", "Stopped, Completed")) == ["alpha", "beta-two"]
    assert found(three, ("Metrics.loss", "NotExists", "")) == ["beta-one", "beta-two"]
    assert found(three, ("ResourceConfig.InstanceType", "NotEquals", "ml.m5.large")) == []
    created = three.describe("beta-one")["CreationTime"]
    assert found(three, ("CreationTime", "GreaterThan", created.isoformat())) == ["beta-two"]
    both = [("TrainingJobStatus", "Equals", "Completed"), ("Tags.team", "Equals", "b")]
    assert found(three, *both) == []
    assert found(three, *both, Operator="Or") == ["alpha", "beta-one", "beta-two"]


def test_search_by_nested_filters_and_pages(account) -> None:
    def channel(uri: str) -> dict[str, Any]:
        source = {"S3DataType": "S3Prefix", "S3Uri": uri}
        return {"ChannelName": uri[-1], "DataSource": {"S3DataSource": source}}

    account.create("one", InputDataConfig=[channel("s3://b/x"), channel("s3://b/y")])
    account.create("two", InputDataConfig=[channel("s3://b/z")])
    nested = {
        "NestedPropertyName": "InputDataConfig",
        "Filters": [
            {
                "Name": "InputDataConfig.DataSource.S3DataSource.S3Uri",
                "Operator": "Equals",
                "Value": "s3://b/y",
            }
        ],
    }
    expression = {"SubExpressions": [{"NestedFilters": [nested]}]}
    answer = account.sagemaker.search(Resource="TrainingJob", SearchExpression=expression)
    assert [one["TrainingJob"]["TrainingJobName"] for one in answer["Results"]] == ["one"]
    first = account.sagemaker.search(
        Resource="TrainingJob", MaxResults=1, SortBy="CreationTime", SortOrder="Ascending"
    )
    second = account.sagemaker.search(
        Resource="TrainingJob",
        MaxResults=1,
        SortBy="CreationTime",
        SortOrder="Ascending",
        NextToken=first["NextToken"],
    )
    names = [page["Results"][0]["TrainingJob"]["TrainingJobName"] for page in (first, second)]
    assert names == ["one", "two"]
    assert "NextToken" not in second


def test_tags_are_added_replaced_listed_and_deleted(three) -> None:
    client, arn = three.sagemaker, three.describe("alpha")["TrainingJobArn"]
    assert client.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "team", "Value": "a"}]
    client.add_tags(ResourceArn=arn, Tags=[{"Key": "team", "Value": "b"}, {"Key": "cost", "Value": ""}])
    page = client.list_tags(ResourceArn=arn, MaxResults=50)
    assert page["Tags"] == [{"Key": "team", "Value": "b"}, {"Key": "cost", "Value": ""}]
    client.delete_tags(ResourceArn=arn, TagKeys=["team"])
    assert client.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "cost", "Value": ""}]
    with pytest.raises(ClientError, match="Requested resource not found"):
        client.list_tags(ResourceArn=arn + "x")


def test_jobs_by_the_hundred(account) -> None:
    for number in range(100):
        account.create(f"job-{number}")
    wait_for(lambda: len(account.jobs.started) == 100)
    for run in account.jobs.started:
        run.end()
    answer = account.sagemaker.list_training_jobs(MaxResults=100)
    assert {job["TrainingJobStatus"] for job in answer["TrainingJobSummaries"]} == {"Completed"}
