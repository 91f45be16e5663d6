"""SWAG (Zellers et al. 2018): a sentence, the beginning of the next one, and four ways in which it may end.

``train.csv`` and ``val.csv`` are the authors' files, https://github.com/rowanz/swagaf/tree/master/data, and
``regular/{train,validation}-*.parquet`` those of https://huggingface.co/datasets/allenai/swag.
"""

import csv
import dataclasses
from pathlib import Path

from hugging_face import DataError, fetch

REPOSITORY = "allenai/swag"
PARQUET = "regular/{}-00000-of-00001.parquet"
OFFICIAL = {"train": "train.csv", "validation": "val.csv"}
ENDINGS = ("ending0", "ending1", "ending2", "ending3")
LABELS = ("0", "1", "2", "3")
COLUMNS = ("sent1", "sent2", *ENDINGS, "label")


@dataclasses.dataclass(frozen=True)
class Questions:
    """Questions with their answers.

    :param contexts: the first sentences
    :param endings: for each of them, what may follow: four sentences
    :param labels: which one does follow, 0 to 3
    """

    contexts: list
    endings: list
    labels: list

    def __len__(self):
        return len(self.labels)


def load_questions(part, dataset_path, download=True):
    """All questions of a part.

    :param part: ``"train"`` or ``"validation"``
    :param dataset_path: folder that holds the CSV files or ``regular`` with the Parquet files, maybe within
        ``swag``; what is fetched goes there
    :param download: whether they may be fetched from the hub
    :raises DataError: if there are none, or damaged ones
    """
    root = Path(dataset_path).expanduser().absolute()
    for base in (root / "swag", root):
        if (path := base / OFFICIAL[part]).is_file():
            return questions_of(_read_csv(path), path)
        if paths := sorted((base / "regular").glob(f"{part}-*.parquet")):
            return questions_of(_read_parquet(paths), paths[0])
    name = PARQUET.format(part)
    fetch(REPOSITORY, name, root / "swag" / name, download)
    return questions_of(_read_parquet([root / "swag" / name]), root / "swag" / name)


def questions_of(columns, source):
    """The questions of a table.

    :param columns: lists by name
    :param source: names the table in messages
    :raises DataError: if a column is missing, or a label is none of 0 to 3
    """
    if missing := [name for name in COLUMNS if name not in columns]:
        raise DataError(f"{source} has no column '{missing[0]}'")
    labels = columns["label"]
    if not labels:
        raise DataError(f"{source} holds no questions")
    if wrong := [label for label in labels if str(label) not in LABELS]:
        raise DataError(f"{source}: a label is {wrong[0]!r}; labels are 0 to 3")
    endings = zip(*(columns[name] for name in ENDINGS), strict=True)
    followed = [
        [f"{begun} {ending}" for ending in four]
        for begun, four in zip(columns["sent2"], endings, strict=True)
    ]
    return Questions(columns["sent1"], followed, [int(label) for label in labels])


def _read_csv(path):
    try:
        with open(path, encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file, strict=True))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path} cannot be read: {error}") from None
    if cut := [number for number, row in enumerate(rows, 1) if None in row.values()]:
        raise DataError(f"{path}: question {cut[0]} is cut short")
    return {name: [row[name] for row in rows] for name in (rows[0] if rows else COLUMNS)}


def _read_parquet(paths):
    from pyarrow import ArrowException, concat_tables, parquet

    try:
        return concat_tables([parquet.read_table(path, columns=list(COLUMNS)) for path in paths]).to_pydict()
    except (OSError, ArrowException, ValueError) as error:
        raise DataError(f"{paths[0]} cannot be read: {error}. If it is damaged, remove it.") from None
