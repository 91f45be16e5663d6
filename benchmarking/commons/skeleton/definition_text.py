"""The definition file of a skeleton: YAML in which every guess says that it is one."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

from benchmarking.commons.quoting import one_line
from benchmarking.commons.skeleton.arguments import Argument
from benchmarking.commons.skeleton.domains import Guess, guess
from benchmarking.commons.skeleton.names import Names
from benchmarking.commons.skeleton.training_script import TrainingScript
from syne_core.config_space import Domain, config_mistakes

__all__ = ["definition_text", "guesses"]

_HEAD = """\
# A benchmark, from the arguments of {script}, as `synebench init` read them.
# "edit" marks what was guessed from a default. Domains: uniform, loguniform, randint, lograndint, choice, ...
"""
_EPOCHS = 10


def guesses(script: TrainingScript, names: Names) -> dict[str, Guess]:
    """What each argument may be, by its name."""
    return {
        argument.name: _limit(argument) if argument.name == names.max_resource_attr else guess(argument)
        for argument in script.arguments
    }


def definition_text(script: TrainingScript, names: Names, folder: Path) -> str:
    """The content of a definition file in ``folder``."""
    found = guesses(script, names)
    relative = os.path.relpath(script.path.resolve(), folder.resolve())
    lines = [
        _HEAD.format(script=one_line(script.path.name)).rstrip("\n"),
        f"script: {_scalar(relative)}",
        "config_space:",
        *(_line(name, one) for name, one in found.items() if one.value is not None),
        *(f"  # --{one_line(n)} is left out: {one.remark}" for n, one in found.items() if one.value is None),
        *_first_point(script, found),
        "max_wallclock_time: 10m  # edit: of one experiment",
        "n_workers: 2  # edit: trials at a time",
        f"metric: {_scalar(names.metric)}",
        f"mode: {names.mode}",
        f"resource_attr: {_scalar(names.resource_attr)}",
        f"max_resource_attr: {_scalar(names.max_resource_attr)}",
    ]
    return "\n".join(lines) + "\n"


def _limit(argument: Argument) -> Guess:
    default = argument.default
    if isinstance(default, int) and not isinstance(default, bool) and default >= 1:
        return Guess(default, "constant: the most epochs of a trial")
    return Guess(_EPOCHS, "edit: the most epochs of a trial")


def _line(name: str, one: Guess) -> str:
    if isinstance(one.value, Domain):
        return f"  {_scalar(name)}: {_scalar(one.text)}  # edit; {one_line(one.remark)}"
    return f"  {_scalar(name)}: {_scalar(one.value)}  # {one_line(one.remark)}"


def _first_point(script: TrainingScript, found: dict[str, Guess]) -> list[str]:
    """The script's own defaults, as far as they are in their domains."""
    point = {}
    for argument in script.arguments:
        domain, default = found[argument.name].value, argument.default
        if isinstance(domain, Domain) and not config_mistakes({"x": default}, {"x": domain}):
            point[argument.name] = default
    if not point:
        return []
    pairs = ", ".join(f"{_scalar(name)}: {_scalar(value)}" for name, value in point.items())
    return ["points_to_evaluate:  # tried first: the script's own defaults", f"  - {{{pairs}}}"]


def _scalar(value: Any) -> str:
    """``value`` in YAML; text without quotes where that is safe, a domain among others."""
    if not isinstance(value, str):
        return repr(value)
    if re.fullmatch(r"[A-Za-z_][\w.-]*|\w+\([-\w., ]*\)", value, re.ASCII) and not _is_word(value):
        return value
    return json.dumps(value, ensure_ascii=False)


def _is_word(text: str) -> bool:
    return text.lower() in ("null", "true", "false", "yes", "no", "on", "off", "y", "n")
