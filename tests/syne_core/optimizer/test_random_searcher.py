"""Random search: which configurations, how often, and from where it goes on."""

from __future__ import annotations

import json
import logging
import random
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syne_core.config_space import (
    choice,
    config_key,
    enumerate_configs,
    is_valid_config,
    lograndint,
    loguniform,
    randint,
    uniform,
)
from syne_core.errors import ConfigSpaceError, UnknownNameError, UsageError
from syne_core.optimizer.schedulers.searchers import RandomSearcher, searcher_factory
from syne_core.optimizer.schedulers.searchers.unseen_configs import UnseenConfigs

SPACE = {"lr": loguniform(1e-4, 1.0), "width": randint(1, 64), "epochs": 9}
SMALL = {"a": randint(1, 5), "b": choice(["x", "y", "z"]), "epochs": 9}


def _take(searcher: RandomSearcher, n: int, first: int = 0) -> list[dict[str, Any] | None]:
    return [searcher.get_config(trial_id=str(first + i)) for i in range(n)]


def _replayed(searcher: RandomSearcher, history: list[tuple[Any, Any]]) -> RandomSearcher:
    for trial_id, (config, state) in enumerate(json.loads(json.dumps(history))):
        searcher.replay_config(str(trial_id), config, state)
    return searcher


def test_initial_configurations_come_first_and_are_not_repeated() -> None:
    points: list[dict[str, Any]] = [{"a": 2, "b": "y"}, {"a": 5}]
    searcher = RandomSearcher(SMALL, "loss", points, random_seed=1)
    configs = _take(searcher, 15)
    assert configs[:2] == [{"a": 2, "b": "y", "epochs": 9}, {"a": 5, "b": "x", "epochs": 9}]
    assert len({config_key(c, SMALL) for c in configs if c}) == 15


@given(seed=st.integers(0, 2**31))
def test_finite_space_is_drawn_exactly_once(seed: int) -> None:
    searcher = RandomSearcher(SMALL, "loss", random_seed=seed)
    drawn = [config_key(c, SMALL) for c in _take(searcher, 15) if c]
    assert sorted(drawn) == sorted(config_key(c, SMALL) for c in enumerate_configs(SMALL))
    assert _take(searcher, 3) == [None, None, None]


def test_popular_values_do_not_hide_rare_ones() -> None:
    # Half of all samples are below 8 on the log scale; all 64 must come, each once.
    space = {"n": lograndint(1, 64)}
    values = [c["n"] for c in _take(RandomSearcher(space, "loss"), 70) if c]
    assert sorted(values) == list(range(1, 65))


def test_space_of_constants_has_one_configuration() -> None:
    assert _take(RandomSearcher({"epochs": 3}, "loss", []), 2) == [{"epochs": 3}, None]


def test_floats_that_agree_in_twelve_digits_come_to_an_end() -> None:
    space = {"x": uniform(1.0, 1.0 + 1e-13), "c": choice(["p", "q"])}
    configs = _take(RandomSearcher(space, "loss"), 4)
    assert [c and c["c"] for c in configs[:2]] in (["p", "q"], ["q", "p"])
    assert configs[2:] == [None, None]


def test_samples_follow_the_scales_of_the_space() -> None:
    configs = [c for c in _take(RandomSearcher(SPACE, "loss", []), 2000) if c]
    assert all(is_valid_config(c, SPACE) for c in configs)
    assert sum(c["lr"] < 1e-2 for c in configs) / 2000 == pytest.approx(0.5, abs=0.04)
    assert sum(c["width"] <= 32 for c in configs) / 2000 == pytest.approx(0.5, abs=0.04)


def test_last_configurations_of_a_space_are_equally_likely() -> None:
    last: Counter[int] = Counter()
    for seed in range(600):
        config = [
            c for c in _take(RandomSearcher({"n": randint(1, 3)}, "loss", [], random_seed=seed), 3) if c
        ]
        last[config[-1]["n"]] += 1
    assert all(150 < last[n] < 250 for n in (1, 2, 3))


def test_duplicates_are_allowed_on_request_except_of_failed_trials() -> None:
    searcher = RandomSearcher({"n": randint(1, 3)}, "loss", [], allow_duplicates=True)
    first = _take(searcher, 50)
    assert {c["n"] for c in first if c} == {1, 2, 3}
    searcher.evaluation_failed(str(next(i for i, c in enumerate(first) if c and c["n"] == 2)))
    assert {c["n"] for c in _take(searcher, 50, 50) if c} == {1, 3}
    for n in (1, 3):
        searcher.evaluation_failed(str(next(i for i, c in enumerate(first) if c and c["n"] == n)))
    assert _take(searcher, 2, 100) == [None, None]


def test_failure_of_an_unknown_trial_changes_nothing() -> None:
    searcher = RandomSearcher(SMALL, "loss", allow_duplicates=True)
    searcher.evaluation_failed("7")
    assert searcher.get_config("0") is not None


# -- restricted to a list ----------------------------------------------------------------------


def test_restricted_search_takes_each_of_the_list_once() -> None:
    allowed = [{"a": a, "b": "x"} for a in (1, 2, 3, 2)]
    searcher = RandomSearcher(SMALL, "loss", restrict_configurations=allowed, random_seed=4)
    configs = _take(searcher, 4)
    assert configs[0] == {"a": 3, "b": "x", "epochs": 9}  # the default, as it is in the list
    assert sorted(c["a"] for c in configs if c) == [1, 2, 3]
    assert configs[3] is None


def test_restricted_search_works_in_an_infinite_space() -> None:
    allowed = [{"lr": lr, "width": 3} for lr in (0.1, 0.2, 0.3)]
    searcher = RandomSearcher(SPACE, "loss", restrict_configurations=allowed)
    assert sorted(c["lr"] for c in _take(searcher, 4) if c) == [0.1, 0.2, 0.3]


def test_restricted_search_with_duplicates_avoids_failed_configurations() -> None:
    allowed = [{"a": a, "b": "x"} for a in (1, 2, 3)]
    searcher = RandomSearcher(SMALL, "loss", [], restrict_configurations=allowed, allow_duplicates=True)
    first = _take(searcher, 40)
    assert {c["a"] for c in first if c} == {1, 2, 3}
    searcher.evaluation_failed(str(next(i for i, c in enumerate(first) if c and c["a"] == 2)))
    assert {c["a"] for c in _take(searcher, 40, 40) if c} == {1, 3}


def test_configurations_from_the_list_are_copies() -> None:
    space = {"shape": choice([[1], [2]]), "layers": [4]}
    allowed = [{"shape": [2]}]
    searcher = RandomSearcher(space, "loss", restrict_configurations=allowed, allow_duplicates=True)
    for config in _take(searcher, 3):
        assert config == {"shape": [2], "layers": [4]}
        config["shape"].append(9)
        config["layers"].append(9)
    assert space["layers"] == [4]
    assert allowed == [{"shape": [2]}]


def test_initial_configurations_outside_the_list_are_dropped_with_a_warning(
    caplog: pytest.LogCaptureFixture,
) -> None:
    allowed = [{"a": 1, "b": "x"}, {"a": 2, "b": "x"}]
    with caplog.at_level(logging.WARNING):
        searcher = RandomSearcher(SMALL, "loss", [{"a": 2}, {"a": 5}], restrict_configurations=allowed)
    assert "'a': 5" in caplog.text
    assert "'a': 2" not in caplog.text
    assert [c and c["a"] for c in _take(searcher, 3)] == [2, 1, None]


def test_default_configuration_outside_the_list_is_dropped_silently(caplog: pytest.LogCaptureFixture) -> None:
    searcher = RandomSearcher(SMALL, "loss", restrict_configurations=[{"a": 1, "b": "z"}])
    assert _take(searcher, 2) == [{"a": 1, "b": "z", "epochs": 9}, None]
    assert not caplog.text


def test_mistakes_in_the_list_are_named() -> None:
    with pytest.raises(ConfigSpaceError, match=r"restrict_configurations\[1\]: b: missing"):
        RandomSearcher(SMALL, "loss", restrict_configurations=[{"a": 1, "b": "x"}, {"a": 1}])
    with pytest.raises(ConfigSpaceError, match="restrict_configurations is empty"):
        RandomSearcher(SMALL, "loss", restrict_configurations=[])


# -- resume ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("space", "options"),
    [
        (SPACE, {}),
        (SPACE, {"points_to_evaluate": [{}, {"width": 3}]}),
        (SMALL, {}),
        (SMALL, {"allow_duplicates": True}),
        (SMALL, {"restrict_configurations": [{"a": a, "b": "x"} for a in range(1, 6)]}),
        ({"n": lograndint(1, 40)}, {}),
    ],
)
def test_every_prefix_leads_to_the_same_next_configuration(
    space: dict[str, Any], options: dict[str, Any]
) -> None:
    searcher = RandomSearcher(space, "loss", random_seed=9, **options)
    history: list[tuple[Any, Any]] = []
    while len(history) < 40 and (config := searcher.get_config(str(len(history)))) is not None:
        history.append((config, searcher.state()))
    for length, (config, state) in enumerate(history):
        again = _replayed(RandomSearcher(space, "loss", random_seed=9, **options), history[:length])
        assert again.get_config(str(length)) == config
        assert again.state() == state


def test_next_number_does_not_depend_on_how_many_samples_were_rejected() -> None:
    # The same initial configurations and seed, but the second search must avoid what the first may repeat.
    free = RandomSearcher(SPACE, "loss", [], random_seed=3, allow_duplicates=True)
    once = RandomSearcher(SPACE, "loss", [], random_seed=3)
    assert _take(free, 20) == _take(once, 20)


def test_nothing_left_changes_nothing() -> None:
    searcher = RandomSearcher(SMALL, "loss")
    _take(searcher, 15)
    before = searcher.state()
    assert searcher.get_config("15") is None
    assert searcher.state() == before


def test_state_stays_small() -> None:
    searcher = RandomSearcher(SPACE, "loss")
    _take(searcher, 500)
    assert len(json.dumps(searcher.state())) < 100


# -- how hard it works -------------------------------------------------------------------------


class _CountingRandom:
    def __init__(self) -> None:
        self.calls = 0
        self._source = random.Random(0)

    def random(self) -> float:
        self.calls += 1
        return self._source.random()


def test_exhausting_a_space_takes_a_bounded_number_of_samples() -> None:
    space = {"n": randint(1, 3000)}
    unseen, rng = UnseenConfigs(space), _CountingRandom()
    drawn = 0
    while unseen.draw(rng) is not None:
        drawn += 1
    assert drawn == 3000
    # Coupon collecting would take 3000 * ln 3000 = 24 000.
    assert rng.calls < 4 * 3000


def test_huge_spaces_are_never_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    space = {"n": randint(1, 2**21)}
    unseen = UnseenConfigs(space)
    values = {unseen.draw(_CountingRandom())["n"] for _ in range(50)}  # type: ignore[index]
    assert len(values) == 50  # each time the same samples, so ever more are rejected
    assert not unseen.listing


# -- the registry ------------------------------------------------------------------------------


def test_searchers_are_found_by_name() -> None:
    searcher = searcher_factory("random", SMALL, metric="loss", random_seed=3)
    assert isinstance(searcher, RandomSearcher)
    assert searcher.random_seed == 3


def test_unknown_searchers_and_options_are_named_with_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match=r"Unknown searcher 'randon'\. Did you mean 'random'"):
        searcher_factory("randon", SMALL, metric="loss")
    with pytest.raises(UnknownNameError, match=r"RandomSearcher 'allow_duplicate'.*'allow_duplicates'"):
        searcher_factory("random", SMALL, metric="loss", allow_duplicate=True)


@pytest.mark.parametrize("metric", ["", None, ["a", "b"]])
def test_metric_must_be_a_name(metric: Any) -> None:
    with pytest.raises(UsageError, match="metric must be the name"):
        RandomSearcher(SMALL, metric)
