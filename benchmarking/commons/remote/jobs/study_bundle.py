"""What travels to the jobs of a study: the project, the user's launcher and what that needs, one bundle."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import syne_core
from benchmarking.commons.requirements_union import union_of_requirements
from benchmarking.commons.study.provenance import git_state
from syne_core.aws.bundle_files import is_secret
from syne_core.aws.bundles import Bundle, make_bundle, with_file

__all__ = ["ORIGIN", "job_python_path", "job_requirements", "project_folders", "study_bundle"]

#: Says in the bundle where its code comes from: commit, and what differs from it; JSON.
ORIGIN = "synebench-origin.json"

_REQUIREMENTS = Path(__file__).with_name("requirements.txt")


def project_folders() -> list[Path]:
    """The packages of the project, which are folders in the bundle."""
    return [Path(__file__).resolve().parents[3], Path(syne_core.__file__).resolve().parent]


def job_requirements(files: Iterable[Path]) -> str:
    """The text of the jobs' ``requirements.txt``: what ``files`` ask for, and what the project needs there.

    :raises UsageError: they contradict each other
    """
    return union_of_requirements([_REQUIREMENTS, *files])


def study_bundle(
    entry_point: Path,
    source_dependencies: Iterable[str | Path] = (),
    requirements_files: Iterable[Path] = (),
) -> Bundle:
    """The bundle of a study; nothing is written, nothing is uploaded.

    The folder of the launcher lies at its top, the project's packages and the dependencies beside it.

    :param entry_point: the user's launcher, which runs in the jobs
    :param source_dependencies: folders and files; they may name the project's packages
    :param requirements_files: installed together in the job; they stay as they are
    :raises UsageError: a folder is missing, two have one name, the bundle is too large, requirements
        contradict each other
    """
    folder = Path(os.path.abspath(entry_point)).parent
    beside = dict.fromkeys([*project_folders(), *(Path(d).resolve() for d in source_dependencies)])
    bundle = make_bundle(folder, beside, job_requirements(requirements_files), engine=False)
    # Who keeps scripts and launchers apart may have one of them under version control only.
    states = map(_origin, (folder, *(path for path in beside if path not in project_folders())))
    git = next((state for state in states if state is not None), None)
    return with_file(bundle, ORIGIN, json.dumps({"git": git}, indent=1, sort_keys=True).encode())


def job_python_path(places: Mapping[str, Path], environment: Mapping[str, str] = os.environ) -> list[str]:
    """What ``PYTHONPATH`` is to name in the job, relative to the bundle's top: what it names here.

    :param places: folders that travel, by where they lie in the bundle; ``""`` for its top
    """
    found = []
    for entry in filter(None, environment.get("PYTHONPATH", "").split(os.pathsep)):
        path = Path(entry).resolve()
        for place, folder in places.items():
            if path.is_relative_to(folder.resolve()):
                rest = path.relative_to(folder.resolve()).as_posix()
                found.append(os.path.normpath(os.path.join(place, rest)))
                break
    return [entry for entry in dict.fromkeys(found) if entry != "."]


def _origin(folder: Path) -> dict[str, Any] | None:
    """As in the metadata of an experiment that runs here, without what may be a key or a credential."""
    state = git_state(folder if folder.is_dir() else folder.parent)
    if state is None:
        return None
    parts = ("\n" + state["diff"]).split("\ndiff --git ")
    kept = [part for part in parts[1:] if not _is_about_secret(part.partition("\n")[0])]
    return {**state, "diff": "".join(f"diff --git {part}\n" for part in kept)}


def _is_about_secret(names: str) -> bool:
    """Whether ``a/FILE b/FILE`` is about a file that never travels."""
    return any(is_secret(part) for part in names.replace('"', "").replace(" b/", "/").split("/"))
