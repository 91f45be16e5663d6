"""Film reviews of IMDB (Maas et al. 2011), good or bad: as the authors' text files or the hub's Parquet file.

``aclImdb/train/{neg,pos}/*.txt`` is in the archive of https://ai.stanford.edu/~amaas/data/sentiment/, and
``plain_text/train-*.parquet`` in https://huggingface.co/datasets/stanfordnlp/imdb. Of the 25,000 reviews for
training, a fifth validates; those for testing are not used.
"""

from pathlib import Path

import numpy as np
from hugging_face import DataError, fetch

REPOSITORY = "stanfordnlp/imdb"
PARQUET = "plain_text/train-00000-of-00001.parquet"
CLASSES = ("neg", "pos")


def load_reviews(dataset_path, download=True):
    """Texts, a list; and labels, int64 of shape (n,): 0 bad, 1 good.

    :param dataset_path: folder that holds ``aclImdb/train`` or ``plain_text/train-*.parquet``, maybe within
        ``imdb``; what is fetched goes there
    :param download: whether it may be fetched from the hub
    :raises DataError: if there are none, or damaged ones
    """
    root = Path(dataset_path).expanduser().absolute()
    for base in (root / "imdb", root):
        if (folder := base / "aclImdb" / "train").is_dir():
            return read_folder(folder)
        if paths := sorted((base / "plain_text").glob("train-*.parquet")):
            return read_parquet(paths)
    fetch(REPOSITORY, PARQUET, root / "imdb" / PARQUET, download)
    return read_parquet([root / "imdb" / PARQUET])


def split(texts, labels):
    """Reviews with labels that train, and that validate: a fifth, the same for every seed.

    :raises DataError: if there are too few
    """
    n_valid = len(texts) // 5
    if n_valid == 0:
        raise DataError(f"{len(texts)} reviews are too few: a fifth of them validates")
    order = np.random.default_rng(0).permutation(len(texts))
    return [([texts[row] for row in rows], labels[rows]) for rows in (order[n_valid:], order[:n_valid])]


def read_folder(folder):
    """The reviews of the authors' folder, in the order of their names.

    :raises DataError: if a class has none, or one cannot be read
    """
    texts, labels = [], []
    for label, name in enumerate(CLASSES):
        paths = sorted((folder / name).glob("*.txt"))
        if not paths:
            raise DataError(f"{folder / name} holds no reviews (*.txt)")
        try:
            texts += [path.read_text(encoding="utf-8") for path in paths]
        except (OSError, UnicodeDecodeError) as error:
            raise DataError(f"{folder / name} cannot be read: {error}") from None
        labels += [label] * len(paths)
    return texts, np.array(labels, np.int64)


def read_parquet(paths):
    """The reviews of files of the hub.

    :raises DataError: if one cannot be read, or lacks a column
    """
    from pyarrow import ArrowException, concat_tables, parquet

    try:
        table = concat_tables([parquet.read_table(path, columns=["text", "label"]) for path in paths])
    except (OSError, ArrowException, ValueError) as error:
        raise DataError(f"{paths[0]} cannot be read: {error}. If it is damaged, remove it.") from None
    columns = table.to_pydict()
    if set(columns) != {"text", "label"} or not set(columns["label"]) <= {0, 1} or not columns["label"]:
        raise DataError(f"{paths[0]} should hold rows of text and label (0 or 1)")
    return columns["text"], np.array(columns["label"], np.int64)
