"""The quality comparison: event loops, rows, statistics, verdicts."""

from __future__ import annotations

import gzip
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from perf.quality import __main__ as quality
from perf.quality.comparison import holm, paired, signed_rank
from perf.quality.curves import CURVES, MAX_RESOURCE
from perf.quality.loop import N_WORKERS, duration, run_curves, run_evaluations
from perf.quality.problems import PROBLEMS
from perf.quality.promises import BETTER, NOT_INFERIOR, NOT_WORSE, final_regret, judge, simple_regret
from perf.quality.rows import Rows
from perf.quality.schedule import Task, carry_out_missing, missing, plan
from perf.quality.sides import EVALUATION_SIDES, SCHEDULER_SIDES
from perf.quality.space import Config, draw

BRANIN = PROBLEMS["branin"]
NET = CURVES["curve_net"]


class _Draws:
    """Configurations that depend on the number of the trial only; notes what it is told."""

    def __init__(self) -> None:
        self.replayed: list[int] = []
        self.running: set[int] = set()
        self.most_running = 0
        self.told: list[int] = []

    def ask(self, number: int) -> Config:
        self._start(number)
        return draw(BRANIN.parameters, np.random.default_rng(number))

    def replay(self, number: int, config: Config) -> None:
        self.replayed.append(number)
        self._start(number)

    def tell(self, number: int, config: Config, value: float) -> None:
        assert value == BRANIN.value(config)
        self.running.remove(number)
        self.told.append(number)

    def _start(self, number: int) -> None:
        self.running.add(number)
        self.most_running = max(self.most_running, len(self.running))


def test_four_trials_run_at_a_time_and_end_in_the_order_of_simulated_time() -> None:
    side = _Draws()
    configs, values = run_evaluations(side, BRANIN, seed=3, evaluations=30)
    assert (len(configs), len(values), side.most_running) == (33, 30, N_WORKERS)
    assert values == [BRANIN.value(configs[number]) for number in side.told]
    assert side.told != sorted(side.told)
    assert side.told[0] == min(range(4), key=lambda number: duration(3, number))


def test_a_continued_run_is_the_uninterrupted_one() -> None:
    whole = run_evaluations(_Draws(), BRANIN, seed=5, evaluations=40)
    begun, _ = run_evaluations(_Draws(), BRANIN, seed=5, evaluations=25)
    side = _Draws()
    assert run_evaluations(side, BRANIN, 5, 40, recorded=json.loads(json.dumps(begun))) == whole
    assert side.replayed == list(range(28))


class _PausesAtThree:
    """Trials pause at 3; each is resumed once, before a new one starts."""

    def __init__(self) -> None:
        self.configs: list[Config] = []
        self.paused: list[int] = []
        self.reports: list[tuple[int, int]] = []
        self.completed: list[int] = []

    def suggest(self, number: int) -> tuple[int, Config] | None:
        if self.paused:
            resumed = self.paused.pop(0)
            return resumed, self.configs[resumed]
        self.configs.append(draw(NET.parameters, np.random.default_rng(number)))
        return number, self.configs[-1]

    def report(self, number: int, resource: int, loss: float) -> bool:
        self.reports.append((number, resource))
        if resource == 3:
            self.paused.append(number)
        return resource != 3

    def complete(self, number: int) -> None:
        self.completed.append(number)


def test_a_resumed_trial_goes_on_where_it_was_and_the_budget_is_kept() -> None:
    side = _PausesAtThree()
    found = run_curves(side, replace(NET, budget=500.0), seed=0)
    for number in range(found["trials"]):
        resources = [resource for trial, resource in side.reports if trial == number]
        assert resources == list(range(1, len(resources) + 1))
    assert side.completed
    assert found["resource"] == len(side.reports)
    costs = [NET.epoch_seconds(side.configs[number]) for number, _ in side.reports]
    assert 500 * N_WORKERS - 5 * N_WORKERS <= sum(costs) <= 500 * N_WORKERS
    assert found["steps"][-1][0] <= 500.0


def test_the_incumbent_is_the_best_report_and_counts_without_noise() -> None:
    side = _PausesAtThree()
    found = run_curves(side, NET, seed=1)
    reports = [NET.report(side.configs[n], r, 1, n) for n, r in side.reports]
    trial, resource = side.reports[int(np.argmin(reports))]
    assert found["steps"][-1][1] == NET.loss(side.configs[trial], resource)
    assert max(resource for _, resource in side.reports) <= MAX_RESOURCE


# -- rows and tasks ------------------------------------------------------------------------------------


def _row(side: str, problem: str, seed: int, **more: Any) -> dict[str, Any]:
    return {"side": side, "problem": problem, "seed": seed, "cpu_s": 1.5, **more}


def test_rows_outlive_the_process_and_a_torn_end_and_the_last_of_a_run_counts(tmp_path: Path) -> None:
    rows = Rows(tmp_path)
    for evaluations in (50, 100):
        rows.add(_row("a", "branin", 0, evaluations=evaluations, configs=[{}], regrets=[1.0]))
    rows.add(_row("a", "branin", 1, evaluations=50, configs=[{}], regrets=[2.0]))
    path = tmp_path / "a.jsonl.gz"
    whole = path.read_bytes()
    path.write_bytes(whole + gzip.compress(b'{"side":"a","problem":"branin","seed":9}\n')[:-12])
    read = Rows(tmp_path)
    assert read.get("a", "branin", 9) is None
    finished, half = read.get("a", "branin", 0), read.get("a", "branin", 1)
    assert finished is not None
    assert half is not None
    assert (finished["evaluations"], half["evaluations"]) == (100, 50)
    assert read.cpu_seconds("a") == 3.0
    read.compact(["a", "never run"], finished=100)
    again = Rows(tmp_path)
    assert again.get("a", "branin", 0) == {k: v for k, v in finished.items() if k != "configs"}
    assert again.get("a", "branin", 1) == half
    assert [p.name for p in tmp_path.iterdir()] == ["a.jsonl.gz"]


def test_every_seed_reaches_a_step_before_any_goes_beyond(tmp_path: Path) -> None:
    tasks = list(plan(["a", "b"], ["m"], [0, 1], [50, 100]))
    assert tasks[0] == Task("m", "curve_net", 0)
    evaluations = [task.evaluations for task in tasks]
    assert evaluations == sorted(evaluations)
    assert len(set(tasks)) == len(tasks) == 2 * len(CURVES) + 2 * 2 * 2 * len(PROBLEMS)
    rows = Rows(tmp_path)
    rows.add(_row("m", "curve_net", 0, steps=[[1.0, 0.5]]))
    rows.add(_row("a", "branin", 1, evaluations=50, regrets=[]))
    left = missing(iter(tasks), rows)
    assert len(left) == len(tasks) - 2
    assert Task("a", "branin", 1, 100) in left


def test_a_run_that_breaks_is_named_and_the_others_go_on(tmp_path: Path) -> None:
    tasks = [Task("random", "no such problem", 0, 2), Task("random", "branin", 0, 5)]
    rows, said = Rows(tmp_path), list[str]()
    python = {"random": Path(quality.sys.executable)}
    failed = carry_out_missing(tasks, rows, python, 1, None, said.append)
    assert [line.split(":")[0] for line in failed] == ["random on no such problem, seed 0 to 2"]
    row = rows.get("random", "branin", 0)
    assert row is not None
    assert len(row["regrets"]) == 5
    assert "1/2 random on branin" in said[-1]


# -- statistics -----------------------------------------------------------------------------------------


def test_holm_by_hand() -> None:
    # Sorted: .005 x 4, .01 x 3, .03 x 2, .04 x 1, the last raised to the one before.
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.6, 0.9]) == [1.0, 1.0]
    assert holm([]) == []


@pytest.mark.parametrize(
    ("differences", "greater"),
    [
        ([1, 2, 3, 4, 5], 1 / 32),  # one of the 32 choices of signs
        ([1, -2, 3, -4, 5], 13 / 32),  # ranks of the positive ones add to 9 or more in 13 of them
        ([-1, -2, -3, -4, -5], 1.0),
    ],
)
def test_signed_rank_by_hand(differences: list[float], greater: float) -> None:
    assert signed_rank(differences, "greater") == pytest.approx(greater)
    assert signed_rank([-value for value in differences], "less") == pytest.approx(greater)


def test_equal_sides_are_no_evidence() -> None:
    assert signed_rank([0.0] * 20, "greater") == 1.0
    assert signed_rank([], "greater") == 1.0


def test_pairs_are_seeds_that_both_have_on_a_log_scale_with_a_floor() -> None:
    seeds, logs = paired({0: 1.0, 1: 0.01, 2: 5.0}, {1: 1e-9, 0: 10.0, 7: 1.0}, floor=1e-4)
    assert seeds == (0, 1)
    assert logs == pytest.approx([-1.0, 2.0])


# -- verdicts -------------------------------------------------------------------------------------------

SEEDS = tuple(range(20))


def _filled(folder: Path, factors: Mapping[str, float], seeds: Sequence[int] = SEEDS) -> Rows:
    """Rows of all problems; the regrets of a side are about its factor."""
    rows = Rows(folder)
    for side, factor in factors.items():
        for seed in seeds:
            regret = factor * 0.1 * (1 + 0.5 * math.sin(seed + 10 * factor))
            for name in PROBLEMS if side in EVALUATION_SIDES else ():
                rows.add(_row(side, name, seed, evaluations=3, regrets=[1.0, regret, 1.0]))
            for name, problem in CURVES.items() if side in SCHEDULER_SIDES else ():
                rows.add(_row(side, name, seed, steps=[[1.0, 0.9], [2.0, problem.optimum + regret]]))
    return rows


def _verdicts(rows: Rows, promise: str) -> set[str]:
    return {entry["verdict"] for entry in judge(rows, SEEDS, (3,)) if entry["promise"] == promise}


def test_verdicts_of_clear_cases(tmp_path: Path) -> None:
    good = {"ours_bo": 0.1, "botorch_qlogei": 1.0, "optuna_gp": 1.0}
    good |= {"ours_mobster": 0.1, "asha": 1.0, "syne_tune_mobster": 0.1}
    rows = _filled(tmp_path / "good", good)
    for promise in (NOT_WORSE, BETTER, NOT_INFERIOR):
        assert _verdicts(rows, promise) == {"kept"}
    poor = {"ours_bo": 10.0, "botorch_qlogei": 1.0, "optuna_gp": 1.0}
    poor |= {"ours_mobster": 5.0, "asha": 1.0, "syne_tune_mobster": 1.0}
    rows = _filled(tmp_path / "poor", poor)
    for promise in (NOT_WORSE, BETTER, NOT_INFERIOR):
        assert _verdicts(rows, promise) == {"BROKEN"}


def test_what_is_missing_is_said(tmp_path: Path) -> None:
    rows = _filled(tmp_path, {"ours_bo": 0.1, "optuna_gp": 1.0}, seeds=range(6))
    by_peer = {e["against"]: e for e in judge(rows, SEEDS, (3,)) if e["problem"] == "branin"}
    assert by_peer["botorch_qlogei"]["verdict"] == "not measured"
    assert by_peer["optuna_gp"]["verdict"] == "incomplete (kept so far)"
    assert (by_peer["optuna_gp"]["num_seeds"], by_peer["optuna_gp"]["ours_better"]) == (6, 6)


def test_regrets_are_those_of_completed_evaluations_and_of_the_end_of_the_budget() -> None:
    row = _row("a", "branin", 0, regrets=[3.0, 1.0, 2.0, 0.5])
    assert [simple_regret(row, n) for n in (1, 3, 4, 5)] == [3.0, 1.0, 0.5, None]
    assert final_regret(_row("a", "curve_net", 0, steps=[[1.0, 0.5], [9.0, 0.1]])) == pytest.approx(0.02)
    assert simple_regret(None, 1) is None
    assert final_regret(None) is None


@pytest.mark.long
def test_a_quick_run_prints_and_keeps_its_outcome(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert quality.main(["--quick", "--no_peers", "--results", str(tmp_path)]) == 0
    printed = capsys.readouterr()
    outcome = json.loads(printed.out)
    assert json.loads((tmp_path / "quality.quick.json").read_bytes()) == outcome
    assert outcome["failed"] == []
    assert set(outcome["median_regrets"]) == {*PROBLEMS, *CURVES}
    assert {entry["verdict"] for entry in outcome["comparisons"]} >= {"not measured"}
    assert "| hartmann6 | 12 | optuna_gp | 0 |" in printed.err
    assert str(tmp_path) not in printed.out


def test_flags_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(SystemExit) as stopped:
        quality.main(["--peers", "--no_peers"])
    assert stopped.value.code == 2
