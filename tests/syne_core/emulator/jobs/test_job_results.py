"""Model, output data and checkpoints."""

from __future__ import annotations

import pytest
from job_rig import JobRig, in_a_folder
from job_rig import rig_of_jobs as rig_of_jobs
from job_rig import shared_emulator as shared_emulator

WRITES = (
    "os.makedirs(base + '/model/deep')\n"
    "open(base + '/model/deep/weights', 'w').write('w')\n"
    "open(base + '/output/data/notes', 'w').write('n')\n"
)
WAITS = "import time\nprint('up')\nfor _ in range(60_000): time.sleep(0.01)\n"


def test_model_and_output_data_become_archives(rig: JobRig) -> None:
    rig.run(WRITES).completed()
    assert rig.archive("out/job-1/output/model.tar.gz") == {"deep/weights": b"w"}
    assert rig.archive("out/job-1/output/output.tar.gz") == {"notes": b"n"}


@in_a_folder
def test_nothing_is_uploaded_of_empty_folders(rig: JobRig) -> None:
    rig.run().completed()
    assert rig.keys("out/") == []


@in_a_folder
def test_uncompressed_results_are_objects_of_their_own(rig: JobRig) -> None:
    place = {"S3OutputPath": rig.uri("out/"), "CompressionType": "NONE"}
    end = rig.run(WRITES, OutputDataConfig=place).completed().end()
    assert rig.keys("out/job-1/output/") == ["data/notes", "model/deep/weights"]
    assert end.model_artifacts == rig.uri("out/job-1/output/model/")


@in_a_folder
def test_a_failed_job_leaves_output_data_and_no_model(rig: JobRig) -> None:
    assert rig.run(WRITES + "1 / 0").end().status == "Failed"
    assert rig.keys("out/job-1/output/") == ["output.tar.gz"]


@in_a_folder
def test_the_results_of_all_instances_are_joined(rig: JobRig) -> None:
    script = (
        "import json\n"
        "host = json.load(open(base + '/input/config/resourceconfig.json'))['current_host']\n"
        "open(base + '/model/' + host, 'w').write(host)"
    )
    rig.run(script, ResourceConfig={"InstanceType": "ml.m5.large", "InstanceCount": 2}).completed()
    assert rig.archive("out/job-1/output/model.tar.gz") == {"algo-1": b"algo-1", "algo-2": b"algo-2"}


@in_a_folder
def test_results_that_cannot_be_uploaded_fail_the_job(rig: JobRig) -> None:
    end = rig.run(WRITES, OutputDataConfig={"S3OutputPath": "s3://nowhere-at-all/x"}).end()
    assert end.status == "Failed"
    assert end.failure_reason == "ClientError: Artifact upload failed: no bucket nowhere-at-all"


def test_checkpoints_come_down_and_go_up_while_the_job_runs(rig: JobRig) -> None:
    rig.put("ckpt/old", "1")
    rig.put("ckpt/deep/older", "2")
    script = (
        "import time, pathlib\n"
        "folder = pathlib.Path(base, 'checkpoints')\n"
        "(folder / 'found').write_text((folder / 'old').read_text() + (folder / 'deep/older').read_text())\n"
        "(folder / 'old').unlink()\n"
        "(folder / 'more').mkdir()\n"
        "(folder / 'more/new').write_text('1')\n"
        "os.symlink('more/new', folder / 'latest')\n"
        "while not (folder / 'deep/older').stat().st_size > 1: time.sleep(0.01)\n"
    )
    ran = rig.run(script + WAITS, CheckpointConfig={"S3Uri": rig.uri("ckpt")})
    rig.until(lambda: rig.keys("ckpt/") == ["deep/older", "found", "latest", "more/new"], "the upload")
    assert rig.read("ckpt/found") == b"12"
    assert rig.read("ckpt/latest") == b"1"
    assert "Uploading" not in ran.told.statuses
    ran.job.stop()
    assert ran.end().status == "Stopped"


@in_a_folder
def test_what_was_written_last_is_uploaded(rig: JobRig) -> None:
    script = "for n in range(50): open(base + '/checkpoints/last', 'w').write(str(n))"
    rig.run(script, CheckpointConfig={"S3Uri": rig.uri("ckpt/")}).completed()
    assert rig.read("ckpt/last") == b"49"


@in_a_folder
def test_a_prefix_of_checkpoints_is_a_folder_even_without_a_slash(rig: JobRig) -> None:
    rig.put("exp/1/mine", "1")
    rig.put("exp/10/another's", "1")
    script = "os.unlink(base + '/checkpoints/mine')\nprint(os.listdir(base + '/checkpoints'))"
    ran = rig.run(script, CheckpointConfig={"S3Uri": rig.uri("exp/1")}).completed()
    assert ran.log()[-1] == "[]"
    assert rig.keys("exp/") == ["10/another's"]


@in_a_folder
def test_checkpoints_may_lie_elsewhere_below_opt_ml(rig: JobRig) -> None:
    config = {"S3Uri": rig.uri("ckpt"), "LocalPath": "/opt/ml/mine/too"}
    rig.run("open(base + '/mine/too/c', 'w')", CheckpointConfig=config).completed()
    assert rig.keys("ckpt/") == ["c"]


@in_a_folder
@pytest.mark.parametrize(
    ("config", "reason"),
    [
        ({"LocalPath": "/tmp/elsewhere"}, "keeps checkpoints below /opt/ml only, not in /tmp/elsewhere"),
        ({"S3Uri": "s3://nowhere-at-all/x"}, "Checkpoint download failed: no bucket nowhere-at-all"),
    ],
)
def test_checkpoints_that_cannot_be_kept_fail_the_job(
    rig: JobRig, config: dict[str, str], reason: str
) -> None:
    end = rig.run(CheckpointConfig={"S3Uri": rig.uri("ckpt"), **config}).end()
    assert end.status == "Failed"
    assert reason in str(end.failure_reason)


def test_checkpoints_survive_a_spot_interruption(rig: JobRig) -> None:
    script = (
        "path = base + '/checkpoints/epoch'\n"
        "epoch = int(open(path).read()) if os.path.exists(path) else 0\n"
        "print('from', epoch)\n"
        "open(path, 'w').write(str(epoch + 1))\n"
        "if epoch == 0:\n"
        "    import time\n"
        "    while True: time.sleep(0.01)\n"
    )
    config = {"S3Uri": rig.uri("ckpt")}
    first = rig.run(script, CheckpointConfig=config)
    rig.until(lambda: rig.keys("ckpt/") == ["epoch"] and rig.read("ckpt/epoch") == b"1", "the checkpoint")
    first.job.interrupt()
    assert first.end().secondary_status == "Interrupted"
    assert rig.run(script, CheckpointConfig=config).completed().log() == ["from 1"]
