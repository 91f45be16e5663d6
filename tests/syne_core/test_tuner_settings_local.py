"""Settings of scheduler and tuner, with real trials on this machine."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from scripted import PlannedScheduler, make_tuner, records_of, reports_of

from syne_core.backend import LocalBackend
from syne_core.backend.trial_status import Status
from syne_core.config_space import choice, finrange, lograndint, loguniform, randint, uniform
from syne_core.errors import ConfigSpaceError
from syne_core.optimizer.baselines import ASHA, GridSearch, RandomSearch
from syne_core.optimizer.scheduler import TrialScheduler, TrialSuggestion
from syne_core.stopping_criterion import StoppingCriterion
from syne_core.tuner import Tuner

SCRIPT = """
import argparse, os, pathlib, time
from syne_core import Reporter
parser = argparse.ArgumentParser()
parser.add_argument("--x", type=float)
parser.add_argument("--epochs", type=int)
parser.add_argument("--pace", type=float, default=0.0)
parser.add_argument("--st_checkpoint_dir")
args, _ = parser.parse_known_args()
saved = pathlib.Path(args.st_checkpoint_dir, "epoch")
first = int(saved.read_text()) + 1 if saved.exists() else 1
report = Reporter()
for epoch in range(first, args.epochs + 1):
    time.sleep(args.pace)
    saved.with_suffix(".new").write_text(str(epoch))
    os.replace(saved.with_suffix(".new"), saved)
    report(epoch=epoch, loss=args.x + 1 / epoch)
"""

SPACE: dict[str, Any] = {"x": uniform(0, 1), "epochs": 4, "pace": 0.02}


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., Tuner]:
    script = tmp_path / "train.py"
    script.write_text(SCRIPT)

    def run(scheduler: TrialScheduler, **settings: Any) -> Tuner:
        settings.setdefault("stop_criterion", StoppingCriterion(max_num_trials_started=6))
        tuner = make_tuner(LocalBackend(str(script)), scheduler, **settings)
        tuner.run()
        return tuner

    return run


@pytest.mark.parametrize("kind", ["promotion", "stopping"])
def test_brackets_compare_trials_at_the_rungs_they_begin_with(run: Callable[..., Tuner], kind: str) -> None:
    settings = {"max_resource_attr": "epochs", "reduction_factor": 2, "brackets": 3, "type": kind}
    scheduler = ASHA(SPACE, "loss", "epoch", random_seed=1, **settings)
    assert (scheduler.rung_levels, scheduler.num_brackets) == ([1, 2], 3)
    run(scheduler, n_workers=2, stop_criterion=StoppingCriterion(max_num_trials_started=10))
    lowest = {
        r["asked"]: 2 ** r["state"]["bracket"] for r in records_of(event="suggest") if r["kind"] == "start"
    }
    assert len(set(lowest.values())) > 1, "the seed draws several brackets"
    ends = [r for r in records_of(event="report") if r["decision"] != "CONTINUE" and not r.get("late")]
    assert ends
    for record in ends:
        assert record["report"]["epoch"] >= lowest[record["trial"]]
    if kind == "promotion":
        first = {}
        for record in ends:
            first.setdefault(record["trial"], record["report"]["epoch"])
        assert first == {trial: min(level, 4) for trial, level in lowest.items() if trial in first}


def test_without_asynchronous_scheduling_trials_start_in_batches(run: Callable[..., Tuner]) -> None:
    scheduler = RandomSearch(SPACE, "loss", random_seed=1)
    run(scheduler, n_workers=2, asynchronous_scheduling=False)
    running: set[int] = set()
    sizes = []
    for record in records_of():
        if record["event"] == "suggest":
            if not running:
                sizes.append(0)
            sizes[-1] += 1
            running.add(record["asked"])
        elif record["event"] == "end_run":
            running.discard(record["trial"])
    # Whenever a trial started beside others, these had started in the same batch.
    assert sizes == [2, 2, 2]


def test_batches_also_resume_paused_trials(run: Callable[..., Tuner]) -> None:
    settings = {"max_resource_attr": "epochs", "type": "promotion", "random_seed": 1}
    tuner = run(ASHA(SPACE, "loss", "epoch", **settings), n_workers=2, asynchronous_scheduling=False)
    assert records_of(event="resume")
    assert len(reports_of()) == len({(trial, epoch) for trial, epoch, _ in reports_of()})
    assert tuner.tuning_status.num_trials_started == 6


@pytest.mark.parametrize("wait", [True, False])
def test_running_trials_complete_if_they_are_waited_for(run: Callable[..., Tuner], wait: bool) -> None:
    scheduler = RandomSearch({**SPACE, "pace": 0.05}, "loss", random_seed=1)
    criterion = StoppingCriterion(max_num_trials_started=3)
    tuner = run(scheduler, n_workers=3, stop_criterion=criterion, wait_trial_completion_when_stopping=wait)
    counts = tuner.tuning_status.trial_counts()
    assert counts == ({Status.completed: 3} if wait else {Status.stopped: 3})
    if wait:
        assert sorted(trial for trial, _, _ in reports_of()) == [0] * 4 + [1] * 4 + [2] * 4


def test_trials_that_are_waited_for_still_stop_where_the_method_says(run: Callable[..., Tuner]) -> None:
    plan: list[TrialSuggestion | None] = [
        TrialSuggestion.start_suggestion({"x": x, "epochs": 999, "pace": 0.02}) for x in (0.1, 0.5, 0.9)
    ]
    scheduler = PlannedScheduler(
        plan, lambda trial, report: "STOP" if report["epoch"] == 2 + trial.trial_id else "CONTINUE"
    )
    criterion = StoppingCriterion(max_num_trials_started=3)
    tuner = run(scheduler, n_workers=3, stop_criterion=criterion, wait_trial_completion_when_stopping=True)
    assert tuner.tuning_status.trial_counts() == {Status.stopped: 3}
    assert [scheduler.shown(i)[-1] for i in range(3)] == [2, 3, 4]


def test_partial_first_configurations_are_filled_up_with_defaults(run: Callable[..., Tuner]) -> None:
    space = {
        **SPACE,
        "lr": loguniform(1e-4, 1.0),
        "width": randint(1, 9),
        "batch": lograndint(1, 100),
        "kind": choice(["b", "a"]),
        "share": finrange(0.0, 1.0, 5),
    }
    points = [{}, {"x": 0.25, "kind": "a"}, {"width": 2, "batch": 64, "share": 1.0}, {"kind": "a", "x": 0.25}]
    defaults = {"x": 0.5, "lr": pytest.approx(0.01), "width": 5, "batch": 10, "kind": "b", "share": 0.5}
    scheduler = RandomSearch(space, "loss", points_to_evaluate=points)
    tuner = run(scheduler, n_workers=1, stop_criterion=StoppingCriterion(max_num_trials_completed=4))
    started = [tuner.ledger.trials[i].trial.config for i in range(4)]
    fixed = {"epochs": 4, "pace": 0.02}
    assert started[0] == {**defaults, **fixed}
    assert started[1] == {**defaults, "x": 0.25, "kind": "a", **fixed}
    assert started[2] == {**defaults, "width": 2, "batch": 64, "share": 1.0, **fixed}
    assert started[3] != started[1], "what is given twice is tried once"
    losses = {trial: loss for trial, epoch, loss in reports_of() if epoch == 4}
    assert [losses[i] for i in range(3)] == pytest.approx([0.75, 0.5, 0.75]), "values reach the script"


@pytest.mark.parametrize("baseline", [RandomSearch, GridSearch])
def test_mistakes_in_first_configurations_are_all_named(baseline: type[TrialScheduler]) -> None:
    points = [{"x": 7.0}, {"y": 1}]
    with pytest.raises(ConfigSpaceError) as error:
        baseline(SPACE, "loss", points_to_evaluate=points)  # type: ignore[call-arg]
    assert "points_to_evaluate[0]: x: 7.0" in str(error.value)
    assert "points_to_evaluate[1]: y: not in the space" in str(error.value)


def test_empty_list_of_first_configurations_means_none() -> None:
    space = {"n": randint(1, 101)}
    first = [RandomSearch(space, "loss", points_to_evaluate=p, random_seed=3).suggest(0) for p in (None, [])]
    assert first[0] is not None
    assert first[1] is not None
    assert first[0].config == {"n": 51} != first[1].config


def test_grid_is_trained_point_by_point_and_then_the_experiment_ends(run: Callable[..., Tuner]) -> None:
    space = {"x": uniform(0, 1), "epochs": choice([1, 2])}
    scheduler = GridSearch(space, "loss", points_to_evaluate=[], search_options={"num_samples": {"x": 3}})
    tuner = run(scheduler, n_workers=2, stop_criterion=StoppingCriterion(max_num_evaluations=1000))
    assert tuner.tuning_status.trial_counts() == {Status.completed: 6}
    assert len(reports_of()) == 3 * 1 + 3 * 2
    assert records_of(event="end")[0]["reason"] == "the method has nothing left to suggest"
