"""What is seen to before anything is uploaded or paid for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from benchmarking.train_job.sagemaker_settings import SageMakerSettings
from syne_core.errors import RefusedError, UnknownNameError, UsageError

if TYPE_CHECKING:
    from syne_core.emulator import Emulator


def test_settings_report_all_mistakes_at_once() -> None:
    with pytest.raises(UsageError) as caught:
        SageMakerSettings.of(
            {"output_path": "/here", "train_instance_count": "0", "max_run": "10:30", "volume_size": "x"}
        )
    told = str(caught.value)
    assert "--config.output_path must be an S3 URI" in told
    assert "--config.train_instance_count must be a whole number of at least 1, is '0'" in told
    assert "--config.max_run" in told
    assert "--config.volume_size" in told


def test_settings_are_read() -> None:
    settings = SageMakerSettings.of({"output_path": "s3://bucket/a/b/", "max_run": "2h", "role_name": ""})
    assert settings.output_path == "s3://bucket/a/b"
    assert settings.max_run == 7200
    assert settings.role_name is None


def test_unknown_drivers_and_settings_name_the_known_ones(run, model_script: Path) -> None:
    done = run("synebench", "fit", str(model_script), "--train-driver", "sagemakr")
    assert isinstance(done.error, UnknownNameError)
    assert "Did you mean 'sagemaker'?" in done.message
    assert "Valid: local, sagemaker" in done.message
    done = run("synebench", "fit", str(model_script), "--config.rolename=x", "--config.train_image=y")
    assert "Unknown setting --config.rolename. Did you mean --config.role_name?" in done.message
    assert "--config.train_image" in done.message
    assert "needs a value" in run("synebench", "fit", str(model_script), "--config.role_name").message
    assert "given twice" in run("synebench", "fit", str(model_script), "--config.a=1", "--config.a=2").message


@pytest.mark.parametrize("words", [[], ["x.py", "--from", "demo"], ["x.py", "--method", "RS"]])
def test_what_to_train_must_be_clear(run, words: list[str]) -> None:
    done = run("synebench", "fit", *words)
    assert isinstance(done.error, UsageError)
    assert "--from" in done.message


@pytest.mark.parametrize("emulator", [{"quotas": {"ml.p3.2xlarge": 0, "ml.m5.large": 1}}], indirect=True)
@pytest.mark.long
def test_everything_is_checked_before_any_upload(
    run, emulator: Emulator, model_script: Path, tmp_path: Path
) -> None:
    iam, s3 = emulator.client("iam"), emulator.client("s3")
    trust = {"Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}}]}
    iam.create_role(RoleName="NotForSageMaker", AssumeRolePolicyDocument=json.dumps(trust))
    done = run(
        *("synebench", "fit", str(model_script), "--config.train_instance_type=ml.c4.2xlrge"),
        *("--config.output_path=s3://no-such-bucket/models", "--config.role_name=NotForSageMaker"),
    )
    assert isinstance(done.error, UsageError)
    assert "Did you mean 'ml.c4.2xlarge'?" in done.message
    assert "There is no bucket 'no-such-bucket'" in done.message
    assert "--config.role_name: SageMaker may not assume 'NotForSageMaker'" in done.message

    s3.create_bucket(Bucket="far-away", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    done = run("synebench", "fit", str(model_script), "--config.output_path=s3://far-away/models")
    assert "Bucket 'far-away' is in eu-west-1" in done.message

    done = run("synebench", "fit", str(model_script), "--config.train_instance_type=ml.p3.2xlarge")
    assert isinstance(done.error, RefusedError)
    assert "'ml.p3.2xlarge for training job usage' is 0, the job needs 1" in done.message
    few = ["--config.train_instance_type=ml.m5.large", "--config.train_instance_count=2"]
    assert "is 1, the job needs 2" in run("synebench", "fit", str(model_script), *few).message

    assert "CreateTrainingJob" not in emulator.calls()
    keys = emulator.client("s3").list_objects_v2(Bucket=emulator.bucket).get("Contents", [])
    assert keys == [], "what was written as a test is gone, and nothing else was uploaded"


def test_a_real_account_is_asked_for_and_told_the_price(monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    from benchmarking.commons.spending import Spending, agree_to_training
    from syne_core.aws.prices import table_price

    class Account:
        is_emulator, region, target = False, "us-east-1", "account 1234 in us-east-1"

    # Nobody is asked for the price.
    monkeypatch.setattr("syne_core.aws.prices.hourly_price", lambda region, kind: table_price(kind))
    monkeypatch.delenv("TRAINING_JOB_ARN", raising=False)
    spending = Spending("ml.c4.2xlarge", 2, 3600.0)
    with pytest.raises(RefusedError, match="--yes"):
        agree_to_training(Account(), spending, yes=False)  # type: ignore[arg-type]
    told = capsys.readouterr().err
    assert "jobs of account 1234 in us-east-1" in told
    assert "at most 2.0 instance-hours of ml.c4.2xlarge" in told
    assert "0.96 USD" in told
    agree_to_training(Account(), spending, yes=True)  # type: ignore[arg-type]


@pytest.mark.parametrize("refuses", [False, True])
@pytest.mark.long
def test_role_is_assumed_where_that_is_allowed(
    run, emulator: Emulator, model_script: Path, monkeypatch: pytest.MonkeyPatch, refuses: bool
) -> None:
    from benchmarking.train_job.sagemaker_ready import make_ready
    from benchmarking.train_job.training_order import training_order
    from syne_core.aws.session import AwsSession

    session = AwsSession.resolve()
    if refuses:
        from botocore.exceptions import ClientError

        class Denying:
            def assume_role(self, **_: object) -> None:
                raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "AssumeRole")

        make = AwsSession.client
        monkeypatch.setattr(
            AwsSession,
            "client",
            lambda self, service, *more: Denying() if service == "sts" else make(self, service, *more),
        )
    settings = SageMakerSettings(role_name=emulator.role_arn, instance_type="ml.m5.large")
    session.account_id  # noqa: B018 - asked before sts is replaced
    ready = make_ready(session, settings, training_order(model_script))
    assert ready.role_arn == emulator.role_arn
    assert (ready.actor is session) == refuses
    if not refuses:
        assert ":assumed-role/" in ready.actor.caller["Arn"]
        assert emulator.calls()["AssumeRole"] == 1


def test_where_to_look_on_aws() -> None:
    from benchmarking.train_job.sagemaker_driver import about_job

    class Account:
        is_emulator, region, target = False, "eu-west-1", "account 1234 in eu-west-1"

    console, log = about_job(Account(), "foo-model-1")  # type: ignore[arg-type]
    home = "https://eu-west-1.console.aws.amazon.com/sagemaker/home?region=eu-west-1"
    assert console == f"Console:  {home}#/jobs/foo-model-1"
    assert "filter-log-events --region eu-west-1" in log


@pytest.mark.long
@pytest.mark.parametrize("emulator", [{"quotas": {"ml.m5.large": 1}}], indirect=True)
def test_an_instance_that_others_use_is_told(run, emulator: Emulator, model_script: Path) -> None:
    model_script.write_text("import time\ntime.sleep(600)")
    words = ("synebench", "fit", str(model_script), "--config.train_instance_type=ml.m5.large")
    assert run(*words).error is None
    done = run(*words)
    assert isinstance(done.error, RefusedError)
    assert "No ml.m5.large is to be had now" in done.message
    emulator.client("sagemaker").stop_training_job(TrainingJobName="foo-model-1")
    documents = emulator.client("s3").list_objects_v2(Bucket=emulator.bucket, Prefix="syne-tune/_fit/")
    assert len(documents["Contents"]) == 1, "nothing is left of the second"


@pytest.mark.long
@pytest.mark.parametrize("emulator", [{"deny": ("DescribeTrainingJob", "ListTrainingJobs")}], indirect=True)
def test_archives_can_be_fetched_without_the_right_to_look_at_jobs(run, emulator: Emulator) -> None:
    import io
    import tarfile

    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        archive.addfile(tarfile.TarInfo("weights"))
    emulator.client("s3").put_object(Bucket=emulator.bucket, Key="m/model.tar.gz", Body=stream.getvalue())
    done = run("synebench", "fetch", "t", "foo/model", f"s3://{emulator.bucket}/m/model.tar.gz")
    assert done.error is None, done.message
    assert Path("t/weights").is_file()
    assert "nothing is known of foo/model" in done.stderr
    assert "access denied" in run("synebench", "fetch", "t", "foo/model").message


@pytest.mark.long
def test_default_bucket_is_made_after_all_checks(run, emulator: Emulator, model_script: Path) -> None:
    s3 = emulator.client("s3")
    s3.delete_bucket(Bucket=emulator.bucket)
    assert (
        run("synebench", "fit", str(model_script), "--config.train_instance_type=ml.none").error is not None
    )
    assert s3.list_buckets()["Buckets"] == []
    assert run("synebench", "fit", str(model_script), "--wait").error is None
    assert [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]] == [emulator.bucket]


@pytest.mark.long
def test_calls_are_those_that_the_policies_allow(run, emulator: Emulator, model_script: Path) -> None:
    import sys

    sys.path.append(str(Path(__file__).parents[1] / "commons"))
    from policy_page import actions_of_calls, page_actions

    assert run("synebench", "fit", str(model_script), "--wait").error is None
    assert run("synebench", "fetch", "t", "foo/model").error is None
    assert run("synebench", "fahr", "status", "foo/model").error is None
    needed = actions_of_calls(emulator.calls())
    assert {"sts:AssumeRole", "sagemaker:CreateTrainingJob", "s3:GetObject"} <= needed
    assert needed <= page_actions("caller")
