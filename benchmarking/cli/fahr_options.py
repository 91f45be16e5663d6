"""What fit, fetch and status have in common: the train driver and ``--config.KEY=VALUE``."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

import click

from syne_core.errors import UsageError

if TYPE_CHECKING:
    from benchmarking.train_job.driver import TrainDriver

__all__ = ["ConfigCommand", "chosen_driver", "driver_options", "other_verb"]

_Command = TypeVar("_Command", bound=Callable[..., Any])
_DOTTED = "--config."


class ConfigCommand(click.Command):
    """A command that understands ``--config.KEY=VALUE`` and ``--config.KEY VALUE``."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As usual, with ``--config KEY=VALUE`` for both."""
        return super().parse_args(ctx, list(_undotted(args)))


def _undotted(words: Iterable[str]) -> Iterator[str]:
    rest = iter(words)
    for word in rest:
        if word == "--":
            yield word
            yield from rest
        elif not word.startswith(_DOTTED):
            yield word
        elif "=" in word:
            yield from ("--config", word[len(_DOTTED) :])
        else:
            value = next(rest, None)
            if value is None or value.startswith("--"):
                raise UsageError(f"{word} needs a value: {word}=VALUE")
            yield from ("--config", f"{word[len(_DOTTED) :]}={value}")


def driver_options(command: _Command) -> _Command:
    """The flags ``--train-driver`` and ``--config.KEY``."""
    command = click.option(
        "--config",
        "config",
        multiple=True,
        metavar="KEY=VALUE",
        help="setting of the train driver; written --config.KEY=VALUE as well, such as "
        "--config.output_path=s3://my-bucket/models",
    )(command)
    return click.option(
        "--train-driver",
        "--train_driver",
        default="sagemaker",
        show_default=True,
        help="where models are trained: sagemaker, local, or a plug-in's name",
    )(command)


def chosen_driver(name: str, config: Iterable[str]) -> TrainDriver:
    """The train driver that the flags mean.

    :raises UsageError: a setting will not do
    :raises UnknownNameError: there is no such driver
    """
    from benchmarking.train_job.drivers import train_driver

    values: dict[str, str] = {}
    for word in config:
        key, is_pair, value = word.partition("=")
        if not is_pair or not key:
            raise UsageError(f"--config {word}: write it as --config.KEY=VALUE")
        if values.setdefault(key, value) != value:
            raise UsageError(f"--config.{key} is given twice: {values[key]} and {value}")
    return train_driver(name, values)


def other_verb(verb: str, *words: str) -> str:
    """The command line of another verb of the same program, for a shell."""
    path = click.get_current_context().command_path.split()
    if verb == "status" and "fahr" not in path:
        path = [*path[:-1], "fahr", path[-1]]
    return shlex.join([*path[:-1], verb, *words])
