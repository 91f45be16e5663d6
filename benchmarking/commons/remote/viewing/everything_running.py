"""All that runs in an account because of us, in one table: studies, and jobs that belong to none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarking.commons.remote.queue.jobs_in_progress import OurJob, is_job_of, jobs_in_progress
from benchmarking.commons.remote.records.markers import LAUNCHED, QUEUED, RUNNING, STATES, State, read_states
from benchmarking.commons.remote.records.place import Place, side_by_side
from benchmarking.commons.remote.records.remote_study import (
    RemoteExperiment,
    RemoteStudy,
    find_study,
    remote_tags,
)
from benchmarking.commons.remote.viewing.hourly_cost import PriceBook, usd_per_hour
from syne_core.aws.client_errors import clear_errors

__all__ = ["EverythingRunning", "RunningStudy", "everything_running"]

_ALIVE = frozenset({QUEUED, LAUNCHED, RUNNING})


@dataclass(frozen=True)
class RunningStudy:
    """A study of which something runs or waits.

    :param tag: None: jobs whose study is not in this bucket, such as trials of a tuner that runs elsewhere
    :param counts: experiments in each state that occurs
    :param jobs: of experiments
    :param trial_jobs: of their trials
    :param usd_per_hour: of all these jobs, on demand; None: not known
    """

    tag: str | None
    counts: Mapping[str, int]
    jobs: tuple[str, ...]
    trial_jobs: tuple[str, ...]
    usd_per_hour: float | None


@dataclass(frozen=True)
class EverythingRunning:
    """What runs.

    :param prices: where the prices come from
    """

    place: Place
    studies: tuple[RunningStudy, ...]
    prices: str

    @property
    def jobs(self) -> int:
        """How many jobs run."""
        return sum(len(study.jobs) + len(study.trial_jobs) for study in self.studies)

    @property
    def usd_per_hour(self) -> float | None:
        """Of all; None if a price is not known."""
        costs = [study.usd_per_hour for study in self.studies]
        known = [cost for cost in costs if cost is not None]
        return sum(known) if len(known) == len(costs) else None


def everything_running(place: Place) -> EverythingRunning:
    """Every study of which something runs or waits, and every job of ours.

    One listing of jobs for the whole account, one of markers for each study.

    :raises SyneError: S3 or SageMaker do not answer
    """
    tags = remote_tags(place)
    with clear_errors(f"look at the studies in bucket '{place.bucket}'"):
        states = dict(
            zip(
                tags,
                side_by_side(lambda tag: read_states(place.s3, place.bucket, tag), tags),
                strict=True,
            )
        )
    jobs = jobs_in_progress(place.session)
    with_jobs = {job.id8 for job in jobs}
    shown = [tag for tag in tags if _is_alive(states[tag]) or with_jobs & states[tag].keys()]
    studies = dict(zip(shown, side_by_side(lambda tag: find_study(place, tag), shown), strict=True))
    of_tag: dict[str | None, list[OurJob]] = {}
    for job in jobs:
        of_tag.setdefault(_tag_of(job, studies), []).append(job)
    prices = PriceBook(place.session)
    rows = []
    for tag, study in studies.items():
        own = of_tag.pop(tag, [])
        if own or _is_alive(states[tag]):
            known = {e.id8: e for e in study.experiments} if study is not None else {}
            counts = _counts(states[tag], len(known))
            rows.append(_row(study.tag if study else tag, counts, own, known, prices))
    if of_tag.get(None):
        rows.append(_others(place, of_tag[None], prices))
    return EverythingRunning(place, tuple(rows), prices.sources)


def _tag_of(job: OurJob, studies: Mapping[str, RemoteStudy | None]) -> str | None:
    for tag, study in studies.items():
        if study is not None and any(is_job_of(job, study.tag, one) for one in study.experiments):
            return tag
    return None


def _is_alive(states: Mapping[str, State]) -> bool:
    return any(state.state in _ALIVE for state in states.values())


def _counts(states: Mapping[str, State], num_experiments: int) -> dict[str, int]:
    """What has no marker yet is queued."""
    counts = Counter(state.state for state in states.values())
    counts[QUEUED] += max(0, num_experiments - len(states))
    return {state: counts[state] for state in STATES if counts[state]}


def _row(
    tag: str,
    counts: Mapping[str, int],
    jobs: Sequence[OurJob],
    known: Mapping[str, RemoteExperiment],
    prices: PriceBook,
) -> RunningStudy:
    costs = [
        usd_per_hour(known[job.id8], [job.trial is not None], prices) if job.id8 in known else None
        for job in jobs
    ]
    return RunningStudy(tag, counts, *_names(jobs), _sum(costs))


def _others(place: Place, jobs: Sequence[OurJob], prices: PriceBook) -> RunningStudy:
    """Jobs of one experiment are alike: one of each kind is described."""
    kinds = {(job.id8, job.trial is None): job.name for job in jobs}
    client = place.session.client("sagemaker")

    def resources(name: str) -> tuple[str | None, int]:
        config = client.describe_training_job(TrainingJobName=name).get("ResourceConfig", {})
        return config.get("InstanceType"), int(config.get("InstanceCount") or 1)

    with clear_errors("describe the training jobs"):
        found = dict(zip(kinds, side_by_side(resources, kinds.values()), strict=True))
    costs = []
    for job in jobs:
        instance_type, count = found[job.id8, job.trial is None]
        price = prices.of(instance_type)
        costs.append(None if price is None else price * count)
    return RunningStudy(None, {}, *_names(jobs), _sum(costs))


def _names(jobs: Sequence[OurJob]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    own = tuple(sorted(job.name for job in jobs if job.trial is None))
    return own, tuple(sorted(job.name for job in jobs if job.trial is not None))


def _sum(costs: Sequence[float | None]) -> float | None:
    known = [cost for cost in costs if cost is not None]
    return sum(known) if len(known) == len(costs) else None
