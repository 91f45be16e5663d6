from __future__ import annotations

import gzip
import io
import os
import tarfile
from pathlib import Path

import pytest
from tar_archives import member, packed

from benchmarking.train_job import unpacking
from benchmarking.train_job.unpacking import unpack
from syne_core.errors import ResultsError, UsageError

GOOD = ("good.txt", b"good")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Where archives are unpacked; what lies beside must never change."""
    folder = tmp_path / "here"
    folder.mkdir()
    (tmp_path / "outside.txt").write_text("mine")
    return folder


def write(tmp_path: Path, content: bytes) -> Path:
    path = tmp_path / "model.tar.gz"
    path.write_bytes(content)
    return path


def everything(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def test_files_and_folders_are_unpacked(tmp_path: Path, place: Path) -> None:
    program = tarfile.TarInfo("bin/run me")
    program.mode = 0o4755
    archive = packed(("./a/b c.txt", b"abc"), member("empty/", tarfile.DIRTYPE), program, ("ä\n.txt", b""))
    unpacked = unpack(write(tmp_path, archive), place)
    assert unpacked.files == ("a/b c.txt", "bin/run me", "ä\n.txt")
    assert (unpacked.size, unpacked.replaced) == (3, 0)
    assert (place / "a" / "b c.txt").read_text() == "abc"
    assert (place / "empty").is_dir()
    assert (place / "bin" / "run me").stat().st_mode & 0o7777 & ~0o022 == 0o755, "no set-user-id bit"


def test_files_that_may_not_be_replaced_stay_unless_they_are_the_same(tmp_path: Path, place: Path) -> None:
    archive = write(tmp_path, packed(("mine", b"new"), ("same", b"1"), ("earlier", b"2"), ("fresh", b"3")))
    for name, text in (("mine", "old"), ("same", "1"), ("earlier", "0")):
        (place / name).write_text(text)
    with pytest.raises(UsageError, match=r"here/mine\. --overwrite"):
        unpack(archive, place, may_replace=lambda name: name == "earlier")
    assert [(place / name).read_text() for name in ("mine", "earlier")] == ["old", "0"]
    assert not (place / "fresh").exists()
    (place / "mine").unlink()
    assert unpack(archive, place, may_replace=lambda name: name == "earlier").replaced == 2
    assert (place / "earlier").read_text() == "2"


def test_files_that_are_there_are_replaced_and_counted(tmp_path: Path, place: Path) -> None:
    (place / "a.txt").write_text("old")
    (place / "other.txt").write_text("stays")
    assert unpack(write(tmp_path, packed(("a.txt", b"new"))), place).replaced == 1
    assert (place / "a.txt").read_text() == "new"
    assert (place / "other.txt").read_text() == "stays"


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (("../outside.txt", b"x"), "outside"),
        (("a/../../outside.txt", b"x"), "outside"),
        (("/etc/outside", b"x"), "outside"),
        (member("link", tarfile.SYMTYPE, "/etc/passwd"), "link"),
        (member("link", tarfile.SYMTYPE, "good.txt"), "link"),
        (member("link", tarfile.LNKTYPE, "../outside.txt"), "link"),
        (member("link", tarfile.LNKTYPE, "good.txt"), "link"),
        (member("null", tarfile.CHRTYPE), "neither"),
        (member("disk", tarfile.BLKTYPE), "neither"),
        (member("pipe", tarfile.FIFOTYPE), "neither"),
        (member("odd", b"Z"), "neither"),
        (("good.txt/below", b"x"), "cannot be unpacked"),
    ],
    ids=lambda case: f"{case.type!r} to {case.linkname}" if isinstance(case, tarfile.TarInfo) else str(case),
)
def test_hostile_members_are_refused_and_nothing_is_left(
    tmp_path: Path, place: Path, bad: tarfile.TarInfo | tuple[str, bytes], why: str
) -> None:
    archive = write(tmp_path, packed(GOOD, bad))
    with pytest.raises(ResultsError, match=why):
        unpack(archive, place)
    assert everything(place) == set()
    assert (tmp_path / "outside.txt").read_text() == "mine"


def test_a_folder_reached_by_a_link_then_written_through_is_refused(tmp_path: Path, place: Path) -> None:
    archive = packed(member("d", tarfile.SYMTYPE, ".."), ("d/outside.txt", b"x"))
    with pytest.raises(ResultsError, match="link"):
        unpack(write(tmp_path, archive), place)
    assert (tmp_path / "outside.txt").read_text() == "mine"


def test_links_that_lie_in_the_folder_already_are_not_written_through(tmp_path: Path, place: Path) -> None:
    (place / "d").symlink_to(tmp_path)
    with pytest.raises(ResultsError, match="in the way"):
        unpack(write(tmp_path, packed(("d/outside.txt", b"x"))), place)
    assert (tmp_path / "outside.txt").read_text() == "mine"
    (place / "f").symlink_to(tmp_path / "outside.txt")
    unpack(write(tmp_path, packed(("f", b"x"))), place)
    assert (tmp_path / "outside.txt").read_text() == "mine", "the link itself is replaced"
    assert (place / "f").read_text() == "x"


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path, place: Path) -> None:
    zeros = 64 * 1024**2
    bomb = write(tmp_path, packed(GOOD, ("zeros", bytes(zeros))))
    assert bomb.stat().st_size < zeros / 100
    with pytest.raises(ResultsError, match=r"more than 0\.000977 GB: refused"):
        unpack(bomb, place, size_limit=1024**2)
    assert everything(place) == set()


def test_headers_that_claim_to_be_huge_are_not_read(tmp_path: Path, place: Path) -> None:
    header = member("long", tarfile.XHDTYPE, size=(1 << 33) - 1).tobuf(tarfile.USTAR_FORMAT)
    with pytest.raises(ResultsError, match="cannot be unpacked"):
        unpack(write(tmp_path, gzip.compress(header + bytes(4096))), place)


def test_too_many_members_are_refused(tmp_path: Path, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpacking, "MOST_MEMBERS", 3)
    with pytest.raises(ResultsError, match="more than 3 members"):
        unpack(write(tmp_path, packed(*((f"{n}", b"") for n in range(4)))), place)
    assert everything(place) == set()


@pytest.mark.parametrize("damage", ["cut", "flipped", "empty", "no archive"])
def test_damaged_archives_leave_nothing(tmp_path: Path, place: Path, damage: str) -> None:
    content = bytearray(packed(("noise", os.urandom(200_000))))
    if damage == "cut":
        del content[len(content) // 2 :]
    elif damage == "flipped":
        content[len(content) // 2] ^= 255
    archive = {"empty": b"", "no archive": b"hello"}.get(damage, bytes(content))
    with pytest.raises(ResultsError, match="cannot be unpacked"):
        unpack(write(tmp_path, archive), place)
    assert everything(place) == set()


def test_sparse_members_are_refused(tmp_path: Path, place: Path) -> None:
    stream = io.BytesIO()
    headers = {"GNU.sparse.major": "0", "GNU.sparse.minor": "1", "GNU.sparse.name": "s"}
    headers |= {"GNU.sparse.size": str(1 << 40), "GNU.sparse.map": "0,1"}
    entry = tarfile.TarInfo("s")
    entry.size, entry.pax_headers = 1, headers
    with tarfile.open(fileobj=stream, mode="w:gz", format=tarfile.PAX_FORMAT) as archive:
        archive.addfile(entry, io.BytesIO(b"x"))
    with pytest.raises(ResultsError, match="refused"):
        unpack(write(tmp_path, stream.getvalue()), place)
