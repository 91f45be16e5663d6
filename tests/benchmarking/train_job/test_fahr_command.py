"""The console script ``fahr`` and its smaller verbs."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest

import syne_core

ROOT = Path(syne_core.__file__).parents[1]


def test_console_script_is_declared_and_is_synebench_fahr() -> None:
    text = (ROOT / "pyproject.toml").read_text()
    assert '\nfahr = "benchmarking.cli.fahr:main"\n' in text
    module = import_module("benchmarking.cli.fahr")
    assert callable(module.main)
    assert module.command.list_commands(None) == ["fit", "fetch", "status", "init", "copy"]


@pytest.mark.parametrize("verb", ["fit", "fetch", "status", "init", "copy"])
def test_help_has_an_example(run, verb: str) -> None:
    assert (
        f"Example: {'synebench' if verb in ('fit', 'fetch') else 'fahr'} {verb}"
        in run("fahr", verb, "--help").stdout
    )


def test_init_writes_a_dockerfile_for_editing(run, model_script: Path) -> None:
    assert run("fahr", "init", str(model_script)).stdout == f"{model_script.parent / 'Dockerfile'}\n"
    text = (model_script.parent / "Dockerfile").read_text()
    assert "FROM python:" in text
    assert "ENV FAHR_EXECUTION_ENVIRONMENT=sagemaker" in text
    assert "\n# RUN python3 -m pip" in text
    assert "--overwrite replaces it" in run("fahr", "init", str(model_script)).message
    model_script.with_name("requirements.txt").write_text("numpy\n")
    model_script.write_text("import keras\n")
    assert run("fahr", "init", str(model_script), "--overwrite", "--train-image", "default-gpu").error is None
    text = (model_script.parent / "Dockerfile").read_text()
    assert "FROM tensorflow/tensorflow:" in text
    assert "COPY requirements.txt ./" in text
    assert run("fahr", "init", str(model_script), "--overwrite", "--train-image", "me/mine:1").error is None
    assert "FROM me/mine:1\n" in (model_script.parent / "Dockerfile").read_text()


def test_init_refuses_what_cannot_be_built(run, model_script: Path, tmp_path: Path) -> None:
    assert "does not exist" in run("fahr", "init", "none.py").message
    elsewhere = tmp_path / "env.txt"
    elsewhere.write_text("numpy\n")
    assert "must lie beside" in run("fahr", "init", str(model_script), "--envfile", str(elsewhere)).message


def test_copy_takes_the_files_of_a_training_along(run, model_script: Path, tmp_path: Path) -> None:
    for name in ("Dockerfile", "requirements.txt", "data.csv"):
        model_script.with_name(name).write_text(name)
    done = run("fahr", "copy", str(model_script.parent), "bar")
    assert done.stdout.splitlines() == ["bar/Dockerfile", "bar/requirements.txt"]
    assert sorted(path.name for path in (tmp_path / "bar").iterdir()) == ["Dockerfile", "requirements.txt"]
    words = ["--include-training-artifact", "model.py"]
    assert (
        "bar/Dockerfile exists; --overwrite replaces it" in run("fahr", "copy", "foo", "bar", *words).message
    )
    assert not (tmp_path / "bar" / "model.py").exists()
    assert run("fahr", "copy", "foo", "bar", *words, "--overwrite").error is None
    assert (tmp_path / "bar" / "model.py").read_text() == model_script.read_text()


def test_copy_says_what_is_wrong(run, model_script: Path) -> None:
    assert "no folder" in run("fahr", "copy", "none", "bar").message
    done = run("fahr", "copy", "foo", "bar", "--include-training-artifact", "none.py")
    assert "foo/none.py does not exist" in done.message
    words = ["--include-training-artifact", "model.py"]
    assert (
        "cannot be copied to foo/model.py/x" in run("fahr", "copy", "foo", "foo/model.py/x", *words).message
    )


def test_unknown_verbs_suggest_the_nearest(run) -> None:
    assert "Did you mean 'fetch'?" in run("fahr", "fech").message
