"""The input channel ``dataset`` is where scripts in jobs find their data."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from runner_container import RunnerContainer

SHOW = """
    import json, os, sys
    config = None
    if "--st_config_json_filename" in sys.argv:
        config = json.load(open(sys.argv[sys.argv.index("--st_config_json_filename") + 1]))
    print("SEEN", json.dumps([sys.argv[1:], config, os.environ.get("SYNEBENCH_DATA")]))
"""
CONFIG = {"dataset_path": "./", "lr": 0.1, "input_data_dir": "text", "note": "./"}
ARGUMENTS = ["--dataset_path", "./", "--lr", "0.1", "--input_data_dir", "text", "--note", "./"]


@pytest.fixture
def container(tmp_path: Path) -> Iterator[RunnerContainer]:
    made = RunnerContainer(tmp_path)
    made.script(SHOW)
    made.variables = {"SYNEBENCH_DATA": "elsewhere"}
    yield made
    made.kill()


def seen(container: RunnerContainer) -> list:
    done = container.run()
    assert done.code == 0, done.stderr
    return json.loads(done.stdout.partition("SEEN ")[2].partition("\n")[0])


def channel(container: RunnerContainer) -> str:
    folder = container.base / "input" / "data" / "dataset"
    folder.mkdir()
    return str(folder)


def test_relative_paths_of_data_lie_in_the_channel(container: RunnerContainer) -> None:
    folder = channel(container)
    container.job.update(config=CONFIG, arguments=ARGUMENTS)
    there = ["--dataset_path", folder, "--lr", "0.1", "--input_data_dir", f"{folder}/text", "--note", "./"]
    assert seen(container) == [there, None, folder], "the last is for trials that the script starts"


def test_a_configuration_in_a_file_has_them_too(container: RunnerContainer) -> None:
    folder = channel(container)
    container.job.update(config=CONFIG, arguments=[], pass_args_as_json=True)
    _, config, _ = seen(container)
    assert config == {**CONFIG, "dataset_path": folder, "input_data_dir": f"{folder}/text"}


def test_absolute_paths_and_uris_stay(container: RunnerContainer) -> None:
    channel(container)
    container.job["arguments"] = ["--dataset_path", "/my/data", "--input_data_dir", "s3://bucket/data"]
    assert seen(container)[0] == container.job["arguments"]


def test_without_the_channel_nothing_changes(container: RunnerContainer) -> None:
    container.job.update(config=CONFIG, arguments=ARGUMENTS)
    assert seen(container) == [ARGUMENTS, None, "elsewhere"]
