"""Images are pushed to the emulator, and jobs run inside of them."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from small_image import Pushing, layer, shell_files

from syne_core.emulator.jobs import container_plan
from syne_core.emulator.jobs.failures import JobFailure
from syne_core.emulator.jobs.isolation import Isolation
from syne_core.emulator.registry.layers import unpack_layers

if TYPE_CHECKING:
    from syne_core.emulator import Emulator


def run_job(emulator: Emulator, name: str, image: str, **algorithm: Any) -> dict[str, Any]:
    """Run a job in an image to its end, and describe it."""
    sagemaker = emulator.client("sagemaker")
    sagemaker.create_training_job(
        TrainingJobName=name,
        RoleArn=emulator.role_arn,
        AlgorithmSpecification={"TrainingImage": image, "TrainingInputMode": "File", **algorithm},
        OutputDataConfig={"S3OutputPath": f"s3://{emulator.bucket}/out"},
        ResourceConfig={"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
        StoppingCondition={"MaxRuntimeInSeconds": 600},
        Environment={"FROM_REQUEST": "yes"},
    )
    deadline = time.monotonic() + 600
    while True:
        job: dict[str, Any] = sagemaker.describe_training_job(TrainingJobName=name)
        if job["TrainingJobStatus"] in ("Completed", "Failed", "Stopped"):
            return job
        assert time.monotonic() < deadline
        time.sleep(0.05)


def model_of(emulator: Emulator, name: str) -> dict[str, str]:
    """Files of a job's model."""
    answer = emulator.client("s3").get_object(Bucket=emulator.bucket, Key=f"out/{name}/output/model.tar.gz")
    with tarfile.open(fileobj=io.BytesIO(answer["Body"].read())) as archive:
        return {m.name: archive.extractfile(m).read().decode() for m in archive if m.isreg()}  # type: ignore[union-attr]


@pytest.mark.long
@pytest.mark.parametrize("overlays", [True, False])
def test_jobs_run_inside_of_pushed_images(
    emulator: Emulator, overlays: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not overlays:  # as on file systems that cannot hold them
        isolated = Isolation(namespaces=True, overlays=False)
        monkeypatch.setattr(container_plan, "isolation_named", lambda name, below: isolated)
    files = shell_files()
    if not files:
        pytest.skip("this machine has no shell with libraries that ldd can list")
    ecr, pushing = emulator.client("ecr"), Pushing(emulator.endpoint_url)
    uri = ecr.create_repository(repositoryName="me/shell")["repository"]["repositoryUri"]
    script = b"#!/bin/sh\necho trained by $0 $1 $WHO $FROM_REQUEST in $PWD > /opt/ml/model/told\n"
    script += b"cat /etc/only-here >> /opt/ml/model/told\necho x > /etc/written\n"
    script += b"if [ -e /usr/bin/env ]; then echo leaked >> /opt/ml/model/told; fi\n"
    upper = layer({"opt/train": script, "etc/only-here": b"in the image\n"})
    config = {"Env": ["WHO=image", "FROM_REQUEST=no"], "Entrypoint": ["/opt/train"], "WorkingDir": "/etc"}
    digest = pushing.push("me/shell", "v1", [layer(files), upper], **config)
    (image,) = ecr.describe_images(repositoryName="me/shell")["imageDetails"]
    assert (image["imageDigest"], image["imageTags"]) == (digest, ["v1"])

    job = run_job(emulator, "by-entry-point", f"{uri}:v1")
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    told = "trained by /opt/train train image yes in /etc\nin the image\n"
    assert model_of(emulator, "by-entry-point") == {"told": told}
    words = ["/bin/sh", "-c", "cat /etc/written || echo clean > /opt/ml/model/told"]
    here = f"127.0.0.1:{emulator.endpoint_url.rpartition(':')[2]}/me/shell@{digest}"
    job = run_job(emulator, "by-command", here, ContainerEntrypoint=words)
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    assert model_of(emulator, "by-command") == {"told": "clean\n"}, "what a job writes is not in the image"

    job = run_job(emulator, "never-pushed", f"{uri}:v2")
    assert "ClientError: Cannot find image" in job["FailureReason"]
    words = ["python3", "-c", "open('/opt/ml/model/told', 'w').write('here')"]
    job = run_job(
        emulator, "of-others", "1234.dkr.ecr.us-east-1.amazonaws.com/any", ContainerEntrypoint=words
    )
    assert job["TrainingJobStatus"] == "Completed", "other images are not looked at"


def test_registry_refuses_as_ecr_does(emulator: Emulator) -> None:
    pushing = Pushing(emulator.endpoint_url)
    status, headers, _ = Pushing(emulator.endpoint_url, user=None).call("GET", "/v2/")
    assert (status, headers["WWW-Authenticate"]) == (401, 'Basic realm="emulator"')
    assert pushing.call("GET", "/v2/")[0] == 200
    status, _, told = pushing.call("POST", "/v2/none/blobs/uploads/")
    assert (status, json.loads(told)["errors"][0]["code"]) == (404, "NAME_UNKNOWN")
    emulator.client("ecr").create_repository(repositoryName="rr")
    _, headers, _ = pushing.call("POST", "/v2/rr/blobs/uploads/")
    place = headers["Location"]
    wrong = f"sha256:{hashlib.sha256(b'other').hexdigest()}"
    status, _, told = pushing.call("PUT", f"{place}?digest={wrong}", b"content")
    assert (status, json.loads(told)["errors"][0]["code"]) == (400, "DIGEST_INVALID")
    assert pushing.call("PATCH", place, b"x")[0] == 404
    assert pushing.call("HEAD", f"/v2/rr/blobs/{wrong}")[0] == 404
    missing = {"config": {"digest": wrong}, "layers": []}
    status, _, told = pushing.call("PUT", "/v2/rr/manifests/v1", json.dumps(missing).encode())
    assert (status, json.loads(told)["errors"][0]["code"]) == (400, "MANIFEST_BLOB_UNKNOWN")
    assert pushing.call("PUT", "/v2/rr/manifests/v1", b"[]")[0] == 400
    assert pushing.call("GET", "/v2/rr/manifests/v1")[0] == 404
    blob = pushing.push_blob("rr", b"content")
    status, headers, content = pushing.call("GET", f"/v2/rr/blobs/{blob['digest']}")
    assert (status, content, headers["Content-Length"]) == (200, b"content", "7")
    digest = pushing.push("rr", "v1", [])
    assert pushing.call("HEAD", "/v2/rr/manifests/v1")[1]["Docker-Content-Digest"] == digest


def entry(name: str, kind: bytes, target: str = "") -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.type, made.linkname, made.mode = kind, target, 0o755
    return made


def unpacked(tmp_path: Path, *layers: dict[str, Any]) -> Path:
    paths = []
    for number, files in enumerate(layers):
        paths.append(tmp_path / f"{number}.tar.gz")
        paths[-1].write_bytes(layer(files))
    unpack_layers(paths, tmp_path / "root")
    return tmp_path / "root"


def test_layers_lie_over_one_another(tmp_path: Path) -> None:
    root = unpacked(
        tmp_path,
        {"a/old": b"1", "a/stays": b"2", "b/gone": b"3", "b/too": b"4", "f": b"5", "usr/bin/x": b"6"},
        {
            "a/.wh.old": b"",
            "b/.wh..wh..opq": b"",
            "b/new": b"7",
            "f": entry("f", tarfile.DIRTYPE),
            "bin": entry("bin", tarfile.SYMTYPE, "usr/bin"),
            "null": entry("null", tarfile.CHRTYPE),
        },
        {"bin/y": b"8", "hard": entry("hard", tarfile.LNKTYPE, "bin/y")},
    )
    found = {str(p.relative_to(root)) for p in root.rglob("*") if p.is_file() or p.is_symlink()}
    assert found == {"a/stays", "b/new", "bin", "usr/bin/x", "usr/bin/y", "hard"}
    assert (root / "f").is_dir()
    assert (root / "hard").read_bytes() == b"8"


def test_links_of_an_image_lead_nowhere_outside_of_it(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    root = unpacked(
        tmp_path,
        {"out": entry("out", tarfile.SYMTYPE, str(tmp_path)), "up": entry("up", tarfile.SYMTYPE, "../..")},
        {"out/mine": b"theirs", "up/mine": b"theirs", "out/.wh.mine": b""},
    )
    assert (tmp_path / "mine").read_text() == "mine"
    assert (root / "mine").read_bytes() == b"theirs"


@pytest.mark.parametrize(
    "bad",
    [
        {"../evil": b"x"},
        {"hard": entry("hard", tarfile.LNKTYPE, "../../../etc/hostname-of-nobody")},
        {"a": entry("a", tarfile.SYMTYPE, "b"), "b": entry("b", tarfile.SYMTYPE, "a"), "a/c": b""},
    ],
)
def test_layers_that_lead_out_or_in_circles_are_refused(tmp_path: Path, bad: dict[str, Any]) -> None:
    with pytest.raises(JobFailure, match="cannot be unpacked"):
        unpacked(tmp_path, bad)
    assert not (tmp_path / "evil").exists()
