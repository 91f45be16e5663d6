"""``synebench fahr``, and the console script ``fahr``: the verbs of source 004."""

from __future__ import annotations

from typing import NoReturn

import click

from benchmarking.cli.lazy_group import LazyGroup, run_program
from syne_core.version import __version__

__all__ = ["command", "main"]

_VERBS = {
    "fit": ("fit", "Train one model: a script, a notebook, or the best configuration of a study."),
    "fetch": ("fetch", "Bring a trained model here."),
    "status": ("fahr_status", "Show how a job stands."),
    "init": ("fahr_init", "Write a Dockerfile for a script, to be edited."),
    "copy": ("fahr_copy", "Copy the files of a training to another folder."),
}


@click.group(
    "fahr",
    cls=LazyGroup,
    verbs=_VERBS,
    epilog="Example: fahr fit foo/model.py --config.output_path=s3://b/models --config.role_name=MyRole",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
@click.version_option(__version__, prog_name="fahr")
def command() -> None:
    """One training script or notebook to one model, on SageMaker or here."""


def main() -> NoReturn:
    """Entry point of the console script."""
    run_program(command, "fahr")


if __name__ == "__main__":
    main()
