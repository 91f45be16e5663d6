from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest

from benchmarking.train_job import notebook_program
from benchmarking.train_job.notebook_program import with_parameters


def notebook(*cells: tuple[str, list[str]], minor: int = 4, **metadata: Any) -> dict[str, Any]:
    made = [{"cell_type": "code", "metadata": {"tags": tags}, "source": source} for source, tags in cells]
    return {"nbformat": 4, "nbformat_minor": minor, "metadata": metadata, "cells": made}


def sources(book: dict[str, Any]) -> list[str]:
    return [cell["source"] for cell in book["cells"]]


def test_parameters_come_after_the_cell_of_defaults() -> None:
    source = notebook(("import os", []), ("lr = 1", ["parameters"]), ("train(lr)", []))
    changed = with_parameters(source, {"lr": 0.1, "name": "it's", "layers": [1, None, True]})
    injected = '# Parameters\nlr = 0.1\nname = "it\'s"\nlayers = [1, None, True]'
    assert sources(changed) == ["import os", "lr = 1", injected, "train(lr)"]
    assert changed["cells"][2]["metadata"]["tags"] == ["injected-parameters"]
    assert len(source["cells"]) == 3, "the notebook itself is left alone"


def test_without_defaults_they_come_first_and_earlier_ones_go() -> None:
    source = notebook(("lr = 9", ["injected-parameters"]), ("train(lr)", []), minor=5)
    changed = with_parameters(source, {"lr": 0.1})
    assert sources(changed) == ["# Parameters\nlr = 0.1", "train(lr)"]
    assert changed["cells"][0]["id"]


def test_without_parameters_nothing_changes() -> None:
    source = notebook(("a", []))
    assert with_parameters(source, {}) == source


def test_parameters_need_a_notebook_in_python() -> None:
    source = notebook(("a", []), kernelspec={"name": "ir", "language": "R"})
    with pytest.raises(ValueError, match="this one is in r"):
        with_parameters(source, {"lr": 1})


def test_program_parses_as_python_3_8() -> None:
    text = Path(notebook_program.__file__).read_text()
    ast.parse(text, feature_version=(3, 8))
