"""Credentials, role, bucket, rights, quotas and price: what can be seen without starting a job."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from benchmarking.commons.aws_checkup_steps import Check, CheckupOptions
from syne_core.errors import AwsSetupError, MissingDependencyError, SyneError
from syne_core.paths import ExperimentKeys

if TYPE_CHECKING:
    from syne_core.aws.quotas import InstanceQuota
    from syne_core.aws.session import AwsSession

__all__ = ["AccountChecks"]

_CONSOLE = "Service Quotas console, AWS services, Amazon SageMaker"


class AccountChecks:
    """Checks an account, from its credentials on.

    :param tag: below which the bucket is written to
    :ivar session: after ``run``: None if there are no credentials
    :ivar bucket: after ``run``: None if it cannot be used
    :ivar quota: after ``run``: of training jobs on the instance type, None if it is not known
    """

    def __init__(self, options: CheckupOptions, tag: str) -> None:
        self._options, self._tag = options, tag
        self.session: AwsSession | None = None
        self.bucket: str | None = None
        self.quota: int | None = None
        self._role_arn: str | None = None

    def run(self) -> Iterator[Check]:
        """All checks. Without credentials there is only one."""
        from syne_core.aws.session import AwsSession

        try:
            session = AwsSession.resolve(self._options.region)
            who = session.caller["Arn"]
        except MissingDependencyError:
            raise
        except SyneError as error:
            yield Check("credentials", "bad", str(error))
            return
        self.session = session
        if who.endswith(":root"):
            advice = "better use a user or role of your own than the root user"
            yield Check("credentials", "warning", f"{session.target}, as {who}; {advice}")
        else:
            yield Check("credentials", "good", f"{session.target}, as {who}")
        role, bucket = self._role(session), self._bucket(session)
        yield from role
        yield from bucket
        yield from self._rights(session)
        yield from self._quotas(session)
        yield self._price(session)

    # -- role ------------------------------------------------------------------------------------

    def _role(self, session: AwsSession) -> Iterator[Check]:
        from syne_core.aws.accounts import SAGEMAKER_PRINCIPAL, execution_role

        try:
            self._role_arn = arn = execution_role(session, self._options.role)
        except SyneError as error:
            self._role_arn = None
            yield Check("role", "bad", str(error))
            return
        if _is_allowed(lambda: session.client("iam").get_role(RoleName=arn.rpartition("/")[2])):
            yield Check("role", "good", f"{arn}, which {SAGEMAKER_PRINCIPAL} may assume")
        else:
            unknown = f"whether {SAGEMAKER_PRINCIPAL} may assume it is not known: you lack iam:GetRole"
            yield Check("role", "warning", f"{arn}; {unknown}")

    def _role_rights(self, session: AwsSession, bucket: str) -> Check:
        from syne_core.aws.role_rights import missing_rights

        assert self._role_arn is not None
        if session.is_emulator:
            return Check("role's rights", "warning", "not known: the emulator allows everything")
        try:
            missing = missing_rights(session, self._role_arn, bucket)
        except AwsSetupError:
            unknown = "not known: you lack iam:SimulatePrincipalPolicy; the jobs will show"
            return Check("role's rights", "warning", unknown)
        except SyneError as error:
            return Check("role's rights", "warning", f"not known: {error}")
        if missing:
            what = f"the role may not {', '.join(missing)}; docs/sagemaker.md has the policy"
            return Check("role's rights", "bad", what, is_fatal=False)
        return Check("role's rights", "good", "by its policies, it may do what jobs need")

    # -- bucket ----------------------------------------------------------------------------------

    def _bucket(self, session: AwsSession) -> Iterator[Check]:
        try:
            name, is_new = self._found_bucket(session)
        except SyneError as error:
            yield Check("bucket", "bad", str(error))
            return
        mistakes = [str(error) for error in self._tried(session, name)]
        if mistakes:
            yield Check("bucket", "bad", "; ".join(mistakes))
        else:
            self.bucket = name
            made = "was made just now and stays; " if is_new else ""
            yield Check("bucket", "good", f"s3://{name}: {made}objects can be written, read, listed, deleted")
        if self._role_arn is not None:
            yield self._role_rights(session, name)

    def _found_bucket(self, session: AwsSession) -> tuple[str, bool]:
        """The bucket, and whether it had to be made."""
        from syne_core.aws.accounts import default_bucket

        try:
            return default_bucket(session, self._options.s3_bucket, create=False), False
        except AwsSetupError:
            return default_bucket(session, self._options.s3_bucket), True

    def _tried(self, session: AwsSession, bucket: str) -> Iterator[SyneError]:
        """What cannot be done with an object."""
        from syne_core.aws.client_errors import clear_errors
        from syne_core.aws.s3_objects import S3Objects

        store, prefix = S3Objects(session, bucket), ExperimentKeys(self._tag).leaf
        key = f"{prefix}checkup.json"
        tries: dict[str, Callable[[], object]] = {
            "write to": lambda: store.put_json(key, {"written by": "synebench doctor"}),
            "read from": lambda: store.get(key),
            "list": lambda: store.listing(prefix),
            "delete from": lambda: store.delete([key]),
        }
        for doing, attempt in tries.items():
            try:
                with clear_errors(f"{doing} s3://{bucket}/{prefix}"):
                    attempt()
            except SyneError as error:
                yield error
                if doing == "write to":
                    return  # there is nothing to be read or deleted

    # -- rights of the caller --------------------------------------------------------------------

    def _rights(self, session: AwsSession) -> Iterator[Check]:
        """Calls that do nothing, but for those whom they are forbidden to."""
        from syne_core.aws.job_states import TrainingJobs
        from syne_core.backend.sagemaker.job_logs import job_lines

        jobs, absent = TrainingJobs(session), f"synebench-{self._tag}"
        calls: dict[str, Callable[[], object]] = {
            "sagemaker:ListTrainingJobs": lambda: next(jobs.listed(absent), None),
            "sagemaker:DescribeTrainingJob": partial(jobs.describe, absent),
            "sagemaker:StopTrainingJob": partial(jobs.stop, absent),
            "logs:DescribeLogStreams": lambda: job_lines(session, absent),
        }
        missing = [action for action, call in calls.items() if not _is_allowed(call)]
        if missing:
            what = f"you may not {', '.join(missing)}; docs/sagemaker.md has the policy"
            yield Check("your rights", "bad", what)
        else:
            seen = ", ".join(action.rpartition(":")[2] for action in calls)
            yield Check("your rights", "good", f"{seen} are allowed; CreateTrainingJob is seen by the jobs")

    # -- quotas and price ------------------------------------------------------------------------

    def _quotas(self, session: AwsSession) -> Iterator[Check]:
        from syne_core.aws.job_request import check_instance_type
        from syne_core.aws.job_states import TrainingJobs
        from syne_core.aws.quotas import instance_quotas

        name = self._options.instance_type
        try:
            check_instance_type(name, TrainingJobs(session).instance_types())
        except SyneError as error:
            yield Check("instance type", "bad", str(error))
            return
        quota = instance_quotas(session, [name])[name]
        self.quota = quota.training
        yield _quota_check(quota, "training")
        yield _quota_check(quota, "warm_pool")

    def _price(self, session: AwsSession) -> Check:
        from syne_core.aws.prices import hourly_price

        name = self._options.instance_type
        price = hourly_price(session.region, name)
        if price is None:
            return Check("price", "warning", f"of {name}: not known; trials report no cost")
        level = "good" if price.source == "Price List API" else "warning"
        return Check("price", level, f"{name}: {price.usd_per_hour:g} USD per hour ({price.source})")


def _quota_check(quota: InstanceQuota, use: str) -> Check:
    from syne_core.aws.quotas import quota_name

    name, count = quota_name(quota.instance_type, use), getattr(quota, use)
    step = "warm pool quota" if use == "warm_pool" else "quota"
    if count is None:
        unknown = "you lack servicequotas:ListServiceQuotas, or there is no such quota"
        return Check(step, "warning", f"'{name}' is not known: {unknown}")
    if count == 0:
        ask = f"'{name}' is 0: request an increase of it ({_CONSOLE})"
        if use == "training":
            return Check(step, "bad", f"{ask}, or try another --instance_type")
        return Check(step, "warning", f"{ask} before you use --warm_pool 1")
    return Check(step, "good", f"'{name}' is {count}")


def _is_allowed(call: Callable[[], object]) -> bool:
    """Whether AWS answers; any answer will do, but that it is forbidden."""
    from syne_core.aws.client_errors import clear_errors

    try:
        with clear_errors("call AWS"):
            call()
    except AwsSetupError:
        return False
    except SyneError:
        return True
    return True
