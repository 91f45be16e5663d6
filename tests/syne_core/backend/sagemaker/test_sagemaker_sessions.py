"""Tuners that are interrupted, killed, and started again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sagemaker_watch import TIMEOUT, Watch, job_names, job_states, until_none_runs

import syne_core
from syne_core.backend.sagemaker.sagemaker_backend import SageMakerBackend
from syne_core.backend.trial_status import Status, Trial
from syne_core.testing.backend_contract import contract_config

if TYPE_CHECKING:
    from syne_core.emulator import Emulator

Make = Callable[..., SageMakerBackend]

# Started with the script of a trial; tunes two trials at a time, in an experiment of a fixed name.
_TUNE = """
import sys
from syne_core import StoppingCriterion, Tuner
from syne_core.backend.sagemaker_backend import PyTorch, SageMakerBackend
from syne_core.config_space import uniform
from syne_core.optimizer.baselines import RandomSearch

script, epochs, num_trials = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
space = {"x": uniform(0, 1), "epochs": epochs, "pace": 0.1, "fail_after": 0, "text": "t"}
backend = SageMakerBackend(PyTorch(script, instance_type="ml.m5.large"), grace=2.0)
Tuner(
    backend,
    RandomSearch(space, metric="loss", mode="min", random_seed=3),
    StoppingCriterion(max_num_trials_finished=num_trials),
    n_workers=2,
    tuner_name="killed",
    suffix_tuner_name=False,
    resource_attr="epoch",  # what was reported and not saved any more comes again
).run()
"""
_NO_CLOSE = """
import sys, time
from syne_core.backend.sagemaker_backend import PyTorch, SageMakerBackend
backend = SageMakerBackend(PyTorch(sys.argv[1], instance_type="ml.m5.large"), grace=2.0)
backend.start_trial({"x": 0.5, "epochs": 500, "pace": 0.1, "fail_after": 0, "text": "t"})
while not backend.fetch_status_results([0])[1]:
    backend.wait(1.0)
raise RuntimeError("nobody closed the back-end")
"""


@pytest.fixture
def gate(script: Path, tmp_path: Path) -> Path:
    """Trials wait after their third epoch until this file is there, however long we take."""
    path = tmp_path / "gate"
    waiting = f"    while epoch == 3 and not os.path.exists({str(path)!r}):\n        time.sleep(0.01)\n"
    script.write_text(script.read_text() + waiting)
    return path


@contextmanager
def _tuner(program: str, *arguments: Any) -> Iterator[subprocess.Popen[str]]:
    environment = {**os.environ, "PYTHONPATH": str(Path(syne_core.__file__).parents[1])}
    process = subprocess.Popen(
        [sys.executable, "-c", program, *map(str, arguments)],
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def _until(condition: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + TIMEOUT
    while not condition():
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _num_events(event: str) -> int:
    journal = Path(os.environ["SYNETUNE_FOLDER"]) / "killed" / "journal.jsonl"
    return journal.read_text().count(f'"event":"{event}"') if journal.is_file() else 0


def _have_begun() -> bool:
    """Whether each of two trials has reported: neither passes its third epoch."""
    return _num_events("report") >= 4


def _epochs() -> dict[int, list[int]]:
    from syne_core.experiments import load_experiment

    results = load_experiment("killed").results
    assert results is not None
    return {int(i): list(rows) for i, rows in results.groupby("trial_id")["epoch"]}


def test_tuner_that_was_killed_takes_over_its_jobs(emulator: Emulator, script: Path, gate: Path) -> None:
    with _tuner(_TUNE, script, 25, 2) as process:
        _until(_have_begun, process)
        process.send_signal(signal.SIGKILL)
        process.wait()
    client = emulator.client("sagemaker")
    assert job_states(client) == {"InProgress": 2}, "jobs outlive a tuner that could not stop them"
    before = job_names(client)
    with _tuner(_TUNE, script, 25, 2) as process:
        _until(lambda: _num_events("session") == 2, process)
        gate.touch()
        _, errors = process.communicate(timeout=TIMEOUT)
        assert process.returncode == 0, errors
    epochs = _epochs()
    assert [epochs[i] for i in (0, 1)] == [list(range(1, 26))] * 2, "nothing lost, nothing twice"
    assert job_names(client)[:2] == before
    assert all("-r0-" in name for name in job_names(client)), "no trial was started a second time"
    until_none_runs(client)


def test_interrupted_tuner_stops_its_jobs_and_goes_on_from_their_checkpoints(
    emulator: Emulator, script: Path, gate: Path
) -> None:
    with _tuner(_TUNE, script, 25, 2) as process:
        _until(_have_begun, process)
        process.send_signal(signal.SIGINT)
        assert process.wait(TIMEOUT) != 0
    client = emulator.client("sagemaker")
    assert job_states(client)["InProgress"] == 0
    gate.touch()
    with _tuner(_TUNE, script, 25, 2) as process:
        _, errors = process.communicate(timeout=TIMEOUT)
        assert process.returncode == 0, errors
    assert [_epochs()[i] for i in (0, 1)] == [list(range(1, 26))] * 2
    assert sum("-r1-" in name for name in job_names(client)) == 2


def test_jobs_end_with_a_program_that_forgets_to_close(emulator: Emulator, script: Path) -> None:
    with _tuner(_NO_CLOSE, script) as process:
        _, errors = process.communicate(timeout=TIMEOUT)
    assert "nobody closed" in errors
    states = job_states(emulator.client("sagemaker"))
    assert states["InProgress"] == 0
    assert sum(states.values()) == 1


def _killed(backend: SageMakerBackend) -> None:
    """The process of ``backend`` is gone, its jobs are not."""
    assert backend._machinery is not None
    backend._machinery.close()
    backend._is_closed = True


@pytest.fixture
def trials() -> list[Trial]:
    return []


def _next_session(make_backend: Make, trials: list[Trial]) -> tuple[SageMakerBackend, Watch]:
    backend = make_backend()
    for trial in trials:
        backend.restore_trial(trial)
    return backend, Watch(backend)


def test_job_of_a_trial_that_is_not_restarted_is_stopped(emulator: Emulator, make_backend: Make) -> None:
    """The tuner was killed after it decided to pause the trial, before it could tell."""
    first = make_backend()
    trial = first.start_trial(contract_config(epochs=500, pace=0.2))
    Watch(first).until_epoch(2, 0)
    _killed(first)
    second, watch = _next_session(make_backend, [trial])
    watch.look(0)
    assert watch.state(0) == Status.stopping
    watch.until_ended(0)
    assert job_states(emulator.client("sagemaker"))["InProgress"] == 0
    reached = watch.epochs(0)[-1]
    second.resume_trial(0)
    watch.until_epoch(reached + 1, 0)
    assert watch.epochs(0) in (
        list(range(1, watch.epochs(0)[-1] + 1)),
        [*range(1, reached + 1), *range(reached, watch.epochs(0)[-1] + 1)],
    )


def test_run_that_ended_while_nobody_looked_is_not_repeated(emulator: Emulator, make_backend: Make) -> None:
    first = make_backend()
    trial = first.start_trial(contract_config(epochs=4))
    watch = Watch(first)
    watch.until_ended(0)
    _killed(first)
    second, watch = _next_session(make_backend, [trial])
    second.restart_trial(0)
    watch.until_ended(0)
    assert (watch.state(0), watch.epochs(0)) == (Status.completed, [1, 2, 3, 4])
    assert len(job_names(emulator.client("sagemaker"))) == 1


@pytest.mark.long
def test_job_with_another_configuration_is_not_taken_over(emulator: Emulator, make_backend: Make) -> None:
    """The trial was to be resumed with a new configuration when the tuner was killed."""
    first = make_backend()
    trial = first.start_trial(contract_config(epochs=2))
    watch = Watch(first)
    watch.until_ended(0)
    _killed(first)
    trial = Trial(0, contract_config(epochs=4, x=2.0), trial.creation_time)
    second, watch = _next_session(make_backend, [trial])
    second.restart_trial(0)
    watch.until_ended(0)
    assert watch.epochs(0) == [1, 2, 3, 4]
    assert watch.reports[0][-1]["loss"] == pytest.approx(2.25)
    assert len(job_names(emulator.client("sagemaker"))) == 2
