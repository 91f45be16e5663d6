"""Reading WikiText-2: needs NumPy only."""

from __future__ import annotations

import os
import zipfile

import pytest

TEXT = " \n = Weather = \n \n The sun shines and the <unk> falls . \n"


@pytest.fixture
def data(load_module):
    return load_module("lstm_wikitext2/wikitext_data.py")


def write(folder, train=TEXT, valid=TEXT):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "wiki.train.tokens").write_text(train, encoding="utf-8")
    (folder / "wiki.valid.tokens").write_text(valid, encoding="utf-8")


@pytest.mark.parametrize("place", [".", "wikitext-2"])
def test_words_are_numbered_as_the_training_text_has_them(data, awkward_path, place):
    write(awkward_path / place, valid=TEXT.replace("shines", "rises"))
    train, valid, n_tokens = data.load_tokens(awkward_path, download=False)
    assert n_tokens == len({*TEXT.split(), "<eos>"})
    assert train.tolist()[:6] == [1, 2, 3, 2, 1, 1], "the end of a line is a word, also of an empty one"
    assert len(train) == len(TEXT.split()) + TEXT.count("\n")
    assert (valid == 0).sum() == 2, "'rises' is as unknown as <unk>"


def test_only_line_feeds_end_a_line(data, tmp_path):
    write(tmp_path, train="one \u2028 two \x0b three \n four", valid="one \n")
    train, _, _ = data.load_tokens(tmp_path, download=False)
    assert (train == 1).sum() == 2


def test_the_archive_stays_packed_and_need_not_be_writable(data, tmp_path):
    write(tmp_path / "files")
    (tmp_path / "packed").mkdir()
    with zipfile.ZipFile(tmp_path / "packed" / "wikitext-2-v1.zip", "w") as archive:
        for path in (tmp_path / "files").iterdir():
            archive.write(path, f"wikitext-2/{path.name}")
    plain, packed = (data.load_tokens(tmp_path / name, download=False) for name in ("files", "packed"))
    assert [part.tolist() for part in packed[:2]] == [part.tolist() for part in plain[:2]]
    assert os.listdir(tmp_path / "packed") == ["wikitext-2-v1.zip"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"no archive", "cannot be read: .*remove it"),
        (None, "There is no item named 'wikitext-2/wiki.train.tokens'"),
    ],
)
def test_a_damaged_archive_is_named(data, tmp_path, content, message):
    if content is None:
        with zipfile.ZipFile(tmp_path / "wikitext-2-v1.zip", "w") as archive:
            archive.writestr("readme", "nothing else")
    else:
        (tmp_path / "wikitext-2-v1.zip").write_bytes(content)
    with pytest.raises(data.DataError, match=f"wikitext-2-v1.zip .*{message}"):
        data.load_tokens(tmp_path)


def test_empty_and_undecodable_files_are_named(data, tmp_path):
    write(tmp_path, valid="")
    with pytest.raises(data.DataError, match=r"wiki\.valid\.tokens in .* is empty"):
        data.load_tokens(tmp_path)
    (tmp_path / "wiki.train.tokens").write_bytes(b"\xff\xfe\n")
    with pytest.raises(data.DataError, match=r"wiki\.train\.tokens cannot be read"):
        data.load_tokens(tmp_path)


def test_text_is_cut_into_columns_that_are_read_downwards(data):
    import numpy as np

    assert data.columns(np.arange(11), 3).tolist() == [[0, 3, 6], [1, 4, 7], [2, 5, 8]]
    with pytest.raises(data.DataError, match="5 tokens are too few for 3 columns"):
        data.columns(np.arange(5), 3)
