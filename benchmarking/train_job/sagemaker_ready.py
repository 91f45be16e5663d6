"""What is seen to before a training job is started on SageMaker: nothing is uploaded here."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarking.train_job.contents import training_bundle
from benchmarking.train_job.image_tools import ImageTool, find_image_tool
from benchmarking.train_job.sagemaker_settings import DEFAULT_INSTANCE, SageMakerSettings, split_uri
from benchmarking.train_job.stock_image import image_notes, image_of
from benchmarking.train_job.training_order import TrainingOrder
from syne_core.errors import AwsSetupError, RefusedError, SyneError, UsageError

if TYPE_CHECKING:
    from syne_core.aws.bundles import Bundle
    from syne_core.aws.session import AwsSession

__all__ = ["Ready", "make_ready"]

#: Below which models go where nobody says otherwise; the policies of ``docs/sagemaker.md`` allow it.
_DEFAULT_PREFIX = "syne-tune/_fit"


@dataclass(frozen=True)
class Ready:
    """All that a job needs.

    :param actor: with whose rights it is uploaded and started: the role's, where we may assume it
    :param image: URI; None: it is still to be built
    :param bucket: None: the default one, which is still to be made
    :param prefix: of the models, without slashes around it
    :param tool: builds the image
    """

    actor: AwsSession
    role_arn: str
    image: str | None
    bucket: str | None
    prefix: str
    bundle: Bundle
    tool: ImageTool | None = None
    notes: tuple[str, ...] = ()


def make_ready(session: AwsSession, settings: SageMakerSettings, order: TrainingOrder) -> Ready:
    """Look at everything, and report all mistakes together.

    :param settings: with an instance type

    :raises UsageError: names everything that has to be changed
    :raises AwsSetupError: AWS does not accept the credentials
    :raises RefusedError: the quota does not allow as many instances
    """
    session.account_id  # noqa: B018 - without credentials, nothing else can be asked
    mistakes: list[str] = []
    notes: list[str] = []
    with _collecting(mistakes):
        _check_instance_type(session, settings)
    image = role = bundle = tool = None
    with _collecting(mistakes):
        if order.build:
            tool = find_image_tool()
        else:
            image = image_of(order, session.region, _kind(settings))
            notes += image_notes(order.image, _kind(settings))
    with _collecting(mistakes):
        bundle = training_bundle(order)
        notes += bundle.notes
    actor = session
    with _collecting(mistakes):
        role = _role(session, settings)
        actor = _actor(session, role)
    bucket, prefix = _place(settings)
    with _collecting(mistakes):
        bucket = _bucket(session, actor, bucket, prefix)
    if mistakes or role is None or bundle is None:
        raise UsageError.joined(mistakes)
    notes += _check_quota(session, settings)
    return Ready(actor, role, image, bucket, prefix, bundle, tool, tuple(notes))


@contextmanager
def _collecting(mistakes: list[str]) -> Iterator[None]:
    """Turn errors into lines: one answer of AWS does not hide what it would answer to another question."""
    try:
        yield
    except SyneError as error:
        mistakes += str(error).splitlines()


def _kind(settings: SageMakerSettings) -> str:
    return settings.instance_type or DEFAULT_INSTANCE


def _check_instance_type(session: AwsSession, settings: SageMakerSettings) -> None:
    from syne_core.aws.job_request import check_instance_type
    from syne_core.aws.job_states import TrainingJobs

    check_instance_type(_kind(settings), TrainingJobs(session).instance_types())


def _role(session: AwsSession, settings: SageMakerSettings) -> str:
    from syne_core.aws.accounts import execution_role

    return execution_role(session, settings.role_name, "--config.role_name")


def _actor(session: AwsSession, role_arn: str) -> AwsSession:
    from syne_core.aws.assumed_role import as_role

    return as_role(session, role_arn, "synebench-fit") or session


def _place(settings: SageMakerSettings) -> tuple[str | None, str]:
    if settings.output_path is None:
        return None, _DEFAULT_PREFIX
    return split_uri(settings.output_path, "--config.output_path")


def _bucket(session: AwsSession, actor: AwsSession, bucket: str | None, prefix: str) -> str | None:
    """The bucket, which exists and can be written to; None: the default one does not exist yet."""
    from syne_core.aws.accounts import default_bucket

    if bucket is None:
        try:
            bucket = default_bucket(session, create=False)
        except AwsSetupError:
            return None
    else:
        default_bucket(session, bucket, flag="--config.output_path")
    _try_to_write(actor, bucket, f"{prefix}/.synebench-{uuid.uuid4().hex}".lstrip("/"))
    return bucket


def _try_to_write(actor: AwsSession, bucket: str, key: str) -> None:
    """An empty object that is removed at once; a policy says nothing about KMS keys and bucket policies."""
    from syne_core.aws.client_errors import clear_errors

    s3 = actor.client("s3")
    with clear_errors(f"write to s3://{bucket}/{key.rpartition('/')[0]}"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"")
    remove: Callable[[], object] = lambda: s3.delete_object(Bucket=bucket, Key=key)  # noqa: E731
    with suppress(SyneError), clear_errors("remove the object that was written as a test"):
        remove()


def _check_quota(session: AwsSession, settings: SageMakerSettings) -> Iterator[str]:
    from syne_core.aws.quotas import instance_quotas, quota_name

    name, wanted = _kind(settings), settings.instance_count
    allowed = instance_quotas(session, [name])[name].training
    if allowed is None:
        yield f"the quota '{quota_name(name)}' is not known"
    elif allowed < wanted:
        raise RefusedError(
            f"The quota '{quota_name(name)}' is {allowed}, the job needs {wanted}: ask for more in the "
            "Service Quotas console, or choose another --config.train_instance_type"
        )
