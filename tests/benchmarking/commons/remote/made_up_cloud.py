"""SageMaker and S3 as the queue sees them, in memory and simulated time, with faults on demand."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field

from benchmarking.commons.remote.queue.queue_model import (
    NameTakenError,
    NoInstanceError,
    QueuedExperiment,
    QueuedJob,
    ThrottledError,
    TroubleError,
    Use,
)
from benchmarking.commons.remote.records.markers import CODE, FAILED, FINISHED, RUNNING, State, StateRecord
from syne_core.aws.job_states import JobState

OWN: Use = ("ml.c5.xlarge", "training")
TRIALS: Use = ("ml.g4dn.xlarge", "training")
ORDER = ("queued", "launched", "running", "failed", "stopped", "finished")


class KilledError(BaseException):
    """The driver's process is gone."""


@dataclass
class MadeUpClock:
    """Time passes when somebody sleeps or calls."""

    time: float = 1000.0
    sleeps: int = 0

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.sleeps += 1
        assert self.sleeps < 100_000, "this would never end"
        self.time += seconds


@dataclass(frozen=True)
class Fate:
    """What happens to a job: ``ok``, ``code``, ``silent_code``, ``internal``, ``capacity``, ``too_long``,
    ``spot``, ``setback`` (the job itself says that the infrastructure failed), ``record_only`` (its last
    marker is lost)."""

    kind: str = "ok"
    start: float = 1.0
    run: float = 10.0
    upload: float = 1.0


@dataclass
class MadeUpJob:
    name: str
    job: QueuedJob
    attempt: int
    created: float
    fate: Fate
    stop_at: float | None = None
    told: set[str] = field(default_factory=set)

    @property
    def begins(self) -> float:
        return self.created + self.fate.start

    @property
    def leaves(self) -> float:
        """When its script has ended."""
        if self.fate.kind in ("internal", "capacity"):
            return self.begins
        end = self.begins + self.fate.run * len(self.job.experiments)
        return end if self.stop_at is None else min(end, self.stop_at + 0.5)

    @property
    def ends(self) -> float:
        return self.leaves + self.fate.upload

    def status(self, now: float) -> JobState:
        if now < self.ends:
            return JobState(self.name, "InProgress" if self.stop_at is None else "Stopping")
        kind = self.fate.kind
        if self.stop_at is not None and self.leaves < self.begins + self.fate.run:
            return JobState(self.name, "Stopped", "Stopped")
        ends = {
            "code": ("Failed", "Failed", "AlgorithmError: exit code 1"),
            "silent_code": ("Failed", "Failed", "AlgorithmError: exit code 137"),
            "internal": ("Failed", "Failed", "InternalServerError: please try again"),
            "capacity": ("Failed", "Failed", "CapacityError: no instance"),
            "too_long": ("Stopped", "MaxRuntimeExceeded", None),
            "spot": ("Stopped", "Interrupted", None),
            "setback": ("Failed", "Failed", "AlgorithmError: exit code 1"),
        }
        return JobState(self.name, *ends.get(kind, ("Completed", "Completed", None)))


class MadeUpCloud:
    """What survives the driver.

    :param fate: of a job, by its lead and attempt
    :param disturb: called with the name of each call, before and after it is carried out; may raise
    """

    def __init__(
        self,
        clock: MadeUpClock,
        quotas: dict[Use, int] | None = None,
        fate: Callable[[str, int], Fate] = lambda id8, attempt: Fate(),
        disturb: Callable[[str, bool], None] = lambda call, is_done: None,
        call_time: float = 0.01,
    ) -> None:
        self.clock, self.quotas, self.fate, self.disturb = clock, quotas or {}, fate, disturb
        self.call_time = call_time
        self.markers: dict[tuple[str, str], tuple[float, StateRecord]] = {}
        self.jobs: dict[str, MadeUpJob] = {}
        self.records: set[str] = set()
        self.calls: Counter[str] = Counter()
        self.peak: Counter[Use] = Counter()
        self.peak_jobs = 0
        self.runs: Counter[str] = Counter()
        self.trials_stopped: list[str] = []

    # -- what happens by itself --------------------------------------------------------------------

    def catch_up(self) -> None:
        """Let jobs write what they have to say until now."""
        for job in sorted(self.jobs.values(), key=lambda one: one.created):
            self._speak(job)

    def _speak(self, job: MadeUpJob) -> None:
        now = self.clock.now()
        if job.fate.kind in ("internal", "capacity") or "end" in job.told:
            return
        for i, one in enumerate(job.job.experiments):
            start, end = job.begins + i * job.fate.run, job.begins + (i + 1) * job.fate.run
            if start <= min(now, job.leaves) and start < job.leaves and f"{i}start" not in job.told:
                job.told.add(f"{i}start")
                self._says(job, one, RUNNING, start)
            if end <= min(now, job.leaves) and f"{i}end" not in job.told:
                job.told.add(f"{i}end")
                self._experiment_ends(job, one, end)
        if now >= job.leaves:
            job.told.add("end")

    def _experiment_ends(self, job: MadeUpJob, one: QueuedExperiment, end: float) -> None:
        kind = job.fate.kind
        if kind == "ok":
            self._finish(one)
            self._says(job, one, FINISHED, end)
        elif kind == "record_only":
            self._finish(one)
            self.records.add(one.id8)
        elif kind == "code":
            self._says(job, one, FAILED, end, CODE, "it broke")
        elif kind == "setback":
            self._says(job, one, FAILED, end, "infrastructure", "the disk was gone")

    def _finish(self, one: QueuedExperiment) -> None:
        self.runs[one.id8] += 1
        assert self.runs[one.id8] == 1, f"{one.id8} ran twice"

    def _says(
        self,
        job: MadeUpJob,
        one: QueuedExperiment,
        state: str,
        time: float,
        cause: str | None = None,
        reason: str | None = None,
    ) -> None:
        record = StateRecord(one.name, job.attempt, job.name, time, cause, reason)
        self.markers[one.id8, state] = (time, record)
        for other in ORDER:
            if other != state:
                self.markers.pop((one.id8, other), None)

    # -- calls -------------------------------------------------------------------------------------

    def _call(self, name: str) -> None:
        self.calls[name] += 1
        self.clock.time += self.call_time
        self.catch_up()
        self.disturb(name, False)

    def states(self) -> dict[str, State]:
        self._call("states")
        found: dict[str, dict[str, float]] = {}
        for (id8, state), (time, _) in self.markers.items():
            found.setdefault(id8, {})[state] = float(int(time))
        self.disturb("states", True)
        return {
            id8: State(id8, newest, markers[newest], markers)
            for id8, markers in found.items()
            for newest in [max(markers, key=lambda s, m=markers: (m[s], ORDER.index(s)))]
        }

    def record(self, id8: str, state: str) -> StateRecord | None:
        self._call("record")
        found = self.markers.get((id8, state))
        return None if found is None else found[1]

    def mark(self, id8: str, state: str, record: StateRecord, known: Collection[str]) -> None:
        self._call("mark")
        self.markers[id8, state] = (self.clock.now(), record)
        self.disturb("mark", True)
        for other in known:
            self.markers.pop((id8, other), None)
        self.disturb("mark", True)

    def job_name(self, job: QueuedJob, attempt: int) -> str:
        return f"{job.lead.id8}-a{attempt}"

    def create(self, job: QueuedJob, attempt: int) -> None:
        self._call("create")
        name = self.job_name(job, attempt)
        if name in self.jobs:
            raise NameTakenError(name)
        alive = self.alive()
        for other in alive:
            both = {e.id8 for e in other.job.experiments} & {e.id8 for e in job.experiments}
            assert not both, f"{both} are in two jobs at a time"
        for one in job.experiments:
            assert (one.id8, FINISHED) not in self.markers, f"{one.id8} has finished"
        used = self.used(alive)
        used.update(job.needs)
        if any(used[use] > quota for use, quota in self.quotas.items()):
            raise NoInstanceError("ResourceLimitExceeded")
        now = self.clock.now()
        self.jobs[name] = MadeUpJob(name, job, attempt, now, self.fate(job.lead.id8, attempt))
        self.peak |= used
        self.peak_jobs = max(self.peak_jobs, len(alive) + 1)
        self.disturb("create", True)

    def describe(self, job_name: str) -> JobState | None:
        self._call("describe")
        job = self.jobs.get(job_name)
        return None if job is None else job.status(self.clock.now())

    def running(self, job_names: Collection[str]) -> frozenset[str]:
        self._call("running")
        return frozenset({job.name for job in self.alive()} & set(job_names))

    def stop(self, job_name: str) -> None:
        self._call("stop")
        job = self.jobs.get(job_name)
        if job is not None and job.stop_at is None:
            job.stop_at = self.clock.now()
        self.catch_up()

    def stop_trials(self, experiment: QueuedExperiment) -> None:
        self._call("stop_trials")
        self.trials_stopped.append(experiment.id8)

    def has_finished(self, experiment: QueuedExperiment) -> bool:
        self._call("has_finished")
        return experiment.id8 in self.records

    def log_tail(self, job_name: str) -> tuple[str, ...]:
        self._call("log_tail")
        return (f"last words of {job_name}",)

    # -- looking -----------------------------------------------------------------------------------

    def alive(self) -> list[MadeUpJob]:
        now = self.clock.now()
        return [job for job in self.jobs.values() if not job.status(now).has_ended]

    @staticmethod
    def used(jobs: Iterable[MadeUpJob]) -> Counter[Use]:
        used: Counter[Use] = Counter()
        for job in jobs:
            used.update(job.job.needs)
        return used

    def state_names(self) -> dict[str, str]:
        return {id8: state.state for id8, state in self.states().items()}


def throttle(cloud: MadeUpCloud, rate: float, burst: int) -> Callable[[str, bool], None]:
    """Lets ``rate`` create calls a second pass, after a burst."""
    bucket = {"tokens": float(burst), "last": cloud.clock.now()}

    def disturb(call: str, is_done: bool) -> None:
        if call != "create" or is_done:
            return
        now = cloud.clock.now()
        bucket["tokens"] = min(burst, bucket["tokens"] + rate * (now - bucket["last"]))
        bucket["last"] = now
        if bucket["tokens"] < 1:
            raise ThrottledError("slower")
        bucket["tokens"] -= 1

    return disturb


class Misfortune:
    """Kills and errors at random calls, before or after they are carried out."""

    def __init__(self, generator: random.Random, kill_rate: float, trouble_rate: float) -> None:
        self.generator, self.kill_rate, self.trouble_rate = generator, kill_rate, trouble_rate
        self.kills = 0

    def __call__(self, call: str, is_done: bool) -> None:
        drawn = self.generator.random()
        if drawn < self.kill_rate:
            self.kills += 1
            raise KilledError
        if drawn < self.kill_rate + self.trouble_rate:
            raise TroubleError("no answer")


def experiments(count: int) -> list[QueuedExperiment]:
    return [QueuedExperiment(f"{i:08x}", f"t/RS-{i}/t-b-{i}-{i:08x}", "RS", i) for i in range(count)]


def single_jobs(count: int, trials: int = 0, seconds: float = 3600.0) -> list[QueuedJob]:
    needs = {OWN: 1, **({TRIALS: trials} if trials else {})}
    return [QueuedJob((one,), OWN[0], needs, seconds, 1.0) for one in experiments(count)]
