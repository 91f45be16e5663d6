"""Quotas, warm pools, managed spot, injected faults of jobs."""

from __future__ import annotations

import re
import time

import pytest
from botocore.exceptions import ClientError
from scripted_jobs import COMPLETED, STOPPED, wait_for

from syne_core.emulator.jobs.contract import JobEnd

GPU = "ml.g4dn.xlarge"


def test_quota_counts_instances_of_jobs_that_are_not_over(open_account) -> None:
    account = open_account(quotas={GPU: 3}, stop_asks_only=True)
    account.create("one", InstanceType=GPU, InstanceCount=2)
    with pytest.raises(ClientError) as failed:
        account.create("two", InstanceType=GPU, InstanceCount=2)
    assert failed.value.response["Error"]["Code"] == "ResourceLimitExceeded"
    assert (
        f"The account-level service limit '{GPU} for training job usage' is 3 Instances, with current "
        "utilization of 2 Instances and a request delta of 2 Instances. Please use AWS Service Quotas"
    ) in str(failed.value)
    account.create("small", InstanceType=GPU)
    account.create("other", InstanceType="ml.m5.large", InstanceCount=5)
    account.sagemaker.stop_training_job(TrainingJobName="one")
    with pytest.raises(ClientError, match="current utilization of 3"):
        account.create("two", InstanceType=GPU, InstanceCount=2)
    account.jobs.run_of("one").end(STOPPED)
    account.await_status("one", "Stopped")
    account.create("two", InstanceType=GPU, InstanceCount=2)


def test_spot_has_a_quota_of_its_own(open_account) -> None:
    account = open_account(quotas={GPU: 0}, spot_quotas={GPU: 1})
    with pytest.raises(ClientError, match=f"'{GPU} for training job usage' is 0"):
        account.create("plain", InstanceType=GPU)
    spot = {
        "EnableManagedSpotTraining": True,
        "StoppingCondition": {"MaxRuntimeInSeconds": 10, "MaxWaitTimeInSeconds": 20},
    }
    account.create("spot", InstanceType=GPU, **spot)
    with pytest.raises(ClientError, match=f"'{GPU} for spot training job usage' is 1"):
        account.create("spot2", InstanceType=GPU, **spot)


def pool_of(account, name: str) -> dict:
    return account.describe(name)["WarmPoolStatus"]


def finish(account, name: str, end: JobEnd = COMPLETED) -> None:
    account.jobs.run_of(name).end(end)
    account.await_status(name, end.status)


def test_a_matching_job_takes_the_warm_pool_over(open_account) -> None:
    account = open_account(cold_start=3600, warm_start=0.01, quotas={GPU: 1}, warm_pool_quotas={GPU: 1})
    account.create("first", InstanceType=GPU, KeepAlivePeriodInSeconds=600)
    assert pool_of(account, "first") == {"Status": "InUse"}
    account.let_time_pass()
    finish(account, "first")
    assert pool_of(account, "first")["Status"] == "Available"
    account.create("second", InstanceType=GPU, KeepAlivePeriodInSeconds=600)
    first = pool_of(account, "first")
    assert (first["Status"], first["ReusedByJob"]) == ("Reused", "second")
    assert first["ResourceRetainedBillableTimeInSeconds"] >= 1
    assert pool_of(account, "second")["Status"] == "InUse"
    account.jobs.run_of("second")  # no cold start
    finish(account, "second", STOPPED)
    assert pool_of(account, "second")["Status"] == "Available", "a stopped job keeps its instances too"


def test_a_job_without_keep_alive_ends_the_pool_that_it_takes_over(open_account) -> None:
    account = open_account(warm_pool_quotas={GPU: 1})
    account.create("first", InstanceType=GPU, KeepAlivePeriodInSeconds=600)
    finish(account, "first")
    account.create("second", InstanceType=GPU)
    assert pool_of(account, "first")["Status"] == "Reused"
    finish(account, "second")
    account.create("third", InstanceType=GPU, KeepAlivePeriodInSeconds=600)


@pytest.mark.parametrize(
    "difference",
    [
        {"InstanceType": "ml.m5.xlarge"},
        {"InstanceCount": 2},
        {"VolumeSizeInGB": 2},
        {"EnableNetworkIsolation": True},
        {"VpcConfig": {"SecurityGroupIds": ["sg-1"], "Subnets": ["subnet-1"]}},
    ],
    ids=lambda difference: next(iter(difference)),
)
def test_a_job_that_differs_does_not_take_it_over(account, difference: dict) -> None:
    account.create("first", KeepAlivePeriodInSeconds=600)
    finish(account, "first")
    account.create("second", **difference)
    assert pool_of(account, "first")["Status"] == "Available"


def test_another_image_still_takes_it_over(account) -> None:
    account.create("first", KeepAlivePeriodInSeconds=600)
    finish(account, "first")
    account.create("second", AlgorithmSpecification={"TrainingImage": "other", "TrainingInputMode": "File"})
    assert pool_of(account, "first")["Status"] == "Reused"


def test_warm_pools_have_a_quota_of_their_own(open_account) -> None:
    account = open_account(warm_pool_quotas={GPU: 1})
    account.create("first", InstanceType=GPU, KeepAlivePeriodInSeconds=600)
    with pytest.raises(ClientError, match="for training warm pool usage' is 1 Instances, with current"):
        account.create("second", InstanceType=GPU, KeepAlivePeriodInSeconds=600)
    account.create("plain", InstanceType=GPU)
    finish(account, "first")
    with pytest.raises(ClientError, match="for training warm pool usage"):
        account.create("second", InstanceType=GPU, InstanceCount=2, KeepAlivePeriodInSeconds=600)
    account.create("second", InstanceType=GPU, KeepAlivePeriodInSeconds=600)


def test_a_pool_is_terminated_when_its_time_is_over(account) -> None:
    account.create("job", KeepAlivePeriodInSeconds=1)
    finish(account, "job")
    wait_for(lambda: pool_of(account, "job")["Status"] == "Terminated")
    assert pool_of(account, "job")["ResourceRetainedBillableTimeInSeconds"] >= 1


def test_a_pool_is_terminated_by_an_update(account) -> None:
    account.create("job", KeepAlivePeriodInSeconds=600)

    def keep_alive(seconds: int) -> None:
        config = {"KeepAlivePeriodInSeconds": seconds}
        account.sagemaker.update_training_job(TrainingJobName="job", ResourceConfig=config)

    with pytest.raises(ClientError, match="its warm pool is in status InUse"):
        keep_alive(0)
    finish(account, "job")
    keep_alive(1200)
    assert account.describe("job")["ResourceConfig"]["KeepAlivePeriodInSeconds"] == 1200
    with pytest.raises(ClientError, match="retains an Available warm pool"):
        account.sagemaker.delete_training_job(TrainingJobName="job")
    keep_alive(0)
    wait_for(lambda: pool_of(account, "job")["Status"] == "Terminated")
    account.sagemaker.delete_training_job(TrainingJobName="job")


@pytest.mark.parametrize(
    ("reason", "status"), [("AlgorithmError: exit 1", "Available"), ("InternalServerError: x", "Terminated")]
)
def test_instances_are_kept_after_a_fault_of_the_script_not_of_aws(account, reason: str, status: str) -> None:
    account.create("job", KeepAlivePeriodInSeconds=600)
    finish(account, "job", JobEnd("Failed", "Failed", reason))
    assert pool_of(account, "job")["Status"] == status


SPOT = {
    "EnableManagedSpotTraining": True,
    "StoppingCondition": {"MaxRuntimeInSeconds": 600, "MaxWaitTimeInSeconds": 1200},
}


def test_an_interrupted_spot_job_is_started_again(open_account) -> None:
    account = open_account(spot_interruption=20.0, seed=3)
    account.create("spot", **SPOT)
    account.create("plain")
    wait_for(lambda: len(account.jobs.started) >= 4)
    statuses = [one["Status"] for one in account.describe("spot")["SecondaryStatusTransitions"]]
    assert re.search("Training Interrupted Restarting Starting Downloading Training", " ".join(statuses))
    plain = account.jobs.run_of("plain")
    assert plain.asked == []
    account.sagemaker.stop_training_job(TrainingJobName="spot")
    account.await_status("spot", "Stopped")
    plain.end()


def test_what_is_left_of_the_runtime_is_what_an_interrupted_job_gets(account) -> None:
    begun = time.time()
    account.create("spot", **SPOT)
    first = account.jobs.run_of("spot")
    account.emulator._service._jobs["spot"].run_started -= 100
    first.interrupt()
    second = wait_for(lambda: account.jobs.started[1:])[0]
    assert first.request["StoppingCondition"]["MaxRuntimeInSeconds"] == 600
    ran = 100 + time.time() - begun
    assert 599 - ran <= second.request["StoppingCondition"]["MaxRuntimeInSeconds"] <= 500
    second.end()
    described = account.await_status("spot", "Completed")
    assert 100 <= described["TrainingTimeInSeconds"] <= 101 + time.time() - begun


def test_a_spot_job_that_waits_for_too_long_is_stopped(open_account) -> None:
    account = open_account(cold_start=60.0)
    stopping = {"MaxRuntimeInSeconds": 1, "MaxWaitTimeInSeconds": 1}
    account.create("spot", EnableManagedSpotTraining=True, StoppingCondition=stopping)
    assert account.await_status("spot", "Stopped")["SecondaryStatus"] == "MaxWaitTimeExceeded"


def test_injected_capacity_errors_and_failed_starts(open_account) -> None:
    account = open_account(capacity_errors=0.5, job_start_failures=0.5, seed=1, quotas={GPU: 1})
    reasons = set()
    for number in range(12):
        account.create(f"job-{number}", InstanceType=GPU)
        wait_for(lambda n=number: account.describe(f"job-{n}")["SecondaryStatus"] in ("Training", "Failed"))
        described = account.describe(f"job-{number}")
        if described["TrainingJobStatus"] == "Failed":
            reasons.add(described["FailureReason"].partition(":")[0])
        else:
            finish(account, f"job-{number}")
    assert reasons == {"CapacityError", "InternalServerError"}
    assert 0 < len(account.jobs.started) < 12
