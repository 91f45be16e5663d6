"""``--dataset``: jobs find the benchmarks' data in an input channel."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from benchmarking.commons.benchmark_definitions import RealBenchmarkDefinition
from benchmarking.commons.default_baselines import METHODS
from benchmarking.commons.flags import as_s3_folder
from benchmarking.commons.hpo_main_sagemaker import launch
from benchmarking.commons.launch_remote_common import RemoteLauncher
from syne_core.config_space import uniform
from syne_core.emulator import Emulator
from syne_core.errors import UsageError
from syne_core.experiments import scan_study

READS = """
import argparse
from pathlib import Path
from syne_core import Reporter

parser = argparse.ArgumentParser()
parser.add_argument("--x", type=float)
parser.add_argument("--epochs", type=int)
parser.add_argument("--dataset_path")
parser.add_argument("--st_checkpoint_dir")
args = parser.parse_args()
number = float((Path(args.dataset_path) / "deep" / "number.txt").read_text())
Reporter()(epoch=1, loss=args.x + number)
"""
METHOD = {"RS": METHODS["RS"]}
TAG = ("--experiment_tag", "with-data", "--max_num_evaluations", "2", "--max_failures", "0")
SPACE = {"x": uniform(0, 1), "epochs": 1, "dataset_path": "./"}


@pytest.fixture
def reader(definition: RealBenchmarkDefinition) -> RealBenchmarkDefinition:
    """A benchmark whose loss is beyond 1000 if the script has found its data."""
    definition.script.write_text(READS)
    return replace(definition, config_space=SPACE)


def upload(emulator: Emulator, key: str = "my data/deep/number.txt") -> str:
    """Puts the data on S3; the folder that ``--dataset`` is to name, without its last ``/``."""
    emulator.client("s3").put_object(Bucket=emulator.bucket, Key=key, Body=b"1000")
    return f"s3://{emulator.bucket}/my data"


def results() -> pd.DataFrame:
    (folder,) = scan_study("with-data").good
    return pd.read_csv(folder.path / "results.csv.zip")


def test_trials_that_are_jobs_read_it(emulator: Emulator, reader: RealBenchmarkDefinition) -> None:
    assert launch((*TAG, "--dataset", upload(emulator)), METHOD, {"reader": reader}) == 0
    assert len(results()) >= 2
    assert results().loss.min() >= 1000


@pytest.mark.long
def test_trials_inside_of_jobs_read_it(
    emulator: Emulator, reader: RealBenchmarkDefinition, remote_launcher: RemoteLauncher, run_remote: Any
) -> None:
    entry_point = remote_launcher.entry_point
    in_job = entry_point.read_text().replace('"epochs": 4', '"epochs": 1, "dataset_path": "./"')
    entry_point.write_text(in_job)
    inside = replace(remote_launcher.inside, benchmark_definitions={"parabola": reader})
    words = (*TAG, "--method", "RS", "--dataset", upload(emulator), "--wait", "--json")
    done = run_remote(replace(remote_launcher, inside=inside), *words)
    assert done.code == 0, done.err
    (outcome,) = json.loads(done.out)
    assert outcome["state"] == "finished"
    s3 = emulator.client("s3")
    keys = [entry["Key"] for entry in s3.list_objects_v2(Bucket=emulator.bucket)["Contents"]]
    (table,) = (key for key in keys if key.endswith("results.csv.zip"))
    content = s3.get_object(Bucket=emulator.bucket, Key=table)["Body"].read()
    assert pd.read_csv(io.BytesIO(content), compression="zip").loss.min() >= 1000


def test_where_the_data_lie_is_no_part_of_the_identity(
    reader: RealBenchmarkDefinition, capsys: pytest.CaptureFixture[str]
) -> None:
    ids = set()
    for more in ((), ("--dataset", "s3://some-bucket/here"), ("--dataset", "s3://other-bucket")):
        assert launch((*TAG, *more, "--dry_run", "--json"), METHOD, {"reader": reader}) == 0
        (planned,) = json.loads(capsys.readouterr().out)
        ids.add(planned["id"])
    assert len(ids) == 1


@pytest.mark.parametrize(
    ("space", "message"),
    [
        ({"x": uniform(0, 1), "epochs": 1}, "config_space has no dataset_path or input_data_dir"),
        ({**SPACE, "dataset_path": "/my/data"}, "dataset_path is /my/data; it must be relative"),
        ({**SPACE, "dataset_path": "s3://b/data"}, "dataset_path is s3://b/data; it must be relative"),
    ],
)
def test_a_benchmark_that_it_would_not_reach_is_named(
    reader: RealBenchmarkDefinition, space: dict[str, Any], message: str
) -> None:
    wrong = replace(reader, config_space=space)
    with pytest.raises(UsageError, match=f"--dataset does not reach benchmark reader: .*{message}"):
        launch((*TAG, "--dataset", "s3://some-bucket/here", "--dry_run"), METHOD, {"reader": wrong})


@pytest.mark.parametrize(
    ("uri", "message"),
    [
        ("s3://not-there/x", "there is no bucket 'not-there'"),
        ("s3://BUCKET/x", "nothing lies there. To upload"),
    ],
)
def test_data_that_are_not_there_are_missed_before_anything_starts(
    emulator: Emulator, reader: RealBenchmarkDefinition, uri: str, message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        launch((*TAG, "--dataset", uri.replace("BUCKET", emulator.bucket)), METHOD, {"reader": reader})
    assert not emulator.calls().get("CreateTrainingJob")


def test_a_folder_on_s3_ends_with_a_slash_so_that_its_neighbours_are_not_meant() -> None:
    assert as_s3_folder("s3://bucket/my data") == as_s3_folder("s3://bucket/my data//")
    assert as_s3_folder("s3://bucket/my data") == "s3://bucket/my data/"
    assert as_s3_folder("s3://bucket") == "s3://bucket/"
    for wrong in ("bucket/x", "/local", "https://bucket/x", "s3://", "s3:///x", "s3://Bucket/x"):
        with pytest.raises(ValueError, match=r"s3://BUCKET/FOLDER|a bucket's name"):
            as_s3_folder(wrong)
