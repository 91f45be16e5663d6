from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from benchmarking.train_job.contents import job_document, training_bundle
from benchmarking.train_job.stock_image import framework_of, image_notes, image_of
from benchmarking.train_job.training_order import read_parameters, training_order
from syne_core.aws.runner.job_document import parse_job
from syne_core.errors import UsageError


def test_parameters_reach_a_script_as_typed(model_script: Path) -> None:
    order = training_order(model_script, ["lr=1e-3", "note=a 'b'", "x=-1", "empty="])
    assert order.arguments == ("--lr", "1e-3", "--note", "a 'b'", "--x=-1", "--empty", "")
    assert order.parameters == {"lr": 0.001, "note": "a 'b'", "x": -1, "empty": ""}


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        training_order(tmp_path / "no.py", ["lr", "lr=1", "lr=2", "=3"], tmp_path / "none.txt")
    told = str(caught.value)
    for part in (
        "no.py does not exist",
        "--param lr:",
        "given twice",
        "--param =3",
        "none.txt",
    ):
        assert part in told


def test_parameters_of_notebooks_must_be_variables() -> None:
    assert read_parameters(["a-b=1"]) == {"a-b": "1"}
    with pytest.raises(UsageError, match="cannot be a variable"):
        read_parameters(["a-b=1"], identifiers=True)


def test_conda_environments_are_refused_with_what_to_do(model_script: Path) -> None:
    env = model_script.with_name("environment.yml")
    env.write_text("dependencies: []\n")
    with pytest.raises(UsageError, match="pip freeze"):
        training_order(model_script, envfile=env)


def test_an_envfile_takes_the_place_of_requirements_beside_the_script(model_script: Path) -> None:
    model_script.with_name("requirements.txt").write_text("beside\n")
    other = model_script.parent.parent / "my env.txt"
    other.write_text("given>=1  # why\n")
    bundle = training_bundle(training_order(model_script, envfile=other))
    (file,) = (file for file in bundle.files if file.name == "requirements.txt")
    with file.open() as stream:
        assert stream.read() == b"given>=1\n"


def test_provenance_names_script_parameters_and_commit(model_script: Path) -> None:
    about = training_order(model_script, ["lr=0.5"]).provenance
    assert about["script"] == str(model_script)
    assert about["parameters"] == {"lr": 0.5}
    assert about["commit"] is None  # the test's folder is in no repository


def test_a_notebook_brings_what_runs_it(tmp_path: Path) -> None:
    path = tmp_path / "note.ipynb"
    path.write_text(json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []}))
    path.with_name("requirements.txt").write_text("numpy\nNBClient==0.10\n")
    order = training_order(path, ["lr=0.1"])
    files = {file.name: file for file in training_bundle(order).files}
    assert "synebench_notebook.py" in files
    with files["requirements.txt"].open() as stream:
        assert stream.read() == b"numpy\nNBClient==0.10\nipykernel\n"
    job = parse_job(json.dumps(job_document(order, {})).encode())
    assert job.entry_point == "synebench_notebook.py"
    assert job.arguments == ["note.ipynb", '{"lr": 0.1}']


@pytest.mark.parametrize("text", ["not json", "[]", '{"worksheets": []}'])
def test_what_is_no_notebook_is_refused_before_anything_travels(tmp_path: Path, text: str) -> None:
    path = tmp_path / "note.ipynb"
    path.write_text(text)
    with pytest.raises(UsageError, match=r"note\.ipynb"):
        training_bundle(training_order(path))


@pytest.mark.parametrize(
    ("source", "framework"),
    [
        ("import torch", "PyTorch"),
        ("from keras.models import Sequential", "TensorFlow"),
        ("def f():\n    import tensorflow.data", "TensorFlow"),
        ("import keras, torch", "PyTorch"),
        ("import sklearn", "PyTorch"),
        ("this is no Python", "PyTorch"),
    ],
)
def test_stock_image_is_that_of_the_imported_framework(tmp_path: Path, source: str, framework: str) -> None:
    path = tmp_path / "train.py"
    path.write_text(source)
    assert framework_of(path) == framework
    notebook = tmp_path / "train.ipynb"
    cell = {"cell_type": "code", "source": [source]}
    notebook.write_text(json.dumps({"cells": [{"cell_type": "code", "source": "%matplotlib inline"}, cell]}))
    assert framework_of(notebook) == framework


def test_images_by_instance_type_by_word_and_by_uri(model_script: Path) -> None:
    def image(name: str | None, kind: str) -> str:
        return image_of(training_order(model_script, image=name), "us-east-1", kind)

    assert "-cpu-" in image(None, "ml.c4.2xlarge")
    assert "-gpu-" in image(None, "ml.g4dn.xlarge")
    assert "-gpu-" in image("default-gpu", "ml.c4.2xlarge")
    assert "-cpu-" in image("default-cpu", "ml.g4dn.xlarge")
    assert image("my/image:1", "ml.c4.2xlarge") == "my/image:1"


def test_a_script_that_git_ignores_is_refused_before_it_costs_anything(model_script: Path) -> None:
    subprocess.run(["git", "init", "-q", str(model_script.parent)], check=True)
    model_script.with_name(".gitignore").write_text("model.py\n")
    with pytest.raises(UsageError, match="would not travel to the job"):
        training_bundle(training_order(model_script))


def test_an_image_that_does_not_fit_the_instance_is_told() -> None:
    assert "ml.c4.2xlarge has no GPU" in next(image_notes("default-gpu", "ml.c4.2xlarge"))
    assert "leaves the GPU" in next(image_notes("default-cpu", "ml.g4dn.xlarge"))
    fitting = [("default-gpu", "ml.p3.2xlarge"), ("default-cpu", "ml.m5.large"), ("me/mine:1", "ml.m5.large")]
    assert not any(list(image_notes(*pair)) for pair in [*fitting, (None, "ml.m5.large")])
