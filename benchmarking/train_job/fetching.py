"""Brings a trained model here, or says why there is none."""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarking.train_job.bringing import Fetched, FetchOptions, bring
from benchmarking.train_job.driver import COMPLETED, JobReport, TrainDriver, printable
from syne_core.errors import ResultsError, UsageError

__all__ = ["JobFailedError", "fetch_model", "missing_model", "tail_of", "without_model"]

_TAIL_LINES = 20


class JobFailedError(ResultsError):
    """There is no model, for what became of the job; the message has its reason and the end of its log."""


def fetch_model(
    driver: TrainDriver,
    folder: Path,
    tag_or_job: str,
    path: str | None = None,
    options: FetchOptions | None = None,
) -> Fetched:
    """Bring what the job left behind into ``folder``.

    :param path: where to look instead of where the job says
    :raises ResultsError: there is no such job, it has not ended or left no model, the archive will not do, or
        somebody else is fetching to ``folder``
    :raises UsageError: files would be replaced that no earlier fetch put there
    """
    options = options or FetchOptions()
    job = _job_called(driver, tag_or_job, path)
    report = driver.report(job) if job else None
    if report is not None and not report.has_ended:
        raise JobFailedError("\n".join([_unfinished(report), *tail_of(driver, report.job)]))
    found = driver.artifacts(job, path) if report is not None or path else []
    models = [one for one in found if not one.name.startswith("output.")]
    if report is None and not models:
        raise ResultsError(_unknown(driver, tag_or_job, path))
    if path and report is not None and not models:
        _refuse_other_place(driver, report, path)
    if report is not None and not models:
        fetched = bring(driver, folder, job, found, options) if found else None
        raise JobFailedError(without_model(driver, report, fetched))
    fetched = bring(driver, folder, job, found, options)
    if report is not None and not fetched.files:
        raise JobFailedError(without_model(driver, report, fetched))
    if report is not None and report.status != COMPLETED:
        fetched.notes.append(f"{report.job} did not complete: {report.in_words}; this is what it had by then")
    return fetched


def _job_called(driver: TrainDriver, tag_or_job: str, path: str | None) -> str | None:
    try:
        return driver.job_called(tag_or_job)
    except UsageError as error:
        if path is None or not path.endswith(".tar.gz"):
            raise
        # Whoever may read an archive need not be allowed to look at jobs.
        print(f"Note: nothing is known of {tag_or_job}: {error}", file=sys.stderr)
        return None


def missing_model() -> str:
    """What to do about a job that succeeded and left nothing."""
    return (
        "it completed, but left no model: write it to /opt/ml/model, which SM_MODEL_DIR names in the job "
        "(or to /opt/ml); nothing else is kept"
    )


def _unknown(driver: TrainDriver, tag_or_job: str, path: str | None) -> str:
    where = f", and nothing at {path}" if path else ""
    return (
        f"There is no job '{tag_or_job}' in {driver.place}, nor one of that tag{where}. The tag of "
        ".../foo/model.py is foo/model"
    )


def _refuse_other_place(driver: TrainDriver, report: JobReport, path: str) -> None:
    """:raises ResultsError: the model lies elsewhere"""
    elsewhere = [one.uri for one in driver.artifacts(report.job, None) if not one.name.startswith("output.")]
    if elsewhere:
        raise ResultsError(
            f"There is nothing of {report.job} at {path}: its model lies at {elsewhere[0]}. Leave the path "
            "out"
        )


def _unfinished(report: JobReport) -> str:
    return f"{report.job} has not ended: {report.in_words}. Fetch it when it has"


def without_model(driver: TrainDriver, report: JobReport, fetched: Fetched | None) -> str:
    """Why an ended job has no model, what it left instead, and the end of its log.

    :param fetched: what was brought of its other output
    """
    if report.status == COMPLETED:
        lines = [f"{report.job}: {missing_model()}"]
    else:
        lines = [f"{report.job} left no model: {report.in_words}"]
    if fetched is not None and fetched.output:
        lines.append(f"Its other output lies in {fetched.folder}: {', '.join(fetched.output)}")
    return "\n".join([*lines, *tail_of(driver, report.job)])


def tail_of(driver: TrainDriver, job: str) -> list[str]:
    """The end of a job's log with a heading, indented; empty where there is none."""
    try:
        lines = driver.log_tail(job, _TAIL_LINES)
    except Exception as error:
        print(f"Note: the log cannot be read: {error}", file=sys.stderr)
        return []
    return (
        [f"The last lines of its log ({job}):", *(f"  {printable(line)}" for line in lines)] if lines else []
    )
