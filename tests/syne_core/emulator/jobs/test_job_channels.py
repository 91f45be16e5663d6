"""Input channels."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest
from job_rig import JobRig, Ran, in_a_folder
from job_rig import rig_of_jobs as rig_of_jobs
from job_rig import shared_emulator as shared_emulator

LISTS = (
    "import json, pathlib\n"
    "data = pathlib.Path(base, 'input/data')\n"
    "print(json.dumps({str(p.relative_to(data)): p.read_text() for p in sorted(data.rglob('*'))"
    " if p.is_file() and 'code' not in p.parts}))"
)

pytestmark = in_a_folder


def run_with(rig: JobRig, channel: dict[str, Any], **changes: Any) -> Ran:
    """A job with one channel besides the script's."""
    return rig.run(LISTS, InputDataConfig=[rig.channel("code", "job-1/code/"), channel], **changes)


def files_of(ran: Ran, host: str = "algo-1") -> dict[str, str]:
    found: dict[str, str] = json.loads(ran.completed().log(host)[-1])
    return found


def test_a_prefix_with_a_slash_is_a_folder(rig: JobRig) -> None:
    for key in ("data/a.csv", "data/deep/b.csv", "data/", "data-2/c.csv"):
        rig.put(key, key)
    files = files_of(run_with(rig, rig.channel("train", "data/")))
    assert files == {"train/a.csv": "data/a.csv", "train/deep/b.csv": "data/deep/b.csv"}


def test_a_prefix_without_a_slash_takes_what_begins_like_it_too(rig: JobRig) -> None:
    for key in ("in/data/a.csv", "in/data-2/c.csv"):
        rig.put(key, key)
    files = files_of(run_with(rig, rig.channel("train", "in/data")))
    assert files == {"train/a.csv": "in/data/a.csv", "train/data-2/c.csv": "in/data-2/c.csv"}


def test_a_single_object_is_a_file(rig: JobRig) -> None:
    rig.put("in/only.csv", "1")
    assert files_of(run_with(rig, rig.channel("train", "in/only.csv"))) == {"train/only.csv": "1"}


def test_a_manifest_names_the_objects(rig: JobRig) -> None:
    for key in ("in/a", "in/deep/b", "in/c"):
        rig.put(key, key)
    rig.put("m.json", json.dumps([{"prefix": rig.uri("in/")}, "a", "deep/b"]))
    files = files_of(run_with(rig, rig.channel("train", "m.json", S3DataType="ManifestFile")))
    assert files == {"train/a": "in/a", "train/deep/b": "in/deep/b"}


def test_fast_file_shows_the_same_files(rig: JobRig) -> None:
    rig.put("in/a", "1")
    channel = {**rig.channel("train", "in/"), "InputMode": "FastFile"}
    assert files_of(run_with(rig, channel)) == {"train/a": "1"}


def test_gzip_is_unpacked(rig: JobRig) -> None:
    rig.put("in/a", gzip.compress(b"plain"))
    channel = {**rig.channel("train", "in/"), "CompressionType": "Gzip"}
    assert files_of(run_with(rig, channel)) == {"train/a": "plain"}


@pytest.mark.parametrize("way", ["FullyReplicated", "ShardedByS3Key"])
def test_instances_share_or_copy_the_objects(rig: JobRig, way: str) -> None:
    for number in range(5):
        rig.put(f"in/{number}", "")
    ran = run_with(
        rig,
        rig.channel("train", "in/", S3DataDistributionType=way),
        ResourceConfig={"InstanceType": "ml.m5.large", "InstanceCount": 2},
    )
    first, second = (set(files_of(ran, host)) for host in ("algo-1", "algo-2"))
    everything = {f"train/{number}" for number in range(5)}
    if way == "FullyReplicated":
        assert first == second == everything
    else:
        assert first | second == everything
        assert not first & second
        assert {len(first), len(second)} == {2, 3}


def test_a_channel_can_be_for_one_instance_group(rig: JobRig) -> None:
    rig.put("in/a", "1")
    groups = [
        {"InstanceType": f"ml.{kind}.large", "InstanceCount": 1, "InstanceGroupName": kind}
        for kind in ("m5", "c5")
    ]
    channel = rig.channel("train", "in/", InstanceGroupNames=["c5"])
    ran = run_with(rig, channel, ResourceConfig={"InstanceGroups": groups})
    assert files_of(ran, "algo-1") == {}
    assert files_of(ran, "algo-2") == {"train/a": "1"}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"InputMode": "Pipe"}, "channel train has input mode Pipe"),
        ({"RecordWrapperType": "RecordIO"}, "RecordIO"),
        ({"DataSource": {"FileSystemDataSource": {"FileSystemId": "fs-1"}}}, "no S3DataSource"),
        ({"CompressionType": "Gzip"}, "is no gzip file"),
        (
            {"DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://nowhere-at-all/x"}}},
            'No S3 objects found under S3 URL "s3://nowhere-at-all/x"',
        ),
        (
            {"DataSource": {"S3DataSource": {"S3DataType": "AugmentedManifestFile", "S3Uri": "s3://b/x"}}},
            "S3DataType AugmentedManifestFile",
        ),
    ],
)
def test_what_cannot_be_had_fails_the_job_with_its_name(
    rig: JobRig, change: dict[str, Any], reason: str
) -> None:
    rig.put("in/a", "plain")
    end = run_with(rig, {**rig.channel("train", "in/"), **change}).end()
    assert end.status == "Failed"
    assert str(end.failure_reason).startswith("ClientError: ")
    assert reason in str(end.failure_reason)


def test_no_object_leaves_its_channel(rig: JobRig) -> None:
    rig.put("m.json", json.dumps([{"prefix": rig.uri("in/")}, "../../../../escaped"]))
    rig.put("in/../../../../escaped", "1")
    end = run_with(rig, rig.channel("train", "m.json", S3DataType="ManifestFile")).end()
    assert "would lie outside of channel train" in str(end.failure_reason)
