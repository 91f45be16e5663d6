"""``synebench fit``: train one model."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from benchmarking.cli.fahr_options import ConfigCommand, chosen_driver, driver_options, other_verb
from syne_core.errors import UsageError

if TYPE_CHECKING:
    from benchmarking.train_job.driver import JobReport, Started, TrainDriver
    from benchmarking.train_job.training_order import TrainingOrder

__all__ = ["command"]

_EXAMPLE = (
    "Example: synebench fit foo/model.py --train-driver=sagemaker "
    "--config.output_path=s3://my-bucket/models --config.role_name=MyRole --param lr=0.1 --wait"
)


@click.command(cls=ConfigCommand, epilog=_EXAMPLE)
@click.argument("script", metavar="TRAIN.py|TRAIN.ipynb", required=False)
@driver_options
@click.option("--param", "params", multiple=True, metavar="NAME=VALUE", help="argument or parameter")
@click.option("--envfile", help="requirements file, instead of requirements.txt beside the script")
@click.option(
    "--train-image",
    "--train_image",
    help="URI of an image, default-cpu or default-gpu; default: the stock image of the script's framework",
)
@click.option(
    "--build/--no-build",
    default=None,
    help="build and push an image; default: if there is a Dockerfile beside the script",
)
@click.option("--from", "study", metavar="TAG", help="train the best configuration of this study instead")
@click.option("--method", help="of the study: only of this method")
@click.option("--benchmark", help="of the study: only of this benchmark")
@click.option("--wait", is_flag=True, help="return when the job has ended")
@click.option("--yes", is_flag=True, help="do not ask before spending money")
def command(
    script: str | None,
    train_driver: str,
    config: tuple[str, ...],
    params: tuple[str, ...],
    envfile: str | None,
    train_image: str | None,
    build: bool | None,
    study: str | None,
    method: str | None,
    benchmark: str | None,
    wait: bool,
    yes: bool,
) -> None:
    """Train one model: by a script, a notebook, or the best configuration of a study.

    The script's folder travels to the job. What it writes to /opt/ml/model (SM_MODEL_DIR) or /opt/ml is kept;
    'fetch' brings it here.
    """
    driver = chosen_driver(train_driver, config)
    if study is not None:
        if script is not None or params:
            raise UsageError("--from TAG says what is trained: leave the script and --param out")
        from benchmarking.train_job.incumbent_order import incumbent_order

        order = incumbent_order(study, benchmark, method, envfile, train_image, build)
    elif script is None:
        raise UsageError("Name a training script or notebook, or a finished study by --from TAG")
    elif method or benchmark:
        raise UsageError("--method and --benchmark choose from a study: --from TAG")
    else:
        from benchmarking.train_job.training_order import training_order

        order = training_order(script, params, envfile, train_image, build)
    _train(driver, order, wait, yes)


def _train(driver: TrainDriver, order: TrainingOrder, wait: bool, yes: bool) -> None:
    _print_notes(order.notes)  # they explain what the checks may refuse
    _print_notes(driver.check(order, yes))
    started = driver.start(order)
    print(f"Training {order.tag}: job {started.job}", file=sys.stderr)
    print(started.job, flush=True)
    for line in started.about:
        print(line, file=sys.stderr)
    if wait or started.has_ended:
        _follow(driver, started)
    else:
        print(f"Status:   {other_verb('status', started.job, *_driver_words(started))}", file=sys.stderr)
    when = "" if wait or started.has_ended else "  (when it has ended)"
    folder = str(Path(started.job))
    fetch = other_verb("fetch", folder, started.job, *started.fetch_words)
    print(f"\nNext:  {fetch}{when}", file=sys.stderr)


def _print_notes(notes: Iterable[str]) -> None:
    for note in notes:
        print(f"Note: {note}", file=sys.stderr)


def _driver_words(started: Started) -> tuple[str, ...]:
    return tuple(word for word in started.fetch_words if not word.startswith("s3://"))


def _follow(driver: TrainDriver, started: Started) -> None:
    """Wait for the end.

    :raises ResultsError: the job failed, or left no model
    """
    from benchmarking.train_job.driver import COMPLETED
    from benchmarking.train_job.fetching import JobFailedError, without_model

    try:
        report = driver.wait(started.job, _show)
    except KeyboardInterrupt:
        status = other_verb("status", started.job, *_driver_words(started))
        print(f"Interrupted; the job goes on: {status}", file=sys.stderr)
        raise
    found = driver.artifacts(started.job, None)
    if report.status != COMPLETED or not any(one.name.startswith("model") for one in found):
        raise JobFailedError(without_model(driver, report, None))


def _show(report: JobReport) -> None:
    print(f"{report.job}: {report.in_words}", file=sys.stderr, flush=True)
