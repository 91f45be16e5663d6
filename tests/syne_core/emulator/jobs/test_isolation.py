"""What this machine allows, and how jobs do with less."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from job_rig import JobRig, in_namespaces
from job_rig import rig_of_jobs as rig_of_jobs
from job_rig import shared_emulator as shared_emulator

from syne_core.emulator.jobs import container_plan, isolation
from syne_core.emulator.jobs.environment import provide_programs
from syne_core.emulator.jobs.isolation import Isolation, isolation_named
from syne_core.emulator.jobs.removal import remove_tree
from syne_core.errors import UsageError


def test_an_unknown_isolation_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"Unknown isolation 'docker'\. Valid: auto, folder, namespaces"):
        isolation_named("docker", tmp_path)


def test_auto_is_a_folder_where_namespaces_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    isolation._best_on.cache_clear()
    monkeypatch.setattr(Isolation, "works", lambda *_: False)
    try:
        assert isolation_named("auto", tmp_path) == Isolation(namespaces=False)
        with pytest.raises(UsageError, match="refuses user namespaces"):
            isolation_named("namespaces", tmp_path)
    finally:
        isolation._best_on.cache_clear()


@pytest.mark.parametrize("overlays", [True, False])
def test_a_way_that_cannot_be_set_up_does_not_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, overlays: bool
) -> None:
    assert Isolation(True, overlays).works(tmp_path)
    assert not list(tmp_path.iterdir()), "probing leaves nothing"
    monkeypatch.setattr(isolation, "_NAMESPACES", ("unshare", "--user"))
    assert not Isolation(True, overlays).works(tmp_path)
    monkeypatch.setattr(isolation, "_NAMESPACES", ("no-such-program",))
    assert not Isolation(True, overlays).works(tmp_path)


def test_overlays_bear_any_path(awkward_path: Path) -> None:
    folder = awkward_path / "a,b:c\\d"
    folder.mkdir()
    assert Isolation(True, overlays=True).works(folder)


@in_namespaces
def test_without_overlays_packages_go_to_a_folder_of_the_job(
    rig: JobRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(container_plan, "isolation_named", lambda *_: Isolation(True, overlays=False))
    script = "import json, sys; print(json.dumps([os.environ['PIP_TARGET'], sys.path]))"
    target, path = json.loads(rig.run(script).completed().log()[-1])
    assert target.startswith(str(rig.folder))
    assert target in path


@in_namespaces
def test_a_container_that_cannot_be_set_up_is_no_fault_of_the_algorithm(
    rig: JobRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(container_plan, "isolation_named", lambda *_: Isolation(True, overlays=True))
    monkeypatch.setattr(isolation, "_package_folders", lambda: ["/no/such/folder"])
    end = rig.run().end()
    assert end.status == "Failed"
    assert str(end.failure_reason).startswith(
        "InternalServerError: the container could not be set up: cannot mount /no/such/folder"
    )


def test_programs_that_python_lacks_beside_it_are_provided(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    beside = tmp_path / "it's beside"
    beside.mkdir()
    (beside / "mine").symlink_to(os.path.realpath(sys.executable))
    monkeypatch.setattr(sys, "executable", str(beside / "mine"))
    environment = {"PATH": "/bin:/usr/bin"}
    provide_programs(environment, tmp_path / "bin")
    for name in ("python", "python3", "pip", "pip3"):
        assert shutil.which(name, path=environment["PATH"]) == str(tmp_path / "bin" / name)
    words = ["python3", "-c", "import sys; print(sys.argv[1])", "two words"]
    assert subprocess.check_output(words, env=environment, text=True) == "two words\n"


def test_folders_without_permissions_are_removed(tmp_path: Path) -> None:
    folder = tmp_path / "job"
    (folder / "closed" / "deeper").mkdir(parents=True)
    (folder / "closed" / "deeper" / "file").write_text("x")
    (folder / "link").symlink_to(tmp_path)
    for path in (folder / "closed" / "deeper", folder / "closed"):
        path.chmod(0)
    remove_tree(folder)
    assert list(tmp_path.iterdir()) == []
