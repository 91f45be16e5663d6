"""The page: one file that asks for nothing, in which no text of a user becomes markup."""

from __future__ import annotations

import dataclasses
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from study_folders import learning, reports, write_experiment, write_study

from syne_core.experiments import load_study
from syne_core.experiments.report import ReportDocument, as_html, collect_report
from syne_core.experiments.report.html_page import page_scripts

NASTY = "</script><b>&amp;\u2028'\"@@DATA@@<!--"


class Reader(HTMLParser):
    """Tags of a page, their attributes, and its scripts."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.tags and self.tags[-1][0] == "script":
            self.scripts.append(data)

    @property
    def data(self) -> dict[str, object]:
        """What lies in the page as JSON."""
        found: dict[str, object] = json.loads(self.scripts[0])
        return found


@pytest.fixture
def document(tmp_path: Path) -> ReportDocument:
    write_study(tmp_path, ("RS", "ASHA"), seeds=2)
    return collect_report(load_study("demo", tmp_path))


def test_the_page_holds_the_whole_document(document: ReportDocument) -> None:
    assert Reader(as_html(document)).data == json.loads(json.dumps(document.to_json()))


def test_the_page_asks_for_nothing(document: ReportDocument) -> None:
    page = as_html(document)
    for tag, attributes in Reader(page).tags:
        assert tag not in ("img", "iframe", "object", "embed", "audio", "video", "base", "form")
        assert "src" not in attributes
        assert attributes.get("href", "#").startswith(("#", "data:,"))
    outside = set(re.findall(r"(?:https?:)?//[\w.-]+", page.split('id="report-data"')[0]))
    assert outside <= {"//www.w3.org"}
    assert "@import" not in page
    assert "url(" not in page.partition("</style>")[0]
    assert "default-src 'none'" in page


def test_scripts_make_elements_and_no_markup() -> None:
    """So that text of users cannot become markup."""
    text = "\n".join(page_scripts())
    for word in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function("):
        assert word not in text
    assert set(re.findall(r"https?://[^\"]+", text)) == {"http://www.w3.org/2000/svg"}
    for word in ("fetch(", "XMLHttpRequest", "WebSocket", "import(", "localStorage"):
        assert word not in text


def test_text_of_users_is_harmless(tmp_path: Path) -> None:
    for seed in range(2):
        rows = reports(learning(seed, 0.9, 60.0), metric=NASTY)
        for row in rows:
            row["config_optimizer"] = NASTY
        write_experiment(
            tmp_path,
            rows,
            seed=seed,
            metric=NASTY,
            metadata={"benchmark": NASTY, "algorithm": NASTY, NASTY: NASTY},
        )
    document = dataclasses.replace(collect_report(load_study("demo", tmp_path)), title=NASTY, tags=(NASTY,))
    page = as_html(document)
    reader = Reader(page)
    assert reader.data["tags"] == [NASTY]
    assert page.count("<script") == page.count("</script>") == 2
    assert "<b>" not in page
    assert [tag for tag, _ in reader.tags].count("title") == 1


def test_without_scripts_the_summary_and_the_final_values_are_there(document: ReportDocument) -> None:
    page = as_html(document)
    static = page.partition("<noscript>")[2].partition("</noscript>")[0]
    assert "Too few seeds" in static
    for row in document.final:
        assert row.setup in static
        assert f"{row.mean:.5g}" in static


def test_curves_have_the_colours_of_the_figures(document: ReportDocument) -> None:
    page = as_html(document)
    assert "--series-0: light-dark(#0072B2, " in page
    assert "--series-4: light-dark(#000000, #F2F2F2)" in page, "black is not seen on a dark page"
    assert "@@" not in page.partition('id="report-data"')[0]
