from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pytest

from benchmarking.train_job import downloading
from benchmarking.train_job.downloading import downloaded
from benchmarking.train_job.driver import Artifact
from syne_core.errors import ResultsError

CONTENT = bytes(range(256)) * 20_000


class Scripted(Artifact):
    """An archive in memory, whose connection breaks when told to.

    :param breaks: after how many bytes, one for each reading that breaks
    """

    name, uri, version = "model.tar.gz", "s3://b/model.tar.gz", "v1"

    def __init__(
        self, content: bytes = CONTENT, breaks: tuple[int, ...] = (), md5: str | None = None
    ) -> None:
        self.content, self.size = content, len(content)
        self.md5 = md5 or hashlib.md5(content).hexdigest()
        self.starts: list[int] = []
        self._breaks = list(breaks)

    @contextmanager
    def opened(self, start: int) -> Iterator[IO[bytes]]:
        self.starts.append(start)
        if not self._breaks:
            yield io.BytesIO(self.content[start:])
            return
        yield Breaking(self.content[start:][: self._breaks.pop(0)])

    def mismatch(self, file: IO[bytes]) -> str | None:
        file.seek(0)
        found = hashlib.md5(file.read()).hexdigest()
        return None if found == self.md5 else f"{found} is not {self.md5}"


class Breaking(io.BytesIO):
    """Ends with a broken connection."""

    def read(self, size: int | None = -1) -> bytes:
        chunk = super().read(size)
        if not chunk:
            raise ConnectionResetError("gone")
        return chunk


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(downloading, "_FIRST_PAUSE_S", 0.0)


def test_an_archive_arrives_whole(tmp_path: Path) -> None:
    told: list[int] = []
    path = downloaded(Scripted(), tmp_path, told.append)
    assert path.read_bytes() == CONTENT
    assert told[-1] == len(CONTENT)


def test_broken_connections_go_on_where_they_were(tmp_path: Path) -> None:
    artifact = Scripted(breaks=(1_000_000, 5))
    assert downloaded(artifact, tmp_path).read_bytes() == CONTENT
    assert artifact.starts == [0, 1_000_000, 1_000_005]


def test_a_fetch_that_was_cut_off_goes_on_where_it_was(tmp_path: Path) -> None:
    with pytest.raises(ConnectionResetError):
        downloaded(Scripted(breaks=(1_000_000, 0, 0, 0, 0)), tmp_path)
    again = Scripted()
    assert downloaded(again, tmp_path).read_bytes() == CONTENT
    assert again.starts == [1_000_000]


def test_what_is_whole_is_not_read_again(tmp_path: Path) -> None:
    downloaded(Scripted(), tmp_path)
    again = Scripted()
    downloaded(again, tmp_path)
    assert again.starts == []


def test_a_damaged_beginning_is_thrown_away(tmp_path: Path) -> None:
    (tmp_path / ".model.tar.gz.v1.part").write_bytes(b"x" * 1000)
    artifact = Scripted()
    assert downloaded(artifact, tmp_path).read_bytes() == CONTENT
    assert artifact.starts == [1000, 0]


def test_the_beginning_of_another_version_is_not_used(tmp_path: Path) -> None:
    other = tmp_path / ".model.tar.gz.v0.part"
    other.write_bytes(b"x" * 1000)
    artifact = Scripted()
    downloaded(artifact, tmp_path)
    assert artifact.starts == [0]
    assert not other.exists()


def test_a_wrong_checksum_is_refused_and_nothing_is_left(tmp_path: Path) -> None:
    artifact = Scripted(md5="0" * 32)
    with pytest.raises(ResultsError, match=r"arrived damaged: .* is not 000"):
        downloaded(artifact, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_wrong_length_is_refused(tmp_path: Path) -> None:
    artifact = Scripted()
    artifact.content += b"more"
    with pytest.raises(ResultsError, match=r"bytes, not"):
        downloaded(artifact, tmp_path)
