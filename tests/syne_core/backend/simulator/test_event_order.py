"""The order of simulated events, against simulations that are slow and obvious."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from simulated_benchmarks import FormulaBlackbox, steady

from syne_core import StoppingCriterion, Tuner
from syne_core.backend.simulator.delays import SimulatorDelays
from syne_core.backend.simulator.simulator_backend import SimulatorBackend
from syne_core.blackbox import LearningCurve
from syne_core.config_space import uniform
from syne_core.journal import read_journal
from syne_core.optimizer.baselines import ASHA, RandomSearch
from syne_core.optimizer.scheduler import TrialScheduler

SPACE = {"x": uniform(0, 1)}
EPOCHS = 9
RUNGS = (1, 3)

lenient = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def curve(config: Mapping[str, Any], seed: int = 0) -> LearningCurve:
    """The pace depends on x, so that trials overtake each other."""
    x = config["x"]
    return steady([abs(x - 0.4) + 1 / epoch for epoch in range(1, EPOCHS + 1)], 1 + 20 * (7 * x % 1))


def run_asha(type: str, n_workers: int, num_trials: int, name: str) -> Tuner:
    scheduler = ASHA(
        SPACE,
        metric="loss",
        resource_attr="epoch",
        max_t=EPOCHS,
        type=type,
        random_seed=11,
        reduction_factor=3,
    )
    tuner = Tuner(
        SimulatorBackend(FormulaBlackbox(curve, SPACE)),
        scheduler,
        StoppingCriterion(max_num_trials_started=num_trials),
        n_workers,
        tuner_name=name,
        suffix_tuner_name=False,
        wait_trial_completion_when_stopping=True,
    )
    tuner.run()
    return tuner


def rows_of(tuner: Tuner) -> list[tuple[float, int, int, str]]:
    frame = pd.read_csv(tuner.paths.results)
    columns = (frame["st_tuner_time"], frame["trial_id"], frame["epoch"], frame["st_decision"])
    return [(round(at, 6), *rest) for at, *rest in zip(*columns, strict=True)]


class SlowStopping:
    """ASHA, stopping, step by step: looks at all workers for the next report, and sorts whole rungs."""

    def __init__(self, configs: list[dict[str, Any]], n_workers: int) -> None:
        self.waiting = list(enumerate(configs))
        self.running: list[dict[str, Any]] = []
        self.values: dict[int, list[float]] = {rung: [] for rung in RUNGS}
        self.rows: list[tuple[float, int, int, str]] = []
        self.order = itertools.count()
        for _ in range(n_workers):
            self.start(0.0)

    def start(self, now: float) -> None:
        if self.waiting:
            trial, config = self.waiting.pop(0)
            run = {"trial": trial, "begin": now, "epoch": 1, "curve": curve(config)}
            self.running.append({**run, "due": next(self.order)})

    def time_of(self, run: dict[str, Any]) -> float:
        return float(run["begin"] + run["curve"].elapsed[run["epoch"] - 1])

    def decide(self, epoch: int, loss: float) -> str:
        if epoch == EPOCHS:
            return "STOP"
        if epoch not in self.values:
            return "CONTINUE"
        values = self.values[epoch]
        values.append(loss)
        if len(values) < 2:
            return "CONTINUE"
        cutoff = pd.Series(values).quantile(1 / 3)
        return "CONTINUE" if loss <= cutoff + 1e-12 else "STOP"

    def play(self) -> list[tuple[float, int, int, str]]:
        while self.running:
            run = min(self.running, key=lambda one: (self.time_of(one), one["due"]))
            now, epoch = self.time_of(run), run["epoch"]
            decision = self.decide(epoch, run["curve"].metrics["loss"][epoch - 1])
            self.rows.append((round(now, 6), run["trial"], epoch, decision))
            if decision == "STOP":
                self.running.remove(run)
                self.start(now)
            else:
                run["epoch"], run["due"] = epoch + 1, next(self.order)
        return self.rows


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SYNETUNE_FOLDER", str(tmp_path / "root"))


def configs_of(tuner: Tuner) -> list[dict[str, Any]]:
    records = read_journal(tuner.paths.journal)
    return [r["config"] for r in records if r["event"] == "suggest" and r["kind"] == "start"]


@pytest.mark.parametrize("n_workers", [1, 4, 32])
def test_asha_that_stops_equals_a_step_by_step_simulation(n_workers: int) -> None:
    tuner = run_asha("stopping", n_workers, 60, "stopping")
    slow = SlowStopping(configs_of(tuner), n_workers).play()
    # The criterion ends new starts with the 60th; both sides let what runs complete.
    assert rows_of(tuner) == slow
    assert len({trial for _, trial, _, _ in slow}) == 60


def slow_promotion(tuner: Tuner, n_workers: int) -> list[tuple[float, int, int, str]]:
    """ASHA, promotion, step by step: at each free worker all rungs are searched from the top, whole."""
    configs, rows = configs_of(tuner), []
    entries: dict[int, list[tuple[float, int]]] = {rung: [] for rung in RUNGS}
    promoted: dict[int, set[int]] = {rung: set() for rung in RUNGS}
    running: list[dict[str, Any]] = []
    started, order, now = 0, itertools.count(), 0.0
    while True:
        while len(running) < n_workers and started < len(configs):
            found = None
            for rung in reversed(RUNGS):
                losses = pd.Series([loss for loss, _ in entries[rung]], dtype=float)
                best = [
                    (loss, at, trial)
                    for at, (loss, trial) in enumerate(entries[rung])
                    if trial not in promoted[rung]
                ]
                if found is None and best and len(losses) > 1 and min(best)[0] <= losses.quantile(1 / 3):
                    found = (rung, min(best)[2])
            if found is not None:
                rung, trial = found
                promoted[rung].add(trial)
                lines = curve(configs[trial])
                offset = now - lines.elapsed[rung - 1]
                running.append({"trial": trial, "offset": offset, "epoch": rung + 1, "due": next(order)})
            else:
                running.append({"trial": started, "offset": now, "epoch": 1, "due": next(order)})
                started += 1
        if not running:
            return rows

        def due(run: dict[str, Any]) -> tuple[float, int]:
            return run["offset"] + curve(configs[run["trial"]]).elapsed[run["epoch"] - 1], run["due"]

        run = min(running, key=due)
        now, trial, epoch = due(run)[0], run["trial"], run["epoch"]
        decision = {EPOCHS: "STOP", **dict.fromkeys(RUNGS, "PAUSE")}.get(epoch, "CONTINUE")
        rows.append((round(now, 6), trial, epoch, decision))
        if decision == "CONTINUE":
            run["epoch"], run["due"] = epoch + 1, next(order)
            continue
        running.remove(run)
        if decision == "PAUSE":
            entries[epoch].append((curve(configs[trial]).metrics["loss"][epoch - 1], trial))


@pytest.mark.parametrize("n_workers", [1, 4, 32])
def test_asha_that_promotes_equals_a_step_by_step_simulation(n_workers: int) -> None:
    tuner = run_asha("promotion", n_workers, 60, "promotion")
    slow = slow_promotion(tuner, n_workers)
    assert rows_of(tuner) == slow
    assert max(epoch for _, _, epoch, _ in slow) == EPOCHS, "somebody was promoted to the top"


seconds = st.floats(0, 3, allow_nan=False)


@lenient
@given(
    paces=st.lists(st.floats(0, 5), min_size=1, max_size=12),
    n_workers=st.integers(1, 32),
    delays=st.builds(SimulatorDelays, seconds, seconds, seconds, seconds, seconds),
    asha=st.booleans(),
)
def test_news_come_in_the_order_of_time_and_none_is_lost(
    paces: list[float], n_workers: int, delays: SimulatorDelays, asha: bool
) -> None:
    """Whatever the delays: also where epochs take no time at all, and many things happen at one instant."""

    def table(config: Mapping[str, Any], seed: int) -> LearningCurve:
        pace = paces[int(config["x"] * len(paces)) % len(paces)]
        return steady([config["x"] / epoch for epoch in range(1, 10)], pace)

    scheduler: TrialScheduler = RandomSearch(SPACE, metric="loss", random_seed=1)
    if asha:
        scheduler = ASHA(
            SPACE, metric="loss", resource_attr="epoch", max_t=9, type="promotion", random_seed=1
        )
    backend = SimulatorBackend(FormulaBlackbox(table, SPACE), delays=delays)
    instants: list[float] = []

    fetch = backend.fetch_status_results

    def watched(trial_ids: list[int]) -> Any:
        states, news = fetch(trial_ids)
        ids = [trial_id for trial_id, _ in news]
        assert len(ids) == len(set(ids)), "of each trial one report at a time"
        instants.extend([backend.time()] * len(news))
        return states, news

    backend.fetch_status_results = watched  # type: ignore[method-assign]
    tuner = Tuner(
        backend,
        scheduler,
        StoppingCriterion(max_num_trials_started=15),
        n_workers,
        tuner_name="ordered",
        wait_trial_completion_when_stopping=True,
    )
    tuner.run()
    frame = pd.read_csv(tuner.paths.results)
    assert instants == sorted(instants)
    arrivals = frame["st_worker_timestamp"] + delays.report
    assert frame["st_tuner_time"].to_numpy() == pytest.approx(arrivals.to_numpy(), abs=2e-6)
    for _, reports in frame.groupby("trial_id"):
        assert reports["epoch"].tolist() == list(range(1, len(reports) + 1))
    if not asha:
        assert len(frame) == 9 * frame["trial_id"].nunique()


def test_next_session_continues_from_the_journal(tmp_path: Path) -> None:
    """Trials that ran start over, at the time where the journal ends; what was seen is not shown again."""
    whole = run_asha("stopping", 4, 30, "whole")
    lines = whole.paths.journal.read_bytes().splitlines(keepends=True)
    for length in range(1, len(lines) - 2, 23):
        name = f"cut-{length}"
        folder = whole.tuner_path.parent / name
        folder.mkdir()
        (folder / "journal.jsonl").write_bytes(b"".join(lines[:length]))
        again = run_asha("stopping", 4, 30, name)
        assert configs_of(again) == configs_of(whole)
        rows = rows_of(again)
        before = sum(b'"event":"report"' in line for line in lines[:length])
        assert len({(trial, epoch) for _, trial, epoch, _ in rows}) == len(rows)
        assert [row[0] for row in rows] == sorted(row[0] for row in rows)
        assert rows[:before] == rows_of(whole)[:before]
