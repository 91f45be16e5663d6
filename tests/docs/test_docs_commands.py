"""Every command and every Python block of README.md and docs/ is run, as a reader would, page by page.

Each page has one folder and one place for results, so that its later commands find what earlier ones
made. Experiments end after a few reports (``$SYNEBENCH_MAX_NUM_EVALUATIONS``) unless a command says
otherwise. ``pages.py`` explains how a page says more about a block.
"""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from pages import Block, blocks_of, commands_in

from benchmarking.cli.main import cli
from benchmarking.commons.launch_flags import ALL_FLAGS

REPOSITORY = Path(__file__).parents[2]
PAGES = [REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").glob("*.md"))]
BLOCKS = [block for page in PAGES for block in blocks_of(page)]
SKIPPED = [
    (block, command, why)
    for block in BLOCKS
    for command, why in (commands_in(block) if block.language == "bash" else [(block.text, "")])
    if why or (block.directive == "skip" and block.language != "bash")
]
WITH_COMMANDS = [page for page in PAGES if {"bash", "python"} & {b.language for b in blocks_of(page)}]
#: Pages that every change is tested with; the commands of the others take 5 to 20 s on a quiet machine.
FIRST = {"README", "emulator", "local", "sagemaker", "your_own_script"}
#: Flags of programs that are not ours, and of the training scripts that pages speak of.
FOREIGN = {
    "--lr",
    "--name",
    "--st_checkpoint_dir",
    "--learning_rate",
    "--momentum",
    "--epochs",
    "--reduction_factor",
    "--tls-verify",
    "--dataset_path",
    "--discount",
    "--model_type",
    "--num_train_epochs",
    "--quiet",
    "--recursive",
}
OUR_FLAGS = ALL_FLAGS
_TIMEOUT = 300


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where a page's commands run: it looks like the repository to those who name files of it."""
    place = tmp_path / "page"
    place.mkdir()
    (place / "benchmarking").symlink_to(REPOSITORY / "benchmarking")
    commands = tmp_path / "bin"
    commands.mkdir()
    for name, words in (("python", ""), ("synebench", "-m benchmarking.cli.main")):
        (commands / name).write_text(f'#!/bin/sh\nexec "{sys.executable}" {words} "$@"\n')
        (commands / name).chmod(0o755)
    return place


def environment(folder: Path, block: Block, exported: Mapping[str, str]) -> dict[str, str]:
    """A reader's environment, in which experiments are short."""
    return {
        **os.environ,
        **exported,
        "PATH": f"{folder.parent / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(REPOSITORY),
        "SYNEBENCH_MAX_NUM_EVALUATIONS": "4",
        **block.variables,
    }


def run(words: list[str], folder: Path, block: Block, shown: str, exported: Mapping[str, str]) -> None:
    """Run a command, which must succeed."""
    done = subprocess.run(
        words,
        cwd=folder,
        env=environment(folder, block, exported),
        capture_output=True,
        text=True,
        timeout=_TIMEOUT,
    )
    assert done.returncode == 0, f"{block.where}: {shown}\n{done.stdout}\n{done.stderr}"
    assert "Traceback" not in done.stderr, f"{block.where}: {shown}\n{done.stderr}"


@contextlib.contextmanager
def running_emulator(folder: Path, block: Block) -> Iterator[dict[str, str]]:
    """The emulator that ``block`` starts, and what it exports; Ctrl-C ends it."""
    ((command, _),) = commands_in(block)
    words = shlex.split(re.sub(r"--port \d+", "--port 0", command))
    assert words[:2] == ["synebench", "emulator"], block.where
    variables = environment(folder, block, {})
    words[0] = str(folder.parent / "bin" / "synebench")
    with subprocess.Popen(words, cwd=folder, env=variables, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            exported: dict[str, str] = {}
            while "AWS_EC2_METADATA_DISABLED" not in exported:
                line = process.stdout.readline()
                assert line.startswith("export "), f"{block.where}: {line!r}"
                exported.update([shlex.split(line)[1].split("=", 1)])
            yield exported
        finally:
            process.send_signal(signal.SIGINT)
        assert process.wait(_TIMEOUT) == 130, block.where


@pytest.mark.parametrize(
    "page",
    [pytest.param(p, marks=() if p.stem in FIRST else pytest.mark.long, id=p.stem) for p in WITH_COMMANDS],
)
def test_a_page_can_be_followed(page: Path, folder: Path) -> None:
    exported: dict[str, str] = {}
    with contextlib.ExitStack() as exits:
        for block in (block for block in BLOCKS if block.page == page):
            if block.directive == "emulator":
                exported = exits.enter_context(running_emulator(folder, block))
            else:
                follow(block, folder, exported)


def follow(block: Block, folder: Path, exported: Mapping[str, str]) -> None:
    """Do what ``block`` tells a reader to do."""
    if block.directive == "file":
        (folder / block.argument).parent.mkdir(parents=True, exist_ok=True)
        (folder / block.argument).write_text(block.text)
    elif block.language == "bash":
        for command, why in commands_in(block):
            if not why:
                run(["bash", "-c", command], folder, block, command, exported)
    elif block.language == "python" and block.directive != "skip":
        before = block.argument if block.directive == "given" else ""
        run([sys.executable, "-c", f"{before}\n{block.text}"], folder, block, block.text, exported)


@pytest.mark.parametrize(
    ("block", "command", "why"), SKIPPED, ids=[f"{b.where}: {c.splitlines()[0]}" for b, c, _ in SKIPPED]
)
def test_what_is_not_run_says_why(block: Block, command: str, why: str) -> None:
    reason = why or block.argument.strip("()")
    assert len(reason) > 5
    pytest.skip(reason)


def test_every_flag_that_a_page_names_exists() -> None:
    known = {f"--{flag.name}" for flag in OUR_FLAGS} | FOREIGN | {"--help"}
    for verb in cli.list_commands(None):
        for parameter in cli.get_command(None, verb).params:
            known.update([*parameter.opts, *parameter.secondary_opts])
    named = {
        (page.name, flag)
        for page in PAGES
        for flag in re.findall(r"(?<![\w-])--[a-z][\w-]*", page.read_text(encoding="utf-8"))
    }
    assert [(page, flag) for page, flag in sorted(named) if flag not in known] == []


@pytest.mark.parametrize("kind", ["links", "figures"])
def test_links_and_figures_of_pages_lead_somewhere(kind: str) -> None:
    mark = r"(?<!!)" if kind == "links" else "!"
    found = [
        (page, target)
        for page in PAGES
        for target in re.findall(mark + r"\[[^\]]*\]\(([^)#]+)", page.read_text(encoding="utf-8"))
        if "://" not in target
    ]
    assert found
    assert [(page.name, target) for page, target in found if not (page.parent / target).exists()] == []


def test_blocks_and_their_comments_are_read(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "text\n\n<!-- test: env A=1 B='2 3' -->\n```bash\na \\\n  b  # remark\n# remark\nmake x\n```\n"
        "```python\nx\n```\n<!-- test: skip (no GPU) -->\n```bash\nc\n```\n"
    )
    first, second, third = blocks_of(page)
    assert (first.line, first.variables) == (4, {"A": "1", "B": "2 3"})
    assert commands_in(first) == [
        ("a b  # remark", ""),
        ("make x", "make targets install or test everything"),
    ]
    assert (second.language, second.line, second.directive) == ("python", 10, "")
    assert commands_in(third) == [("c", "no GPU")]
    page.write_text("<!-- test: spik (no GPU) -->\n```bash\nc\n```\n")
    with pytest.raises(ValueError, match="line 2: 'spik"):
        blocks_of(page)
