"""What an emulator remembers of earlier sessions."""

from __future__ import annotations

from pathlib import Path

import pytest
from scripted_jobs import wait_for

from syne_core.emulator.state_folder import StateFolder
from syne_core.errors import ExperimentError

LARGE = b"x" * 200_000


def close(account) -> None:
    account.emulator.__exit__(None, None, None)


def test_jobs_that_were_over_are_as_they_were(open_account, tmp_path: Path) -> None:
    first = open_account(folder=tmp_path)
    first.create("done", HyperParameters={"a": "b"}, Tags=[{"Key": "k", "Value": "v"}])
    first.create("gone")
    first.jobs.run_of("done").events.metric("loss", 0.5, 1_700_000_000.0)
    for name in ("done", "gone"):
        first.jobs.run_of(name).end()
        first.await_status(name, "Completed")
    first.sagemaker.delete_training_job(TrainingJobName="gone")
    before = first.describe("done")
    close(first)
    second = open_account(folder=tmp_path)
    after = second.describe("done")
    for described in (before, after):
        del described["ResponseMetadata"]
    assert after == before
    assert len(second.sagemaker.list_training_jobs()["TrainingJobSummaries"]) == 1
    tags = second.sagemaker.list_tags(ResourceArn=after["TrainingJobArn"])["Tags"]
    assert tags == [{"Key": "k", "Value": "v"}]


def test_running_jobs_have_failed_after_a_restart(open_account, tmp_path: Path) -> None:
    first = open_account(folder=tmp_path)
    first.create("running", KeepAlivePeriodInSeconds=600)
    first.create("pool", KeepAlivePeriodInSeconds=600)
    first.jobs.run_of("pool").end()
    first.await_status("pool", "Completed")
    wait_for(lambda: first.describe("running")["SecondaryStatus"] == "Training")
    close(first)
    second = open_account(folder=tmp_path, quotas={"ml.m5.large": 1}, warm_pool_quotas={"ml.m5.large": 1})
    described = second.describe("running")
    assert described["TrainingJobStatus"] == "Failed"
    assert described["FailureReason"].startswith("InternalServerError")
    assert second.describe("pool")["WarmPoolStatus"]["Status"] == "Terminated"
    second.create("next", KeepAlivePeriodInSeconds=600)


def test_buckets_and_objects_are_there_again(open_account, tmp_path: Path) -> None:
    first = open_account(folder=tmp_path)
    s3, bucket = first.emulator.client("s3"), first.emulator.bucket
    s3.create_bucket(Bucket="another-bucket")
    s3.create_bucket(Bucket="deleted-bucket")
    s3.delete_bucket(Bucket="deleted-bucket")
    awkward = "a b/ü+%'\"&?.txt"
    s3.put_object(Bucket=bucket, Key=awkward, Body=b"small", Metadata={"who": "me"}, ContentType="text/x")
    s3.put_object(Bucket=bucket, Key="large", Body=LARGE)
    s3.put_object(Bucket=bucket, Key="large", Body=LARGE + b"!")
    s3.copy_object(Bucket="another-bucket", Key="copy", CopySource={"Bucket": bucket, "Key": "large"})
    for key in ("one", "two", "three"):
        s3.put_object(Bucket=bucket, Key=f"gone/{key} ü", Body=LARGE)
    s3.delete_object(Bucket=bucket, Key="gone/one ü")
    s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": f"gone/{k} ü"} for k in ("two", "three")]})
    upload = s3.create_multipart_upload(Bucket=bucket, Key="parts")["UploadId"]
    part = s3.upload_part(Bucket=bucket, Key="parts", UploadId=upload, PartNumber=1, Body=b"part")
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    s3.complete_multipart_upload(Bucket=bucket, Key="parts", UploadId=upload, MultipartUpload=parts)
    before = contents(s3, bucket)
    close(first)
    assert len(list((tmp_path / "objects").iterdir())) == 2, "contents that are no longer used are removed"
    s3 = open_account(folder=tmp_path).emulator.client("s3")
    assert {one["Name"] for one in s3.list_buckets()["Buckets"]} == {bucket, "another-bucket"}
    assert contents(s3, bucket) == before
    assert [key for key, *_ in before] == [awkward, "large", "parts"]
    small = s3.get_object(Bucket=bucket, Key=awkward)
    assert (small["Body"].read(), small["Metadata"], small["ContentType"]) == (
        b"small",
        {"who": "me"},
        "text/x",
    )
    assert s3.get_object(Bucket="another-bucket", Key="copy")["Body"].read() == LARGE + b"!"


def contents(s3, bucket: str) -> list[tuple]:
    listed = s3.list_objects_v2(Bucket=bucket)["Contents"]
    return [(one["Key"], one["Size"], one["ETag"], one["LastModified"]) for one in listed]


def test_logs_of_jobs_that_are_over_are_there_again(open_account, tmp_path: Path) -> None:
    group, stream = "/aws/sagemaker/TrainingJobs", "job/algo-1-1700000000"
    first = open_account(folder=tmp_path)
    first.create("job")
    run = first.jobs.run_of("job")
    logs = first.emulator.client("logs")
    logs.create_log_stream(logGroupName=group, logStreamName=stream)
    when = int(first.describe("job")["CreationTime"].timestamp() * 1000)
    events = [{"timestamp": when + i, "message": f"line {i}"} for i in range(3)]
    logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)
    run.end()
    first.await_status("job", "Completed")
    close(first)
    logs = open_account(folder=tmp_path).emulator.client("logs")
    found = logs.get_log_events(logGroupName=group, logStreamName=stream, startFromHead=True)["events"]
    assert [one["message"] for one in found] == ["line 0", "line 1", "line 2"]
    streams = logs.describe_log_streams(logGroupName=group, logStreamNamePrefix="job/")["logStreams"]
    assert [one["logStreamName"] for one in streams] == [stream]


def test_a_folder_is_used_by_one_emulator_at_a_time(tmp_path: Path) -> None:
    state = StateFolder(tmp_path)
    with pytest.raises(ExperimentError, match="Another emulator uses"):
        StateFolder(tmp_path)
    state.close()
    StateFolder(tmp_path).close()


def test_what_a_killed_emulator_left_half_done_is_removed(tmp_path: Path) -> None:
    state = StateFolder(tmp_path)
    (tmp_path / "objects" / "stray").write_bytes(b"")
    (tmp_path / "jobs" / "job").mkdir()
    state.close()
    StateFolder(tmp_path).close()
    assert list((tmp_path / "objects").iterdir()) == list((tmp_path / "jobs").iterdir()) == []
