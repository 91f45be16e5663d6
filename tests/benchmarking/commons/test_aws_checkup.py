"""``synebench doctor --aws``: all good on the emulator; one clear line for whatever is not."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.loaders import Loader, create_loader
from click.testing import CliRunner, Result
from policy_page import actions_of_calls, page_actions

from benchmarking.cli.doctor import command
from benchmarking.commons.aws_checkup import CHECKUP_SCRIPT, AwsCheckup
from benchmarking.commons.aws_checkup_steps import Check, CheckupOptions
from syne_core.aws.role_rights import ROLE_RIGHTS, missing_rights
from syne_core.aws.session import AwsSession
from syne_core.emulator import Emulator
from syne_core.errors import AwsSetupError, RefusedError

STEPS = (
    *("credentials", "role", "bucket", "role's rights", "your rights", "quota", "warm pool quota", "price"),
    *("first report", "job", "pause and resume", "stop", "logs", "jobs left", "clean-up"),
)


def doctor(*arguments: str) -> Result:
    return CliRunner().invoke(command, ["--aws", *arguments], standalone_mode=False)


def checks(script: Path = CHECKUP_SCRIPT, timeout: float = 60.0, **options: Any) -> dict[str, Check]:
    """What a checkup finds, by step."""
    checkup = AwsCheckup(CheckupOptions(**options), timeout, skip_jobs=False, yes=False, script=script)
    return {check.step: check for check in checkup.run()}


def bad(found: dict[str, Check]) -> dict[str, str]:
    return {step: check.what for step, check in found.items() if check.level == "bad"}


@pytest.fixture(scope="module")
def loader() -> Loader:
    return create_loader()


@pytest.fixture(autouse=True)
def service_models_are_read_once(loader: Loader, monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes most of the time of a checkup on the emulator."""
    monkeypatch.setattr("botocore.loaders.create_loader", lambda search_path_string=None: loader)


@pytest.fixture
def no_account(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in os.environ:
        if name.startswith("AWS_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))


@pytest.fixture
def write_script(tmp_path: Path) -> Callable[[str], Path]:
    """Another script for the jobs."""

    def write(text: str) -> Path:
        path = tmp_path / "script" / "checkup.py"
        path.parent.mkdir()
        path.write_text(text)
        return path

    return write


# -- good ------------------------------------------------------------------------------------------------


def test_emulator_is_good_and_as_before_afterwards(emulator: Emulator) -> None:
    done = doctor("--json")
    assert done.return_value == 0, done.output
    found = json.loads(done.stdout)
    assert [check["step"] for check in found] == list(STEPS)
    assert {check["level"] for check in found if check["step"] != "role's rights"} == {"good"}
    assert f"the emulator at {emulator.endpoint_url}, as arn:aws:" in found[0]["what"]
    assert "cost nothing" in done.stderr
    assert "Next:  synebench run" in done.stderr
    assert "Contents" not in emulator.client("s3").list_objects_v2(Bucket=emulator.bucket)
    jobs = emulator.client("sagemaker").list_training_jobs()["TrainingJobSummaries"]
    assert sorted(job["TrainingJobStatus"] for job in jobs) == ["Completed"] * 2 + ["Stopped"] * 2
    # The page's policies allow what this did.
    assert actions_of_calls(emulator.calls()) <= page_actions("caller")


def test_one_that_is_broken_off_leaves_nothing(emulator: Emulator) -> None:
    checkup = AwsCheckup(CheckupOptions(), timeout=60.0)
    run = checkup.run()
    assert any(check.step == "first report" for check in run)
    run.close()
    assert "Contents" not in emulator.client("s3").list_objects_v2(Bucket=emulator.bucket)
    jobs = emulator.client("sagemaker").list_training_jobs()["TrainingJobSummaries"]
    assert len(jobs) == 3
    assert {job["TrainingJobStatus"] for job in jobs} <= {"Completed", "Stopped"}


# -- what is wrong with an account -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("region", "message"), [(None, "No AWS region: give --region"), ("eu-west-1", "No AWS credentials: set")]
)
def test_neither_region_nor_credentials(no_account: None, region: str | None, message: str) -> None:
    done = doctor(*(["--region", region] if region else []))
    assert done.return_value == 1
    assert done.stdout.startswith(f"BAD   credentials: {message}")
    assert f"To be put right:\n  credentials: {message}" in done.stderr


def test_all_mistakes_are_told_and_nothing_is_started(emulator: Emulator) -> None:
    emulator.client("iam").delete_role(RoleName=emulator.role_arn.rpartition("/")[2])
    done = doctor("--s3_bucket", "nowhere-at-all", "--instance_type", "ml.m5.lage")
    assert done.return_value == 1
    wrong = done.stderr.partition("To be put right:\n")[2].splitlines()
    assert [line.split(":")[0].strip() for line in wrong] == ["role", "bucket", "instance type"]
    assert "No execution role for SageMaker" in wrong[0]
    assert "There is no bucket 'nowhere-at-all'" in wrong[1]
    assert "Did you mean 'ml.m5.large'?" in wrong[2]
    assert "note  jobs: not run: first put right what is called BAD" in done.stdout.splitlines()
    assert "CreateTrainingJob" not in emulator.calls()


def test_bucket_that_denies(emulator: Emulator) -> None:
    statement = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": ["s3:GetObject", "s3:DeleteObject"],
        "Resource": f"arn:aws:s3:::{emulator.bucket}/*",
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    emulator.client("s3").put_bucket_policy(Bucket=emulator.bucket, Policy=policy)
    done = doctor("--skip-jobs")
    assert done.return_value == 1
    (wrong,) = done.stderr.partition("To be put right:\n")[2].splitlines()
    assert f"bucket: Cannot read from s3://{emulator.bucket}/syne-tune/doctor-" in wrong
    assert f"; Cannot delete from s3://{emulator.bucket}/syne-tune/doctor-" in wrong
    assert wrong.count("access denied") == 2
    assert "note  jobs: not run, since --skip_jobs was given" in done.stdout.splitlines()


@pytest.mark.long
@pytest.mark.parametrize(
    "emulator", [{"quotas": {"ml.m5.large": 0}, "warm_pool_quotas": {"ml.m5.large": 0}}], indirect=True
)
def test_no_quota_and_a_bucket_that_is_new(emulator: Emulator) -> None:
    found = checks(region="eu-central-1")
    assert "eu-central-1-123456789012: was made just now and stays; objects can be" in found["bucket"].what
    assert bad(found) == {
        "quota": "'ml.m5.large for training job usage' is 0: request an increase of it (Service Quotas "
        "console, AWS services, Amazon SageMaker), or try another --instance_type"
    }
    assert found["warm pool quota"].level == "warning"
    assert "before you use --warm_pool 1" in found["warm pool quota"].what
    assert "CreateTrainingJob" not in emulator.calls()


# -- what jobs show ------------------------------------------------------------------------------------------


def test_job_that_fails(emulator: Emulator, write_script: Callable[[str], Path]) -> None:
    found = checks(write_script("import sys\nsys.exit('no luck')\n"))
    (wrong,) = bad(found).values()
    assert wrong.endswith("ended as Failed: the script ended with exit code 1: no luck")
    assert found["jobs left"].level == "good"
    assert "Contents" not in emulator.client("s3").list_objects_v2(Bucket=emulator.bucket)


def test_job_that_says_nothing(emulator: Emulator, write_script: Callable[[str], Path]) -> None:
    found = checks(write_script("import time\ntime.sleep(100)\n"), timeout=4.0)
    assert "waited 4 s for a report in vain; " in bad(found)["job"]
    assert found["jobs left"].level == "good"


@pytest.mark.long
@pytest.mark.parametrize("emulator", [{"quotas": {"ml.m5.large": 1}}], indirect=True)
def test_neither_signal_nor_checkpoint_and_one_instance(
    emulator: Emulator, write_script: Callable[[str], Path]
) -> None:
    text = CHECKUP_SCRIPT.read_text()
    deaf = text.replace("told_to_stop=1", "told_to_stop=0").replace("write_text(str(epoch))", "exists()")
    wrong = bad(checks(write_script(deaf)))
    assert list(wrong) == ["pause and resume", "stop"]
    assert "SIGTERM did not reach the script" in wrong["stop"]
    assert "did not find its checkpoint: may the role s3:ListBucket" in wrong["pause and resume"]


def test_who_does_not_agree_to_pay_has_seen_the_rest(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(AwsSession, "is_emulator", False)
    monkeypatch.setattr("syne_core.aws.role_rights.missing_rights", lambda *_: ["s3:PutObject"])
    done = doctor("--json")
    assert isinstance(done.exception, RefusedError)
    assert "account 123456789012 in us-east-1: at most 1.4 instance-hours of ml.m5.large" in done.stderr
    assert "(4 jobs of up to 21 min), at most 0.16 USD on demand" in done.stderr
    found = {check["step"]: check["level"] for check in json.loads(done.stdout)}
    assert list(found) == list(STEPS[:8])
    assert found["role's rights"] == "bad"
    assert "CreateTrainingJob" not in emulator.calls()


# -- rights of the role --------------------------------------------------------------------------------------


@pytest.fixture
def iam(no_account: None, monkeypatch: pytest.MonkeyPatch) -> tuple[AwsSession, Any]:
    from botocore.stub import Stubber

    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not-a-secret")
    session = AwsSession.resolve("eu-west-1")
    stubber = Stubber(session.client("iam"))
    stubber.activate()
    return session, stubber


ROLE = "arn:aws:iam::123456789012:role/jobs"


def test_rights_that_the_role_lacks_are_named(iam: tuple[AwsSession, Any]) -> None:
    session, stubber = iam
    for rights in ROLE_RIGHTS:
        resource = rights.resource.format(bucket="results", partition="aws")
        results = [
            {
                "EvalActionName": action,
                "EvalDecision": "implicitDeny" if action == "s3:PutObject" else "allowed",
            }
            for action in rights.actions
        ]
        request = {
            "PolicySourceArn": ROLE,
            "ActionNames": list(rights.actions),
            "ResourceArns": [resource],
        }
        stubber.add_response("simulate_principal_policy", {"EvaluationResults": results}, request)
    assert missing_rights(session, ROLE, "results") == ["s3:PutObject"]
    stubber.assert_no_pending_responses()


def test_who_may_not_simulate_is_told(iam: tuple[AwsSession, Any]) -> None:
    session, stubber = iam
    stubber.add_client_error("simulate_principal_policy", "AccessDenied", http_status_code=403)
    with pytest.raises(AwsSetupError, match="ask IAM what"):
        missing_rights(session, ROLE, "results")
