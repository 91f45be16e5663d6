"""Service Quotas, prices, S3 and the server below them."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from typing import Any

import pytest
from botocore.exceptions import ClientError

from syne_core.aws.prices import hourly_price
from syne_core.aws.quotas import instance_quotas


def all_pages(call: Any, member: str, **request: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while True:
        answer = call(**request)
        found += answer[member]
        if "NextToken" not in answer:
            return found
        request["NextToken"] = answer["NextToken"]


def test_quotas_are_those_of_the_settings(open_account) -> None:
    account = open_account(
        quotas={"ml.g4dn.xlarge": 4}, warm_pool_quotas={"ml.g4dn.xlarge": 2}, spot_quotas={"ml.m5.large": 1}
    )
    client = account.emulator.client("service-quotas")
    quotas = {
        one["QuotaName"]: one
        for one in all_pages(client.list_service_quotas, "Quotas", ServiceCode="sagemaker")
    }
    assert quotas["ml.g4dn.xlarge for training job usage"]["Value"] == 4
    assert quotas["ml.g4dn.xlarge for training warm pool usage"]["Value"] == 2
    assert quotas["ml.m5.large for spot training job usage"]["Value"] == 1
    assert quotas["ml.m5.large for training job usage"]["Value"] == 1_000_000
    code = quotas["ml.g4dn.xlarge for training job usage"]["QuotaCode"]
    assert client.get_service_quota(ServiceCode="sagemaker", QuotaCode=code)["Quota"]["Value"] == 4
    assert len({one["QuotaCode"] for one in quotas.values()}) == len(quotas)
    with pytest.raises(ClientError, match="NoSuchResourceException"):
        client.get_service_quota(ServiceCode="sagemaker", QuotaCode="L-00000000")
    with pytest.raises(ClientError, match="NoSuchResourceException"):
        client.list_service_quotas(ServiceCode="ec2")
    with pytest.raises(ClientError, match="InvalidPaginationTokenException"):
        client.list_aws_default_service_quotas(ServiceCode="sagemaker", NextToken="abcd")


def test_our_own_reader_understands_the_quotas(open_account) -> None:
    account = open_account(quotas={"ml.g4dn.xlarge": 4})
    quota = instance_quotas(account.emulator, ["ml.g4dn.xlarge"])["ml.g4dn.xlarge"]
    assert quota.training == 4


def test_prices_have_the_form_of_the_price_list(account) -> None:
    client = account.emulator.client("pricing")
    filters = [
        {"Type": "TERM_MATCH", "Field": "instanceName", "Value": "ml.g4dn.xlarge"},
        {"Type": "TERM_MATCH", "Field": "component", "Value": "training"},
    ]
    (text,) = client.get_products(ServiceCode="AmazonSageMaker", Filters=filters)["PriceList"]
    product = json.loads(text)
    assert product["product"]["attributes"]["location"] == "US East (N. Virginia)"
    (term,) = product["terms"]["OnDemand"].values()
    (dimension,) = term["priceDimensions"].values()
    assert (dimension["unit"], float(dimension["pricePerUnit"]["USD"])) == ("Hrs", 0.736)
    price = hourly_price("us-east-1", "ml.g4dn.xlarge", pricing=client)
    assert price is not None
    assert (price.usd_per_hour, price.source) == (0.736, "Price List API")
    pages = all_pages(client.get_products, "PriceList", ServiceCode="AmazonSageMaker", MaxResults=7)
    assert len({json.loads(one)["product"]["sku"] for one in pages}) == len(pages) > 14
    assert client.describe_services()["Services"][0]["ServiceCode"] == "AmazonSageMaker"
    values = client.get_attribute_values(ServiceCode="AmazonSageMaker", AttributeName="regionCode")
    assert values["AttributeValues"] == [{"Value": "us-east-1"}]
    with pytest.raises(ClientError, match="prices of AmazonSageMaker only"):
        client.get_products(ServiceCode="AmazonEC2")


KEYS = ["a", "a/1", "a/2", "a/b/3", "b c/ü", "b+%&<>'\"", "c", "z"]


@pytest.fixture
def filled(account) -> Any:
    s3 = account.emulator.client("s3")
    for key in KEYS:
        s3.put_object(Bucket=account.emulator.bucket, Key=key, Body=key.encode())
    return s3, account.emulator.bucket


@pytest.mark.parametrize("size", [1, 2, 3, 1000])
@pytest.mark.parametrize(
    "request_",
    [{}, {"Prefix": "a/"}, {"Delimiter": "/"}, {"Prefix": "a/", "Delimiter": "/"}, {"StartAfter": "a/2"}],
    ids=str,
)
def test_objects_are_listed_as_moto_lists_them(filled, size: int, request_: dict[str, str]) -> None:
    """Ours is quicker; moto's own is asked by ListObjects, which has no StartAfter."""
    s3, bucket = filled
    listed, folders = [], []
    for page in s3.get_paginator("list_objects_v2").paginate(
        Bucket=bucket, PaginationConfig={"PageSize": size}, **request_
    ):
        assert page["KeyCount"] <= size
        listed += page.get("Contents", [])
        folders += [one["Prefix"] for one in page.get("CommonPrefixes", [])]
    after = request_.get("StartAfter")
    slow = s3.list_objects(Bucket=bucket, **{k: v for k, v in request_.items() if k != "StartAfter"})
    expected = [one for one in slow["Contents"] if after is None or one["Key"] > after]
    shown = ("Key", "Size", "ETag", "LastModified", "StorageClass")
    assert [[one[name] for name in shown] for one in listed] == [
        [o[name] for name in shown] for o in expected
    ]
    assert folders == [one["Prefix"] for one in slow.get("CommonPrefixes", [])]


def test_objects_that_are_gone_are_not_listed(filled) -> None:
    s3, bucket = filled
    s3.delete_object(Bucket=bucket, Key="a")
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    s3.delete_object(Bucket=bucket, Key="c")
    keys = [one["Key"] for one in s3.list_objects_v2(Bucket=bucket)["Contents"]]
    assert keys == [key for key in KEYS if key not in ("a", "c")]
    with pytest.raises(ClientError, match="NoSuchBucket"):
        s3.list_objects_v2(Bucket="nobody")


def test_bodies_arrive_whole_however_they_are_sent(account) -> None:
    s3, bucket = account.emulator.client("s3"), account.emulator.bucket
    large = bytes(range(256)) * 40_000
    s3.put_object(Bucket=bucket, Key="large", Body=large)
    assert s3.get_object(Bucket=bucket, Key="large")["Body"].read() == large
    assert s3.get_object(Bucket=bucket, Key="large", Range="bytes=1-3")["Body"].read() == b"\1\2\3"
    assert s3.head_object(Bucket=bucket, Key="large")["ContentLength"] == len(large)
    text = (
        f"PUT /{bucket}/chunked HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        "3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n"
    )
    with socket.create_connection(
        ("127.0.0.1", int(account.emulator.endpoint_url.rpartition(":")[2]))
    ) as one:
        one.sendall(text.encode())
        assert one.recv(100).startswith(b"HTTP/1.1 200")
    assert s3.get_object(Bucket=bucket, Key="chunked")["Body"].read() == b"abcd"


def test_many_clients_at_once(account) -> None:
    failures = []

    def work(number: int) -> None:
        s3 = account.emulator.client("s3")
        try:
            for step in range(10):
                s3.put_object(Bucket=account.emulator.bucket, Key=f"{number}/{step}", Body=b"x")
                listed = s3.list_objects_v2(Bucket=account.emulator.bucket, Prefix=f"{number}/")
                assert listed["KeyCount"] == step + 1
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert account.emulator.calls()["PutObject"] == 80


def test_two_that_ask_a_service_first_wait_for_each_other(account, monkeypatch: pytest.MonkeyPatch) -> None:
    moto = account.emulator._gateway._rest
    both = threading.Barrier(2)

    def made() -> Any:
        with contextlib.suppress(threading.BrokenBarrierError):
            both.wait(0.2)  # until the other one is here, who should not be
        return threading.RLock()

    monkeypatch.setattr(moto._locks, "default_factory", made)
    locks: list[Any] = []
    threads = [threading.Thread(target=lambda: locks.append(moto.lock("kms"))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert locks[0] is locks[1]


def test_whoever_exists_may_do_everything(account) -> None:
    iam = account.emulator.client("iam")
    request = {"ActionNames": ["s3:GetObject", "sagemaker:AddTags"], "ResourceArns": ["a", "b"]}
    results = iam.simulate_principal_policy(PolicySourceArn=account.emulator.role_arn, **request)
    decisions = [
        (one["EvalActionName"], one["EvalResourceName"], one["EvalDecision"])
        for one in results["EvaluationResults"]
    ]
    assert len(decisions) == 4
    assert decisions[0] == ("s3:GetObject", "a", "allowed")
    with pytest.raises(ClientError, match="NoSuchEntity"):
        iam.simulate_principal_policy(PolicySourceArn=account.emulator.role_arn + "x", **request)


def test_what_moto_does_not_have_is_said_once(account, capsys) -> None:
    with pytest.raises(ClientError, match="does not offer GetContextKeysForCustomPolicy of iam"):
        account.emulator.client("iam").get_context_keys_for_custom_policy(PolicyInputList=["{}"])
    assert capsys.readouterr().err == ""
    assert account.emulator.calls() == {"GetContextKeysForCustomPolicy": 1}


def test_calls_are_counted_under_the_names_of_the_api(account) -> None:
    s3, bucket = account.emulator.client("s3"), account.emulator.bucket
    s3.put_object(Bucket=bucket, Key="a", Body=b"")
    s3.copy_object(Bucket=bucket, Key="b", CopySource={"Bucket": bucket, "Key": "a"})
    upload = s3.create_multipart_upload(Bucket=bucket, Key="p")["UploadId"]
    s3.upload_part(Bucket=bucket, Key="p", UploadId=upload, PartNumber=1, Body=b"x")
    s3.abort_multipart_upload(Bucket=bucket, Key="p", UploadId=upload)
    s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "b"}]})
    s3.head_bucket(Bucket=bucket)
    s3.get_bucket_versioning(Bucket=bucket)
    s3.list_objects(Bucket=bucket)
    account.emulator.client("sts").get_caller_identity()
    account.emulator.client("iam").list_roles()
    account.emulator.client("ecr").describe_repositories()
    account.emulator.client("logs").describe_log_groups()
    assert set(account.emulator.calls()) == {
        *("PutObject", "CopyObject", "CreateMultipartUpload", "UploadPart", "AbortMultipartUpload"),
        *("DeleteObjects", "HeadBucket", "GetBucketVersioning", "ListObjects", "GetCallerIdentity"),
        *("ListRoles", "DescribeRepositories", "DescribeLogGroups"),
    }
