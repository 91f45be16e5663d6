"""Problems given by formulas: test functions, and families of learning curves."""

from syne_core.blackbox.analytic.formula import FormulaBlackbox, Optimum
from syne_core.blackbox.analytic.function_problems import FunctionProblem
from syne_core.blackbox.analytic.learning_curves import LearningCurveProblem
from syne_core.blackbox.analytic.names import make_problem, problem_names

__all__ = [
    "FormulaBlackbox",
    "FunctionProblem",
    "LearningCurveProblem",
    "Optimum",
    "make_problem",
    "problem_names",
]
