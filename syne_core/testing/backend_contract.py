"""What every back-end owes the tuner, as a pytest class that implementations inherit.

::

    class TestMyBackend(BackendContract):
        def make_backend(self, script_path, folder):
            return MyBackend(str(script_path))

The trials run ``CONTRACT_SCRIPT``. A back-end that runs no scripts, such as a simulator, makes a table
of the same curves instead: ``contract_config`` says what a configuration can ask for, and
``contract_loss`` what is reported at each epoch.
"""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from syne_core.backend.trial_backend import TrialBackend
from syne_core.backend.trial_status import Status, TrialResult

__all__ = ["CONTRACT_SCRIPT", "BackendContract", "contract_config", "contract_loss"]

CONTRACT_SCRIPT = """
import argparse, json, os, sys, time
from syne_core import Reporter

parser = argparse.ArgumentParser()
parser.add_argument("--x", type=float)
parser.add_argument("--epochs", type=int)
parser.add_argument("--pace", type=float)
parser.add_argument("--fail_after", type=int)
parser.add_argument("--text")
parser.add_argument("--st_checkpoint_dir")
args = parser.parse_args()
print("text is", json.dumps(args.text), flush=True)
saved = os.path.join(args.st_checkpoint_dir, "epoch")
last = int(open(saved).read()) if os.path.exists(saved) else 0
report = Reporter()
for epoch in range(last + 1, args.epochs + 1):
    report(epoch=epoch, loss=args.x + 1 / epoch)
    with open(saved + ".new", "w") as file:
        file.write(str(epoch))
    os.replace(saved + ".new", saved)
    if epoch == args.fail_after:
        sys.exit("failing on purpose")
    time.sleep(args.pace)
"""

_AWKWARD = "two words, 'quotes\" and $signs"
_BUSY = (Status.in_progress, Status.stopping)


def contract_config(**values: Any) -> dict[str, Any]:
    """A configuration of ``CONTRACT_SCRIPT``.

    ``x`` (float) shifts the curve; ``epochs``; ``pace``: seconds per epoch; ``fail_after``: epoch after
    which the trial fails, 0 for none; ``text``: any string.
    """
    return {"x": 0.5, "epochs": 3, "pace": 0.0, "fail_after": 0, "text": _AWKWARD, **values}


def contract_loss(config: dict[str, Any], epoch: int) -> float:
    """What a trial with ``config`` reports as ``loss`` at ``epoch`` (1, 2, ...)."""
    return float(config["x"] + 1 / epoch)


# A trial that is still there when it is told to end, but not for ever.
_LONG = contract_config(epochs=500, pace=0.1)


class _Watch:
    """Fetches until something is the case, and keeps what it fetched."""

    def __init__(self, backend: TrialBackend, timeout: float) -> None:
        self.backend, self.timeout = backend, timeout
        self.reports: dict[int, list[dict[str, Any]]] = {}
        self.results: dict[int, TrialResult] = {}

    def look(self, *trial_ids: int) -> None:
        states, fresh = self.backend.fetch_status_results(list(trial_ids))
        assert states.keys() == set(trial_ids)
        for trial_id, report in fresh:
            self.reports.setdefault(trial_id, []).append(report)
        for trial_id, (result, state) in states.items():
            assert isinstance(result, TrialResult)
            assert (result.trial_id, result.status) == (trial_id, state)
            self.results[trial_id] = result

    def until(self, condition: Callable[[], bool], *trial_ids: int) -> None:
        deadline = time.monotonic() + self.timeout
        self.look(*trial_ids)
        while not condition():
            assert time.monotonic() < deadline, f"waited in vain: {self.results}, {self.reports}"
            self.backend.wait(0.5)
            self.look(*trial_ids)

    def until_ended(self, *trial_ids: int) -> None:
        self.until(lambda: all(self.results[i].status not in _BUSY for i in trial_ids), *trial_ids)

    def until_epoch(self, epoch: int, *trial_ids: int) -> None:
        self.until(lambda: all((self.epochs(i) or [0])[-1] >= epoch for i in trial_ids), *trial_ids)

    def epochs(self, trial_id: int) -> list[int]:
        return [report["epoch"] for report in self.reports.get(trial_id, [])]

    def state(self, trial_id: int) -> str:
        return self.results[trial_id].status


class BackendContract:
    """Inherit it in a class named ``Test...`` and override ``make_backend``.

    The obligations are those of the docstring of ``TrialBackend``.
    """

    #: Seconds of real time that anything may take.
    timeout: float = 120.0
    #: Whether ``wait`` waits in real time.
    real_time: bool = True
    #: Whether reports and checkpoints outlive the back-end; else its trials start over in the next session.
    keeps_trials: bool = True

    def make_backend(self, script_path: Path, folder: Path) -> TrialBackend:
        """A new back-end for ``script_path`` that keeps its trials in or under ``folder``.

        Called twice with the same folder by tests of restarts, after the first one was closed.
        """
        raise NotImplementedError

    @pytest.fixture
    def script_path(self, tmp_path: Path) -> Path:
        """The training script."""
        path = tmp_path / "scripts" / "contract_script.py"
        path.parent.mkdir()
        path.write_text(CONTRACT_SCRIPT)
        return path

    @pytest.fixture
    def backend(self, script_path: Path, tmp_path: Path) -> Iterator[TrialBackend]:
        """A back-end of ``make_backend``, closed after the test."""
        made = self.make_backend(script_path, tmp_path / "experiment")
        yield made
        made.close()

    @pytest.fixture
    def watch(self, backend: TrialBackend) -> _Watch:
        """Fetches from ``backend``."""
        return _Watch(backend, self.timeout)

    # -- starting and ending -------------------------------------------------------------------

    def test_trials_are_numbered_from_zero(self, backend: TrialBackend) -> None:
        configs = [contract_config(x=float(i)) for i in range(3)]
        trials = [backend.start_trial(config) for config in configs]
        assert [trial.trial_id for trial in trials] == [0, 1, 2]
        assert [trial.config for trial in trials] == configs

    def test_trial_completes_with_all_reports_in_order(self, backend: TrialBackend, watch: _Watch) -> None:
        config = contract_config(epochs=5)
        backend.start_trial(config)
        watch.until_ended(0)
        assert watch.state(0) == Status.completed
        assert watch.epochs(0) == [1, 2, 3, 4, 5]
        losses = [report["loss"] for report in watch.reports[0]]
        assert losses == pytest.approx([contract_loss(config, epoch) for epoch in range(1, 6)])
        assert watch.results[0].config == config

    def test_reports_come_while_the_trial_runs_and_none_twice(
        self, backend: TrialBackend, watch: _Watch
    ) -> None:
        backend.start_trial(contract_config(epochs=20, pace=0.01))
        watch.until_epoch(1, 0)
        watch.until_ended(0)
        watch.look(0)
        assert watch.epochs(0) == list(range(1, 21))

    def test_reports_of_trials_side_by_side_are_kept_apart(
        self, backend: TrialBackend, watch: _Watch
    ) -> None:
        for x in (0.0, 10.0, 20.0):
            backend.start_trial(contract_config(x=x, epochs=4, pace=0.01))
        watch.until_ended(0, 1, 2)
        for trial_id in range(3):
            assert watch.epochs(trial_id) == [1, 2, 3, 4]
            assert all(report["loss"] // 10 == trial_id for report in watch.reports[trial_id])

    def test_failed_trial_says_so_and_keeps_its_reports(self, backend: TrialBackend, watch: _Watch) -> None:
        backend.start_trial(contract_config(fail_after=2, epochs=9))
        watch.until_ended(0)
        assert watch.state(0) == Status.failed
        assert watch.epochs(0) == [1, 2]
        assert watch.results[0].failure

    def test_trial_may_end_without_a_report(self, backend: TrialBackend, watch: _Watch) -> None:
        backend.start_trial(contract_config(epochs=0))
        watch.until_ended(0)
        assert watch.state(0) == Status.completed
        assert watch.epochs(0) == []

    def test_busy_trials_are_those_that_hold_a_worker(self, backend: TrialBackend, watch: _Watch) -> None:
        assert backend.busy_trial_ids() == []
        backend.start_trial(_LONG)
        backend.start_trial(contract_config())
        watch.until_ended(1)
        assert backend.busy_trial_ids() == [(0, Status.in_progress)]
        backend.stop_trial(0)
        assert backend.busy_trial_ids() in ([], [(0, Status.stopping)])
        watch.until_ended(0)
        assert backend.busy_trial_ids() == []

    def test_stopped_trial_ends_and_all_its_reports_arrive(
        self, backend: TrialBackend, watch: _Watch
    ) -> None:
        backend.start_trial(_LONG)
        watch.until_epoch(2, 0)
        backend.stop_trial(0, watch.reports[0][-1])
        watch.until_ended(0)
        assert watch.state(0) == Status.stopped
        assert watch.epochs(0) == list(range(1, len(watch.epochs(0)) + 1))
        assert len(watch.epochs(0)) < 500
        told = len(watch.epochs(0))
        backend.wait(0.05)
        watch.look(0)
        assert len(watch.epochs(0)) == told, "once it has ended, nothing more comes"

    @pytest.mark.parametrize("pause", [True, False])
    def test_trial_that_has_just_ended_may_be_told_to_end(
        self, backend: TrialBackend, watch: _Watch, pause: bool
    ) -> None:
        backend.start_trial(contract_config())
        watch.until_ended(0)
        (backend.pause_trial if pause else backend.stop_trial)(0, watch.reports[0][-1])
        watch.until_ended(0)
        assert watch.state(0) == (Status.paused if pause else Status.stopped)
        assert watch.epochs(0) == [1, 2, 3]

    def test_stop_all_ends_every_trial(self, backend: TrialBackend, watch: _Watch) -> None:
        for _ in range(3):
            backend.start_trial(_LONG)
        watch.until_epoch(1, 0, 1, 2)
        backend.stop_all()
        watch.until_ended(0, 1, 2)
        assert [watch.state(i) for i in range(3)] == [Status.stopped] * 3

    def test_closing_ends_what_runs_and_may_be_done_twice(self, backend: TrialBackend, watch: _Watch) -> None:
        backend.start_trial(_LONG)
        watch.until_epoch(1, 0)
        backend.close()
        assert backend.busy_trial_ids() == []
        backend.close()

    # -- pausing and checkpoints ---------------------------------------------------------------

    def test_paused_trial_goes_on_from_its_checkpoint(self, backend: TrialBackend, watch: _Watch) -> None:
        backend.start_trial(_LONG)
        watch.until_epoch(3, 0)
        backend.pause_trial(0, watch.reports[0][-1])
        watch.until_ended(0)
        assert watch.state(0) == Status.paused
        reached = watch.epochs(0)[-1]
        backend.resume_trial(0)
        watch.until_epoch(reached + 2, 0)
        backend.stop_trial(0)
        watch.until_ended(0)
        epochs = watch.epochs(0)
        # A report whose checkpoint was not saved any more comes a second time.
        assert all(after - before == 1 for before, after in itertools.pairwise(epochs) if after > before)
        assert len(epochs) - len(set(epochs)) <= 1

    def test_resumed_trial_may_get_another_configuration(self, backend: TrialBackend, watch: _Watch) -> None:
        backend.start_trial(contract_config(epochs=2))
        watch.until_ended(0)
        backend.pause_trial(0, watch.reports[0][-1])
        config = contract_config(epochs=4, x=7.0)
        assert backend.resume_trial(0, config).config == config
        watch.until_ended(0)
        assert watch.state(0) == Status.completed
        assert watch.epochs(0) == [1, 2, 3, 4]
        assert watch.reports[0][-1]["loss"] == pytest.approx(contract_loss(config, 4))
        assert watch.results[0].config == config

    def test_trial_may_start_from_the_checkpoint_of_another(
        self, backend: TrialBackend, watch: _Watch
    ) -> None:
        backend.start_trial(contract_config(epochs=3))
        watch.until_ended(0)
        backend.start_trial(contract_config(epochs=5), checkpoint_trial_id=0)
        backend.start_trial(contract_config(epochs=2))
        watch.until_ended(1, 2)
        assert watch.epochs(1) == [4, 5]
        assert watch.epochs(2) == [1, 2]

    def test_without_its_checkpoint_a_trial_starts_over(self, backend: TrialBackend, watch: _Watch) -> None:
        backend.delete_checkpoint(0)  # nothing there yet: no harm
        backend.start_trial(contract_config(epochs=2))
        watch.until_ended(0)
        backend.pause_trial(0, watch.reports[0][-1])
        backend.delete_checkpoint(0)
        backend.resume_trial(0)
        watch.until_ended(0)
        assert watch.epochs(0) == [1, 2, 1, 2]

    def test_copying_a_checkpoint_that_does_not_exist_is_harmless(
        self, backend: TrialBackend, watch: _Watch
    ) -> None:
        backend.start_trial(contract_config(epochs=0))
        watch.until_ended(0)
        backend.start_trial(contract_config(epochs=2), checkpoint_trial_id=0)
        watch.until_ended(1)
        assert watch.epochs(1) == [1, 2]

    # -- the next session ----------------------------------------------------------------------

    def test_next_session_knows_the_trials_and_their_reports(
        self, backend: TrialBackend, watch: _Watch, script_path: Path, tmp_path: Path
    ) -> None:
        trials = [backend.start_trial(contract_config(epochs=3)), backend.start_trial(_LONG)]
        watch.until_ended(0)
        watch.until_epoch(2, 1)
        backend.close()
        again = self.make_backend(script_path, tmp_path / "experiment")
        try:
            later = _Watch(again, self.timeout)
            for trial in trials:
                again.restore_trial(trial)
            later.look(0, 1)
            assert all(later.state(i) not in _BUSY for i in (0, 1))
            reached = later.epochs(1)
            if self.keeps_trials:
                assert later.epochs(0) == [1, 2, 3]
                assert reached[: len(watch.epochs(1))] == watch.epochs(1), "also what was not fetched then"
            again.restart_trial(1)
            later.until_epoch((reached or [0])[-1] + 1, 1)
            assert sorted({*later.epochs(1)}) == list(range(1, later.epochs(1)[-1] + 1))
            assert again.start_trial(contract_config()).trial_id == 2
        finally:
            again.close()

    # -- small things --------------------------------------------------------------------------

    def test_output_can_be_looked_at(self, backend: TrialBackend, watch: _Watch) -> None:
        backend.start_trial(contract_config(fail_after=1))
        watch.until_ended(0)
        try:
            backend.stdout(0), backend.stderr(0)
        except NotImplementedError:
            pytest.skip("this back-end keeps no output")
        # Where logs go ways of their own, they come later than the end. Values arrive in them intact.
        watch.until(lambda: f"text is {json.dumps(_AWKWARD)}\n" in backend.stdout(0), 0)
        watch.until(lambda: any("failing on purpose" in line for line in backend.stderr(0)), 0)

    def test_wait_ends_early_on_news_and_late_without(self, backend: TrialBackend, watch: _Watch) -> None:
        if not self.real_time:
            pytest.skip("this back-end has a clock of its own")
        backend.start_trial(contract_config(epochs=1, pace=self.timeout))
        watch.until_epoch(1, 0)
        backend.stop_trial(0)
        start = time.monotonic()
        watch.until_ended(0)
        assert time.monotonic() - start < self.timeout / 2

    def test_clock_never_goes_back(self, backend: TrialBackend, watch: _Watch) -> None:
        times = [backend.time()]
        backend.start_trial(contract_config(epochs=3, pace=0.01))
        while not watch.results or watch.state(0) in _BUSY:
            watch.look(0)
            backend.wait(0.1)
            times.append(backend.time())
        assert times == sorted(times)
        assert times[-1] > times[0]

    def test_metadata_are_json_and_name_the_back_end(self, backend: TrialBackend) -> None:
        metadata = json.loads(json.dumps(backend.metadata(), allow_nan=False))
        assert metadata["backend"] == type(backend).__name__
