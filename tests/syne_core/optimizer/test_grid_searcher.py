"""Grid search: which points are on the grid, each once, in which order, and from where it goes on."""

from __future__ import annotations

import json
import math
import tracemalloc
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syne_core.config_space import (
    choice,
    config_key,
    config_mistakes,
    finrange,
    lograndint,
    loguniform,
    ordinal,
    randint,
    reverseloguniform,
    uniform,
)
from syne_core.errors import UnknownNameError, UsageError
from syne_core.optimizer.baselines import GridSearch
from syne_core.optimizer.random_streams import RandomStreams
from syne_core.optimizer.schedulers.searchers import GridSearcher
from syne_core.optimizer.schedulers.searchers.grid_searcher import grid_values
from syne_core.optimizer.schedulers.searchers.shuffled_range import ShuffledRange

SPACE = {"lr": loguniform(1e-4, 1.0), "kind": choice(["x", "y"]), "depth": randint(1, 3), "epochs": 9}
SIZE = 5 * 2 * 3


def _take(searcher: GridSearcher, n: int) -> list[dict[str, Any] | None]:
    return [searcher.get_config(trial_id=str(i)) for i in range(n)]


def _keys(configs: list[dict[str, Any] | None], space: dict[str, Any] = SPACE) -> list[Any]:
    return [config_key(config, space) for config in configs if config is not None]


def test_numbers_between_bounds_are_divided_into_cells_on_their_scale() -> None:
    assert grid_values(uniform(0, 1), 5) == pytest.approx([0.1, 0.3, 0.5, 0.7, 0.9])
    assert grid_values(loguniform(1e-4, 1.0), 2) == pytest.approx([1e-3, 1e-1])
    assert grid_values(reverseloguniform(0.0, 0.99), 1) == pytest.approx([0.9])
    assert grid_values(randint(0, 99), 4) == [12, 37, 62, 87]
    assert grid_values(lograndint(1, 1000), 3) == [round(0.5 * 2001 ** (k / 6)) for k in (1, 3, 5)]


def test_every_value_of_what_is_finite_is_on_the_grid() -> None:
    assert grid_values(randint(3, 6), 5) == [3, 4, 5, 6]
    assert grid_values(choice(["b", "a"]), 1) == ["b", "a"]
    assert grid_values(ordinal([8, 16, 64]), 2) == [8, 16, 64]
    assert grid_values(finrange(0.0, 1.0, 11), 5) == pytest.approx([k / 10 for k in range(11)])
    assert len(grid_values(finrange(0.0, 1.0, 11), 5)) == 11


def test_cells_that_round_to_one_integer_count_once() -> None:
    values = grid_values(lograndint(1, 100), 50)
    assert values == sorted(set(values))
    assert 1 < len(values) < 50


@given(seed=st.integers(0, 2**31), shuffle=st.booleans())
def test_each_point_comes_once_and_then_nothing(seed: int, shuffle: bool) -> None:
    searcher = GridSearcher(SPACE, "loss", [], random_seed=seed, shuffle_config=shuffle)
    configs = _take(searcher, SIZE + 3)
    assert configs[SIZE:] == [None, None, None]
    assert all(config and config_mistakes(config, SPACE) == [] for config in configs[:SIZE])
    assert len(set(_keys(configs))) == SIZE == searcher.grid_size
    assert {config["epochs"] for config in configs if config} == {9}


def test_unshuffled_order_is_that_of_the_space_with_the_last_one_fastest() -> None:
    space = {"a": randint(1, 2), "c": 0, "b": choice(["x", "y", "z"])}
    configs = _take(GridSearcher(space, "loss", [], shuffle_config=False), 6)
    assert configs == [{"a": a, "c": 0, "b": b} for a in (1, 2) for b in ("x", "y", "z")]


def test_seed_decides_the_order() -> None:
    first, again, other = (_take(GridSearcher(SPACE, "loss", [], random_seed=s), SIZE) for s in (1, 1, 2))
    assert first == again != other
    assert sorted(_keys(first)) == sorted(_keys(other))
    assert first != _take(GridSearcher(SPACE, "loss", [], shuffle_config=False), SIZE)


def test_initial_configurations_come_first_and_are_not_repeated() -> None:
    on_grid, beside = {"lr": 1e-2, "kind": "y", "depth": 2}, {"lr": 0.5}
    searcher = GridSearcher(SPACE, "loss", [on_grid, beside])
    configs = _take(searcher, SIZE + 2)
    assert configs[0] == {**on_grid, "epochs": 9}
    assert configs[1] == {"lr": 0.5, "kind": "x", "depth": 2, "epochs": 9}
    assert configs[-1] is None
    assert len(set(_keys(configs))) == SIZE + 1


def test_number_of_samples_is_taken_by_name() -> None:
    searcher = GridSearcher(SPACE, "loss", [], num_samples={"lr": 2, "depth": 2, "kind": 77})
    configs = [config for config in _take(searcher, 9) if config]
    assert len(configs) == 2 * 2 * 2
    assert {config["lr"] for config in configs} == set(grid_values(loguniform(1e-4, 1.0), 2))
    assert {config["depth"] for config in configs} == {1, 3}


@pytest.mark.parametrize(
    ("num_samples", "message"),
    [
        ({"lrate": 3}, "hyperparameter in num_samples 'lrate'.*mean 'lr'"),
        ({"epochs": 3}, "hyperparameter in num_samples 'epochs'"),
        ({"lr": 0}, r"num_samples\['lr'\] must be an integer from 1"),
        ({"lr": 2.5}, r"num_samples\['lr'\].*2\.5"),
        ({"lr": True}, r"num_samples\['lr'\].*True"),
        ({"lr": 10**9}, r"num_samples\['lr'\].*to 1048576"),
        (5, "num_samples is a dictionary"),
    ],
)
def test_mistakes_in_number_of_samples_are_named(num_samples: Any, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        GridSearcher(SPACE, "loss", num_samples=num_samples)


@pytest.mark.parametrize("shuffle", [True, False])
@pytest.mark.parametrize("duplicates", [True, False])
def test_goes_on_anywhere_as_if_never_interrupted(shuffle: bool, duplicates: bool) -> None:
    def make() -> GridSearcher:
        points = [{"depth": 1}, {"depth": 3}]
        return GridSearcher(SPACE, "loss", points, "min", 3, {"lr": 3}, shuffle, duplicates)

    searcher, history = make(), []
    for number in range(45):
        config = searcher.get_config(trial_id=str(number))
        if config is not None:
            history.append((config, searcher.state()))
    assert len(history) == (45 if duplicates else 3 * 2 * 3)
    for length in range(len(history)):
        replayed = make()
        for number, (config, state) in enumerate(json.loads(json.dumps(history[:length]))):
            replayed.replay_config(str(number), config, state)
        assert replayed.get_config(trial_id=str(length)) == history[length][0]
        assert replayed.state() == history[length][1]


def test_huge_grid_is_never_listed() -> None:
    space = {f"x{i}": uniform(0, 1) for i in range(40)}
    samples = dict.fromkeys(space, 1000)
    tracemalloc.start()
    searcher = GridSearcher(space, "loss", [], num_samples=samples)
    configs = _take(searcher, 50)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert searcher.grid_size == 10**120
    assert len(set(_keys(configs, space))) == 50
    assert peak < 20e6


def test_with_duplicates_it_begins_again_in_another_order_without_what_failed() -> None:
    searcher = GridSearcher(SPACE, "loss", [{"depth": 1}], allow_duplicates=True)
    first = _take(searcher, SIZE)
    failed = first[7]
    searcher.evaluation_failed("7")
    second = _take(searcher, SIZE - 1)
    assert len(set(_keys(first))) == len(set(_keys([*second, failed]))) == SIZE
    assert first[: SIZE - 1] != second, "a new order"


def test_with_duplicates_it_ends_when_every_point_has_failed() -> None:
    space = {"depth": randint(1, 3)}
    searcher = GridSearcher(space, "loss", [], allow_duplicates=True)
    for number in range(3):
        assert searcher.get_config(trial_id=str(number)) is not None
        searcher.evaluation_failed(str(number))
    assert searcher.get_config(trial_id="3") is None


def test_what_a_trial_does_to_a_list_stays_there() -> None:
    searcher = GridSearcher({"layers": choice([[1], [2]])}, "loss", [], allow_duplicates=True)
    configs = _take(searcher, 2)
    for config in configs:
        assert config is not None
        config["layers"].append(9)
    assert sorted(config["layers"] for config in _take(searcher, 2) if config) == [[1], [2]]


def test_baseline_takes_options_of_the_searcher() -> None:
    scheduler = GridSearch(SPACE, "loss", points_to_evaluate=[], search_options={"num_samples": {"lr": 2}})
    suggestions = [scheduler.suggest(i) for i in range(13)]
    assert [s is not None for s in suggestions] == [True] * 12 + [False]
    with pytest.raises(UnknownNameError, match=r"num_sample.*mean 'num_samples'"):
        GridSearch(SPACE, "loss", search_options={"num_sample": {}})
    with pytest.raises(UsageError, match="searcher 'grid', not 'random'"):
        GridSearch(SPACE, "loss", searcher="random")


# -- the order ---------------------------------------------------------------------------------


@given(size=st.integers(1, 300), seed=st.integers(0, 2**40))
def test_shuffled_range_holds_each_number_once(size: int, seed: int) -> None:
    shuffled = ShuffledRange(size, RandomStreams(seed, "test"))
    assert sorted(shuffled.take() for _ in range(size)) == list(range(size))
    with pytest.raises(IndexError, match=f"all {size} numbers"):
        shuffled.take()


def test_all_permutations_are_equally_likely() -> None:
    num_draws = 2400
    counts: Counter[tuple[int, ...]] = Counter()
    for seed in range(num_draws):
        shuffled = ShuffledRange(4, RandomStreams(seed, "test"))
        counts[tuple(shuffled.take() for _ in range(4))] += 1
    expected = num_draws / math.factorial(4)
    chi_square = sum((n - expected) ** 2 / expected for n in counts.values())
    assert len(counts) == 24
    assert chi_square < 50, "beyond the 99.9 % quantile at 23 degrees of freedom"
