"""Parameters of figures: what a script may say, what is wrong, and how two of them are merged."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from syne_core.errors import UnknownNameError, UsageError
from syne_core.experiments import PlotParameters, ShowTrialParameters, SubplotParameters
from syne_core.experiments.comparative.arrangement import arrange
from syne_core.experiments.comparative.figure_settings import figure_settings


@pytest.mark.parametrize(
    ("cls", "name", "near"),
    [
        (PlotParameters, "metrics", "metric"),
        (SubplotParameters, "nrow", "nrows"),
        (ShowTrialParameters, "trial", "trial_id"),
    ],
)
def test_unknown_arguments_suggest_the_nearest(cls: Any, name: str, near: str) -> None:
    with pytest.raises(
        UnknownNameError, match=f"argument of {cls.__name__}, '{name}'. Did you mean '{near}'"
    ):
        cls(**{name: 1})


def test_parameters_can_be_assigned_and_copied() -> None:
    parameters = PlotParameters(metric="loss", subplots=SubplotParameters(nrows=2))
    parameters.title = "later"
    twin = copy.deepcopy(parameters)
    assert twin == parameters
    assert twin.subplots is not parameters.subplots


def test_what_is_not_said_is_taken_from_the_default() -> None:
    own = PlotParameters(title="own", subplots=SubplotParameters(nrows=1), grid=False)
    default = PlotParameters(
        metric="loss", title="default", grid=True, subplots=SubplotParameters(nrows=3, ncols=4), dpi=99
    )
    merged = own.merge_defaults(default)
    assert merged == PlotParameters(
        metric="loss", title="own", grid=False, subplots=SubplotParameters(nrows=1, ncols=4), dpi=99
    )
    assert own.dpi is None
    assert own.merge_defaults(None) == own


def test_defaults_of_all_figures() -> None:
    settings = figure_settings(None, None)
    assert (settings.metric_multiplier, settings.convert_to_min, settings.dpi) == (1.0, True, 200)
    assert (settings.aggregate_mode, settings.xlabel) == ("iqm_bootstrap", "wall-clock time (secs)")


def test_all_mistakes_are_told_together() -> None:
    wrong = PlotParameters(
        mode="maximum",
        aggregate_mode="mean",
        xlim=(3, 1),
        ylim=(0,),  # type: ignore[arg-type]
        metric_multiplier=0,
        dpi=-1,
        tick_params=3,  # type: ignore[arg-type]
        show_init_trials=ShowTrialParameters(trial_id=-1),
    )
    with pytest.raises(UsageError) as caught:
        figure_settings(wrong, None)
    lines = str(caught.value).splitlines()
    starts = ("mode", "aggregate_mode", "xlim", "ylim", "metric_multiplier", "dpi", "tick_params")
    assert len(lines) == 9
    assert "'mean'. Did you mean 'mean_and_ci'" in lines[1]
    assert all(name in line for name, line in zip(starts, lines, strict=False))
    assert "needs setup_name" in lines[7]
    assert "trial_id" in lines[8]


def test_other_objects_are_no_parameters() -> None:
    with pytest.raises(UsageError, match="must be PlotParameters, not dict"):
        figure_settings({"metric": "loss"}, None)  # type: ignore[arg-type]


def test_positions_are_counted_down_the_columns() -> None:
    arrangement = arrange(SubplotParameters(nrows=2, ncols=3, titles=["a", "b", "c"]), {0, 5}, "")
    assert [arrangement.cell(p) for p in range(6)] == [(0, 0), (1, 0), (0, 1), (1, 1), (0, 2), (1, 2)]
    assert arrangement.titles == ("a", "", "b", "", "c", "")


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"nrows": 2}, "ncols is None"),
        ({"nrows": 0, "ncols": "2"}, "nrows is 0 and ncols is '2'"),
        (
            {"nrows": 1, "ncols": 2, "titles": ["one"]},
            "titles must be a list of 2, since there are 2 columns",
        ),
        ({"nrows": 1, "ncols": 2, "titles": "ab"}, "titles must be a list of 2"),
        (
            {"nrows": 2, "ncols": 2, "titles": ["a"] * 3, "title_each_figure": True},
            "titles must be a list of 4, since there are 4 subplots",
        ),
        ({"nrows": 1, "ncols": 2, "xlims": [3]}, "xlims must have 2 entries"),
        ({"nrows": 1, "ncols": 2, "legend_no": [-1]}, "legend_no must be indices"),
        ({"nrows": 1, "ncols": 1, "subplot_indices": [0, 1]}, "at most 1 different"),
        ({"nrows": 1, "ncols": 2, "subplot_indices": [1, 1]}, "at most 2 different"),
    ],
)
def test_arrangements_that_cannot_be(parameters: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        arrange(SubplotParameters(**parameters), {0}, "")
