"""The local launcher, called as a user calls it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

TAG = ("--experiment_tag", "first-study", "--benchmark", "parabola")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "syne-tune"


def folders(root: Path) -> list[str]:
    return sorted(str(p.parent.relative_to(root)) for p in root.glob("*/*/*/metadata.json"))


def test_one_command_runs_all_methods_and_seeds(launch, make_launcher, root: Path) -> None:
    done = launch(make_launcher(), *TAG, "--num_seeds", "2")
    assert done.returncode == 0, done.stderr
    found = folders(root)
    assert [name.rpartition("-")[0] for name in found] == [
        "first-study/ASHA-0/first-study-parabola-0",
        "first-study/ASHA-1/first-study-parabola-1",
        "first-study/RS-0/first-study-parabola-0",
        "first-study/RS-1/first-study-parabola-1",
    ]
    for name in found:
        table = pd.read_csv(root / name / "results.csv.zip")
        assert len(table) >= 24
        assert {"epoch", "loss", "trial_id", "config_x", "st_tuner_time", "st_decision"} <= set(table.columns)
        status = json.loads((root / name / "status.json").read_text())
        assert (status["state"], status["reason"]) == ("finished", "max_num_evaluations = 24 reached")
        metadata = json.loads((root / name / "metadata.json").read_text())
        assert metadata["tag"] == "first-study"
        assert metadata["n_workers"] == 2
        assert metadata["entrypoint"] == "parabola"
        assert (root / name / "experiment.log").read_text().count("started with") >= 6
    assert "synebench plot first-study" in done.stderr


def test_same_seed_means_same_first_configurations_for_every_method(
    launch, make_launcher, root: Path
) -> None:
    launch(make_launcher(), *TAG, "--n_workers", "1")  # of two trials at a time, the second may be slow
    first = [
        pd.read_csv(root / name / "results.csv.zip").groupby("trial_id").config_x.first().head(2).tolist()
        for name in folders(root)
    ]
    assert first[0] == first[1]


def test_relaunch_skips_finished_experiments(launch, make_launcher, root: Path) -> None:
    launcher = make_launcher()
    launch(launcher, *TAG, "--method", "RS")
    journal = root / folders(root)[0] / "journal.jsonl"
    before = journal.read_bytes()
    again = launch(launcher, *TAG, "--method", "RS")
    assert again.returncode == 0
    assert "skipped" in again.stderr
    assert journal.read_bytes() == before
    assert len(folders(root)) == 1, "fault 9: a relaunch must not count as another seed"


def test_restart_starts_over(launch, make_launcher, root: Path) -> None:
    launcher = make_launcher()
    launch(launcher, *TAG, "--method", "RS")
    journal = root / folders(root)[0] / "journal.jsonl"
    before = journal.read_bytes()
    again = launch(launcher, *TAG, "--method", "RS", "--restart")
    assert again.returncode == 0
    assert len(folders(root)) == 1
    assert journal.read_bytes() != before
    assert journal.read_text().count('"event":"session"') == 1


def test_changed_script_is_another_experiment(launch, make_launcher, root: Path, script: Path) -> None:
    launcher = make_launcher()
    launch(launcher, *TAG, "--method", "RS")
    script.write_text(script.read_text() + "# changed\n")
    launch(launcher, *TAG, "--method", "RS")
    assert len(folders(root)) == 2


def test_start_seed_shortens_the_range(launch, make_launcher) -> None:
    done = launch(make_launcher(), *TAG, "--start_seed", "5", "--num_seeds", "6", "--dry_run", "--json")
    assert [one["seed"] for one in json.loads(done.stdout)] == [5, 5]


@pytest.mark.parametrize(("n_workers", "seconds"), [("1", 120), ("2", 60), ("8", 60)])
def test_scale_max_wallclock_time_gives_fewer_workers_more_time(
    launch, make_launcher, n_workers: str, seconds: float
) -> None:
    scaled = launch(
        make_launcher(),
        *TAG,
        "--n_workers",
        n_workers,
        "--scale_max_wallclock_time",
        "1",
        "--dry_run",
        "--json",
    )
    assert {one["max_wallclock_time"] for one in json.loads(scaled.stdout)} == {seconds}


def test_dry_run_starts_nothing(launch, make_launcher, root: Path) -> None:
    done = launch(make_launcher(), *TAG, "--dry-run")
    assert done.returncode == 0
    assert not root.exists()
    assert "Nothing was started" in done.stderr
    assert done.stdout.splitlines()[1].split()[:4] == ["run", "RS", "parabola", "0"]


def test_seeds_derive_from_the_tag_or_are_given(launch, make_launcher) -> None:
    def seeds(*more: str) -> list[int]:
        done = launch(make_launcher(), *TAG, "--num_seeds", "2", "--dry_run", "--json", *more)
        return [one["scheduler_seed"] for one in json.loads(done.stdout)]

    assert seeds() == seeds()
    assert seeds()[:2] == seeds()[2:], "every method gets the same seeds"
    assert seeds("--random_seed", "2938702734")[0] == 2938702734 % (2**31 - 1)


def test_extra_arguments_reach_the_method(launch, make_launcher) -> None:
    more = (
        "extra = [dict(name='num_brackets', type=int, default=1, help='brackets')]\n"
        "def mapped(args, method, kwargs):\n"
        "    return {'scheduler_kwargs': {'brackets': args.num_brackets}} if method == 'ASHA' else {}\n"
    )
    launcher = make_launcher(more, ", extra_args=extra, map_method_args=mapped")
    done = launch(launcher, *TAG, "--method", "ASHA", "--num_brackets", "2", "--dry_run", "--json")
    assert json.loads(done.stdout)[0]["method_arguments"] == {"scheduler_kwargs": {"brackets": 2}}
    assert "--num_brackets" in launch(launcher, "--help").stdout


def test_failing_experiment_does_not_keep_others_from_running(launch, make_launcher, root: Path) -> None:
    more = (
        "class Broken:\n"
        "    def __call__(self, arguments):\n"
        "        scheduler = RandomSearch(arguments)\n"
        "        scheduler.on_trial_result = lambda trial, result: 1 / 0\n"
        "        return scheduler\n"
        "methods = {'broken': Broken(), **methods}\n"
    )
    done = launch(make_launcher(more), *TAG)
    assert done.returncode == 3
    states = {
        json.loads((root / n / "metadata.json").read_text())["algorithm"]: json.loads(
            (root / n / "status.json").read_text()
        )["state"]
        for n in folders(root)
    }
    assert states == {"broken": "failed", "RS": "finished", "ASHA": "finished"}
    assert "Traceback" not in done.stderr
    assert "ZeroDivisionError" in next(root.glob("*/broken-0/*/experiment.log")).read_text()


def test_interrupt_stops_cleanly_and_the_same_command_continues(
    make_launcher: Callable[..., Path], launch, root: Path, script: Path
) -> None:
    waits = (
        f"import time\n    while epoch > 1 and not os.path.exists({str(root)!r} + '-gate'): time.sleep(0.01)"
    )
    script.write_text(script.read_text().replace("    report(epoch", f"    {waits}\n    report(epoch"))
    command = [sys.executable, str(make_launcher()), *TAG, "--method", "RS"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=os.environ) as process:
        deadline = time.monotonic() + 180
        while not any(root.glob("*/*/*/trials/1/checkpoints/epoch")):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=180)
    assert process.returncode == 130, errors
    assert "the same command continues" in errors
    assert "Traceback" not in errors
    status = root / folders(root)[0] / "status.json"
    assert json.loads(status.read_text())["state"] == "interrupted"
    root.with_name(f"{root.name}-gate").touch()
    plan = launch(make_launcher(), *TAG, "--method", "RS", "--dry_run", "--json")
    assert json.loads(plan.stdout)[0]["action"] == "continue"
    done = launch(make_launcher(), *TAG, "--method", "RS")
    assert done.returncode == 0, done.stderr
    table = pd.read_csv(status.with_name("results.csv.zip"))
    assert not table.duplicated(["trial_id", "epoch"]).any()
    assert json.loads(status.read_text())["state"] == "finished"


BAD = [
    (["--benchmark", "parabole"], "Did you mean 'parabola'?"),
    (["--method", "asha"], "Did you mean 'ASHA'?"),
    (["--methd", "ASHA"], "Unknown flag --methd. Did you mean --method?"),
    (["--num-sed", "3"], "Did you mean --num_seeds?"),
    (["--n_workers", "-1"], "--n_workers must be positive, is -1"),
    (["--n_workers", "two"], "--n_workers 'two': not an integer"),
    (["--start_seed", "3", "--num_seeds", "3"], "No seeds"),
    (["--scale_max_wallclock_time", "maybe"], "valid: 1, 0, true, false"),
    (["--experiment_tag", "no/slash"], "--experiment_tag 'no/slash'"),
    (["--max_wallclock_time", "0"], "--max_wallclock_time must be positive"),
    (["--random_seed", "-4"], "--random_seed must not be negative"),
    (["word"], "Unexpected argument 'word'"),
]


@pytest.mark.parametrize(("arguments", "message"), BAD)
def test_bad_input_is_one_message_and_starts_nothing(
    launch, make_launcher, root: Path, arguments: list[str], message: str
) -> None:
    done = launch(make_launcher(), *TAG, *arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    assert not root.exists()


def test_all_mistakes_are_reported_at_once(launch, make_launcher) -> None:
    words = [word for arguments, _ in BAD[2:6] for word in arguments]
    done = launch(make_launcher(), *words, "--benchmark", "parabole", "--method", "asha")
    assert done.returncode == 2
    for part in ("--experiment_tag is required", "--methd", "--num-sed", "'two'", "'parabola'", "'ASHA'"):
        assert part in done.stderr


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("script='/nowhere/train.py'", "script /nowhere/train.py does not exist"),
        ("config_space={'x': uniform(0, 1)}", "config_space has no 'epochs'"),
        ("mode='best'", "mode is 'best'; valid: min, max"),
        ("config_space={'x': uniform(2, 1), 'epochs': 3}", "lower"),
        ("points_to_evaluate=[{'y': 1}]", "no hyperparameter 'y'"),
    ],
)
def test_bad_definition_is_one_message(launch, make_launcher, code: str, message: str) -> None:
    more = "original = definitions\n"
    more += f"def definitions(sagemaker_backend=False): return original(False, **dict({code}))\n"
    done = launch(make_launcher(more), *TAG)
    assert done.returncode == 2, done.stderr
    assert message in done.stderr
    assert "Traceback" not in done.stderr
