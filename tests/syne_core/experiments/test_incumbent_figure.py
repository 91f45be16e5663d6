"""The figure that compares methods, checked by its artists."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.colors import to_hex
from scipy import stats
from study_folders import learning, reports, write_experiment, write_study

from syne_core.errors import ResultsError, UsageError
from syne_core.experiments import load_study, plot_incumbent, save_figure
from syne_core.experiments.curve_style import curve_styles, time_unit


def artists(axes: Any) -> dict[str, Any]:
    found = {a.get_gid(): a for a in [*axes.lines, *axes.collections]}
    return {gid: artist for gid, artist in found.items() if gid}


def legend(axes: Any) -> list[str]:
    return [text.get_text() for text in axes.get_legend().get_texts()]


def note(figure: Any) -> str:
    return " ".join(figure.get_supxlabel().split())


def test_each_method_has_a_line_a_band_and_its_number_of_seeds(tmp_path: Path) -> None:
    write_study(tmp_path, ("RS", "ASHA"), seeds=3)
    figure = plot_incumbent(load_study("demo", tmp_path))
    (axes,) = figure.axes
    assert {"mean RS", "band RS", "mean ASHA", "band ASHA"} <= set(artists(axes))
    assert legend(axes) == ["ASHA (3 seeds)", "RS (3 seeds)"]
    assert axes.get_title() == "digits, study demo"
    assert axes.get_xlabel() == "wall-clock time [s]"
    assert axes.get_ylabel() == "best accuracy so far (higher is better)"
    assert axes.get_xlim() == (0.0, 60.0)
    assert "95 % confidence interval of the mean (Student's t)" in note(figure)


def test_line_and_band_have_the_right_values(tmp_path: Path) -> None:
    finals = (0.5, 0.7, 0.9)
    for seed, value in enumerate(finals):
        write_experiment(tmp_path, reports([(2.0, value)]), seed=seed, elapsed=10.0)
    figure = plot_incumbent(load_study("demo", tmp_path), confidence=0.9)
    found = artists(figure.axes[0])
    line = found["mean RS"].get_xydata()
    assert set(line[:, 0]) == {2.0, 10.0}
    assert line[:, 1] == pytest.approx(0.7)
    low, high = stats.t.interval(0.9, 2, loc=0.7, scale=stats.sem(finals))
    corners = found["band RS"].get_paths()[0].vertices
    assert (corners[:, 1].min(), corners[:, 1].max()) == (pytest.approx(low), pytest.approx(high))
    assert (corners[:, 0].min(), corners[:, 0].max()) == (2.0, 10.0)
    assert "90 % confidence" in note(figure)


def test_one_seed_has_no_band_and_the_figure_says_so(tmp_path: Path) -> None:
    write_study(tmp_path, ("RS",), seeds=1)
    figure = plot_incumbent(load_study("demo", tmp_path))
    assert set(artists(figure.axes[0])) == {"mean RS"}
    assert legend(figure.axes[0]) == ["RS (1 seed)"]
    assert "A single seed has no band" in note(figure)
    assert "Bands" not in note(figure)


def test_where_seeds_lack_the_line_is_thin_and_has_no_band(tmp_path: Path) -> None:
    write_experiment(tmp_path, reports([(1.0, 0.5)]), seed=0, elapsed=10.0)
    write_experiment(tmp_path, reports([(2.0, 0.7)]), seed=1, elapsed=6.0, state="interrupted")
    figure = plot_incumbent(load_study("demo", tmp_path))
    found = artists(figure.axes[0])
    thick, thin = found["mean RS"], found["some-seeds RS"]
    assert thin.get_linewidth() < thick.get_linewidth() / 2
    whole = thick.get_xydata()[np.isfinite(thick.get_ydata())]
    assert (whole[:, 0].min(), whole[:, 0].max()) == (2.0, pytest.approx(6.0))
    assert whole[:, 1] == pytest.approx(0.6)
    part = thin.get_xydata()[np.isfinite(thin.get_ydata())]
    assert part[0].tolist() == [1.0, 0.5]
    assert part[-1].tolist() == [10.0, 0.5]
    band = found["band RS"].get_paths()[0].vertices
    assert (band[:, 0].min(), band[:, 0].max()) == (2.0, pytest.approx(6.0))
    assert "Thin: not all seeds have a value there" in note(figure)
    assert "Unfinished: RS seed 1 (interrupted)." in note(figure)


def test_what_is_missing_stands_on_the_figure(tmp_path: Path) -> None:
    write_study(tmp_path, ("RS", "BO"), seeds=2)
    write_experiment(tmp_path, reports([(1.0, None)]), method="DIV")
    write_experiment(tmp_path, reports([(1.0, 0.1)]), seed=1, created=1.0, id8="01d01d01")
    (tmp_path / "demo" / "broken").mkdir()
    (tmp_path / "demo" / "broken" / "metadata.json").write_text("{")
    figure = plot_incumbent(load_study("demo", tmp_path))
    assert legend(figure.axes[0]) == ["BO (2 seeds)", "RS (2 seeds)"]
    for said in (
        "Missing: DIV seed 1.",
        "No finite value yet: DIV seed 0.",
        "Left out for a newer experiment with the same seed: demo-digits-1-01d01d01.",
        "Left out, metadata.json is damaged: broken.",
    ):
        assert said in note(figure)


def test_each_benchmark_has_a_subplot_and_a_method_one_style_in_all(tmp_path: Path) -> None:
    write_study(tmp_path, ("RS", "ASHA"), seeds=2, benchmark="a")
    write_study(tmp_path, ("RS", "BO"), seeds=2, benchmark="b", metric="val_loss", mode="min")
    write_experiment(tmp_path, None, benchmark="nothing yet", state="running")
    figure = plot_incumbent(load_study("demo", tmp_path))
    assert [axes.get_title() for axes in figure.axes] == ["a", "b"]
    assert figure.axes[1].get_ylabel() == "best val_loss so far (lower is better)"
    assert figure.get_suptitle() == "Study demo"
    first, second = (artists(axes)["mean RS"] for axes in figure.axes)
    assert first.get_color() == second.get_color()
    assert first.get_linestyle() == second.get_linestyle()


def test_twelve_methods_are_told_apart_without_colour_too(tmp_path: Path) -> None:
    write_study(tmp_path, [f"M{i:02}" for i in range(12)], seeds=2)
    figure = plot_incumbent(load_study("demo", tmp_path))
    lines = [line for gid, line in artists(figure.axes[0]).items() if gid.startswith("mean")]
    looks = {
        (to_hex(line.get_color()), line.get_linestyle(), str(line._unscaled_dash_pattern)) for line in lines
    }
    assert len(lines) == len(looks) == 12
    assert len({pattern for _, _, pattern in looks}) == 4
    assert len(legend(figure.axes[0])) == 12


def test_styles_do_not_repeat_before_the_28th() -> None:
    styles = curve_styles([str(i) for i in range(28)])
    assert len(set(styles.values())) == 28


@pytest.mark.parametrize(
    ("seconds", "unit"),
    [(0.0, "s"), (300.0, "s"), (301.0, "min"), (7200.0, "min"), (3e4, "h"), (9e5, "days")],
)
def test_time_has_a_unit_that_reads_well(seconds: float, unit: str) -> None:
    assert time_unit(seconds)[0] == unit


def test_long_experiments_are_drawn_in_hours(tmp_path: Path) -> None:
    write_experiment(tmp_path, reports([(3600.0, 0.5), (7200.0, 0.6)]), elapsed=18_000.0)
    (axes,) = plot_incumbent(load_study("demo", tmp_path)).axes
    assert axes.get_xlabel() == "wall-clock time [h]"
    assert artists(axes)["mean RS"].get_xdata()[0] == 1.0
    assert axes.get_xlim() == (0.0, 5.0)


def test_what_lies_beyond_the_budget_that_all_have_is_shaded(tmp_path: Path) -> None:
    write_study(tmp_path, ("RS",), seeds=2)
    figure = plot_incumbent(load_study("demo", tmp_path))
    assert not figure.axes[0].patches
    write_study(tmp_path, ("BO",), seeds=2, elapsed=120.0, limit=120.0)
    figure = plot_incumbent(load_study("demo", tmp_path))
    (shade,) = figure.axes[0].patches
    assert (shade.get_x(), shade.get_x() + shade.get_width()) == (60.0, 120.0)
    assert "Shaded: beyond the budget that all have." in note(figure)


def test_a_first_value_far_off_does_not_flatten_the_rest(tmp_path: Path) -> None:
    for seed in range(3):
        points = [(0.1, 1e30), *((t, 1e-7 * (3 - t / 30)) for t in range(1, 61))]
        rows = reports(points, "loss")
        write_experiment(tmp_path, rows, metric="loss", mode="min", seed=seed, elapsed=60.0)
    figure = plot_incumbent(load_study("demo", tmp_path))
    bottom, top = figure.axes[0].get_ylim()
    assert -1e-7 < bottom < 1e-7
    assert 2.6e-7 < top < 1e-6
    assert "Axis cut" in note(figure)
    save_figure(figure, tmp_path / "far.png")  # its band ends 1e37 axes above: drawing must not take hours


def test_an_axis_that_shows_all_says_nothing_of_cuts(tmp_path: Path) -> None:
    write_experiment(tmp_path, reports([(1.0, 0.5), (50.0, 0.6)]), elapsed=60.0)
    assert "Axis cut" not in note(plot_incumbent(load_study("demo", tmp_path)))


def test_a_logarithmic_axis_shows_all_means_and_needs_positive_ones(tmp_path: Path) -> None:
    for seed, factor in enumerate((1, 5)):
        rows = reports([(1.0, 10.0 * factor), (30.0, 1e-6 * factor)], "loss")
        write_experiment(tmp_path, rows, metric="loss", mode="min", seed=seed, elapsed=60.0)
    figure = plot_incumbent(load_study("demo", tmp_path), log_y=True)
    axes = figure.axes[0]
    assert axes.get_yscale() == "log"
    assert axes.get_ylim()[0] < 3e-6 < 30 < axes.get_ylim()[1]
    assert "Axis cut" in note(figure)  # with two seeds the interval reaches below 0
    save_figure(figure, tmp_path / "log.png")
    write_experiment(tmp_path, reports([(1.0, -1.0)], "loss"), metric="loss", mode="min", seed=2)
    with pytest.raises(UsageError, match="positive"):
        plot_incumbent(load_study("demo", tmp_path), log_y=True)


@pytest.mark.parametrize("points", [[(0.0, 0.5)], [(3.0, 0.0)], [(3.0, -0.5), (3.0, 1e-300)]])
def test_a_single_moment_is_drawn_as_a_point(
    tmp_path: Path, points: list[tuple[float, float | None]]
) -> None:
    write_experiment(tmp_path, reports(points))
    figure = plot_incumbent(load_study("demo", tmp_path))
    assert artists(figure.axes[0])["mean RS"].get_marker() == "o"
    save_figure(figure, tmp_path / "point.png")


def test_names_are_shown_as_they_are(tmp_path: Path) -> None:
    write_experiment(
        tmp_path, reports([(1.0, 0.5)], "$x_1"), metric="$x_1", method="_RS", benchmark="a$b$c_d^"
    )
    figure = plot_incumbent(load_study("demo", tmp_path))
    (axes,) = figure.axes
    assert axes.get_title() == "a$b$c_d^, study demo"
    assert legend(axes) == [" _RS (1 seed)"]
    assert not axes.title.get_parse_math()
    save_figure(figure, tmp_path / "names.pdf")


def test_nothing_finite_is_an_error(tmp_path: Path) -> None:
    write_experiment(tmp_path, reports([(1.0, None), (2.0, float("inf"))]))
    with pytest.raises(ResultsError, match="no finite value to plot"):
        plot_incumbent(load_study("demo", tmp_path))


def test_pyplot_is_not_touched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "matplotlib.pyplot", raising=False)
    write_experiment(tmp_path, reports(learning(0, 0.9, 60.0)))
    save_figure(plot_incumbent(load_study("demo", tmp_path)), tmp_path / "x.png")
    assert "matplotlib.pyplot" not in sys.modules


@pytest.mark.parametrize(("name", "begin"), [("a.png", b"\x89PNG"), ("b.PDF", b"%PDF"), ("c.svg", b"<?xml")])
def test_the_ending_decides_the_format(tmp_path: Path, name: str, begin: bytes) -> None:
    write_experiment(tmp_path, reports([(1.0, 0.5)]))
    written = save_figure(plot_incumbent(load_study("demo", tmp_path)), tmp_path / "new folder" / name)
    assert written.read_bytes().startswith(begin)


def test_a_figure_that_cannot_be_written_is_a_usage_error(tmp_path: Path) -> None:
    write_experiment(tmp_path, reports([(1.0, 0.5)]))
    figure = plot_incumbent(load_study("demo", tmp_path))
    with pytest.raises(UsageError, match=r"must be one of \.jpg, \.pdf, \.png, \.svg"):
        save_figure(figure, tmp_path / "x.xyz")
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot be written"):
        save_figure(figure, tmp_path / "file" / "x.png")
