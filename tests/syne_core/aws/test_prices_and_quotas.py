"""Prices and quotas, over answers in the form of the two services."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from syne_core.aws.prices import TRAINING_PRICES, hourly_price, table_price
from syne_core.aws.quotas import instance_quotas, quota_name


class _Session:
    """Answers from given pages; each operation's pages in order."""

    def __init__(self, **pages: Sequence[Mapping[str, Any]]) -> None:
        self.pages = pages
        self.requests: list[dict[str, Any]] = []

    def client(self, service: str) -> Any:
        return self

    def __getattr__(self, operation: str) -> Any:
        def call(**request: Any) -> Mapping[str, Any]:
            self.requests.append(dict(request))
            number = int(request.get("NextToken", 0))
            pages = self.pages[operation]
            more = {"NextToken": str(number + 1)} if number + 1 < len(pages) else {}
            return {**pages[number], **more}

        return call


def _product(usd: str, usagetype: str, component: str) -> str:
    term = {"priceDimensions": {"r": {"unit": "Hrs", "pricePerUnit": {"USD": usd}}}}
    attributes = {"usagetype": usagetype, "component": component, "instanceName": "ml.m5.large"}
    return json.dumps({"product": {"attributes": attributes}, "terms": {"OnDemand": {"t": term}}})


def test_live_price_is_that_of_training_on_demand() -> None:
    hosting = _product("0.5", "EU-Host:ml.m5.large", "Hosting")
    spot = _product("0.01", "EU-TrainSpot:ml.m5.large", "Training")
    training = _product("0.128", "EU-Train:ml.m5.large", "Training")
    session = _Session(get_products=[{"PriceList": [hosting, spot]}, {"PriceList": [training]}])
    price = hourly_price("eu-west-1", "ml.m5.large", session)
    assert price is not None
    assert (price.usd_per_hour, price.source) == (0.128, "Price List API")
    asked = {entry["Field"]: entry["Value"] for entry in session.requests[0]["Filters"]}
    assert asked == {"regionCode": "eu-west-1", "instanceName": "ml.m5.large"}


def test_where_nobody_answers_the_table_does_and_says_so() -> None:
    price = hourly_price("eu-west-1", "ml.g4dn.xlarge", _Session())  # KeyError, as good as any error
    assert price == table_price("ml.g4dn.xlarge")
    assert price is not None
    assert "table of" in price.source
    assert hourly_price("eu-west-1", "ml.unheard.of", _Session(get_products=[{"PriceList": []}])) is None


def test_larger_instances_of_a_family_cost_more() -> None:
    sizes = ["medium", "large", "xlarge", *(f"{n}xlarge" for n in (2, 4, 8, 9, 10, 12, 18, 24))]
    families: dict[str, list[tuple[int, float]]] = {}
    for name, price in TRAINING_PRICES.items():
        _, family, size = name.split(".")
        # 16xlarge of the g families has one GPU, 12xlarge has four.
        if size in sizes:
            families.setdefault(family, []).append((sizes.index(size), price))
    for family, known in families.items():
        prices = [price for _, price in sorted(known)]
        assert prices == sorted(prices), family


def test_quota_of_the_account_wins_over_the_default() -> None:
    def quota(use: str, value: float) -> dict[str, Any]:
        return {"QuotaName": quota_name("ml.m5.large", use), "Value": value}

    session = _Session(
        list_aws_default_service_quotas=[{"Quotas": [quota("training", 4.0), quota("warm_pool", 0.0)]}],
        list_service_quotas=[{"Quotas": []}, {"Quotas": [quota("training", 20.0)]}],
    )
    found = instance_quotas(session, ["ml.m5.large", "ml.p3.2xlarge"])
    assert (found["ml.m5.large"].training, found["ml.m5.large"].warm_pool) == (20, 0)
    assert found["ml.m5.large"].of_jobs(use_spot=True) is None
    assert found["ml.p3.2xlarge"].training is None


def test_quotas_that_may_not_be_read_are_unknown() -> None:
    assert instance_quotas(_Session(), ["ml.m5.large"])["ml.m5.large"].training is None


@pytest.mark.parametrize(
    ("use", "name"),
    [
        ("training", "ml.g4dn.xlarge for training job usage"),
        ("spot", "ml.g4dn.xlarge for spot training job usage"),
        ("warm_pool", "ml.g4dn.xlarge for training warm pool usage"),
    ],
)
def test_quotas_are_called_as_in_service_quotas(use: str, name: str) -> None:
    assert quota_name("ml.g4dn.xlarge", use) == name
