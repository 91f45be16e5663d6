"""The launchers of the nursery: all have the same files, and what is in these is short."""

from __future__ import annotations

import runpy
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import benchmarking

NURSERY = Path(benchmarking.__file__).parent / "nursery"
TUTORIAL = "odsc_tutorial/transformer_wikitext2"
#: By folder: the file that says what jobs need besides the training script.
FOLDERS = {
    "fine_tuning_transformer_glue": "requirements-synetune.txt",
    "launch_local": "requirements-synetune.txt",
    "launch_sagemaker": "requirements.txt",
    "launch_simulator": "requirements-synetune.txt",
    f"{TUTORIAL}/local": "requirements-synetune.txt",
    f"{TUTORIAL}/sagemaker": "requirements.txt",
}
#: Most lines of a file; the logic lies in ``commons``. Figures of the tutorial have settings.
LINES = {"baselines.py": 12, "hpo_main.py": 40, "launch_remote.py": 20, "plot_results.py": 55}


@pytest.fixture(autouse=True)
def tutorial_is_importable(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As its page says: with the folder above on ``PYTHONPATH``. A training script has the same name."""
    monkeypatch.syspath_prepend(str(NURSERY / "odsc_tutorial"))
    yield
    for name in [name for name in sys.modules if name.partition(".")[0] == "transformer_wikitext2"]:
        del sys.modules[name]


@pytest.mark.parametrize("folder", FOLDERS)
def test_launchers_are_complete_short_and_can_be_imported(folder: str) -> None:
    for name, most in LINES.items():
        path = NURSERY / folder / name
        assert len(path.read_text().splitlines()) <= most, path
        runpy.run_path(str(path), run_name="imported")


@pytest.mark.parametrize("folder", FOLDERS)
def test_methods_are_those_of_the_sources(folder: str) -> None:
    methods = runpy.run_path(str(NURSERY / folder / "baselines.py"))["methods"]
    assert list(methods) == ["RS", "BO", "ASHA", "MOBSTER"]


@pytest.mark.parametrize(("folder", "name"), FOLDERS.items())
def test_requirements_are_what_the_tuner_needs(folder: str, name: str) -> None:
    lines = (NURSERY / folder / name).read_text().splitlines()
    wanted = {Requirement(line).name for line in lines if line and not line.startswith("#")}
    assert {"click", "numpy", "pandas", "pyyaml", "scipy"} <= wanted
    assert ("boto3" in wanted) == ("sagemaker" in folder), "only where trials are jobs"
