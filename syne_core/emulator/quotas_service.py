"""Service Quotas: how many instances of each type training may use."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from syne_core.emulator.api_error import ApiError
from syne_core.emulator.gateway import Handler
from syne_core.emulator.service_models import service_model

__all__ = ["QuotasService"]

#: What is said of an instance type that has no quota.
UNLIMITED = 1_000_000
_SERVICE, _SERVICE_NAME = "sagemaker", "Amazon SageMaker"
_DEFAULT_PAGE = 100


class QuotasService:
    """The quotas of an emulator, as an account sees them.

    :param quotas: by kind (``training job``, ...) and instance type
    """

    def __init__(self, quotas: Mapping[str, Mapping[str, int]], account: str, region: str) -> None:
        types = service_model("sagemaker").shape_for("TrainingInstanceType").metadata["enum"]
        prefix = f"arn:aws:servicequotas:{region}:{account}:{_SERVICE}"
        self._quotas = [
            _entry(prefix, f"{name} for {kind} usage", limits.get(name, UNLIMITED))
            for name in sorted(types)
            for kind, limits in quotas.items()
        ]

    def handlers(self) -> Mapping[str, Handler]:
        """What it answers, by operation."""
        return {
            "ListServices": self._list_services,
            "ListServiceQuotas": self._list,
            "ListAWSDefaultServiceQuotas": self._list,
            "GetServiceQuota": self._get,
            "GetAWSDefaultServiceQuota": self._get,
        }

    def _list_services(self, request: dict[str, Any]) -> dict[str, Any]:
        return {"Services": [{"ServiceCode": _SERVICE, "ServiceName": _SERVICE_NAME}]}

    def _list(self, request: dict[str, Any]) -> dict[str, Any]:
        _check_service(request)
        code = request.get("QuotaCode")
        chosen = [one for one in self._quotas if code in (None, one["QuotaCode"])]
        page, token = _page(chosen, request)
        return {"Quotas": page, **token}

    def _get(self, request: dict[str, Any]) -> dict[str, Any]:
        _check_service(request)
        for one in self._quotas:
            if one["QuotaCode"] == request["QuotaCode"]:
                return {"Quota": one}
        raise ApiError(
            "NoSuchResourceException", "The request failed because the specified quota does not exist."
        )


def _entry(prefix: str, name: str, value: int) -> dict[str, Any]:
    """Codes are derived from names, so they are the same in every emulator; they are not AWS's."""
    code = f"L-{hashlib.sha256(name.encode()).hexdigest()[:8].upper()}"
    return {
        "ServiceCode": _SERVICE,
        "ServiceName": _SERVICE_NAME,
        "QuotaArn": f"{prefix}/{code}",
        "QuotaCode": code,
        "QuotaName": name,
        "Value": float(value),
        "Unit": "None",
        "Adjustable": True,
        "GlobalQuota": False,
        "QuotaAppliedAtLevel": "ACCOUNT",
    }


def _check_service(request: Mapping[str, Any]) -> None:
    if request["ServiceCode"] != _SERVICE:
        raise ApiError("NoSuchResourceException", f"The emulator has quotas of {_SERVICE} only.")


def _page(entries: Sequence[Any], request: Mapping[str, Any]) -> tuple[list[Any], dict[str, str]]:
    first, size = _position(request.get("NextToken")), request.get("MaxResults", _DEFAULT_PAGE)
    end = first + size
    token = base64.b64encode(str(end).encode()).decode()
    return list(entries[first:end]), {"NextToken": token} if end < len(entries) else {}


def _position(token: str | None) -> int:
    if token is None:
        return 0
    try:
        return max(0, int(base64.b64decode(token, validate=True)))
    except ValueError:
        raise ApiError("InvalidPaginationTokenException", "Invalid token was used.") from None
