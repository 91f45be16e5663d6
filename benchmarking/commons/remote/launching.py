"""Carry out the plan of a remote study: ask once, upload one bundle, let the queue make the jobs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from benchmarking.commons.data_channel import check_data_is_there
from benchmarking.commons.relaunch import continue_hint, typed_command
from benchmarking.commons.remote.jobs.job_plan import (
    experiment_jobs,
    jobs_of_others,
    manifest_entries,
    queued_jobs,
)
from benchmarking.commons.remote.jobs.job_words import JobWords
from benchmarking.commons.remote.launch_text import LaunchProgress, print_nothing_to_do, print_result
from benchmarking.commons.remote.planning.account_plan import AccountPlan, ask_account, check_tag
from benchmarking.commons.remote.planning.cost_plan import CostPlan, refuse_above_caps
from benchmarking.commons.remote.planning.plan_text import counted, spending_in_words
from benchmarking.commons.remote.planning.remote_plan import RemotePlan
from benchmarking.commons.spending import agree_to_jobs
from syne_core.errors import INTERRUPTED, AwsSetupError

if TYPE_CHECKING:
    from benchmarking.commons.remote.jobs.experiment_job import ExperimentJob, JobHome
    from benchmarking.commons.remote.queue.queue_model import Limits, QueuedJob, QueueResult
    from benchmarking.commons.remote.records.manifest import Manifest
    from syne_core.aws.prices import Price
    from syne_core.aws.session import AwsSession

__all__ = ["Order", "carry_out"]


@dataclass(frozen=True)
class Order:
    """What is to be launched.

    :param settings: flags by name
    :param backend: what the experiments run on
    :param plan: as far as this machine knows
    :param plan_with: the plan, given what S3 says: states by the first 8 digits of the identity
    :param words: writes the command lines of the jobs
    :param entry_point: the launcher that runs in the jobs
    :param requirements_files: installed together in the jobs
    """

    settings: SimpleNamespace
    backend: str
    plan: RemotePlan
    plan_with: Callable[[Mapping[str, str]], RemotePlan]
    words: JobWords
    entry_point: Path
    requirements_files: Sequence[Path]


def carry_out(order: Order) -> int:
    """Launch what is missing; the exit code.

    :raises AwsSetupError: AWS cannot be used as it is set up
    :raises UsageError: a job cannot be asked for as it is described, or the tag is that of another study
    :raises RefusedError: the user does not want to spend the money, or a cap or quota forbids it
    :raises ExperimentLockedError: somebody else launches the study now
    """
    settings = order.settings
    if not order.plan.to_do():
        return print_nothing_to_do(order.plan, settings)
    account = ask_account(settings, [planned.footprint for planned in order.plan.planned])
    plan = order.plan_with(account.states)
    if not plan.to_do():
        return print_nothing_to_do(plan, settings)
    prices = _prices(account.session, plan)
    cost = plan.cost(prices.get)
    print(f"Experiments: {counted(plan)}.", file=sys.stderr)
    refuse_above_caps(cost, settings.study_max_cost, settings.study_max_hours)
    check_data_is_there(account.session, settings)
    jobs = experiment_jobs(plan, order.words, order.entry_point, settings)
    _refuse_what_never_fits(queued_jobs(plan, jobs, prices), account)
    if new := plan.new_footprints():
        cost_of_new = CostPlan.of(new, settings.max_parallel_jobs, prices.get)
        agree_to_jobs(account.session, _spending(cost_of_new), settings.yes)
    home = _make_ready(order, account.session)
    # Only now it is known what the tuners in the jobs have to use.
    jobs = experiment_jobs(plan, _settled(order.words, home), order.entry_point, settings)
    try:
        result = _run(order, account, plan, jobs, queued_jobs(plan, jobs, prices), home)
    except KeyboardInterrupt:
        print(f"Interrupted; jobs that were made run on. {continue_hint(settings)}", file=sys.stderr)
        return INTERRUPTED
    except AwsSetupError as error:
        raise AwsSetupError(f"{error}\nJobs that were made run on. Then {continue_hint(settings)}") from error
    print_result(result, plan, settings)
    return result.exit_code


def _prices(session: AwsSession, plan: RemotePlan) -> dict[str, Price | None]:
    from syne_core.aws.prices import hourly_price

    types = dict.fromkeys(name for needs in plan.footprints() for name in needs.instances)
    return {name: hourly_price(session.region, name) for name in types}


def _spending(cost: CostPlan) -> str:
    return f"{cost.jobs} job{'s' if cost.jobs > 1 else ''}, {spending_in_words(cost)}"


def _refuse_what_never_fits(jobs: Sequence[QueuedJob], account: AccountPlan) -> None:
    from benchmarking.commons.remote.queue.room import refuse_what_never_fits

    refuse_what_never_fits(jobs, account.limits)


def _make_ready(order: Order, session: AwsSession) -> JobHome:
    """Bucket, role and bundle: all that jobs have in common."""
    from benchmarking.commons.remote.jobs.experiment_job import JobHome
    from benchmarking.commons.remote.jobs.study_bundle import job_python_path, study_bundle
    from syne_core.aws.accounts import default_bucket, execution_role
    from syne_core.aws.bundles import upload_bundle

    settings, luggage = order.settings, order.words.luggage
    bundle = study_bundle(order.entry_point, luggage.folders.values(), order.requirements_files)
    for note in bundle.notes:
        print(f"Note: {note}", file=sys.stderr)
    role = execution_role(session, settings.role)
    bucket = default_bucket(session, settings.s3_bucket)
    return JobHome(
        session.region,
        bucket,
        role,
        upload_bundle(session, bucket, bundle),
        order.entry_point.name,
        tuple(job_python_path({"": luggage.launcher_folder, **luggage.folders})),
        tuple(typed_command()),
    )


def _settled(words: JobWords, home: JobHome) -> JobWords:
    return replace(words, fixed={"role": home.role_arn, "s3_bucket": home.bucket, "region": home.region})


def _run(
    order: Order,
    account: AccountPlan,
    plan: RemotePlan,
    jobs: Sequence[ExperimentJob],
    queued: Sequence[QueuedJob],
    home: JobHome,
) -> QueueResult:
    from benchmarking.commons.remote.jobs.experiment_job import job_request
    from benchmarking.commons.remote.queue.queue import run_queue
    from benchmarking.commons.remote.queue.sagemaker_jobs import RealClock, SageMakerJobs
    from benchmarking.commons.remote.records.driver_lock import DriverLock

    settings, session = order.settings, account.session
    tag = settings.experiment_tag
    for job in {job.lead.benchmark: job for job in jobs}.values():
        job_request(job, home, 0)  # what SageMaker would not accept is found out now
    service = SageMakerJobs(session, home.bucket, tag, _Requests(session, jobs, home))
    with DriverLock(session.client("s3"), home.bucket, tag) as lock:
        if settings.restart:
            _start_over(session, home.bucket, plan)
        manifest = _write_manifest(order, session, home, plan, jobs)
        own = {planned.experiment.id for planned in plan.planned}
        with LaunchProgress() as progress:
            return run_queue(
                queued,
                service,
                RealClock(),
                _limits(settings, account),
                others=jobs_of_others(manifest.experiments, own),
                wait=settings.wait,
                retry_failed=settings.retry_failed,
                guard=lock.check,
                notes=service.notes(),
                keep_notes=service.keep_notes,
                on_progress=progress.show,
            )


def _limits(settings: SimpleNamespace, account: AccountPlan) -> Limits:
    from benchmarking.commons.remote.queue.queue_model import Limits

    chosen: dict[str, Any] = {
        "quotas": account.limits,
        "max_parallel_jobs": settings.max_parallel_jobs,
        "max_cost": settings.study_max_cost,
        "max_hours": settings.study_max_hours,
    }
    if account.session.is_emulator:
        return Limits.for_emulator(**chosen)
    return Limits(**chosen, longest_wait=settings.estimator_fit_backoff_wait_time)


class _Requests:
    """What CreateTrainingJob is asked for; puts the document of the job on S3."""

    def __init__(self, session: AwsSession, jobs: Sequence[ExperimentJob], home: JobHome) -> None:
        from syne_core.aws.s3_objects import S3Objects

        self._objects, self._home = S3Objects(session, home.bucket), home
        self._jobs = {one.id[:8]: job for job in jobs for one in job.experiments}

    def __call__(self, queued: QueuedJob, attempt: int) -> Mapping[str, Any]:
        from benchmarking.commons.remote.jobs.experiment_job import (
            job_document,
            job_document_key,
            job_request,
        )

        whole = self._jobs[queued.lead.id8]
        ids = {one.id8 for one in queued.experiments}
        job = replace(whole, experiments=tuple(e for e in whole.experiments if e.id[:8] in ids))
        request = job_request(job, self._home, attempt).to_api()
        self._objects.put_json(job_document_key(job, attempt), job_document(job, self._home, attempt))
        return request


def _write_manifest(
    order: Order, session: AwsSession, home: JobHome, plan: RemotePlan, jobs: Sequence[ExperimentJob]
) -> Manifest:
    import time

    from benchmarking.commons.remote.records.manifest import Manifest, add_to_manifest
    from syne_core.aws.client_errors import clear_errors

    tag = order.settings.experiment_tag
    entries = tuple(manifest_entries(plan, jobs))
    new = Manifest(tag, home.command, order.backend, time.time(), entries)
    with clear_errors(f"write the manifest of {tag}"):
        s3 = session.client("s3")
        return add_to_manifest(s3, home.bucket, new, lambda earlier: check_tag(tag, earlier.tag))


def _start_over(session: AwsSession, bucket: str, plan: RemotePlan) -> None:
    from benchmarking.commons.remote.removing import start_over

    start_over(session, bucket, [planned.experiment for planned in plan.to_do()])
