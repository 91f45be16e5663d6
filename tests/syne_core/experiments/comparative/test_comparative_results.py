"""ComparativeResults: which experiments it compares, what it draws and returns; checked by its artists."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats
from study_folders import reports, write_experiment

from syne_core.errors import ResultsError, UnknownNameError, UsageError
from syne_core.experiments import (
    ComparativeResults,
    PlotParameters,
    ShowTrialParameters,
    SubplotParameters,
)

Write = Callable[..., list[Path]]


def by_method(metadata: dict[str, Any]) -> str:
    return str(metadata["algorithm"])


def by_workers(metadata: dict[str, Any]) -> str:
    return f"{metadata['n_workers']} workers"


def subplot_of(metadata: dict[str, Any]) -> int | None:
    methods = ("RS", "BO")
    return methods.index(metadata["algorithm"]) if metadata["algorithm"] in methods else None


def artists(axes: Any) -> dict[str, Any]:
    return {a.get_gid(): a for a in [*axes.lines, *axes.collections] if a.get_gid()}


def legend(axes: Any) -> list[str]:
    found = axes.get_legend()
    return [] if found is None else [text.get_text() for text in found.get_texts()]


def below(figure: Any) -> str:
    return " ".join(figure.get_supxlabel().split())


def write_seeds(root: Path, finals: dict[str, tuple[float, ...]], **settings: Any) -> None:
    """One report at 2 s of 10 s for each method and seed."""
    for method, values in finals.items():
        for seed, value in enumerate(values):
            rows = reports([(2.0, value)])
            write_experiment(root, rows, method=method, seed=seed, elapsed=10.0, limit=10.0, **settings)


def values_of(line: Any) -> list[float]:
    return sorted({round(float(v), 9) for v in line.get_ydata() if np.isfinite(v)})


def test_four_subplots_of_methods_with_a_curve_for_each_number_of_workers(workers_study: Write) -> None:
    workers_study()
    results = ComparativeResults(
        experiment_names=("demo",),
        setups=["2 workers", "4 workers"],
        num_runs=3,
        metadata_to_setup=by_workers,
        metadata_to_subplot=subplot_of,
        plot_params=PlotParameters(
            title="Workers",
            subplots=SubplotParameters(
                nrows=1,
                ncols=2,
                titles=["RS", "BO"],
                title_each_figure=True,
                kwargs={"sharey": "all"},
                legend_no=[1],
            ),
        ),
    )
    answer = results.plot()
    axs = answer["axs"]
    assert axs.shape == (1, 2)
    assert [axes.get_title() for axes in axs[0]] == ["RS", "BO"]
    assert answer["fig"].get_suptitle() == "Workers"
    assert [legend(axes) for axes in axs[0]] == [[], ["2 workers", "4 workers"]]
    for axes in axs[0]:
        assert {"mean 2 workers", "band 2 workers", "mean 4 workers", "band 4 workers"} <= set(artists(axes))
        assert axes.get_xlabel() == "wall-clock time (secs)"
        assert axes.get_xlim() == (0.0, 60.0)
    assert axs[0, 0].get_ylim() == axs[0, 1].get_ylim()
    assert axs[0, 0].get_ylabel() == "best 1 - accuracy so far"
    assert axs[0, 1].get_ylabel() == ""
    styles = [artists(axes)["mean 4 workers"].get_color() for axes in axs[0]]
    assert styles[0] == styles[1]
    assert answer["notes"] == []
    assert "interquartile mean over seeds" in below(answer["fig"])


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({}, 0.3),
        ({"convert_to_min": False}, 0.7),
        ({"convert_to_min": False, "metric_multiplier": 100}, 70.0),
        ({"metric_multiplier": 0.5}, 0.65),
    ],
)
def test_values_are_turned_round_and_multiplied(
    root: Path, parameters: dict[str, Any], expected: float
) -> None:
    write_seeds(root, {"RS": (0.5, 0.7, 0.9)})
    results = ComparativeResults("demo", ["RS"], 3, by_method)
    axes = results.plot(plot_params=PlotParameters(aggregate_mode="mean_and_ci", **parameters))["axs"][0, 0]
    assert values_of(artists(axes)["mean RS"]) == [pytest.approx(expected)]
    half = stats.t.ppf(0.975, 2) * stats.sem([0.5, 0.7, 0.9]) * parameters.get("metric_multiplier", 1)
    corners = artists(axes)["band RS"].get_paths()[0].vertices[:, 1]
    assert corners.max() - corners.min() == pytest.approx(2 * half)


def test_the_metric_and_its_mode_are_those_of_the_experiments_unless_said(root: Path) -> None:
    rows = [{**row, "loss": 3.0} for row in reports([(2.0, 0.5), (4.0, 0.9)])]
    write_experiment(root, rows, elapsed=10.0)
    results = ComparativeResults(("demo",), ["RS"], 1, by_method, PlotParameters(convert_to_min=False))
    assert values_of(artists(results.plot()["axs"][0, 0])["mean RS"]) == [0.5, 0.9]
    as_loss = results.plot(plot_params=PlotParameters(metric="loss"))["axs"][0, 0]
    assert values_of(artists(as_loss)["mean RS"]) == [3.0]
    assert as_loss.get_ylabel() == "best loss so far"


def test_filters_return_none(workers_study: Write) -> None:
    workers_study(("RS", "BO", "ASHA"))
    results = ComparativeResults(
        ("demo",),
        ["RS"],
        3,
        lambda m: m["algorithm"] if m["algorithm"] == "RS" else None,
        metadata_to_subplot=lambda m: 0 if m["n_workers"] == 4 else None,
        metadata_keys=["n_workers", "absent"],
    )
    assert results.metadata_values() == {"n_workers": {"RS": [4, 4, 4]}}
    assert results.plot()["notes"] == []


def test_benchmarks_are_plotted_by_name(workers_study: Write) -> None:
    workers_study(benchmark="a", workers=(2,))
    workers_study(benchmark="b", workers=(2,), methods=("RS",))
    results = ComparativeResults(("demo",), ["RS", "BO"], 3, by_method, metadata_keys=["benchmark"])
    assert results.benchmarks == ("a", "b")
    assert results.metadata_values("b") == {"benchmark": {"RS": ["b"] * 3}}
    assert {"mean RS", "mean BO"} <= set(artists(results.plot("a")["axs"][0, 0]))
    assert "mean BO" not in artists(results.plot("b")["axs"][0, 0])
    with pytest.raises(UsageError, match="there are a, b"):
        results.plot()
    with pytest.raises(UnknownNameError, match=r"benchmark 'c'.*Valid: a, b"):
        results.plot("c")
    merged = ComparativeResults(("demo",), ["RS", "BO"], 6, by_method, benchmark_key=None)
    assert merged.plot()["notes"] == ["Other than 6 runs: BO has 3."]


def test_a_function_for_each_benchmark(workers_study: Write, caplog: pytest.LogCaptureFixture) -> None:
    workers_study(benchmark="a", workers=(2,))
    workers_study(benchmark="b", workers=(2,))
    workers_study(benchmark="c", workers=(2,), seeds=1)
    functions = {"a": by_method, "b": by_workers}
    results = ComparativeResults(("demo",), ["RS", "BO", "2 workers"], 3, functions)
    assert results.benchmarks == ("a", "b")
    assert "metadata_to_setup has no function for benchmark 'c'" in caplog.text
    assert "mean 2 workers" in artists(results.plot("b")["axs"][0, 0])


def test_several_studies_and_subfolders(root: Path) -> None:
    write_seeds(root, {"RS": (0.5, 0.6)}, tag="first")
    write_seeds(root, {"RS": (0.7,)}, tag="second")
    flat = root / "third-2026-03-19-22-01-57-abc"
    (root / "first" / "RS-0" / "first-digits-0-00000000").rename(flat)
    results = ComparativeResults(("first", "second"), ["RS"], 2, by_method, metadata_keys=["tag"])
    assert results.metadata_values() == {"tag": {"RS": ["first", "second"]}}
    without = ComparativeResults("third", ["RS"], 1, by_method, with_subdirs=None, metadata_keys=["seed"])
    assert without.metadata_values() == {"seed": {"RS": [0]}}
    chosen = ComparativeResults(
        "first", ["RS"], 1, by_method, with_subdirs=["RS-1", "none"], metadata_keys=["seed"]
    )
    assert chosen.metadata_values() == {"seed": {"RS": [1]}}


def test_datetime_bounds_leave_out_what_was_made_before_or_after(root: Path) -> None:
    for seed, day in enumerate(("03-18-23-59-59", "03-19-12-00-00", "03-21-00-00-00")):
        path = write_experiment(root, reports([(1.0, 0.5)]), seed=seed)
        path.rename(path.parent / f"demo-2026-{day}-xyz")
    bounds = ("2026-03-19-12-00-00", "2026-03-20-00-00-00")
    arguments: dict[str, Any] = {"metadata_keys": ["seed"]}
    for given, seeds in (
        (bounds, [1]),
        ((None, bounds[1]), [0, 1]),
        ({"demo": (bounds[0], None)}, [1, 2]),
        ({}, [0, 1, 2]),
    ):
        results = ComparativeResults("demo", ["RS"], 1, by_method, datetime_bounds=given, **arguments)
        assert results.metadata_values() == {"seed": {"RS": seeds}}
    for wrong in (("2026", None), (bounds[1], bounds[0]), ("a",), 5):
        with pytest.raises(UsageError, match="datetime_bounds"):
            ComparativeResults("demo", ["RS"], 1, by_method, datetime_bounds=wrong)


def test_times_of_our_folders_come_from_the_metadata(root: Path) -> None:
    write_experiment(root, reports([(1.0, 0.5)]), seed=0, created=1_700_000_000.0)
    write_experiment(root, reports([(1.0, 0.5)]), seed=1, created=1_800_000_000.0)
    late = ComparativeResults(
        "demo",
        ["RS"],
        1,
        by_method,
        datetime_bounds=("2025-01-01-00-00-00", None),
        metadata_keys=["seed"],
    )
    assert late.metadata_values() == {"seed": {"RS": [1]}}


def test_metadata_and_extra_results_by_subplot(workers_study: Write) -> None:
    workers_study(seeds=1)
    results = ComparativeResults(
        ("demo",),
        ["2 workers", "4 workers"],
        1,
        by_workers,
        metadata_to_subplot=subplot_of,
        metadata_keys=["algorithm"],
        metadata_subplot_level=True,
    )
    each = {0: ["RS"], 1: ["BO"]}
    assert results.metadata_values() == {"algorithm": {"2 workers": each, "4 workers": each}}
    extra = results.plot(extra_results_keys=["epoch", "config_optimizer"])["extra_results"]
    assert extra["4 workers"][1] == {"epoch": [1], "config_optimizer": ["adam"]}
    with pytest.raises(UnknownNameError, match="extra_results_keys, 'epochs'"):
        results.plot(extra_results_keys=["epochs"])


def test_extra_results_are_those_of_the_last_report(root: Path) -> None:
    write_experiment(root, [*reports([(9.0, 0.1)], score=7), *reports([(3.0, 0.2)], score=8)])
    write_experiment(root, reports([(3.0, 0.2)]), seed=1)
    results = ComparativeResults("demo", ["RS"], 2, by_method)
    assert results.plot(extra_results_keys=["score"])["extra_results"] == {"RS": {"score": [7, None]}}


def test_differing_budgets_are_shown_up_to_the_shorter_and_said(workers_study: Write) -> None:
    workers_study(limits={2: 120.0, 4: 60.0}, methods=("RS",))
    results = ComparativeResults("demo", ["2 workers", "4 workers"], 3, by_workers)
    answer = results.plot()
    assert answer["axs"][0, 0].get_xlim() == (0.0, 60.0)
    assert answer["notes"] == ["Budgets differ: 60 s, 120 s, shown up to 60 s, which all reached."]
    assert answer["notes"][0] in below(answer["fig"])
    whole = results.plot(plot_params=PlotParameters(xlim=(10, 120)))
    assert whole["axs"][0, 0].get_xlim() == (10.0, 120.0)
    assert whole["notes"] == ["Budgets differ: 60 s, 120 s, each curve ends at its own."]


def test_what_is_missing_is_named_and_the_rest_is_drawn(
    workers_study: Write, root: Path, caplog: pytest.LogCaptureFixture
) -> None:
    paths = workers_study(workers=(4,))
    (paths[0] / "results.csv.zip").write_bytes(b"no zip")
    (paths[1] / "metadata.json").write_text("{")
    write_experiment(root, reports([(1.0, None)]), method="BO", seed=7, metadata={"n_workers": None})
    write_experiment(root, reports([(1.0, 0.5)], "loss"), method="RS", seed=8, state="failed")
    write_experiment(root, reports([(1.0, 0.5)]), method="RS", seed=2, created=1.0, id8="01d01d01")
    results = ComparativeResults("demo", ["BO", "RS", "ASHA", "RSS"], 3, by_method)
    assert results.setups == ("BO", "RS")
    answer = results.plot()
    said = " ".join(answer["notes"])
    for text in (
        "Other than 3 runs: BO has 4; RS has 2.",
        "No finite value: BO seed 7; RS seed 8.",
        "Unfinished: RS seed 8.",
        "No experiment has setup 'ASHA'.",
        "No experiment has setup 'RSS'.",
        "Left out for a newer experiment with the same seed: demo-digits-2-01d01d01.",
        f"{paths[1].name} (metadata.json is damaged",
        f"{paths[0].name} (results.csv.zip is damaged",
    ):
        assert text in said
    assert "BO has 4; RS has 2" in below(answer["fig"])
    assert "no experiment has setup 'ASHA'" in caplog.text


def test_setups_that_nobody_asked_for_are_named(workers_study: Write) -> None:
    workers_study(("RS", "BO"), (4,))
    answer = ComparativeResults("demo", ["RS"], 3, by_method).plot()
    assert answer["notes"] == ["Setups not asked for, left out: 'BO' (3)."]
    assert legend(answer["axs"][0, 0]) == ["RS"]


def test_what_a_function_raises_leaves_out_that_experiment_only(
    workers_study: Write, root: Path, caplog: pytest.LogCaptureFixture
) -> None:
    workers_study(("RS",), (4,))
    write_experiment(root, reports([(1.0, 0.5)]), seed=9, metadata={"n_workers": None})
    answer = ComparativeResults("demo", ["4 workers"], 3, by_workers).plot()
    assert "metadata_to_setup raised KeyError: 'n_workers'" in answer["notes"][0]
    with pytest.raises(ResultsError, match="metadata_to_subplot gives -1, not an index"):
        ComparativeResults("demo", ["RS"], 3, by_method, metadata_to_subplot=lambda m: -1)
    with pytest.raises(ResultsError, match="which is no name"):
        ComparativeResults("demo", ["RS"], 3, lambda m: [m["algorithm"]])
    with pytest.raises(ResultsError, match="4 are filtered out"):
        ComparativeResults("demo", ["RS"], 3, lambda m: None)


def test_unknown_names_suggest_the_nearest(workers_study: Write, root: Path) -> None:
    workers_study(("RS",), (4,))
    with pytest.raises(UnknownNameError, match=r"'demmo'. Did you mean 'demo'"):
        ComparativeResults("demmo", ["RS"], 3, by_method)
    with pytest.raises(UnknownNameError, match=r"setup 'R S'. Did you mean 'RS'"):
        ComparativeResults("demo", ["R S"], 3, by_method)
    with pytest.raises(ResultsError, match="There is no folder"):
        ComparativeResults("demo", ["RS"], 3, by_method, with_subdirs=None)
    results = ComparativeResults("demo", ["RS"], 3, by_method)
    with pytest.raises(UnknownNameError, match=r"metric 'acuracy'. Did you mean 'accuracy'"):
        results.plot(plot_params=PlotParameters(metric="acuracy"))
    with pytest.raises(UsageError, match="metadata_keys"):
        results.metadata_values()
    with pytest.raises(UsageError, match="at least one setup"):
        ComparativeResults("demo", [], 3, by_method)


def test_arguments_of_the_wrong_kind(workers_study: Write) -> None:
    workers_study(("RS",), (4,), seeds=1)
    for num_runs in (0, None, "3", True):
        with pytest.raises(UsageError, match="num_runs must be a whole number"):
            ComparativeResults("demo", ["RS"], num_runs, by_method)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="metadata_to_setup must be a function"):
        ComparativeResults("demo", ["RS"], 1, "algorithm")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="metadata_to_subplot must be a function"):
        ComparativeResults("demo", ["RS"], 1, by_method, metadata_to_subplot=0)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="at least one study"):
        ComparativeResults((), ["RS"], 1, by_method)
    with pytest.raises(ResultsError, match="none was found with with_subdirs='x'"):
        ComparativeResults("demo", ["RS"], 1, by_method, with_subdirs="x")
    with pytest.raises(UsageError, match="plot_params must be PlotParameters"):
        ComparativeResults("demo", ["RS"], 1, by_method, {"metric": "loss"})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "parameters",
    [
        PlotParameters(tick_params={"nope": 1}),
        PlotParameters(subplots=SubplotParameters(nrows=1, ncols=1, kwargs={"nope": 1})),
        PlotParameters(subplots=SubplotParameters(nrows=1, ncols=1, kwargs={"sharey": "rows"})),
    ],
)
def test_what_matplotlib_refuses_is_a_mistake_of_the_user(
    workers_study: Write, parameters: PlotParameters
) -> None:
    workers_study(("RS",), (4,), seeds=1)
    with pytest.raises(UsageError, match=r"tick_params|kwargs"):
        ComparativeResults("demo", ["RS"], 1, by_method).plot(plot_params=parameters)


@pytest.mark.parametrize("name", ["$a_{", "_b", "c\nd", 7])
def test_any_name_is_shown_as_it_is(root: Path, tmp_path: Path, name: Any) -> None:
    write_seeds(root, {"RS": (0.5, 0.7)})
    results = ComparativeResults("demo", [name], 2, lambda m: name, PlotParameters(dpi=30))
    axes = results.plot(file_name=str(tmp_path / "figure.png"))["axs"][0, 0]
    assert [label.strip() for label in legend(axes)] == [str(name)]


def test_a_legend_of_many_leaves_the_axes_their_room(root: Path, tmp_path: Path) -> None:
    write_seeds(root, {f"M{i:02}": (0.5, 0.7) for i in range(30)})
    names = [f"M{i:02}" for i in range(30)]
    results = ComparativeResults("demo", names, 2, by_method, PlotParameters(dpi=30))
    answer = results.plot(file_name=str(tmp_path / "figure.png"))
    width, height = answer["axs"][0, 0].get_window_extent().size / answer["fig"].dpi
    assert width > 4
    assert height > 3
    assert len(legend(answer["axs"][0, 0])) == 30


def test_mixed_modes(workers_study: Write, root: Path) -> None:
    workers_study(("RS",), (4,))
    write_experiment(root, reports([(1.0, 0.5)]), method="BO", mode="min")
    results = ComparativeResults("demo", ["RS", "BO"], 3, by_method)
    answer = results.plot()
    assert "its metric 'accuracy' has mode 'min', that of the figure 'max'" in " ".join(answer["notes"])
    assert legend(answer["axs"][0, 0]) == ["RS"]
    alone = ComparativeResults("demo", ["RS"], 3, by_method)
    with pytest.raises(UsageError, match="mode is 'min', but all experiments"):
        alone.plot(plot_params=PlotParameters(metric="accuracy", mode="min"))


def test_a_metric_that_some_do_not_report(root: Path) -> None:
    write_experiment(root, reports([(1.0, 0.5)], extra=0.25), seed=0)
    write_experiment(root, reports([(1.0, 0.5)]), seed=1)
    results = ComparativeResults("demo", ["RS"], 2, by_method)
    answer = results.plot(plot_params=PlotParameters(metric="extra", mode="max", convert_to_min=False))
    assert "No finite value: RS seed 1." in answer["notes"]
    assert values_of(artists(answer["axs"][0, 0])["mean RS"]) == [0.25]


def test_diverged_trials_and_clocks_that_were_set_are_said(root: Path) -> None:
    write_experiment(root, reports([(1.0, 0.5), (2.0, None), (9.0, 0.6)]), seed=0)
    write_experiment(root, reports([(1.0, 0.5), (50.0, 0.6), (20.0, 0.7), (40.0, 0.8)]), seed=1)
    answer = ComparativeResults("demo", ["RS"], 2, by_method).plot()
    assert answer["notes"] == [
        "Trials with reports that lack a finite value: RS 1 of 7.",
        "The clock went back, which was evened out: RS seed 1.",
    ]


def test_initial_trials_go_on_to_the_end(root: Path) -> None:
    points = [(1.0, 0.2), (2.0, 0.4), (3.0, 0.9)]
    for seed in range(2):
        write_experiment(root, reports(points, trials=[0, 0, 1]), seed=seed, elapsed=10.0)
    shown = ShowTrialParameters(setup_name="RS", new_setup_name="first")
    results = ComparativeResults("demo", ["RS"], 2, by_method, PlotParameters(show_init_trials=shown))
    axes = results.plot(plot_params=PlotParameters(convert_to_min=False))["axs"][0, 0]
    line = artists(axes)["mean first"].get_xydata()
    assert line[-1].tolist() == [10.0, 0.4]
    assert legend(axes) == ["RS", "first"]
    both = PlotParameters(
        convert_to_min=False, show_init_trials=ShowTrialParameters(trial_id=1, new_setup_name="two")
    )
    assert artists(results.plot(plot_params=both)["axs"][0, 0])["mean two"].get_ydata()[-1] == 0.9
    wrong = PlotParameters(show_init_trials=ShowTrialParameters("BO"))
    with pytest.raises(UnknownNameError, match="show_init_trials, 'BO'"):
        results.plot(plot_params=wrong)


def test_a_generated_column_is_the_metric(workers_study: Write) -> None:
    workers_study(("RS",), (4,), seeds=2)
    results = ComparativeResults("demo", ["RS"], 2, by_method)
    doubled = PlotParameters(metric="double", mode="max", convert_to_min=False)
    axes = results.plot(plot_params=doubled, dataframe_column_generator=lambda table: 2 * table["accuracy"])[
        "axs"
    ][0, 0]
    plain = results.plot(plot_params=PlotParameters(convert_to_min=False))["axs"][0, 0]
    ratio = artists(axes)["mean RS"].get_ydata() / artists(plain)["mean RS"].get_ydata()
    assert ratio[np.isfinite(ratio)] == pytest.approx(2.0)
    with pytest.raises(UsageError, match="the results have one"):
        results.plot(
            plot_params=PlotParameters(metric="accuracy"),
            dataframe_column_generator=lambda table: table["accuracy"],
        )
    with pytest.raises(UsageError, match=r"needs plot_params\.metric"):
        results.plot(dataframe_column_generator=lambda table: table["accuracy"])
    for generator in (lambda table: table["nope"], lambda table: [1.0]):
        with pytest.raises(ResultsError, match="dataframe_column_generator"):
            results.plot(plot_params=doubled, dataframe_column_generator=generator)


def test_one_result_per_trial_is_the_last(root: Path) -> None:
    points = [(1.0, 0.9), (2.0, 0.5), (3.0, 0.4), (4.0, 0.6)]
    write_experiment(root, reports(points, trials=[0, 0, 1, 1]))
    results = ComparativeResults("demo", ["RS"], 1, by_method, PlotParameters(convert_to_min=False))
    assert values_of(artists(results.plot()["axs"][0, 0])["mean RS"]) == [0.9]
    axes = results.plot(one_result_per_trial=True)["axs"][0, 0]
    assert values_of(artists(axes)["mean RS"]) == [0.5, 0.6]


def test_limits_ticks_grid_and_labels_are_the_users(workers_study: Write, tmp_path: Path) -> None:
    workers_study(("RS",), (4,))
    parameters = PlotParameters(
        title="$x^2$",
        xlabel="t",
        ylabel="v",
        xlim=(5, 30),
        ylim=(0.1, 0.4),
        grid=True,
        tick_params={"axis": "x", "labelrotation": 45},
        dpi=50,
        aggregate_mode="median_percentiles",
        notes=False,
    )
    results = ComparativeResults("demo", ["RS"], 3, by_method, parameters)
    answer = results.plot(file_name=str(tmp_path / "out" / "figure.png"))
    axes = answer["axs"][0, 0]
    assert (axes.get_title(), axes.get_xlabel(), axes.get_ylabel()) == ("$x^2$", "t", "v")
    assert (axes.get_xlim(), axes.get_ylim()) == ((5.0, 30.0), (0.1, 0.4))
    assert axes.xaxis.get_gridlines()[0].get_visible()
    assert axes.get_xticklabels()[0].get_rotation() == 45
    assert answer["fig"].get_supxlabel() == ""
    png = (tmp_path / "out" / "figure.png").read_bytes()
    assert int.from_bytes(png[16:20], "big") == int(answer["fig"].get_size_inches()[0] * 50)


def test_an_unknown_format_is_told_before_anything_is_read(workers_study: Write) -> None:
    workers_study(("RS",), (4,), seeds=1)
    with pytest.raises(UsageError, match="ending must be one of"):
        ComparativeResults("demo", ["RS"], 1, by_method).plot(file_name="figure.gif")


@pytest.mark.parametrize("ending", ["png", "pdf", "svg"])
def test_the_same_input_gives_the_same_bytes(workers_study: Write, tmp_path: Path, ending: str) -> None:
    workers_study(("RS",), (4,))
    paths = [tmp_path / f"{name}.{ending}" for name in "ab"]
    magic = {"png": b"\x89PNG", "pdf": b"%PDF", "svg": b"<?xml"}[ending]
    for path in paths:
        results = ComparativeResults("demo", ["RS"], 3, by_method, PlotParameters(dpi=40))
        results.plot(file_name=str(path))
    assert paths[0].read_bytes().startswith(magic)
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_subplots_without_parameters_are_arranged_as_they_are_needed(workers_study: Write) -> None:
    workers_study()
    results = ComparativeResults(
        "demo", ["2 workers", "4 workers"], 3, by_workers, metadata_to_subplot=subplot_of
    )
    axs = results.plot()["axs"]
    assert [axes.get_title() for axes in axs.flat] == ["subplot 0", "subplot 1"]
    assert [legend(axes) for axes in axs.flat] == [["2 workers", "4 workers"], []]


def test_subplots_are_chosen_ordered_and_limited(workers_study: Write) -> None:
    workers_study()
    results = ComparativeResults(
        "demo", ["2 workers", "4 workers"], 3, by_workers, metadata_to_subplot=subplot_of
    )
    chosen = SubplotParameters(
        nrows=2, ncols=1, subplot_indices=[1, 0], xlims=[30, 40], titles=["all"], legend_no=1
    )
    axs = results.plot(plot_params=PlotParameters(subplots=chosen))["axs"]
    assert axs.shape == (2, 1)
    assert [axes.get_xlim() for axes in axs.flat] == [(0.0, 30.0), (0.0, 40.0)]
    assert [axes.get_title() for axes in axs.flat] == ["all", ""]
    assert [legend(axes) for axes in axs.flat] == [["2 workers", "4 workers"], []]
    with pytest.raises(UsageError, match="gives 1, but 1 x 1 subplots end at 0"):
        results.plot(plot_params=PlotParameters(subplots=SubplotParameters(nrows=1, ncols=1)))
    lonely = PlotParameters(
        subplots=SubplotParameters(kwargs={"nrows": 1, "ncols": 3}, titles=["a", "b", "c"])
    )
    assert results.plot(plot_params=lonely)["notes"] == ["No experiment in c."]


def test_download_names_the_command(workers_study: Write, caplog: pytest.LogCaptureFixture) -> None:
    workers_study(("RS",), (4,), seeds=1)
    with caplog.at_level(logging.WARNING):
        ComparativeResults("demo", ["RS"], 1, by_method, download_from_s3=True, s3_bucket="b")
    assert "synebench pull demo --s3_bucket b" in caplog.text
    with pytest.raises(UsageError, match="download_from_s3 needs with_subdirs"):
        ComparativeResults("demo", ["RS"], 1, by_method, download_from_s3=True, with_subdirs=None)
