"""Which benchmarks and methods a command chooses, and the experiments that follow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

DRY = ("--experiment_tag", "t", "--dry_run", "--json")

METHODS_FILE = """\
from benchmarking.commons.default_baselines import ASHA, RandomSearch

methods = {
    "RS-mine": RandomSearch,
    "ASHA-4": lambda arguments: ASHA(arguments, reduction_factor=4),
}
"""


def combinations(plan: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    return [(one["benchmark"], one["n_workers"], one["method"], one["seed"]) for one in plan]


def test_a_definition_file_is_a_benchmark_called_like_the_file(invoke, definition_file: Path) -> None:
    plan = invoke(*DRY, "--benchmark", str(definition_file), "--method", "RS").plan
    assert combinations(plan) == [("mine", 2, "RS", 0)]
    assert plan[0]["script"] == str(definition_file.with_name("parabola.py"))
    assert (plan[0]["max_wallclock_time"], plan[0]["max_num_evaluations"]) == (60, 24)


def test_a_file_called_like_a_registered_benchmark_wins_and_it_is_said(invoke, definition_file: Path) -> None:
    file = definition_file.rename(definition_file.with_name("parabola.yaml"))
    done = invoke(*DRY, "--benchmark", str(file))
    assert {one["max_num_evaluations"] for one in done.plan} == {24}
    assert f"Note: benchmark 'parabola' is that of {file}, not the registered one" in done.err
    registered = invoke(*DRY, "--benchmark", "parabola")
    assert {one["max_num_evaluations"] for one in registered.plan} == {None}
    assert registered.err == ""


def test_a_name_that_is_a_file_here_is_pointed_out(
    invoke, definition_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(definition_file.parent)
    done = invoke(*DRY, "--benchmark", "mine")
    assert done.code == 2
    assert "Unknown benchmark 'mine'" in done.err
    assert "or the file mine.yaml: --benchmark mine.yaml" in done.err


def test_two_files_of_one_name_are_refused(invoke, definition_file: Path, tmp_path: Path) -> None:
    other = tmp_path / "mine.yaml"
    other.write_text(definition_file.read_text().replace("parabola.py", "training/parabola.py"))
    study = tmp_path / "study.yaml"
    study.write_text(f"benchmark: [{definition_file}, mine.yaml]\n")
    done = invoke(*DRY, "--study", str(study))
    assert (done.code, done.err) == (2, "Error: two benchmarks are called 'mine'; rename a file\n")


def test_a_methods_file_replaces_the_registry(invoke, tmp_path: Path) -> None:
    file = tmp_path / "methods.py"
    file.write_text(METHODS_FILE)
    plan = invoke(*DRY, "--benchmark", "parabola", "--methods", str(file)).plan
    assert [one["method"] for one in plan] == ["RS-mine", "ASHA-4"]
    one = invoke(*DRY, "--benchmark", "parabola", "--methods", str(file), "--method", "ASHA-4").plan
    assert [one["method"] for one in one] == ["ASHA-4"]
    unknown = invoke(*DRY, "--benchmark", "parabola", "--methods", str(file), "--method", "ASHA")
    assert unknown.code == 2
    assert "Unknown method 'ASHA'. Did you mean 'ASHA-4'? Valid: ASHA-4, RS-mine" in unknown.err


def test_a_changed_methods_file_makes_other_experiments(invoke, tmp_path: Path) -> None:
    ids = []
    for factor in (3, 4):
        file = tmp_path / f"{factor}" / "methods.py"
        file.parent.mkdir()
        file.write_text(METHODS_FILE.replace("reduction_factor=4", f"reduction_factor={factor}"))
        plan = invoke(*DRY, "--benchmark", "parabola", "--methods", str(file), "--method", "ASHA-4").plan
        ids.append(plan[0]["id"])
    assert ids[0] != ids[1]


def test_a_launcher_of_its_own_methods_takes_no_methods_file(invoke) -> None:
    done = invoke(*DRY, "--methods", "m.py", takes_methods_file=False)
    assert done.code == 2
    assert "Unknown flag --methods. Did you mean --method?" in done.err


def test_a_study_runs_all_combinations(invoke, definition_file: Path, tmp_path: Path) -> None:
    study = tmp_path / "study.yaml"
    study.write_text(
        "experiment_tag: t\nbenchmark: [parabola, training/mine.yaml]\nmethod: [ASHA, RS]\n"
        "n_workers: [1, 4]\nnum_seeds: 2\nmax_wallclock_time: 2m\n"
    )
    plan = invoke(str(study), "--dry_run", "--json").plan
    assert combinations(plan) == [
        (benchmark, n_workers, method, seed)
        for benchmark in ("parabola", "mine")
        for n_workers in (1, 4)
        for method in ("ASHA", "RS")
        for seed in (0, 1)
    ]
    assert {one["max_wallclock_time"] for one in plan} == {120}
    assert len({one["id"] for one in plan}) == len({one["name"] for one in plan}) == 16


def test_flags_override_the_study(invoke, tmp_path: Path) -> None:
    study = tmp_path / "study.yaml"
    study.write_text("experiment_tag: t\nbenchmark: parabola\nmethod: [ASHA, RS]\nnum_seeds: 3\n")
    plan = invoke("--study", str(study), "--method", "RS", "--num-seeds", "1", "--dry_run", "--json").plan
    assert combinations(plan) == [("parabola", 2, "RS", 0)]


def test_a_study_and_the_same_flags_mean_the_same_experiments(invoke, tmp_path: Path) -> None:
    study = tmp_path / "study.yaml"
    study.write_text("experiment_tag: t\nbenchmark: parabola\nmax_wallclock_time: 90s\nn_workers: 3\n")
    flags = ("--benchmark", "parabola", "--max_wallclock_time", "90", "--n_workers", "3")
    assert invoke(str(study), "--dry_run", "--json").plan == invoke(*DRY, *flags).plan


def test_fewer_workers_get_more_time_each_for_itself(invoke) -> None:
    words = ("--benchmark", "parabola", "--method", "RS", "--n_workers", "1,2,4")
    plan = invoke(*DRY, *words, "--scale_max_wallclock_time", "1").plan
    assert [(one["n_workers"], one["max_wallclock_time"]) for one in plan] == [(1, 120), (2, 60), (4, 60)]


def test_extra_args_may_stand_in_the_study_and_see_one_experiment_at_a_time(invoke, tmp_path: Path) -> None:
    seen = []

    def mapped(args: Any, method: str, kwargs: dict[str, Any]) -> dict[str, Any]:
        seen.append((args.benchmark, args.method, args.n_workers, args.brackets))
        return {"scheduler_kwargs": {"brackets": args.brackets}} if method == "ASHA" else {}

    study = tmp_path / "study.yaml"
    study.write_text("experiment_tag: t\nbenchmark: parabola\nn_workers: [1, 2]\nbrackets: 2\n")
    extra = [{"name": "brackets", "type": int, "default": 1}]
    plan = invoke(str(study), *DRY, extra_args=extra, map_method_args=mapped).plan
    assert [one["method_arguments"] for one in plan if one["method"] == "ASHA"] == [
        {"scheduler_kwargs": {"brackets": 2}}
    ] * 2
    assert seen == [("parabola", method, n, 2) for n in (1, 2) for method in ("RS", "ASHA")]


def test_more_experiments_than_anybody_means_are_refused(invoke) -> None:
    done = invoke(*DRY, "--benchmark", "parabola", "--num_seeds", "1000000000")
    assert done.code == 2
    assert "These are 2000000000 experiments; at most 10000" in done.err


def test_the_plan_says_how_long_several_at_once_take(invoke) -> None:
    words = ("--experiment_tag", "t", "--benchmark", "parabola", "--num_seeds", "3", "--method", "RS")
    assert "3 to run; at most 3 min. Nothing" in invoke(*words, "--dry_run").err
    at_once = invoke(*words, "--dry_run", "--n_parallel", "2").err
    assert "3 to run, 2 at once; at most 2 min. Nothing was started." in at_once


def test_what_the_environment_decides_is_said(invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SYNEBENCH_N_WORKERS", "5")
    done = invoke(*DRY, "--benchmark", "parabola")
    assert {one["n_workers"] for one in done.plan} == {5}
    assert done.err == "Note: n_workers is 5, from $SYNEBENCH_N_WORKERS\n"


def test_more_trials_than_cores_are_warned_of(invoke) -> None:
    words = (*DRY, "--benchmark", "parabola", "--num_seeds", "2")
    assert "trials at a time on" in invoke(*words, "--n_workers", "5000", "--n_parallel", "2").err
    assert invoke(*words, "--n_workers", "5000", "--n_parallel", "1").err == ""
    assert invoke(*words, "--n_workers", "5000", "--n_parallel", "3").err.count("run 15000 trials") == 1


def test_several_at_once_need_a_command_to_run_again(invoke) -> None:
    words = ("--experiment_tag", "t", "--benchmark", "parabola", "--n_parallel", "2")
    done = invoke(*words)
    assert done.code == 2
    assert "n_parallel needs a command that can be run again" in done.err
