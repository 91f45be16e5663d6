"""CIFAR-10 in its binary form: find it, or download it once, check it, and read it as arrays.

The archive is the official one, https://www.cs.toronto.edu/~kriz/cifar.html. It holds five files of
training images; a record is one byte for the label and 3,072 for the image (red, green, blue; rows
from the top). Any number of records per file is accepted. The official test images are not used.
"""

import contextlib
import fcntl
import hashlib
import http.client
import os
import shutil
import sys
import tarfile
import urllib.request
import zlib
from pathlib import Path

import numpy as np

URL = "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz"
MD5 = "c32a1d4ab5d03f1284b67883e8d87530"
ARCHIVE = "cifar-10-binary.tar.gz"
FOLDER = "cifar-10-batches-bin"
TRAINING_FILES = tuple(f"data_batch_{i}.bin" for i in range(1, 6))
RECORD_BYTES = 1 + 3 * 32 * 32


class DataError(Exception):
    """The data are missing or damaged; the message says which file, and what to do."""


def load_training_images(dataset_path, download=True):
    """All training images, uint8 of shape (n, 3, 32, 32), and labels, int64 of shape (n,).

    :param dataset_path: folder that holds ``cifar-10-batches-bin`` or ``cifar-10-binary.tar.gz``
    :param download: fetch the archive if neither is there
    :raises DataError: if there are no data, or damaged ones
    """
    folder = find_folder(Path(dataset_path).expanduser().absolute(), download)
    parts = [read_records(folder / name) for name in TRAINING_FILES]
    images, labels = zip(*parts, strict=True)
    return np.concatenate(images), np.concatenate(labels)


def read_records(path):
    """Images and labels of one file.

    :raises DataError: if the file is missing, cut short, empty, or has a label above 9
    """
    try:
        data = np.fromfile(path, dtype=np.uint8)
    except OSError as error:
        raise DataError(f"{path}: {error.strerror}. {_advice(path.parent.parent)}") from None
    if data.size == 0 or data.size % RECORD_BYTES:
        raise DataError(f"{path} has {data.size} bytes, which is not a multiple of {RECORD_BYTES}")
    records = data.reshape(-1, RECORD_BYTES)
    labels = records[:, 0].astype(np.int64)
    if labels.max() > 9:
        record = int(labels.argmax())
        raise DataError(f"{path}: record {record} has label {labels[record]}; labels are 0 to 9")
    return records[:, 1:].reshape(-1, 3, 32, 32), labels


def find_folder(dataset_path, download=True):
    """The folder with the extracted files; unpacks or downloads the archive first if need be.

    Trials that start together wait for the first of them. The folder appears with all its files at
    once, so that whoever finds it need not ask whether it is complete.

    :raises DataError: if there is neither folder nor archive and none could be downloaded
    """
    folder = dataset_path / FOLDER
    if folder.is_dir():
        return folder
    archive = dataset_path / ARCHIVE
    if not download and not archive.is_file():
        raise DataError(f"no CIFAR-10 data found. {_advice(dataset_path)}")
    dataset_path.mkdir(parents=True, exist_ok=True)
    with _locked(dataset_path / f".{ARCHIVE}.lock"):
        if not folder.is_dir():
            if not archive.is_file():
                _download(archive)
            _extract(archive, folder)
    return folder


@contextlib.contextmanager
def _locked(path):
    """Hold the lock file: one process at a time. The system releases it if the holder dies."""
    with open(path, "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _download(archive):
    """Fetch the archive under a temporary name, and rename it once its checksum is right."""
    print(f"downloading {URL} to {archive.parent}", file=sys.stderr)
    unfinished = archive.with_name(f"{ARCHIVE}.part")
    digest = hashlib.md5(usedforsecurity=False)
    try:
        with urllib.request.urlopen(URL, timeout=60) as response, open(unfinished, "wb") as file:
            while chunk := response.read(1 << 20):
                digest.update(chunk)
                file.write(chunk)
        if digest.hexdigest() != MD5:
            raise OSError(f"the checksum is {digest.hexdigest()}, expected {MD5}")
        os.replace(unfinished, archive)
    except (OSError, http.client.HTTPException) as error:
        unfinished.unlink(missing_ok=True)
        raise DataError(f"{URL} could not be downloaded: {error}. {_advice(archive.parent)}") from error


def _extract(archive, folder):
    """Unpack the training files. No name or path in the archive decides where anything is written."""
    print(f"unpacking {archive}", file=sys.stderr)
    unfinished = folder.with_name(f"{FOLDER}.part")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir()
    try:
        with tarfile.open(archive) as tar:
            for name in TRAINING_FILES:
                _extract_file(tar, name, unfinished)
    except (tarfile.TarError, EOFError, OSError, zlib.error, KeyError) as error:
        raise DataError(f"{archive} cannot be unpacked: {error}. If it is damaged, remove it.") from error
    os.rename(unfinished, folder)


def _extract_file(tar, name, target):
    member = tar.getmember(f"{FOLDER}/{name}")
    if not member.isreg():
        raise tarfile.TarError(f"{member.name} is not an ordinary file")
    with tar.extractfile(member) as source, open(target / name, "wb") as copy:
        shutil.copyfileobj(source, copy)


def _advice(dataset_path):
    return f"Put {URL} at {dataset_path / ARCHIVE}, or its files into {dataset_path / FOLDER}."
