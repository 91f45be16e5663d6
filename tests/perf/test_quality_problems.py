"""The problems of the quality comparison are what the protocol says."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perf.quality.curves import CURVES, MAX_RESOURCE, CurveProblem
from perf.quality.problems import PROBLEMS, Problem
from perf.quality.space import Config, Parameter, draw, settle

_FLOAT = Parameter("f", "float", 1e-6, 10.0, log=True)
_INT = Parameter("i", "int", 3, 700, log=True)


def _drawn(parameters: tuple[Parameter, ...], number: int) -> list[Config]:
    generator = np.random.default_rng(7)
    return [draw(parameters, generator) for _ in range(number)]


def _distance_from_centre(parameters: tuple[Parameter, ...], config: Config) -> float:
    return max(abs(p.to_unit(config[p.name]) - 0.5) for p in parameters if p.kind != "choice")


@pytest.mark.parametrize("problem", PROBLEMS.values(), ids=lambda p: p.name)
def test_a_problem_has_its_stated_optimum_off_the_centre(problem: Problem) -> None:
    best = settle(problem.parameters, dict(problem.best))
    assert problem.value(best) == pytest.approx(problem.optimum, abs=1e-5 * problem.scale)
    values = [problem.value(config) for config in _drawn(problem.parameters, 1000)]
    assert min(values) > problem.optimum
    assert np.median(values) - problem.optimum == pytest.approx(problem.scale, rel=0.15)
    assert _distance_from_centre(problem.parameters, best) > 0.1


@pytest.mark.parametrize("problem", PROBLEMS.values(), ids=lambda p: p.name)
def test_no_neighbour_of_the_optimum_is_better(problem: Problem) -> None:
    generator = np.random.default_rng(3)
    for _ in range(300):
        near = dict(problem.best)
        for p in problem.parameters:
            if p.kind != "choice":
                near[p.name] = p.from_unit(p.to_unit(near[p.name]) + 0.01 * float(generator.normal()))
        assert problem.value(near) >= problem.optimum - 1e-9 * problem.scale


@pytest.mark.parametrize("problem", CURVES.values(), ids=lambda p: p.name)
def test_learning_curves_fall_to_their_final_value_and_have_the_stated_optimum(problem: CurveProblem) -> None:
    best = settle(problem.parameters, dict(problem.best))
    assert problem.final(best) == pytest.approx(problem.optimum, abs=1e-6)
    assert _distance_from_centre(problem.parameters, best) > 0.1
    for config in _drawn(problem.parameters, 200):
        curve = [problem.loss(config, resource) for resource in range(1, MAX_RESOURCE + 1)]
        assert all(later <= earlier + 1e-12 for earlier, later in pairwise(curve))
        assert curve[-1] == pytest.approx(problem.final(config))
        assert problem.optimum < curve[-1] < 0.9


@pytest.mark.parametrize("problem", CURVES.values(), ids=lambda p: p.name)
def test_a_budget_is_about_nine_full_trainings_of_mean_cost(problem: CurveProblem) -> None:
    costs = [problem.epoch_seconds(config) for config in _drawn(problem.parameters, 2000)]
    assert max(costs) > 3 * min(costs)
    assert problem.budget * 4 / MAX_RESOURCE / np.mean(costs) == pytest.approx(9, rel=0.1)


def test_noise_depends_on_seed_trial_and_resource_only() -> None:
    problem = CURVES["curve_net"]
    one, other = _drawn(problem.parameters, 2)
    noise = problem.report(one, 9, seed=1, trial=4) - problem.loss(one, 9)
    assert noise == pytest.approx(problem.report(other, 9, seed=1, trial=4) - problem.loss(other, 9))
    draws = [problem.report(one, 9, seed, 4) - problem.loss(one, 9) for seed in range(400)]
    assert np.std(draws) == pytest.approx(problem.noise, rel=0.15)


@given(st.floats(0, 1))
def test_positions_and_values_are_inverse(position: float) -> None:
    assert _FLOAT.to_unit(_FLOAT.from_unit(position)) == pytest.approx(position, abs=1e-9)
    whole = _INT.from_unit(position)
    assert isinstance(whole, int)
    assert _INT.from_unit(_INT.to_unit(whole)) == whole


def test_a_value_out_of_range_or_missing_is_refused_and_rounding_is_not() -> None:
    assert settle((_FLOAT,), {"f": 10.0 * (1 + 1e-12)}) == {"f": 10.0}
    for wrong in ({"f": 10.1}, {"f": 0.0}, {}):
        with pytest.raises(ValueError, match="f"):
            settle((_FLOAT,), wrong)
    with pytest.raises(ValueError, match="'c' is none of"):
        settle((Parameter("k", "choice", choices=("a", "b")),), {"k": "c"})
