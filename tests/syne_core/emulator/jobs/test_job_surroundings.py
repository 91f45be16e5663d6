"""What a job finds: files below /opt/ml, variables, programs."""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import pytest
from job_rig import JobRig, Ran, in_a_folder, in_namespaces
from job_rig import rig_of_jobs as rig_of_jobs
from job_rig import shared_emulator as shared_emulator

AWKWARD = {
    "text": 'two words, "quotes", an apostrophe\'s, $HOME `id` \\',
    "lines": "first\nsecond\ttab",
    "unicode": "größe 模型 🙂",
    "list": '[1, -2.5, "a b"]',
    "x": "-1",
    "empty": "",
    **{f"key{number}": str(number) for number in range(94)},
}


def printed(ran: Ran) -> Any:
    """What the job printed, a line of JSON."""
    return json.loads(ran.completed().log()[-1])


def test_hyperparameters_arrive_intact(rig: JobRig) -> None:
    ran = rig.run(
        "import json; print(json.dumps(json.load(open(base + '/input/config/hyperparameters.json'))))",
        HyperParameters=AWKWARD,
    )
    assert len(AWKWARD) == 100
    assert printed(ran) == AWKWARD


def test_arguments_and_environment_arrive_intact(rig: JobRig) -> None:
    words = ["--name", AWKWARD["text"], AWKWARD["lines"], AWKWARD["unicode"], "", "-x", "*"]
    ran = rig.run(
        "import json, sys; print(json.dumps([sys.argv[1:], os.environ['MINE']]))",
        AlgorithmSpecification={"ContainerArguments": words},
        Environment={"MINE": AWKWARD["text"]},
    )
    assert printed(ran) == [words, AWKWARD["text"]]


def test_the_configuration_files_say_what_is_where(rig: JobRig) -> None:
    rig.put("train/data.csv", "1")
    script = (
        "import json\n"
        "read = lambda name: json.load(open(f'{base}/input/config/{name}.json'))\n"
        "print(json.dumps([read('resourceconfig'), read('inputdataconfig')]))"
    )
    channels = [rig.channel("code", "job-1/code/"), {**rig.channel("train", "train/"), "ContentType": "csv"}]
    resources, inputs = printed(rig.run(script, InputDataConfig=channels))
    assert resources == {
        "current_host": "algo-1",
        "current_instance_type": "ml.m5.large",
        "current_group_name": "homogeneousCluster",
        "hosts": ["algo-1"],
        "instance_groups": [
            {
                "instance_group_name": "homogeneousCluster",
                "instance_type": "ml.m5.large",
                "hosts": ["algo-1"],
            }
        ],
        "network_interface_name": "lo",
    }
    assert inputs["train"] == {
        "ContentType": "csv",
        "TrainingInputMode": "File",
        "S3DistributionType": "FullyReplicated",
        "RecordWrapperType": "None",
    }
    assert sorted(inputs) == ["code", "train"]


def test_clients_in_a_job_reach_the_emulator_without_the_users_credentials(
    rig: JobRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "the user's own")
    monkeypatch.setenv("AWS_PROFILE", "the user's own")
    rig.environment = {"FROM_THE_EMULATOR": "1"}
    found = printed(rig.run("import json; print(json.dumps(dict(os.environ)))"))
    assert found["AWS_ENDPOINT_URL"] == rig.emulator.endpoint_url
    assert found["AWS_REGION"] == found["AWS_DEFAULT_REGION"] == rig.emulator.region
    assert found["AWS_EC2_METADATA_DISABLED"] == "true"
    assert found["TRAINING_JOB_NAME"] == "job-1"
    assert found["TRAINING_JOB_ARN"].endswith(":training-job/job-1")
    assert found["FROM_THE_EMULATOR"] == "1"
    assert "the user's own" not in found.values()
    assert found["HOME"] != os.environ["HOME"]


@in_namespaces
def test_python_and_pip_are_those_of_the_emulator(rig: JobRig) -> None:
    script = (
        "import json, subprocess, sys\n"
        "output = lambda *words: subprocess.check_output(words, text=True)\n"
        "pythons = [output(name, '-c', 'import sys; print(sys.prefix)').strip()"
        " for name in ('python', 'python3')]\n"
        "print(json.dumps([sys.prefix, *pythons, output('pip', '--version')]))"
    )
    ours, plain, three, pip = printed(rig.run(script))
    assert ours == plain == three == sys.prefix
    assert sys.prefix in pip


@in_namespaces
def test_namespaces_keep_a_job_apart(rig: JobRig) -> None:
    script = (
        "import json, socket\n"
        "open('/opt/ml/model/m', 'w').close()\n"
        "print(json.dumps([os.getcwd(), os.listdir('/opt'), socket.gethostname(), os.getpid()]))"
    )
    folder, opt, host, pid = printed(rig.run(script))
    assert folder == "/opt/ml/code"
    assert set(opt) == {"ml", *os.listdir("/opt")}
    assert host == "algo-1"
    assert pid == 2, "the main process, below PID 1 of its own namespace"
    assert not os.path.exists("/opt/ml/model/m")


@in_a_folder
def test_without_namespaces_paths_of_the_command_lead_to_the_folder(rig: JobRig) -> None:
    ran = rig.run(
        "import json, sys; print(json.dumps([sys.argv[1:], base, os.getcwd(), os.environ['MINE']]))",
        AlgorithmSpecification={"ContainerArguments": ["/opt/ml/model", "/opt/mlx"]},
        Environment={"MINE": "/opt/ml/input/data/train"},
    )
    arguments, base, folder, mine = printed(ran)
    assert mine == f"{base}/input/data/train"
    assert base.startswith(str(rig.folder))
    assert arguments == [f"{base}/model", "/opt/mlx"]
    assert folder == f"{base}/code"
