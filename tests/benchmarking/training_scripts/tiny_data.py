"""Data sets of a few examples, in the official formats."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np

#: A heading and a sentence, as WikiText writes them.
TEXT = " \n = Weather = \n \n The sun shines and the <unk> falls , the sun shines and the <unk> falls . \n"


def write_cifar10(folder: Path, n_per_file: int, seed: int = 0) -> Path:
    """Two classes that differ in brightness, in the folder of the official archive."""
    rng = np.random.default_rng(seed)
    (folder / "cifar-10-batches-bin").mkdir(parents=True)
    for i in range(1, 6):
        labels = (np.arange(n_per_file)[:, None] + i) % 2
        pixels = rng.integers(0, 100, (n_per_file, 3072)) + 150 * labels
        content = np.concatenate([labels, pixels], axis=1).astype(np.uint8)
        content.tofile(folder / "cifar-10-batches-bin" / f"data_batch_{i}.bin")
    return folder


def write_fashion_mnist(folder: Path, n: int, size: int = 28, seed: int = 0) -> Path:
    """Classes that differ in which row is bright, in the files of the data set."""
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.arange(n) % 10).astype(np.uint8)
    images = rng.integers(0, 150, (n, size, size), dtype=np.uint8)
    images[np.arange(n), 2 * labels] += 80
    (folder / "fashion-mnist").mkdir(parents=True)
    for name, array in (("images-idx3", images), ("labels-idx1", labels)):
        header = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">u4").tobytes()
        content = gzip.compress(header + array.tobytes())
        (folder / "fashion-mnist" / f"train-{name}-ubyte.gz").write_bytes(content)
    return folder


def write_wikitext2(folder: Path, train: str, valid: str) -> Path:
    """The files of the data set with these texts."""
    (folder / "wikitext-2").mkdir(parents=True)
    (folder / "wikitext-2" / "wiki.train.tokens").write_text(train)
    (folder / "wikitext-2" / "wiki.valid.tokens").write_text(valid)
    return folder
