"""Brings a trained model here, or says why there is none."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarking.train_job.downloading import downloaded
from benchmarking.train_job.driver import COMPLETED, Artifact, JobReport, TrainDriver, printable
from benchmarking.train_job.unpacking import DEFAULT_SIZE_LIMIT, unpack
from syne_core.errors import ResultsError, UsageError

__all__ = ["Fetched", "JobFailedError", "fetch_model", "missing_model", "tail_of", "without_model"]

PROVENANCE = "provenance.json"
#: Where the job's other output goes: an executed notebook is called like its source, which may lie beside.
OUTPUT_FOLDER = "output"
_TAIL_LINES = 20


class JobFailedError(ResultsError):
    """There is no model, for what became of the job; the message has its reason and the end of its log."""


@dataclass
class Fetched:
    """What was brought.

    :ivar folder: where it lies
    :ivar files: the model's, relative to ``folder``; of an archive that was left as it is, its name
    :ivar output: what else the job left, relative to ``folder``
    :ivar replaced: how many of them were there before
    :ivar size: bytes of the archives
    """

    folder: Path
    job: str | None
    files: tuple[str, ...] = ()
    output: tuple[str, ...] = ()
    replaced: int = 0
    size: int = 0
    provenance: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def fetch_model(
    driver: TrainDriver,
    folder: Path,
    tag_or_job: str,
    path: str | None = None,
    extract: bool = True,
    size_limit: int = DEFAULT_SIZE_LIMIT,
    progress: Callable[[Artifact, int], None] = lambda artifact, size: None,
) -> Fetched:
    """Bring what the job left behind into ``folder``.

    :param path: where to look instead of where the job says
    :param extract: unpack the archives; else leave them as they are
    :param size_limit: most bytes that an archive may unpack to
    :param progress: told how many bytes of an archive are here
    :raises ResultsError: there is no such job, it has not ended or left no model, or the archive will not do
    """
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
        fetched = _bring(driver, folder, job, found, extract, size_limit, progress) if found else None
        raise JobFailedError(without_model(driver, report, fetched))
    fetched = _bring(driver, folder, job, found, extract, size_limit, progress)
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


def _bring(
    driver: TrainDriver,
    folder: Path,
    job: str | None,
    artifacts: list[Artifact],
    extract: bool,
    size_limit: int,
    progress: Callable[[Artifact, int], None],
) -> Fetched:
    folder.mkdir(parents=True, exist_ok=True)
    fetched = Fetched(folder, job)
    for artifact in artifacts:
        part = downloaded(artifact, folder, lambda size, one=artifact: progress(one, size))  # type: ignore[misc]
        fetched.size += artifact.size
        if not artifact.has_checksum:
            fetched.notes.append(f"{artifact.name}: S3 tells no checksum of it; its length is right")
        is_output = artifact.name.startswith("output.")
        if extract:
            target = folder / OUTPUT_FOLDER if is_output else folder
            unpacked = unpack(part, target, size_limit)
            part.unlink()
            names = unpacked.files
            fetched.replaced += unpacked.replaced
        else:
            fetched.replaced += os.path.lexists(folder / artifact.name)
            os.replace(part, folder / artifact.name)
            names = (artifact.name,)
        if is_output:
            fetched.output = tuple(f"{OUTPUT_FOLDER}/{name}" for name in names) if extract else names
        else:
            fetched.files = names
    _write_provenance(driver, fetched, artifacts)
    return fetched


def _write_provenance(driver: TrainDriver, fetched: Fetched, artifacts: list[Artifact]) -> None:
    if fetched.job is not None:
        fetched.provenance = driver.provenance(fetched.job)
    fetched.provenance["artifacts"] = [
        {"uri": one.uri, "size": one.size, "version": one.version} for one in artifacts
    ]
    name = PROVENANCE if PROVENANCE not in fetched.files else f"provenance-{fetched.job}.json"
    path = fetched.folder / name
    unfinished = path.with_name(f".{name}.new")
    unfinished.write_text(json.dumps(fetched.provenance, indent=2, default=str) + "\n", encoding="utf-8")
    os.replace(unfinished, path)


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
