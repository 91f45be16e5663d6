"""Finding, downloading, checking and reading CIFAR-10: needs NumPy only."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tarfile

import numpy as np
import pytest

SCRIPT = "resnet_cifar10"
FOLDER = "cifar-10-batches-bin"
ARCHIVE = "cifar-10-binary.tar.gz"


@pytest.fixture
def data(load_module):
    return load_module("resnet_cifar10/cifar10_data.py")


def records(i, n=2):
    """Record r of file i: label i, red 10 i + r, green 100, blue 200."""
    red = np.repeat(np.arange(10 * i, 10 * i + n), 1024).reshape(n, 1024)
    other = [np.full((n, 1024), value) for value in (100, 200)]
    return np.concatenate([np.full((n, 1), i), red, *other], axis=1).astype(np.uint8).tobytes()


def write_folder(path, last=None):
    (path / FOLDER).mkdir(parents=True)
    for i in range(1, 5):
        (path / FOLDER / f"data_batch_{i}.bin").write_bytes(records(i))
    (path / FOLDER / "data_batch_5.bin").write_bytes(records(5, n=3) if last is None else last)


def write_archive(path, members=None, n=2):
    """An archive with the official layout, and ``members`` (TarInfo, bytes) after that."""
    path.mkdir(parents=True, exist_ok=True)
    files = {f"{FOLDER}/data_batch_{i}.bin": records(i) * (n // 2) for i in range(1, 6)}
    files[f"{FOLDER}/readme.html"] = b"about"
    with tarfile.open(path / ARCHIVE, "w:gz") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
        for member, content in members or []:
            tar.addfile(member, io.BytesIO(content))
    return path / ARCHIVE


def test_reads_labels_and_images_of_all_training_files(data, tmp_path):
    write_folder(tmp_path)
    (tmp_path / FOLDER / "test_batch.bin").write_bytes(b"not looked at")
    images, labels = data.load_training_images(tmp_path, download=False)
    assert (images.shape, images.dtype) == ((11, 3, 32, 32), np.uint8)
    assert labels.tolist() == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 5]
    assert images[10, 0].tolist() == np.full((32, 32), 52).tolist()
    assert set(images[:, 1].ravel()) == {100}
    assert set(images[:, 2].ravel()) == {200}


def test_rows_of_an_image_come_from_the_top(data, tmp_path):
    path = tmp_path / "one.bin"
    path.write_bytes(bytes([7]) + bytes(range(256)) * 12)
    images, _ = data.read_records(path)
    assert images[0, 0, 1, :3].tolist() == [32, 33, 34]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (records(5)[:-1], "6145 bytes, which is not a multiple of 3073"),
        (b"", "0 bytes"),
        (records(5) + records(10, n=1), "record 2 has label 10; labels are 0 to 9"),
    ],
)
def test_a_damaged_file_is_named_with_what_is_wrong(data, tmp_path, content, message):
    write_folder(tmp_path, last=content)
    with pytest.raises(data.DataError, match=message) as caught:
        data.load_training_images(tmp_path)
    assert "data_batch_5.bin" in str(caught.value)


def test_a_missing_file_is_named(data, tmp_path):
    write_folder(tmp_path)
    (tmp_path / FOLDER / "data_batch_3.bin").unlink()
    with pytest.raises(data.DataError, match=r"data_batch_3\.bin: No such file"):
        data.load_training_images(tmp_path)


def test_without_data_the_message_says_what_to_put_where(data, awkward_path):
    with pytest.raises(data.DataError) as caught:
        data.load_training_images(awkward_path / "new", download=False)
    assert data.URL in str(caught.value)
    assert str(awkward_path / "new" / ARCHIVE) in str(caught.value)
    assert not (awkward_path / "new").exists()


def test_an_archive_is_unpacked_once(data, awkward_path, capsys):
    write_archive(awkward_path)
    first, _ = data.load_training_images(awkward_path, download=False)
    again, _ = data.load_training_images(awkward_path, download=False)
    assert first.tolist() == again.tolist()
    assert len(first) == 10
    assert capsys.readouterr().err.count("unpacking") == 1
    assert len(os.listdir(awkward_path / FOLDER)) == 5


def test_a_relative_path_and_an_unfinished_folder_are_no_obstacles(data, tmp_path, monkeypatch):
    write_archive(tmp_path / "here")
    (tmp_path / "here" / f"{FOLDER}.part").mkdir()
    (tmp_path / "here" / f"{FOLDER}.part" / "data_batch_1.bin").write_bytes(b"torn")
    monkeypatch.chdir(tmp_path)
    _, labels = data.load_training_images("here", download=False)
    assert len(labels) == 10
    assert not (tmp_path / "here" / f"{FOLDER}.part").exists()


def test_nothing_is_written_outside_the_folder(data, tmp_path):
    outside = tarfile.TarInfo("../escaped")
    outside.size = 1
    absolute = tarfile.TarInfo(str(tmp_path / "absolute"))
    absolute.size = 1
    write_archive(tmp_path / "data", [(outside, b"x"), (absolute, b"x")])
    data.load_training_images(tmp_path / "data", download=False)
    assert sorted(os.listdir(tmp_path)) == ["data"]
    assert sorted(os.listdir(tmp_path / "data" / FOLDER)) == sorted(data.TRAINING_FILES)


def test_a_link_in_place_of_a_file_is_refused(data, tmp_path):
    (tmp_path / "secret").write_bytes(records(1))
    link = tarfile.TarInfo(f"{FOLDER}/data_batch_5.bin")
    link.type, link.linkname = tarfile.SYMTYPE, str(tmp_path / "secret")
    write_archive(tmp_path / "data", [(link, b"")])
    with pytest.raises(data.DataError, match="not an ordinary file"):
        data.load_training_images(tmp_path / "data", download=False)
    assert not (tmp_path / "data" / FOLDER).exists()


@pytest.mark.parametrize("keep", [0, 20, 300])
def test_a_torn_archive_is_refused_by_name(data, tmp_path, keep):
    archive = write_archive(tmp_path)
    archive.write_bytes(archive.read_bytes()[:keep])
    with pytest.raises(data.DataError, match=f"{ARCHIVE} cannot be unpacked"):
        data.load_training_images(tmp_path, download=False)
    assert not (tmp_path / FOLDER).exists()


def test_an_archive_in_a_read_only_folder_is_read_as_it_is(data, tmp_path, monkeypatch):
    write_archive(tmp_path)
    monkeypatch.setattr(data.os, "access", lambda path, mode: False)
    images, labels = data.load_training_images(tmp_path)
    assert (len(images), labels.tolist()) == (10, [1, 1, 2, 2, 3, 3, 4, 4, 5, 5])
    assert os.listdir(tmp_path) == [ARCHIVE]


CONCURRENT = """
import sys
import cifar10_data
print("ready", flush=True)
sys.stdin.readline()
print(len(cifar10_data.load_training_images(sys.argv[1])[1]))
"""


def test_trials_that_start_together_unpack_once(runner, tmp_path):
    write_archive(tmp_path, n=2000)
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", CONCURRENT, str(tmp_path)],
            env={**os.environ, "PYTHONPATH": str(runner.folder)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    assert [process.stdout.readline() for process in processes] == ["ready\n"] * 4
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    ends = [process.communicate(timeout=240) for process in processes]
    assert [process.returncode for process in processes] == [0] * 4
    assert [out for out, _ in ends] == ["10000\n"] * 4
    assert sum(err.count("unpacking") for _, err in ends) == 1
