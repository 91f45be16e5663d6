"""What an instance costs: the Price List API where it may be asked, else a small table.

The table has the on-demand prices of SageMaker training in us-east-1, USD per hour. It is a fallback: prices
differ between regions and change, so a figure from it is an estimate and is called one.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from syne_core.aws.session import AwsSession

__all__ = [
    "TABLE_DATE",
    "TABLE_REGION",
    "TRAINING_PRICES",
    "Price",
    "hourly_price",
    "table_price",
]

logger = logging.getLogger(__name__)

#: When the table was made, and for which region.
TABLE_DATE = "2026-11"
TABLE_REGION = "us-east-1"

#: USD per hour of one instance, training on demand, us-east-1.
TRAINING_PRICES: Mapping[str, float] = MappingProxyType(
    {
        "ml.c4.xlarge": 0.239,
        "ml.c4.2xlarge": 0.478,
        "ml.c4.4xlarge": 0.955,
        "ml.c4.8xlarge": 1.909,
        "ml.c5.xlarge": 0.204,
        "ml.c5.2xlarge": 0.408,
        "ml.c5.4xlarge": 0.816,
        "ml.c5.9xlarge": 1.836,
        "ml.c5.18xlarge": 3.672,
        "ml.g4dn.xlarge": 0.736,
        "ml.g4dn.2xlarge": 0.94,
        "ml.g4dn.4xlarge": 1.505,
        "ml.g4dn.8xlarge": 2.72,
        "ml.g4dn.12xlarge": 4.89,
        "ml.g4dn.16xlarge": 5.44,
        "ml.g5.xlarge": 1.408,
        "ml.g5.2xlarge": 1.515,
        "ml.g5.4xlarge": 2.03,
        "ml.g5.8xlarge": 3.06,
        "ml.g5.12xlarge": 7.09,
        "ml.g5.16xlarge": 5.12,
        "ml.g5.24xlarge": 10.18,
        "ml.g5.48xlarge": 20.36,
        "ml.m4.xlarge": 0.24,
        "ml.m4.2xlarge": 0.48,
        "ml.m4.4xlarge": 0.96,
        "ml.m4.10xlarge": 2.4,
        "ml.m4.16xlarge": 3.84,
        "ml.m5.large": 0.115,
        "ml.m5.xlarge": 0.23,
        "ml.m5.2xlarge": 0.461,
        "ml.m5.4xlarge": 0.922,
        "ml.m5.12xlarge": 2.765,
        "ml.m5.24xlarge": 5.53,
        "ml.p2.xlarge": 1.125,
        "ml.p3.2xlarge": 3.825,
        "ml.p3.8xlarge": 14.688,
        "ml.p3.16xlarge": 28.152,
    }
)

# The Price List API has endpoints in a few regions only, each of which knows all prices.
_API_REGION = "us-east-1"


@dataclass(frozen=True)
class Price:
    """What one instance costs.

    :param usd_per_hour: on demand
    :param source: ``"Price List API"``, or the table's date and region
    """

    usd_per_hour: float
    source: str


def table_price(instance_type: str) -> Price | None:
    """The table's price; None if it does not have one."""
    usd = TRAINING_PRICES.get(instance_type)
    return None if usd is None else Price(usd, f"table of {TABLE_DATE} for {TABLE_REGION}")


def hourly_price(region: str, instance_type: str, pricing: Any = None) -> Price | None:
    """What training on one ``instance_type`` costs in ``region``; None if nobody knows.

    Asks the Price List API; an account that may not, or cannot reach it, gets the table's price.

    :param pricing: a client of the Price List API; default: one that is made for this call
    """
    try:
        live = _live_price(
            pricing or AwsSession.resolve(_API_REGION).client("pricing"), region, instance_type
        )
    except Exception as error:
        # A price is a service to the reader: whatever is wrong with it must not keep a study from starting.
        logger.info("prices come from our table: %s", error)
        live = None
    return live or table_price(instance_type)


def _live_price(pricing: Any, region: str, instance_type: str) -> Price | None:
    wanted = {"regionCode": region, "instanceName": instance_type}
    request: dict[str, Any] = {
        "ServiceCode": "AmazonSageMaker",
        "FormatVersion": "aws_v1",
        "Filters": [{"Type": "TERM_MATCH", "Field": k, "Value": v} for k, v in wanted.items()],
    }
    while True:
        page = pricing.get_products(**request)
        for text in page.get("PriceList", ()):
            usd = _training_price(json.loads(text), instance_type)
            if usd is not None:
                return Price(usd, "Price List API")
        if not page.get("NextToken"):
            return None
        request["NextToken"] = page["NextToken"]


def _training_price(product: Mapping[str, Any], instance_type: str) -> float | None:
    """USD per hour, if ``product`` is on-demand training on ``instance_type``."""
    attributes = product.get("product", {}).get("attributes", {})
    usage = str(attributes.get("usagetype", ""))
    if attributes.get("component") != "Training" and f"Train:{instance_type}" not in usage:
        return None
    if "Spot" in usage:
        return None
    return next(_hourly_prices(product), None)


def _hourly_prices(product: Mapping[str, Any]) -> Iterator[float]:
    for term in product.get("terms", {}).get("OnDemand", {}).values():
        for dimension in term.get("priceDimensions", {}).values():
            usd = float(dimension.get("pricePerUnit", {}).get("USD", 0.0))
            if usd > 0.0:
                yield usd
