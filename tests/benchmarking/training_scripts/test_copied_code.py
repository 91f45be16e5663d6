"""Folders of scripts travel alone, so they hold copies; what is mended in one is mended in all."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parents[3] / "benchmarking" / "training_scripts"
TRANSFORMERS = ("distilbert_imdb", "finetune_transformer_glue", "finetune_transformer_swag")
TEXTS = ("lstm_wikitext2", "transformer_wikitext2")
TORCH = ("mlp_fashionmnist", "resnet_cifar10", *TEXTS)

#: Functions that are to be alike in several folders.
FUNCTIONS = {
    "size": (*TORCH, *TRANSFORMERS),
    "stretches": TEXTS,
    "locked": (*TORCH, *TRANSFORMERS),
    "start_or_resume": TRANSFORMERS,
}


def functions(folder: Path, name: str) -> Iterator[str]:
    for path in sorted(folder.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.name == name:
                yield ast.unparse(node)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_copies_of_a_function_are_equal(name: str) -> None:
    found = [text for folder in FUNCTIONS[name] for text in functions(SCRIPTS / folder, name)]
    assert len(found) == len(FUNCTIONS[name])
    assert len(set(found)) == 1


def test_all_checkpoints_of_torch_are_one_module() -> None:
    paths = [path for path in SCRIPTS.glob("*/*_checkpoint.py") if path.parent.name != "mlp_digits"]
    assert len(paths) == len((*TORCH, *TRANSFORMERS))
    assert len({path.read_text(encoding="utf-8") for path in paths}) == 1


def test_whole_files_that_are_alike_have_the_same_name() -> None:
    """A copy under another name would not be found by those who mend the original."""
    names: dict[str, set[str]] = {}
    for path in SCRIPTS.glob("*/*.py"):
        names.setdefault(path.read_text(encoding="utf-8"), set()).add(path.name)
    several = [found for found in names.values() if len(found) > 1]
    assert all(name.endswith("_checkpoint.py") for found in several for name in found), several
