"""The torch benchmarks in studies: as trials of the local back-end, as jobs, and inside of jobs."""

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
from tiny_data import TEXT, write_cifar10, write_fashion_mnist, write_wikitext2

import benchmarking
from benchmarking.commons.benchmark_definitions import BENCHMARKS
from syne_core.emulator import Emulator
from syne_core.experiments import scan_study

pytestmark = pytest.mark.long
pytest.importorskip("torch", reason="the benchmarks need torch")

NURSERY = Path(benchmarking.__file__).parent / "nursery"
NAMES = ("lstm_wikitext2", "mlp_fashionmnist", "resnet_cifar10", "transformer_wikitext2")


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """All data sets, in the shared cache. Batches may have 256 columns, each of which needs two words."""
    folder = tmp_path / "all data"
    write_cifar10(folder, 2)
    write_fashion_mnist(folder, 60)
    write_wikitext2(folder, TEXT * 24, TEXT * 2)
    monkeypatch.setenv("SYNEBENCH_DATA", str(folder))
    return folder


def command(launcher: str, name: str, *more: str) -> list[str]:
    """One trial of a real definition, until it has reported twice."""
    words = ("--experiment_tag", "torch", "--benchmark", name, "--method", "RS", "--num_seeds", "1")
    short = ("--n_workers", "1", "--max_num_evaluations", "2", "--max_failures", "0")
    budget = ("--max_wallclock_time", "400", "--random_seed", "7")
    return [sys.executable, str(NURSERY / launcher), *words, *short, *budget, *more]


def run(words: list[str]) -> str:
    done = subprocess.run(words, capture_output=True, text=True, timeout=500, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def trained(table: pd.DataFrame, name: str) -> None:
    """Two epochs of one trial, with the definition's metric."""
    first = table[table.trial_id == 0]
    assert first.epoch.tolist()[:2] == [1, 2]
    assert first[BENCHMARKS[name]().metric].notna().any()
    assert (first.parameter_count > 0).all()


@pytest.mark.parametrize("name", NAMES)
def test_trains_on_the_local_backend(name: str, data: Path) -> None:
    run(command("launch_local/hpo_main.py", name))
    (folder,) = scan_study("torch").good
    trained(pd.read_csv(folder.path / "results.csv.zip"), name)


@pytest.mark.parametrize("name", NAMES)
def test_the_doctor_sees_it_resume_exactly(name: str, data: Path) -> None:
    command = [sys.executable, "-m", "benchmarking.cli.main", "doctor", "--benchmark", name]
    said = run(command)
    assert "a paused and resumed trial reports the same values as one in a piece" in said
    assert all(line.startswith("ok ") for line in said.splitlines()), said


def upload(emulator: Emulator, data: Path) -> str:
    s3 = emulator.client("s3")
    for path in data.rglob("*"):
        if path.is_file():
            s3.upload_file(str(path), emulator.bucket, f"data/{path.relative_to(data)}")
    return f"s3://{emulator.bucket}/data/"


@pytest.mark.parametrize("name", NAMES)
def test_trains_as_jobs_with_data_from_s3(
    name: str, data: Path, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    uri = upload(emulator, data)
    monkeypatch.setenv("SYNEBENCH_DATA", str(data / "not here"))
    run(command("launch_sagemaker/hpo_main.py", name, "--dataset", uri))
    (folder,) = scan_study("torch").good
    trained(pd.read_csv(folder.path / "results.csv.zip"), name)


@pytest.mark.parametrize("name", NAMES)
def test_trains_inside_of_a_job_that_has_all_requirements(
    name: str, data: Path, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    uri = upload(emulator, data)
    monkeypatch.setenv("SYNEBENCH_DATA", str(data / "not here"))
    told = run(command("launch_local/launch_remote.py", name, "--dataset", uri, "--wait", "--json"))
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
    assert {"torch", "numpy", "pandas", "pyyaml"} <= wanted, "the script's and the tuner's"


def read(emulator: Emulator, key: str) -> bytes:
    content: bytes = emulator.client("s3").get_object(Bucket=emulator.bucket, Key=key)["Body"].read()
    return content
