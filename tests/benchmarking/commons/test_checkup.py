"""What the doctor says of good and of broken training scripts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarking.commons.benchmark_definitions import RealBenchmarkDefinition
from benchmarking.commons.checkup import check_benchmark

TIMEOUT = 180.0


def said(definition: RealBenchmarkDefinition, old: str = "", new: str = "") -> dict[str, list[str]]:
    """Findings by level, after replacing ``old`` by ``new`` in the script."""
    text = definition.script.read_text()
    assert old in text
    definition.script.write_text(text.replace(old, new))
    found: dict[str, list[str]] = {"good": [], "warning": [], "bad": []}
    for finding in check_benchmark(definition, TIMEOUT):
        found[finding.level].append(finding.what)
    return found


def test_a_good_script_is_called_good(definition: RealBenchmarkDefinition) -> None:
    found = said(definition)
    assert found["warning"] == found["bad"] == []
    assert len(found["good"]) == 6


@pytest.mark.parametrize(
    ("old", "new", "level", "message"),
    [
        ("report(epoch", "(lambda **_: 0)(epoch", "bad", "reported nothing"),
        ("loss=", "los=", "bad", "reports lack the metric 'loss'; they have: epoch, los"),
        (
            "report(epoch=epoch",
            "report(epoch=epoch - 1",
            "bad",
            "'epoch' should count 1, 2, ... but is [0, 1, 2, 3]",
        ),
        ("first, args.epochs + 1", "first, 6", "bad", "does the script read the argument?"),
        ("import argparse", "import argparse, no_such_module", "bad", "No module named 'no_such_module'"),
        ("(args.x - 0.3)", "float('nan') *(args.x)", "warning", "not a finite number"),
        (
            "os.replace",
            "(lambda *_: os.remove(saved + '.new'))",
            "warning",
            "nothing is written to --st_checkpoint_dir",
        ),
        ("+ 1 / epoch", "+ __import__('random').random()", "warning", "random numbers are not restored"),
    ],
)
def test_what_is_wrong_is_said_in_words(
    definition: RealBenchmarkDefinition, old: str, new: str, level: str, message: str
) -> None:
    assert any(message in what for what in said(definition, old, new)[level])


def test_a_script_that_hangs_is_given_up(definition: RealBenchmarkDefinition) -> None:
    text = definition.script.read_text()
    definition.script.write_text(text.replace("report = Reporter()", "import time; time.sleep(60)"))
    findings = check_benchmark(definition, timeout=1.0)
    assert [finding.level for finding in findings] == ["bad"]
    assert "did not end in time" in findings[0].what


def test_a_script_that_forgets_its_checkpoint_starts_over(definition: RealBenchmarkDefinition) -> None:
    # The trial that is to be paused waits for that after 2 reports, in its first run.
    begun = "args.st_checkpoint_dir + '/begun'"
    holds = f"holds = '/paused/' in saved and not os.path.exists({begun})\nopen({begun}, 'w').close()\n"
    waits = "if epoch == 3 and holds:\n        import time; time.sleep(10_000)\n    "
    text = definition.script.read_text()
    text = text.replace("report = Reporter()", f"{holds}report = Reporter()")
    definition.script.write_text(text.replace("with open(saved", f"{waits}with open(saved"))
    found = said(replace(definition), "if os.path.exists(saved) else 1", "if False else 1")
    assert any("trains 2 epochs again" in what for what in found["warning"])
