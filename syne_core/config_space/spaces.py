"""Functions over whole spaces: check, sample, compare, enumerate, encode."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import Any

from syne_core.config_space.domain import Domain, RandomSource
from syne_core.config_space.values import json_mistake, number, own, plain, reads_as
from syne_core.errors import ConfigSpaceError, nearest_name


def check_config_space(space: Mapping[str, Any]) -> None:
    """Check names and constants (domains have checked themselves).

    Names are nonempty strings that do not start with ``st_``; constants are what JSON can hold.

    :raises ConfigSpaceError: with every mistake, one per line
    """
    if not isinstance(space, Mapping):
        raise ConfigSpaceError(f"a configuration space is a dict, not {type(space).__name__}")
    mistakes = []
    for name, entry in space.items():
        if not isinstance(name, str) or not name:
            mistakes.append(f"{name!r}: a hyperparameter's name must be a nonempty string")
        elif name.startswith("st_"):
            mistakes.append(f"{name}: names starting with 'st_' are reserved")
        why = None if isinstance(entry, Domain) else json_mistake(entry)
        if why is not None:
            mistakes.append(f"{name}: constant {entry!r} {why}")
        elif isinstance(entry, dict) and "domain_cls" in entry:
            mistakes.append(f"{name}: a constant with key 'domain_cls' would be read back as a domain")
    if mistakes:
        raise ConfigSpaceError.joined(mistakes)


def _domains(space: Mapping[str, Any]) -> dict[str, Domain]:
    return {name: entry for name, entry in space.items() if isinstance(entry, Domain)}


def non_constant_hyperparameter_keys(space: Mapping[str, Any]) -> list[str]:
    """Names that are searched over, in the order of the space."""
    return list(_domains(space))


def sample_config(space: Mapping[str, Any], rng: RandomSource) -> dict[str, Any]:
    """A random configuration, constants included, in the order of the space.

    Takes one number from ``rng`` per hyperparameter, in that order.
    """
    return {
        name: entry.from_unit(rng.random()) if isinstance(entry, Domain) else own(entry)
        for name, entry in space.items()
    }


def is_valid_config(config: Mapping[str, Any], space: Mapping[str, Any]) -> bool:
    """True if :func:`config_mistakes` finds none."""
    return not config_mistakes(config, space)


def config_mistakes(config: Mapping[str, Any], space: Mapping[str, Any]) -> list[str]:
    """All reasons why ``config`` is not a configuration of ``space``; empty if it is one.

    Every hyperparameter must be there and valid; constants may be left out but not differ; other names
    are mistakes.
    """
    mistakes = []
    for name, entry in space.items():
        if isinstance(entry, Domain):
            if name not in config:
                mistakes.append(f"{name}: missing; expected a value of {entry!r}")
            elif not entry.is_valid(config[name]):
                mistakes.append(f"{name}: {config[name]!r} is not in {entry!r}")
        elif name in config and not _same_constant(config[name], entry):
            mistakes.append(f"{name}: {config[name]!r} differs from the constant {entry!r}")
    for name in config:
        if name not in space:
            near = nearest_name(str(name), space)
            mistakes.append(f"{name}: not in the space" + (f"; did you mean '{near}'?" if near else ""))
    return mistakes


def _same_constant(value: Any, constant: Any) -> bool:
    value = plain(value)
    if type(value) is type(constant):
        return bool(value == constant)
    x = number(value)
    return x is not None and x == number(constant)


def config_space_size(space: Mapping[str, Any], upper_limit: int | None = 2**20) -> int | None:
    """Number of configurations; None if infinite or above ``upper_limit`` (None: no limit)."""
    size = math.prod(map(len, _domains(space).values()))
    return size if size > 0 and (upper_limit is None or size <= upper_limit) else None


def enumerate_configs(space: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """All configurations of a finite space, lazily; the last hyperparameter varies fastest.

    :raises ConfigSpaceError: at the call, if the space is infinite; names the hyperparameters at fault
    """
    domains = _domains(space)
    infinite = [f"{n}: {d!r} has infinitely many values" for n, d in domains.items() if d.cardinality is None]
    if infinite:
        raise ConfigSpaceError.joined(infinite)
    return (_config_number(n, space, domains) for n in range(math.prod(map(len, domains.values()))))


def _config_number(n: int, space: Mapping[str, Any], domains: Mapping[str, Domain]) -> dict[str, Any]:
    config = {name: own(entry) for name, entry in space.items()}
    for name, domain in reversed(list(domains.items())):
        n, index = divmod(n, len(domain))
        config[name] = domain.value_at(index)
    return config


def config_key(config: Mapping[str, Any], space: Mapping[str, Any]) -> tuple[Hashable, ...]:
    """A hashable that two configurations share exactly if their hyperparameters agree.

    Floats agree up to about 12 significant digits. Constants and names outside the space do not count.

    :raises KeyError: a hyperparameter is missing
    :raises ConfigSpaceError: one is not valid
    """
    return tuple([e.match_key(config[name]) for name, e in space.items() if isinstance(e, Domain)])


def cast_config_values(config: Mapping[str, Any], space: Mapping[str, Any]) -> dict[str, Any]:
    """``config``, restricted to names of ``space`` and in its order, with values of the right types.

    A constant that is spelled as in the space becomes the space's; any other stays as it is.

    :raises ConfigSpaceError: a value cannot be cast; names the hyperparameter
    """
    return {name: _cast_entry(name, config[name], entry) for name, entry in space.items() if name in config}


def _cast_entry(name: str, value: Any, entry: Any) -> Any:
    if not isinstance(entry, Domain):
        return own(entry) if isinstance(value, str) and reads_as(entry, value) else value
    try:
        return entry.cast(value)
    except ConfigSpaceError as error:
        raise ConfigSpaceError(f"{name}: {error}") from None


def encode_config(config: Mapping[str, Any], space: Mapping[str, Any]) -> list[float]:
    """Positions in [0, 1] of the hyperparameters, in the order of the space.

    :raises KeyError: a hyperparameter is missing
    :raises ConfigSpaceError: one has no position
    """
    return [e.to_unit(config[name]) for name, e in space.items() if isinstance(e, Domain)]


def decode_config(units: Sequence[float], space: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration, constants included, at a point of the unit cube.

    :param units: one number per hyperparameter, in the order of the space; clipped to [0, 1]
    :raises ConfigSpaceError: a wrong number of them, or NaN
    """
    expected = len(_domains(space))
    if len(units) != expected:
        raise ConfigSpaceError(f"{len(units)} positions given for {expected} hyperparameters")
    remaining = iter(units)
    return {
        name: entry.from_unit(next(remaining)) if isinstance(entry, Domain) else own(entry)
        for name, entry in space.items()
    }
