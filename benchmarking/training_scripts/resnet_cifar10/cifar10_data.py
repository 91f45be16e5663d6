"""CIFAR-10 in its binary form: find it, or download it once, check it, and read it as arrays.

The archive is the official one, https://www.cs.toronto.edu/~kriz/cifar.html. It holds five files of
training images; a record is one byte for the label and 3,072 for the image (red, green, blue; rows
from the top). Any number of records per file is accepted. The official test images are not used.
"""

import os
import shutil
import sys
import tarfile
import zlib
from pathlib import Path

import numpy as np
from download import fetch, locked

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
    dataset_path = Path(dataset_path).expanduser().absolute()
    folder, archive = dataset_path / FOLDER, dataset_path / ARCHIVE
    if not folder.is_dir():
        find_archive(archive, download)
    if folder.is_dir() or os.access(dataset_path, os.W_OK):
        unpack_once(archive, folder)
        parts = [read_records(folder / name) for name in TRAINING_FILES]
    else:  # an input channel of SageMaker may be read-only
        parts = [records_of(np.frombuffer(content, np.uint8), name) for name, content in members(archive)]
    images, labels = zip(*parts, strict=True)
    return np.concatenate(images), np.concatenate(labels)


def find_archive(archive, download=True):
    """See that the archive is there; download it if need be.

    :raises DataError: if it is not there, and cannot or may not be downloaded
    """
    if not download and not archive.is_file():
        raise DataError(f"no CIFAR-10 data found. {_advice(archive.parent)}")
    try:
        fetch(URL, archive, MD5)
    except OSError as error:
        raise DataError(f"{URL} could not be downloaded: {error}. {_advice(archive.parent)}") from error


def unpack_once(archive, folder):
    """Unpack the training files into ``folder`` unless it exists.

    It appears with all its files at once, so that whoever finds it need not ask whether it is complete.

    :raises DataError: if the archive is damaged
    """
    if folder.is_dir():
        return
    with locked(folder):
        if not folder.is_dir():
            try:
                _unpack(archive, folder)
            except OSError as error:
                raise DataError(f"{archive} cannot be unpacked: {error}") from error


def _unpack(archive, folder):
    print(f"unpacking {archive}", file=sys.stderr, flush=True)
    unfinished = folder.with_name(f"{FOLDER}.part")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir()
    for name, content in members(archive):
        (unfinished / name).write_bytes(content)
    os.rename(unfinished, folder)


def members(archive):
    """Names and contents (bytes) of the training files, in order. Nothing else in the archive is looked at.

    :raises DataError: if it is damaged
    """
    try:
        with tarfile.open(archive) as tar:
            for name in TRAINING_FILES:
                member = tar.getmember(f"{FOLDER}/{name}")
                if not member.isreg():
                    raise tarfile.TarError(f"{member.name} is not an ordinary file")
                yield name, tar.extractfile(member).read()
    except (tarfile.TarError, EOFError, OSError, zlib.error, KeyError) as error:
        raise DataError(f"{archive} cannot be unpacked: {error}. If it is damaged, remove it.") from error


def read_records(path):
    """Images and labels of one file.

    :raises DataError: if the file is missing, cut short, empty, or has a label above 9
    """
    try:
        data = np.fromfile(path, dtype=np.uint8)
    except OSError as error:
        raise DataError(f"{path}: {error.strerror}. {_advice(path.parent.parent)}") from None
    return records_of(data, path)


def records_of(data, source):
    """Images and labels of a file's content; ``source`` names it in messages. See ``read_records``."""
    if data.size == 0 or data.size % RECORD_BYTES:
        raise DataError(f"{source} has {data.size} bytes, which is not a multiple of {RECORD_BYTES}")
    records = data.reshape(-1, RECORD_BYTES)
    labels = records[:, 0].astype(np.int64)
    if labels.max() > 9:
        record = int(labels.argmax())
        raise DataError(f"{source}: record {record} has label {labels[record]}; labels are 0 to 9")
    return records[:, 1:].reshape(-1, 3, 32, 32), labels


def _advice(dataset_path):
    return f"Put {URL} at {dataset_path / ARCHIVE}, or its files into {dataset_path / FOLDER}."
