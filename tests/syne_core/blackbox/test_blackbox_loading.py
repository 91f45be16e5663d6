"""Blackboxes by name, folder, or from the hub."""

from __future__ import annotations

import fcntl
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from made_tables import table
from syne_tune_writer import read_frame, write

import syne_core.blackbox
from syne_core.blackbox import (
    Blackbox,
    LearningCurve,
    add_surrogate,
    blackbox_digest,
    list_blackboxes,
    load_blackbox,
    save_blackbox,
)
from syne_core.blackbox.hub import download
from syne_core.errors import BlackboxError, MissingDependencyError, UnknownNameError
from syne_core.paths import data_cache


@pytest.mark.parametrize("name", sorted(list_blackboxes()))
def test_everything_that_is_listed_loads(name: str) -> None:
    found = load_blackbox(name)
    assert found.num_seeds >= 1
    assert found.resources == tuple(sorted(found.resources))
    assert not {found.resource_attr, found.elapsed_time_attr} & set(found.metric_names)
    assert set(found.modes) <= set(found.metric_names)


def test_an_unknown_name_suggests_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match=r"Unknown blackbox 'hartman6'. Did you mean 'hartmann6'"):
        load_blackbox("hartman6")


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("", "given by a name or a folder, not ''"),
        (3, "given by a name or a folder, not 3"),
        ("no/such", "no/such: no such folder"),
        (Path("nowhere"), "nowhere: no such folder"),
        ("rosenbrock1", "rosenbrock: dimension must be from 2"),
    ],
)
def test_bad_sources_are_refused(source: Any, message: str) -> None:
    with pytest.raises(BlackboxError, match=message):
        load_blackbox(source)


def test_a_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BlackboxError, match=r"neither blackbox\.json nor Syne Tune's configspace\.json"):
        load_blackbox(tmp_path)


def test_the_digest_is_that_of_what_answers(tmp_path: Path) -> None:
    folder = save_blackbox(table(), tmp_path / "t")
    assert blackbox_digest(folder) == blackbox_digest(str(folder)) == add_surrogate(table()).digest()
    assert blackbox_digest(table()) == table().digest() != blackbox_digest(folder)
    assert len(blackbox_digest("branin")) == 64


class _Mine(Blackbox):
    config_space, resource_attr, resources = table().config_space, "epoch", (1,)
    metric_names, elapsed_time_attr, num_seeds = ("y",), "seconds", 1

    def __init__(self, slope: float) -> None:
        self.slope = slope

    def curve(self, config: Any, seed: int = 0) -> LearningCurve:
        return LearningCurve((1,), (1.0,), {"y": (self.slope * config["lr"],)})

    def metadata(self) -> dict[str, Any]:
        return {**super().metadata(), "slope": self.slope}


def test_a_blackbox_of_ones_own_has_a_digest() -> None:
    assert blackbox_digest(_Mine(1.0)) == blackbox_digest(_Mine(1.0)) != blackbox_digest(_Mine(2.0))


def test_the_contract_loads_no_library() -> None:
    program = "import sys; from syne_core.blackbox import Blackbox, LearningCurve; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout.split()
    assert not {"numpy", "pandas", "sklearn", "scipy"} & set(loaded)


def test_all_public_names_are_there() -> None:
    assert all(hasattr(syne_core.blackbox, name) for name in syne_core.blackbox.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'load'"):
        _ = syne_core.blackbox.load  # type: ignore[attr-defined]


# -- the hub ------------------------------------------------------------------------------------------


class Hub:
    """Holds one blackbox; counts how often it is asked."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self, name: str, folder: Path) -> None:
        self.asked += 1
        if name == "mini":
            write(folder / name)


def test_a_blackbox_is_downloaded_once() -> None:
    hub = Hub()
    folder = download("mini", hub)
    assert folder == data_cache() / "blackboxes" / "mini"
    assert download("mini", hub) == folder
    assert hub.asked == 1
    assert [path.name for path in folder.parent.iterdir()] == ["mini"]


def test_experiments_that_start_together_download_once(monkeypatch: pytest.MonkeyPatch) -> None:
    hub, both, lock = Hub(), threading.Semaphore(0), fcntl.flock

    def locking(handle: int, how: int) -> None:
        both.release()
        lock(handle, how)

    def fetch(name: str, folder: Path) -> None:
        assert both.acquire(timeout=60), "the first one is here"
        assert both.acquire(timeout=60), "so is the second, which waits"
        hub(name, folder)

    monkeypatch.setattr(fcntl, "flock", locking)
    with ThreadPoolExecutor(2) as pool:
        folders = list(pool.map(lambda _: download("mini", fetch), range(2)))
    assert folders == [data_cache() / "blackboxes" / "mini"] * 2
    assert hub.asked == 1


def test_tables_of_the_hub_are_loaded_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pd, "read_parquet", read_frame)
    folder = download("mini", Hub())
    assert load_blackbox("hf:mini/two").digest() == load_blackbox(folder / "two").digest()
    with pytest.raises(BlackboxError, match="holds 2 tasks; name one"):
        load_blackbox("hf:mini")


def test_what_the_hub_does_not_have_is_said() -> None:
    with pytest.raises(BlackboxError, match="synetune/blackbox-repository has no table called 'maxi'"):
        download("maxi", Hub())


def test_without_a_connection_the_error_says_what_to_do() -> None:
    def offline(name: str, folder: Path) -> None:
        (folder / name).mkdir()
        (folder / name / "metadata.json").write_text("{}")
        raise ConnectionError("Name or service not known\nmore")

    with pytest.raises(BlackboxError) as caught:
        download("mini", offline)
    message = str(caught.value)
    assert "ConnectionError: Name or service not known. Without a connection, put its files into" in message
    assert not (data_cache() / "blackboxes" / "mini").exists(), "half a download is no blackbox"
    assert download("mini", _second_try).is_dir()


def _second_try(name: str, folder: Path) -> None:
    assert (folder / name / "metadata.json").exists(), "it goes on where it was"
    (folder / name / "configspace.json").write_text("{}")


@pytest.mark.parametrize("source", ["hf:", "hf:/x", "hf:../x", "hf:*"])
def test_bad_names_of_the_hub_are_refused(source: str) -> None:
    with pytest.raises(BlackboxError, match="does not name a blackbox on the hub; expected hf:NAME/TASK"):
        load_blackbox(source)


def test_the_library_of_the_hub_is_asked_for_what_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, Any] = {}

    class Library:
        @staticmethod
        def snapshot_download(**arguments: Any) -> None:
            asked.update(arguments)
            write(Path(arguments["local_dir"]) / "mini")

    monkeypatch.setitem(sys.modules, "huggingface_hub", Library)
    download("mini")
    assert asked.pop("local_dir").endswith(".mini.partial")
    assert asked == {
        "repo_id": "synetune/blackbox-repository",
        "repo_type": "dataset",
        "allow_patterns": "mini/*",
    }


def test_without_the_library_of_the_hub_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(MissingDependencyError, match=r"synebench\[blackbox-repository\]"):
        load_blackbox("hf:mini/one")
