"""What runs report reaches S3: all of it, in order, once, whatever S3 does."""

from __future__ import annotations

import contextlib
import json
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from runner_container import DEADLINE_S, RunnerContainer, ended, objects, records, reported, wait_until

from syne_core.aws.runner.report_shipping import BATCH_INTERVAL_S, MOST_RECORDS

if TYPE_CHECKING:
    from syne_core.emulator import Emulator

BUCKET = "reports"


@pytest.fixture
def container(tmp_path: Path) -> Iterator[RunnerContainer]:
    made = RunnerContainer(tmp_path)
    made.reports_to(BUCKET)
    yield made
    made.kill()


@pytest.fixture
def s3(emulator: Emulator) -> Any:
    client = emulator.client("s3")
    client.create_bucket(Bucket=BUCKET)
    return client


REPORTING = """
    import json, sys, time
    for epoch in range(int(sys.argv[1])):
        print("[tune-metric]: " + json.dumps({"epoch": epoch, "loss": 1 / (epoch + 1)}), flush=True)
        time.sleep(float(sys.argv[2]))
"""


def test_reports_start_and_end(container: RunnerContainer, s3: Any) -> None:
    container.script(REPORTING)
    container.job["arguments"] = ["3", "0"]
    before = time.time()
    assert container.run().code == 0
    found = objects(s3, BUCKET)
    assert [key.seq for key, _ in found] == list(range(len(found)))
    for key, content in found:
        assert before - 1 <= key.epoch_s <= time.time()
        assert before <= key.boot / 1000 <= time.time()
        assert (key.trial, key.run, content.host) == (7, 0, "algo-1")
        assert key.identity == (content.trial, content.run, content.boot, content.seq)
    said = records(s3, BUCKET)
    assert said[0] == {"kind": "start"}
    assert said[-1] == {"kind": "end", "exit_code": 0, "stopped": False, "reason": None}
    assert [record["report"] for record in said[1:-1]] == [
        {"epoch": epoch, "loss": 1 / (epoch + 1)} for epoch in range(3)
    ]


def test_job_document_from_s3(container: RunnerContainer, s3: Any) -> None:
    container.script("import sys\nprint(sys.argv[1])")
    container.job["arguments"] = ["Größe 'a b'\n"]
    key = "syne-tune/a b/7/job-r0.json"
    s3.put_object(Bucket=BUCKET, Key=key, Body=json.dumps(container.job))
    done = container.run(f"s3://{BUCKET}/{key}")
    assert done.stdout == "Größe 'a b'\n\n"


def test_job_document_that_is_not_there(container: RunnerContainer, s3: Any) -> None:
    container.script("pass")
    done = container.run(f"s3://{BUCKET}/nothing.json")
    assert done.code == 1
    assert "NoSuchKey" in (container.failure or "")


FAILING = {"fail_rate": 0.3, "timeout": 0.1}


@pytest.mark.parametrize("emulator", [{**FAILING, "fail_operations": ("PutObject",)}], indirect=True)
def test_nothing_is_lost_when_a_third_of_the_calls_fail(container: RunnerContainer, s3: Any) -> None:
    """Throttled, 5xx, no answer, reset; some of these after the object was stored."""
    container.script(
        """
        import json, os, time
        for epoch in range(40):
            while epoch % 5 == 0 and not os.path.exists("go-%d" % epoch):
                time.sleep(0.01)
            print("[tune-metric]: " + json.dumps({"epoch": epoch}), flush=True)
        """
    )
    process = container.start()
    wait_until(lambda: records(s3, BUCKET), "the start")
    for epoch in range(0, 40, 5):
        (container.base / "code" / f"go-{epoch}").touch()
        wait_until(lambda told=epoch + 5: len(reported(s3, BUCKET)) == told, "five more reports")
    done = ended(process)
    assert done.code == 0, done.stderr
    assert [report["epoch"] for report in reported(s3, BUCKET)] == list(range(40))
    assert records(s3, BUCKET)[-1]["kind"] == "end"
    assert len(objects(s3, BUCKET)) > 5, "few batches would prove little"


@pytest.mark.parametrize(
    "emulator", [{"fail_rate": 0.6, "timeout": 0.1, "fail_operations": ("GetObject",)}], indirect=True
)
def test_job_document_is_fetched_until_that_succeeds(container: RunnerContainer, s3: Any) -> None:
    container.script("print('ran')")
    s3.put_object(Bucket=BUCKET, Key="job.json", Body=json.dumps(container.job))
    assert container.run(f"s3://{BUCKET}/job.json").stdout == "ran\n"


def test_script_does_not_wait_for_s3(container: RunnerContainer, tmp_path: Path) -> None:
    """S3 is away while the script runs, and comes back after it has ended."""
    from syne_core.emulator import Emulator, EmulatorSettings

    # Bound but not listening: whoever calls is refused, and nobody else is given this port meanwhile.
    kept = socket.socket()
    kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    kept.bind(("127.0.0.1", 0))
    port = kept.getsockname()[1]
    container.variables = {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        **dict.fromkeys(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), "x"),
    }
    container.script(REPORTING + "\n    open('done', 'w').close()\n")
    container.job["arguments"] = ["100", "0"]
    process = container.start()
    wait_until((container.base / "code" / "done").exists, "the script has ended")
    assert process.poll() is None
    with kept, Emulator(EmulatorSettings(), port=port) as emulator:
        s3 = emulator.client("s3")
        s3.create_bucket(Bucket=BUCKET)
        assert ended(process).code == 0
        assert [report["epoch"] for report in reported(s3, BUCKET)] == list(range(100))


def test_ten_thousand_reports(container: RunnerContainer, s3: Any) -> None:
    container.script(
        """
        import json, sys
        for step in range(10_000):
            sys.stdout.write("noise without an end " * 20)
            sys.stdout.write('\\n[tune-metric]: {"step": %d, "text": "Größe"}\\n' % step)
        """
    )
    began = time.monotonic()
    done = container.run()
    took = time.monotonic() - began
    assert done.code == 0
    assert [report["step"] for report in reported(s3, BUCKET)] == list(range(10_000))
    assert done.stdout.count("[tune-metric]") == 10_000
    assert len(objects(s3, BUCKET)) <= took / BATCH_INTERVAL_S + 10_000 / MOST_RECORDS + 2


def test_first_report_comes_at_once(container: RunnerContainer, s3: Any) -> None:
    """The tuner hears of it while the script goes on."""
    container.script(
        """
        import os, time
        print('[tune-metric]: {"epoch": 1, "at": %r}' % time.time(), flush=True)
        while not os.path.exists("go"):
            time.sleep(0.01)
        """
    )
    process = container.start()
    first = wait_until(lambda: reported(s3, BUCKET), "the report is there")
    assert process.poll() is None
    (container.base / "code" / "go").touch()
    assert ended(process).code == 0
    assert [report["epoch"] for report in first] == [1]


def test_diverged_trial_and_torn_lines(container: RunnerContainer, s3: Any) -> None:
    container.script(
        """
        print('[tune-metric]: {"epoch": 1, "loss": null, "st_nonfinite": {"loss": "nan"}}')
        print('[tune-metric]: {"epo [tune-metric]: {"epoch": 2, "loss": -Infinity}')
        print('[tune-metric]: [1]')
        print('[tune-metric]: {"torn')
        print('  90%|####   |\\r[tune-metric]: {"epoch": 3}', end='')
        """
    )
    container.run()
    first, second, third = reported(s3, BUCKET)
    assert first["loss"] != first["loss"]
    assert second == {"epoch": 2, "loss": float("-inf")}
    assert third == {"epoch": 3}


def test_cost_is_added_where_the_price_is_known(container: RunnerContainer, s3: Any) -> None:
    container.script(
        """
        import os, time
        time.sleep(0.1)
        print('[tune-metric]: {"epoch": 1}')
        print('[tune-metric]: {"epoch": 2, "st_worker_cost": 5}')
        assert float(os.environ["ST_PRICE_PER_HOUR"]) == 3600.0
        """
    )
    container.job["price_per_hour"] = 3600.0
    began = time.monotonic()
    assert container.run().code == 0
    took = time.monotonic() - began
    first, second = reported(s3, BUCKET)
    assert 0.1 <= first["st_worker_cost"] < took
    assert second["st_worker_cost"] == 5


def test_job_that_is_started_again_after_an_interruption(container: RunnerContainer, s3: Any) -> None:
    """SageMaker starts the same container again: another boot, whose numbers begin anew."""
    container.script(REPORTING)
    container.job["arguments"] = ["2", "0"]
    assert [container.run().code for _ in range(2)] == [0, 0]
    kinds = [record["kind"] for record in records(s3, BUCKET)]
    assert kinds == ["start", "report", "report", "end"] * 2
    assert len({key.boot for key, _ in objects(s3, BUCKET)}) == 2


def test_only_the_first_host_reports(container: RunnerContainer, s3: Any) -> None:
    container.script(REPORTING)
    container.job["arguments"] = ["2", "0"]
    container.config_file("resourceconfig.json", {"current_host": "algo-2", "hosts": ["algo-1", "algo-2"]})
    done = container.run()
    assert done.stdout.count("[tune-metric]") == 2
    assert objects(s3, BUCKET) == []


def test_failure_stands_in_the_end_record(container: RunnerContainer, s3: Any) -> None:
    container.script("raise ValueError('lr is negative')")
    assert container.run().code == 1
    assert records(s3, BUCKET)[-1] == {
        "kind": "end",
        "exit_code": 1,
        "stopped": False,
        "reason": "the script ended with exit code 1: ValueError: lr is negative",
    }


def test_failure_before_the_script_stands_there_too(container: RunnerContainer, s3: Any) -> None:
    container.script("pass", "other.py")
    assert container.run().code == 1
    start, end = records(s3, BUCKET)
    assert start["kind"] == "start"
    assert "'train.py' is not in the bundle" in end["reason"]


def test_stop_is_recorded_after_the_last_report(container: RunnerContainer, s3: Any) -> None:
    container.script(
        """
        import signal, sys, time
        def end(*_):
            print('[tune-metric]: {"epoch": 2}')
            sys.exit(0)
        signal.signal(signal.SIGTERM, end)
        print('[tune-metric]: {"epoch": 1}')
        time.sleep(600)
        """
    )
    process = container.start()
    wait_until(lambda: reported(s3, BUCKET), "the first report")
    process.send_signal(signal.SIGTERM)
    assert ended(process).code == 0
    assert [report["epoch"] for report in reported(s3, BUCKET)] == [1, 2]
    assert records(s3, BUCKET)[-1] == {"kind": "end", "exit_code": 0, "stopped": True, "reason": None}


def test_stop_before_the_script_ends_cleanly(container: RunnerContainer, s3: Any) -> None:
    (container.source / "requirements.txt").write_text("slow\n")
    (container.source / "pip.py").write_text(
        "import pathlib, time\npathlib.Path('pip-runs').touch()\ntime.sleep(600)"
    )
    container.script("print('ran')")
    process = container.start()
    wait_until((container.base / "code" / "pip-runs").exists, "pip runs")
    process.send_signal(signal.SIGTERM)
    done = ended(process)
    assert (done.code, done.stdout) == (143, "")
    assert [record["kind"] for record in records(s3, BUCKET)] == ["start", "end"]
    assert records(s3, BUCKET)[-1]["stopped"] is True
    assert container.failure is None


@pytest.mark.long
@pytest.mark.parametrize("moment", [step * 0.02 for step in range(30)])
def test_stop_at_any_moment(container: RunnerContainer, s3: Any, moment: float) -> None:
    """Before the runner listens, no trace; from then on, an end record is the last word."""
    container.script(REPORTING)
    container.job.update(arguments=["20", "0.01"], grace_s=5)
    process = container.start()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(moment)
    process.send_signal(signal.SIGTERM)
    done = ended(process)
    said = records(s3, BUCKET)
    if done.code == -signal.SIGTERM and not said:
        return
    assert said[0]["kind"] == "start"
    assert said[-1]["kind"] == "end"
    assert said[-1]["exit_code"] == done.code
    assert said[-1]["stopped"] or done.code == 0
    assert container.failure is None
    epochs = [report["epoch"] for report in reported(s3, BUCKET)]
    assert epochs == list(range(len(epochs)))


def test_stop_while_the_job_document_cannot_be_had(container: RunnerContainer) -> None:
    container.script("pass")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(DEADLINE_S)
        container.variables = {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{silent.getsockname()[1]}",
            **dict.fromkeys(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), "x"),
        }
        process = container.start("s3://b/job.json")
        connection, _ = silent.accept()
        process.send_signal(signal.SIGTERM)
        connection.close()
        assert ended(process).code == 143


IMPATIENT = """
import sys
from syne_core.aws.runner import program, report_shipping
report_shipping.REFUSED_FOR_S = 0.3
sys.exit(program.main())
"""


def test_bucket_that_refuses_ends_the_job_and_names_no_credentials(
    container: RunnerContainer, s3: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A trial that nobody hears of costs money for nothing."""
    secret = "wJalrXUtnFEMI-secret"
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", secret)
    container.reports_to("no-such-bucket-here")
    container.program = ["-c", IMPATIENT]
    container.script("import time\nprint('started', flush=True)\ntime.sleep(600)")
    done = container.run()
    assert done.code != 0
    assert "reports cannot be sent: PUT s3://no-such-bucket-here" in (container.failure or "")
    assert secret not in done.stdout + done.stderr + (container.failure or "")


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({}, "no AWS credentials"),
        ({"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://example.com/x"}, "credentials may not come from"),
    ],
)
def test_no_credentials_and_no_boto3(container: RunnerContainer, variables: dict, words: str) -> None:
    container.script("pass")
    hidden = container.folder / "hidden" / "boto3.py"
    hidden.parent.mkdir()
    hidden.write_text("raise ImportError('not in this image')")
    container.variables = {"PYTHONPATH": str(hidden.parent), "AWS_ACCESS_KEY_ID": "", **variables}
    done = container.run()
    assert done.code == 1
    assert words in (container.failure or "")
    assert "Traceback" not in done.stderr


def test_boto3_is_used_where_the_environment_has_no_credentials(
    container: RunnerContainer, s3: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    profile = tmp_path / "credentials-file"
    profile.write_text("[default]\naws_access_key_id = x\naws_secret_access_key = y\n")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(profile))
    container.script(REPORTING)
    container.job["arguments"] = ["3", "0"]
    done = container.run()
    assert done.code == 0, done.stderr
    assert len(reported(s3, BUCKET)) == 3
