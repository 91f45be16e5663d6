"""``synebench reproduce``: how to run one experiment again, from what it stored of itself."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path
from typing import Any

import click

from benchmarking.cli.experiments import find_experiment
from syne_core.errors import ResultsError
from syne_core.version import __version__

__all__ = ["command"]

_SWITCHES = {"restart", "dry_run", "json", "debug"}


@click.command(epilog="Example: synebench reproduce tutorial_local ASHA-0 --write recipe/")
@click.argument("tag")
@click.argument("experiment")
@click.option("--write", type=click.Path(path_type=Path), help="folder for script, patch and requirements")
@click.option("--json", "as_json", is_flag=True, help="print the recipe as JSON")
def command(tag: str, experiment: str, write: Path | None, as_json: bool) -> None:
    """Show how to run one experiment again: code, packages, command; and what differs here."""
    found = find_experiment(tag, experiment)
    recipe = _recipe(found.metadata, found.name)
    if write is not None:
        _write(write, recipe)
        print(f"Wrote {write}/reproduce.sh, requirements.txt and changes.patch", file=sys.stderr)
    elif as_json:
        print(json.dumps(recipe, indent=2))
    else:
        print(_script(recipe, "changes.patch"), end="")
    for difference in _differences(recipe):
        print(f"Differs here: {difference}", file=sys.stderr)


def _recipe(metadata: dict[str, Any], name: str) -> dict[str, Any]:
    needed = ("command", "packages", "seed", "tag", "benchmark", "algorithm", "random_seed")
    if missing := [key for key in needed if key not in metadata]:
        raise ResultsError(
            f"{name} did not store {', '.join(missing)}; it cannot be reproduced from this alone"
        )
    git = metadata.get("git") or {}
    return {
        "experiment": name,
        "commit": git.get("commit"),
        "diff": git.get("diff", ""),
        "untracked": git.get("untracked", []),
        "packages": metadata["packages"],
        "python": metadata.get("machine", {}).get("python"),
        "synebench_version": metadata.get("synebench_version"),
        "command": _command(metadata),
    }


def _command(metadata: dict[str, Any]) -> list[str]:
    """The launcher that ran it, narrowed to this experiment."""
    typed = [str(word) for word in metadata["command"]]
    # python FILE, synebench run, python -m MODULE run
    size = 4 if typed[1:2] == ["-m"] else 2
    launcher, words = typed[:size], typed[size:]
    values = {
        "experiment_tag": f"{metadata['tag']}-again",
        "benchmark": _benchmark(words, metadata["benchmark"]),
        "method": metadata["algorithm"],
        "start_seed": metadata["seed"],
        "num_seeds": metadata["seed"] + 1,
        "random_seed": metadata["random_seed"],
        "n_workers": metadata.get("n_workers"),
        "max_wallclock_time": metadata.get("max_wallclock_time"),
        "max_num_evaluations": metadata.get("max_num_evaluations"),
    }
    flags = [word for key, value in values.items() if value is not None for word in (f"--{key}", str(value))]
    return [*launcher, *_without(words, {*values, *_SWITCHES}), *flags]


def _without(words: list[str], names: set[str]) -> list[str]:
    """``words`` without the flags of these names and their values."""
    kept: list[str] = []
    is_value = False
    for word in words:
        name, _, value = word.removeprefix("--").partition("=")
        if word.startswith("--") and name.replace("-", "_") in names:
            is_value = not value and name.replace("-", "_") not in _SWITCHES
        elif not is_value:
            kept.append(word)
        else:
            is_value = False
    return kept


def _benchmark(words: list[str], name: str) -> str:
    """The benchmark as it was given, if that was a file."""
    given = [part for word in words for part in word.rpartition("=")[2].split(",")]
    files = (part for part in given if part.endswith((".yaml", ".yml", ".py")) and Path(part).stem == name)
    return next(files, name)


def _script(recipe: dict[str, Any], patch: str) -> str:
    lines = ["#!/bin/sh", f"# Runs {recipe['experiment']} again.", "set -e"]
    if recipe["commit"]:
        lines.append(f"git checkout {recipe['commit']}")
    if recipe["diff"].strip():
        lines.append(f"git apply {shlex.quote(patch)}  # changes that were not committed")
    if recipe["untracked"]:
        lines.append(f"# not in the repository, and not stored: {', '.join(recipe['untracked'])}")
    lines.append(f"# python {recipe['python']}; packages: requirements.txt")
    lines.append(shlex.join(recipe["command"]))
    return "\n".join(lines) + "\n"


def _write(folder: Path, recipe: dict[str, Any]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "reproduce.sh").write_text(_script(recipe, str((folder / "changes.patch").resolve())))
    (folder / "changes.patch").write_text(recipe["diff"])
    pins = sorted(f"{name}=={version}" for name, version in recipe["packages"].items() if name != "synebench")
    (folder / "requirements.txt").write_text("\n".join(pins) + "\n")


def _differences(recipe: dict[str, Any]) -> list[str]:
    from importlib.metadata import PackageNotFoundError, version

    found = []
    if recipe["synebench_version"] != __version__:
        found.append(f"synebench {__version__}, was {recipe['synebench_version']}")
    for name in ("numpy", "scipy", "pandas", "scikit-learn", "torch"):
        was = recipe["packages"].get(name)
        try:
            now = version(name)
        except PackageNotFoundError:
            now = None
        if was is not None and now != was:
            found.append(f"{name} {now or 'is not installed'}, was {was}")
    return found
