"""Code blocks of Markdown pages, and what the page says about running them.

A block is told how it is tested by an HTML comment on the line before it, which readers do not see:

- ``<!-- test: skip (needs a GPU) -->``: not run, for the reason given
- ``<!-- test: env N=1 WHAT="a b" -->``: run with these variables
- ``<!-- test: given epochs = 1; accuracy = 0.5 -->``: Python that runs before the block
- ``<!-- test: file train.py -->``: not run, but written to a file that later blocks use
- ``<!-- test: emulator (the commands below talk to it) -->``: ``synebench emulator ...``, which runs
  while the rest of the page is followed, at a free port; what it exports holds for all blocks after it
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Block", "blocks_of", "commands_in"]

_BLOCK = re.compile(r"(?:^<!-- *test: *(.*?) *-->\n)?^```(\w*)[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_DIRECTIVES = ("skip", "env", "given", "file", "emulator")


@dataclass(frozen=True)
class Block:
    """A fenced block.

    :param line: of its opening fence
    :param directive: ``skip``, ``env``, ``given``, ``file``, ``emulator``, or empty
    :param argument: what follows the directive
    """

    page: Path
    line: int
    language: str
    text: str
    directive: str = ""
    argument: str = ""

    @property
    def where(self) -> str:
        """Page and line."""
        return f"{self.page.name}, line {self.line}"

    @property
    def variables(self) -> dict[str, str]:
        """Those of ``env``."""
        if self.directive != "env":
            return {}
        return dict(word.split("=", 1) for word in shlex.split(self.argument))


def blocks_of(page: Path) -> list[Block]:
    """All fenced blocks of ``page``, in order."""
    text = page.read_text(encoding="utf-8")
    blocks = []
    for found in _BLOCK.finditer(text):
        directive, _, argument = (found[1] or "").partition(" ")
        line = text.count("\n", 0, found.start()) + 1 + (found[1] is not None)
        block = Block(page, line, found[2], found[3], directive, argument)
        if found[1] is not None and (directive not in _DIRECTIVES or not argument):
            raise ValueError(f"{block.where}: '{found[1]}'; expected {', '.join(_DIRECTIVES)}, and what")
        blocks.append(block)
    return blocks


def commands_in(block: Block) -> list[tuple[str, str]]:
    """The commands of a ``bash`` block, each with why it is not run (empty: it is)."""
    joined = re.sub(r"\s*\\\n\s*", " ", block.text)
    lines = [line.strip() for line in joined.splitlines()]
    return [(line, _why_skipped(block, line)) for line in lines if line and not line.startswith("#")]


def _why_skipped(block: Block, command: str) -> str:
    if block.directive == "skip":
        return block.argument.strip("()")
    if command.startswith("make "):
        return "make targets install or test everything"
    if command.startswith("source "):
        return "tests run in the environment already"
    return ""
