"""The Price List API: what SageMaker training costs, in the form of its own: JSON in strings in JSON."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from syne_core.emulator.api_error import ApiError
from syne_core.emulator.gateway import Handler

__all__ = ["PricingService"]

_SERVICE = "AmazonSageMaker"
_DEFAULT_PAGE = 100
_LOCATIONS = {
    "us-east-1": "US East (N. Virginia)",
    "us-east-2": "US East (Ohio)",
    "us-west-1": "US West (N. California)",
    "us-west-2": "US West (Oregon)",
    "ca-central-1": "Canada (Central)",
    "eu-west-1": "EU (Ireland)",
    "eu-west-2": "EU (London)",
    "eu-west-3": "EU (Paris)",
    "eu-central-1": "EU (Frankfurt)",
    "eu-north-1": "EU (Stockholm)",
    "ap-northeast-1": "Asia Pacific (Tokyo)",
    "ap-southeast-1": "Asia Pacific (Singapore)",
    "ap-southeast-2": "Asia Pacific (Sydney)",
    "ap-south-1": "Asia Pacific (Mumbai)",
}
# AWS's codes of the term "on demand" and of a price per hour.
_ON_DEMAND, _PER_HOUR = "JRTCKXETXF", "6YS6EN2CT7"


class PricingService:
    """On-demand prices of training in one region.

    :param prices: USD per instance and hour
    :param dated: when they were published, ``YYYY-MM``
    """

    def __init__(self, prices: Mapping[str, float], dated: str, region: str) -> None:
        published = f"{dated}-01T00:00:00Z"
        self._products = [_product(name, usd, region, published) for name, usd in sorted(prices.items())]

    def handlers(self) -> Mapping[str, Handler]:
        """What it answers, by operation."""
        return {
            "DescribeServices": self._describe_services,
            "GetAttributeValues": self._attribute_values,
            "GetProducts": self._products_page,
        }

    def _describe_services(self, request: dict[str, Any]) -> dict[str, Any]:
        _check_service(request.get("ServiceCode", _SERVICE))
        names = sorted(self._products[0]["product"]["attributes"])
        return {
            "Services": [{"ServiceCode": _SERVICE, "AttributeNames": names}],
            "FormatVersion": "aws_v1",
        }

    def _attribute_values(self, request: dict[str, Any]) -> dict[str, Any]:
        _check_service(request["ServiceCode"])
        values = {_attribute(one, request["AttributeName"]) for one in self._products} - {None}
        return {"AttributeValues": [{"Value": value} for value in sorted(map(str, values))]}

    def _products_page(self, request: dict[str, Any]) -> dict[str, Any]:
        _check_service(request["ServiceCode"])
        filters = request.get("Filters", ())
        chosen = [one for one in self._products if all(_passes(one, rule) for rule in filters)]
        token = request.get("NextToken", "0")
        if not token.isdecimal():
            raise ApiError(
                "InvalidNextTokenException", "The pagination token is invalid. Try again without it."
            )
        end = int(token) + request.get("MaxResults", _DEFAULT_PAGE)
        page = [json.dumps(one) for one in chosen[int(token) : end]]
        more = {"NextToken": str(end)} if end < len(chosen) else {}
        return {"FormatVersion": "aws_v1", "PriceList": page, **more}


def _check_service(code: str) -> None:
    if code != _SERVICE:
        raise ApiError(
            "InvalidParameterException", f"The emulator has prices of {_SERVICE} only, not of {code}."
        )


def _passes(product: Mapping[str, Any], rule: Mapping[str, str]) -> bool:
    value, wanted = (_attribute(product, rule["Field"]) or "").lower(), rule["Value"].lower()
    match rule["Type"]:
        case "CONTAINS":
            return wanted in value
        case "ANY_OF":
            return value in wanted.split(",")
        case "NONE_OF":
            return value not in wanted.split(",")
    return value == wanted


def _attribute(product: Mapping[str, Any], name: str) -> str | None:
    top = {
        "servicecode": product["serviceCode"],
        "sku": product["product"]["sku"],
        "productfamily": product["product"]["productFamily"],
    }
    found = {key.lower(): value for key, value in product["product"]["attributes"].items()}
    value: str | None = {**found, **top}.get(name.lower())
    return value


def _product(instance_type: str, usd: float, region: str, published: str) -> dict[str, Any]:
    sku = hashlib.sha256(f"{region} {instance_type}".encode()).hexdigest()[:16].upper()
    place = _LOCATIONS.get(region, region)
    offer = f"{sku}.{_ON_DEMAND}"
    dimension = {
        "unit": "Hrs",
        "beginRange": "0",
        "endRange": "Inf",
        "description": f"${usd} per Training {instance_type} hour in {place}",
        "appliesTo": [],
        "rateCode": f"{offer}.{_PER_HOUR}",
        "pricePerUnit": {"USD": f"{usd:.10f}"},
    }
    term = {
        "priceDimensions": {f"{offer}.{_PER_HOUR}": dimension},
        "sku": sku,
        "effectiveDate": published,
        "offerTermCode": _ON_DEMAND,
        "termAttributes": {},
    }
    return {
        "product": {
            "productFamily": "ML Instance",
            "attributes": _attributes(instance_type, region, place),
            "sku": sku,
        },
        "serviceCode": _SERVICE,
        "terms": {"OnDemand": {offer: term}},
        "version": published,
        "publicationDate": published,
    }


def _attributes(instance_type: str, region: str, place: str) -> dict[str, str]:
    return {
        "component": "Training",
        "instanceName": instance_type,
        "instanceType": f"{instance_type}-Training",
        "location": place,
        "locationType": "AWS Region",
        "operation": "RunInstance",
        "platoinstancename": instance_type,
        "platoinstancetype": "Training",
        "regionCode": region,
        "servicecode": _SERVICE,
        "servicename": "Amazon SageMaker",
        "usagetype": f"{region}-Train:{instance_type}",
    }
