"""What the experiments of a study must agree on, so that their trials fit into one table."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from syne_core.config_space import Domain, config_space_from_json_dict, config_space_to_json_dict
from syne_core.errors import ConfigSpaceError, ResultsError, UnknownNameError, UsageError
from syne_core.experiments.experiment_folder import ExperimentFolder
from syne_core.experiments.metadata import metric_and_mode, text_entry

__all__ = ["StudySpace", "study_space"]

# Where data lie differs between machines and decides nothing.
_NOT_COMPARED = ("dataset_path",)


@dataclass(frozen=True)
class StudySpace:
    """What is the same for all trials of a table.

    :param domains: hyperparameters by name
    :param constants: the other entries of configurations, the repetition's not among them
    :param seed_attribute: entry of configurations that tells repetitions apart
    :param metric: the one that the experiments optimised
    :param max_resource: resource of a whole run; None where the experiments do not say
    """

    domains: dict[str, Domain]
    constants: dict[str, Any]
    seed_attribute: str | None
    resource_attr: str
    metric: str
    mode: str
    max_resource_attr: str | None
    max_resource: int | None


def study_space(folders: Sequence[ExperimentFolder], seed_attribute: str | None) -> StudySpace:
    """What ``folders``, at least one, agree on.

    :raises ResultsError: they do not agree, or do not say what is needed; names all differences
    :raises UnknownNameError: ``seed_attribute`` is no entry of configurations
    """
    spaces = [_space(folder) for folder in folders]
    mistakes = _differing_domains(folders, spaces, seed_attribute)
    for what in ("resource_attr", "max_resource_attr"):
        mistakes += _differing(folders, what, lambda folder: text_entry(folder.metadata, what))  # noqa: B023
    mistakes += _differing(folders, "metric", lambda folder: ", ".join(_metric_and_mode(folder)))
    if mistakes:
        raise ResultsError("\n".join([*mistakes, _CHOOSE]))
    resource_attr = text_entry(folders[0].metadata, "resource_attr")
    if resource_attr is None:
        raise ResultsError(
            f"{folders[0].name} does not say which reported value is the resource (resource_attr): "
            "without it reports cannot be compared"
        )
    if seed_attribute is not None and seed_attribute not in spaces[0]:
        raise UnknownNameError("seed attribute", seed_attribute, spaces[0])
    constants = _constants(folders, spaces, seed_attribute)
    metric, mode = _metric_and_mode(folders[0])
    max_resource_attr = text_entry(folders[0].metadata, "max_resource_attr")
    limit = constants.get(max_resource_attr or "")
    return StudySpace(
        domains={n: d for n, d in spaces[0].items() if isinstance(d, Domain) and n != seed_attribute},
        constants=constants,
        seed_attribute=seed_attribute,
        resource_attr=resource_attr,
        metric=metric,
        mode=mode,
        max_resource_attr=max_resource_attr,
        max_resource=limit if isinstance(limit, int) and not isinstance(limit, bool) else None,
    )


_CHOOSE = "One table holds one benchmark: choose with --benchmark"


def _space(folder: ExperimentFolder) -> dict[str, Any]:
    stored = folder.metadata.get("config_space")
    try:
        stored = json.loads(stored) if isinstance(stored, str) else stored
        if not isinstance(stored, dict) or not stored:
            raise ResultsError(f"{folder.name} does not say its configuration space")
        return config_space_from_json_dict(stored)
    except (ValueError, ConfigSpaceError) as error:
        raise ResultsError(f"{folder.name}: its configuration space cannot be read: {error}") from None


def _metric_and_mode(folder: ExperimentFolder) -> tuple[str, str]:
    try:
        return metric_and_mode(folder.metadata)
    except UsageError as error:
        raise ResultsError(f"{folder.name}: {error}") from None


def _differing(
    folders: Sequence[ExperimentFolder], what: str, value_of: Callable[[ExperimentFolder], str | None]
) -> list[str]:
    benchmarks: dict[str | None, str] = {}
    for folder in folders:
        benchmarks.setdefault(value_of(folder), folder.benchmark)
    if len(benchmarks) == 1:
        return []
    shown = "; ".join(f"{value or 'none'} ({benchmark})" for value, benchmark in benchmarks.items())
    return [f"experiments differ in {what}: {shown}"]


def _differing_domains(
    folders: Sequence[ExperimentFolder], spaces: Sequence[Mapping[str, Any]], seed_attribute: str | None
) -> list[str]:
    texts = [_texts(space) for space in spaces]
    for one in texts:
        one.pop(seed_attribute or "", None)
    reference = texts[0]
    mistakes: dict[str, None] = {}
    for folder, other in zip(folders[1:], texts[1:], strict=True):
        names = [n for n in dict.fromkeys([*reference, *other]) if reference.get(n) != other.get(n)]
        if names:
            pair = f"{folders[0].benchmark} and {folder.benchmark}"
            mistakes[f"{pair} have different configuration spaces: {', '.join(names)}"] = None
    return list(mistakes)


def _texts(space: Mapping[str, Any]) -> dict[str, str]:
    domains = {name: entry for name, entry in space.items() if isinstance(entry, Domain)}
    return {
        name: json.dumps(entry, sort_keys=True) for name, entry in config_space_to_json_dict(domains).items()
    }


def _constants(
    folders: Sequence[ExperimentFolder], spaces: Sequence[Mapping[str, Any]], seed_attribute: str | None
) -> dict[str, Any]:
    left_out = {*_NOT_COMPARED, seed_attribute}
    constants = [
        {
            name: entry
            for name, entry in space.items()
            if not isinstance(entry, Domain) and name not in left_out
        }
        for space in spaces
    ]
    mistakes = []
    for name in dict.fromkeys(name for one in constants for name in one):
        values = list(dict.fromkeys(json.dumps(one.get(name), sort_keys=True) for one in constants))
        if len(values) > 1:
            mistakes.append(
                f"experiments differ in the constant '{name}': {', '.join(values)}. If it tells repetitions "
                f"of the same training apart: --seed_attribute {name}"
            )
    if mistakes:
        raise ResultsError("\n".join([*mistakes, _CHOOSE]))
    return constants[0]
