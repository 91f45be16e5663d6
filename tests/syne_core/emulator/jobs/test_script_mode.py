"""Jobs as the SageMaker SDK v2 sends them."""

from __future__ import annotations

import importlib.util
import json
import shlex
from collections.abc import Mapping
from typing import Any

import pytest
from job_rig import PACKAGE, JobRig, Ran, in_a_folder, packed
from job_rig import rig_of_jobs as rig_of_jobs
from job_rig import shared_emulator as shared_emulator

NO_ENTRY_POINT = {"ContainerEntrypoint": []}
TELLS = (
    "import json, os, sys\n"
    "print(json.dumps([sys.argv[1:], os.getcwd(),"
    " {k: v for k, v in os.environ.items() if k.startswith('SM_')}]))\n"
)


def run_script(
    rig: JobRig, files: Mapping[str, str | bytes], program: str = "train.py", **changes: Any
) -> Ran:
    """As the SDK does: values are JSON."""
    rig.put("source.tar.gz", packed(files))
    values = {
        "sagemaker_program": program,
        "sagemaker_submit_directory": rig.uri("source.tar.gz"),
        "sagemaker_container_log_level": 20,
        "sagemaker_job_name": "job-1",
        "sagemaker_region": rig.emulator.region,
        **changes.pop("values", {}),
    }
    return rig.run(
        AlgorithmSpecification=NO_ENTRY_POINT,
        HyperParameters={name: json.dumps(value) for name, value in values.items()},
        **changes,
    )


def test_the_script_gets_arguments_folder_and_variables(rig: JobRig) -> None:
    rig.put("train/a", "1")
    values = {
        "lr": 0.1,
        "x": 'two words, it\'s "so"',
        "negative": -1e-05,
        "flag": True,
        "list": [1, "a b"],
        "map": {"b": 1, "a": 2},
        "batch-size": 8,
    }
    channels = [rig.channel("train", "train/")]
    ran = run_script(rig, {"src/train.py": TELLS}, "src/train.py", values=values, InputDataConfig=channels)
    arguments, folder, found = json.loads(ran.completed().log()[-1])
    assert arguments == [
        *("--batch-size", "8", "--flag", "True", "--list", "[1, 'a b']", "--lr", "0.1"),
        *("--map", "a=2,b=1", "--negative", "-1e-05", "-x", values["x"]),
    ]
    base = folder.removesuffix("/code")
    assert (base == "/opt/ml") == (rig.isolation == "namespaces")
    assert json.loads(found["SM_HPS"]) == values
    assert found["SM_HP_BATCH_SIZE"] == "8"
    assert found["SM_HP_LIST"] == '[1,"a b"]'
    assert json.loads(found["SM_USER_ARGS"]) == arguments
    assert found["SM_CHANNEL_TRAIN"] == f"{base}/input/data/train"
    assert json.loads(found["SM_CHANNELS"]) == ["train"]
    assert found["SM_MODEL_DIR"] == f"{base}/model"
    assert found["SM_OUTPUT_DATA_DIR"] == f"{base}/output/data"
    assert found["SM_HOSTS"] == '["algo-1"]'
    assert found["SM_CURRENT_HOST"] == "algo-1"
    assert int(found["SM_NUM_CPUS"]) >= 1
    assert int(found["SM_NUM_GPUS"]) >= 0
    assert found["SM_USER_ENTRY_POINT"] == "src/train.py"
    assert found["SM_MODULE_NAME"] == "src/train"
    everything = json.loads(found["SM_TRAINING_ENV"])
    assert everything["hyperparameters"] == values
    assert everything["job_name"] == "job-1"
    assert everything["channel_input_dirs"] == {"train": f"{base}/input/data/train"}


def test_a_script_that_fails_is_quoted_as_by_the_toolkit(rig: JobRig) -> None:
    files = {"train.py": "import sys\nprint('noise', file=sys.stderr)\nraise ValueError('it is wrong')\n"}
    ran = run_script(rig, files, values={"lr": 0.1})
    reason = str(ran.end().failure_reason)
    assert reason.startswith('AlgorithmError: ExecuteUserScriptError:\nExitCode 1\nErrorMessage "Traceback')
    assert 'ValueError: it is wrong"\nCommand "python3 train.py --lr 0.1", exit code: 1' in reason
    assert "noise" not in reason
    assert "noise" in ran.log()
    assert "ValueError: it is wrong" in ran.log()


@in_a_folder
def test_shell_scripts_and_modules_run_too(rig: JobRig) -> None:
    shell = run_script(rig, {"go.sh": 'echo "got $1 $2"'}, "go.sh", values={"a": "b c"})
    assert shell.completed().log()[-1] == "got -a b c"
    module = run_script(rig, {"mine/__main__.py": "print('module')"}, "mine")
    assert module.completed().log()[-1] == "module"


@in_a_folder
def test_scripts_import_what_lies_beside_them(rig: JobRig) -> None:
    files = {"train.py": "import beside\nprint(beside.NAME)", "beside.py": "NAME = 'found'"}
    assert run_script(rig, files).completed().log()[-1] == "found"


@in_a_folder
def test_a_source_that_is_missing_or_no_archive_fails_the_job(rig: JobRig) -> None:
    for key, content in (("nothing.tar.gz", None), ("text.tar.gz", "text")):
        if content is not None:
            rig.put(key, content)
        end = run_script(rig, {}, values={"sagemaker_submit_directory": rig.uri(key)}).end()
        assert end.status == "Failed"
        assert f"cannot unpack {rig.uri(key)}" in str(end.failure_reason)


@in_a_folder
def test_an_archive_writes_nowhere_else(rig: JobRig) -> None:
    end = run_script(rig, {"../../../escaped": "1", "train.py": ""}).end()
    assert "cannot unpack" in str(end.failure_reason)


@in_a_folder
def test_launchers_of_distributed_training_are_refused_by_name(rig: JobRig) -> None:
    end = run_script(rig, {"train.py": ""}, values={"sagemaker_mpi_enabled": True}).end()
    assert "torch_distributed only, not sagemaker_mpi_enabled" in str(end.failure_reason)


@in_a_folder
def test_torch_distributed_starts_the_script_by_torchs_launcher(rig: JobRig) -> None:
    launcher = "import sys, json\nprint(json.dumps(sys.argv[1:]))"
    files = {"train.py": "", **{f"torch/{n}": "" for n in ("__init__.py", "distributed/__init__.py")}}
    ran = run_script(
        rig,
        {**files, "torch/distributed/run.py": launcher},
        values={"lr": 0.1, "sagemaker_torch_distributed_enabled": True},
        ResourceConfig={"InstanceType": "ml.m5.large", "InstanceCount": 2, "VolumeSizeInGB": 1},
    ).completed()
    first, second = (json.loads(ran.log(host)[-1]) for host in ("algo-1", "algo-2"))
    assert first[:4] == ["--nnodes", "2", "--node_rank", "0"]
    assert second[:4] == ["--nnodes", "2", "--node_rank", "1"]
    assert first[4:] == second[4:]
    assert first[-3:] == ["train.py", "--lr", "0.1"]


@in_a_folder  # in namespaces: see test_model_trainer_jobs
@pytest.mark.usefixtures("offline")
def test_requirements_are_installed_for_the_job_alone(rig: JobRig) -> None:
    script = "import syne_wanted; print('imported')"
    ran = run_script(rig, {**PACKAGE, "train.py": script})
    assert ran.completed().log()[-1] == "imported"
    assert importlib.util.find_spec("syne_wanted") is None


@in_a_folder
@pytest.mark.usefixtures("offline")
def test_requirements_that_cannot_be_installed_fail_the_job(rig: JobRig) -> None:
    files = {"requirements.txt": "./not-here\n", "train.py": "print('never')"}
    reason = str(run_script(rig, files).end().failure_reason)
    assert reason.startswith("AlgorithmError: InstallRequirementsError:\nExitCode 1\n")
    assert "not-here" in reason


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """pip asks no registry."""
    monkeypatch.setenv("PIP_NO_INDEX", "1")


def test_the_script_never_sees_sigterm(rig: JobRig) -> None:
    """As with the toolkit, which is the process that gets it."""
    script = (
        "import os, signal, time\n"
        "signal.signal(signal.SIGTERM, lambda *_: print('heeded', flush=True))\n"
        "print('up', flush=True)\n"
        "while True: time.sleep(0.01)\n"
    )
    ran = run_script(rig, {"train.py": script})
    ran.prints("up")
    ran.job.stop()
    assert ran.end().status == "Stopped"
    assert "heeded" not in ran.log()


def test_the_command_in_a_failure_can_be_pasted(rig: JobRig) -> None:
    words = "it's $HOME"
    reason = str(run_script(rig, {"train.py": "1 / 0"}, values={"a": words}).end().failure_reason)
    assert shlex.join(["python3", "train.py", "-a", words]) in reason
