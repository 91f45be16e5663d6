"""Which reported value is the metric, which the resource, and which argument limits it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from benchmarking.commons.quoting import one_line
from benchmarking.commons.skeleton.arguments import Argument
from benchmarking.commons.skeleton.training_script import TrainingScript
from syne_core.errors import UnknownNameError, UsageError

__all__ = ["Names", "choose_names"]

_RESOURCES = ("epoch", "epochs", "step", "iteration", "iter", "round", "resource")
_LARGE = ("accuracy", "acc", "f1", "auc", "auroc", "precision", "recall", "r2", "score", "bleu", "reward")
_SMALL = ("error", "err", "rmse", "mse", "mae", "perplexity", "ppl", "nll", "wer", "regret", "loss")
_HELD_OUT = ("val", "valid", "validation", "test", "eval", "dev")
_NO_METRIC = ("train", "training", "time", "elapsed", "seconds", "cost", "lr", "memory")


@dataclass(frozen=True)
class Names:
    """What a benchmark definition must name.

    :param mode: ``min`` or ``max``
    """

    metric: str
    mode: str
    resource_attr: str
    max_resource_attr: str


def choose_names(
    script: TrainingScript,
    metric: str | None = None,
    mode: str | None = None,
    resource_attr: str | None = None,
    max_resource_attr: str | None = None,
) -> Names:
    """What is given, and guesses for the rest.

    :raises UsageError: listing what cannot be guessed and what is given but not in the script
    """
    reports = script.reports
    if not reports.is_called and None in (metric, mode, resource_attr):
        raise UsageError(
            f"{one_line(script.path)}: reports nothing. After each epoch call report(epoch=epoch, "
            "accuracy=accuracy), where report = Reporter() and `from syne_core import Reporter`. If another "
            "file does so, give --metric, --mode and --resource_attr"
        )
    mistakes = [*_unknown(script, metric, resource_attr)]
    resource_attr = resource_attr or _resource(reports.names)
    metric = metric or _metric([n for n in reports.names if n != resource_attr])
    mode = mode or (_mode(metric) if metric else None)
    limits = [a for a in script.arguments if a.kind == "int" and a.why_left_out is None and a.choices is None]
    if max_resource_attr is not None and max_resource_attr not in {a.name for a in limits}:
        unknown = UnknownNameError("whole-number argument", max_resource_attr, [a.name for a in limits])
        mistakes.append(f"--max_resource_attr: {unknown}")
    max_resource_attr = max_resource_attr or _limit(resource_attr, limits)
    if not (metric and mode and resource_attr and max_resource_attr) or mistakes:
        missing = _missing(script, metric, mode, resource_attr, max_resource_attr)
        raise UsageError.joined([*mistakes, *missing])
    return Names(metric, mode, resource_attr, max_resource_attr)


def _unknown(script: TrainingScript, metric: str | None, resource_attr: str | None) -> Iterable[str]:
    reports = script.reports
    if not reports.is_complete or not reports.is_called:
        return
    for flag, name in (("metric", metric), ("resource_attr", resource_attr)):
        if name is not None and name not in reports.names:
            yield f"--{flag}: {UnknownNameError('reported value', name, reports.names)}"


def _missing(
    script: TrainingScript,
    metric: str | None,
    mode: str | None,
    resource_attr: str | None,
    max_resource_attr: str | None,
) -> Iterable[str]:
    reported = ", ".join(script.reports.names) or "(nothing that can be read)"
    numbers = ", ".join(a.name for a in script.arguments if a.kind == "int") or "(none)"
    shown = one_line(script.path)
    if not resource_attr:
        yield f"{shown}: which value counts the epochs? Give --resource_attr NAME; it reports: {reported}"
    if not metric:
        yield f"{shown}: which value is the metric? Give --metric NAME; it reports: {reported}"
    elif not mode:
        yield f"{shown}: should '{metric}' be small or large? Give --mode min or --mode max"
    if not max_resource_attr:
        yield (
            f"{shown}: which argument is the number of epochs? Give --max_resource_attr NAME; whole numbers "
            f"are: {numbers}"
        )


def _words(name: str) -> list[str]:
    return [word for word in re.split(r"[^a-z0-9]+", name.lower()) if word]


def _resource(names: Sequence[str]) -> str | None:
    by_lower = {name.lower(): name for name in reversed(names)}
    return next((by_lower[name] for name in _RESOURCES if name in by_lower), None)


def _metric(names: Sequence[str]) -> str | None:
    """The only candidate, or the one that clearly ranks first: held-out values first, losses last."""
    candidates = [n for n in names if not set(_words(n)) & set(_NO_METRIC) and n not in _RESOURCES]
    if len(candidates) == 1:
        return candidates[0]
    ranked = sorted((_rank(name), name) for name in candidates if _mode(name))
    if not ranked or (len(ranked) > 1 and ranked[0][0] == ranked[1][0]):
        return None
    is_held_out = not ranked[0][0][0]
    return ranked[0][1] if is_held_out or len(ranked) == len(candidates) else None


def _rank(name: str) -> tuple[bool, bool]:
    return not set(_words(name)) & set(_HELD_OUT), "loss" in _words(name)


def _mode(metric: str) -> str | None:
    words = set(_words(metric))
    is_large, is_small = bool(words & set(_LARGE)), bool(words & set(_SMALL))
    return None if is_large == is_small else ("max" if is_large else "min")


def _limit(resource_attr: str | None, arguments: Sequence[Argument]) -> str | None:
    """``epochs``, ``max_epochs``, ``num_train_epochs`` for ``epoch``; None if several or none would do."""
    if resource_attr is None:
        return None
    wanted = resource_attr.lower().rstrip("s")
    found = [a.name for a in arguments if _words(a.name)[-1:] in ([wanted], [f"{wanted}s"])]
    plain = [name for name in found if name.lower() in (wanted, f"{wanted}s")]
    best = plain or found
    return best[0] if len(best) == 1 else None
