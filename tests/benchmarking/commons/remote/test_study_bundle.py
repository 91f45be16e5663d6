"""What travels to the jobs of a study."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

import benchmarking
from benchmarking.commons.remote.jobs.study_bundle import (
    ORIGIN,
    job_python_path,
    job_requirements,
    project_folders,
    study_bundle,
)
from syne_core.errors import UsageError


@pytest.fixture
def entry_point(tmp_path: Path) -> Path:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "hpo_main.py").write_text("pass\n")
    (folder / "requirements-synetune.txt").write_text("scipy<2\nconfigspace\n")
    (folder / ".env").write_text("SECRET=1\n")
    return folder / "hpo_main.py"


def test_the_launcher_lies_at_the_top_and_the_project_beside(entry_point: Path, tmp_path: Path) -> None:
    more = tmp_path / "datasets"
    more.mkdir()
    (more / "a.py").write_text("")
    bundle = study_bundle(entry_point, [more], [entry_point.with_name("requirements-synetune.txt")])
    names = {file.name for file in bundle.files}
    assert {"hpo_main.py", "datasets/a.py", "benchmarking/__init__.py", "syne_core/tuner.py"} <= names
    assert "benchmarking/commons/remote/jobs/requirements.txt" in names
    assert not {"syne_core.zip", ".env"} & names
    (requirements,) = [file for file in bundle.files if file.name == "requirements.txt"]
    text = requirements.open().read().decode()
    assert "configspace\n" in text
    assert "scipy<2,>=1.11\n" in text
    assert "boto3>=" in text
    assert sorted(path.name for path in entry_point.parent.iterdir()) == [
        *(".env", "hpo_main.py", "requirements-synetune.txt")
    ], "nothing is written into the source tree"


def test_the_same_files_make_the_same_bundle(entry_point: Path) -> None:
    first = study_bundle(entry_point)
    assert study_bundle(entry_point, project_folders()).sha256 == first.sha256
    os.utime(entry_point, (1, 1))
    assert study_bundle(entry_point).sha256 == first.sha256
    entry_point.write_text("print()\n")
    assert study_bundle(entry_point).sha256 != first.sha256


def test_a_launcher_of_the_project_travels_with_it() -> None:
    nursery = Path(benchmarking.__file__).parent / "nursery" / "launch_local" / "hpo_main.py"
    names = {file.name for file in study_bundle(nursery).files}
    assert {"hpo_main.py", "benchmarking/nursery/launch_local/baselines.py"} <= names


def test_requirements_that_exclude_each_other_are_named(entry_point: Path) -> None:
    wrong = entry_point.with_name("requirements.txt")
    wrong.write_text("scipy<1.0\n")
    with pytest.raises(
        UsageError, match=r"requirements.txt, line 1 \(scipy<1.0\).*exclude each other"
    ) as info:
        job_requirements([wrong])
    assert "scipy>=1.11" in str(info.value)


def test_the_bundle_says_where_its_code_comes_from_without_secrets(entry_point: Path) -> None:
    folder = entry_point.parent
    identity = ("-c", "user.name=x", "-c", "user.email=x@y.z")
    clean = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    for words in (("init", "-q"), ("add", "-f", "."), (*identity, "commit", "-q", "-m", "first")):
        subprocess.run(["git", "-C", str(folder), *words], check=True, env=clean, capture_output=True)
    (folder / ".env").write_text("SECRET=2\n")
    entry_point.write_text("print('changed')\n")
    (file,) = [file for file in study_bundle(entry_point).files if file.name == ORIGIN]
    git = json.loads(file.open().read())["git"]
    assert len(git["commit"]) == 40
    assert git["dirty"] is True
    assert "+print('changed')" in git["diff"]
    assert "SECRET" not in git["diff"]


def test_where_the_launcher_is_in_no_repository_that_of_a_dependency_counts(
    entry_point: Path, tmp_path: Path
) -> None:
    scripts = tmp_path / "scripts"
    scripts.mkdir()
    (scripts / "train.py").write_text("")
    identity = ("-c", "user.name=x", "-c", "user.email=x@y.z")
    for words in (("init", "-q"), ("add", "."), (*identity, "commit", "-q", "-m", "first")):
        subprocess.run(["git", "-C", str(scripts), *words], check=True, capture_output=True)
    (file,) = [file for file in study_bundle(entry_point, [scripts]).files if file.name == ORIGIN]
    git = json.loads(file.open().read())["git"]
    assert (len(git["commit"]), git["dirty"]) == (40, False)


def test_what_pythonpath_names_can_be_imported_in_the_job_if_it_travels(tmp_path: Path) -> None:
    (tmp_path / "project" / "nursery" / "odsc").mkdir(parents=True)
    (tmp_path / "mine").mkdir()
    places = {"": tmp_path / "mine", "project": tmp_path / "project"}
    entries = [tmp_path / "project/nursery/odsc/", tmp_path / "mine", tmp_path / "elsewhere"]
    environment = {"PYTHONPATH": ":".join([*map(str, entries), ""])}
    assert job_python_path(places, environment) == ["project/nursery/odsc"]
    assert job_python_path(places, {}) == []
