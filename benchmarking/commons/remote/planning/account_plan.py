"""What an account says about a plan: its quotas, and what already exists on S3. Reads only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from benchmarking.commons.remote.planning.footprint import Footprint
from benchmarking.commons.remote.planning.remote_plan import TO_RETRY
from syne_core.errors import AwsSetupError, UsageError

if TYPE_CHECKING:
    from syne_core.aws.quotas import InstanceQuota
    from syne_core.aws.session import AwsSession

__all__ = ["AccountPlan", "ask_account", "check_tag", "states_on_s3"]


@dataclass(frozen=True)
class AccountPlan:
    """What was asked.

    :param session: with whom it was
    :param quotas: by instance type
    :param states: of experiments, by the first 8 digits of their identity
    """

    session: AwsSession
    quotas: Mapping[str, InstanceQuota]
    states: Mapping[str, str]

    @property
    def target(self) -> str:
        """The account or the emulator, in words."""
        return self.session.target

    @property
    def limits(self) -> dict[tuple[str, str], int]:
        """Instances at a time by type and use, where that is known: ``("ml.m5.large", "training")``."""
        known: dict[tuple[str, str], int] = {}
        for name, quota in self.quotas.items():
            figures = {"training": quota.training, "spot": quota.spot}
            known |= {(name, use): n for use, n in figures.items() if n is not None}
        return known

    def quotas_json(self) -> list[dict[str, Any]]:
        """As shown by ``--check_quota --json``."""
        return [
            {
                "instance_type": q.instance_type,
                "training": q.training,
                "spot": q.spot,
                "warm_pool": q.warm_pool,
            }
            for q in self.quotas.values()
        ]


def ask_account(settings: SimpleNamespace, footprints: Iterable[Footprint]) -> AccountPlan:
    """Ask the account that flags and environment describe; nothing is made there.

    :raises AwsSetupError: there are no credentials, or they may not read the bucket
    :raises UsageError: the tag is that of another study on S3
    """
    from benchmarking.commons.remote.records.place import Place
    from syne_core.aws.quotas import instance_quotas
    from syne_core.aws.session import AwsSession

    session = AwsSession.resolve(settings.region)
    types = dict.fromkeys(name for one in footprints for name in one.instances)
    try:
        place = Place.find(settings.region, settings.s3_bucket)
    except AwsSetupError:
        if settings.s3_bucket is not None:
            raise
        states: dict[str, str] = {}  # the default bucket is made by the first launch
    else:
        states = states_on_s3(session, place.bucket, settings.experiment_tag)
    return AccountPlan(session, instance_quotas(session, types), states)


def states_on_s3(session: AwsSession, bucket: str, tag: str) -> dict[str, str]:
    """The states of the experiments of study ``tag``, by the first 8 digits of their identity.

    A failure after which the queue tries again by itself is ``TO_RETRY``.

    :raises UsageError: what lies there belongs to another tag
    :raises AwsSetupError: the bucket cannot be read
    """
    from benchmarking.commons.remote.queue.queue_model import Limits
    from benchmarking.commons.remote.records.manifest import read_manifest
    from benchmarking.commons.remote.records.markers import FAILED, read_record, read_states
    from benchmarking.commons.remote.records.place import side_by_side
    from syne_core.aws.client_errors import clear_errors

    s3 = session.client("s3")
    with clear_errors(f"read study '{tag}' in bucket '{bucket}'"):
        manifest = read_manifest(s3, bucket, tag)
        if manifest is not None:
            check_tag(tag, manifest.tag)
        states = {id8: state.state for id8, state in read_states(s3, bucket, tag).items()}
        failed = [id8 for id8, state in states.items() if state == FAILED]
        records = side_by_side(lambda id8: read_record(s3, bucket, tag, id8, FAILED), failed)
    for id8, record in zip(failed, records, strict=True):
        if record is not None and record.may_be_retried(Limits.max_retries):
            states[id8] = TO_RETRY
    return states


def check_tag(tag: str, earlier: str) -> None:
    """See that a study on S3 is the one that is meant: there, ``_`` and ``-`` are the same.

    :raises UsageError: it is not
    """
    if tag != earlier:
        raise UsageError(
            f"--experiment_tag {tag}: on S3, '{earlier}' is a study already, and both would be the same "
            "there ('_' becomes '-'); choose another tag"
        )
