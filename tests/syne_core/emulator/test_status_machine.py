"""How a job stands between CreateTrainingJob and its end."""

from __future__ import annotations

from itertools import pairwise

import pytest
from botocore.exceptions import ClientError
from scripted_jobs import STOPPED, wait_for

from syne_core.emulator.jobs.contract import JobEnd


def code_of(failed: pytest.ExceptionInfo[ClientError]) -> str:
    return str(failed.value.response["Error"]["Code"])


def test_a_job_passes_through_the_statuses_of_aws(account) -> None:
    account.create("job", HyperParameters={"lr": "0.1"}, Environment={"A": "b"})
    run = account.jobs.run_of("job")
    described = account.describe("job")
    assert (described["TrainingJobStatus"], described["SecondaryStatus"]) == ("InProgress", "Training")
    assert "ModelArtifacts" not in described, "as with AWS, before there are any"
    run.events.secondary_status("Uploading", "Uploading generated training model")
    run.end()
    described = account.await_status("job", "Completed")
    transitions = described["SecondaryStatusTransitions"]
    assert [one["Status"] for one in transitions] == [
        *("Starting", "Downloading", "Training", "Uploading", "Completed")
    ]
    assert transitions[0]["StatusMessage"] == "Preparing the instances for training"
    assert transitions[-1]["StatusMessage"] == "Training job completed"
    for one, following in pairwise(transitions):
        assert one["EndTime"] == following["StartTime"] >= one["StartTime"]
    assert described["LastModifiedTime"] == transitions[-1]["StartTime"]
    assert described["TrainingStartTime"] == transitions[1]["StartTime"]
    assert described["TrainingEndTime"] >= transitions[3]["StartTime"]
    seconds = (described["TrainingEndTime"] - described["TrainingStartTime"]).total_seconds()
    assert described["BillableTimeInSeconds"] == described["TrainingTimeInSeconds"]
    assert max(1, seconds) <= described["BillableTimeInSeconds"] <= seconds + 1.01
    assert described["ModelArtifacts"] == {"S3ModelArtifacts": "s3://bucket/model.tar.gz"}
    assert (described["HyperParameters"], described["Environment"]) == ({"lr": "0.1"}, {"A": "b"})


def test_a_stopping_job_is_stopping_until_its_process_is_gone(open_account) -> None:
    account = open_account(stop_asks_only=True)
    account.create("job")
    run = account.jobs.run_of("job")
    account.sagemaker.stop_training_job(TrainingJobName="job")
    account.sagemaker.stop_training_job(TrainingJobName="job")
    assert account.status("job") == "Stopping"
    wait_for(lambda: run.asked)
    assert run.asked == ["stop"]
    run.events.secondary_status("Training", "Late news of a job that was told to stop")
    run.events.secondary_status("Uploading", "Uploading generated training model")
    assert account.status("job") == "Stopping"
    run.end(STOPPED)
    described = account.await_status("job", "Stopped")
    assert [one["Status"] for one in described["SecondaryStatusTransitions"]][2:] == [
        *("Training", "Stopping", "Uploading", "Stopped")
    ]
    with pytest.raises(ClientError, match="rejected because the training job is in status Stopped") as failed:
        account.sagemaker.stop_training_job(TrainingJobName="job")
    assert code_of(failed) == "ValidationException"


def test_a_job_that_completes_while_it_is_told_to_stop_is_completed(open_account) -> None:
    account = open_account(stop_asks_only=True)
    account.create("job")
    run = account.jobs.run_of("job")
    account.sagemaker.stop_training_job(TrainingJobName="job")
    run.end()
    assert account.await_status("job", "Completed", "Stopped")["TrainingJobStatus"] == "Completed"


def test_a_job_that_is_stopped_before_it_has_instances_never_runs(open_account) -> None:
    account = open_account(cold_start=3600)
    account.create("job")
    assert account.describe("job")["SecondaryStatusTransitions"][0]["StatusMessage"] == (
        "Launching requested ML instances"
    )
    account.sagemaker.stop_training_job(TrainingJobName="job")
    described = account.describe("job")
    assert described["TrainingJobStatus"] == "Stopped"
    assert "TrainingStartTime" not in described
    account.create("other")
    account.let_time_pass()
    account.jobs.run_of("other")
    assert [job.request["TrainingJobName"] for job in account.jobs.started] == ["other"]


def test_cold_start_takes_its_time(open_account) -> None:
    account = open_account(cold_start=0.2)
    account.create("job")
    account.jobs.run_of("job")
    first, second = account.describe("job")["SecondaryStatusTransitions"][:2]
    assert (second["StartTime"] - first["StartTime"]).total_seconds() >= 0.19


def test_a_job_that_runs_for_too_long_is_stopping_then_stopped(account) -> None:
    account.create("job")
    run = account.jobs.run_of("job")
    run.events.secondary_status("Stopping", "Stopping the training job")
    assert account.status("job") == "Stopping"
    run.end(JobEnd("Stopped", "MaxRuntimeExceeded"))
    described = account.await_status("job", "Stopped")
    assert described["SecondaryStatus"] == "MaxRuntimeExceeded"


def test_a_failed_job_says_why_within_the_limit_of_the_api(account) -> None:
    account.create("job")
    account.jobs.run_of("job").end(JobEnd("Failed", "Failed", "AlgorithmError: " + "x" * 2000, exit_code=1))
    described = account.await_status("job", "Failed")
    assert described["FailureReason"].startswith("AlgorithmError: xxx")
    assert len(described["FailureReason"]) == 1024


def test_the_newest_value_of_each_metric_is_its_final_one(account) -> None:
    account.create("job")
    run = account.jobs.run_of("job")
    run.events.metric("loss", 2.0, 1_700_000_000.0)
    run.events.metric("loss", 1.5, 1_700_000_001.0)
    run.events.metric("accuracy", 0.5, 1_700_000_001.0)
    run.end()
    metrics = account.await_status("job", "Completed")["FinalMetricDataList"]
    assert {one["MetricName"]: one["Value"] for one in metrics} == {"loss": 1.5, "accuracy": 0.5}


def test_names_are_used_once_until_the_job_is_deleted(account) -> None:
    account.create("job")
    with pytest.raises(ClientError, match="names must be unique") as failed:
        account.create("job")
    assert code_of(failed) == "ResourceInUse"
    with pytest.raises(ClientError, match="in status InProgress"):
        account.sagemaker.delete_training_job(TrainingJobName="job")
    account.jobs.run_of("job").end()
    account.await_status("job", "Completed")
    account.sagemaker.delete_training_job(TrainingJobName="job")
    with pytest.raises(ClientError, match=r"Requested resource not found\.") as failed:
        account.describe("job")
    assert code_of(failed) == "ValidationException"
    account.create("job")
    assert wait_for(lambda: len(account.jobs.started) == 2)


def test_a_job_that_cannot_be_started_has_an_internal_error(open_account, capsys) -> None:
    account = open_account()

    def broken(*_: object) -> None:
        raise OSError("no space left")

    account.emulator._lifecycle._start_jobs = broken  # type: ignore[assignment]
    account.create("job")
    assert "InternalServerError" in account.await_status("job", "Failed")["FailureReason"]
    assert "no space left" in capsys.readouterr().err


def test_closing_the_emulator_ends_its_jobs(open_account) -> None:
    account = open_account()
    account.create("job")
    run = account.jobs.run_of("job")
    account.emulator.__exit__(None, None, None)
    assert run.asked == ["kill"]
