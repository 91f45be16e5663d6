"""Sessions, buckets, roles: found, checked, and one clear line where something is missing."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from aws_account import ACCOUNT, REGION, SECRET, caller, nothing_is_configured, real_account

from syne_core.aws.client_errors import clear_errors, error_code, explain, is_setup_error
from syne_core.aws.session import AwsSession, is_loopback
from syne_core.errors import AwsSetupError, MissingDependencyError, SyneError

if TYPE_CHECKING:
    from syne_core.emulator import Emulator

__all__ = ["nothing_is_configured", "real_account"]  # fixtures

# -- sessions --------------------------------------------------------------------------------------------


def test_no_region() -> None:
    with pytest.raises(AwsSetupError, match="No AWS region: give --region, or set AWS_DEFAULT_REGION"):
        AwsSession.resolve()


def test_no_credentials() -> None:
    with pytest.raises(AwsSetupError, match="No AWS credentials: set AWS_PROFILE"):
        AwsSession.resolve(REGION)


def test_region_that_cannot_be_one() -> None:
    with pytest.raises(AwsSetupError, match="'Ireland' is not the name of an AWS region"):
        AwsSession.resolve("Ireland")


@pytest.mark.usefixtures("real_account")
def test_where_the_region_comes_from(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "aws-config").write_text("[default]\nregion = eu-north-1\n")
    assert AwsSession.resolve().region == "eu-north-1"
    monkeypatch.setenv("AWS_REGION", "us-west-1")
    assert AwsSession.resolve().region == "us-west-1"
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-west-2")
    assert AwsSession.resolve().region == "us-west-2"
    assert AwsSession.resolve("us-east-2").region == "us-east-2"


def test_profile_that_does_not_exist(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    with pytest.raises(AwsSetupError, match="nobody"):
        AwsSession.resolve(REGION)


def test_broken_configuration_file(tmp_path: Path) -> None:
    (tmp_path / "aws-config").write_text("region = eu-west-1\n")
    with pytest.raises(AwsSetupError, match="Cannot read the AWS configuration"):
        AwsSession.resolve()


def test_emulator_needs_nothing_but_its_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:4566")
    session = AwsSession.resolve()
    assert session.is_emulator
    assert session.target == "the emulator at http://127.0.0.1:4566"
    assert session.region == "us-east-1"


def test_real_credentials_are_not_sent_to_an_emulator(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "aws-credentials").write_text(
        f"[default]\naws_access_key_id = AKIAREAL\naws_secret_access_key = {SECRET}\naws_session_token = t\n"
    )
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:4566")
    client = AwsSession.resolve().client("sts")
    assert client._request_signer._credentials.access_key == "emulator"
    assert client._request_signer._credentials.token is None


def test_address_that_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "127.0.0.1:4566")
    with pytest.raises(AwsSetupError, match="must begin with http:// or https://, unlike"):
        AwsSession.resolve()


def test_address_in_the_configuration_file_counts(tmp_path: Path) -> None:
    (tmp_path / "aws-config").write_text("[default]\nendpoint_url = http://localhost:4566\n")
    assert AwsSession.resolve().is_emulator


@pytest.mark.usefixtures("real_account")
def test_half_of_the_services_here_and_half_on_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_SAGEMAKER", "http://127.0.0.1:4566")
    with pytest.raises(AwsSetupError, match="sagemaker would go to this machine, iam, s3, sts to AWS"):
        AwsSession.resolve(REGION)


def test_real_account_is_named(real_account: AwsSession) -> None:
    caller(real_account)
    assert not real_account.is_emulator
    assert real_account.target == f"account {ACCOUNT} in {REGION}"
    assert real_account.account_id == ACCOUNT, "asked once: the stub answers once"


def test_session_shows_no_credentials(real_account: AwsSession) -> None:
    assert SECRET not in repr(real_account) + str(vars(real_account))
    assert "AKIA" not in repr(real_account)


def test_clients_are_made_once_for_all_threads(real_account: AwsSession) -> None:
    made: list[Any] = []
    barrier = threading.Barrier(8)

    def ask() -> None:
        barrier.wait()
        made.append(real_account.client("sts"))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 8
    assert len(set(map(id, made))) == 1


def test_clients_retry_and_do_not_wait_for_ever(real_account: AwsSession) -> None:
    config = real_account.client("sts").meta.config
    assert (config.connect_timeout, config.read_timeout) == (10, 30)
    assert config.retries == {"mode": "standard", "total_max_attempts": 6}


def test_one_client_serves_several_threads(emulator: Emulator) -> None:
    session = AwsSession.resolve()
    s3 = session.client("s3")
    failed: list[Exception] = []

    def work(number: int) -> None:
        try:
            for i in range(10):
                s3.put_object(Bucket=emulator.bucket, Key=f"{number}/{i}", Body=b"x")
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert s3.list_objects_v2(Bucket=emulator.bucket)["KeyCount"] == 40


def test_session_loads_neither_boto3_nor_a_model_before_it_is_used() -> None:
    code = (
        "import sys\nfrom syne_core.aws.session import AwsSession\nassert 'botocore' not in sys.modules\n"
        "AwsSession.resolve()\nassert 'boto3' not in sys.modules"
    )
    env = {"AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_EC2_METADATA_DISABLED": "true"}
    subprocess.run([sys.executable, "-c", code], check=True, env=env)


def test_without_botocore_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("botocore", "botocore.session"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(MissingDependencyError, match=r"synebench\[sagemaker\]"):
        AwsSession.resolve(REGION)


@pytest.mark.parametrize(
    ("url", "here"),
    [
        *(("http://127.0.0.1:80", True), ("http://localhost", True), ("http://[::1]:5", True)),
        *(("https://sagemaker.eu-west-1.amazonaws.com", False), ("http://10.0.0.1", False), ("", False)),
    ],
)
def test_what_is_this_machine(url: str, here: bool) -> None:
    assert is_loopback(url) is here


# -- refusals --------------------------------------------------------------------------------------------


def _client_error(code: str, message: str = "Said so.") -> Exception:
    from botocore.exceptions import ClientError

    return ClientError({"Error": {"Code": code, "Message": message}}, "Op")


@pytest.mark.parametrize(
    ("code", "words", "kind"),
    [
        ("ExpiredTokenException", "the AWS credentials have expired. Renew them", AwsSetupError),
        ("InvalidClientTokenId", "AWS does not know these credentials", AwsSetupError),
        ("AccessDeniedException", "access denied. Said so.", AwsSetupError),
        ("403", "access denied. Said so.", AwsSetupError),
        ("ThrottlingException", "Said so. (ThrottlingException)", SyneError),
    ],
)
def test_refusals_are_one_clear_line(code: str, words: str, kind: type[SyneError]) -> None:
    with pytest.raises(SyneError) as raised, clear_errors("do that"):
        raise _client_error(code)
    assert type(raised.value) is kind
    assert str(raised.value).startswith("Cannot do that: ")
    assert words in str(raised.value)
    assert error_code(_client_error(code)) == code
    assert is_setup_error(_client_error(code)) is (kind is AwsSetupError)


def test_lines_have_no_breaks_and_no_keys() -> None:
    line = explain(_client_error("AccessDenied", "AKIAIOSFODNN7EXAMPLE may\nnot\n do this"), "do that")
    assert line.startswith("Cannot do that: access denied. (key) may not do this. A policy, yours or")


def test_nobody_answers() -> None:
    from botocore.exceptions import EndpointConnectionError

    with pytest.raises(SyneError, match=r"no connection.* Check the region"), clear_errors("do that"):
        raise EndpointConnectionError(endpoint_url="https://sagemaker.eu-wst-1.amazonaws.com")
