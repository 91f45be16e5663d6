"""Optuna itself, and its dashboard, open what was exported."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from study_folders import reports, write_experiment

from perf.machine import REPOSITORY
from perf.peers import PeerUnavailableError, interpreter

pytestmark = pytest.mark.long

EXPORT = (
    "import sys; from benchmarking.cli.main import cli; cli.main(args=sys.argv[1:], standalone_mode=False)"
)
READER = """
import json, sys, optuna
optuna.logging.set_verbosity(optuna.logging.ERROR)
path = sys.argv[1]
if path.endswith(".db"):
    storage = optuna.storages.RDBStorage("sqlite:///" + path)
else:
    storage = optuna.storages.JournalStorage(optuna.storages.journal.JournalFileBackend(path))
found = {}
for summary in optuna.get_all_study_summaries(storage):
    study = optuna.load_study(study_name=summary.study_name, storage=storage)
    found[summary.study_name] = {
        "direction": study.direction.name, "attrs": study.user_attrs, "names": study.metric_names,
        "best": study.best_value,
        "trials": [{
            "state": t.state.name, "value": t.value, "params": t.params, "attrs": t.user_attrs,
            "steps": t.intermediate_values,
            "kinds": {n: type(d).__name__ for n, d in t.distributions.items()},
            "seconds": t.duration.total_seconds() if t.duration else None,
        } for t in study.trials],
    }
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def peer() -> Path:
    """The interpreter of an environment with Optuna, its dashboard, and what we need."""
    try:
        return interpreter("optuna-dashboard")
    except PeerUnavailableError as error:
        pytest.skip(f"Optuna is not to be had: {error}")


def run(python: Path, *words: str) -> str:
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "PYTHONWARNINGS": "ignore"}
    done = subprocess.run(
        [str(python), "-c", *words], capture_output=True, text=True, check=False, timeout=240, env=environment
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def write_the_study(root: Path) -> None:
    rows = reports(
        [(1.0, 0.5), (2.0, 0.4), (3.0, None), (4.0, 0.9), (6.0, 0.7), (7.0, None)], trials=[0, 1, 0, 0, 1, 2]
    )
    decisions = ("CONTINUE", "CONTINUE", "CONTINUE", "CONTINUE", "STOP", "CONTINUE")
    for row, epoch, decision in zip(rows, (1, 1, 2, 3, 2, 1), decisions, strict=True):
        row |= {"epoch": epoch, "st_decision": decision}
    rows[1]["config_lr"] = rows[4]["config_lr"] = 7.5  # outside of its domain
    write_experiment(root, rows)
    write_experiment(
        root, reports([(1.0, 0.3)], "loss"), method="BO", benchmark="b", metric="loss", mode="min"
    )


@pytest.mark.parametrize("name", ["out.db", "out.journal"])
def test_optuna_finds_experiments_as_studies(tmp_path: Path, peer: Path, name: str) -> None:
    write_the_study(Path(os.environ["SYNETUNE_FOLDER"]))
    target = tmp_path / name
    said = json.loads(run(peer, EXPORT, "export", "demo", "-o", str(target), "--json"))
    assert (said["experiments"], said["trials"]) == (2, 4)
    found: dict[str, Any] = json.loads(run(peer, READER, str(target)))
    assert sorted(found) == ["demo/BO-0/demo-b-0-00000000", "demo/RS-0/demo-digits-0-00000000"]
    other = found["demo/BO-0/demo-b-0-00000000"]
    assert (other["direction"], other["best"], other["names"]) == ("MINIMIZE", 0.3, ["loss"])
    ours = found["demo/RS-0/demo-digits-0-00000000"]
    assert (ours["direction"], ours["best"]) == ("MAXIMIZE", 0.9)
    assert {"tag": "demo", "method": "RS", "seed": 0, "incumbent": 0.9}.items() <= ours["attrs"].items()
    first, second, third = ours["trials"]
    assert [trial["state"] for trial in ours["trials"]] == ["COMPLETE", "PRUNED", "FAIL"]
    assert (first["value"], second["value"], third["value"]) == (0.9, 0.7, None)
    assert first["steps"] == {"1": 0.5, "3": 0.9}
    assert first["params"] == {"lr": 0.001, "optimizer": "sgd"}
    assert first["kinds"] == {"lr": "FloatDistribution", "optimizer": "CategoricalDistribution"}
    assert first["attrs"]["config_epochs"] == 3
    assert first["seconds"] == 3.5  # from when its reporter was made, 0.5 s before the first report
    assert second["params"] == {"optimizer": "adam"}
    assert second["attrs"]["config_lr"] == 7.5


@contextmanager
def dashboard(peer: Path, storage: str) -> Iterator[str]:
    """The dashboard's address, while it runs."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    program = [str(peer.with_name("optuna-dashboard")), "--host", "127.0.0.1", "--port", str(port), storage]
    process = subprocess.Popen(program, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield f"http://127.0.0.1:{port}/api/studies"
    finally:
        process.kill()
        process.wait()


def answer_of(address: str, timeout: float = 120.0) -> Any:
    """What it answers, once it does."""
    deadline = time.monotonic() + timeout
    while True:
        try:
            with urllib.request.urlopen(address, timeout=30) as answer:
                return json.loads(answer.read())
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            assert time.monotonic() < deadline, "the dashboard does not answer"
            time.sleep(0.2)


@pytest.mark.parametrize("name", ["out.db", "out.journal"])
def test_optunas_dashboard_shows_them(tmp_path: Path, peer: Path, name: str) -> None:
    write_the_study(Path(os.environ["SYNETUNE_FOLDER"]))
    target = tmp_path / name
    run(peer, EXPORT, "export", "demo", "-o", str(target))
    with dashboard(peer, f"sqlite:///{target}" if name == "out.db" else str(target)) as address:
        summaries = answer_of(address)["study_summaries"]
        shown = {one["study_name"]: one["study_id"] for one in summaries}
        assert sorted(shown) == ["demo/BO-0/demo-b-0-00000000", "demo/RS-0/demo-digits-0-00000000"]
        details = answer_of(f"{address}/{shown['demo/RS-0/demo-digits-0-00000000']}?after=0")
    assert [trial["state"] for trial in details["trials"]] == ["Complete", "Pruned", "Fail"]
    assert details["has_intermediate_values"]
    assert {entry["name"] for entry in details["union_search_space"]} == {"lr", "optimizer"}


def test_parquet_has_the_same_table_as_csv(tmp_path: Path, peer: Path) -> None:
    write_the_study(Path(os.environ["SYNETUNE_FOLDER"]))
    for ending in ("csv", "parquet"):
        run(peer, EXPORT, "export", "demo", "--benchmark", "digits", "-o", str(tmp_path / f"out.{ending}"))
    same = (
        "import pandas as pd, sys; a = pd.read_csv(sys.argv[1]); b = pd.read_parquet(sys.argv[2]);"
        "pd.testing.assert_frame_equal(a, b, check_dtype=False); print(len(a))"
    )
    assert run(peer, same, str(tmp_path / "out.csv"), str(tmp_path / "out.parquet")).strip() == "6"
