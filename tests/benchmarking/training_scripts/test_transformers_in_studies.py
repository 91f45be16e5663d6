"""The transformer benchmarks in studies: on the local back-end, as jobs, and inside of jobs.

The models of their definitions are tiny ones here, which lie beside the data.
"""

from __future__ import annotations

import io
import json
import subprocess
import sys
import tarfile
from pathlib import Path

import pandas as pd
import pytest
from packaging.requirements import Requirement
from tiny_transformers import write_glue, write_imdb, write_model, write_swag

import benchmarking
from benchmarking.commons.benchmark_definitions import BENCHMARKS
from benchmarking.commons.benchmark_definitions.finetune_transformer_glue import PRETRAINED_MODELS
from syne_core.emulator import Emulator
from syne_core.experiments import scan_study

pytestmark = pytest.mark.long
pytest.importorskip("torch", reason="the benchmarks need torch")
pytest.importorskip("transformers", reason="the benchmarks need transformers")
pytest.importorskip("datasets", reason="the benchmarks need datasets")

NURSERY = Path(benchmarking.__file__).parent / "nursery"
GLUE, MODSEL = "finetune_transformer_glue_rte", "finetune_transformer_glue_modsel_rte"


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """All data sets and models, in the shared cache; the hub is an address that refuses connections."""
    folder = tmp_path / "all data"
    write_glue(folder / "glue", "rte")
    write_swag(folder / "swag")
    write_imdb(folder / "imdb")
    for name in PRETRAINED_MODELS:
        architecture = name.partition("-")[0].replace("distilroberta", "roberta")
        write_model(folder / "models" / name, architecture)
    monkeypatch.setenv("SYNEBENCH_DATA", str(folder))
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf-home"))
    return folder


def command(launcher: str, name: str, *more: str) -> list[str]:
    """One trial of a real definition, until it has reported twice; ``more`` may say otherwise."""
    words = {"experiment_tag": "tuned", "benchmark": name, "method": "RS", "n_workers": "1"}
    words.update(max_num_evaluations="2", max_failures="0", max_wallclock_time="500", random_seed="7")
    words.update(zip((flag.removeprefix("--") for flag in more[::2]), more[1::2], strict=True))
    flags = [text for flag, value in words.items() for text in (f"--{flag}", value)]
    return [sys.executable, str(NURSERY / launcher), *flags]


def run(words: list[str]) -> str:
    done = subprocess.run(words, capture_output=True, text=True, timeout=560, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def trained(table: pd.DataFrame, name: str) -> None:
    """Two epochs of one trial, with the definition's metric."""
    first = table[table.trial_id == 0]
    assert first.epoch.tolist()[:2] == [1, 2]
    assert first[BENCHMARKS[name]().metric].between(0, 1).all()
    assert (first.parameter_count > 0).all()


@pytest.mark.parametrize("name", ["finetune_transformer_swag", "distilbert_imdb"])
def test_trains_on_the_local_backend(name: str, data: Path) -> None:
    run(command("launch_local/hpo_main.py", name))
    (folder,) = scan_study("tuned").good
    trained(pd.read_csv(folder.path / "results.csv.zip"), name)


def test_trials_are_paused_and_resumed_and_start_warm_whatever_their_model(data: Path) -> None:
    more = ("--method", "ASHA", "--n_workers", "2", "--max_num_evaluations", "14")
    run(command("fine_tuning_transformer_glue/hpo_main.py", MODSEL, *more, "--num_train_epochs", "9"))
    (folder,) = scan_study("tuned").good
    table = pd.read_csv(folder.path / "results.csv.zip")
    assert table.config_model_name_or_path.nunique() > 2
    resumed = table.groupby("trial_id").epoch.apply(list)
    assert any(epochs[:3] == [1, 2, 3] for epochs in resumed), "promoted, so resumed from its checkpoint"
    assert not table.duplicated(["trial_id", "epoch"]).any()
    assert "cold" not in (folder.path / "experiment.log").read_text()


def upload(emulator: Emulator, data: Path) -> str:
    s3 = emulator.client("s3")
    for path in data.rglob("*"):
        if path.is_file():
            s3.upload_file(str(path), emulator.bucket, f"data/{path.relative_to(data)}")
    return f"s3://{emulator.bucket}/data/"


IMAGES = {
    "distilbert_imdb": "huggingface-pytorch-training",
    "finetune_transformer_swag": "pytorch-training",
    GLUE: "pytorch-training",
}


@pytest.mark.parametrize("name", IMAGES)
def test_trains_as_jobs_with_data_from_s3(
    name: str, data: Path, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    uri = upload(emulator, data)
    monkeypatch.setenv("SYNEBENCH_DATA", str(data / "not here"))
    run(command("launch_sagemaker/hpo_main.py", name, "--dataset", uri))
    (folder,) = scan_study("tuned").good
    trained(pd.read_csv(folder.path / "results.csv.zip"), name)
    sagemaker = emulator.client("sagemaker")
    for summary in sagemaker.list_training_jobs()["TrainingJobSummaries"]:
        job = sagemaker.describe_training_job(TrainingJobName=summary["TrainingJobName"])
        assert f"/{IMAGES[name]}:" in job["AlgorithmSpecification"]["TrainingImage"]


LAUNCHERS = {
    "distilbert_imdb": "launch_local",
    "finetune_transformer_swag": "launch_local",
    GLUE: "fine_tuning_transformer_glue",
}


@pytest.mark.parametrize("name", LAUNCHERS)
def test_trains_inside_of_a_job_that_has_all_requirements(
    name: str, data: Path, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    uri = upload(emulator, data)
    monkeypatch.setenv("SYNEBENCH_DATA", str(data / "not here"))
    words = command(f"{LAUNCHERS[name]}/launch_remote.py", name, "--dataset", uri)
    told = run([*words, "--wait", "--json"])
    assert [one["state"] for one in json.loads(told)] == ["finished"]
    s3 = emulator.client("s3")
    keys = [entry["Key"] for entry in s3.list_objects_v2(Bucket=emulator.bucket)["Contents"]]
    (key,) = (key for key in keys if key.endswith("/results.csv.zip"))
    trained(pd.read_csv(io.BytesIO(read(emulator, key)), compression="zip"), name)
    (bundle,) = (key for key in keys if key.endswith("/source.tar.gz"))
    with tarfile.open(fileobj=io.BytesIO(read(emulator, bundle))) as source:
        union = source.extractfile("requirements.txt")
        assert union is not None
        wanted = {Requirement(line).name for line in union.read().decode().splitlines() if line[:1].isalpha()}
    assert {"torch", "transformers", "datasets", "pandas"} <= wanted, "the script's and the tuner's"


def read(emulator: Emulator, key: str) -> bytes:
    content: bytes = emulator.client("s3").get_object(Bucket=emulator.bucket, Key=key)["Body"].read()
    return content
