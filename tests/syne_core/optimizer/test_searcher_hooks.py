"""What schedulers tell a searcher, and when."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from syne_core.backend.trial_status import Trial
from syne_core.config_space import uniform
from syne_core.optimizer.scheduler import TrialScheduler
from syne_core.optimizer.schedulers import FIFOScheduler, HyperbandScheduler
from syne_core.optimizer.schedulers.searchers import BaseSearcher

SPACE = {"x": uniform(0, 1), "epochs": 9}


class _Recording(BaseSearcher):
    """Suggests 0, 0.1, 0.2, ... and writes down all that it is told."""

    def __init__(self) -> None:
        super().__init__(SPACE, "loss", [])
        self.told: list[tuple[Any, ...]] = []
        self.scheduler: TrialScheduler | None = None

    def configure_scheduler(self, scheduler: TrialScheduler) -> None:
        assert not self.told
        self.scheduler = scheduler

    def get_config(self, trial_id: str) -> dict[str, Any] | None:
        return {"x": int(trial_id) / 10}

    def on_trial_result(
        self, trial_id: str, config: dict[str, Any], result: dict[str, Any], update: bool
    ) -> None:
        self.told.append(("result", trial_id, config["x"], result.get("epoch"), update))

    def register_pending(
        self, trial_id: str, config: dict[str, Any] | None = None, milestone: int | None = None
    ) -> None:
        self.told.append(("pending", trial_id, config and config["x"], milestone))

    def cleanup_pending(self, trial_id: str) -> None:
        self.told.append(("cleanup", trial_id))

    def evaluation_failed(self, trial_id: str) -> None:
        self.told.append(("failed", trial_id))


class _Learning(BaseSearcher):
    """Overrides ``_update`` alone."""

    def __init__(self) -> None:
        super().__init__(SPACE, "loss", [])
        self.learned: list[tuple[str, int]] = []

    def get_config(self, trial_id: str) -> dict[str, Any] | None:
        return {"x": 0.5}

    def _update(self, trial_id: str, config: dict[str, Any], result: dict[str, Any]) -> None:
        self.learned.append((trial_id, result["epoch"]))


def _start(scheduler: TrialScheduler, trial_id: int) -> Trial:
    suggestion = scheduler.suggest(trial_id)
    assert suggestion is not None
    trial = Trial(trial_id, suggestion.config or {}, None)  # type: ignore[arg-type]
    scheduler.on_trial_add(trial)
    return trial


def _report(scheduler: TrialScheduler, trial: Trial, epoch: int, loss: float) -> str:
    decision = scheduler.on_trial_result(trial, {"epoch": epoch, "loss": loss})
    if decision != "CONTINUE":
        scheduler.on_trial_remove(trial)
    return decision


def test_constants_are_added_to_what_a_searcher_suggests() -> None:
    scheduler = FIFOScheduler(SPACE, metric="loss", searcher=_Recording())
    assert _start(scheduler, 3).config == {"x": 0.3, "epochs": 9}


def test_searcher_sees_the_finished_scheduler() -> None:
    searcher = _Recording()
    scheduler = HyperbandScheduler(SPACE, metric="loss", searcher=searcher, mode="max")
    assert searcher.scheduler is scheduler
    assert scheduler.rung_levels == [1, 3]


def test_fifo_tells_of_all_reports_and_learns_from_the_last() -> None:
    searcher = _Recording()
    scheduler = FIFOScheduler(SPACE, metric="loss", searcher=searcher)
    trial = _start(scheduler, 1)
    _report(scheduler, trial, 1, 0.5)
    _report(scheduler, trial, 2, 0.4)
    scheduler.on_trial_complete(trial, {"epoch": 2, "loss": 0.4})
    assert searcher.told == [
        ("pending", "1", 0.1, None),
        ("result", "1", 0.1, 1, False),
        ("result", "1", 0.1, 2, False),
        ("result", "1", 0.1, 2, True),
        ("cleanup", "1"),
    ]


def test_fifo_does_not_learn_from_a_trial_without_reports() -> None:
    searcher = _Learning()
    scheduler = FIFOScheduler(SPACE, metric="loss", searcher=searcher)
    scheduler.on_trial_complete(_start(scheduler, 0), {})
    assert searcher.learned == []


@pytest.mark.parametrize("kind", ["fifo", "stopping"])
def test_failure_is_passed_on(kind: str) -> None:
    searcher = _Recording()
    if kind == "fifo":
        scheduler: TrialScheduler = FIFOScheduler(SPACE, metric="loss", searcher=searcher)
    else:
        scheduler = HyperbandScheduler(SPACE, metric="loss", searcher=searcher)
    scheduler.on_trial_error(_start(scheduler, 0))
    assert searcher.told[1:] == [("failed", "0"), ("cleanup", "0")]


def test_stopping_learns_at_rungs_and_the_end_and_announces_the_next_rung() -> None:
    searcher = _Recording()
    scheduler = HyperbandScheduler(SPACE, metric="loss", searcher=searcher, max_resource_attr="epochs")
    trial = _start(scheduler, 1)
    for epoch in range(1, 10):
        _report(scheduler, trial, epoch, 0.5)
    scheduler.on_trial_complete(trial, {"epoch": 9, "loss": 0.5})
    results = [(t[3], t[4]) for t in searcher.told if t[0] == "result"]
    assert results == [(e, e in (1, 3, 9)) for e in range(1, 10)]
    assert [t for t in searcher.told if t[0] == "pending"] == [
        ("pending", "1", 0.1, 1),
        ("pending", "1", 0.1, 3),
        ("pending", "1", 0.1, 9),
    ]
    assert searcher.told[-1] == ("cleanup", "1")


def test_promotion_announces_the_next_rung_when_a_trial_is_resumed() -> None:
    searcher = _Recording()
    scheduler = HyperbandScheduler(SPACE, metric="loss", searcher=searcher, type="promotion")
    trials = [_start(scheduler, i) for i in range(2)]
    for trial in trials:
        assert _report(scheduler, trial, 1, 0.5 + trial.trial_id) == "PAUSE"
    searcher.told.clear()
    suggestion = scheduler.suggest(2)
    assert suggestion is not None
    assert suggestion.checkpoint_trial_id == 0
    assert searcher.told == [("pending", "0", None, 3)]


@pytest.mark.parametrize("bracket", [0, 1, 2])
def test_searcher_learns_at_every_rung_whatever_the_bracket_and_once_only(bracket: int) -> None:
    searcher = _Learning()
    scheduler = HyperbandScheduler(SPACE, metric="loss", searcher=searcher, brackets=3, random_seed=1)
    trial_id = 0
    trial = _start(scheduler, trial_id)
    while scheduler.state()["bracket"] != bracket:
        trial_id += 1
        trial = _start(scheduler, trial_id)
    for epoch in (1, 2, 3, 1, 2, 3, 4, 9):  # it starts over once
        _report(scheduler, trial, epoch, 0.5)
    assert searcher.learned == [(str(trial_id), 1), (str(trial_id), 3), (str(trial_id), 9)]


def test_searcher_that_overrides_nothing_is_not_called(monkeypatch: pytest.MonkeyPatch) -> None:
    class Plain(BaseSearcher):
        def get_config(self, trial_id: str) -> dict[str, Any] | None:
            return {"x": 0.5}

    def refuse(*args: Any, **kwargs: Any) -> None:
        raise AssertionError("called in vain")

    scheduler = HyperbandScheduler(SPACE, metric="loss", searcher=Plain(SPACE, "loss"))
    for name in ("on_trial_result", "_update", "register_pending", "cleanup_pending"):
        monkeypatch.setattr(scheduler.searcher, name, refuse)
    trial = _start(scheduler, 0)
    for epoch in range(1, 10):
        _report(scheduler, trial, epoch, 0.5)
    scheduler.on_trial_complete(trial, {"epoch": 9, "loss": 0.5})


def test_searcher_without_exact_resume_is_asked_again() -> None:
    searcher = _Recording()
    scheduler = FIFOScheduler(SPACE, metric="loss", searcher=searcher)
    asked = []
    searcher.get_config = lambda trial_id: asked.append(trial_id) or {"x": 0.0}  # type: ignore[method-assign,func-returns-value]
    suggestion = scheduler.suggest(4)
    state: Mapping[str, Any] = scheduler.state()
    scheduler.replay_suggestion(5, suggestion, state)
    assert asked == ["4", "5"]


@pytest.mark.parametrize("make", [FIFOScheduler, HyperbandScheduler])
def test_replay_of_no_suggestion_changes_nothing(make: Any) -> None:
    searcher = _Recording()
    make(SPACE, metric="loss", searcher=searcher).replay_suggestion(5, None, {})
    assert searcher.told == []
