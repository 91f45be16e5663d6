from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest
from processes import is_alive
from tar_archives import packed

from benchmarking.train_job import local_driver
from benchmarking.train_job.drivers import TRAIN_DRIVERS, train_driver
from benchmarking.train_job.local_artifact import sha256_of
from benchmarking.train_job.local_process import _end_with_parent
from syne_core.errors import ResultsError

LOCAL = ("--train-driver", "local")


def test_same_layout_as_a_process_here(run, model_script: Path) -> None:
    text = model_script.read_text() + (
        "\nopen('beside.txt', 'w').write('kept, too')\n"
        "open(os.path.join(os.environ['SM_OUTPUT_DATA_DIR'], 'notes'), 'w').write(os.getcwd())\n"
    )
    model_script.write_text(text)
    fitted = run("fahr", "fit", str(model_script), *LOCAL, "--param", "lr=0.5")
    assert fitted.error is None, fitted.message
    assert fitted.stdout == "foo-model-1\n"
    assert "Note: beside.txt, written beside the script, is kept with the model" in fitted.stderr
    assert "Next:  fahr fetch foo-model-1 foo-model-1 --train-driver local" in fitted.stderr
    elsewhere = run("fahr", "fetch", "t", "foo/model", "nowhere", *LOCAL)
    assert "There is nothing of foo-model-1 at nowhere: its model lies at" in elsewhere.message
    fetched = run("fahr", "fetch", "t", "foo/model", *LOCAL, "--json")
    found = json.loads(fetched.stdout)
    assert found["files"] == ["beside.txt", "weights.txt"]
    assert found["output"] == ["output/notes"]
    assert (Path("t") / "weights.txt").read_text() == "0.5  local"
    assert found["provenance"]["parameters"] == {"lr": 0.5}
    assert not (model_script.parent / "beside.txt").exists(), "the script's folder is left alone"
    job = Path(os.environ["SYNEBENCH_FIT_FOLDER"]) / "foo-model-1"
    assert "training with 0.5" in (job / "log.txt").read_text()
    assert sorted(path.name for path in job.iterdir()) == ["log.txt", "output", "state.json"]
    assert run("fahr", "status", "foo/model", *LOCAL).stdout.startswith("foo-model-1: Completed\n")


@pytest.mark.long
def test_failures_and_missing_models(run, model_script: Path) -> None:
    model_script.write_text("import sys\nprint('begun')\nsys.exit('no data')")
    folder = "--config.output_path=my jobs"
    done = run("synebench", "fit", str(model_script), *LOCAL, folder)
    assert isinstance(done.error, ResultsError)
    assert "foo-model-1 left no model: Failed: the script ended with exit code 1: no data" in done.message
    assert "  begun" in done.message
    model_script.write_text("print('done')")
    assert (
        "completed, but left no model" in run("synebench", "fit", str(model_script), *LOCAL, folder).message
    )
    assert (
        "completed, but left no model" in run("synebench", "fetch", "t", "foo/model", *LOCAL, folder).message
    )
    assert (
        "There is no job 'bar/model'" in run("synebench", "fetch", "t", "bar/model", *LOCAL, folder).message
    )


def test_archives_that_changed_are_refused(run) -> None:
    job = Path(os.environ["SYNEBENCH_FIT_FOLDER"]) / "foo-model-1"
    archive = job / "output" / "model.tar.gz"
    archive.parent.mkdir(parents=True)
    archive.write_bytes(packed(("weights", b"1")))
    state = {"status": "Completed", "tag": "foo/model", "artifacts": {archive.name: sha256_of(archive)}}
    (job / "state.json").write_text(json.dumps(state))
    assert run("synebench", "fetch", "t", "foo/model", *LOCAL).error is None
    archive.write_bytes(archive.read_bytes() + b"x")
    assert "arrived damaged: its SHA-256 is" in run("synebench", "fetch", "t", "foo/model", *LOCAL).message


@pytest.mark.long
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_a_fit_that_ends_ends_its_script(model_script: Path, tmp_path: Path, how: signal.Signals) -> None:
    model_script.write_text("import os, time\nprint('pid', os.getpid(), flush=True)\ntime.sleep(600)")
    words = [sys.executable, "-m", "benchmarking.cli.fahr", "fit", str(model_script), *LOCAL]
    environment = {**os.environ, "SYNEBENCH_FIT_FOLDER": str(tmp_path / "fitted")}
    with subprocess.Popen(words, env=environment, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        pid = int(next(line for line in process.stderr if line.startswith("pid")).split()[1])
        process.send_signal(how)
        assert process.wait(120) == (130 if how == signal.SIGINT else -how)
        deadline = time.monotonic() + 60
        while is_alive(pid) and time.monotonic() < deadline:
            time.sleep(0.02)
        assert not is_alive(pid)
    report = train_driver("local", {"output_path": str(tmp_path / "fitted")}).report("foo-model-1")
    assert report is not None
    said = "interrupted" if how == signal.SIGINT else "its process has vanished"
    assert report.in_words == f"Failed: {said}"


def test_a_job_whose_process_has_vanished_has_failed(tmp_path: Path) -> None:
    job = tmp_path / "foo-model-1"
    job.mkdir()
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    (job / "state.json").write_text(json.dumps({"status": "InProgress", "pid": gone.pid, "tag": "foo/model"}))
    report = train_driver("local", {"output_path": str(tmp_path)}).report("foo-model-1")
    assert report is not None
    assert report.in_words == "Failed: its process has vanished"


def test_a_job_that_ends_between_two_looks_has_not_vanished(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = tmp_path / "foo-model-1" / "state.json"
    state.parent.mkdir()
    state.write_text(json.dumps({"status": "InProgress", "pid": 1, "tag": "foo/model"}))

    def ends_now(pid: int) -> bool:
        state.write_text(json.dumps({"status": "Completed", "pid": pid, "tag": "foo/model"}))
        return False

    monkeypatch.setattr(local_driver, "_is_alive", ends_now)
    report = train_driver("local", {"output_path": str(tmp_path)}).report("foo-model-1")
    assert report is not None
    assert (report.status, report.reason) == ("Completed", None)


def test_a_script_whose_fit_ended_before_it_began_does_not_begin() -> None:
    program = [sys.executable, "-c", "print('it ran')"]
    for parent, ended in ((os.getpid(), (0, b"it ran\n")), (0, (1, b""))):
        done = subprocess.run(program, stdout=subprocess.PIPE, preexec_fn=partial(_end_with_parent, parent))
        assert (done.returncode, done.stdout) == ended


def test_drivers_are_plug_ins(monkeypatch: pytest.MonkeyPatch) -> None:
    from importlib.metadata import EntryPoint

    from benchmarking.train_job.local_driver import LocalDriver
    from syne_core.errors import UsageError

    group = TRAIN_DRIVERS.group
    points = {
        "elsewhere": EntryPoint("elsewhere", "benchmarking.train_job.local_driver:LocalDriver", group),
        "nonsense": EntryPoint("nonsense", "json:dumps", group),
    }
    monkeypatch.setattr(TRAIN_DRIVERS, "_plug_ins", lambda: points)
    assert group == "synebench.train_drivers"
    assert isinstance(train_driver("elsewhere", {}), LocalDriver)
    with pytest.raises(UsageError, match="no subclass of TrainDriver"):
        train_driver("nonsense", {})
