"""``synebench stop``, ``logs``, ``clean`` and ``pull`` of remote studies."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fabricated_studies import FabricatedStudy
from sleeping_jobs import start_job, status_of, wait_for
from study_folders import reports, write_experiment

from benchmarking.cli import best, clean, logs, pull, status, stop
from benchmarking.commons.remote.records.driver_lock import DriverLock
from benchmarking.commons.remote.records.markers import read_record, read_states
from syne_core.emulator import Emulator
from syne_core.errors import UnknownNameError, UsageError
from syne_core.paths import experiment_path, trial_job_name

Run = Callable[..., Any]
GRACE = {"grace": 1.0}


@pytest.fixture
def run(invoke: Callable[..., Any]) -> Run:
    """Run a verb: ``run(stop, "far_away")``."""
    return lambda verb, *words: invoke(verb.command, *words)


def fabricated(emulator: Emulator, **settings: Any) -> FabricatedStudy:
    return FabricatedStudy(emulator.client("s3"), emulator.bucket, **settings).put()


def states(study: FabricatedStudy) -> list[str | None]:
    found = read_states(study.client, study.bucket, study.tag)
    ids = [one["id"][:8] for one in study.experiments]
    return [found[id8].state if id8 in found else None for id8 in ids]


# -- stop --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("emulator", [GRACE], indirect=True)
def test_stopping_a_study_ends_its_jobs_and_those_of_its_trials(run: Run, emulator: Emulator) -> None:
    study = fabricated(emulator, states=("finished", "running", "launched", "queued", None, "failed"))
    trials = [trial_job_name("far_away", "00000001", trial, 0) for trial in (0, 1)]
    of_another = trial_job_name("far_away_too", "00000001", 0, 0)
    for name in (study.job(1), study.job(2), *trials, of_another):
        start_job(emulator, name)
    done = run(stop, "far_away")
    assert done.error is None
    assert sorted(done.stdout.split()) == sorted([study.job(1), study.job(2), *trials])
    assert "Stopped: 4 experiments marked as stopped, 2 jobs of experiments, 2 jobs of trials" in done.stderr
    assert states(study) == ["finished", "stopped", "stopped", "stopped", "stopped", "failed"]
    for name in (study.job(1), *trials):
        wait_for(lambda name=name: status_of(emulator, name) == "Stopped")
    assert status_of(emulator, of_another) == "InProgress"
    record = read_record(study.client, study.bucket, "far_away", "00000001", "stopped")
    assert record is not None
    assert (record.job, record.reason) == (study.job(1), "stopped by synebench stop")
    assert "Nothing was running or waiting" in run(stop, "far_away").stderr


@pytest.mark.parametrize("emulator", [GRACE], indirect=True)
def test_one_experiment_can_be_stopped(run: Run, emulator: Emulator) -> None:
    study = fabricated(emulator, states=("running", "running"))
    for number in (0, 1):
        start_job(emulator, study.job(number))
    stopped = json.loads(run(stop, "far_away", "ASHA-0", "--json").stdout)
    names = [study.experiments[1]["name"]]
    assert stopped == {"experiments": names, "jobs": [study.job(1)], "trial_jobs": []}
    assert states(study) == ["running", "stopped"]
    assert status_of(emulator, study.job(0)) == "InProgress"
    error = run(stop, "far_away", "ASHA-7").error
    assert isinstance(error, UnknownNameError)
    assert "Did you mean 'ASHA-0'" in str(error)


def test_an_experiment_that_shares_its_job_is_not_stopped_alone(run: Run, emulator: Emulator) -> None:
    study = fabricated(emulator, states=(None, None, None), backend="simulator")
    for number in (0, 1):
        study.mark(number, "running", job=study.job(0))
    start_job(emulator, study.job(0))
    error = run(stop, "far_away", "ASHA-0").error
    assert isinstance(error, UsageError)
    assert "RS-0 run in the same job" in str(error)
    assert states(study) == ["running", "running", None]
    assert json.loads(run(stop, "far_away", "RS-1", "--json").stdout)["jobs"] == []
    study.mark(0, "finished")
    assert json.loads(run(stop, "far_away", "ASHA-0", "--json").stdout)["jobs"] == [study.job(0)]


# -- logs --------------------------------------------------------------------------------------------


def test_the_log_of_an_experiment_is_that_of_its_job(run: Run, emulator: Emulator) -> None:
    study = fabricated(emulator, states=("finished", "finished", "queued"))
    start_job(emulator, study.job(0), seconds=0)
    study.put_object(study.keys(1).leaf + "experiment.log", "of the experiment\n")
    wait_for(lambda: status_of(emulator, study.job(0)) == "Completed")
    assert run(logs, "far_away", "RS-0").stdout == f"hello from {study.job(0)}\n"
    assert run(logs, "far_away", "ASHA-0").stdout == "of the experiment\n"
    error = run(logs, "far_away", "RS-1").error
    assert isinstance(error, UsageError)
    assert "has printed nothing yet" in str(error)


def test_logs_of_trials_come_from_s3_or_from_their_jobs(run: Run, emulator: Emulator) -> None:
    inside = fabricated(emulator, states=("finished",))
    keys = inside.keys(0).trial(7)
    inside.put_object(keys.stdout, "out\n")
    inside.put_object(keys.stderr, "err\n")
    inside.put_object(inside.keys(0).trial(8).checkpoints + "x", "")
    assert run(logs, "far_away", "RS-0", "--trial", "7").stdout == "out\nerr\n"
    assert "has no trial 6; its trials: 7 to 8" in str(run(logs, "far_away", "RS-0", "--trial", "6").error)
    assert "has no log yet" in str(run(logs, "far_away", "RS-0", "--trial", "8").error)
    outside = fabricated(emulator, tag="jobs", states=("finished",), backend="sagemaker", first_id=16)
    names = [trial_job_name("jobs", outside.experiments[0]["id"][:8], 7, r) for r in (0, 1)]
    for name in names:
        start_job(emulator, name, seconds=0)
        wait_for(lambda name=name: status_of(emulator, name) == "Completed")
    assert run(logs, "jobs", "RS-0", "--trial", "7").stdout.splitlines() == [f"hello from {n}" for n in names]


@pytest.mark.parametrize("place", ["job", "object"])
def test_a_log_is_followed_until_the_experiment_ends(
    run: Run, emulator: Emulator, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = fabricated(emulator, states=("running",))
    key = study.keys(0).leaf + "experiment.log"
    shown: list[str] = []
    monkeypatch.setattr(logs, "_print", shown.append)

    def live() -> None:
        try:
            if place == "job":
                start_job(emulator, study.job(0), seconds=0.5)
            else:
                study.put_object(key, "first\n")
                wait_for(lambda: shown)
                study.put_object(key, "first\nsecond\n")
            expected = 1 if place == "job" else 2
            wait_for(lambda: "".join(shown).count("\n") == expected)
        finally:
            study.mark(0, "finished")  # or following would never end

    thread = threading.Thread(target=live)
    thread.start()
    done = run(logs, "far_away", "RS-0", "-f")
    thread.join()
    assert done.error is None
    assert "".join(shown) == (f"hello from {study.job(0)}\n" if place == "job" else "first\nsecond\n")


# -- clean -------------------------------------------------------------------------------------------


def test_a_study_is_removed_from_s3_after_a_yes(run: Run, emulator: Emulator) -> None:
    study = fabricated(emulator, states=("finished", "failed"))
    other = fabricated(emulator, tag="far_away_too", states=("finished",))
    study.put_object(study.keys(0).leaf + "results.csv.zip", "x" * 2_000_000)
    pulled = run(pull, "far_away")
    assert pulled.error is None
    error = run(clean, "far_away", "--remote").error
    assert isinstance(error, UsageError)
    assert "--yes is needed" in str(error)
    dry = run(clean, "far_away", "--remote", "--dry_run")
    assert "4 objects, 2.0 MB. Nothing was removed." in dry.stderr
    assert states(study) == ["finished", "failed"]
    done = run(clean, "far_away", "--remote", "--yes")
    assert f"Removed {study_uri(study)} in the emulator" in done.stderr
    assert isinstance(run(status, "far_away", "--remote").error, UnknownNameError)
    assert states(other) == ["finished"]
    assert list(experiment_path("far_away").glob("*/*/results.csv.zip")), "what was pulled stays"


def study_uri(study: FabricatedStudy) -> str:
    return f"s3://{study.bucket}/syne-tune/{study.tag.replace('_', '-')}/"


def test_a_study_that_lives_is_not_removed(run: Run, emulator: Emulator) -> None:
    study = fabricated(emulator, states=("finished", "finished"))
    with DriverLock(study.client, study.bucket, "far_away"):
        error = run(clean, "far_away", "--remote", "--yes").error
    assert isinstance(error, UsageError)
    assert "is launching this study" in str(error)
    start_job(emulator, study.job(1))
    error = run(clean, "far_away", "--remote", "--yes").error
    assert isinstance(error, UsageError)
    assert f"a job still runs ({study.job(1)}). To stop:  synebench stop far_away" in str(error)
    assert states(study) == ["finished", "finished"]


# -- pull --------------------------------------------------------------------------------------------


def test_what_was_pulled_is_a_study_like_any_other(run: Run, emulator: Emulator, tmp_path: Path) -> None:
    study = fabricated(emulator, states=("finished", "finished"))
    for number, method in enumerate(("RS", "ASHA")):
        folder = write_experiment(
            tmp_path, reports([(1.0, 0.5 + number / 10)]), tag="far_away", method=method
        )
        study.put_folder(number, folder)
    done = run(pull, "far_away", "--json")
    result = json.loads(done.stdout)
    assert (result["files"], result["up_to_date"], result["kept"]) == (6, 0, [])
    assert result["folder"] == str(experiment_path("far_away"))
    assert (
        f"The same as:  aws s3 sync {study_uri(study)} {experiment_path('far_away')}/ --exclude"
        in done.stderr
    )
    assert "(its folders have - for _)" in done.stderr
    assert done.stderr.rstrip().endswith("Next:  synebench plot far_away   synebench best far_away")
    shown = run(status, "far_away")
    assert [line.split()[1] for line in shown.stdout.splitlines()[1:]] == ["ASHA", "RS"]
    assert f"Pulled from {study_uri(study)}; how it stands there:" in shown.stderr
    assert json.loads(run(best, "far_away", "--json").stdout)[0]["value"] == 0.6
    assert "6 were up to date" in run(pull, "far-away").stderr


def test_what_was_not_pulled_of_a_log_is_read_where_it_is(
    run: Run, emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = fabricated(emulator, states=("finished",))
    study.put_folder(0, write_experiment(tmp_path, reports([(1.0, 0.5)]), tag="far_away"))
    study.put_object(study.keys(0).trial(7).stdout, "out\n")
    assert run(pull, "far_away").error is None
    found = run(logs, "far_away", "RS-0", "--trial", "7")
    assert (found.stdout, found.error) == ("out\n", None)
    assert f"not pulled yet, so read from {emulator.bucket}" in found.stderr
    assert "its trials: 7 to 7" in str(run(logs, "far_away", "RS-0", "--trial", "6").error)
    assert "has no trial 7; its trials: none" in str(
        run(logs, "far_away", "RS-0", "--trial", "7", "--local").error
    )
    assert run(pull, "far_away", "--what", "all").error is None
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    assert run(logs, "far_away", "RS-0", "--trial", "7").stdout == "out\n", "now it is here"


def test_errors_of_pull_are_one_line(run: Run, emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    study = fabricated(emulator)
    study.put_object("syne-tune/by-hand/x", "")
    error = run(pull, "by_hand").error
    assert isinstance(error, UnknownNameError)
    assert "something lies under that tag, but it was not launched remotely" in str(error)
    study.put_object("syne-tune/far-away/_study/manifest.json", "[")
    assert "is not the manifest of a study" in str(run(pull, "far_away").error)
    for name in ("AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_DEFAULT_REGION", "AWS_REGION"):
        monkeypatch.delenv(name)
    assert "No AWS region" in str(run(pull, "far_away").error)
