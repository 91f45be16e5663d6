"""Domains and spaces as JSON, in the form that Syne Tune writes and reads."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from syne_core.config_space.categories import Categorical, Ordinal, OrdinalNearestNeighbor
from syne_core.config_space.domain import Domain
from syne_core.config_space.finite_range import FiniteRange
from syne_core.config_space.intervals import Float, Integer
from syne_core.config_space.unit_interval import Scale
from syne_core.config_space.values import own
from syne_core.errors import ConfigSpaceError

_SCALES: dict[str, Scale] = {"Uniform": "linear", "LogUniform": "log", "ReverseLogUniform": "reverse-log"}
_SAMPLERS = {scale: sampler for sampler, scale in _SCALES.items()}
# By class: the samplers that Syne Tune names in its JSON form.
_VALID_SAMPLERS: dict[type[Domain], tuple[str, ...]] = {
    Float: tuple(_SCALES),
    Integer: ("Uniform", "LogUniform"),
    Categorical: ("Uniform",),
    Ordinal: ("Uniform",),
    OrdinalNearestNeighbor: (),
    FiniteRange: (),
}
_CLASSES = {cls.__name__: cls for cls in _VALID_SAMPLERS}


def to_dict(domain: Domain) -> dict[str, Any]:
    """The JSON form of one domain: class, arguments, and sampler where Syne Tune names one."""
    arguments = {f.name: getattr(domain, f.name) for f in fields(domain) if f.init and f.name != "scale"}
    if isinstance(domain, Categorical):
        arguments["categories"] = [own(value) for value in domain.categories]
    result: dict[str, Any] = {"domain_cls": type(domain).__name__, "domain_kwargs": arguments}
    if _VALID_SAMPLERS[type(domain)]:
        sampler = _SAMPLERS[domain.scale] if isinstance(domain, (Float, Integer)) else "Uniform"
        result["sampler_cls"] = sampler
        # Syne Tune writes and expects the base, which has no effect.
        result["sampler_kwargs"] = {} if sampler == "Uniform" else {"base": math.e}
    return result


def from_dict(d: Mapping[str, Any]) -> Domain:
    """The domain whose JSON form is ``d``, written here or by Syne Tune.

    Syne Tune 0.13 writes ``reverseloguniform`` as ``LogUniform``. If ``lower`` is 0 this is noticed and
    mended; else the two forms are the same and a log scale results.

    :raises ConfigSpaceError: an unknown class or sampler, or arguments that do not fit
    """
    name, arguments = d.get("domain_cls"), d.get("domain_kwargs")
    if name not in list(_CLASSES):
        raise ConfigSpaceError(f"unknown domain_cls {name!r}; valid: {', '.join(_CLASSES)}")
    if not isinstance(arguments, Mapping):
        raise ConfigSpaceError(f"{name}: domain_kwargs must be a dict, not {arguments!r}")
    cls = _CLASSES[name]
    sampler = d.get("sampler_cls", "Uniform")
    valid = _VALID_SAMPLERS[cls] or ("Uniform",)
    if sampler not in valid:
        raise ConfigSpaceError(f"{name}: unknown sampler_cls {sampler!r}; valid: {', '.join(valid)}")
    if cls is Float and sampler == "LogUniform" and arguments.get("lower") == 0:
        sampler = "ReverseLogUniform"
    scale = {"scale": _SCALES[sampler]} if cls in (Float, Integer) else {}
    try:
        return cls(**arguments, **scale)
    except TypeError as error:
        raise ConfigSpaceError(f"{name}: domain_kwargs do not fit: {error}") from None


def config_space_to_json_dict(space: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON form of a space; constants stay as they are.

    Syne Tune reads every dictionary as a domain, so it cannot read a space with a constant that is one.
    """
    return {
        name: to_dict(entry) if isinstance(entry, Domain) else own(entry) for name, entry in space.items()
    }


def config_space_from_json_dict(d: Mapping[str, Any]) -> dict[str, Any]:
    """The space whose JSON form is ``d``.

    :raises ConfigSpaceError: with every entry that is not a domain's JSON form, one per line
    """
    space, mistakes = {}, []
    for name, entry in d.items():
        try:
            is_domain = isinstance(entry, Mapping) and "domain_cls" in entry
            space[name] = from_dict(entry) if is_domain else own(entry)
        except ConfigSpaceError as error:
            mistakes.append(f"{name}: {error}")
    if mistakes:
        raise ConfigSpaceError.joined(mistakes)
    return space
