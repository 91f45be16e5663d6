"""How the experiments of a remote study stand, for people: by their markers, checked against their jobs."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from benchmarking.commons.remote.queue.jobs_in_progress import OurJob, jobs_of
from benchmarking.commons.remote.records.markers import (
    FAILED,
    FINISHED,
    LAUNCHED,
    QUEUED,
    RUNNING,
    STATES,
    STOPPED,
    State,
    StateRecord,
    read_record,
    read_states,
)
from benchmarking.commons.remote.records.place import Place, side_by_side
from benchmarking.commons.remote.records.remote_study import RemoteExperiment, RemoteStudy
from benchmarking.commons.remote.viewing.hourly_cost import PriceBook, usd_per_hour
from syne_core.aws.client_errors import clear_errors, error_code
from syne_core.aws.job_states import JobState, TrainingJobs
from syne_core.errors import SyneError
from syne_core.paths import ExperimentKeys, ExperimentPaths

__all__ = ["ExperimentView", "StudyView", "look_at"]

#: Of so many experiments something is read; of the others the name of the marker must do.
MOST_READ = 64
_HAVE_JOBS = (LAUNCHED, RUNNING)


@dataclass(frozen=True)
class ExperimentView:
    """An experiment as it stands.

    :param state: as in ``markers``
    :param since: when that began, seconds since 1970; None: nothing was tried yet
    :param job: name of its last job, where it was read
    :param cause: of a failure: ``"infrastructure"`` or ``"code"``
    :param note: why it failed, or what is wrong
    :param trial_jobs: names of its trials' jobs that run
    :param progress: its ``status.json``, where it was read
    """

    experiment: RemoteExperiment
    state: str
    since: float | None = None
    job: str | None = None
    cause: str | None = None
    note: str | None = None
    log_tail: tuple[str, ...] = ()
    trial_jobs: tuple[str, ...] = ()
    progress: Mapping[str, Any] | None = None

    @property
    def has_ended(self) -> bool:
        """Whether nothing runs or waits."""
        return self.state in (FINISHED, FAILED, STOPPED)


@dataclass(frozen=True)
class StudyView:
    """A study as it stands.

    :param jobs: how many jobs of it run, trials included; None: they could not be listed
    :param usd_per_hour: what they cost on demand; None: not known
    :param prices: where the prices come from
    :param trouble: why something could not be looked up
    """

    study: RemoteStudy
    experiments: tuple[ExperimentView, ...]
    jobs: int | None = 0
    usd_per_hour: float | None = 0.0
    prices: str = ""
    trouble: tuple[str, ...] = field(default=())

    @property
    def counts(self) -> dict[str, int]:
        """Experiments in each state that occurs."""
        counts = Counter(view.state for view in self.experiments)
        return {state: counts[state] for state in STATES if counts[state]}

    @property
    def has_ended(self) -> bool:
        """Whether nothing runs or waits."""
        return all(view.has_ended for view in self.experiments)


def look_at(study: RemoteStudy) -> StudyView:
    """How ``study`` stands.

    The states come from the names of the markers: a call for each 1000. Jobs are listed only if experiments
    run, and little is read: of failures why, of experiments that run how far they are.

    :raises SyneError: S3 does not answer
    """
    with clear_errors(f"look at {study.uri}"):
        states = read_states(study.place.s3, study.place.bucket, study.tag)
    views = [_first_view(experiment, states.get(experiment.id8)) for experiment in study.experiments]
    trouble: list[str] = []
    jobs: list[OurJob] | None = []
    if any(view.state in _HAVE_JOBS for view in views):
        try:
            jobs = jobs_of(study)
        except SyneError as error:
            jobs, trouble = None, [str(error)]
    with clear_errors(f"look at {study.uri}"):
        views = _with_records(study, views, jobs)
        if jobs is not None:
            views = _checked(study, views, jobs)
        views = _with_progress(study.place, views)
    prices = PriceBook(study.place.session) if jobs else None
    return StudyView(
        study,
        tuple(views),
        None if jobs is None else len(jobs),
        0.0 if prices is None else _cost(study.experiments, jobs or [], prices),
        "" if prices is None else prices.sources,
        tuple(trouble),
    )


def _first_view(experiment: RemoteExperiment, state: State | None) -> ExperimentView:
    if state is None:
        return ExperimentView(experiment, QUEUED)
    return ExperimentView(experiment, state.state, state.time)


def _with_records(
    study: RemoteStudy, views: list[ExperimentView], jobs: list[OurJob] | None
) -> list[ExperimentView]:
    """Read the markers of failures, and of experiments for which no job runs under their own name."""
    named = {job.id8: job.name for job in jobs or () if job.trial is None}
    views = [replace(v, job=named.get(v.experiment.id8)) if v.state in _HAVE_JOBS else v for v in views]
    wanted = [v for v in views if v.state == FAILED or (v.state in _HAVE_JOBS and v.job is None)]
    wanted = wanted[:MOST_READ]
    records = side_by_side(lambda view: _record(study, view), wanted)
    read = {v.experiment.id: r for v, r in zip(wanted, records, strict=True) if r is not None}
    trials: dict[str, list[str]] = {}
    for job in jobs or ():
        if job.trial is not None:
            trials.setdefault(job.id8, []).append(job.name)
    return [_completed(v, read.get(v.experiment.id), trials.get(v.experiment.id8, ())) for v in views]


def _record(study: RemoteStudy, view: ExperimentView) -> StateRecord | None:
    return read_record(study.place.s3, study.place.bucket, study.tag, view.experiment.id8, view.state)


def _completed(view: ExperimentView, record: StateRecord | None, trials: Sequence[str]) -> ExperimentView:
    if trials:
        view = replace(view, trial_jobs=tuple(sorted(trials)))
    if record is None:
        return view
    return replace(
        view, job=record.job or view.job, cause=record.cause, note=record.reason, log_tail=record.log_tail
    )


def _checked(study: RemoteStudy, views: list[ExperimentView], jobs: list[OurJob]) -> list[ExperimentView]:
    """Find out about experiments that say they run, though their jobs are not among those that do."""
    running = {job.name for job in jobs}
    doubtful = [v for v in views if v.state in _HAVE_JOBS and v.job is not None and v.job not in running]
    if not doubtful:
        return views
    calls = TrainingJobs(study.place.session)
    names = sorted({view.job for view in doubtful if view.job is not None})
    found = dict(zip(names, side_by_side(calls.describe, names), strict=True))
    # A job may have ended after the markers were read.
    states = read_states(study.place.s3, study.place.bucket, study.tag)
    checked = {v.experiment.id: _after(v, found[v.job or ""], states) for v in doubtful}
    return [checked.get(view.experiment.id, view) for view in views]


def _after(view: ExperimentView, job: JobState | None, states: Mapping[str, State]) -> ExperimentView:
    now = states.get(view.experiment.id8)
    if now is not None and now.state != view.state:
        return replace(view, state=now.state, since=now.time)
    if job is None:
        return replace(view, note=f"there is no job {view.job} (yet)")
    if not job.has_ended:
        return view
    if job.status == "Stopped" and not job.ran_too_long:
        return replace(view, state=STOPPED, note="its job was stopped")
    why = f": {job.reason}" if job.reason else f" ({job.secondary or job.status})"
    return replace(view, state=FAILED, note=f"its job ended without a result{why}")


def _with_progress(place: Place, views: list[ExperimentView]) -> list[ExperimentView]:
    begun = [view for view in views if view.state not in (QUEUED, LAUNCHED)]
    if len(begun) > MOST_READ:
        begun = [view for view in begun if view.state == RUNNING][:MOST_READ]
    read = side_by_side(lambda view: _progress(place, view.experiment.keys), begun)
    found = {view.experiment.id: one for view, one in zip(begun, read, strict=True)}
    return [replace(view, progress=found.get(view.experiment.id)) for view in views]


def _progress(place: Place, keys: ExperimentKeys) -> Mapping[str, Any] | None:
    try:
        content = json.loads(place.objects.get(f"{keys.leaf}{ExperimentPaths(Path()).status.name}"))
    except ValueError:
        return None
    except Exception as error:
        if error_code(error) == "NoSuchKey":
            return None
        raise
    return content if isinstance(content, dict) else None


def _cost(experiments: Sequence[RemoteExperiment], jobs: Sequence[OurJob], prices: PriceBook) -> float | None:
    by_id8 = {experiment.id8: experiment for experiment in experiments}
    total = 0.0
    for job in jobs:
        usd = usd_per_hour(by_id8[job.id8], [job.trial is not None], prices)
        if usd is None:
            return None
        total += usd
    return total
