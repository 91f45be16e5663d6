from __future__ import annotations

from pathlib import Path

import pytest

from benchmarking.train_job.image_tag import image_tag, tag_of_text
from syne_core.errors import UsageError
from syne_core.paths import fit_job_name


@pytest.mark.parametrize(
    ("path", "tag"),
    [
        ("/home/me/foo/model.py", "foo/model"),  # source 004's example
        ("/home/me/My Folder/train it.ipynb", "my-folder/train-it"),
        ("/model.py", "model"),
        ("/a/_weird_/..x..y.py", "weird/x-y"),
        ("/a/Größe/Modell.py", "gr-e/modell"),
    ],
)
def test_tag_derives_from_the_path(path: str, tag: str) -> None:
    assert image_tag(Path(path)) == tag


def test_relative_paths_are_in_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bar").mkdir()
    monkeypatch.chdir(tmp_path / "bar")
    assert image_tag(Path("model.py")) == "bar/model"


def test_a_tag_means_the_same_as_typed_and_as_derived() -> None:
    assert tag_of_text("My Folder/train it") == image_tag(Path("/x/My Folder/train it.py"))
    assert tag_of_text(tag_of_text("a__b/c..d")) == tag_of_text("a__b/c..d")


def test_a_name_without_letters_is_refused() -> None:
    with pytest.raises(UsageError, match="no letter or digit"):
        tag_of_text("../..")


def test_job_names_fit_and_are_what_sagemaker_allows() -> None:
    import re

    for tag in ("foo/model", "x" * 200, "a.b_c/d", "a" * 54 + "/" + "b"):
        name = fit_job_name(tag, 1234567)
        assert re.fullmatch(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}", name), name
        assert len(name) <= 63
    assert fit_job_name("foo/model", 3) == "foo-model-3"
