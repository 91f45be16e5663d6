"""Problems by name: ``branin``, ``ackley10``, ``curves-power``, ``curves-exponential-3``."""

from __future__ import annotations

import re

from syne_core.blackbox.analytic.formula import FormulaBlackbox
from syne_core.blackbox.analytic.function_problems import FunctionProblem
from syne_core.blackbox.analytic.functions import FUNCTIONS
from syne_core.blackbox.analytic.learning_curves import SHAPES, LearningCurveProblem

__all__ = ["make_problem", "problem_names"]

_CURVES = re.compile(rf"curves-({'|'.join(SHAPES)})(?:-(\d{{1,9}}))?")
_SIZED = re.compile(r"([a-z]+)(\d{1,4})")


def problem_names() -> list[str]:
    """Names with their usual dimension and instance; :func:`make_problem` knows more."""
    return sorted([*FUNCTIONS, *(f"curves-{shape}" for shape in SHAPES)])


def make_problem(name: str) -> FormulaBlackbox | None:
    """The problem called ``name``; None if there is none.

    A number after a function whose dimension may be chosen is the dimension (``levy8``); one after a family
    of curves is the instance (``curves-power-2``).

    :raises BlackboxError: the function exists, but not in that dimension
    """
    curves = _CURVES.fullmatch(name)
    if curves:
        shape = next(s for s in SHAPES if s == curves[1])
        return LearningCurveProblem(shape, int(curves[2] or 0))
    if name in FUNCTIONS:
        return FunctionProblem(name)
    sized = _SIZED.fullmatch(name)
    if sized and sized[1] in FUNCTIONS and FUNCTIONS[sized[1]].least is not None:
        return FunctionProblem(sized[1], int(sized[2]))
    return None
