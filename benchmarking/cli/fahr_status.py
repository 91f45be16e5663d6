"""``fahr status``: how a job stands."""

from __future__ import annotations

import json
import sys

import click

from benchmarking.cli.fahr_options import ConfigCommand, chosen_driver, driver_options, other_verb
from syne_core.errors import ResultsError

__all__ = ["command"]


@click.command("status", cls=ConfigCommand, epilog="Example: fahr status foo-model-1")
@click.argument("job")
@driver_options
@click.option("--json", "as_json", is_flag=True, help="print JSON")
def command(job: str, train_driver: str, config: tuple[str, ...], as_json: bool) -> None:
    """Show how JOB stands; a tag (foo/model) means its newest job."""
    from benchmarking.train_job.driver import COMPLETED
    from benchmarking.train_job.fetching import missing_model, tail_of

    driver = chosen_driver(train_driver, config)
    name = driver.job_called(job)
    report = driver.report(name) if name else None
    if report is None:
        raise ResultsError(f"There is no job '{job}' in {driver.place}, nor one of that tag")
    artifacts = driver.artifacts(report.job, None) if report.has_ended else []
    if as_json:
        archives = [{"name": one.name, "uri": one.uri, "bytes": one.size} for one in artifacts]
        known = {"status": report.status, "detail": report.detail, "reason": report.reason}
        print(
            json.dumps({"job": report.job, "tag": report.tag, **known, **report.facts, "artifacts": archives})
        )
    else:
        print(f"{report.job}: {report.in_words}")
        facts = {"tag": report.tag, **report.facts, **{one.name: one.uri for one in artifacts}}
        width = max(map(len, facts), default=0) + 2
        for key, value in facts.items():
            if value is not None:
                print(f"  {key + ':':<{width}}{value}")
    has_model = any(one.name.startswith("model") for one in artifacts)
    if report.status == COMPLETED and not has_model:
        print(f"Note: {missing_model()}", file=sys.stderr)
    if report.has_ended and report.status != COMPLETED:
        print("\n".join(tail_of(driver, report.job)), file=sys.stderr)
    if has_model:
        words = () if train_driver == "sagemaker" else ("--train-driver", train_driver)
        more = [word for pair in config for word in ("--config", pair)]
        print(f"\nNext:  {other_verb('fetch', report.job, report.job, *words, *more)}", file=sys.stderr)
