"""Command lines: flags that report all mistakes at once, and errors that end with the right exit code."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

import click

from syne_core.errors import SyneError, UsageError, nearest_name

__all__ = ["Flag", "as_bool", "parse_flags", "run_command"]


@dataclass(frozen=True)
class Flag:
    """``--name VALUE``, also written with ``-`` for ``_``.

    :param parse: text to value; raises ValueError with what is expected
    :param default: value if the flag is not given
    :param switch: takes no value; True if given
    """

    name: str
    parse: Callable[[str], Any]
    help: str
    default: Any = None
    required: bool = False
    switch: bool = False


@dataclass(frozen=True)
class _Mistake:
    text: str


class _Collecting(click.ParamType):  # type: ignore[type-arg,unused-ignore]  # generic since click 8.4
    """Turns a bad value into a mistake to be reported together with all others."""

    def __init__(self, flag: Flag) -> None:
        self._flag = flag
        self.name = _kind(flag.parse)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not isinstance(value, str):
            return value
        try:
            return self._flag.parse(value)
        except ValueError as error:
            expected = str(error) if getattr(self._flag.parse, "explains", False) else f"not {_a(self.name)}"
            return _Mistake(f"--{self._flag.name} '{value}': {expected}")


def parse_flags(
    flags: Sequence[Flag], arguments: Sequence[str] | None, program: str, about: str
) -> tuple[dict[str, Any], list[str]]:
    """Values by flag name, and all mistakes in ``arguments`` (default: those of this process).

    ``--help`` prints and exits with 0.
    """
    command = click.Command(
        program,
        params=[_option(flag) for flag in flags],
        help=about,
        context_settings={
            "ignore_unknown_options": True,
            "allow_extra_args": True,
            "help_option_names": ["-h", "--help"],
            "max_content_width": 110,
        },
    )
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        context = command.make_context(program, words)
    except click.exceptions.Exit as done:
        raise SystemExit(done.exit_code) from None
    except click.UsageError as error:
        raise UsageError(error.format_message()) from None
    values = {flag.name: context.params[flag.name] for flag in flags}
    return values, [*_mistakes_in(values, flags), *_unknown(context.args, flags)]


def run_command(action: Callable[[], int | None], arguments: Sequence[str] | None = None) -> NoReturn:
    """Run ``action`` and exit: with its code, or with an error's message and code.

    A traceback is shown only with ``--debug``.
    """
    debug = "--debug" in (sys.argv if arguments is None else arguments)
    try:
        code = action() or 0
    except KeyboardInterrupt:
        code = 130
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


def as_bool(text: str) -> bool:
    """1/0, true/false."""
    values = {"1": True, "true": True, "0": False, "false": False}
    try:
        return values[text.lower()]
    except KeyError:
        raise ValueError("valid: 1, 0, true, false") from None


as_bool.explains = True  # type: ignore[attr-defined]


def _print_error(message: str) -> None:
    for number, line in enumerate(message.splitlines()):
        indent = line.startswith("  ")
        print(line if indent else f"Error: {line}" if number == 0 else f"       {line}", file=sys.stderr)


def _option(flag: Flag) -> click.Option:
    names = [f"--{flag.name}"]
    if "_" in flag.name:
        names.append(f"--{flag.name.replace('_', '-')}")
    if flag.switch:
        return click.Option([*names, flag.name], is_flag=True, help=flag.help)
    shown = flag.default is not None and not flag.required
    return click.Option(
        [*names, flag.name],
        type=_Collecting(flag),
        default=flag.default,
        show_default=shown,
        help=f"{flag.help} [required]" if flag.required else flag.help,
        metavar=_kind(flag.parse).upper(),
    )


def _mistakes_in(values: dict[str, Any], flags: Sequence[Flag]) -> list[str]:
    mistakes = []
    for flag in flags:
        value = values[flag.name]
        if isinstance(value, _Mistake):
            mistakes.append(value.text)
        elif flag.required and value is None:
            mistakes.append(f"--{flag.name} is required: {flag.help}")
    return mistakes


def _unknown(words: Sequence[str], flags: Sequence[Flag]) -> list[str]:
    known = [f"--{flag.name}" for flag in flags]
    mistakes, after_flag = [], False
    for word in words:
        if word.startswith("-") and len(word) > 1 and not _is_number(word):
            near = nearest_name(word.partition("=")[0].replace("-", "_").replace("__", "--", 1), known)
            hint = f" Did you mean {near}?" if near else " --help lists the flags."
            mistakes.append(f"Unknown flag {word}.{hint}")
            after_flag = True
        elif after_flag:
            after_flag = False  # the unknown flag's value
        else:
            mistakes.append(f"Unexpected argument '{word}'; flags begin with --")
    return mistakes


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True


def _kind(parse: Callable[[str], Any]) -> str:
    names = {int: "integer", float: "number", str: "text", as_bool: "0|1"}
    return names.get(parse, "value")


def _a(noun: str) -> str:
    return f"an {noun}" if noun[0] in "aeiou" else f"a {noun}"
