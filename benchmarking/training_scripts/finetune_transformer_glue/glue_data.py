"""The training sets of GLUE (Wang et al. 2019): as tab-separated files of the authors or Parquet of the hub.

``CoLA/train.tsv`` and its like are those of https://gluebenchmark.com/tasks, ``rte/train-*.parquet`` and its
like those of https://huggingface.co/datasets/nyu-mll/glue. Official development and test sets are not used: a
part of the training set validates.
"""

import dataclasses
import sys
from pathlib import Path

import numpy as np
from hugging_face import DataError, fetch

REPOSITORY = "nyu-mll/glue"
PARQUET = "train-00000-of-00001.parquet"
ENTAILMENT = ("entailment", "not_entailment")
TWO = ("0", "1")


@dataclasses.dataclass(frozen=True)
class Task:
    """Where texts and label of a task stand.

    :param folder: of the official files
    :param columns: of texts and, last, label there
    :param classes: how labels 0, 1, ... are called there; none: the label is a score
    :param texts: columns of the Parquet files
    :param header: columns of the official file, where its first line does not name them
    """

    folder: str
    columns: tuple
    classes: tuple
    texts: tuple
    header: tuple = ()


TASKS = {
    "cola": Task("CoLA", ("sentence", "label"), TWO, ("sentence",), ("source", "label", "mark", "sentence")),
    "mnli": Task(
        "MNLI",
        ("sentence1", "sentence2", "gold_label"),
        ("entailment", "neutral", "contradiction"),
        ("premise", "hypothesis"),
    ),
    "mrpc": Task("MRPC", ("#1 String", "#2 String", "Quality"), TWO, ("sentence1", "sentence2")),
    "qnli": Task("QNLI", ("question", "sentence", "label"), ENTAILMENT, ("question", "sentence")),
    "qqp": Task("QQP", ("question1", "question2", "is_duplicate"), TWO, ("question1", "question2")),
    "rte": Task("RTE", ("sentence1", "sentence2", "label"), ENTAILMENT, ("sentence1", "sentence2")),
    "sst2": Task("SST-2", ("sentence", "label"), TWO, ("sentence",)),
    "stsb": Task("STS-B", ("sentence1", "sentence2", "score"), (), ("sentence1", "sentence2")),
    "wnli": Task("WNLI", ("sentence1", "sentence2", "label"), TWO, ("sentence1", "sentence2")),
}


@dataclasses.dataclass(frozen=True)
class Examples:
    """Texts with labels.

    :param texts: a list of sentences, or two lists of the same length for pairs
    :param labels: int64 classes, or float32 scores; shape (n,)
    """

    texts: list
    labels: np.ndarray

    def __len__(self):
        return len(self.labels)

    def take(self, rows):
        """The examples of these rows."""
        return Examples([[column[row] for row in rows] for column in self.texts], self.labels[rows])


def load_examples(task, dataset_path, download=True):
    """The training set of ``task``.

    :param dataset_path: folder that holds ``{folder}/train.tsv`` or ``{task}/train-*.parquet``, maybe within
        ``glue``; what is fetched goes there
    :param download: whether it may be fetched from the hub
    :raises DataError: if there is none, or a damaged one
    """
    root = Path(dataset_path).expanduser().absolute()
    for base in (root / "glue", root):
        if (path := base / TASKS[task].folder / "train.tsv").is_file():
            return read_tsv(path, TASKS[task])
        if paths := sorted((base / task).glob("train-*.parquet")):
            return read_parquet(paths, TASKS[task])
    path = root / "glue" / task / PARQUET
    fetch(REPOSITORY, f"{task}/{PARQUET}", path, download)
    return read_parquet([path], TASKS[task])


def split(examples, train_valid_fraction):
    """Examples that train, and those that validate; the same for every seed.

    :raises DataError: if there are too few
    """
    n_train = round(train_valid_fraction * len(examples))
    if not 0 < n_train < len(examples):
        raise DataError(f"{len(examples)} examples cannot be split: {train_valid_fraction} of them train")
    order = np.random.default_rng(0).permutation(len(examples))
    return examples.take(order[:n_train]), examples.take(order[n_train:])


def read_tsv(path, task):
    """The examples of an official file. Lines without a label, or cut short, are left out with a message.

    :raises DataError: if a column is missing, a label unknown, or no line is whole
    """
    try:
        with open(path, encoding="utf-8-sig", newline="\n") as file:
            lines = [line.rstrip("\r\n").split("\t") for line in file]
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path} cannot be read: {error}") from None
    header, rows = (list(task.header), lines) if task.header else (lines[0] if lines else [], lines[1:])
    if missing := [name for name in task.columns if name not in header]:
        raise DataError(f"{path} has no column '{missing[0]}'; its first line names: {', '.join(header)}")
    whole = [row for row in rows if len(row) >= len(header) and row[header.index(task.columns[-1])] != "-"]
    if not whole:
        raise DataError(f"{path} holds no examples")
    if len(whole) < len(rows):
        print(f"{path}: {len(rows) - len(whole)} lines are not whole and left out", file=sys.stderr)
    *texts, labels = ([row[header.index(name)] for row in whole] for name in task.columns)
    return Examples(texts, _numbers(labels, task, path))


def read_parquet(paths, task):
    """The examples of files of the hub.

    :raises DataError: if one cannot be read, or lacks a column
    """
    from pyarrow import ArrowException, concat_tables, parquet

    try:
        tables = [parquet.read_table(path, columns=[*task.texts, "label"]) for path in paths]
        columns = concat_tables(tables).to_pydict()
    except (OSError, ArrowException, ValueError) as error:
        raise DataError(f"{paths[0]} cannot be read: {error}. If it is damaged, remove it.") from None
    if set(columns) != {*task.texts, "label"} or not columns["label"]:
        raise DataError(f"{paths[0]} should hold rows of {', '.join(task.texts)}, label")
    labels = np.array(columns["label"], np.int64 if task.classes else np.float32)
    return Examples([columns[name] for name in task.texts], labels)


def _numbers(labels, task, path):
    try:
        if not task.classes:
            return np.array([float(label) for label in labels], np.float32)
        return np.array([task.classes.index(label) for label in labels], np.int64)
    except ValueError as error:
        expected = " or ".join(task.classes) or "a number"
        raise DataError(f"{path}: a label is not {expected}: {error}") from None
