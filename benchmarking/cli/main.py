"""The ``synebench`` command. Verbs are imported when they are used, so that ``--help`` is quick."""

from __future__ import annotations

from typing import NoReturn

import click

from benchmarking.cli.lazy_group import LazyGroup, run_program
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
    "report": ("report", "Write a report on studies: one page that needs nothing else."),
    "compare": ("compare", "Compare two studies or methods, or their settings."),
    "export": ("export", "Write results for other programs: CSV, Parquet, Optuna."),
    "record": ("record", "Turn a study into a tabulated benchmark for the simulator."),
    "logs": ("logs", "Show what an experiment or a trial printed."),
    "reproduce": ("reproduce", "Show how to run one experiment again."),
    "fit": ("fit", "Train one model: a script, a notebook, or the best configuration of a study."),
    "fetch": ("fetch", "Bring a trained model here."),
    "fahr": ("fahr", "fit, fetch and more, as the command fahr had them."),
    "emulator": ("emulator", "Run SageMaker training on this machine."),
    "clean": ("clean", "Give back the space of a study."),
}

_EXAMPLE = (
    "Example:\n\n  synebench run --experiment_tag demo --benchmark mlp_digits --num_seeds 2 "
    "--n_workers 2 --max_wallclock_time 30\n\n  synebench plot demo"
)


@click.group(
    cls=LazyGroup,
    verbs=_VERBS,
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
    run_program(cli, "synebench")


if __name__ == "__main__":
    main()
