"""Our configuration spaces as Syne Tune's, and configurations there and back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from syne_core.config_space import Categorical, choice, config_space_to_json_dict
from syne_core.errors import ConfigSpaceError
from syne_core.optimizer.adapters.syne_tune_library import syne_tune_module

__all__ = ["SyneTuneSpace"]


class SyneTuneSpace:
    """A configuration space as Syne Tune sees it: the same, but for categories that are lists or
    dictionaries, which its models do not take. They are text there, as JSON.

    :raises MissingDependencyError: Syne Tune is not installed
    :raises ConfigSpaceError: it does not know a domain
    """

    def __init__(self, config_space: Mapping[str, Any]) -> None:
        self._as_text = {
            name
            for name, entry in config_space.items()
            if isinstance(entry, Categorical) and entry.value_type in (list, dict)
        }
        ours = {
            name: choice([json.dumps(value) for value in entry.categories])
            if name in self._as_text
            else entry
            for name, entry in config_space.items()
        }
        self.domains = _translated(ours)

    def to_syne_tune(self, config: Mapping[str, Any]) -> dict[str, Any]:
        """``config``, as it looks there."""
        return {name: _as_text(v) if name in self._as_text else v for name, v in config.items()}

    def from_syne_tune(self, config: Mapping[str, Any]) -> dict[str, Any]:
        """``config`` from there, as it looks here; what is not in the space is left out."""
        return {
            name: json.loads(value) if name in self._as_text else value
            for name, value in config.items()
            if name in self.domains
        }


def _translated(config_space: Mapping[str, Any]) -> dict[str, Any]:
    theirs = syne_tune_module("syne_tune.config_space")
    made, mistakes = {}, []
    for name, entry in config_space_to_json_dict(dict(config_space)).items():
        try:
            # A constant that is a dictionary is none of its domains.
            is_domain = isinstance(entry, dict) and "domain_cls" in entry
            made[name] = theirs.from_dict(entry) if is_domain else entry
        except Exception as error:  # asserts and whatever else its constructors end in
            mistakes.append(f"{name}: Syne Tune refuses {config_space[name]!r} ({error})")
    if mistakes:
        raise ConfigSpaceError.joined(mistakes)
    return made


def _as_text(value: Any) -> str:
    return json.dumps(value, sort_keys=True)
