"""The launcher of the simulator, and ``synebench run --backend simulator``."""

from __future__ import annotations

import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from processes import children, is_alive

from benchmarking.cli.plot import command as plot
from benchmarking.commons.benchmark_definitions import (
    BenchmarkDefinition,
    RealBenchmarkDefinition,
    SurrogateBenchmarkDefinition,
)
from benchmarking.commons.command_line import run_command
from benchmarking.commons.default_baselines import METHODS
from benchmarking.commons.hpo_main_local import launch as launch_local
from benchmarking.commons.hpo_main_simulator import run_launcher, simulator_launcher
from syne_core.blackbox.recording import record_study
from syne_core.blackbox.table_files import save_blackbox
from syne_core.config_space import randint, uniform
from syne_core.experiments import load_experiments_df, load_study, scan_study
from syne_core.paths import experiment_path

SYNEBENCH = "-m\0benchmarking.cli.main"
CURVES = SurrogateBenchmarkDefinition(blackbox="curves-power", max_wallclock_time=1200, n_workers=2)
TAG = ("--experiment_tag", "simulated")


class Ended:
    """How a command ended, and what it printed."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err


Simulate = Callable[..., Ended]


@pytest.fixture
def simulate(capsys: pytest.CaptureFixture[str]) -> Simulate:
    """Call a launcher of the simulator in this process; ``definitions`` are its benchmarks."""

    def call(*words: str, definitions: dict[str, BenchmarkDefinition] | None = None, **more: Any) -> Ended:
        methods = more.pop("methods", {name: METHODS[name] for name in ("RS", "ASHA")})
        launcher = simulator_launcher(methods, definitions or {"curves": CURVES}, program="run", **more)
        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            run_command(lambda: run_launcher(launcher, (*TAG, *words)), words)
        printed = capsys.readouterr()
        assert isinstance(end.value.code, int)
        return Ended(end.value.code, printed.out, printed.err)

    return call


def results_of(tag: str = "simulated") -> dict[str, str]:
    """Digest of the decompressed results of each experiment, by folder's name."""
    return {
        folder.name: hashlib.sha256(
            zipfile.ZipFile(folder.path / "results.csv.zip").read("results.csv")
        ).hexdigest()
        for folder in scan_study(tag).good
    }


@pytest.fixture
def table(definition: RealBenchmarkDefinition, tmp_path: Path) -> Path:
    """The table of a study that was run on this machine."""
    words = ("--experiment_tag", "real", "--method", "RS", "--max_num_evaluations", "24")
    assert launch_local(words, {"RS": METHODS["RS"]}, {"parabola": definition}) == 0
    return save_blackbox(record_study(scan_study("real").good).table, tmp_path / "table")


def test_methods_and_seeds_run_and_can_be_read_and_plotted(
    simulate: Simulate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = simulate("--num_seeds", "2")
    assert done.code == 0, done.err
    assert re.search(r"4 experiments: 1 h 20 min of simulated time in \d+\.\d s", done.err)
    study = load_study("simulated")
    assert [(s.method, len(s.seeds)) for b in study.benchmarks for s in b.setups] == [("ASHA", 2), ("RS", 2)]
    frame = load_experiments_df(path_filter=lambda path: "/simulated/" in path)
    assert set(frame["algorithm"]) == {"RS", "ASHA"}
    assert frame["st_tuner_time"].max() <= 1200
    monkeypatch.chdir(tmp_path)
    plot.main(["simulated", "-o", "figure.svg"], standalone_mode=False)
    assert "simulated time" in Path("figure.svg").read_text()


def test_the_same_command_gives_the_same_results_to_the_last_digit(simulate: Simulate) -> None:
    assert simulate("--num_seeds", "2").code == 0
    first = results_of()
    assert simulate("--num_seeds", "2", "--restart").code == 0
    assert results_of() == first
    assert len(set(first.values())) == 4


def test_finished_experiments_are_skipped(simulate: Simulate) -> None:
    simulate("--method", "RS")
    done = simulate("--method", "RS", "--num_seeds", "2", "--json")
    assert [one["action"] for one in json.loads(done.out)] == ["skip", "run"]


def test_an_unfinished_experiment_starts_over_with_a_note(simulate: Simulate) -> None:
    simulate("--method", "RS")
    before, folder = results_of(), scan_study("simulated").good[0].path
    lines = (folder / "journal.jsonl").read_bytes().splitlines(keepends=True)
    (folder / "journal.jsonl").write_bytes(b"".join(lines[: len(lines) // 2]) + b'{"torn')
    status = json.loads((folder / "status.json").read_text())
    (folder / "status.json").write_text(json.dumps({**status, "state": "running", "pid": 2**22 + 1}))
    done = simulate("--method", "RS")
    assert done.code == 0
    assert "Note: RS on curves, seed 0 had not finished: started over" in done.err
    assert results_of() == before


def test_one_definition_runs_for_real_and_simulated(
    simulate: Simulate, definition: RealBenchmarkDefinition, table: Path
) -> None:
    with_table = replace(definition, blackbox=table)
    done = simulate("--max_num_evaluations", "24", definitions={"parabola": with_table})
    assert done.code == 0, done.err
    real, simulated = (scan_study(tag).good[0] for tag in ("real", "simulated"))
    assert set(real.metadata) - {"script"} <= set(simulated.metadata)
    assert simulated.metadata["backend"] == "SimulatorBackend"
    left, right = (set(folder.load().results.columns) for folder in (real, simulated))
    assert left <= right


def test_a_trial_of_the_table_reports_what_it_reported(
    simulate: Simulate, definition: RealBenchmarkDefinition, table: Path
) -> None:
    words = ("--method", "RS", "--restrict_configurations", "1", "--surrogate", "none")
    assert simulate(*words, definitions={"parabola": replace(definition, blackbox=table)}).code == 0
    frames = [
        load_experiments_df(path_filter=lambda path, tag=tag: f"/{tag}/" in path)
        for tag in ("real", "simulated")
    ]
    real, simulated = (f.groupby(["config_x", "epoch"])["loss"].first() for f in frames)
    assert len(simulated) >= 20
    assert simulated.to_dict() == {place: real[place] for place in simulated.index}


def test_a_recorded_simulation_answers_like_what_it_was_recorded_from(simulate: Simulate) -> None:
    from syne_core.blackbox import load_blackbox

    assert simulate("--method", "RS", "--blackbox_seed", "3").code == 0
    recorded = record_study(scan_study("simulated").good, elapsed_attribute="elapsed_time").table
    source = load_blackbox("curves-power")
    assert len(recorded.configurations) >= 3
    for config in recorded.configurations:
        found, expected = recorded.curve(config), source.curve(config, 3)
        assert found.metrics["error"] == pytest.approx(list(expected.metrics["error"]), nan_ok=True)
        assert list(found.elapsed) == pytest.approx(list(expected.elapsed))


def test_local_identities_do_not_depend_on_the_table(definition: RealBenchmarkDefinition) -> None:
    from test_identity import experiment

    assert experiment(replace(definition, blackbox="branin", surrogate="knn")).id == experiment(definition).id


@pytest.mark.parametrize(
    "words",
    [
        ("--blackbox_seed", "1"),
        ("--support_checkpointing", "0"),
        ("--delay_start", "5s"),
        ("--count_decision_time", "1"),
    ],
)
def test_what_decides_the_simulation_is_part_of_the_identity(
    simulate: Simulate, words: tuple[str, ...]
) -> None:
    plans = [
        json.loads(simulate("--method", "RS", "--dry_run", "--json", *more).out)[0]["id"]
        for more in ((), words)
    ]
    assert plans[0] != plans[1]


def test_the_content_of_the_table_is_part_of_the_identity_and_its_place_is_not(
    simulate: Simulate, definition: RealBenchmarkDefinition, table: Path
) -> None:
    def identity() -> str:
        done = simulate(
            *("--method", "RS", "--dry_run", "--json"), definitions={"p": replace(definition, blackbox=table)}
        )
        return str(json.loads(done.out)[0]["id"])

    first = identity()
    table = table.rename(table.with_name("moved"))
    assert identity() == first
    recorded = scan_study("real").good
    journal = recorded[0].path / "journal.jsonl"
    journal.write_text(re.sub(r'"loss":0\.', '"loss":1.', journal.read_text(), count=1))
    table = save_blackbox(record_study(recorded).table, table.with_name("changed"))
    assert identity() != first


def test_without_a_table_the_error_says_how_to_make_one(
    simulate: Simulate, definition: RealBenchmarkDefinition
) -> None:
    done = simulate("--method", "RS", definitions={"parabola": definition})
    assert done.code == 2
    assert "benchmark 'parabola': there is no table to simulate it from" in done.err
    assert "synebench record" in done.err


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"config_space": {"x": uniform(0, 2), "epochs": 4}}, "hyperparameter 'x' is uniform(0.0, 1.0)"),
        ({"config_space": {"y": uniform(0, 1), "epochs": 4}}, "knows nothing of hyperparameter 'y'"),
        ({"config_space": {"x": randint(0, 3), "epochs": 4}}, "hyperparameter 'x' is"),
        ({"config_space": {"x": 7.5, "epochs": 4}}, "hyperparameter 'x' is 7.5, not in"),
        ({"config_space": {"x": uniform(0, 1), "epochs": 9}}, "it ends at epoch 4, but 'epochs' is 9"),
        ({"metric": "accuracy"}, "has no metric 'accuracy'; valid: loss"),
        ({"mode": "max"}, "mode of 'loss' is min, in the definition max"),
        ({"resource_attr": "step"}, "its resource is 'epoch', in the definition 'step'"),
        ({"blackbox": "brannin"}, "Did you mean 'branin'"),
        ({"surrogate": "neerest"}, "Did you mean 'nearest'"),
    ],
)
def test_what_does_not_fit_the_table_is_named(
    simulate: Simulate,
    definition: RealBenchmarkDefinition,
    table: Path,
    changes: dict[str, Any],
    message: str,
) -> None:
    unfit = replace(definition, **{"blackbox": table, **changes})
    done = simulate("--method", "RS", definitions={"parabola": unfit})
    assert done.code == 2
    assert message in done.err
    assert "Traceback" not in done.err


def test_a_narrower_space_fits(simulate: Simulate, definition: RealBenchmarkDefinition, table: Path) -> None:
    space = {"x": uniform(0.2, 0.4), "epochs": 2}
    narrow = replace(definition, blackbox=table, config_space=space)
    words = ("--method", "RS", "--max_num_evaluations", "10")
    assert simulate(*words, definitions={"parabola": narrow}).code == 0
    assert scan_study("simulated").good[0].load().results["epoch"].max() == 2


def test_several_mistakes_are_reported_together(simulate: Simulate) -> None:
    done = simulate("--benchmark", "curvs", "--delay_start", "-1", "--method", "RSS")
    assert done.code == 2
    assert [word in done.err for word in ("curvs", "--delay_start must not be negative", "RSS")] == [True] * 3


def test_without_a_choice_everything_runs_that_suits(simulate: Simulate) -> None:
    definitions: dict[str, BenchmarkDefinition] = {
        "curves": CURVES,
        "branin": SurrogateBenchmarkDefinition(blackbox="branin", max_wallclock_time=100),
    }
    done = simulate("--dry_run", "--json", definitions=definitions)
    planned = {(one["method"], one["benchmark"]) for one in json.loads(done.out)}
    assert planned == {("RS", "curves"), ("ASHA", "curves"), ("RS", "branin")}
    assert "left out: method ASHA on branin" in done.err
    assert simulate("--method", "ASHA", "--benchmark", "branin", definitions=definitions).code == 2


def test_blackbox_is_for_one_benchmark(simulate: Simulate) -> None:
    done = simulate("--blackbox", "branin", "--dry_run", definitions={"a": CURVES, "b": CURVES})
    assert (done.code, "--blackbox is for one benchmark, not 2" in done.err) == (2, True)


def test_extra_args_reach_the_methods(simulate: Simulate) -> None:
    extra = [{"name": "eta", "type": float, "default": 3, "help": "of ASHA"}]
    done = simulate(
        *("--method", "ASHA", "--eta", "2", "--dry_run", "--json"),
        extra_args=extra,
        map_method_args=lambda flags, method, kwargs: {"scheduler_kwargs": {"reduction_factor": flags.eta}},
    )
    assert json.loads(done.out)[0]["method_arguments"] == {"scheduler_kwargs": {"reduction_factor": 2.0}}


# -- processes -----------------------------------------------------------------------------------------

PAIR = (*TAG, "--backend", "simulator", "--benchmark", "curves-power", "--max_wallclock_time", "20m")


def test_synebench_runs_several_at_once_with_the_same_results(launch: Any, simulate: Simulate) -> None:
    words = (*PAIR, "--method", "RS,ASHA", "--num_seeds", "3")
    done = launch(SYNEBENCH, "run", *words, "--n_parallel", "2")
    assert done.returncode == 0, done.stderr
    assert "6 of 6 experiments done" in done.stderr
    at_once = results_of()
    assert len(at_once) == 6
    assert launch(SYNEBENCH, "run", *words, "--restart").returncode == 0
    assert results_of() == at_once
    stored = [folder.metadata["command"] for folder in scan_study("simulated").good]
    assert all("--run_many" not in command for command in stored)


METHODS_FILE = """
import os, signal
from benchmarking.commons.default_baselines import RandomSearch

def dies(arguments):
    if arguments.random_seed == {seed} and "SYNEBENCH_TEST_DIE" in os.environ:
        {how}
    return RandomSearch(arguments)

methods = {{"RS": dies}}
"""


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ("os.kill(os.getpid(), signal.SIGKILL)", "killed by signal 9"),
        ("os._exit(0)", "its process ended without a word"),
        ("raise RuntimeError('no luck')", "RuntimeError: no luck"),
    ],
)
def test_a_worker_that_dies_takes_one_experiment_with_it(
    launch: Any, tmp_path: Path, how: str, reason: str
) -> None:
    methods = tmp_path / "methods.py"
    methods.write_text(METHODS_FILE.format(seed=8, how=how))
    words = (*PAIR, "--methods", str(methods), "--random_seed", "5", "--num_seeds", "8", "--n_parallel", "2")
    done = launch(SYNEBENCH, "run", *words, "--json", SYNEBENCH_TEST_DIE="1")
    assert done.returncode == 3, done.stderr
    outcomes = json.loads(done.stdout)
    assert [one["state"] for one in outcomes] == ["failed" if n == 3 else "finished" for n in range(8)]
    assert reason in outcomes[3]["reason"]
    assert "RS on curves-power, seed 3: failed" in done.stderr
    again = launch(SYNEBENCH, "run", *words, "--json")
    assert [one["state"] for one in json.loads(again.stdout)] == ["finished"] * 8


def test_workers_that_cannot_start_end_the_study(launch: Any, tmp_path: Path) -> None:
    methods = tmp_path / "methods.py"
    methods.write_text(
        METHODS_FILE.format(seed=0, how="pass") + "\nimport sys\nassert '--run_many' not in sys.argv\n"
    )
    words = (*PAIR, "--methods", str(methods), "--num_seeds", "6", "--n_parallel", "2")
    done = launch(SYNEBENCH, "run", *words)
    assert done.returncode == 1
    assert "a process that was to run experiments could not start" in done.stderr


def test_workers_that_are_interrupted_while_they_start_are_no_failure(tmp_path: Path) -> None:
    methods, started = tmp_path / "methods.py", tmp_path / "started"
    methods.write_text(
        METHODS_FILE.format(seed=0, how="pass")
        + "\nimport pathlib, sys, time\nif '--run_many' in sys.argv:\n"
        + f"    pathlib.Path({str(started)!r}).touch()\n    time.sleep(600)\n"
    )
    words = (*PAIR, "--methods", str(methods), "--num_seeds", "6", "--n_parallel", "2")
    with subprocess.Popen(
        [sys.executable, "-m", "benchmarking.cli.main", "run", *words], stderr=subprocess.PIPE
    ) as study:
        try:
            wait_for(started.exists)
            study.send_signal(signal.SIGINT)
            _, error = study.communicate(timeout=180)
        finally:
            study.kill()
    assert study.returncode == 130, error
    assert b"Interrupted; the same command continues" in error
    assert b"could not start" not in error


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_a_study_that_is_cut_off_is_completed_by_the_same_command(
    launch: Any, number: int, tmp_path: Path
) -> None:
    methods = tmp_path / "methods.py"
    methods.write_text(
        METHODS_FILE.format(seed=8, how="__import__('time').sleep(10_000)")
    )  # no end of seed 3
    words = (*PAIR[:-1], "3h", "--methods", str(methods), "--random_seed", "5", "--num_seeds", "4")
    words = (*words, "--n_parallel", "2")
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarking.cli.main", "run", *words],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
        env={**os.environ, "SYNEBENCH_TEST_DIE": "1"},
    )
    wait_for(lambda: any(experiment_path("simulated").glob("*/*/journal.jsonl")))
    workers = children(process.pid)
    os.kill(process.pid, number)
    _, error = process.communicate(timeout=180)
    wait_for(lambda: not any(map(is_alive, workers)))  # or their journals are locked
    if number == signal.SIGINT:
        assert process.returncode == 130, error
        assert b"Interrupted; the same command continues" in error
    done = launch(SYNEBENCH, "run", *words)
    assert done.returncode == 0, done.stderr
    cut_off = results_of()
    assert launch(SYNEBENCH, "run", *words, "--restart").returncode == 0
    assert results_of() == cut_off


def wait_for(condition: Callable[[], bool], timeout: float = 180) -> None:
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)
