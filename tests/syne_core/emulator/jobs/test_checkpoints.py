"""What the synchronisation of checkpoints sends, and when."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from syne_core.emulator.jobs import checkpoints
from syne_core.emulator.jobs.checkpoints import CheckpointSync
from syne_core.emulator.jobs.instances import OptMl
from syne_core.emulator.jobs.objects import S3Location

LONG_AGO = 1_700_000_000


class Objects:
    """A bucket in memory that notes what is sent to it."""

    def __init__(self, **found: bytes) -> None:
        self.content = {f"p/{name}": data for name, data in found.items()}
        self.sent: list[str] = []

    def keys(self, prefix: S3Location) -> Iterator[str]:
        return iter(sorted(key for key in self.content if key.startswith(prefix.key)))

    def download(self, location: S3Location, target: Path) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(self.content[location.key])

    def write(self, location: S3Location, content: bytes) -> None:
        self.sent.append(location.key)
        self.content[location.key] = content

    def upload(self, source: Path, location: S3Location) -> None:
        self.write(location, source.read_bytes())

    def delete(self, location: S3Location) -> None:
        self.sent.append(f"-{location.key}")
        del self.content[location.key]

    def taken(self) -> list[str]:
        sent, self.sent = self.sent, []
        return sent


def never() -> bool:
    return False


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "ml" / "checkpoints"


def sync_with(objects: Objects, tmp_path: Path) -> CheckpointSync:
    untyped: Any = objects
    sync = CheckpointSync({"S3Uri": "s3://bucket/p"}, OptMl(tmp_path / "ml"), untyped, tmp_path)
    sync.download(never)
    return sync


def write(path: Path, content: str, when: float = LONG_AGO) -> None:
    path.write_text(content)
    os.utime(path, (when, when))


def test_only_what_is_new_changed_or_gone_is_sent(tmp_path: Path, folder: Path) -> None:
    objects = Objects(old=b"1", gone=b"2")
    sync = sync_with(objects, tmp_path)
    sync.upload(never)
    assert objects.taken() == []
    write(folder / "new", "3")
    write(folder / "old", "other")
    (folder / "gone").unlink()
    sync.upload(never)
    assert sorted(objects.taken()) == ["-p/gone", "p/new", "p/old"]
    sync.upload(never)
    assert objects.taken() == []
    assert objects.content == {"p/old": b"other", "p/new": b"3"}


def test_a_renamed_file_is_found_though_its_time_is_the_same(tmp_path: Path, folder: Path) -> None:
    objects = Objects()
    sync = sync_with(objects, tmp_path)
    write(folder / "a", "1")
    sync.upload(never)
    write(folder / "b", "2")
    os.replace(folder / "b", folder / "a")
    sync.upload(never)
    assert objects.content == {"p/a": b"2"}


def test_what_was_written_just_now_is_sent_again_since_a_second_write_may_not_show(
    tmp_path: Path, folder: Path
) -> None:
    objects = Objects()
    sync = sync_with(objects, tmp_path)
    (folder / "now").write_text("1")
    times = (folder / "now").stat()
    sync.upload(never)
    (folder / "now").write_text("2")
    os.utime(folder / "now", ns=(times.st_atime_ns, times.st_mtime_ns))
    sync.upload(never)
    assert objects.content == {"p/now": b"2"}


def test_large_files_go_by_a_copy_that_does_not_stay(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoints, "_FITS_IN_MEMORY", 3)
    objects = Objects()
    sync = sync_with(objects, tmp_path)
    write(folder / "large", "12345")
    sync.upload(never)
    assert objects.content == {"p/large": b"12345"}
    assert [path.name for path in tmp_path.iterdir()] == ["ml"]


def test_links_to_opt_ml_mean_that_of_the_job(tmp_path: Path, folder: Path) -> None:
    objects = Objects()
    sync = sync_with(objects, tmp_path)
    (tmp_path / "ml" / "model").mkdir()
    write(tmp_path / "ml" / "model" / "weights", "w")
    (folder / "absolute").symlink_to("/opt/ml/model/weights")
    (folder / "relative").symlink_to("../model/weights")
    (folder / "broken").symlink_to("nowhere")
    sync.upload(never)
    assert objects.content == {"p/absolute": b"w", "p/relative": b"w"}


def test_nothing_is_sent_for_a_killed_job(tmp_path: Path, folder: Path) -> None:
    objects = Objects(old=b"1")
    sync = sync_with(objects, tmp_path)
    write(folder / "new", "1")
    (folder / "old").unlink()
    sync.upload(lambda: True)
    assert objects.taken() == []
