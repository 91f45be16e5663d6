"""Fashion-MNIST in its published form: find the files, or download them once, and read them as arrays.

The files are those of https://github.com/zalandoresearch/fashion-mnist, in the format of MNIST: an array of
bytes behind a header that tells its shape. Any number of images of any size is accepted. The official test
images are not used.
"""

import gzip
import math
import zlib
from pathlib import Path

import numpy as np
from download import fetch

URL = "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/"
FOLDER = "fashion-mnist"
IMAGES, LABELS = "train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"
MD5 = {IMAGES: "8d4fb7e6c68d591d4c3dfef9ec88bf0d", LABELS: "25c81989df183df01b3e8a0aad5dffbe"}
UNSIGNED_BYTES = 8


class DataError(Exception):
    """The data are missing or damaged; the message says which file, and what to do."""


def load_training_images(dataset_path, download=True):
    """All training images, uint8 of shape (n, height, width), and labels 0 to 9, int64 of shape (n,).

    :param dataset_path: folder that holds the two files, or ``fashion-mnist`` with them
    :param download: fetch files that are missing
    :raises DataError: if there are no data, or damaged ones
    """
    folder = Path(dataset_path).expanduser().absolute()
    image_file, label_file = (find_file(folder, name, download) for name in (IMAGES, LABELS))
    images, labels = read_array(image_file, 3), read_array(label_file, 1)
    if not 0 < len(images) == len(labels):
        raise DataError(f"{image_file} has {len(images)} images, {label_file} {len(labels)} labels")
    if labels.max() > 9:
        raise DataError(f"{label_file}: label {labels.max()} at {labels.argmax()}; labels are 0 to 9")
    return images, labels.astype(np.int64)


def read_array(path, n_axes):
    """The array of bytes in a file of MNIST's format, packed by gzip.

    Its header: two zero bytes, the type of the elements, the number of axes, then the length of each axis
    as four bytes, the most significant first.

    :raises DataError: if it is damaged, or something else
    """
    try:
        with gzip.open(path) as file:
            content = file.read()
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path} cannot be read: {error}. If it is damaged, remove it.") from None
    if content[:4] != bytes([0, 0, UNSIGNED_BYTES, n_axes]):
        raise DataError(f"{path} does not begin as a file with {n_axes} axes of bytes does")
    start = 4 * (1 + n_axes)
    shape = [int.from_bytes(content[i : i + 4], "big") for i in range(4, start, 4)]
    if len(content) != start + math.prod(shape):
        raise DataError(f"{path} has {len(content)} bytes, which do not fit an array of shape {tuple(shape)}")
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)


def find_file(folder, name, download=True):
    """Where the file ``name`` lies, in ``folder`` or in ``fashion-mnist`` there; downloads it if need be.

    :raises DataError: if it is nowhere, and cannot or may not be downloaded
    """
    wanted = folder / FOLDER / name
    for path in (wanted, folder / name):
        if path.is_file():
            return path
    if not download:
        raise DataError(f"no Fashion-MNIST data found. Put {URL}{name} at {wanted}.")
    try:
        fetch(URL + name, wanted, MD5[name])
    except OSError as error:
        raise DataError(f"{URL}{name} could not be downloaded: {error}. Put it at {wanted}.") from error
    return wanted
