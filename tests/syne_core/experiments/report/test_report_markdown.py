"""The report as Markdown."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from study_folders import write_experiment, write_study

from syne_core.experiments import load_study
from syne_core.experiments.report import ReportDocument, as_markdown, collect_report


@pytest.fixture
def document(tmp_path: Path) -> ReportDocument:
    write_study(tmp_path, ("ASHA", "BO", "RS"), seeds=3)
    folder = write_experiment(tmp_path, None, seed=7)
    (folder / "metadata.json").unlink()
    return collect_report(load_study("demo", tmp_path))


def test_words_and_tables_are_there(document: ReportDocument) -> None:
    text = as_markdown(document)
    titles = [line for line in text.splitlines() if line.startswith("#")]
    assert titles == [
        "# Study demo",
        "## Final values",
        "## Pair by pair",
        "## Ranks: digits",
        "## The whole run",
        "## Cost and time",
        "## Settings that differ",
        "## Left out",
    ]
    assert f"| digits | ASHA | 3 | accuracy (max) | {document.final[0].mean:.5g} |" in text
    assert "metadata.json is missing" in text


def test_tables_have_as_many_cells_in_every_row(document: ReportDocument) -> None:
    awkward = dataclasses.replace(document, final=(dataclasses.replace(document.final[0], setup="a|b\nc"),))
    width = 0
    for line in as_markdown(awkward).splitlines():
        cells = line.replace("\\|", "").count("|")
        assert not (line.startswith("|") and width and cells != width), line
        width = cells if line.startswith("|") else 0


def test_text_of_users_is_no_markup(document: ReportDocument) -> None:
    text = as_markdown(dataclasses.replace(document, title="<b>*x*</b> [a](b)\n# c"))
    assert text.splitlines()[0] == r"# &lt;b&gt;\*x\*&lt;/b&gt; \[a\](b) \# c"
