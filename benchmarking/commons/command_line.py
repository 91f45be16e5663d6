"""Command lines: words that are read without losing a mistake, and errors that end with the right code."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable, Sequence
from typing import NoReturn

import click

from benchmarking.commons.flags import Flag, Given, as_bool, kind_of
from benchmarking.commons.quoting import shortened
from syne_core.errors import INTERRUPTED, SyneError, nearest_name

__all__ = ["Flag", "as_bool", "print_help_if_asked", "read_words", "run_command"]

_HELP = ("-h", "--help")
_TRUTHS = ("0", "1", "true", "false")


def read_words(flags: Sequence[Flag], words: Sequence[str]) -> tuple[dict[str, Given], list[str], list[str]]:
    """What ``words`` give by flag name (the last one counts), words that belong to no flag, mistakes."""
    by_name = {flag.name: flag for flag in flags}
    given: dict[str, Given] = {}
    loose: list[str] = []
    mistakes: list[str] = []
    rest = deque(words)
    while rest:
        word = rest.popleft()
        if not _is_flag(word):
            loose.append(word)
            continue
        name, has_value, text = word.partition("=")
        flag = by_name.get(name[2:].replace("-", "_")) if name.startswith("--") else None
        if flag is None:
            mistakes.append(_unknown(name, flags))
            if not has_value and rest and not _is_flag(rest[0]):
                rest.popleft()  # the unknown flag's value
            continue
        value = text if has_value else _next_value(flag, rest)
        if value is None:
            mistakes.append(f"--{flag.name} needs a value")
        else:
            given[flag.name] = Given(f"--{flag.name}", (value,))
    return given, loose, mistakes


def print_help_if_asked(flags: Sequence[Flag], words: Sequence[str], program: str, about: str) -> None:
    """Print the flags and exit with 0 if ``--help`` is among ``words``."""
    if not any(word in _HELP for word in words):
        return
    command = click.Command(
        program,
        params=[_option(flag) for flag in flags if not flag.hidden],
        help=about,
        context_settings={"help_option_names": list(_HELP), "max_content_width": 110},
    )
    with click.Context(command, info_name=program, max_content_width=110) as context:
        click.echo(command.get_help(context))
    raise SystemExit(0)


def run_command(action: Callable[[], int | None], arguments: Sequence[str] | None = None) -> NoReturn:
    """Run ``action`` and exit: with its code, or with an error's message and code.

    A traceback is shown only with ``--debug``.
    """
    debug = "--debug" in (sys.argv if arguments is None else arguments)
    try:
        code = action() or 0
    except KeyboardInterrupt:
        code = INTERRUPTED
    except SyneError as error:
        if debug:
            raise
        code = error.exit_code
        _print_error(str(error))
    except BrokenPipeError:
        sys.stderr.close()
        code = 1
    except Exception as error:
        if debug:
            raise
        code = 1
        _print_error(f"{type(error).__name__}: {error}\nThis is a bug; --debug shows where.")
    sys.exit(code)


def _print_error(message: str) -> None:
    for number, line in enumerate(message.splitlines()):
        indent = line.startswith("  ")
        print(line if indent else f"Error: {line}" if number == 0 else f"       {line}", file=sys.stderr)


def _is_flag(word: str) -> bool:
    return word.startswith("-") and len(word) > 1 and not _is_number(word)


def _next_value(flag: Flag, rest: deque[str]) -> str | None:
    if flag.switch:
        return rest.popleft() if rest and rest[0].lower() in _TRUTHS else "1"
    return rest.popleft() if rest and not rest[0].startswith("--") else None


def _unknown(name: str, flags: Sequence[Flag]) -> str:
    known = [f"--{flag.name}" for flag in flags if not flag.hidden]
    near = nearest_name("--" + name.lstrip("-").replace("-", "_"), known)
    hint = f"Did you mean {near}?" if near else "--help lists the flags."
    return f"Unknown flag {shortened(name)}. {hint}"


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True


def _option(flag: Flag) -> click.Option:
    names = [f"--{flag.name}"]
    if "_" in flag.name:
        names.append(f"--{flag.name.replace('_', '-')}")
    if flag.switch:
        return click.Option([*names, flag.name], is_flag=True, help=flag.help)
    default = ",".join(map(str, flag.default)) if isinstance(flag.default, tuple) else flag.default
    return click.Option(
        [*names, flag.name],
        default=default,
        show_default=default is not None and not flag.required,
        help=f"{flag.help} [required]" if flag.required else flag.help,
        metavar=kind_of(flag).upper() + (",..." if flag.many else ""),
    )
