"""WikiText-2 in its published form, as numbers: find the token files or download them once, cut into columns.

The archive is that of the data set's author, https://wikitext.smerity.com; it is read without being
unpacked. A token file is text; words are separated by spaces, and the end of a line is a word of its own
(``<eos>``), as is usual for this data set (Merity et al. 2016, "Pointer Sentinel Mixture Models"). The
vocabulary is that of the training file; rare words are ``<unk>`` in the files already.
"""

import io
import zipfile
import zlib
from pathlib import Path

import numpy as np
from download import fetch

URL = "https://wikitext.smerity.com/wikitext-2-v1.zip"
MD5 = "542ccefacc6c27f945fb54453812b3cd"
FOLDER = "wikitext-2"
ARCHIVE = "wikitext-2-v1.zip"
TRAIN, VALID = "wiki.train.tokens", "wiki.valid.tokens"
END = "<eos>"
UNKNOWN = "<unk>"


class DataError(Exception):
    """The data are missing or damaged; the message says which file, and what to do."""


def load_tokens(input_data_dir, download=True):
    """Training tokens, validation tokens (int64 arrays), and the size of the vocabulary.

    :param input_data_dir: folder that holds the token files, or ``wikitext-2`` with them, or the archive
    :param download: fetch the archive if there is none of these
    :raises DataError: if there are none, or they hold no text
    """
    folder = Path(input_data_dir).expanduser().absolute()
    train, valid = (_words(folder, name, download) for name in (TRAIN, VALID))
    vocabulary = {word: number for number, word in enumerate(dict.fromkeys([UNKNOWN, END, *train]))}
    return _numbers(train, vocabulary), _numbers(valid, vocabulary), len(vocabulary)


def columns(tokens, n_columns):
    """``tokens`` as an array of ``n_columns`` columns, each a stretch of the text; a short rest is left out.

    :raises DataError: if there is too little text
    """
    length = len(tokens) // n_columns
    if length < 2:
        raise DataError(f"{len(tokens)} tokens are too few for {n_columns} columns (batch_size) of text")
    return tokens[: n_columns * length].reshape(n_columns, length).T


def _words(folder, name, download):
    words = [word for line in io.StringIO(_text(folder, name, download)) for word in (*line.split(), END)]
    if not words:
        raise DataError(f"{name} in {folder} is empty")
    return words


def _text(folder, name, download):
    for path in (folder / name, folder / FOLDER / name):
        if path.is_file():
            try:
                return path.read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError) as error:
                raise DataError(f"{path} cannot be read: {error}") from None
    archive = _find_archive(folder, download)
    try:
        with zipfile.ZipFile(archive) as packed:
            return packed.read(f"{FOLDER}/{name}").decode("utf-8")
    except (OSError, KeyError, zipfile.BadZipFile, zlib.error, UnicodeDecodeError) as error:
        raise DataError(f"{archive} cannot be read: {error}. If it is damaged, remove it.") from None


def _find_archive(folder, download):
    archive = folder / ARCHIVE
    advice = f"Put {URL} at {archive}, or {TRAIN} and {VALID} into {folder / FOLDER}."
    if not download and not archive.is_file():
        raise DataError(f"no WikiText-2 data found. {advice}")
    try:
        fetch(URL, archive, MD5)
    except OSError as error:
        raise DataError(f"{URL} could not be downloaded: {error}. {advice}") from error
    return archive


def _numbers(words, vocabulary):
    unknown = vocabulary[UNKNOWN]
    return np.array([vocabulary.get(word, unknown) for word in words], dtype=np.int64)
