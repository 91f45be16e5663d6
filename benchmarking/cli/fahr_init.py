"""``fahr init``: write a Dockerfile."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from benchmarking.cli.fahr_options import other_verb

__all__ = ["command"]


@click.command("init", epilog="Example: fahr init foo/model.py --train-image default-gpu")
@click.argument("path")
@click.option(
    "--train-image", "--train_image", help="image to begin with; default-cpu, default-gpu, or any other"
)
@click.option("--envfile", help="requirements file; default: requirements.txt beside the script, if any")
@click.option("--overwrite", is_flag=True, help="replace a Dockerfile that is there")
def command(path: str, train_image: str | None, envfile: str | None, overwrite: bool) -> None:
    """Write a Dockerfile beside the script PATH, to be edited; 'fit --build' builds the image by it.

    Most trainings need none: without --build, the stock image of the framework runs the script, and installs
    its requirements.
    """
    from benchmarking.train_job.dockerfile import write_dockerfile

    script = Path(path).expanduser()
    written = write_dockerfile(script, train_image, envfile, overwrite)
    print(written)
    print(f"\nNext:  {other_verb('fit', path, '--build')}", file=sys.stderr)
