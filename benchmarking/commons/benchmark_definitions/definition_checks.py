"""What a benchmark definition must fulfil, field by field."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from benchmarking.commons.quoting import one_line, shortened
from syne_core.config_space import Domain, check_config_space, config_mistakes
from syne_core.errors import ConfigSpaceError, nearest_name

__all__ = ["definition_mistakes", "surrogate_mistakes"]

Mistake = tuple[str, str]

_TEXTS = ("metric", "max_resource_attr", "instance_type", "framework")
_NEEDED = ("max_wallclock_time", "n_workers", "max_resource_attr")
_OPTIONAL_TEXTS = ("resource_attr", "framework_version", "py_version", "image_uri", "surrogate")
_COUNTS = ("n_workers", "instance_count", "max_num_evaluations")
_FRAMEWORKS = ("PyTorch", "HuggingFace", "SKLearn", "TensorFlow")


def definition_mistakes(values: Mapping[str, Any]) -> list[Mistake]:
    """Field and mistake, as far as ``values`` (fields by name) holds the fields; empty if all is well."""
    return [
        *_in_script(values),
        *_in_texts(values),
        *_in_numbers(values),
        *_in_containers(values),
        *_in_space(values),
        *_in_points(values),
        *_in_blackbox(values),
    ]


def surrogate_mistakes(values: Mapping[str, Any]) -> list[Mistake]:
    """The same for the fields of ``SurrogateBenchmarkDefinition``, of which most may be None."""
    given = {name: value for name, value in values.items() if value is not None or name in _NEEDED}
    space, limit = given.get("config_space"), given.get("max_resource_attr")
    if isinstance(space, Mapping) and isinstance(limit, str) and limit:
        given["config_space"] = {limit: 1, **space}  # added where it is missing
    missing = [] if given.get("blackbox") else [("blackbox", "blackbox is missing: a name or a folder")]
    return [*missing, *definition_mistakes(given)]


def _in_script(values: Mapping[str, Any]) -> Iterator[Mistake]:
    if "script" not in values:
        return
    script = values["script"]
    if not isinstance(script, (str, os.PathLike)) or not str(script):
        yield "script", f"script must be a path, is {_shown(script)}"
    elif not os.path.isfile(script):
        relative = "" if Path(script).is_absolute() else f" in {one_line(Path.cwd())}"
        yield "script", f"script {one_line(script)} does not exist{relative}"


def _in_texts(values: Mapping[str, Any]) -> Iterator[Mistake]:
    for name in _TEXTS:
        if name in values and not (isinstance(values[name], str) and values[name]):
            yield name, f"{name} must be text, is {_shown(values[name])}"
    for name in _OPTIONAL_TEXTS:
        value = values.get(name)
        if value is not None and not (isinstance(value, str) and value):
            yield name, f"{name} must be text, is {_shown(value)}"
    framework = values.get("framework")
    if isinstance(framework, str) and framework and framework not in _FRAMEWORKS:
        near = nearest_name(framework, _FRAMEWORKS)
        hint = f" Did you mean '{near}'?" if near else f" Valid: {', '.join(_FRAMEWORKS)}"
        yield "framework", f"framework '{shortened(framework)}' is not known.{hint}"
    if "mode" in values and values["mode"] not in ("min", "max"):
        yield "mode", f"mode is '{shortened(values['mode'])}'; valid: min, max"


def _in_numbers(values: Mapping[str, Any]) -> Iterator[Mistake]:
    for name in _COUNTS:
        value = values.get(name)
        optional = name == "max_num_evaluations"
        if (name in values and value is None and not optional) or (
            value is not None and not (_is_whole(value) and value > 0)
        ):
            yield name, f"{name} must be a positive whole number, is {_shown(value)}"
    if "max_wallclock_time" in values:
        seconds = values["max_wallclock_time"]
        if not (_is_number(seconds) and 0 < seconds < math.inf):
            yield "max_wallclock_time", f"max_wallclock_time must be a positive number, is {_shown(seconds)}"


def _in_containers(values: Mapping[str, Any]) -> Iterator[Mistake]:
    kwargs, points = values.get("estimator_kwargs", {}), values.get("points_to_evaluate")
    if not isinstance(kwargs, Mapping):
        yield "estimator_kwargs", f"estimator_kwargs must be a mapping, is {_shown(kwargs)}"
    preload = values.get("preload", ())
    if not isinstance(preload, (list, tuple)) or not all(isinstance(name, str) and name for name in preload):
        yield "preload", f"preload must be a list of names of modules, is {_shown(preload)}"
    if points is not None and not _is_list_of_mappings(points):
        yield "points_to_evaluate", "points_to_evaluate must be a list of configurations"


def _in_space(values: Mapping[str, Any]) -> Iterator[Mistake]:
    if "config_space" not in values:
        return
    space, name = values["config_space"], values.get("max_resource_attr")
    try:
        check_config_space(space)
    except ConfigSpaceError as error:
        yield from (("config_space", f"config_space: {line}") for line in str(error).splitlines())
        return
    if not isinstance(name, str) or not name:
        return
    limit = space.get(name)
    if name not in space:
        near = nearest_name(name, space)
        hint = f" Did you mean '{near}'?" if near else ""
        yield "config_space", f"config_space has no '{shortened(name)}' (max_resource_attr).{hint}"
    elif isinstance(limit, Domain) or not _is_whole(limit) or limit < 1:
        yield "config_space", f"'{shortened(name)}' must be a positive integer constant, is {_shown(limit)}"


def _in_points(values: Mapping[str, Any]) -> Iterator[Mistake]:
    points, space = values.get("points_to_evaluate"), values.get("config_space")
    if points is None or not _is_list_of_mappings(points) or not isinstance(space, Mapping):
        return
    for point in points:
        known = {name: space[name] for name in point if name in space}
        for name in point:
            if name not in known:
                yield "points_to_evaluate", f"points_to_evaluate: no hyperparameter '{shortened(name)}'"
        valued = {name: value for name, value in point.items() if name in known}
        for mistake in config_mistakes(valued, known):
            yield "points_to_evaluate", f"points_to_evaluate: {mistake}"


def _in_blackbox(values: Mapping[str, Any]) -> Iterator[Mistake]:
    blackbox = values.get("blackbox")
    if blackbox is not None and not (isinstance(blackbox, (str, os.PathLike)) and str(blackbox)):
        yield "blackbox", f"blackbox must be a name or a folder, is {_shown(blackbox)}"


def _shown(value: Any) -> str:
    return shortened(repr(value))


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_list_of_mappings(value: Any) -> bool:
    return isinstance(value, (list, tuple)) and all(isinstance(element, Mapping) for element in value)
