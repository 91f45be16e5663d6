"""Callbacks: hooks in order, of each callback only those that it overrides."""

from __future__ import annotations

from typing import Any

import pytest

from syne_core.tuner_callback import CallbackList, TunerCallback


class _Noting(TunerCallback):
    def __init__(self, name: str, calls: list[tuple[Any, ...]]) -> None:
        self.name, self.calls = name, calls

    def on_loop_start(self) -> None:
        self.calls.append((self.name, "on_loop_start"))

    def on_tuning_sleep(self, sleep_time: float) -> None:
        self.calls.append((self.name, sleep_time))


class _NotingMore(_Noting):
    def on_loop_end(self) -> None:
        self.calls.append((self.name, "on_loop_end"))

    def extra_results(self) -> dict[str, Any]:
        return {"who": self.name, self.name: 1}


def test_hooks_are_called_in_the_order_of_the_list_also_inherited_ones() -> None:
    calls: list[tuple[Any, ...]] = []
    callbacks = CallbackList([_NotingMore("a", calls), _Noting("b", calls)])
    callbacks.call("on_loop_start")
    callbacks.call("on_loop_end")
    callbacks.call("on_tuning_sleep", 1.5)
    assert calls == [
        ("a", "on_loop_start"),
        ("b", "on_loop_start"),
        ("a", "on_loop_end"),
        ("a", 1.5),
        ("b", 1.5),
    ]


def test_hooks_that_are_not_overridden_cost_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    callbacks = CallbackList([_Noting("a", []), TunerCallback()])

    def fail(self: TunerCallback) -> None:
        raise AssertionError("called a hook that nobody overrides")

    monkeypatch.setattr(TunerCallback, "on_loop_end", fail)
    callbacks.call("on_loop_end")


def test_extra_columns_of_all_callbacks_are_merged_the_last_wins() -> None:
    callbacks = CallbackList([_NotingMore("a", []), _Noting("c", []), _NotingMore("b", [])])
    assert callbacks.extra_results() == {"who": "b", "a": 1, "b": 1}
    assert CallbackList([]).extra_results() == {}


def test_unknown_hook_is_an_error() -> None:
    with pytest.raises(KeyError):
        CallbackList([]).call("on_something")
