"""TrialsOfExperimentResults: the trials of single experiments, with rungs; checked by their artists."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from study_folders import reports, write_experiment

from syne_core.errors import ResultsError, UnknownNameError, UsageError
from syne_core.experiments import (
    MultiFidelityParameters,
    PlotParameters,
    SubplotParameters,
    TrialsOfExperimentResults,
)
from syne_core.experiments.curve_style import COLOURS

# Trial 0 runs to epoch 3, pauses at 1, trial 1 runs one epoch, trial 2 pauses at 1 and reports 2.
RUNS = [(0, 1, 1.0), (1, 1, 2.0), (0, 2, 3.0), (2, 1, 4.0), (0, 3, 5.0), (2, 2, 6.0)]


def by_method(metadata: dict[str, Any]) -> str:
    return str(metadata["algorithm"])


def write_runs(root: Path, method: str = "ASHA", seed: int = 0, **settings: Any) -> Path:
    rows = []
    for trial, epoch, time in RUNS:
        (row,) = reports([(time, 0.1 * epoch + 0.01 * trial)], trials=[trial])
        rows.append({**row, "epoch": epoch})
    return write_experiment(root, rows, method=method, seed=seed, **settings)


def lines(axes: Any) -> list[list[list[float]]]:
    return sorted(
        np.round(segment, 6).tolist()
        for collection in axes.collections
        if collection.get_gid() == "trials"
        for segment in collection.get_segments()
    )


def marks(axes: Any, gid: str, marker: str) -> list[float]:
    chosen = [line for line in axes.lines if line.get_gid() == gid and line.get_marker() == marker]
    return sorted(float(time) for line in chosen for time in line.get_xdata())


def test_each_trial_is_a_line_with_a_circle_at_its_end(root: Path) -> None:
    write_runs(root, "RS")
    results = TrialsOfExperimentResults(("demo",), ["RS"], by_method)
    answer = results.plot()
    axes = answer["axs"][0, 0]
    assert lines(axes) == [[[1.0, 0.1], [3.0, 0.2], [5.0, 0.3]], [[4.0, 0.12], [6.0, 0.22]]]
    assert marks(axes, "ends", "o") == [2.0, 5.0, 6.0]
    assert (axes.get_title(), axes.get_ylabel()) == ("RS", "accuracy")
    colours = {line.get_markeredgecolor() for line in axes.lines}
    assert colours == set(COLOURS[:3])
    assert "Each line is a trial of the experiment with seed 0" in answer["fig"].get_supxlabel()


def test_rungs_interrupt_lines_of_trials_that_pause(root: Path) -> None:
    write_runs(root)
    rungs = MultiFidelityParameters([1, 3], {"ASHA": True})
    axes = TrialsOfExperimentResults("demo", ["ASHA"], by_method, multi_fidelity_params=rungs).plot()["axs"][
        0, 0
    ]
    assert lines(axes) == [[[3.0, 0.2], [5.0, 0.3]]]
    assert marks(axes, "rungs", "o") == [1.0, 4.0]
    assert marks(axes, "ends", "D") == [2.0, 5.0]


def test_trials_that_are_stopped_keep_their_lines(root: Path) -> None:
    write_runs(root)
    rungs = MultiFidelityParameters([1, 3], ["ASHA"])
    results = TrialsOfExperimentResults("demo", ["ASHA"], by_method, multi_fidelity_params=rungs)
    axes = results.plot()["axs"][0, 0]
    assert lines(axes)[0] == [[1.0, 0.1], [3.0, 0.2], [5.0, 0.3]]
    assert marks(axes, "rungs", "o") == [1.0, 4.0]


def test_without_a_resource_reports_are_counted(root: Path) -> None:
    write_runs(root, metadata={"resource_attr": None})
    rungs = MultiFidelityParameters([2], ["ASHA"])
    results = TrialsOfExperimentResults("demo", ["ASHA"], by_method, multi_fidelity_params=rungs)
    axes = results.plot()["axs"][0, 0]
    assert marks(axes, "rungs", "o") == [3.0]
    assert marks(axes, "ends", "D") == [6.0]


def test_a_subplot_for_each_setup_and_values_as_asked(root: Path, tmp_path: Path) -> None:
    for method in ("RS", "ASHA", "BO"):
        write_runs(root, method)
    chosen = PlotParameters(
        convert_to_min=True,
        xlim=(0, 4),
        ylim=(0.5, 1.0),
        subplots=SubplotParameters(nrows=2, ncols=1, subplot_indices=[2, 0]),
    )
    results = TrialsOfExperimentResults("demo", ["RS", "ASHA", "BO"], by_method, chosen)
    file = tmp_path / "trials.svg"
    axs = results.plot(file_name=str(file))["axs"]
    assert [axes.get_title() for axes in axs.flat] == ["BO", "RS"]
    assert lines(axs[0, 0])[0][0] == [1.0, 0.9]
    assert axs[0, 0].get_ylabel() == "1 - accuracy"
    assert (axs[1, 0].get_xlim(), axs[1, 0].get_ylim()) == ((0.0, 4.0), (0.5, 1.0))
    assert file.read_bytes().startswith(b"<?xml")
    with pytest.raises(UsageError, match="3 is none of the 3 setups"):
        results.plot(plot_params=PlotParameters(subplots=SubplotParameters(subplot_indices=[3])))


def test_what_is_missing_is_named(root: Path) -> None:
    write_runs(root, "RS", 1)
    write_runs(root, "RS", 0)
    write_runs(root, "RS", 1, id8="2", metadata={"n_workers": 8}, created=1.8e9)
    broken = write_runs(root, "BO", 1)
    (broken / "results.csv.zip").write_bytes(b"?")
    write_experiment(root, reports([(1.0, None)]), method="NAN", seed=1)
    write_runs(root, "ASHA", 0)
    results = TrialsOfExperimentResults("demo", ["RS", "BO", "NAN", "ASHA"], by_method)
    answer = results.plot(seed=1)
    said = " ".join(answer["notes"])
    assert "RS: of several experiments, the newest; not shown: demo-digits-1-00000000." in said
    assert "Left out: demo-digits-1-00000000 (results.csv.zip is damaged" in said
    assert "has no finite 'accuracy' yet" in said
    assert "ASHA: no experiment with seed 1." in said
    assert [axes.axison for axes in answer["axs"].flat] == [True, False, False, False]
    with pytest.raises(UnknownNameError, match=r"seed \(metadata entry 'seed'\) '5'.*Valid: 0, 1"):
        results.plot(seed=5)
    with pytest.raises(ResultsError, match="seed 1 to draw"):
        TrialsOfExperimentResults("demo", ["NAN"], by_method).plot(seed=1)


@pytest.mark.parametrize("levels", [[], [0], [3, 1], [1, 1], [1.5], [True]])
def test_rungs_must_be_increasing_whole_numbers(root: Path, levels: list[Any]) -> None:
    with pytest.raises(UsageError, match="rung_levels"):
        TrialsOfExperimentResults(
            "demo",
            ["RS"],
            by_method,
            multi_fidelity_params=MultiFidelityParameters(levels, ["RS"]),
        )


def test_multi_fidelity_setups_are_among_the_setups(root: Path) -> None:
    with pytest.raises(UnknownNameError, match=r"'ASH'. Did you mean 'ASHA'"):
        TrialsOfExperimentResults(
            "demo", ["ASHA"], by_method, multi_fidelity_params=MultiFidelityParameters([1], ["ASH"])
        )
