"""Notebooks that run in jobs, which install what runs them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from syne_core.emulator import Emulator

pytestmark = pytest.mark.long


@pytest.fixture(scope="module", autouse=True)
def packages(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Skip where a job could not install nbclient."""
    words = [
        "download",
        "--no-deps",
        "--quiet",
        "-d",
        str(tmp_path_factory.mktemp("pip")),
        "nbclient",
        "ipykernel",
    ]
    done = subprocess.run([sys.executable, "-m", "pip", *words], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip("nbclient and ipykernel cannot be installed here")


def cell(source: str, *tags: str) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "execution_count": None,
        "outputs": [],
        "source": source,
        "metadata": {"tags": list(tags)} if tags else {},
    }


def write_notebook(path: Path, *cells: dict[str, Any]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    # A kernel that only its author has: this Python's runs it.
    kernel = {"name": "conda_pytorch_p36", "language": "python", "display_name": "PyTorch"}
    metadata = {"kernelspec": kernel}
    path.write_text(
        json.dumps({"nbformat": 4, "nbformat_minor": 4, "metadata": metadata, "cells": list(cells)})
    )
    return path


def printed(path: Path) -> str:
    outputs = [out for one in json.loads(path.read_text())["cells"] for out in one.get("outputs", [])]
    return "".join("".join(out["text"]) for out in outputs if out["output_type"] == "stream")


SAVE = "import os\nprint('rate', lr)\nopen(os.environ['SM_MODEL_DIR'] + '/m', 'w').write(str(lr))"


def test_notebooks_run_with_parameters_and_come_back_executed(
    run, emulator: Emulator, tmp_path: Path
) -> None:
    path = write_notebook(tmp_path / "My Work" / "train it.ipynb", cell("lr = 1.0", "parameters"), cell(SAVE))
    fitted = run("synebench", "fit", str(path), "--param", "lr=0.1", "--wait")
    assert fitted.error is None, fitted.message
    fetched = run("synebench", "fetch", "t", "my-work/train-it")
    assert fetched.stdout.splitlines() == ["t/m", "t/output/train it.ipynb"]
    assert Path("t/m").read_text() == "0.1"
    assert printed(Path("t/output/train it.ipynb")) == "rate 0.1\n"
    assert printed(path) == "", "the notebook here is left alone"

    broken = write_notebook(tmp_path / "My Work" / "breaks.ipynb", cell("print('so far')"), cell("1 / 0"))
    fitted = run("synebench", "fit", str(broken), "--wait")
    assert "breaks.ipynb: ZeroDivisionError: division by zero" in fitted.message
    assert "  so far" in fitted.message
    fetched = run("synebench", "fetch", "b", "my-work/breaks")
    assert "Its other output lies in b: output/breaks.ipynb" in fetched.message
    assert printed(Path("b/output/breaks.ipynb")) == "so far\n"


def test_notebooks_run_here(run, tmp_path: Path) -> None:
    path = write_notebook(tmp_path / "w" / "train.ipynb", cell("lr = 1.0", "parameters"), cell(SAVE))
    fitted = run("fahr", "fit", str(path), "--param", "lr=0.2", "--train-driver", "local")
    assert fitted.error is None, fitted.message
    fetched = run("fahr", "fetch", "t", "w/train", "--train-driver", "local")
    assert fetched.stdout.splitlines() == ["t/m", "t/output/train.ipynb"]
    assert Path("t/m").read_text() == "0.2"
