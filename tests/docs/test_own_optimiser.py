"""An optimiser of one's own joins in fifteen lines: those on the page, which other tests run as they are."""

from __future__ import annotations

from pathlib import Path

from pages import blocks_of

PAGE = Path(__file__).parents[2] / "docs" / "methods.md"


def test_optimiser_of_ones_own_joins_in_fifteen_lines() -> None:
    (block,) = (block for block in blocks_of(PAGE) if block.argument == "my_optimiser.py")
    lines = [line for line in block.text.splitlines() if line.strip()]
    assert len(lines) <= 15
    assert max(map(len, lines)) <= 110, "and not by cramming"
    assert ";" not in block.text


def test_the_page_has_a_command_that_runs_it() -> None:
    commands = [block.text for block in blocks_of(PAGE) if block.language == "bash"]
    assert any("--methods my_optimiser.py" in text for text in commands)
