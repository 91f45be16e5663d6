"""Reading Fashion-MNIST: needs NumPy only."""

from __future__ import annotations

import gzip
import re

import numpy as np
import pytest

IMAGES, LABELS = "train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"


@pytest.fixture
def data(load_module):
    return load_module("mlp_fashionmnist/fashion_data.py")


def packed(array):
    """A file of the official format."""
    header = bytes([0, 0, 8, array.ndim]) + b"".join(n.to_bytes(4, "big") for n in array.shape)
    return gzip.compress(header + array.tobytes())


def write(folder, images=None, labels=None):
    folder.mkdir(parents=True, exist_ok=True)
    if images is None:
        images = np.arange(4 * 6, dtype=np.uint8).reshape(4, 2, 3)
    (folder / IMAGES).write_bytes(packed(images) if isinstance(images, np.ndarray) else images)
    labels = np.array([9, 0, 1, 2], np.uint8) if labels is None else labels
    (folder / LABELS).write_bytes(packed(labels) if isinstance(labels, np.ndarray) else labels)


@pytest.mark.parametrize("place", [".", "fashion-mnist"])
def test_reads_images_and_labels(data, awkward_path, place):
    write(awkward_path / place)
    images, labels = data.load_training_images(awkward_path, download=False)
    assert (images.shape, images.dtype, labels.dtype) == ((4, 2, 3), np.uint8, np.int64)
    assert images[1].tolist() == [[6, 7, 8], [9, 10, 11]]
    assert labels.tolist() == [9, 0, 1, 2]


def test_its_own_folder_comes_first_since_files_of_mnist_have_the_same_names(data, tmp_path):
    write(tmp_path, labels=np.zeros(4, np.uint8))
    write(tmp_path / "fashion-mnist")
    assert data.load_training_images(tmp_path)[1].tolist() == [9, 0, 1, 2]


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"labels": np.array([1, 10, 2, 3], np.uint8)}, "label 10 at 1; labels are 0 to 9"),
        ({"labels": np.zeros(3, np.uint8)}, "4 images, .* 3 labels"),
        ({"images": np.zeros((0, 2, 3), np.uint8), "labels": np.zeros(0, np.uint8)}, "0 images"),
        ({"images": np.zeros((4, 6), np.uint8)}, "does not begin as a file with 3 axes of bytes"),
        ({"images": b"not packed"}, "cannot be read: .*remove it"),
        ({"images": packed(np.zeros((4, 2, 3), np.uint8))[:-9]}, "cannot be read: .*remove it"),
        ({"images": gzip.compress(bytes([0, 0, 8, 3, 0, 0]))}, "6 bytes, which do not fit an array of shape"),
        (
            {"images": gzip.compress(bytes([0, 0, 8, 3]) + bytes([0, 0, 0, 4] * 3))},
            r"16 bytes, .* \(4, 4, 4\)",
        ),
        ({"images": gzip.compress(b"")}, "does not begin"),
    ],
)
def test_damaged_files_are_named_with_what_is_wrong(data, tmp_path, files, message):
    write(tmp_path, **files)
    name = re.escape(str(tmp_path / (IMAGES if "images" in files else LABELS)))
    with pytest.raises(data.DataError, match=f"{name}.*{message}|{message}"):
        data.load_training_images(tmp_path, download=False)
