"""Pulling a remote study: what comes, where it goes, and that nothing comes twice."""

from __future__ import annotations

import itertools
import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from fabricated_studies import FabricatedStudy
from sleeping_jobs import start_job, status_of, wait_for

from benchmarking.commons.remote.pulling import pulling
from benchmarking.commons.remote.pulling.pull_record import PullRecord, pulled_from
from benchmarking.commons.remote.pulling.pulled_files import EVERYTHING, PulledFiles
from benchmarking.commons.remote.pulling.pulling import pull_study
from benchmarking.commons.remote.records.place import Place
from benchmarking.commons.remote.records.remote_study import RemoteExperiment, RemoteStudy, read_study
from syne_core.emulator import Emulator
from syne_core.errors import ExperimentLockedError, ResultsError
from syne_core.paths import experiment_path, trial_job_name

FILES = ("journal.jsonl", "metadata.json", "results.csv.zip", "status.json", "experiment.log")


@pytest.fixture
def fabricated(emulator: Emulator) -> FabricatedStudy:
    """Two experiments with results, and one without."""
    study = FabricatedStudy(emulator.client("s3"), emulator.bucket).put()
    for number in (0, 1):
        leaf, trials = study.keys(number).leaf, study.keys(number).trials
        for name in FILES:
            study.put_object(leaf + name, f"{name} of {number}")
        study.put_object(f"{leaf}.results.csv.zip.x1", "half of it")
        study.put_object(f"{trials}3/checkpoints/deep/model.pt", b"\0" * 100)
        study.put_object(f"{trials}3/std.out", "hello")
        study.put_object(f"{trials}3/job-r0.json", "{}")
        study.put_object(f"{trials}_reports/0000-3-r0.json", "{}")
        study.put_object(f"{trials}_experiment/job-a0.json", "{}")
    return study


@pytest.fixture
def study(fabricated: FabricatedStudy) -> RemoteStudy:
    return read_study(Place.find(), fabricated.tag)


def folder_of(study: RemoteStudy, number: int) -> Path:
    return experiment_path(study.experiments[number].name)


def files_below(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_results_land_where_those_of_this_machine_would(study: RemoteStudy) -> None:
    """The tag has ``_`` here, and ``-`` on S3."""
    pulled = pull_study(study)
    assert (pulled.files, pulled.up_to_date, pulled.kept) == (10, 0, ())
    folder = experiment_path("far_away") / "RS-0" / "far_away-digits-0-00000000"
    assert files_below(folder) == set(FILES)
    assert (folder / "results.csv.zip").read_text() == "results.csv.zip of 0"
    assert pulled.size == sum(path.stat().st_size for path in experiment_path().glob("*/*/*/*"))
    assert not list(experiment_path("far_away").glob(".pulling"))
    assert pulled_from(experiment_path("far_away")) == study.uri
    assert study.uri.endswith("/syne-tune/far-away/")


def test_everything_brings_logs_and_checkpoints_of_trials(study: RemoteStudy) -> None:
    pull_study(study)
    pulled = pull_study(study, EVERYTHING)
    assert (pulled.files, pulled.up_to_date) == (4, 10)
    new = {"trials/3/std.out", "trials/3/checkpoints/deep/model.pt"}
    assert files_below(folder_of(study, 1)) == {*FILES, *new}


def test_logs_of_trials_that_are_jobs_come_from_cloudwatch(emulator: Emulator) -> None:
    fabricated = FabricatedStudy(
        emulator.client("s3"), emulator.bucket, states=("running",), backend="sagemaker"
    ).put()
    id8 = fabricated.experiments[0]["id"][:8]
    names = [trial_job_name("far_away", id8, trial, run) for trial, run in ((0, 0), (0, 1), (2, 0))]
    for name in (*names, trial_job_name("another", id8, 0, 0)):
        start_job(emulator, name, seconds=0)
        wait_for(lambda name=name: status_of(emulator, name) == "Completed")
    study = read_study(Place.find(), "far_away")
    assert pull_study(study).files == 0
    assert pull_study(study, EVERYTHING).files == 2
    trials = folder_of(study, 0) / "trials"
    assert (trials / "0" / "std.out").read_text() == f"hello from {names[0]}\nhello from {names[1]}\n"
    assert (trials / "2" / "std.out").read_text() == f"hello from {names[2]}\n"
    before = emulator.calls()["GetLogEvents"]
    assert pull_study(study, EVERYTHING).up_to_date == 2
    assert emulator.calls()["GetLogEvents"] == before


def test_only_what_changed_comes_again(
    study: RemoteStudy, fabricated: FabricatedStudy, emulator: Emulator
) -> None:
    pull_study(study)
    before = emulator.calls()["GetObject"]
    assert pull_study(study).up_to_date == 10
    assert emulator.calls()["GetObject"] == before
    fabricated.put_object(fabricated.keys(0).leaf + "status.json", "changed, of the same s")
    fabricated.put_object(fabricated.keys(1).leaf + "journal.jsonl", "longer " * 9)
    pulled = pull_study(study)
    assert (pulled.files, pulled.up_to_date) == (2, 8)
    assert (folder_of(study, 0) / "status.json").read_text() == "changed, of the same s"


def test_a_file_that_was_removed_here_comes_again(study: RemoteStudy) -> None:
    pull_study(study)
    (folder_of(study, 0) / "status.json").unlink()
    assert pull_study(study).files == 1


def test_files_written_here_are_kept_unless_told_otherwise(study: RemoteStudy) -> None:
    own, same = folder_of(study, 0) / "results.csv.zip", folder_of(study, 0) / "status.json"
    own.parent.mkdir(parents=True)
    own.write_text("of this machine")
    same.write_text("status.json of 0")
    pulled = pull_study(study)
    assert (pulled.files, pulled.up_to_date, pulled.kept) == (8, 1, (own,))
    assert own.read_text() == "of this machine"
    assert pull_study(study, overwrite=True).files == 1
    assert own.read_text() == "results.csv.zip of 0"
    own.write_text("changed after the pull")
    assert pull_study(study).kept == (own,)


class _Broken(Exception):
    """Ends a pull as a kill would: nobody tidies up after it."""


def _breaks_after(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = itertools.count()  # files come several at a time
    write = pulling._write

    def written(path: Path, body: Any, unfinished: Path) -> int:
        if next(numbers) >= count:
            (unfinished / "half").write_bytes(body.read(3))
            raise _Broken
        return write(path, body, unfinished)

    monkeypatch.setattr(pulling, "_write", written)


@pytest.mark.parametrize("count", [1, 9])
def test_a_broken_pull_goes_on_where_it_was(
    study: RemoteStudy, emulator: Emulator, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    with monkeypatch.context() as broken:
        _breaks_after(count, broken)
        with pytest.raises(_Broken):
            pull_study(study)
    record = experiment_path("far_away") / ".pulled.jsonl"
    record.write_bytes(record.read_bytes() + b'{"path": "RS-0/fa')
    half_here = files_below(experiment_path("far_away"))
    before = emulator.calls()["GetObject"]
    pulled = pull_study(study)
    assert (pulled.files, pulled.up_to_date, pulled.kept) == (10 - count, count, ())
    assert emulator.calls()["GetObject"] - before == 10 - count
    assert len(half_here) == count + 1
    assert len(files_below(experiment_path("far_away"))) == 11


def test_what_lies_here_is_recognised_without_a_record(study: RemoteStudy) -> None:
    pull_study(study)
    (experiment_path("far_away") / ".pulled.jsonl").write_text("nonsense\n[1]\n")
    assert pull_study(study).up_to_date == 10


def test_two_pulls_at_a_time_are_refused(study: RemoteStudy) -> None:
    with (
        PullRecord(experiment_path("far_away"), study.uri),
        pytest.raises(ExperimentLockedError, match="Another pull"),
    ):
        pull_study(study)


@pytest.mark.parametrize(
    "emulator",
    [{"fail_rate": 0.2, "fail_operations": ("GetObject", "ListObjectsV2"), "timeout": 0.2}],
    indirect=True,
)
def test_faults_of_the_network_are_survived(study: RemoteStudy) -> None:
    assert pull_study(study).files == 10


def test_many_reports_of_trials_cost_one_call(fabricated: FabricatedStudy) -> None:
    """A page of 4 stands for one of 1000."""

    class Pages:
        def __init__(self) -> None:
            self.calls = 0

        def list_objects_v2(self, **request: Any) -> dict[str, Any]:
            self.calls += 1
            answer: dict[str, Any] = fabricated.client.list_objects_v2(**request, MaxKeys=4)
            return answer

    for number in range(40):
        fabricated.put_object(f"{fabricated.keys(0).trials}_reports/{number}", "{}")
    study = read_study(Place.find(), fabricated.tag)
    for what, calls in (("results", 9), ("all", 11)):
        pages, files = Pages(), PulledFiles(study, what)
        found = pulling.stored_objects(pages, study.place.bucket, study.keys.root, files.skipped_folder)
        wanted = [one.key for one in found if files.target(one.key) is not None]
        assert len(wanted) == {"results": 10, "all": 14}[what]
        assert pages.calls <= calls


def study_without_s3(name: str) -> RemoteStudy:
    experiment = RemoteExperiment("0" * 64, name, "RS", 0, "digits", "local")
    return RemoteStudy(Place(None, "bucket"), "far_away", "local", (), 0.0, (experiment,))  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["../../etc/RS-0/x", "a/b", "/a/b/c", "a/../c", "far_away/.ssh/x", ""])
def test_a_manifest_leads_to_no_other_folder(name: str) -> None:
    with pytest.raises(ResultsError, match="no folder here"):
        PulledFiles(study_without_s3(name), "results")


@pytest.mark.parametrize("key", ["../x", "a/../../x", ".hidden", "trials/../../x", "a\\b", "trials//x"])
def test_keys_lead_to_no_other_folder(key: str) -> None:
    study = study_without_s3("far_away/RS-0/x")
    files, keys = PulledFiles(study, EVERYTHING), study.experiments[0].keys
    assert files.target(f"{keys.leaf}ok") == experiment_path("far_away/RS-0/x/ok")
    assert files.target(keys.leaf + key) is None
    assert files.target(f"{keys.trials}3/checkpoints/{key}") is None


@pytest.mark.long
def test_the_command_of_aws_brings_the_same_files(study: RemoteStudy, tmp_path: Path) -> None:
    pull_study(study)
    words = shlex.split(PulledFiles(study, "results").sync_command())
    words[0] = str(Path(sys.executable).with_name("aws"))
    words[4] = f"{tmp_path}/synced/"
    done = subprocess.run(words, env=dict(os.environ), capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    ours = {name.replace("_", "-") for name in files_below(experiment_path("far_away"))} - {".pulled.jsonl"}
    assert files_below(tmp_path / "synced") == ours
