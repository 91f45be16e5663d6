"""Tables in memory: what a cell means, and that bad input is named by its cell."""

from __future__ import annotations

import inspect
import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from made_tables import RESOURCES, SPACE, arguments, table

from syne_core.blackbox import BlackboxTabular, restrict_to_table
from syne_core.blackbox.mistakes import MOST_SHOWN
from syne_core.config_space import choice, randint, uniform
from syne_core.errors import BlackboxError


def test_a_curve_is_what_the_run_reported() -> None:
    given = arguments()
    made = BlackboxTabular(**given)
    for row, config in enumerate(given["configurations"]):
        for seed in range(2):
            curve = made.curve(config, seed)
            assert list(curve.resources) == list(RESOURCES)
            assert curve.elapsed == given["elapsed"][row, seed].tolist()
            assert curve.metrics == {k: v[row, seed].tolist() for k, v in given["metrics"].items()}
            assert curve.failure is None


def test_curves_hold_plain_numbers() -> None:
    curve = table().curve(arguments()["configurations"][0])
    assert {type(x) for x in (*curve.elapsed, *curve.metrics["loss"])} == {float}
    assert {type(r) for r in curve.resources} == {int}


def test_a_configuration_is_found_by_its_hyperparameters_only() -> None:
    made = table()
    config = dict(made.configurations[3])
    rounded = {**config, "lr": float(f"{config['lr']:.13g}"), "layers": np.int64(config["layers"])}
    assert made.curve({**rounded, "epochs": 27}) == made.curve(config)
    assert made.row_of(rounded) == 3


def test_a_missing_time_is_no_report_and_a_missing_metric_a_divergence() -> None:
    given = arguments()
    given["elapsed"][0, 0, 1] = np.nan
    given["elapsed"][0, 1, 2:] = np.nan
    for values in given["metrics"].values():
        values[np.isnan(given["elapsed"])] = np.nan
    given["metrics"]["loss"][1, 0, 2:] = np.nan
    given["metrics"]["loss"][2, 0, 3] = np.inf
    made = BlackboxTabular(**given, failures={(0, 1): "out of memory"})
    configs = given["configurations"]
    assert list(made.curve(configs[0], 0).resources) == [1, 3, 9]
    cut = made.curve(configs[0], 1)
    assert list(cut.resources) == [1, 2]
    assert cut.failure == "out of memory"
    diverged = made.curve(configs[1], 0)
    assert len(diverged.resources) == 4
    assert [math.isnan(x) for x in diverged.metrics["loss"]] == [False, False, True, True]
    assert not any(map(math.isnan, diverged.metrics["acc"]))
    assert math.isnan(made.curve(configs[2], 0).metrics["loss"][3])


def test_a_run_may_fail_before_its_first_report() -> None:
    given = arguments(seeds=1)
    for values in (given["elapsed"], *given["metrics"].values()):
        values[4] = np.nan
    made = BlackboxTabular(**given, failures={(4, 0): "bad image"})
    curve = made.curve(given["configurations"][4])
    assert (list(curve.resources), list(curve.elapsed), curve.failure) == ([], [], "bad image")


def test_another_repetition_answers_for_one_that_was_not_run() -> None:
    given = arguments(seeds=3)
    for values in (given["elapsed"], *given["metrics"].values()):
        values[1, 1] = np.nan
    made = BlackboxTabular(**given)
    config = given["configurations"][1]
    assert not made.recorded[1, 1]
    assert made.curve(config, 1) == made.curve(config, 2)
    assert made.curve(config, 1) != made.curve(config, 0)


def test_off_the_table_the_error_names_the_nearest_row_and_a_way_out() -> None:
    made = table()
    config = {**made.configurations[2], "lr": made.configurations[2]["lr"] * 1.01}
    with pytest.raises(BlackboxError, match=r"has no row for .*nearest is row 2, .*add_surrogate"):
        made.curve(config)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"lr": 7.0}, "lr: 7.0 is not in loguniform"),
        ({"kind": "z"}, "kind: 'z' is not in choice"),
        ({"layers": 2.5}, "layers: 2.5"),
        ({"lr": None}, "lr: None"),
    ],
)
def test_what_is_no_configuration_is_refused_by_name(change: dict[str, Any], message: str) -> None:
    made = table()
    with pytest.raises(BlackboxError, match=message):
        made.curve({**made.configurations[0], **change})


def test_a_configuration_without_a_hyperparameter_is_refused() -> None:
    with pytest.raises(BlackboxError, match="layers: missing; expected a value of randint"):
        table().curve({"lr": 0.1, "kind": "a"})


@pytest.mark.parametrize("seed", [-1, 2, 1.0, True, None])
def test_only_repetitions_of_the_table_can_be_asked_for(seed: Any) -> None:
    made = table()
    with pytest.raises(BlackboxError, match="has repetitions 0 to 1, not"):
        made.curve(made.configurations[5], seed)


# -- bad input --------------------------------------------------------------------------------------


def _with(array: str, cell: tuple[int, ...], value: float) -> dict[str, Any]:
    given = arguments()
    target = given["elapsed"] if array == "elapsed" else given["metrics"][array]
    target[cell] = value
    return given


def _without(name: str, row: int) -> dict[str, Any]:
    given = arguments()
    del given["configurations"][row][name]
    return given


def _rows(**columns: Any) -> dict[str, Any]:
    given = arguments()
    for config in given["configurations"]:
        config.update(columns)
    return given


BAD = {
    "row 1, repetition 0, epoch 3: the elapsed time -1.0 is negative": _with("elapsed", (1, 0, 2), -1.0),
    "row 1, repetition 0, epoch 9: the elapsed time 0.0 is less than at the resource before": _with(
        "elapsed", (1, 0, 3), 0.0
    ),
    "row 5, repetition 1, epoch 2: the elapsed time is inf": _with("elapsed", (5, 1, 1), math.inf),
    "row 5, repetition 1, epoch 2: loss is 0.*but the elapsed time is missing": _with(
        "elapsed", (5, 1, 1), math.nan
    ),
    "row 4, layers: missing; expected a value of randint": _without("layers", 4),
    "column 'layer' is not in the configuration space; did you mean 'layers'": _rows(layer=3),
    "row 0, lr: 5 is not in loguniform": _rows(lr=5),
    "row 0, kind: nan is not in choice": _rows(kind=math.nan),
    "column 'momentum' of the configuration space is missing": arguments(
        config_space={**SPACE, "momentum": uniform(0, 1)}
    ),
    "it has no row": arguments(rows=0),
    "row 2: a configuration is a dict, not 7": {
        **arguments(),
        "configurations": [*arguments()["configurations"][:2], 7, *arguments()["configurations"][3:]],
    },
    "the configuration space has no hyperparameter": arguments(config_space={"epochs": 27}),
    "a configuration space is a dict, not list": arguments(config_space=[1]),
    "there is no metric": arguments(metrics={}),
    "metric 'epoch' is also the name of the resource_attr": arguments(
        metrics={"epoch": arguments()["metrics"]["loss"]}
    ),
    "metric 'st_x': names starting with 'st_'": arguments(metrics={"st_x": arguments()["metrics"]["loss"]}),
    "resource_attr must be a nonempty string, not 3": arguments(resource_attr=3),
    "'loss' has shape .* is .6, 2, 4.": arguments(metrics={"loss": np.zeros((6, 2, 3))}),
    "'elapsed_time' has shape .6, 4.; .configurations, repetitions": arguments(elapsed=np.zeros((6, 4))),
    "'loss' holds object instead of numbers": arguments(metrics={"loss": np.full((6, 2, 4), None)}),
    "'loss' holds <U1 instead of numbers": arguments(metrics={"loss": np.full((6, 2, 4), "x")}),
    "'loss' is not an array": arguments(metrics={"loss": [[1.0], [1.0, 2.0]]}),
    "resources must increase, but 2 comes after 3": arguments(resources=(1, 3, 2, 9)),
    "resources must be whole numbers >= 1, not 0, 2.5": arguments(resources=(0, 1, 2.5, 9)),
    "there is no resource": arguments(resources=()),
    "failure of .9, 0.: not a .row, repetition. of the table": arguments(failures={(9, 0): "x"}),
    "row 1, repetition 0: a failure needs a text, not ''": arguments(failures={(1, 0): ""}),
    "mode of 'speed': there is no such metric": arguments(modes={"speed": "max"}),
    "mode of 'loss' must be 'min' or 'max', not 'down'": arguments(modes={"loss": "down"}),
    "provenance cannot be written as JSON": arguments(provenance={"when": object()}),
}


@pytest.mark.parametrize("message", BAD)
def test_bad_input_is_named(message: str) -> None:
    with pytest.raises(BlackboxError, match=message):
        BlackboxTabular(**BAD[message])


STRANGE = [
    *(None, 3, "x", b"y", [], {}, [1, 2], {"a": 1}, np.zeros(3), np.zeros((2, 2)), object(), math.nan),
    *([[]], True, (x for x in ()), pd.DataFrame({"lr": [1]}), [{"lr": [1]}] * 6, {1: 2}, {(0, 0): 2}),
]


@pytest.mark.parametrize("name", [*inspect.signature(BlackboxTabular.__init__).parameters][1:])
def test_whatever_an_argument_is_the_error_is_ours(name: str) -> None:
    refused = 0
    for strange in STRANGE:
        try:
            table(**{name: strange})
        except BlackboxError:
            refused += 1
    assert refused >= (0 if name == "name" else 3)


def test_a_frame_is_no_list_of_configurations() -> None:
    frame = pd.DataFrame(arguments()["configurations"])
    with pytest.raises(BlackboxError, match="'configurations' must be a list, not DataFrame"):
        table(configurations=frame)


def test_a_row_that_was_never_run_is_named() -> None:
    given = arguments()
    for values in (given["elapsed"], *given["metrics"].values()):
        values[3] = np.nan
    with pytest.raises(BlackboxError, match="row 3: it has no report in any repetition, and no failure"):
        BlackboxTabular(**given)


def test_all_mistakes_are_told_together_and_many_are_counted() -> None:
    given = arguments(rows=30)
    given["elapsed"][:, :, 0] = -1
    given["metrics"]["loss"] = np.zeros(3)
    with pytest.raises(BlackboxError, match="'loss' has shape"):
        BlackboxTabular(**given)
    given["metrics"]["loss"] = np.zeros((30, 2, 4))
    with pytest.raises(BlackboxError) as caught:
        BlackboxTabular(**{**given, "failures": {(99, 0): "x"}})
    lines = str(caught.value).splitlines()
    assert sum("is negative" in line for line in lines) == MOST_SHOWN
    assert any("and 50 more cells" in line for line in lines)
    assert any("failure of (99, 0)" in line for line in lines)


# -- shapes -----------------------------------------------------------------------------------------


def test_one_hyperparameter_one_resource_one_repetition_one_row() -> None:
    made = BlackboxTabular({"x": uniform(0, 1)}, [{"x": 0.5}], [[[2.0]]], {"y": [[[1]]]}, resources=[1])
    curve = made.curve({"x": 0.5})
    assert (list(curve.resources), curve.elapsed, curve.metrics) == ([1], [2.0], {"y": [1.0]})
    assert made.nearest_row({"x": 0.9}) == 0


def test_constants_of_the_space_are_left_out() -> None:
    made = table(config_space={**SPACE, "epochs": 27})
    assert list(made.config_space) == list(SPACE)
    assert made.digest() == table().digest()


def test_equal_configurations_are_refused_unless_they_are_to_be_merged() -> None:
    given = arguments(rows=4)
    given["configurations"][3] = dict(given["configurations"][1])
    with pytest.raises(BlackboxError, match=r"rows 1, 3 have the same configuration"):
        BlackboxTabular(**given)
    made = BlackboxTabular(**given, duplicates="merge", failures={(3, 1): "late"})
    assert len(made.configurations) == 3
    assert made.num_seeds == 4
    config = given["configurations"][1]
    assert made.curve(config, 0).elapsed == given["elapsed"][1, 0].tolist()
    assert made.curve(config, 3).elapsed == given["elapsed"][3, 1].tolist()
    assert made.curve(config, 3).failure == "late"
    other = given["configurations"][2]
    assert made.curve(other, 2) == made.curve(other, 0)


def test_what_was_passed_in_may_change_later() -> None:
    given = arguments()
    made = BlackboxTabular(**given)
    before = made.digest(), made.curve(given["configurations"][0])
    given["elapsed"][:] = 0
    given["metrics"]["loss"][:] = 0
    given["configurations"][1]["lr"] = 0.5
    assert (made.digest(), made.curve(given["configurations"][0])) == before
    with pytest.raises(ValueError, match="read-only"):
        made.metrics[0] = 1


def test_the_nearest_row_is_nearest_on_the_scale_of_each_hyperparameter() -> None:
    space = {"n": randint(1, 1000), "kind": choice(["a", "b", "c"])}
    configs = [{"n": 1, "kind": "a"}, {"n": 1000, "kind": "a"}, {"n": 1000, "kind": "c"}]
    ones = np.ones((3, 1, 1))
    made = BlackboxTabular(space, configs, ones, {"y": ones}, resources=[1])
    assert made.nearest_row({"n": 400, "kind": "a"}) == 0
    assert made.nearest_row({"n": 600, "kind": "a"}) == 1
    assert made.nearest_row({"n": 990, "kind": "b"}) == 1, "the first of two that are equally near"
    assert made.nearest_row({"n": 400, "kind": "c"}) == 2


def test_the_digest_follows_what_decides_answers_and_nothing_else() -> None:
    given = arguments()
    base = BlackboxTabular(**given).digest()
    same = [{"name": "other"}, {"modes": {"loss": "min"}}, {"provenance": {"by": "me"}}]
    assert {BlackboxTabular(**{**given, **change}).digest() for change in same} == {base}
    elapsed = given["elapsed"] + 1e-9
    other = [
        {"elapsed": elapsed},
        {"resource_attr": "step"},
        {"resources": (1, 2, 3, 10)},
        {"elapsed_time_attr": "seconds"},
        {"failures": {(0, 0): "x"}},
        {"config_space": {**SPACE, "layers": randint(1, 9)}},
        {"configurations": given["configurations"][::-1]},
        {"metrics": {"loss": given["metrics"]["loss"], "acc": given["metrics"]["loss"]}},
    ]
    digests = [BlackboxTabular(**{**given, **change}).digest() for change in other]
    assert len({base, *digests}) == len(other) + 1


def test_a_subset_answers_as_the_whole() -> None:
    made = table(failures={(4, 1): "x"})
    part = made.subset([4, 0])
    assert part.configurations == (made.configurations[4], made.configurations[0])
    for config in part.configurations:
        assert [part.curve(config, seed) for seed in (0, 1)] == [made.curve(config, s) for s in (0, 1)]


def test_searchers_can_be_restricted_to_the_table() -> None:
    made = table()
    configs = restrict_to_table(made)
    assert configs == list(made.configurations)
    configs[0]["lr"] = 0.5
    assert made.configurations[0]["lr"] != 0.5


def test_results_say_which_table_it_was() -> None:
    made = table(name="mine")
    assert made.metadata() == {
        "blackbox": "BlackboxTabular",
        "blackbox_name": "mine",
        "blackbox_digest": made.digest(),
        "blackbox_configurations": 6,
        "blackbox_repetitions": 2,
    }
