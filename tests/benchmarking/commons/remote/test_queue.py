"""The queue of a remote study, against a made-up cloud: launching, waiting, failing, being killed."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_up_cloud import (
    OWN,
    TRIALS,
    Fate,
    KilledError,
    MadeUpClock,
    MadeUpCloud,
    Misfortune,
    experiments,
    single_jobs,
    throttle,
)

from benchmarking.commons.remote.queue.queue import run_queue
from benchmarking.commons.remote.queue.queue_model import (
    BadRequestError,
    Limits,
    Progress,
    QueuedJob,
    QueueResult,
    TroubleError,
)
from benchmarking.commons.remote.records.markers import StateRecord
from syne_core.errors import AwsSetupError, RefusedError


def _cloud(**arguments: Any) -> MadeUpCloud:
    return MadeUpCloud(MadeUpClock(), **arguments)


def _run(cloud: MadeUpCloud, jobs: list[QueuedJob], **arguments: Any) -> QueueResult:
    limits = arguments.pop("limits", Limits(quotas=cloud.quotas))
    arguments.setdefault("wait", True)
    arguments.setdefault("generator", random.Random(0))
    return run_queue(jobs, cloud, cloud.clock, limits, **arguments)


def _states(result: QueueResult) -> Counter[str]:
    return Counter(outcome.state for outcome in result.outcomes)


# -- launching ------------------------------------------------------------------------------------


def test_all_run_once_and_finish() -> None:
    cloud = _cloud()
    result = _run(cloud, single_jobs(30))
    assert _states(result) == {"finished": 30}
    assert result.exit_code == 0
    assert cloud.calls["create"] == 30
    assert set(cloud.state_names().values()) == {"finished"}


def test_without_waiting_it_returns_when_all_are_launched() -> None:
    cloud = _cloud(fate=lambda *_: Fate(run=1e6))
    result = _run(cloud, single_jobs(5), wait=False)
    assert _states(result) == {"launched": 5}
    assert len(cloud.alive()) == 5


def test_quota_is_never_exceeded_and_used_well() -> None:
    """Quota 4, 20 jobs: a job that uploads or stops holds its instance."""
    cloud = _cloud(quotas={OWN: 4}, fate=lambda *_: Fate(run=60.0, upload=3.0))
    began = cloud.clock.now()
    result = _run(cloud, single_jobs(20), limits=Limits(quotas={OWN: 4}, poll=1.0))
    assert _states(result) == {"finished": 20}
    assert cloud.peak[OWN] == 4
    assert cloud.calls["create"] == 20, "knowing the quota, none is refused"
    ideal = 5 * (1 + 60 + 3)
    assert cloud.clock.now() - began <= 1.15 * ideal


def test_a_quota_that_nobody_knows_is_found_out() -> None:
    cloud = _cloud(quotas={OWN: 4}, fate=lambda *_: Fate(run=60.0))
    began = cloud.clock.now()
    result = _run(cloud, single_jobs(20), limits=Limits(poll=1.0))
    assert _states(result) == {"finished": 20}
    assert cloud.calls["create"] <= 20 + 12, "a refused one now and then, in case there is more"
    assert cloud.clock.now() - began <= 1.15 * 5 * 62


def test_an_experiment_starts_only_when_its_trials_fit() -> None:
    cloud = _cloud(quotas={OWN: 10, TRIALS: 9})
    assert _states(_run(cloud, single_jobs(7, trials=4))) == {"finished": 7}
    assert cloud.peak == {OWN: 2, TRIALS: 8}


def test_a_large_one_is_not_overtaken_for_ever_by_small_ones() -> None:
    one, *others = experiments(9)
    large = QueuedJob((one,), OWN[0], {OWN: 1, TRIALS: 8}, 3600.0)
    small = [QueuedJob((other,), OWN[0], {OWN: 1, TRIALS: 2}, 3600.0) for other in others]
    cloud = _cloud(quotas={TRIALS: 8})
    _run(cloud, [small[0], large, *small[1:]])
    names = list(cloud.jobs)
    assert names.index(f"{one.id8}-a0") == 1


def test_what_can_never_fit_is_refused_before_anything_starts() -> None:
    cloud = _cloud(quotas={TRIALS: 3})
    with pytest.raises(RefusedError, match=r"needs 4 ml\.g4dn\.xlarge at a time.*is 3"):
        _run(cloud, single_jobs(2, trials=4))
    assert not cloud.calls


def test_not_more_jobs_at_a_time_than_asked_for() -> None:
    cloud = _cloud()
    assert _states(_run(cloud, single_jobs(12), limits=Limits(max_parallel_jobs=3))) == {"finished": 12}
    assert cloud.peak_jobs == 3


def test_running_jobs_of_another_launch_of_the_study_count() -> None:
    """Of two workers first, of four now, under one tag: together not more than asked for."""
    cloud = _cloud(fate=lambda *_: Fate(run=60.0))
    first, second = single_jobs(8)[:2], single_jobs(8)[2:]
    _run(cloud, first, wait=False)
    limits = Limits(max_parallel_jobs=3)
    assert _states(_run(cloud, second, others=first, limits=limits)) == {"finished": 6}
    assert cloud.peak_jobs == 3
    assert {cloud.state_names()[job.lead.id8] for job in first} == {"finished"}
    assert cloud.calls["create"] == 8


def test_a_job_of_another_launch_that_aws_failed_is_left_to_that_launch() -> None:
    cloud = _cloud(fate=lambda id8, attempt: Fate("setback" if id8 == "00000000" and not attempt else "ok"))
    first, second = single_jobs(4)[:1], single_jobs(4)[1:]
    _run(cloud, first, wait=False)
    limits = Limits(max_parallel_jobs=1)
    assert _states(_run(cloud, second, others=first, limits=limits)) == {"finished": 3}
    assert cloud.state_names()["00000000"] == "queued"
    assert _states(_run(cloud, first)) == {"finished": 1}
    assert cloud.calls["create"] == 5


@pytest.mark.parametrize(("rate", "burst"), [(2.0, 5), (5.0, 10), (1.0, 10), (2.0, 1)])
def test_create_calls_go_at_the_rate_that_the_throttle_allows(rate: float, burst: int) -> None:
    cloud = _cloud(fate=lambda *_: Fate(run=1e6))
    cloud.disturb = throttle(cloud, rate, burst)
    began = cloud.clock.now()
    result = _run(cloud, single_jobs(200), wait=False)
    assert set(_states(result)) == {"launched", "running"}
    assert len(cloud.alive()) == 200
    assert result.created == cloud.calls["create"] <= 1.1 * 200
    assert cloud.clock.now() - began < 1.8 * 200 / rate


def test_slow_calls_do_not_slow_the_pace_down_as_long_as_they_fit() -> None:
    """A marker, a document and the job itself take 0.24 s, 4 jobs a second are allowed."""
    cloud = _cloud(fate=lambda *_: Fate(run=1e6), call_time=0.08)
    cloud.disturb = throttle(cloud, 4.0, 20)
    began = cloud.clock.now()
    result = _run(cloud, single_jobs(200), wait=False)
    assert result.created <= 1.1 * 200
    assert cloud.clock.now() - began < 1.1 * (200 - 20) / 4


# -- failing ----------------------------------------------------------------------------------------


def _only(failing: dict[int, str], until: int = 1_000) -> Any:
    names = {f"{i:08x}": kind for i, kind in failing.items()}
    return lambda id8, attempt: Fate(names.get(id8, "ok") if attempt < until else "ok")


@pytest.mark.parametrize("kind", ["internal", "too_long", "spot", "setback", "capacity"])
def test_failures_of_the_infrastructure_are_tried_again(kind: str) -> None:
    cloud = _cloud(fate=_only({1: kind}, until=2))
    result = _run(cloud, single_jobs(3))
    assert _states(result) == {"finished": 3}
    assert set(cloud.jobs) == {"00000000-a0", "00000001-a0", "00000001-a1", "00000001-a2", "00000002-a0"}


def test_capacity_is_waited_for_however_long_it_takes() -> None:
    cloud = _cloud(fate=_only({0: "capacity"}, until=20))
    assert _states(_run(cloud, single_jobs(1))) == {"finished": 1}
    assert cloud.clock.now() > 3000


def test_infrastructure_that_keeps_failing_is_a_failure() -> None:
    cloud = _cloud(fate=_only({0: "internal"}))
    result = _run(cloud, single_jobs(2), limits=Limits(max_retries=2))
    failed, other = result.outcomes
    assert (failed.state, failed.cause, failed.attempt) == ("failed", "infrastructure", 2)
    assert "InternalServerError" in str(failed.reason)
    assert other.state == "finished"
    assert result.exit_code == 3


def test_attempts_of_an_earlier_launch_count() -> None:
    cloud = _cloud(fate=lambda *_: Fate("setback"))
    (job,) = single_jobs(1)
    cloud.mark(
        job.lead.id8,
        "failed",
        StateRecord(job.lead.name, 2, "", 0.0, "infrastructure", "the disk was gone"),
        (),
    )
    result = _run(cloud, [job])
    assert [outcome.attempt for outcome in result.failed] == [3]
    assert cloud.calls["create"] == 1
    assert _run(cloud, [job], retry_failed=True).created == 4, "asked for, it gets as many as a new one"


@pytest.mark.parametrize("kind", ["code", "silent_code"])
def test_failures_of_the_code_are_not_tried_again(kind: str) -> None:
    cloud = _cloud(fate=_only({0: kind}))
    result = _run(cloud, single_jobs(3, trials=2))
    outcome = result.outcomes[0]
    assert (outcome.state, outcome.cause) == ("failed", "code")
    assert _states(result) == {"failed": 1, "finished": 2}
    assert cloud.calls["create"] == 3
    assert cloud.trials_stopped == ["00000000"]


def test_the_log_of_a_job_that_died_silently_is_kept() -> None:
    cloud = _cloud(fate=_only({0: "silent_code"}))
    outcome = _run(cloud, single_jobs(1)).outcomes[0]
    assert outcome.log_tail == ("last words of 00000000-a0",)
    assert cloud.markers["00000000", "failed"][1].log_tail == outcome.log_tail


def test_a_marker_without_a_log_gets_that_of_cloudwatch() -> None:
    cloud = _cloud(fate=_only({0: "code"}))
    outcome = _run(cloud, single_jobs(1)).outcomes[0]
    assert (outcome.reason, outcome.log_tail) == ("it broke", ("last words of 00000000-a0",))
    assert cloud.markers["00000000", "failed"][1].log_tail == outcome.log_tail


def test_an_experiment_whose_last_marker_was_lost_counts_by_its_own_record() -> None:
    cloud = _cloud(fate=_only({0: "record_only"}))
    assert _states(_run(cloud, single_jobs(2))) == {"finished": 2}


def test_a_relaunch_leaves_the_failed_alone_unless_told_to_retry_them() -> None:
    failing = dict.fromkeys(range(0, 20, 3), "code")
    cloud = _cloud(fate=_only(failing, until=1))
    jobs = single_jobs(20)
    assert _states(_run(cloud, jobs)) == {"failed": 7, "finished": 13}
    again = _run(cloud, jobs)
    assert (again.created, again.exit_code) == (0, 3)
    third = _run(cloud, jobs, retry_failed=True)
    assert (third.created, third.exit_code) == (7, 0)
    assert _states(third) == {"finished": 20}


def test_retrying_the_failed_starts_nothing_else() -> None:
    cloud = _cloud(fate=_only({0: "code"}, until=1))
    _run(cloud, single_jobs(1))
    result = _run(cloud, single_jobs(3), retry_failed=True)
    assert _states(result) == {"finished": 1, "queued": 2}
    assert result.created == 1


def test_a_request_that_is_wrong_fails_its_experiment_only() -> None:
    cloud = _cloud()
    create = cloud.create

    def picky(job: QueuedJob, attempt: int) -> None:
        if job.lead.id8 == "00000001":
            raise BadRequestError("no such instance type")
        create(job, attempt)

    cloud.create = picky  # type: ignore[method-assign]
    result = _run(cloud, single_jobs(3))
    assert [outcome.state for outcome in result.outcomes] == ["finished", "failed", "finished"]
    assert result.outcomes[1].reason == "no such instance type"


def test_an_expired_token_ends_the_launch_which_goes_on_afterwards() -> None:
    cloud = _cloud()
    calls = Counter[str]()

    def expire(call: str, is_done: bool) -> None:
        calls[call] += not is_done
        if calls["create"] > 3:
            raise AwsSetupError("the credentials have expired")

    cloud.disturb = expire
    with pytest.raises(AwsSetupError, match="expired"):
        _run(cloud, single_jobs(8))
    cloud.disturb = lambda call, is_done: None
    assert _states(_run(cloud, single_jobs(8))) == {"finished": 8}
    assert len(cloud.jobs) == 8


# -- several experiments in a job ---------------------------------------------------------------------


def _together(count: int) -> list[QueuedJob]:
    return [QueuedJob(tuple(experiments(count)), OWN[0], {OWN: 1}, 3600.0)]


def test_experiments_that_share_a_job_are_told_apart() -> None:
    cloud = _cloud()
    assert _states(_run(cloud, _together(5))) == {"finished": 5}
    assert len(cloud.jobs) == 1


def test_one_that_kills_the_shared_job_does_not_take_the_others_with_it() -> None:
    """Its first two finish, the third dies with the whole job: the others get a job without it."""

    class Deadly(MadeUpCloud):
        def _experiment_ends(self, job: Any, one: Any, end: float) -> None:
            if one.seed != 2:
                super()._experiment_ends(job, one, end)

        def _speak(self, job: Any) -> None:
            ids = [one.seed for one in job.job.experiments]
            if 2 in ids:
                # the job ends while the third runs
                job.fate = Fate("silent_code" if self.clock.now() >= job.begins + 30 else "ok")
                if self.clock.now() >= job.begins + 30:
                    job.stop_at = None
                    object.__setattr__(job.fate, "run", 30 / len(ids))
                    return
            super()._speak(job)

    cloud = Deadly(MadeUpClock())
    result = _run(cloud, _together(5))
    assert [outcome.state for outcome in result.outcomes] == [
        "finished",
        "finished",
        "failed",
        "finished",
        "finished",
    ]


def test_more_seeds_of_a_shared_job_get_a_job_of_their_own() -> None:
    cloud = _cloud(fate=lambda *_: Fate(run=100.0))
    _run(cloud, _together(3), wait=False)
    assert _states(_run(cloud, _together(6))) == {"finished": 6}
    assert [len(job.job.experiments) for job in cloud.jobs.values()] == [3, 3]


@pytest.mark.parametrize("begun", [0, 1, 2])
def test_a_marker_that_a_job_replaces_while_it_is_read_starts_nothing_twice(begun: int) -> None:
    """A shared job comes to its next experiment, or its end, after the listing."""
    cloud = _cloud(fate=lambda *_: Fate(run=50.0))
    _run(cloud, _together(3), wait=False)
    (job,) = cloud.jobs.values()
    cloud.clock.time = job.begins + 50.0 * (begun + 1) - 1.5 * cloud.call_time  # which is after one call
    assert _states(_run(cloud, _together(3))) == {"finished": 3}
    assert len(cloud.jobs) == 1


def test_a_marker_without_content_is_that_of_an_experiment_in_no_job() -> None:
    cloud = _cloud()
    _leave_marker(cloud, "launched", 0, 10.0, "00000000-a0")
    cloud.record = lambda id8, state: None  # type: ignore[method-assign]
    assert _states(_run(cloud, single_jobs(1))) == {"finished": 1}
    assert cloud.calls["create"] == 1


def test_part_of_a_shared_job_that_was_not_made_is_made_under_the_name_that_its_markers_say() -> None:
    """A driver was killed after it had marked one of two as queued again, since there was no room."""
    cloud = _cloud(fate=lambda *_: Fate(run=50.0))
    _leave_marker(cloud, "queued", 0, 1.0, "00000000-a0")
    one = experiments(2)[1]
    record = StateRecord(one.name, 0, "00000000-a0", cloud.clock.now())
    cloud.markers[one.id8, "launched"] = (cloud.clock.now(), record)
    killed = Counter[str]()

    def kill(call: str, is_done: bool) -> None:
        killed[call] += is_done
        if killed["create"] == 1:
            raise KilledError

    cloud.disturb = kill
    with pytest.raises(KilledError):
        _run(cloud, _together(2))
    cloud.disturb = lambda call, is_done: None
    assert cloud.markers[one.id8, "launched"][1].job == "00000001-a0"
    assert _states(_run(cloud, _together(2))) == {"finished": 2}
    assert [len(job.job.experiments) for job in cloud.jobs.values()] == [1, 1]


def test_a_shared_job_that_an_unanswered_call_made_is_found_after_its_first_has_finished() -> None:
    cloud = _cloud(fate=lambda *_: Fate(run=50.0))

    def lose(call: str, is_done: bool) -> None:
        if call == "create" and is_done:
            cloud.disturb = lambda call, is_done: None
            cloud.clock.time += 60
            raise TroubleError("no answer")

    cloud.disturb = lose
    assert _states(_run(cloud, _together(3))) == {"finished": 3}
    assert len(cloud.jobs) == 1


# -- stopping and caps ----------------------------------------------------------------------------------


def test_a_wish_to_stop_reaches_waiting_and_running_experiments() -> None:
    cloud = _cloud(fate=lambda *_: Fate(run=500.0))

    def stop(progress: Progress) -> None:
        if progress.active == 2 and progress.finished == 0:
            for id8 in ("00000000", "00000003"):
                record = StateRecord("n", 0, "", cloud.clock.now())
                cloud.markers[id8, "stopped"] = (cloud.clock.now(), record)

    result = _run(cloud, single_jobs(4), limits=Limits(max_parallel_jobs=2), on_progress=stop)
    assert [outcome.state for outcome in result.outcomes] == ["stopped", "finished", "finished", "stopped"]
    assert "00000003-a0" not in cloud.jobs
    assert cloud.jobs["00000000-a0"].stop_at is not None
    again = _run(cloud, single_jobs(4))
    assert _states(again) == {"finished": 4}
    assert {"00000000-a1", "00000003-a1"} <= set(cloud.jobs)


def test_a_cap_on_cost_is_never_exceeded() -> None:
    """Each may cost 1 USD; 2.5 are allowed, and none runs as long as it may."""
    cloud = _cloud(fate=lambda *_: Fate(run=1700.0))
    result = _run(cloud, single_jobs(8), limits=Limits(max_cost=2.5))
    assert _states(result) == {"finished": 4, "queued": 4}
    assert "study_max_cost 2.5 USD" in str(result.refused)
    assert result.exit_code == 5


def test_a_cap_holds_over_launches_that_are_killed() -> None:
    cloud = _cloud(fate=lambda *_: Fate(run=3000.0))
    kept: dict[str, Any] = {}
    limits = Limits(max_hours=3.5)
    for _ in range(5):
        _run(cloud, single_jobs(8), limits=limits, wait=False, notes=kept, keep_notes=kept.update)
        cloud.clock.sleep(10_000)
    assert len(cloud.jobs) == 3
    assert kept["hours"] == pytest.approx(3 * 3001 / 3600, rel=0.01)


def test_a_cap_without_a_price_lets_nothing_start() -> None:
    jobs = [QueuedJob((one,), OWN[0], {OWN: 1}, 60.0) for one in experiments(2)]
    result = _run(_cloud(), jobs, limits=Limits(max_cost=100.0))
    assert result.created == 0
    assert "price of ml.c5.xlarge is not known" in str(result.refused)


# -- being killed -------------------------------------------------------------------------------------


def _until_done(cloud: MadeUpCloud, jobs: list[QueuedJob], limits: Limits, seed: int) -> QueueResult:
    """The same command again and again, as long as it is killed."""
    for attempt in range(500):
        try:
            return _run(cloud, jobs, limits=limits, generator=random.Random(seed + attempt))
        except KilledError:
            cloud.clock.sleep(1.0)
    raise AssertionError("never done")


@given(
    seed=st.integers(0, 10**6),
    count=st.integers(1, 12),
    quota=st.integers(1, 4),
    is_known=st.booleans(),
    kill_rate=st.sampled_from([0.0, 0.01, 0.05]),
    trouble_rate=st.sampled_from([0.0, 0.05]),
    shared=st.booleans(),
    most=st.none() | st.integers(1, 3),
)
def test_kills_and_failures_at_random_moments_lose_and_repeat_nothing(
    seed: int,
    count: int,
    quota: int,
    is_known: bool,
    kill_rate: float,
    trouble_rate: float,
    shared: bool,
    most: int | None,
) -> None:
    generator = random.Random(seed)
    kinds = ["ok"] * 6 + ["code", "silent_code", "internal", "capacity", "spot", "setback", "record_only"]
    fates: dict[tuple[str, int], Fate] = {}

    def fate(id8: str, attempt: int) -> Fate:
        kind = generator.choice(kinds) if attempt < 3 else "ok"
        length = generator.choice([0.0, 0.3, 5.0, 40.0])
        return fates.setdefault(
            (id8, attempt), Fate(kind, generator.choice([0.0, 2.0]), length, generator.choice([0.0, 3.0]))
        )

    cloud = _cloud(quotas={OWN: quota}, fate=fate)
    jobs = single_jobs(count)
    if shared and count > 3:
        jobs = [QueuedJob(tuple(experiments(3)), OWN[0], {OWN: 1}, 3600.0), *jobs[3:]]
    cloud.disturb = Misfortune(generator, kill_rate, trouble_rate)
    quotas = {OWN: quota} if is_known else {}
    limits = Limits(quotas, most, max_retries=10, poll=1.0, backstop=5.0)
    result = _until_done(cloud, jobs, limits, seed)
    assert cloud.peak[OWN] <= quota
    assert cloud.peak_jobs <= (most or quota) or kill_rate
    cloud.disturb = lambda call, is_done: None
    finished = {outcome.experiment.id8 for outcome in result.outcomes if outcome.state == "finished"}
    assert len(result.outcomes) == count
    assert finished == set(cloud.runs), "what ran is known, and nothing else"
    for outcome in result.outcomes:
        if outcome.state != "finished":
            assert (outcome.state, outcome.cause) == ("failed", "code")
    retried = cloud_retry(cloud, jobs, limits)
    assert retried == {one.id8 for one in experiments(count)}


def cloud_retry(cloud: MadeUpCloud, jobs: list[QueuedJob], limits: Limits) -> set[str]:
    """What has finished when the failed have been retried until none is left."""
    for _ in range(20):
        result = _run(cloud, jobs, limits=limits, retry_failed=True)
        if not result.failed:
            return {one.experiment.id8 for one in result.outcomes if one.state == "finished"}
    raise AssertionError("never done")


def test_many_killed_often_create_hardly_more_jobs_than_needed() -> None:
    generator = random.Random(5)
    cloud = _cloud(quotas={OWN: 60}, fate=lambda *_: Fate(run=20.0))
    cloud.disturb = misfortune = Misfortune(generator, 0.004, 0.0)
    result = _until_done(cloud, single_jobs(300), Limits(quotas={OWN: 60}), 5)
    assert misfortune.kills >= 3
    assert _states(result) == {"finished": 300}
    assert len(cloud.jobs) == 300
    assert cloud.calls["create"] <= 330
    assert cloud.peak[OWN] <= 60


def test_a_driver_that_must_not_drive_any_more_makes_no_job() -> None:
    cloud = _cloud()

    def guard() -> None:
        if cloud.calls["create"] >= 3:
            raise KilledError

    with pytest.raises(KilledError):
        _run(cloud, single_jobs(9), guard=guard)
    assert cloud.calls["create"] == 3


def test_names_of_an_earlier_study_whose_files_are_gone_are_passed_over() -> None:
    """What became of those jobs does not matter, be it that they failed."""
    cloud = _cloud(fate=_only({1: "silent_code"}, until=1))
    _run(cloud, single_jobs(2))
    cloud.markers.clear()
    cloud.runs.clear()
    again = _run(cloud, single_jobs(2), limits=Limits(max_retries=0))
    assert _states(again) == {"finished": 2}
    assert set(cloud.jobs) == {"00000000-a0", "00000000-a1", "00000001-a0", "00000001-a1"}


def _leave_marker(cloud: MadeUpCloud, state: str, attempt: int, age: float, job: str, **more: Any) -> None:
    time = cloud.clock.now() - age
    cloud.markers["00000000", state] = (time, StateRecord("n", attempt, job, time, **more))


def test_an_old_failure_beside_the_marker_of_a_new_attempt_is_old() -> None:
    """The driver was killed between writing the one and deleting the other."""
    cloud = _cloud()
    _leave_marker(cloud, "failed", 0, 20.0, "00000000-a0", cause="code")
    _leave_marker(cloud, "launched", 1, 10.0, "00000000-a1")
    assert _states(_run(cloud, single_jobs(1))) == {"finished": 1}
    assert set(cloud.jobs) == {"00000000-a1"}


def test_what_has_finished_has_finished_whatever_else_is_written() -> None:
    cloud = _cloud()
    _leave_marker(cloud, "finished", 0, 20.0, "00000000-a0")
    _leave_marker(cloud, "launched", 0, 10.0, "00000000-a0")
    result = _run(cloud, single_jobs(1))
    assert (_states(result), result.created) == ({"finished": 1}, 0)


def test_an_attempt_waits_until_the_job_of_the_last_one_has_ended() -> None:
    """It was stopped by somebody, and takes its time."""
    cloud = _cloud(fate=lambda id8, attempt: Fate(run=50.0, upload=0.0 if attempt else 300.0))
    _run(cloud, single_jobs(1), wait=False)
    cloud.stop("00000000-a0")
    cloud.markers.clear()
    _leave_marker(cloud, "stopped", 0, 0.0, "")
    assert _states(_run(cloud, single_jobs(1))) == {"finished": 1}
    first, second = cloud.jobs.values()
    assert second.created >= first.ends


def test_a_call_without_an_answer_that_made_the_job_is_not_repeated_under_another_name() -> None:
    cloud = _cloud(fate=_only({0: "silent_code"}))
    lost = Counter[bool]()

    def lose(call: str, is_done: bool) -> None:
        if call == "create" and is_done and not lost[True]:
            lost[True] += 1
            cloud.clock.time += 100
            raise TroubleError("no answer")

    cloud.disturb = lose
    result = _run(cloud, single_jobs(1))
    assert result.outcomes[0].cause == "code"
    assert set(cloud.jobs) == {"00000000-a0"}


def test_a_job_that_a_call_without_an_answer_made_counts_before_others_are_made() -> None:
    """Meanwhile the pause of another one is over, and one at a time is allowed."""
    kinds = {("00000000", 0): Fate("capacity"), ("00000001", 0): Fate(run=500.0)}
    cloud = _cloud(fate=lambda id8, attempt: kinds.get((id8, attempt), Fate()))

    def lose(call: str, is_done: bool) -> None:
        if call == "create" and is_done and "00000001-a0" in cloud.jobs:
            cloud.disturb = lambda call, is_done: None
            cloud.clock.time += 100
            raise TroubleError("no answer")

    cloud.disturb = lose
    assert _states(_run(cloud, single_jobs(2), limits=Limits(max_parallel_jobs=1))) == {"finished": 2}
    assert list(cloud.jobs) == ["00000000-a0", "00000001-a0", "00000000-a1"]
    assert cloud.peak_jobs == 1


def test_jobs_are_asked_about_only_where_others_wait_for_their_instances() -> None:
    cloud = _cloud(fate=lambda *_: Fate(run=0.5))
    cloud.disturb = throttle(cloud, 2.0, 5)
    assert _states(_run(cloud, single_jobs(50))) == {"finished": 50}
    assert cloud.calls["describe"] <= 15, "those that began and ended between two looks"
