"""Surrogates: the table where it has an answer, coherent curves elsewhere."""

from __future__ import annotations

import builtins
import itertools
import math
import random
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_tables import arguments, table, tables, wide_table

from syne_core.blackbox import (
    BlackboxTabular,
    SurrogateBlackbox,
    add_surrogate,
    load_blackbox,
    restrict_to_table,
    save_blackbox,
    surrogate_error,
)
from syne_core.blackbox.surrogates import SURROGATES
from syne_core.config_space import sample_config
from syne_core.errors import BlackboxError, MissingDependencyError, UnknownNameError

REGRESSIONS = SURROGATES[1:]


class Linear:
    """A least-squares regressor, such as a user might bring."""

    def __init__(self, shrink: float = 1e-6) -> None:
        self.shrink = shrink

    def fit(self, X: Any, Y: Any) -> Linear:
        X = np.column_stack([X, np.ones(len(X))])
        self.weights = np.linalg.solve(X.T @ X + self.shrink * np.eye(X.shape[1]), X.T @ Y)
        return self

    def predict(self, X: Any) -> Any:
        return np.column_stack([X, np.ones(len(X))]) @ self.weights


@pytest.mark.parametrize("name", SURROGATES)
def test_what_is_in_the_table_is_answered_from_it(name: str) -> None:
    made = table()
    answers = add_surrogate(made, name)
    for config, seed in itertools.product(made.configurations, range(2)):
        assert answers.curve(config, seed) == made.curve(config, seed)


@pytest.mark.parametrize("surrogate", [*SURROGATES, Linear()], ids=[*SURROGATES, "own"])
def test_curves_off_the_table_are_coherent(surrogate: Any) -> None:
    made = table(rows=30)
    answers, rng = add_surrogate(made, surrogate), random.Random(0)
    for _ in range(20):
        config = sample_config(made.config_space, rng)
        curve = answers.curve(config, 1)
        assert list(curve.resources) == list(made.resources)
        assert all(0 <= a <= b for a, b in zip(curve.elapsed, curve.elapsed[1:], strict=False))
        assert set(curve.metrics) == {"loss", "acc"}
        assert all(len(values) == 4 and all(map(math.isfinite, values)) for values in curve.metrics.values())
        assert {type(x) for x in (*curve.elapsed, *curve.metrics["loss"])} == {float}
        assert answers.curve(config, 1) == curve


@given(tables(), st.randoms())
def test_any_configuration_of_any_table_has_an_answer(made: BlackboxTabular, rng: random.Random) -> None:
    answers = add_surrogate(made)
    for row, config in enumerate(made.configurations):
        nearest = made.points()[made.nearest_row(config)]
        assert np.array_equal(nearest, made.points()[row])
    for _ in range(5):
        curve = answers.curve(sample_config(made.config_space, rng), rng.randrange(made.num_seeds))
        assert set(curve.resources) <= set(made.resources)
        assert list(curve.elapsed) == sorted(curve.elapsed)
        assert {len(values) for values in curve.metrics.values()} == {len(curve.resources)}


def test_the_nearest_rows_curve_is_given_as_it_is() -> None:
    made = table(failures={(3, 0): "lost"})
    config = {**made.configurations[3], "lr": made.configurations[3]["lr"] * 0.99}
    assert add_surrogate(made).curve(config, 0) == made.curve(made.configurations[3], 0)


@pytest.mark.parametrize(("name", "worst"), [("knn", 0.1), ("forest", 0.06), ("extra_trees", 0.06)])
def test_regressions_learn_metric_and_time(name: str, worst: float) -> None:
    answers, rng = add_surrogate(wide_table(200), name), random.Random(9)
    for _ in range(30):
        config = {"x": rng.uniform(0.1, 0.9), "y": rng.uniform(0.1, 0.9)}
        curve = answers.curve(config)
        assert curve.metrics["loss"][-1] == pytest.approx(config["x"] + 0.1, abs=worst)
        assert curve.elapsed[-1] == pytest.approx(10 * (1 + 9 * config["y"]), rel=0.4)


def test_an_estimator_of_ones_own_is_copied_and_fitted() -> None:
    mine, made = Linear(), wide_table()
    answers = add_surrogate(made, mine)
    curve = answers.curve({"x": 0.123, "y": 0.5})
    assert curve.metrics["loss"] == pytest.approx([0.123 + 1 / epoch for epoch in range(1, 11)], abs=1e-3)
    assert not hasattr(mine, "weights"), "what was passed in is not fitted"
    assert answers.surrogate.endswith("Linear(shrink=1e-06)")


def _with_bad_runs() -> BlackboxTabular:
    """Row 0 diverges at the third report, row 1 fails after two, row 2 before the first."""
    given = arguments(rows=12, seeds=1)
    given["metrics"]["loss"][0, 0, 2:] = np.nan
    for values in (given["elapsed"], *given["metrics"].values()):
        values[1, 0, 2:] = np.nan
        values[2] = np.nan
    return BlackboxTabular(**given, failures={(1, 0): "crash", (2, 0): "at once"})


@pytest.mark.parametrize("name", SURROGATES)
def test_divergence_and_failure_are_the_nearest_rows(name: str) -> None:
    made = _with_bad_runs()
    answers = add_surrogate(made, name)

    def beside(row: int) -> Any:
        config = made.configurations[row]
        return answers.curve({**config, "lr": config["lr"] * 1.0001})

    assert [math.isnan(x) for x in beside(0).metrics["loss"]] == [False, False, True, True]
    assert (list(beside(1).resources), beside(1).failure) == ([1, 2], "crash")
    assert (list(beside(2).resources), beside(2).failure) == ([], "at once")


@pytest.mark.parametrize("name", SURROGATES)
def test_one_row_is_enough(name: str) -> None:
    made = table(rows=1)
    config = sample_config(made.config_space, random.Random(8))
    near = add_surrogate(made, name).curve(config)
    only = made.curve(made.configurations[0])
    assert near.metrics["loss"] == pytest.approx(only.metrics["loss"])
    assert near.elapsed == pytest.approx(only.elapsed)


def test_a_table_without_any_finite_metric_cannot_be_regressed() -> None:
    given = arguments(seeds=1)
    given["metrics"]["loss"][:] = np.nan
    answers = add_surrogate(BlackboxTabular(**given), "knn")
    with pytest.raises(BlackboxError, match="no row has a finite value of each metric in repetition 0"):
        answers.curve(sample_config(answers.config_space, random.Random(8)))


class Broken(Linear):
    def predict(self, X: Any) -> Any:
        return np.full((len(X), 12), np.nan)


class OneOutput(Linear):
    def fit(self, X: Any, Y: Any) -> Linear:
        raise ValueError("y should be a 1d array")


@pytest.mark.parametrize(
    ("estimator", "message"),
    [
        (Broken(), "did not predict 12 finite numbers"),
        (OneOutput(), r"cannot be fitted to \(6, 4\) inputs and \(6, 12\) outputs: ValueError: y should be"),
    ],
)
def test_an_estimator_that_does_not_work_is_an_error_of_ours(estimator: Any, message: str) -> None:
    answers = add_surrogate(table(), estimator)
    with pytest.raises(BlackboxError, match=message):
        answers.curve(sample_config(answers.config_space, random.Random(8)))


def test_what_is_no_configuration_is_refused() -> None:
    with pytest.raises(BlackboxError, match="lr: 9 is not in loguniform"):
        add_surrogate(table()).curve({**table().configurations[0], "lr": 9})
    with pytest.raises(BlackboxError, match="has repetitions 0 to 1, not 2"):
        add_surrogate(table()).curve(sample_config(table().config_space, random.Random(8)), 2)


def test_bad_surrogates_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'forest'"):
        add_surrogate(table(), "forrest")
    with pytest.raises(BlackboxError, match="has fit and predict; 3 does not"):
        add_surrogate(table(), 3)  # type: ignore[arg-type]
    with pytest.raises(BlackboxError, match="FunctionProblem needs no surrogate"):
        add_surrogate(load_blackbox("branin"))
    real = builtins.__import__

    def without_sklearn(name: str, *args: Any) -> Any:
        if name.startswith("sklearn"):
            raise ModuleNotFoundError(name=name)
        return real(name, *args)

    monkeypatch.setattr(builtins, "__import__", without_sklearn)
    assert add_surrogate(table(), "nearest").surrogate == "nearest"
    with pytest.raises(MissingDependencyError, match=r"synebench\[sklearn\]"):
        add_surrogate(table(), "forest")


def test_a_surrogate_of_a_surrogate_is_one_of_the_table() -> None:
    made = table()
    twice = add_surrogate(add_surrogate(made, "knn"), "nearest")
    assert twice.table is made
    assert restrict_to_table(twice) == list(made.configurations)


def test_the_digest_tells_surrogates_apart() -> None:
    made = table()
    surrogates = [*SURROGATES, Linear(), Linear(0.1)]
    digests = {made.digest(), *(add_surrogate(made, s).digest() for s in surrogates)}
    digests.add(add_surrogate(made, "forest", seed=1).digest())
    assert len(digests) == len(surrogates) + 2
    again = add_surrogate(made, Linear(0.1))
    assert again.digest() in digests
    assert again.metadata()["blackbox_digest"] == again.digest()


PROGRAM = """
import random, sys
from syne_core.blackbox import add_surrogate, load_blackbox
from syne_core.config_space import sample_config
table = load_blackbox(sys.argv[1], surrogate=None)
for name in ("nearest", "knn", "forest"):
    answers = add_surrogate(table, name)
    for seed in (1, 0):
        config = sample_config(table.config_space, random.Random(seed))
        print(name, seed, answers.curve(config, seed), answers.digest())
"""


def test_answers_do_not_depend_on_process_or_order(tmp_path: Any) -> None:
    folder, made, ours = save_blackbox(table(), tmp_path / "t"), table(), []
    for name in ("nearest", "knn", "forest"):
        answers = add_surrogate(made, name)
        for seed in (0, 1):
            config = sample_config(made.config_space, random.Random(seed))
            ours.append(f"{name} {seed} {answers.curve(config, seed)} {answers.digest()}")
    command = [sys.executable, "-c", PROGRAM, str(folder)]
    theirs = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert sorted(theirs.splitlines()) == sorted(ours)


# -- how far they are off ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", SURROGATES)
def test_the_error_on_unseen_rows_tells_a_surrogate_from_a_guess(name: str) -> None:
    loss, time = surrogate_error(wide_table(200), name)
    assert (loss.name, time.name) == ("loss", "elapsed_time")
    assert loss.examples == time.examples == 40
    for error in (loss, time):
        assert error.mean_absolute_error < 0.4 * error.error_of_mean
        assert error.rank_correlation > 0.9


def test_a_surrogate_that_learns_nothing_is_found_out() -> None:
    rng = np.random.default_rng(0)
    given = arguments(rows=100, seeds=1, metrics={"noise": rng.random((100, 1, 4))})
    (noise, _) = surrogate_error(BlackboxTabular(**given), "nearest")
    assert noise.mean_absolute_error > noise.error_of_mean
    assert abs(noise.rank_correlation) < 0.6


def test_rows_that_ended_early_are_judged_as_far_as_they_go() -> None:
    errors = surrogate_error(_with_bad_runs(), "knn", holdout=0.5, seed=3)
    assert [error.name for error in errors] == ["loss", "acc", "elapsed_time"]
    assert all(0 < error.examples <= 6 and math.isfinite(error.mean_absolute_error) for error in errors)


@pytest.mark.parametrize("holdout", [0, 1, -0.5, 0.01])
def test_a_share_that_leaves_nothing_is_refused(holdout: float) -> None:
    with pytest.raises(BlackboxError, match="needs a table and a share of its rows"):
        surrogate_error(table(), holdout=holdout)
    with pytest.raises(BlackboxError, match="needs a table"):
        surrogate_error(load_blackbox("branin"))


def test_a_loaded_table_has_a_surrogate_unless_it_is_complete(tmp_path: Any) -> None:
    folder = save_blackbox(table(), tmp_path / "t")
    auto = load_blackbox(folder)
    assert isinstance(auto, SurrogateBlackbox)
    assert auto.surrogate == "nearest"
    assert isinstance(load_blackbox(folder, surrogate=None), BlackboxTabular)
    forest = load_blackbox(folder, surrogate="forest")
    assert isinstance(forest, SurrogateBlackbox)
    assert forest.surrogate == "forest"
