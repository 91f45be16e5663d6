"""Command groups whose verbs are imported when they are used, and how a program of such verbs ends."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib import import_module
from typing import Any, NoReturn

import click

from benchmarking.commons.command_line import run_command
from syne_core.errors import INTERRUPTED, UnknownNameError

__all__ = ["LazyGroup", "run_program"]


class LazyGroup(click.Group):
    """A group of verbs.

    :param verbs: for each verb its module below ``benchmarking.cli``, which exports ``command``, or
        ``module:attribute``; and what ``--help`` says of it
    """

    def __init__(self, *, verbs: Mapping[str, tuple[str, str]], **settings: Any) -> None:
        super().__init__(**settings)
        self._verbs = dict(verbs)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The verbs in their order."""
        return list(self._verbs)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a verb."""
        if cmd_name not in self._verbs:
            return None
        module, _, attribute = self._verbs[cmd_name][0].partition(":")
        command: click.Command = getattr(import_module(f"benchmarking.cli.{module}"), attribute or "command")
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The verb that is meant.

        :raises UnknownNameError: there is none
        """
        if args and args[0] not in self._verbs:
            raise UnknownNameError("verb", args[0], self._verbs)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the verbs without importing them."""
        with formatter.section("Verbs"):
            formatter.write_dl([(verb, text) for verb, (_, text) in self._verbs.items()])


def run_program(command: click.Command, name: str) -> NoReturn:
    """Run ``command`` on the words of the command line, and exit."""
    words = [word for word in sys.argv[1:] if word != "--debug"]
    run_command(lambda: _invoke(command, name, words))


def _invoke(command: click.Command, name: str, words: list[str]) -> int:
    try:
        result = command.main(args=words, prog_name=name, standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except click.Abort:
        return INTERRUPTED
    return result if isinstance(result, int) else 0
