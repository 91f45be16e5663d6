"""Tables that Syne Tune serialised."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from syne_tune_writer import SPACE, cells, columns, read_frame, write

from syne_core.blackbox import BlackboxTabular, load_blackbox, save_blackbox
from syne_core.blackbox.foreign_cells import TimeColumn
from syne_core.blackbox.syne_tune_files import load_syne_tune, read_parquet, tasks_in
from syne_core.blackbox.table_files import load_table
from syne_core.errors import BlackboxError, MissingDependencyError

ROOT = Path(__file__).parents[3]


def load(folder: Path, task: str | None = "one", **options: Any) -> BlackboxTabular:
    return load_syne_tune(folder, task, read=read_frame, **options)


@pytest.mark.parametrize("own_files", [False, True], ids=["shared files", "files of each task"])
def test_both_layouts_are_read(tmp_path: Path, own_files: bool) -> None:
    folder = write(tmp_path / "bb", own_files=own_files, default_metric="metric_loss")
    assert tasks_in(folder) == ["one", "two"]
    for number, task in enumerate(("one", "two")):
        made = load(folder, task)
        assert made.config_space == SPACE
        assert (made.resource_attr, made.elapsed_time_attr) == ("hp_epoch", "metric_elapsed_time")
        assert made.metric_names == ("metric_loss",)
        assert (made.resources, made.num_seeds) == ((1, 2, 3), 2)
        for row, lr in enumerate(columns()["lr"]):
            config = {"lr": lr, "units": columns()["units"][row], "kind": columns()["kind"][row]}
            curve = made.curve(config, 1)
            assert curve.metrics["metric_loss"] == cells(number)[row, 1, :, 0].tolist()
            assert curve.elapsed == cells(number)[row, 1, :, 1].tolist()
    assert load(folder).provenance["metadata"] == {"default_metric": "metric_loss"}


def test_a_single_task_need_not_be_named_and_may_have_four_axes(tmp_path: Path) -> None:
    folder = write(tmp_path / "bb", tasks=("only",))
    before = load(folder, None).digest()
    np.save(folder / "objectives_evaluations.npy", cells())
    assert load(folder, None).digest() == before


def test_the_format_is_recognised_and_a_task_named_like_a_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pd, "read_parquet", read_frame)
    folder = write(tmp_path / "bb")
    assert load_blackbox(f"{folder}/two", surrogate=None).digest() == load(folder, "two").digest()
    with pytest.raises(BlackboxError, match=r"holds 2 tasks; name one, as in .*bb/one': one, two"):
        load_blackbox(folder)
    with pytest.raises(BlackboxError, match=r"has no task 'tow'. Did you mean 'two'.*It has: one, two"):
        load_blackbox(folder / "tow")


def test_what_was_read_can_be_saved_in_our_format(tmp_path: Path) -> None:
    made = load(write(tmp_path / "bb"))
    assert load_table(save_blackbox(made, tmp_path / "t")).digest() == made.digest()


# -- the time -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["elapsed_time", "time", "metric_elapsed_time"])
def test_usual_names_of_the_time_are_guessed(tmp_path: Path, name: str) -> None:
    folder = write(tmp_path / "bb", objectives_names=["loss", name])
    assert load(folder).elapsed_time_attr == name


def test_metadata_and_argument_say_which_objective_is_the_time(tmp_path: Path) -> None:
    names = ["elapsed_time", "wall"]
    folder = write(tmp_path / "bb", objectives_names=names, metric_elapsed_time="wall")
    assert load(folder).elapsed_time_attr == "wall"
    with pytest.raises(BlackboxError, match="'elapsed_time' is less than before"):
        load(folder, time=TimeColumn("elapsed_time"))
    summed = load(folder, time=TimeColumn("elapsed_time", per_resource=True))
    np.testing.assert_allclose(summed.elapsed, np.cumsum(cells()[..., 0].astype(float), axis=2))


def test_if_the_guess_fails_the_objectives_are_listed(tmp_path: Path) -> None:
    folder = write(tmp_path / "bb", objectives_names=["loss", "flops"])
    with pytest.raises(BlackboxError, match=r"which objective is the elapsed time.*Objectives: loss, flops"):
        load(folder)
    with pytest.raises(BlackboxError, match=r"no objective is called 'flop'. Did you mean 'flops'"):
        load(folder, time=TimeColumn("flop"))
    made = load(folder, time=TimeColumn(seconds_per_resource=2.5))
    assert made.metric_names == ("loss", "flops")
    assert made.curve(made.configurations[0]).elapsed == [2.5, 5.0, 7.5]


@pytest.mark.parametrize("seconds", [0, -1, float("inf"), "1"])
def test_bad_seconds_are_refused(seconds: Any) -> None:
    with pytest.raises(BlackboxError, match="seconds_per_resource must be > 0"):
        load_blackbox("anywhere", seconds_per_resource=seconds)


def test_contradictory_arguments_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BlackboxError, match="for tables without a time"):
        TimeColumn("time", seconds_per_resource=1.0)
    with pytest.raises(BlackboxError, match="are for tables of Syne Tune"):
        load_blackbox("branin", elapsed_time_attr="time")


def test_a_time_that_falls_by_rounding_is_evened_out(tmp_path: Path) -> None:
    made = cells()
    made[2, 0, 2, 1] = np.nextafter(made[2, 0, 1, 1], np.float32(0))
    table = load(write(tmp_path / "bb", tasks=("one",), arrays={"one": made}))
    assert table.elapsed[2, 0, 2] == table.elapsed[2, 0, 1]


# -- missing cells ------------------------------------------------------------------------------------


def test_missing_cells(tmp_path: Path) -> None:
    made = cells()
    made[0, 0, 2] = np.nan  # the tail of a curve
    made[1, 0, 1, 0] = np.nan  # a metric only: diverged
    made[2, 1] = np.nan  # a repetition
    made[3] = np.nan  # a row
    made[4, 0, 1, 1] = np.nan  # times only
    made[4, 0, 2, 1] = np.nan
    table = load(write(tmp_path / "bb", tasks=("one",), arrays={"one": made}))
    assert len(table.configurations) == 4
    assert table.provenance["rows_left_out"] == 1
    configs = table.configurations
    assert list(table.curve(configs[0], 0).resources) == [1, 2]
    diverged = table.curve(configs[1], 0)
    assert np.isnan(diverged.metrics["metric_loss"]).tolist() == [False, True, False]
    assert table.curve(configs[2], 1) == table.curve(configs[2], 0)
    first = float(made[4, 0, 0, 1])
    assert table.curve(configs[3], 0).elapsed == pytest.approx([first, 2 * first, 3 * first])


def test_a_run_without_any_time_is_named(tmp_path: Path) -> None:
    made = cells()
    made[1, 1, :, 1] = np.nan
    folder = write(tmp_path / "bb", tasks=("one",), arrays={"one": made})
    with pytest.raises(BlackboxError, match=r"row 1, repetition 1, hp_epoch 1: metric_loss is .* missing"):
        load(folder)


# -- hyperparameters ----------------------------------------------------------------------------------


def test_values_are_given_the_types_of_the_space(tmp_path: Path) -> None:
    frame = columns()
    frame["units"] = [4.0, 8.0000001, 16.0, 32.0, 64.0]
    frame["lr"][4] = float(np.float32(1.0) * np.float32(1 + 1e-7))
    made = load(write(tmp_path / "bb", frame=frame))
    assert [config["units"] for config in made.configurations] == [4, 8, 16, 32, 64]
    assert made.configurations[4]["lr"] == 1.0


def test_values_beyond_the_space_are_named_or_moved(tmp_path: Path) -> None:
    frame = columns()
    frame["units"] = [4.0, 8.4, 16.0, 32.0, 70.0]
    frame["lr"][0] = None
    folder = write(tmp_path / "bb", frame=frame)
    with pytest.raises(BlackboxError) as caught:
        load(folder)
    message = str(caught.value)
    for part in ("row 1, units: 8.4", "row 4, units: 70.0", "row 0, lr: nan", "nearest_values=True"):
        assert part in message
    frame["lr"][0] = 1e-4
    (folder / "hyperparameters.parquet").write_text(json.dumps(frame))
    made = load(folder, nearest_values=True)
    assert [config["units"] for config in made.configurations] == [4, 8, 16, 32, 64]


def test_text_that_is_no_category_stays_a_mistake(tmp_path: Path) -> None:
    frame = {**columns(), "kind": ["a", "b", "a", "a", "a"]}
    with pytest.raises(BlackboxError, match="row 1, kind: 'b' is not in choice"):
        load(write(tmp_path / "bb", frame=frame), nearest_values=True)


def test_equal_rows_become_repetitions(tmp_path: Path) -> None:
    frame = {name: [*column[:4], column[1]] for name, column in columns().items()}
    made = load(write(tmp_path / "bb", frame=frame))
    assert (len(made.configurations), made.num_seeds) == (4, 4)
    assert made.curve(made.configurations[1], 2).elapsed == cells()[4, 0, :, 1].tolist()


def test_columns_of_constants_are_passed_over_and_others_refused(tmp_path: Path) -> None:
    folder = write(tmp_path / "bb", frame={**columns(), "epochs": [3] * 5})
    with pytest.raises(BlackboxError, match="column 'epochs' is not in the configuration space"):
        load(folder)
    space = json.loads((folder / "configspace.json").read_text())
    (folder / "configspace.json").write_text(json.dumps({**space, "epochs": 3}))
    assert list(load(folder).config_space) == list(SPACE)


# -- damage -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"fidelities": (1, 2)}, "has 3 fidelities, but 2 fidelity values"),
        ({"fidelities": (0.1, 0.5, 1.0)}, "fidelities must be whole numbers, not 0.1, 0.5"),
        ({"fidelities": (1, 3, 2)}, "resources must increase, but 2 comes after 3"),
        ({"fidelities": "abc"}, "holds no numbers"),
        ({"objectives_names": ["a"]}, "has 2 objectives, but 1 names in metadata.json"),
        ({"objectives_names": 3}, "'objectives_names' must list names, not 3"),
        ({"objectives_names": ["a", "a"]}, "'objectives_names' must list names"),
        ({"task_names": "one"}, "'task_names' must list names, not 'one'"),
        ({"task_names": ["zero", "half", "one"]}, "it has 2 tasks; metadata.json names more"),
        ({"frame": {k: v[:4] for k, v in columns().items()}}, "5 configurations, but 4 rows in the hyper"),
        ({"frame": {k: v for k, v in columns().items() if k != "lr"}}, "column 'lr' .* is missing"),
    ],
)
def test_parts_that_do_not_fit_are_named(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(BlackboxError, match=message):
        load(write(tmp_path / "bb", **changes))


@pytest.mark.parametrize(
    "name", ["hyperparameters.parquet", "objectives_evaluations.npy", "fidelities_values.npy"]
)
def test_a_missing_file_is_named(tmp_path: Path, name: str) -> None:
    folder = write(tmp_path / "bb")
    (folder / name).unlink()
    with pytest.raises(BlackboxError, match=f"{name} is missing"):
        load(folder)


@pytest.mark.parametrize(
    "name", ["objectives_evaluations.npy", "fidelities_values.npy", "metadata.json", "configspace.json"]
)
@pytest.mark.parametrize("left", [0, 1, 20, 60, -1])
def test_a_torn_file_is_named(tmp_path: Path, name: str, left: int) -> None:
    path = write(tmp_path / "bb") / name
    path.write_bytes(path.read_bytes()[:left])
    with pytest.raises(BlackboxError, match=name.replace(".", r"\.")):
        load(path.parent)


def test_objects_are_never_unpickled(tmp_path: Path) -> None:
    folder = write(tmp_path / "bb")
    np.save(folder / "objectives_evaluations.npy", np.array([print], dtype=object))
    with pytest.raises(BlackboxError, match=r"objectives_evaluations\.npy"):
        load(folder)


def test_single_evaluations_are_refused(tmp_path: Path) -> None:
    folder = write(tmp_path / "bb")
    (folder / "data-one.parquet").write_text("")
    with pytest.raises(BlackboxError, match="holds single evaluations"):
        load(folder)


def test_a_space_of_unknown_domains_is_refused(tmp_path: Path) -> None:
    folder = write(tmp_path / "bb")
    (folder / "configspace.json").write_text(json.dumps({"lr": {"domain_cls": "Quantized"}}))
    with pytest.raises(BlackboxError, match="lr: unknown domain_cls 'Quantized'"):
        load(folder)


def test_without_a_library_for_parquet_the_extra_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(path: Path) -> Any:
        raise ImportError("Unable to find a usable engine")

    monkeypatch.setattr(pd, "read_parquet", missing)
    with pytest.raises(MissingDependencyError, match=r"synebench\[blackbox-repository\]"):
        read_parquet(tmp_path / "x.parquet")
    monkeypatch.setattr(pd, "read_parquet", lambda path: json.loads("torn"))
    with pytest.raises(BlackboxError, match=r"x\.parquet: not Parquet, or damaged: JSONDecodeError"):
        read_parquet(tmp_path / "x.parquet")


# -- the real one -------------------------------------------------------------------------------------

REAL_WRITER = """
import json, sys, numpy as np, pandas as pd
from pathlib import Path
from syne_tune.blackbox_repository.blackbox_tabular import BlackboxTabular, serialize
from syne_tune.blackbox_repository.conversion_scripts.scripts import pd1_import
from syne_tune.config_space import choice, finrange, logfinrange, loguniform, ordinal, randint
space = {
    "lr": loguniform(1e-5, 1), "n": randint(1, 9), "kind": choice(["True", "2"]),
    "dropout": finrange(0, 0.6, 3), "batch": logfinrange(8, 64, 4, cast_int=True), "o": ordinal([1, 2, 4]),
}
np.random.seed(0)
rows = [{name: domain.sample() for name, domain in space.items()} for _ in range(20)]
rng, boxes, truth = np.random.default_rng(0), {}, {}
for task in ("one", "two-2"):
    cells = rng.random((20, 2, 5, 3))
    cells[..., 2] = np.cumsum(cells[..., 2], axis=2)
    cells[3, 0, 3:] = np.nan
    box = BlackboxTabular(pd.DataFrame(rows), space, {"hp_epoch": randint(1, 5)}, cells, np.arange(1, 6))
    box.objectives_names = ["loss", "acc", "time"]
    boxes[task], truth[task] = box, cells.astype(np.float32)
out = Path(sys.argv[1])
metadata = {"metric_elapsed_time": "time", "time_attr": "hp_epoch"}
serialize(boxes, out / "shared", metadata)
pd1_import.serialize(boxes, out / "own", metadata)
np.savez(out / "truth.npz", **truth)
(out / "rows.json").write_text(json.dumps(rows, default=lambda number: number.item()))
"""

REAL_READER = """
import json, sys
import numpy as np
from pathlib import Path
from syne_core.blackbox import load_blackbox, save_blackbox
out = Path(sys.argv[1])
truth, rows = np.load(out / "truth.npz"), json.loads((out / "rows.json").read_text())
for layout in ("shared", "own"):
    for task in ("one", "two-2"):
        table = load_blackbox(out / layout / task, surrogate=None)
        assert (table.resource_attr, table.elapsed_time_attr) == ("hp_epoch", "time")
        for row, config in enumerate(rows):
            for seed in range(2):
                curve, cells = table.curve(config, seed), truth[task][row, seed]
                cells = cells[~np.isnan(cells[:, 2])]
                assert list(curve.resources) == list(range(1, len(cells) + 1))
                np.testing.assert_array_equal(curve.metrics["loss"], cells[:, 0].astype(float))
                np.testing.assert_array_equal(curve.metrics["acc"], cells[:, 1].astype(float))
                np.testing.assert_array_equal(curve.elapsed, cells[:, 2].astype(float))
        save_blackbox(table, out / "saved" / f"{layout}-{task}")
        print("read", layout, task)
"""


@pytest.mark.long
def test_files_that_syne_tune_really_wrote_are_read(tmp_path: Path) -> None:
    """By Syne Tune 0.16 in an environment of its own, which also has a library for Parquet."""
    from perf.peers import PeerUnavailableError, interpreter

    try:
        python = interpreter("syne-tune-0.16.0")
    except PeerUnavailableError as error:
        pytest.skip(f"Syne Tune cannot be installed: {error}")

    def run(program: str) -> str:
        command = [str(python), "-W", "ignore", "-c", program, str(tmp_path)]
        done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
        assert not done.returncode, done.stderr
        return done.stdout

    run(REAL_WRITER)
    assert run(REAL_READER).count("read") == 4
    saved = load_table(tmp_path / "saved" / "shared-one")
    assert saved.digest() == load_table(tmp_path / "saved" / "own-one").digest()
