"""How jobs end: alone, stopped, interrupted, killed; and what they say of failures."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from job_rig import JobRig, in_a_folder, in_namespaces, is_alive, processes_below
from job_rig import rig_of_jobs as rig_of_jobs
from job_rig import shared_emulator as shared_emulator
from processes import children

from syne_core.emulator.jobs import containers, training

WAITS = "import time\nprint('up')\nfor _ in range(60_000): time.sleep(0.01)\n"
TICKS = "import time\nwhile True:\n    print('tick')\n    time.sleep(0.01)\n"
HEEDS = (
    "import signal, sys\n"
    "def heed(*_):\n"
    "    open(base + '/model/half', 'w').write('done')\n"
    "    print('heeded')\n"
    "    sys.exit(3)\n"
    "signal.signal(signal.SIGTERM, heed)\n"
)
IGNORES = "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"


def test_a_job_passes_through_the_states_of_aws(rig: JobRig) -> None:
    ran = rig.run("print('hello')").completed()
    assert ran.told.statuses == ["Downloading", "Training", "Uploading"]
    assert ran.end().secondary_status == "Completed"
    assert ran.end().model_artifacts == rig.uri("out/job-1/output/model.tar.gz")
    assert len(ran.told.threads) == 1


def test_the_failure_file_becomes_the_reason(rig: JobRig) -> None:
    ran = rig.run("open(base + '/output/failure', 'w').write('x' * 2000)\nraise SystemExit(7)")
    end = ran.end()
    assert end.status == end.secondary_status == "Failed"
    assert end.failure_reason == f"AlgorithmError: {'x' * 1024}, exit code: 7"
    assert end.exit_code == 7
    assert end.model_artifacts is None


@pytest.mark.parametrize(("script", "code"), [("1 / 0", 1), ("os.kill(os.getpid(), 9)", 137)])
def test_a_failure_without_a_word_has_its_exit_code(rig: JobRig, script: str, code: int) -> None:
    end = rig.run(script).end()
    assert (end.status, end.failure_reason) == ("Failed", f"AlgorithmError: , exit code: {code}")


@in_namespaces
def test_a_program_that_is_not_there_is_named(rig: JobRig) -> None:
    end = rig.run(AlgorithmSpecification={"ContainerEntrypoint": ["/no/such", "x"]}).end()
    assert end.failure_reason == (
        "AlgorithmError: cannot run /no/such: No such file or directory, exit code: 127"
    )


@in_namespaces
def test_a_job_without_a_program_says_what_is_missing(rig: JobRig) -> None:
    end = rig.run(AlgorithmSpecification={"ContainerEntrypoint": []}).end()
    assert end.status == "Failed"
    assert "runs no images" in str(end.failure_reason)
    assert "sagemaker_program" in str(end.failure_reason)


def test_a_stopped_job_heeds_sigterm_and_keeps_its_artifacts(rig: JobRig) -> None:
    ran = rig.run(HEEDS + WAITS)
    ran.prints("up")
    ran.job.stop()
    end = ran.end()
    assert (end.status, end.secondary_status, end.failure_reason) == ("Stopped", "Stopped", None)
    assert rig.archive("out/job-1/output/model.tar.gz") == {"half": b"done"}
    assert end.model_artifacts == rig.uri("out/job-1/output/model.tar.gz")
    assert ran.told.statuses == ["Downloading", "Training", "Stopping", "Uploading"]
    assert ran.log()[-1] == "heeded"


def test_a_job_that_ignores_sigterm_is_killed_after_the_grace(rig: JobRig) -> None:
    ran = rig.run(IGNORES + WAITS, grace=0.3)
    ran.prints("up")
    begun = time.monotonic()
    ran.job.stop()
    assert ran.end().status == "Stopped"
    assert time.monotonic() - begun >= 0.3


def test_a_job_that_is_stopped_at_once_never_trains(rig: JobRig) -> None:
    ran = rig.run(HEEDS + WAITS)
    ran.job.stop()
    ran.job.stop()
    end = ran.end()
    assert end.status == "Stopped"
    assert rig.keys("out/") in ([], ["job-1/output/model.tar.gz"])


@in_namespaces
def test_a_job_that_lasts_too_long_is_stopped_but_keeps_its_model(
    rig: JobRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = [0.0]
    clock = SimpleNamespace(monotonic=lambda: time.monotonic() + late[0])
    monkeypatch.setattr(training, "time", clock)
    ran = rig.run(HEEDS + TICKS, StoppingCondition={"MaxRuntimeInSeconds": 1800})
    ran.prints("tick")
    late[0] = 1800.0
    end = ran.end()
    assert (end.status, end.secondary_status) == ("Stopped", "MaxRuntimeExceeded")
    assert end.model_artifacts is not None
    assert ran.told.statuses == ["Downloading", "Training", "Stopping", "Uploading"]


def test_an_interrupted_job_keeps_checkpoints_only(rig: JobRig) -> None:
    checkpoint = "open(base + '/checkpoints/c', 'w').write('1')\n"
    ran = rig.run(HEEDS + checkpoint + WAITS, CheckpointConfig={"S3Uri": rig.uri("ckpt")})
    ran.prints("up")
    ran.job.interrupt()
    end = ran.end()
    assert (end.status, end.secondary_status) == ("Stopped", "Interrupted")
    assert rig.keys("out/") == []
    assert rig.keys("ckpt/") == ["c"]


def test_kill_returns_when_all_its_processes_are_gone(rig: JobRig) -> None:
    spawns = "import subprocess\nchild = subprocess.Popen(['sleep', '600'], start_new_session=True)\n"
    ran = rig.run(IGNORES + spawns + WAITS, AlgorithmSpecification={"ContainerArguments": ["mark-of-kill"]})
    ran.prints("up")
    assert processes_below(os.getpid())
    ran.job.kill()
    assert not processes_below(os.getpid())
    assert ran.end().status == "Stopped"
    assert rig.keys("out/") == []


@in_a_folder
def test_kill_reaches_all_processes_though_the_first_one_does_not_react(
    rig: JobRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a machine that stands still: it would have to end the others."""
    monkeypatch.setattr(containers, "_REACTS_WITHIN", 0.2)
    spawns = "import subprocess\nchild = subprocess.Popen(['sleep', '600'], start_new_session=True)\n"
    ran = rig.run(IGNORES + spawns + WAITS)
    ran.prints("up")
    below = processes_below(os.getpid())
    assert len(below) == 3
    os.kill(children().pop(), signal.SIGSTOP)
    ran.job.kill()
    assert not [pid for pid in below if is_alive(pid)]
    assert ran.end().status == "Stopped"


def test_what_the_script_leaves_running_ends_with_it(rig: JobRig) -> None:
    ran = rig.run("import subprocess\nsubprocess.Popen(['sleep', '600'], start_new_session=True)")
    ran.completed()
    assert not processes_below(os.getpid())


def test_jobs_die_with_the_emulator(rig: JobRig, tmp_path: Path) -> None:
    """``kill -9`` of the process that runs them."""
    program = tmp_path / "runs_a_job.py"
    program.write_text(
        textwrap.dedent(
            """
            import json, sys
            from pathlib import Path
            from syne_core.emulator.jobs import JobSurroundings, start_job
            class Silent:
                def secondary_status(self, *_): pass
                metric = ended = secondary_status
            url, folder, isolation, request = sys.argv[1:]
            around = JobSurroundings(url, "us-east-1", "123456789012", Path(folder), isolation=isolation)
            start_job(json.loads(request), "arn", around, Silent()).join()
            """
        )
    )
    pid_file = tmp_path / "pids"
    script = f"import subprocess; subprocess.Popen(['sleep', '600']); open({str(pid_file)!r}, 'w').close()"
    request = {
        "TrainingJobName": "orphan",
        "AlgorithmSpecification": {"ContainerEntrypoint": ["python3", "-c", script + "\n" + WAITS]},
        "OutputDataConfig": {"S3OutputPath": rig.uri("out")},
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
    }
    words = [rig.emulator.endpoint_url, str(tmp_path / "others"), rig.isolation, json.dumps(request)]
    with subprocess.Popen([sys.executable, str(program), *words]) as process:
        try:
            rig.until(pid_file.exists, "the start of the job")
            below = processes_below(process.pid)
            assert len(below) >= 3
        finally:
            process.send_signal(signal.SIGKILL)
    rig.until(lambda: not any(is_alive(pid) for pid in below), "the end of the job's processes")
