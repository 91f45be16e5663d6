"""``synebench init``: the files of a benchmark of one's own, from a training script."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from benchmarking.commons.skeleton import Skeleton

__all__ = ["command"]


@click.command(epilog="Example: synebench init my_benchmark/ --script train.py")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--script", type=click.Path(path_type=Path), required=True, help="training script; it is read, not run"
)
@click.option("--metric", help="reported value to optimise; default: guessed from what the script reports")
@click.option("--mode", type=click.Choice(["min", "max"]), help="whether the metric should be small or large")
@click.option("--resource_attr", "--resource-attr", help="reported value that counts the epochs")
@click.option(
    "--max_resource_attr", "--max-resource-attr", help="argument of the script that limits the epochs"
)
@click.option("--force", is_flag=True, help="overwrite files of an earlier init")
def command(
    folder: Path,
    script: Path,
    metric: str | None,
    mode: str | None,
    resource_attr: str | None,
    max_resource_attr: str | None,
    force: bool,
) -> None:
    """Write a definition, launcher, methods and plot for a training script into FOLDER."""
    from benchmarking.commons.skeleton import make_skeleton, read_script, write_skeleton
    from benchmarking.commons.skeleton.names import choose_names

    read = read_script(script)
    names = choose_names(read, metric, mode, resource_attr, max_resource_attr)
    skeleton = make_skeleton(folder, read, names)
    write_skeleton(skeleton, script, force)
    for path in skeleton.files:
        print(folder / path)
    print(
        f"\nMetric {names.metric} ({names.mode}), after each {names.resource_attr}, at most "
        f"--{names.max_resource_attr}. Edit the domains in {skeleton.definition}: they are guesses.\n"
        "launch_remote.py is left out: there is no SageMaker launcher yet.",
        file=sys.stderr,
    )
    _print_notes(skeleton)


def _print_notes(skeleton: Skeleton) -> None:
    """What to do first, and the next commands."""
    for note in skeleton.notes:
        print(f"Note: {note}", file=sys.stderr)
    tag = "".join(c if c.isalnum() else "-" for c in skeleton.name)[:60].strip("-")
    doctor = ["synebench", "doctor", "--benchmark", str(skeleton.definition)]
    launcher = str(skeleton.folder / "hpo_main.py")
    launch = ["python", launcher, "--experiment_tag", tag, "--benchmark", skeleton.name]
    print(f"\nNext:  {shlex.join(doctor)}", file=sys.stderr)
    print(f"Then:  {shlex.join(launch)}", file=sys.stderr)
