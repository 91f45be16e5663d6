"""The page in headless Chromium: no complaint, no request, and everything does what it says.

Screenshots are left in the folder of the test.
"""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browser import Browser, Page, chromium
from journal_folders import write_journal
from study_folders import learning, reports, write_experiment, write_study

from syne_core.experiments import load_studies, load_study
from syne_core.experiments.report import as_html, collect_report

PROGRAM = chromium()

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(PROGRAM is None, reason="there is no Chromium on this machine"),
]

_WIDE, _PHONE = (1280, 900), (360, 740)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    assert PROGRAM is not None
    with Browser(PROGRAM, tmp_path_factory.mktemp("chromium")) as started:
        yield started


def write_rich_study(root: Path) -> None:
    """Two benchmarks, three methods, six seeds; journals, a failure, costs, a broken folder."""
    for benchmark, mode, top in (("digits", "max", 0.95), ("letters", "min", 0.3)):
        for (rank, method), seed in itertools.product(enumerate(("ASHA", "BO", "RS")), range(6)):
            sign = 1 if mode == "max" else -1
            points = [(t, sign * v if v else v) for t, v in learning(seed, sign * top - 0.05 * rank, 60.0)]
            rows = reports(points)
            settings: dict[str, Any] = {"method": method, "seed": seed, "benchmark": benchmark, "mode": mode}
            folder = write_experiment(
                root,
                rows,
                elapsed=60.0,
                limit=60.0,
                metadata={"machine": {"host": f"m{seed % 2}"}},
                **settings,
            )
            if method == "ASHA":
                write_journal(folder, journal_of(seed, points))
    broken = write_experiment(root, None, seed=77)
    (broken / "metadata.json").write_text("{")


def journal_of(seed: int, points: list[tuple[float, float | None]]) -> list[dict[str, Any]]:
    """Each report is a trial's, which began some seconds before; one in ten fails."""
    rng = random.Random(seed)
    events: list[dict[str, Any]] = [{"event": "session", "t": 0.0, "time": 1.0, "identity": {}}]
    for trial, (t, value) in enumerate(points):
        config = {"lr": 10 ** rng.uniform(-4, 0), "optimizer": rng.choice(["sgd", "adam"]), "epochs": 3}
        begin = max(0.0, t - rng.uniform(0.5, 5.0))
        events.append({"event": "suggest", "t": begin, "asked": trial, "kind": "start", "config": config})
        values = {"epoch": rng.randint(1, 3), "accuracy": value, "st_worker_cost": 0.01}
        events.append({"event": "report", "t": t, "trial": trial, "report": values})
        failed = trial % 10 == 3
        end = (
            {"state": "Failed", "reason": "out of memory"} if failed else {"state": "Completed", "reason": ""}
        )
        events.append({"event": "end_run", "t": t, "trial": trial, **end})
    return sorted(events, key=lambda event: event["t"])


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("rich")
    write_rich_study(root)
    return write_page(root, "demo")


def write_page(root: Path, *tags: str) -> Path:
    """The report on studies below ``root``."""
    path = root / "report.html"
    path.write_text(as_html(collect_report(load_studies(tags, root))), encoding="utf-8")
    return path


def open_page(browser: Browser, path: Path, size: tuple[int, int] = _WIDE, dark: bool = False) -> Page:
    return browser.open(path.as_uri(), *size, dark=dark)


@pytest.fixture
def page(browser: Browser, report: Path) -> Iterator[Page]:
    """The rich report on a wide window; whatever a test does with it, it must not complain."""
    opened = open_page(browser, report)
    yield opened
    assert opened.complaints() == []
    assert opened.requests() == [report.as_uri()]
    opened.close()


def centre(page: Page, selector: str) -> tuple[float, float]:
    """Middle of the first such element, which is scrolled to."""
    found = page.run(
        f"(() => {{ const e = document.querySelector({json.dumps(selector)});"
        " e.scrollIntoView({block: 'center', behavior: 'instant'}); const r = e.getBoundingClientRect();"
        " return [r.x + r.width / 2, r.y + r.height / 2, r.width, r.height]; })()"
    )
    return float(found[0]), float(found[1])


def test_all_sections_are_there(page: Page, tmp_path: Path) -> None:
    shown = page.run("[...document.querySelectorAll('main > section')].map(s => s.id)")
    assert shown == [
        *("summary", "curves", "final", "comparisons", "ranks", "whole-run", "experiments"),
        *("configurations", "cost", "settings", "data"),
    ]
    links = page.run("[...document.querySelectorAll('nav a')].map(a => a.getAttribute('href'))")
    assert links == [f"#{name}" for name in shown]
    assert page.run("document.querySelectorAll('#curves .line-chart').length") == 2
    assert page.run("document.querySelectorAll('#ranks .critical').length") == 3
    assert page.run("document.querySelectorAll('#whole-run .line-chart').length") == 3
    assert (
        page.run("document.querySelectorAll('#one .timeline, #one .learning, #one .parallel-chart').length")
        == 3
    )
    text = page.run("document.querySelector('#summary').innerText")
    assert "Over 2 benchmarks" in text
    assert "Before you rely on this" in text
    assert page.run("document.querySelectorAll('svg [d*=NaN], svg [x*=NaN], svg [cx*=NaN]').length") == 0
    page.screenshot(tmp_path / "light.png", whole=True)


def test_the_read_out_tells_the_values_at_the_pointer(page: Page) -> None:
    x, y = centre(page, "#curves .plot")
    page.mouse("mouseMoved", x, y)
    text = page.run("document.querySelector('#curves .readout').innerText")
    assert page.run("document.querySelector('#curves .readout').hidden") is False
    for label in ("ASHA", "BO", "RS"):
        assert label in text
    assert " to " in text
    page.mouse("mouseMoved", 2, 2)
    assert page.run("document.querySelector('#curves .readout').hidden") is True


def test_the_read_out_follows_arrow_keys(page: Page) -> None:
    page.run("document.querySelector('#curves .plot').focus()")
    page.key("ArrowRight")
    first = page.run("document.querySelector('#curves .readout strong').innerText")
    page.key("ArrowRight")
    assert page.run("document.querySelector('#curves .readout strong').innerText") != first


def test_a_series_goes_and_comes_back(page: Page) -> None:
    bands = "document.querySelector('#curves .line-chart').querySelectorAll('.band').length"
    assert page.run(bands) == 3
    page.run("document.querySelector('#curves [data-series=BO]').click()")
    assert page.run(bands) == 2
    assert (
        page.run("document.querySelector('#curves [data-series=BO]').getAttribute('aria-pressed')") == "false"
    )
    page.run("document.querySelector('#curves [data-series=BO]').click()")
    assert page.run(bands) == 3


def ticks(page: Page) -> list[str]:
    found: list[str] = page.run(
        "[...document.querySelectorAll('#curves .line-chart svg text')].map(t => t.textContent)"
    )
    return found


def test_dragging_zooms_and_reset_shows_everything(page: Page) -> None:
    before = ticks(page)
    x, y = centre(page, "#curves .plot")
    page.drag((x - 60, y - 50), (x + 60, y + 40))
    zoomed = ticks(page)
    assert zoomed != before
    page.run("document.querySelector('#curves .reset').click()")
    assert ticks(page) == before
    page.run("document.querySelector('#curves .plot').focus()")
    page.key("+")
    assert ticks(page) != before
    page.key("0")
    assert ticks(page) == before


def press(page: Page, inside: str, text: str) -> None:
    """Click the button with this text."""
    page.run(
        f"[...document.querySelectorAll({json.dumps(inside + ' button')})]"
        f".find(b => b.textContent.trim() === {json.dumps(text)}).click()"
    )


@pytest.mark.parametrize("tool", ["Log x", "Log y", "Whole range", "Single seeds"])
def test_axes_and_curves_can_be_changed(page: Page, tool: str) -> None:
    drawn = "document.querySelector('#curves .line-chart svg').innerHTML.replace(/clip-\\d+/g, '')"
    before = page.run(drawn)
    press(page, "#curves .line-chart", tool)
    assert page.run(drawn) != before
    press(page, "#curves .line-chart", tool)
    assert page.run(drawn) == before


def test_values_are_there_as_a_table(page: Page) -> None:
    page.run("document.querySelector('#curves details.values').open = true")
    page.wait_for("document.querySelectorAll('#curves details.values tbody tr').length === 10")


def column(page: Page, table: str, index: int) -> list[str]:
    found: list[str] = page.run(
        f"[...document.querySelectorAll('{table} tbody tr')].map(r => r.children[{index}].textContent.trim())"
    )
    return found


def test_tables_sort_both_ways(page: Page) -> None:
    head = "document.querySelectorAll('#final thead th')[2]"
    page.run(f"{head}.querySelector('button').click()")
    means = [float(text) for text in column(page, "#final", 2)]
    assert means == sorted(means)
    assert page.run(f"{head}.getAttribute('aria-sort')") == "ascending"
    page.run(f"{head}.querySelector('button').click()")
    assert [float(text) for text in column(page, "#final", 2)] == sorted(means, reverse=True)


def test_an_experiment_opens_down_to_its_trials(page: Page) -> None:
    page.run("[...document.querySelectorAll('#experiments select')].pop().value = 'RS'")
    page.run("[...document.querySelectorAll('#experiments select')].pop().dispatchEvent(new Event('change'))")
    page.run("document.querySelectorAll('#experiments tbody tr.pick button')[4].click()")
    assert "RS, seed 4, digits" in page.run("document.querySelector('#one h3').innerText")
    assert page.run("document.querySelectorAll('#one .timeline rect').length") > 40
    rows = "#one .scroll.tall tbody tr"
    page.run(f"document.querySelectorAll('{rows} button')[7].click()")
    trial = page.run(f"document.querySelectorAll('{rows} button')[7].textContent")
    chosen = page.run("document.querySelector('#one > .chosen').innerText")
    assert chosen.startswith(f"Trial {trial}")
    assert "optimizer" in chosen
    assert page.run(f"document.querySelectorAll('{rows}')[7].classList.contains('selected')") is True


def test_why_a_trial_failed_is_told(page: Page) -> None:
    """Trial 3 of each experiment with a journal."""
    page.run(
        "[...document.querySelectorAll('#one .scroll.tall tbody button')]"
        ".find(b => b.textContent === '3').click()"
    )
    assert "out of memory" in page.run("document.querySelector('#one > .chosen').innerText")


def test_trials_can_be_seen_against_their_resource(page: Page) -> None:
    before = page.run("document.querySelector('#one .learning svg').innerHTML")
    press(page, "#one .learning", "Against epoch")
    assert page.run("document.querySelector('#one .learning svg').innerHTML") != before


def test_a_range_on_an_axis_filters_configurations(page: Page) -> None:
    visible = "document.querySelectorAll('#configurations .parallel path[visibility=visible]').length"
    everything = page.run(visible)
    x, y = centre(page, "#configurations .handle")
    page.drag((x, y - 30), (x, y + 30))
    assert 0 < page.run(visible) < everything
    press(page, "#configurations", "Clear ranges")
    assert page.run(visible) == everything


def test_the_theme_follows_the_system_and_the_button(browser: Browser, report: Path, tmp_path: Path) -> None:
    page = open_page(browser, report, dark=True)
    colour = "getComputedStyle(document.body).backgroundColor"
    dark = page.run(colour)
    page.screenshot(tmp_path / "dark.png", whole=True)
    assert page.run("document.getElementById('theme').textContent") == "Light"
    page.run("document.getElementById('theme').click()")
    light = page.run(colour)
    assert (dark, light) == ("rgb(15, 19, 24)", "rgb(255, 255, 255)")
    page.prefer("light")
    page.run("document.getElementById('theme').click()")
    assert page.run(colour) == dark
    assert page.complaints() == []
    page.close()


@pytest.mark.parametrize("dark", [False, True])
def test_text_has_enough_contrast_in_both_themes(browser: Browser, report: Path, dark: bool) -> None:
    """WCAG 2.1, level AA: 4.5 to 1."""
    page = open_page(browser, report, dark=dark)
    poor = page.run(CONTRAST)
    assert poor == []
    page.close()


CONTRAST = """
(() => {
  const parse = (text) => text.match(/[\\d.]+/g).map(Number);
  const part = (v) => { const s = v / 255; return s <= 0.03928 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4; };
  const light = (c) => 0.2126 * part(c[0]) + 0.7152 * part(c[1]) + 0.0722 * part(c[2]);
  const behind = (e) => {
    for (; e; e = e.parentElement) {
      const c = parse(getComputedStyle(e).backgroundColor);
      if (c.length < 4 || c[3] > 0) return c;
    }
    return [255, 255, 255];
  };
  const found = [];
  for (const e of document.querySelectorAll("main *, header *, footer")) {
    const text = [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
    if (!text || !e.getClientRects().length || e.closest("option")) continue;
    const style = getComputedStyle(e), isSvg = e.namespaceURI.endsWith("svg");
    const a = light(parse(isSvg ? style.fill : style.color)), b = light(behind(e));
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) found.push(`${e.outerHTML.slice(0, 80)} ${ratio.toFixed(2)}`);
  }
  return [...new Set(found)];
})()
"""


@pytest.mark.parametrize("dark", [False, True])
def test_a_phone_scrolls_down_only(browser: Browser, report: Path, tmp_path: Path, dark: bool) -> None:
    page = open_page(browser, report, _PHONE, dark)
    width = page.run("Math.max(document.documentElement.scrollWidth, document.body.scrollWidth)")
    assert width == _PHONE[0]
    outside = page.run(
        "[...document.querySelectorAll('main *')].filter(e => !e.closest('.scroll, svg') "
        "&& e.getBoundingClientRect().right > 361).map(e => e.tagName + '.' + e.className).slice(0, 5)"
    )
    assert outside == []
    page.screenshot(tmp_path / "phone.png", whole=True)
    assert page.complaints() == []
    page.close()


def test_a_finger_leaves_the_read_out_to_be_read(browser: Browser, report: Path) -> None:
    page = open_page(browser, report, _PHONE)
    page.tap(*centre(page, "#curves .plot"))
    page.wait_for("!document.querySelector('#curves .readout').hidden")
    assert "ASHA" in page.run("document.querySelector('#curves .readout').innerText")
    right = page.run("document.querySelector('#curves .readout').getBoundingClientRect().right")
    assert right <= _PHONE[0]
    page.close()


def test_the_page_follows_the_width_of_the_window(page: Page) -> None:
    page.resize(700, 900)
    page.wait_for("document.querySelector('#curves svg').viewBox.baseVal.width < 700")
    page.wait_for("document.documentElement.scrollWidth === document.documentElement.clientWidth")


def test_everything_can_be_reached_and_has_a_name(page: Page) -> None:
    nameless = page.run(
        "[...document.querySelectorAll('button, a, select, [role=img], [role=region]')].filter(e => "
        "!(e.getAttribute('aria-label') || e.textContent.trim() || e.closest('label')))"
        ".map(e => e.outerHTML.slice(0, 80))"
    )
    assert nameless == []
    page.key("Tab")
    assert page.run("document.activeElement.textContent") == "Skip to the summary"
    assert page.run("[...document.querySelectorAll('.plot, .scroll')].every(e => e.tabIndex === 0)") is True
    doubled = page.run(
        "(() => { const ids = [...document.querySelectorAll('[id]')].map(e => e.id);"
        " return ids.length - new Set(ids).size; })()"
    )
    assert doubled == 0


def test_data_can_be_taken_out(page: Page) -> None:
    """What the buttons save, without a file."""
    page.run(
        "window.saved = [];"
        "URL.createObjectURL = (blob) => { blob.text().then(t => saved.push(t)); return 'blob:x'; };"
        "HTMLAnchorElement.prototype.click = function () {};"
    )
    page.run("document.querySelectorAll('#data .tools button').forEach(b => b.click())")
    page.wait_for("saved.length === 5")
    saved = page.run("saved")
    document = json.loads(next(text for text in saved if text.startswith("{")))
    assert document["format"] == 1
    heads = sorted(text.splitlines()[0].split(",")[:4] for text in saved if not text.startswith("{"))
    assert heads == [
        ["benchmark", "metric", "mode", "setup"],
        ["benchmark", "setup", "seed", "name"],
        ["benchmark", "setup", "seed", "trial"],
        ["benchmark", "setup", "time", "mean"],
    ]
    trials = next(text for text in saved if text.startswith("benchmark,setup,seed,trial"))
    assert len(trials.splitlines()) == 1 + 36 * 40


def test_it_prints(page: Page, tmp_path: Path) -> None:
    content = page.pdf(tmp_path / "report.pdf").read_bytes()
    assert content.startswith(b"%PDF")
    assert (
        content.count(b"/Type /Page\n") + content.count(b"/Type /Page ") + content.count(b"/Type /Page/") >= 4
    )


NASTY = '</script><img src=x onerror="window.hacked=1"><b>'


def test_text_of_users_stays_text(browser: Browser, tmp_path: Path) -> None:
    for seed in range(3):
        rows = reports(learning(seed, 0.9, 60.0), metric=NASTY)
        for row in rows:
            row["config_optimizer"] = NASTY
        metadata = {"benchmark": NASTY, "algorithm": NASTY, "script": NASTY, NASTY: NASTY}
        write_experiment(tmp_path, rows, seed=seed, metric=NASTY, metadata=metadata)
    page = open_page(browser, write_page(tmp_path, "demo"))
    page.run("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    assert page.run("window.hacked") is None
    assert page.run("document.querySelectorAll('b, img').length") == 0
    assert NASTY in page.run("document.querySelector('#summary').textContent")
    assert page.complaints() == []
    page.close()


@pytest.mark.parametrize("what", ["one seed", "nothing finite", "Syne Tune", "many setups"])
def test_odd_studies_have_a_page(browser: Browser, tmp_path: Path, what: str) -> None:
    if what == "one seed":
        write_study(tmp_path, ("RS",), seeds=1)
    elif what == "nothing finite":
        write_experiment(tmp_path, reports([(1.0, None), (2.0, None)]), state="running")
        write_experiment(tmp_path, None, state="running", seed=1)
    elif what == "Syne Tune":
        bare = {"n_workers": None, "max_wallclock_time": None, "resource_attr": None, "config_space": None}
        write_study(tmp_path, ("RS", "ASHA"), seeds=2, state=None, metadata=bare)
    else:
        write_study(tmp_path, tuple(f"method-with-a-long-name-{i:02}" for i in range(15)), seeds=2)
    page = open_page(browser, write_page(tmp_path, "demo"))
    page.screenshot(tmp_path / "page.png", whole=True)
    assert page.complaints() == []
    assert page.run("document.querySelectorAll('svg [d*=NaN], svg [d*=Infinity], svg [x*=NaN]').length") == 0
    page.resize(*_PHONE)
    page.wait_for(f"document.documentElement.scrollWidth === {_PHONE[0]}")
    page.close()


def test_a_page_of_part_of_the_trials_says_so(browser: Browser, tmp_path: Path) -> None:
    from syne_core.experiments.report.embedded_trials import TrialBudget

    write_study(tmp_path, ("RS", "ASHA"), seeds=3)
    document = collect_report(
        load_study("demo", tmp_path), budget=TrialBudget(characters=9000, report_characters=0)
    )
    path = tmp_path / "report.html"
    path.write_text(as_html(document), encoding="utf-8")
    page = open_page(browser, path)
    assert "it holds the trials of" in page.run("document.querySelector('#data').innerText")
    assert "The reports of these trials are not in this file." in page.run(
        "document.querySelector('#one').innerText"
    )
    page.run("[...document.querySelectorAll('#seeds tr.pick')].pop().click()")
    assert "The trials of this experiment are not in this file." in page.run(
        "document.querySelector('#one').innerText"
    )
    assert page.complaints() == []
    page.close()
