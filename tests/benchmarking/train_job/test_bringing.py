"""What a fetch leaves alone, and what it leaves behind."""

from __future__ import annotations

import fcntl
import json
import os
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tar_archives import member, packed

from benchmarking.train_job.bringing import Fetched, FetchOptions, bring
from benchmarking.train_job.local_artifact import LocalArtifact
from benchmarking.train_job.local_driver import LocalDriver
from syne_core.errors import ResultsError, UsageError

Bring = Callable[..., Fetched]


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """Where things are brought."""
    return tmp_path / "here"


@pytest.fixture
def bring_files(tmp_path: Path, here: Path) -> Bring:
    """Bring a model of files by name; also ``output``, or an archive's bytes as ``raw``."""
    jobs = tmp_path / "jobs"
    jobs.mkdir()

    def call(files: dict[str, str], output: dict[str, str] | None = None, **more: Any) -> Fetched:
        raw = more.pop("raw", None)
        artifacts = []
        for name, content in (("model.tar.gz", files), ("output.tar.gz", output)):
            if content is not None:
                path = jobs / name
                path.write_bytes(raw or packed(*((one, text.encode()) for one, text in content.items())))
                artifacts.append(LocalArtifact(path, None))
        driver = LocalDriver({"output_path": str(jobs)})
        return bring(driver, here, "foo-model-1", list(artifacts), FetchOptions(**more))

    return call


def hidden(folder: Path) -> list[str]:
    return [name for name in os.listdir(folder) if name.startswith(".")]


def test_the_next_fetch_replaces_what_the_last_one_left(bring_files: Bring, here: Path) -> None:
    bring_files({"m": "1"}, {"log": "1"})
    fetched = bring_files({"m": "2"}, {"log": "2"})
    assert (fetched.replaced, fetched.files, fetched.output) == (2, ("m",), ("output/log",))
    assert [(here / name).read_text() for name in ("m", "output/log")] == ["2", "2"]
    assert set(json.loads((here / "provenance.json").read_text())["files"]) == {"m", "output/log"}
    assert hidden(here) == []


def test_files_of_the_user_are_not_replaced(bring_files: Bring, here: Path) -> None:
    here.mkdir()
    (here / "m").write_text("mine")
    with pytest.raises(UsageError, match=r"here/m\. --overwrite replaces"):
        bring_files({"m": "1"})
    assert (here / "m").read_text() == "mine"
    assert bring_files({"m": "1"}, overwrite=True).replaced == 1
    (here / "m").write_text("worked on")
    with pytest.raises(UsageError, match="changed since"):
        bring_files({"m": "2"})
    assert (here / "m").read_text() == "worked on"


def test_archives_of_the_user_are_not_replaced(bring_files: Bring, here: Path) -> None:
    here.mkdir()
    (here / "model.tar.gz").write_text("mine")
    with pytest.raises(UsageError, match="--overwrite"):
        bring_files({"m": "1"}, extract=False)
    assert (here / "model.tar.gz").read_text() == "mine"
    bring_files({"m": "1"}, extract=False, overwrite=True)
    assert bring_files({"m": "2"}, extract=False).replaced == 1
    assert bring_files({"m": "2"}, extract=False).replaced == 1
    (here / "model.tar.gz").unlink()
    (here / "model.tar.gz").mkdir()
    with pytest.raises(UsageError):
        bring_files({"m": "1"}, extract=False, overwrite=True)


def test_another_provenance_stays(bring_files: Bring, here: Path) -> None:
    here.mkdir()
    (here / "provenance.json").write_text("[]")
    fetched = bring_files({"m": "1"})
    assert fetched.provenance_file == "provenance-foo-model-1.json"
    assert (here / "provenance.json").read_text() == "[]"
    assert bring_files({"m": "2"}).replaced == 1


def test_refused_archives_leave_nothing_and_large_ones_go_on(bring_files: Bring, here: Path) -> None:
    with pytest.raises(ResultsError, match="outside"):
        bring_files({}, raw=packed(("../evil", b"x")))
    with pytest.raises(ResultsError, match="link"):
        bring_files({}, raw=packed(member("link", tarfile.SYMTYPE, "/etc/passwd")))
    with pytest.raises(ResultsError, match="cannot be unpacked"):
        bring_files({}, raw=b"no archive")
    assert os.listdir(here) == []
    with pytest.raises(ResultsError, match="--max-size"):
        bring_files({"m": "12345"}, size_limit=3)
    assert len(hidden(here)) == 1, "the next attempt need not download it again"
    bring_files({"m": "12345"})
    assert hidden(here) == []


def test_a_folder_that_cannot_be_made_is_told(bring_files: Bring, here: Path) -> None:
    here.write_text("a file")
    with pytest.raises(UsageError, match="here cannot be made: File exists"):
        bring_files({"m": "1"})


def test_two_fetches_into_one_folder_do_not_mix(bring_files: Bring, here: Path) -> None:
    here.mkdir()
    handle = os.open(here, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        with pytest.raises(ResultsError, match="already"):
            bring_files({"m": "1"})
    finally:
        os.close(handle)
    assert bring_files({"m": "1"}).files == ("m",)
