"""The ``synebench`` command. Verbs are imported when they are used, so that ``--help`` is quick."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import NoReturn

import click

from benchmarking.commons.command_line import run_command
from syne_core.errors import UnknownNameError
from syne_core.version import __version__

__all__ = ["cli", "main"]

#: Verb, module below ``benchmarking.cli``, what ``--help`` says of it.
_VERBS = {
    "run": ("run", "Run experiments: methods on a benchmark."),
    "plan": ("plan", "Show what a study launched as SageMaker jobs would run and cost."),
    "launch": ("launch", "Launch experiments as SageMaker jobs."),
    "init": ("init", "Write the files of a benchmark for a training script of your own."),
    "doctor": ("doctor", "Say what is wrong with a benchmark's script, or with an AWS account."),
    "list": ("list_names", "List benchmarks or methods, or the schema of study files."),
    "status": ("status", "Show how studies stand."),
    "watch": ("watch", "Follow a study until all its experiments have ended."),
    "stop": ("stop", "Stop the jobs of a remote study."),
    "pull": ("pull", "Bring the results of a remote study here."),
    "best": ("best", "Show the best configuration of a study."),
    "plot": ("plot", "Plot incumbents against time, per method."),
    "record": ("record", "Turn a study into a tabulated benchmark for the simulator."),
    "logs": ("logs", "Show what an experiment or a trial printed."),
    "reproduce": ("reproduce", "Show how to run one experiment again."),
    "emulator": ("emulator", "Run SageMaker training on this machine."),
    "clean": ("clean", "Give back the space of a study."),
}

_EXAMPLE = (
    "Example:\n\n  synebench run --experiment_tag demo --benchmark mlp_digits --num_seeds 2 "
    "--n_workers 2 --max_wallclock_time 30\n\n  synebench plot demo"
)


class _LazyGroup(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _VERBS:
            return None
        module = import_module(f"benchmarking.cli.{_VERBS[cmd_name][0]}")
        command: click.Command = module.command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in _VERBS:
            raise UnknownNameError("verb", args[0], _VERBS)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Verbs"):
            formatter.write_dl([(verb, text) for verb, (_, text) in _VERBS.items()])


@click.group(
    cls=_LazyGroup,
    epilog=_EXAMPLE,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
@click.version_option(__version__, prog_name="synebench")
def cli() -> None:
    """Which tuning method, with how many workers, is best for my training script, and is it real?

    --debug, anywhere, shows tracebacks.
    """


def main() -> NoReturn:
    """Entry point of the console script."""
    words = [word for word in sys.argv[1:] if word != "--debug"]
    run_command(lambda: _invoke(words))


def _invoke(words: list[str]) -> int:
    try:
        result = cli.main(args=words, prog_name="synebench", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except click.Abort:
        return 130
    return result if isinstance(result, int) else 0


if __name__ == "__main__":
    main()
