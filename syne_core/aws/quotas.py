"""How many instances an account may use at once: Service Quotas.

SageMaker has three quotas for each instance type: for training jobs, for managed spot training and for warm
pools. An account in which nobody raised them often has 0 for GPU instances.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

__all__ = ["HasClient", "InstanceQuota", "instance_quotas", "quota_name"]

logger = logging.getLogger(__name__)

_USES = {
    "training": "training job usage",
    "spot": "spot training job usage",
    "warm_pool": "training warm pool usage",
}


class HasClient(Protocol):
    """What is needed of ``syne_core.aws.session.AwsSession``."""

    def client(self, service: str) -> Any:
        """A boto3 client."""


@dataclass(frozen=True)
class InstanceQuota:
    """Instances of one type that may be used at a time; None: not known.

    :param training: by training jobs
    :param spot: by jobs on managed spot
    :param warm_pool: in warm pools
    """

    instance_type: str
    training: int | None = None
    spot: int | None = None
    warm_pool: int | None = None

    def of_jobs(self, use_spot: bool) -> int | None:
        """The quota that counts for the jobs."""
        return self.spot if use_spot else self.training


def quota_name(instance_type: str, use: str = "training") -> str:
    """What Service Quotas calls it.

    :param use: ``"training"``, ``"spot"`` or ``"warm_pool"``
    """
    return f"{instance_type} for {_USES[use]}"


def instance_quotas(session: HasClient, instance_types: Iterable[str]) -> dict[str, InstanceQuota]:
    """The quotas of ``instance_types``.

    What was applied to the account wins over AWS's default. Where Service Quotas may not be asked, or does
    not know a type, the figures are None.
    """
    found: dict[str, float] = {}
    try:
        client = session.client("service-quotas")
        for operation in ("list_aws_default_service_quotas", "list_service_quotas"):
            found.update(_pages(client, operation))
    except Exception as error:
        # Whoever may start jobs may still be forbidden to read quotas: the plan then says "not known".
        logger.info("quotas are not known: %s", error)
    return {name: _quota(name, found) for name in instance_types}


def _quota(instance_type: str, found: Mapping[str, float]) -> InstanceQuota:
    values = {use: found.get(quota_name(instance_type, use)) for use in _USES}
    return InstanceQuota(instance_type, **{u: None if v is None else int(v) for u, v in values.items()})


def _pages(client: Any, operation: str) -> dict[str, float]:
    found: dict[str, float] = {}
    request: dict[str, Any] = {"ServiceCode": "sagemaker"}
    while True:
        page = getattr(client, operation)(**request)
        found.update((quota["QuotaName"], quota["Value"]) for quota in page.get("Quotas", ()))
        if not page.get("NextToken"):
            return found
        request["NextToken"] = page["NextToken"]
