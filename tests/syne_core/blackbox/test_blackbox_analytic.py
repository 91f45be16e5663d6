"""Problems given by formulas: known optima, immutable noise, coherent curves."""

from __future__ import annotations

import math
import random
import statistics
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import spearmanr

from syne_core.blackbox import LearningCurve, load_blackbox
from syne_core.blackbox.analytic import FunctionProblem, LearningCurveProblem, make_problem, problem_names
from syne_core.config_space import config_mistakes, decode_config, encode_config, sample_config
from syne_core.errors import BlackboxError

FUNCTION_NAMES = [name for name in problem_names() if not name.startswith("curves")]
CURVE_NAMES = ["curves-power", "curves-exponential", "curves-power-4"]


def _function(name: str) -> FunctionProblem:
    problem = make_problem(name)
    assert isinstance(problem, FunctionProblem)
    return problem


def _curves(name: str) -> LearningCurveProblem:
    problem = make_problem(name)
    assert isinstance(problem, LearningCurveProblem)
    return problem


def _nearby(problem: Any, config: dict[str, Any], rng: random.Random, radius: float) -> dict[str, Any]:
    units = encode_config(config, problem.config_space)
    return decode_config([u + radius * rng.uniform(-1, 1) for u in units], problem.config_space)


@pytest.mark.parametrize("name", [*FUNCTION_NAMES, "ackley1", "levy1", "rosenbrock2", "levy20"])
def test_a_functions_optimum_is_where_it_says(name: str) -> None:
    problem, rng = _function(name), random.Random(3)
    best = problem.optimum
    assert best.exact
    for config in best.configs:
        assert not config_mistakes(config, problem.config_space)
        assert problem.value(config) == pytest.approx(best.value, abs=1e-12)
        around = [_nearby(problem, config, rng, 10.0 ** -rng.uniform(0.5, 6)) for _ in range(200)]
        assert min(map(problem.value, around)) >= best.value - 1e-12
    anywhere = [sample_config(problem.config_space, rng) for _ in range(1000)]
    assert min(map(problem.value, anywhere)) > best.value


KNOWN = {
    ("branin", (0.0, 0.0)): 55.602113,
    ("branin", (10.0, 15.0)): 145.872191,
    ("hartmann3", (0.5, 0.5, 0.5)): -0.628022,
    ("hartmann6", (0.5,) * 6): -0.505315,
    ("ackley2", (1.0, 1.0)): 3.625385,
    # w = 3/4: 1/2 + 1/16 (1 + 10 sin(3 pi / 4 + 1)^2) + 2/16
    ("levy2", (0.0, 0.0)): 0.715845,
    ("rosenbrock2", (-1.2, 1.0)): 24.2,
}


@pytest.mark.parametrize(("name", "point"), KNOWN)
def test_functions_have_known_values(name: str, point: tuple[float, ...]) -> None:
    problem = _function(name)
    config = dict(zip(problem.config_space, point, strict=True))
    assert problem.value(config) == pytest.approx(KNOWN[name, point], abs=2e-6)


@pytest.mark.parametrize("name", FUNCTION_NAMES)
def test_the_middle_of_the_space_is_no_optimum(name: str) -> None:
    """Methods may try it first."""
    problem = _function(name)
    middle = decode_config([0.5] * len(problem.config_space), problem.config_space)
    assert problem.value(middle) > problem.optimum.value + 0.1


def test_a_function_reports_once_after_a_time_that_the_configuration_decides() -> None:
    problem = FunctionProblem("branin", seconds=100.0)
    low, high = ({"x0": -5.0, "x1": 0.0}, {"x0": 10.0, "x1": 15.0})
    curves = [problem.curve(config) for config in (low, high)]
    assert [list(curve.resources) for curve in curves] == [[1], [1]]
    assert [curve.elapsed[0] for curve in curves] == [50.0, 200.0]
    assert curves[0].metrics["objective"][0] == problem.value(low)


def test_noise_has_the_stated_spread_and_depends_on_seed_and_configuration() -> None:
    problem, rng = FunctionProblem("hartmann3", noise=0.5), random.Random(0)
    config = sample_config(problem.config_space, rng)

    def noise(config: dict[str, Any], seed: int) -> float:
        return problem.curve(config, seed).metrics["objective"][0] - problem.value(config)

    by_seed = [noise(config, seed) for seed in range(800)]
    by_config = [noise(sample_config(problem.config_space, rng), 7) for _ in range(800)]
    for draws in (by_seed, by_config):
        assert len(set(draws)) == len(draws)
        assert abs(statistics.mean(draws)) < 4 * 0.5 / math.sqrt(800)
        assert statistics.stdev(draws) == pytest.approx(0.5, rel=0.1)


@pytest.mark.parametrize("name", CURVE_NAMES)
def test_curves_are_coherent(name: str) -> None:
    problem, rng = _curves(name), random.Random(0)
    diverged = 0
    ends = []
    for _ in range(300):
        config = sample_config(problem.config_space, rng)
        curve = problem.curve(config, rng.randrange(problem.num_seeds))
        errors = curve.metrics["error"]
        assert list(curve.resources) == list(range(1, 28))
        assert all(a < b for a, b in zip(curve.elapsed, curve.elapsed[1:], strict=False))
        finite = [x for x in errors if not math.isnan(x)]
        assert all(0 <= x <= 1 for x in finite)
        assert all(math.isnan(x) for x in errors[len(finite) :]), "what has diverged stays so"
        diverged += len(finite) < len(errors)
        assert 1 <= curve.elapsed[0] <= 51
        ends.append(curve.elapsed[-1])
    assert 0.05 < diverged / 300 < 0.4
    assert max(ends) / min(ends) > 10, "trials cost very different amounts"


@pytest.mark.parametrize("name", CURVE_NAMES)
def test_early_rank_and_final_rank_agree_in_part(name: str) -> None:
    """Else multi-fidelity methods would have nothing to gain, or nothing to lose."""
    problem, rng = _curves(name), random.Random(1)
    configs = [sample_config(problem.config_space, rng) for _ in range(400)]
    pairs = [(problem.value(c, 1), problem.value(c)) for c in configs]
    early, late = zip(*[pair for pair in pairs if not math.isnan(pair[1])], strict=True)
    assert 0.3 < spearmanr(early, late).statistic < 0.97


@pytest.mark.parametrize("name", CURVE_NAMES)
def test_the_optimum_of_a_family_member_is_not_beaten(name: str) -> None:
    problem, rng = _curves(name), random.Random(2)
    best = problem.optimum
    assert not best.exact
    (config,) = best.configs
    assert not config_mistakes(config, problem.config_space)
    assert problem.value(config) == best.value
    tried = [sample_config(problem.config_space, rng) for _ in range(3000)]
    tried += [_nearby(problem, config, rng, 10.0 ** -rng.uniform(0.3, 5)) for _ in range(3000)]
    values = [problem.value(c) for c in tried]
    assert min(v for v in values if not math.isnan(v)) >= best.value - 1e-9


def test_noise_of_curves_is_around_the_formula() -> None:
    problem = LearningCurveProblem(noise=0.01)
    config = dict(problem.optimum.configs[0])
    ends = [problem.curve(config, seed).metrics["error"][-1] for seed in range(500)]
    assert statistics.mean(ends) == pytest.approx(problem.value(config), abs=0.003)
    assert statistics.stdev(ends) == pytest.approx(0.01 * math.sqrt(1.25), rel=0.15)


def test_without_noise_all_seeds_agree() -> None:
    problem = LearningCurveProblem(noise=0.0)
    config = problem.optimum.configs[0]
    assert problem.curve(config, 1) == problem.curve(config, 2)
    assert problem.curve(config).metrics["error"][4] == pytest.approx(problem.value(config, 5))


def test_a_longer_training_begins_like_a_shorter_one() -> None:
    short, long = LearningCurveProblem(max_resource=9), LearningCurveProblem(max_resource=81)
    config = sample_config(short.config_space, random.Random(0))
    a, b = short.curve(config, 3), long.curve(config, 3)
    assert a.metrics["error"] == b.metrics["error"][:9]
    assert a.elapsed == b.elapsed[:9]


def test_instances_have_landscapes_of_their_own() -> None:
    problems = [LearningCurveProblem(instance=number) for number in range(5)]
    config = problems[0].optimum.configs[0]
    assert len({problem.value(config) for problem in problems}) == 5
    assert len({problem.digest() for problem in problems}) == 5


@given(st.sampled_from([*problem_names(), "curves-power-9"]), st.integers(0, 2**31 - 2), st.randoms())
def test_the_same_question_has_the_same_answer(name: str, seed: int, rng: random.Random) -> None:
    one, other = load_blackbox(name), load_blackbox(name)
    config = sample_config(one.config_space, rng)
    other.curve(sample_config(one.config_space, rng), seed)
    a, b = one.curve(config, seed), other.curve({**config, "epochs": 81}, seed)
    assert repr(a) == repr(b)
    assert isinstance(a, LearningCurve)
    assert one.digest() == other.digest()


PROGRAM = """
import random
from syne_core.blackbox import load_blackbox
from syne_core.config_space import sample_config
for name in ("curves-power-2", "curves-exponential", "hartmann6", "ackley7"):
    problem = load_blackbox(name)
    config = sample_config(problem.config_space, random.Random(4))
    print(problem.curve(config, 12345), problem.digest())
"""


def test_answers_are_the_same_in_every_process() -> None:
    outputs = {
        subprocess.run(
            [sys.executable, "-c", PROGRAM],
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONHASHSEED": str(seed)},
        ).stdout
        for seed in (1, 2)
    }
    assert len(outputs) == 1
    assert outputs.pop().count("LearningCurve") == 4


@pytest.mark.parametrize("name", ["branin", "curves-power"])
@pytest.mark.parametrize("seed", [-1, 2**31 - 1, 0.5, None, True])
def test_bad_seeds_are_refused(name: str, seed: Any) -> None:
    problem = load_blackbox(name)
    config = sample_config(problem.config_space, random.Random(0))
    with pytest.raises(BlackboxError, match="a seed is a whole number from 0 to 2147483646"):
        problem.curve(config, seed)


def test_bad_configurations_are_refused_by_name() -> None:
    with pytest.raises(BlackboxError, match=r"branin: x0: 11 is not in uniform.*; x1: missing"):
        load_blackbox("branin").curve({"x0": 11})
    config = sample_config(load_blackbox("curves-power").config_space, random.Random(0))
    with pytest.raises(BlackboxError, match="activation: 'swish' is not in choice"):
        load_blackbox("curves-power").curve({**config, "activation": "swish"})


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: FunctionProblem("branin", 3), "branin: dimension must be 2, not 3"),
        (lambda: FunctionProblem("rosenbrock", 1), "rosenbrock: dimension must be from 2 to 1000, not 1"),
        (lambda: FunctionProblem("braninn"), "Did you mean 'branin'"),
        (lambda: FunctionProblem("levy", noise=-1), "levy: noise must be >= 0, not -1"),
        (lambda: FunctionProblem("levy", seconds=math.inf), "levy: seconds must be > 0, not inf"),
        (lambda: LearningCurveProblem("linear", -1, noise=math.nan), "(?s)shape.*'linear'.*instance.*noise"),  # type: ignore[arg-type]
        (lambda: LearningCurveProblem(max_resource=0), "max_resource must be from 1 to 100000, not 0"),
    ],
)
def test_bad_settings_are_refused(make: Any, message: str) -> None:
    with pytest.raises(Exception, match=message) as caught:
        make()
    assert getattr(caught.value, "exit_code", None) == 2


def test_names_carry_dimension_and_instance() -> None:
    assert len(_function("ackley12").config_space) == 12
    assert _function("levy").name == "levy4"
    assert _curves("curves-exponential-3").name == "curves-exponential-3"
    assert _curves("curves-power-0").name == "curves-power"
    assert make_problem("branin3") is None
    assert make_problem("curves-linear") is None


def test_settings_are_part_of_what_it_is() -> None:
    digests = {
        FunctionProblem("levy").digest(),
        FunctionProblem("levy", 5).digest(),
        FunctionProblem("levy", noise=0.1).digest(),
        FunctionProblem("levy", seconds=1.0).digest(),
    }
    assert len(digests) == 4
    assert FunctionProblem("levy").modes == {"objective": "min"}
