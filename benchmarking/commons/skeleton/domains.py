"""A first guess of what each argument of a script may be: a domain around its default, or a constant."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from benchmarking.commons.skeleton.arguments import Argument
from syne_core.config_space import Domain, choice, lograndint, loguniform, randint, uniform

__all__ = ["CHANGE_ME", "Guess", "guess"]

#: Constant for an argument that needs a value which nobody but the user knows.
CHANGE_ME = "CHANGE-ME"

#: Parts of names, which ``_`` or ``-`` separates.
_FIXED = {
    *("seed", "random", "state", "workers", "worker", "threads", "jobs", "device", "gpu", "gpus", "cuda"),
    *("verbose", "verbosity", "debug", "log", "print", "save", "eval", "interval", "every", "freq"),
    *("path", "dir", "folder", "file", "data", "dataset", "root", "input", "output", "download", "name"),
    *("patience", "port", "rank", "local", "classes", "version"),
}
_PLACES = {"path", "dir", "folder", "file", "root", "data", "input", "output"}
_RATES = {"lr", "decay", "wd", "eps", "epsilon", "alpha", "lambda", "l1", "l2", "reg", "tol"}
_SHARES = {"dropout", "momentum", "beta", "beta1", "beta2", "gamma", "prob", "p"}
_FRACTIONS = {"ratio", "fraction", "frac", "smoothing", "split"}


@dataclass(frozen=True)
class Guess:
    """What to write into a configuration space.

    :param value: a domain, a constant, or None: leave the argument out
    :param remark: for the person who edits it
    """

    value: Domain | Any
    remark: str
    text: str = ""


def guess(argument: Argument) -> Guess:
    """What ``argument`` may be. The default of a numeric argument is in its domain unless it is zero."""
    if argument.why_left_out is not None:
        return Guess(None, argument.why_left_out)
    words = set(re.split(r"[_\-]", argument.name.lower()))
    if argument.choices is not None:
        return _of_choices(argument, words)
    if argument.kind in ("int", "float") and words.isdisjoint(_FIXED):
        return _of_number(argument, words)
    return _constant(argument, words)


def _of_choices(argument: Argument, words: set[str]) -> Guess:
    options = [option for option in argument.choices or () if not isinstance(option, (list, dict, set))]
    options = list(dict.fromkeys(float(o) if _is_float(argument, o) else o for o in options))
    types = _constant_types(argument.kind)
    fitting = all(isinstance(option, types) and not isinstance(option, bool) for option in options)
    if not options or not fitting:
        return Guess(None, f"its choices are not what type {argument.kind} makes of text")
    if len(options) == 1 or not words.isdisjoint(_FIXED):
        default = options[0] if argument.default not in options else argument.default
        others = ", ".join(str(option) for option in options if option != default)
        return Guess(default, f"constant; the script also takes {others}" if others else "constant")
    return Guess(choice(options), "the script's choices", f"choice({options!r})")


def _is_float(argument: Argument, option: Any) -> bool:
    return argument.kind == "float" and isinstance(option, int) and not isinstance(option, bool)


def _of_number(argument: Argument, words: set[str]) -> Guess:
    default = argument.default
    if default is None and not argument.required:
        return Guess(None, "has no default to guess from; the script decides")
    if default is not None and not _is_ordinary(default):
        return Guess(None, f"default {default!r} is no number to guess from; the script decides")
    if argument.kind == "int":
        return _integers(1 if default is None else round(default), default)
    return _reals(argument.name.lower(), words, None if default is None else float(default))


def _is_ordinary(default: Any) -> bool:
    is_number = isinstance(default, (int, float)) and not isinstance(default, bool)
    return is_number and (default == 0 or 1e-99 < abs(default) < 1e11)


def _integers(default: int, given: Any) -> Guess:
    remark = "has no default" if given is None else f"default {given}"
    if given is None:
        return Guess(randint(1, 10), remark, "randint(1, 10)")
    if default >= 8:
        return _domain(lograndint, max(1, default // 4), default * 4, remark)
    if default >= 1:
        return _domain(randint, 1, 2 * default + 1, remark)
    return _domain(randint, 2 * default, default + 5, remark)


def _reals(name: str, words: set[str], default: float | None) -> Guess:
    remark = "has no default" if default is None else f"default {default:g}"
    is_rate = not words.isdisjoint(_RATES) or "learning_rate" in name.replace("-", "_")
    if is_rate and (default is None or default >= 0):
        middle = default or (1e-3 if "lr" in words or "rate" in words else 1e-4)
        top = middle * 100 if middle < 0.01 else max(1.0, middle * 10)
        return _domain(loguniform, _short(middle / 100), _short(top), remark)
    if default is None or (0 <= default <= 1 and not words.isdisjoint(_SHARES | _FRACTIONS)):
        return _domain(
            uniform, 0.0, 1.0 if (default and default > 0.99) or not words & _SHARES else 0.99, remark
        )
    if default > 0:
        return _domain(loguniform, _short(default / 10), _short(default * 10), remark)
    return _domain(uniform, _short(2 * default), 1.0 if default == 0 else 0.0, remark)


def _domain(constructor: Any, lower: Any, upper: Any, remark: str) -> Guess:
    return Guess(constructor(lower, upper), remark, f"{constructor.__name__}({lower!r}, {upper!r})")


def _short(value: float) -> float:
    """Two digits, as a person would write it."""
    return float(f"{value:.2g}")


def _constant(argument: Argument, words: set[str]) -> Guess:
    default = argument.default
    if argument.kind == "bool" or isinstance(default, bool):
        return Guess(None, "is true or false, which argparse does not read from text as one expects")
    if default is None and argument.required:
        return Guess(CHANGE_ME, "has no default: the script needs a value")
    if default is None:
        return Guess(None, "has no default; the script decides")
    if not isinstance(default, _constant_types(argument.kind)):
        return Guess(None, "its default is not what its type makes of text; the script decides")
    if isinstance(default, str) and (not default.isprintable() or re.search(r"\w\s*\(.*\)\s*$", default)):
        return Guess(None, "its default would be misread in this file; the script decides")
    if argument.name == "dataset_path":
        return Guess(default, "constant; a relative path is below the shared data cache")
    if isinstance(default, str) and words & _PLACES and not default.startswith("/"):
        return Guess(default, "constant; trials run in folders of their own, so give an absolute path")
    return Guess(default, "constant")


def _constant_types(kind: str) -> Any:
    return {"int": int, "float": (int, float)}.get(kind, str)
