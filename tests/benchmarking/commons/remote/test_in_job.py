"""Experiments as jobs of the emulator, with all back-ends inside."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from job_study import SCRIPT, JobStudy, launcher_of, make_study, wait_until

from benchmarking.commons import hpo_main_local, hpo_main_simulator
from benchmarking.commons.python_file import run_python_file
from benchmarking.commons.remote.in_job.in_job import job_here
from benchmarking.commons.remote.jobs.experiment_document import EXPERIMENTS_VARIABLE
from benchmarking.commons.remote.jobs.experiment_job import JobHome, job_document, job_document_key
from syne_core.emulator import Emulator
from syne_core.errors import AwsSetupError, SyneError, UsageError
from syne_core.experiments import scan_study
from syne_core.paths import StudyKeys

WORDS = (
    *("--experiment_tag", "in-job", "--benchmark", "parabola", "--method", "RS"),
    *("--max_num_evaluations", "9"),
)


def results(study: JobStudy, number: int = 0) -> pd.DataFrame:
    return pd.read_csv(io.BytesIO(study.file("results.csv.zip", number)), compression="zip")


@pytest.mark.long
def test_an_experiment_with_local_trials_leaves_what_it_would_leave_here(
    emulator: Emulator, tmp_path: Path
) -> None:
    study = make_study(emulator, tmp_path / "mine", WORDS)
    described = study.run()
    assert described["TrainingJobStatus"] == "Completed", study.log(described["TrainingJobName"])
    here = run_here(study)
    assert study.files() == {path.name for path in here.iterdir() if path.is_file()}
    ours, theirs = study.json("metadata.json"), json.loads((here / "metadata.json").read_text())
    assert set(ours) == {*theirs, "job"}
    differ = {name for name in theirs if ours[name] != theirs[name]}
    assert differ <= {"st_tuner_creation_timestamp", "st_tuner_start_timestamp", "script", "command"} | {
        *("machine", "git", "packages")
    }
    assert list(results(study).columns) == list(pd.read_csv(here / "results.csv.zip").columns)
    assert ours["settings"]["max_num_evaluations"] == 9
    assert ours["packages"]["numpy"]
    assert ours["machine"]["cores"] >= 1
    assert ours["command"] == ["python", "launch_remote.py", "--experiment_tag", "in-job"]
    assert study.json("status.json")["state"] == "finished"
    assert study.state()[0] == "finished"
    check_logs_of_trials(study)
    check_console(study, described)


def check_logs_of_trials(study: JobStudy) -> None:
    trials = {record["trial"] for record in journal(study) if record["event"] == "report"}
    for trial_id in trials:
        assert b"training with" in study.objects.get(study.keys().trial(trial_id).stdout)
    keys = study.objects.listing(study.keys().trials).keys
    assert not [key for key in keys if "/checkpoints/" in key], "nobody asked for them"
    assert not [name for name in study.files() if name.startswith("trials")]


def check_console(study: JobStudy, described: dict[str, Any]) -> None:
    best = study.json("status.json")["best"]["value"]
    (shown,) = [m for m in described["FinalMetricDataList"] if m["MetricName"] == "best_loss"]
    assert shown["Value"] == pytest.approx(best, rel=1e-6)
    assert described["HyperParameters"]["method"] == "RS"


def run_here(study: JobStudy) -> Path:
    module = run_python_file(study.entry_point.with_name("my_benchmarks.py"))
    assert hpo_main_local.run_launcher(launcher_of("local", vars(module)), study.words) == 0
    (folder,) = scan_study("in-job").good
    return Path(folder.path)


def journal(study: JobStudy, number: int = 0) -> list[dict[str, Any]]:
    return [json.loads(line) for line in study.file("journal.jsonl", number).splitlines()]


def sessions(study: JobStudy) -> int:
    return [record["event"] for record in journal(study)].count("session")


def test_a_job_that_is_stopped_is_continued_by_the_next(emulator: Emulator, tmp_path: Path) -> None:
    gate = tmp_path / "gate"  # so that the job has not ended before it is stopped
    wait = f"while epoch > 1 and not os.path.exists({str(gate)!r}): time.sleep(0.02)"
    script = SCRIPT.replace("time.sleep({pause})", wait)
    study = make_study(emulator, tmp_path / "mine", (*WORDS[:-1], "32"), script=script)
    first = study.start(upload_checkpoints=True)
    wait_until(lambda: "journal.jsonl" in study.files() and len(journal(study)) > 6)
    assert study.state()[0] == "running"
    study.stop(first)
    assert study.wait_for_end(first)["TrainingJobStatus"] == "Stopped"
    assert study.json("status.json")["state"] == "interrupted"
    before = journal(study)
    gate.touch()
    second = study.start(attempt=1, upload_checkpoints=True)
    assert study.wait_for_end(second)["TrainingJobStatus"] == "Completed", study.log(second)
    after = journal(study)
    assert after[: len(before)] == before
    assert (sessions(study), study.json("status.json")["state"]) == (2, "finished")
    reports = [(r["trial"], r["report"]["epoch"]) for r in after if r["event"] == "report"]
    assert len(reports) == len(set(reports)) >= 32
    state, record = study.state()
    assert (state, record.attempt, record.job) == ("finished", 1, second)
    checkpoints = study.objects.listing(study.keys().trial(0).checkpoints).keys
    assert [key.rpartition("/")[2] for key in checkpoints] == ["epoch"]
    running = {r["asked"] for r in before if r["event"] == "suggest"} - {
        r["trial"] for r in before if r["event"] == "end_run"
    }
    logs = [study.objects.get(study.keys().trial(trial_id).stdout) for trial_id in running]
    assert running, "the job was stopped in the middle"
    assert any(log.count(b"training with") == 2 and b"found a checkpoint" in log for log in logs)


@pytest.mark.long
def test_a_job_that_starts_again_after_the_end_changes_nothing(emulator: Emulator, tmp_path: Path) -> None:
    study = make_study(emulator, tmp_path / "mine", WORDS)
    study.run()
    before = journal(study)
    assert study.run(attempt=1)["TrainingJobStatus"] == "Completed"
    assert journal(study) == before


@pytest.mark.long
def test_a_failing_experiment_is_marked_with_cause_and_log(emulator: Emulator, tmp_path: Path) -> None:
    broken = SCRIPT.replace("report = Reporter()", "raise ValueError('no such optimiser')")
    study = make_study(emulator, tmp_path / "mine", (*WORDS, "--max_failures", "1"), script=broken)
    described = study.run()
    assert described["TrainingJobStatus"] == "Failed"
    assert "exit code 3" in described["FailureReason"]
    state, record = study.state()
    assert (state, record.cause, record.attempt) == ("failed", "code", 0)
    assert record.reason is not None
    assert "max_failures is 1" in record.reason
    assert any("no such optimiser" in line for line in record.log_tail)
    assert study.json("status.json")["state"] == "failed"
    assert b"no such optimiser" in study.objects.get(study.keys().trial(0).stderr)


@pytest.mark.long
def test_what_keeps_an_experiment_from_starting_is_told_too(emulator: Emulator, tmp_path: Path) -> None:
    study = make_study(emulator, tmp_path / "mine", WORDS)
    mistaken = JobStudy(study.emulator, study.entry_point, study.launch, (*WORDS, "--n_worker", "3"))
    assert mistaken.run()["TrainingJobStatus"] == "Failed"
    state, record = study.state()
    assert (state, record.cause) == ("failed", "code")
    assert record.reason is not None
    assert "--n_workers" in record.reason


def test_an_experiment_starts_its_trials_as_jobs_itself(emulator: Emulator, tmp_path: Path) -> None:
    study = make_study(emulator, tmp_path / "mine", WORDS, backend="sagemaker")
    described = study.run(instance_type="ml.m5.large")
    name = described["TrainingJobName"]
    assert described["TrainingJobStatus"] == "Completed", study.log(name)
    sagemaker = emulator.client("sagemaker")
    names = {job["TrainingJobName"] for job in sagemaker.list_training_jobs()["TrainingJobSummaries"]}
    id8 = study.launch.experiments[0].id[:8]
    assert len({other for other in names if other.startswith(id8)}) >= 3
    assert study.state()[0] == "finished"
    assert len(results(study)) >= 9
    metadata = study.json("metadata.json")
    assert (metadata["backend"], metadata["instance_type"]) == ("SageMakerBackend", "ml.c5.xlarge")
    assert metadata["job"]["instance_type"] == "ml.m5.large"
    assert study.objects.listing(study.keys().reports).keys


SIMULATED = (
    *("--experiment_tag", "simulated", "--benchmark", "curves-power", "--method", "RS,ASHA"),
    *("--num_seeds", "2", "--max_num_evaluations", "60"),
)


@pytest.mark.long
def test_simulated_experiments_give_the_same_results_as_here(emulator: Emulator, tmp_path: Path) -> None:
    study = make_study(emulator, tmp_path / "mine", SIMULATED, backend="simulator")
    described = study.run()
    assert described["TrainingJobStatus"] == "Completed", study.log(described["TrainingJobName"])
    assert "CheckpointConfig" not in described
    launcher = launcher_of(
        "simulator", vars(run_python_file(study.entry_point.with_name("my_benchmarks.py")))
    )
    assert hpo_main_simulator.run_launcher(launcher, SIMULATED) == 0
    for number, experiment in enumerate(study.launch.experiments):
        assert study.state(number)[0] == "finished"
        here = pd.read_csv(experiment.paths.results)
        pd.testing.assert_frame_equal(results(study, number), here)
        assert study.files(number) == {path.name for path in experiment.paths.folder.iterdir()}


@pytest.mark.long
def test_another_attempt_leaves_finished_simulations_alone(emulator: Emulator, tmp_path: Path) -> None:
    study = make_study(emulator, tmp_path / "mine", SIMULATED, backend="simulator")
    study.run()
    emulator.client("s3").delete_object(
        Bucket=emulator.bucket,
        Key=StudyKeys("simulated").marker(study.launch.experiments[1].id[:8], "finished"),
    )
    created = [study.json("metadata.json", number)["st_tuner_creation_timestamp"] for number in range(4)]
    assert study.run(attempt=1)["TrainingJobStatus"] == "Completed"
    again = [study.json("metadata.json", number)["st_tuner_creation_timestamp"] for number in range(4)]
    assert [number for number in range(4) if created[number] != again[number]] == [1]
    assert study.state(1)[1].attempt == 1


@pytest.mark.long
@pytest.mark.parametrize("emulator", [{"spot_interruption": 0.3}], indirect=True)
def test_a_job_on_spot_goes_on_after_interruptions(emulator: Emulator, tmp_path: Path) -> None:
    study = make_study(emulator, tmp_path / "mine", (*WORDS[:-1], "60"), pause=0.2)
    described = study.run(use_spot=True)
    assert described["TrainingJobStatus"] == "Completed", study.log(described["TrainingJobName"])
    assert (study.state()[0], study.json("status.json")["state"]) == ("finished", "finished")
    starts = [t["Status"] for t in described["SecondaryStatusTransitions"]].count("Training")
    assert sessions(study) <= starts
    reports = [(r["trial"], r["report"]["epoch"]) for r in journal(study) if r["event"] == "report"]
    assert len(reports) == len(set(reports)) >= 60


@pytest.mark.long
def test_a_tuner_that_is_stopped_stops_the_jobs_of_its_trials_and_goes_on_later(
    emulator: Emulator, tmp_path: Path
) -> None:
    study = make_study(emulator, tmp_path / "mine", (*WORDS[:-1], "16"), backend="sagemaker", pause=1.0)
    first = study.start(instance_type="ml.m5.large")
    wait_until(lambda: "journal.jsonl" in study.files() and len(journal(study)) > 5)
    study.stop(first)
    assert study.wait_for_end(first)["TrainingJobStatus"] == "Stopped"
    assert study.json("status.json")["state"] == "interrupted"
    sagemaker = emulator.client("sagemaker")
    wait_until(lambda: not sagemaker.list_training_jobs(StatusEquals="InProgress")["TrainingJobSummaries"])
    before = journal(study)
    second = study.start(attempt=1, instance_type="ml.m5.large")
    assert study.wait_for_end(second)["TrainingJobStatus"] == "Completed", study.log(second)
    assert journal(study)[: len(before)] == before
    assert study.state()[0] == "finished"
    assert len(results(study)) >= 16


def refused_by_s3() -> Exception:
    from botocore.exceptions import ClientError

    error = SyneError("Cannot read s3://b/k: Slow down.")
    error.__cause__ = ClientError({"Error": {"Code": "SlowDown"}}, "GetObject")
    return error


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (UsageError("Unknown flag"), "code"),
        (ValueError("a bug"), "code"),
        (AwsSetupError("access denied"), "infrastructure"),
        (refused_by_s3(), "infrastructure"),
    ],
)
def test_whose_fault_a_failure_is_decides_whether_it_is_tried_again(
    emulator: Emulator, tmp_path: Path, error: Exception, cause: str
) -> None:
    study = make_study(emulator, tmp_path / "mine", WORDS)
    home = JobHome("us-east-1", emulator.bucket, emulator.role_arn, "s3://b/", "hpo_main.py")
    key = job_document_key(study.job(), 3)
    study.objects.put_json(key, job_document(study.job(), home, 3))
    variables = {EXPERIMENTS_VARIABLE: study.objects.uri(key), "TRAINING_JOB_NAME": "j-a3"}
    job = job_here(variables)
    assert job is not None
    with pytest.raises(type(error)), job.failures_told():
        raise error
    state, record = study.state()
    assert (state, record.cause, record.attempt, record.job) == ("failed", cause, 3, "j-a3")
    assert record.reason == str(error)
