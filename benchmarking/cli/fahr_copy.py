"""``fahr copy``: copy the files of a training."""

from __future__ import annotations

import sys

import click

__all__ = ["command"]


@click.command("copy", epilog="Example: fahr copy resnet48 resnet64 --include-training-artifact model.py")
@click.argument("src")
@click.argument("dest")
@click.option(
    "--include-training-artifact",
    "--include_training_artifact",
    "scripts",
    multiple=True,
    metavar="FILE",
    help="a script or notebook of SRC that is copied, too",
)
@click.option("--overwrite", is_flag=True, help="replace files that are there")
def command(src: str, dest: str, scripts: tuple[str, ...], overwrite: bool) -> None:
    """Copy Dockerfile, .dockerignore and requirements of the folder SRC to the folder DEST."""
    from benchmarking.train_job.dockerfile import copy_files

    copied = copy_files(src, dest, scripts, overwrite)
    for path in copied:
        print(path)
    if not copied:
        print(f"Nothing to copy in {src}", file=sys.stderr)
