"""Syne Tune's JSON form."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from syne_core import config_space as cs
from syne_core.config_space import (
    Domain,
    choice,
    finrange,
    logfinrange,
    logordinal,
    lograndint,
    loguniform,
    ordinal,
    randint,
    reverseloguniform,
    uniform,
)
from syne_core.errors import ConfigSpaceError

_LOG = {"sampler_cls": "LogUniform", "sampler_kwargs": {"base": 2.718281828459045}}
_UNIFORM: dict[str, Any] = {"sampler_cls": "Uniform", "sampler_kwargs": {}}
# As printed by Syne Tune 0.13's to_dict for the same calls.
PEER: list[tuple[Domain, dict[str, Any]]] = [
    (uniform(0, 1), {"domain_cls": "Float", "domain_kwargs": {"lower": 0, "upper": 1}, **_UNIFORM}),
    (loguniform(1e-5, 0.1), {"domain_cls": "Float", "domain_kwargs": {"lower": 1e-05, "upper": 0.1}, **_LOG}),
    (randint(1, 3), {"domain_cls": "Integer", "domain_kwargs": {"lower": 1, "upper": 3}, **_UNIFORM}),
    (lograndint(1, 8), {"domain_cls": "Integer", "domain_kwargs": {"lower": 1, "upper": 8}, **_LOG}),
    (
        choice(["a", "b"]),
        {"domain_cls": "Categorical", "domain_kwargs": {"categories": ["a", "b"]}, **_UNIFORM},
    ),
    (ordinal(["a", "b"]), {"domain_cls": "Ordinal", "domain_kwargs": {"categories": ["a", "b"]}, **_UNIFORM}),
    (
        ordinal([1, 2, 8]),
        {
            "domain_cls": "OrdinalNearestNeighbor",
            "domain_kwargs": {"categories": [1, 2, 8], "log_scale": False},
        },
    ),
    (
        logordinal([1, 2, 8]),
        {
            "domain_cls": "OrdinalNearestNeighbor",
            "domain_kwargs": {"categories": [1, 2, 8], "log_scale": True},
        },
    ),
    (
        finrange(0, 1, 5),
        {
            "domain_cls": "FiniteRange",
            "domain_kwargs": {"lower": 0, "upper": 1, "log_scale": False, "cast_int": False, "size": 5},
        },
    ),
    (
        logfinrange(1, 100, 4, cast_int=True),
        {
            "domain_cls": "FiniteRange",
            "domain_kwargs": {"lower": 1, "upper": 100, "log_scale": True, "cast_int": True, "size": 4},
        },
    ),
]


@pytest.mark.parametrize(("domain", "written"), PEER, ids=[repr(d) for d, _ in PEER])
def test_json_form_is_that_of_syne_tune(domain: Domain, written: dict[str, Any]) -> None:
    assert cs.to_dict(domain) == written
    assert cs.from_dict(written) == domain


def test_reverseloguniform_keeps_its_sampler_and_is_recognised_in_files_of_syne_tune() -> None:
    ours = cs.to_dict(reverseloguniform(0, 0.99))
    assert ours["sampler_cls"] == "ReverseLogUniform"  # what Syne Tune reads
    # Syne Tune writes it with the name of the parent class.
    assert cs.from_dict({**ours, "sampler_cls": "LogUniform"}) == reverseloguniform(0, 0.99)


def test_values_of_a_log_range_computed_by_numpy_are_members() -> None:
    domain = logfinrange(1e-5, 1, 7)
    step = (np.log(1) - np.log(1e-5)) / 6
    assert all(domain.is_valid(np.exp(i * step + np.log(1e-5))) for i in range(7))


def _with(**changes: Any) -> dict[str, Any]:
    return {**cs.to_dict(uniform(0, 1)), **changes}


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (_with(domain_cls="Function"), "unknown domain_cls 'Function'; valid: Float, Integer,"),
        (_with(domain_cls=["Float"]), "unknown domain_cls"),
        (_with(domain_kwargs=None), "Float: domain_kwargs must be a dict, not None"),
        (_with(domain_kwargs={"lower": 0}), "missing 1 required positional argument: 'upper'"),
        (_with(domain_kwargs={"lower": 0, "upper": 1, "q": 2}), "unexpected keyword argument 'q'"),
        (
            _with(domain_kwargs={"lower": 0, "upper": 1, "scale": "log"}),
            "multiple values for keyword argument 'scale'",
        ),
        (_with(domain_kwargs={"lower": 1, "upper": 1}), "lower and upper are equal"),
        (_with(sampler_cls="Normal"), "Float: unknown sampler_cls 'Normal'; valid: Uniform, LogUniform, Rev"),
        (_with(domain_cls="Integer", sampler_cls="ReverseLogUniform"), "Integer: unknown sampler_cls"),
    ],
)
def test_unreadable_json_forms_are_refused_by_name(entry: dict[str, Any], message: str) -> None:
    good = cs.to_dict(randint(0, 1))
    with pytest.raises(ConfigSpaceError) as caught:
        cs.config_space_from_json_dict({"good": good, "first": entry, "second": entry})
    lines = str(caught.value).splitlines()
    assert [line.split(":")[0] for line in lines] == ["first", "second"]
    assert all(message in line for line in lines)


def test_sampler_may_be_absent_and_means_uniform() -> None:
    assert cs.from_dict({"domain_cls": "Float", "domain_kwargs": {"lower": 0, "upper": 1}}) == uniform(0, 1)
