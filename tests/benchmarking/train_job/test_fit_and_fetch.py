"""End to end on the emulator: jobs that really run."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tar_archives import member, packed

from benchmarking.train_job.drivers import train_driver
from benchmarking.train_job.training_order import training_order
from syne_core.errors import ResultsError

if TYPE_CHECKING:
    from collections.abc import Callable

    from syne_core.emulator import Emulator

    Run = Callable[..., object]

SOURCE_EXAMPLE = """
class Model:
    def save(self, path):
        with open(path, "w") as file:
            file.write("layers")

model = Model()
import os
# running remotely, e.g. launched via "fahr fit"
if os.environ.get('FAHR_EXECUTION_ENVIRONMENT') == 'sagemaker':
    model.save('/opt/ml/model.h5')
# running locally, e.g. launched via "python"
else:
    model.save('model.h5')
"""


def put_archive(emulator: Emulator, job: str, content: bytes) -> None:
    """Replace the model of a job."""
    key = f"models/{job}/output/model.tar.gz"
    emulator.client("s3").put_object(Bucket=emulator.bucket, Key=key, Body=content)


def test_command_lines_of_the_source_work_as_typed(run, emulator: Emulator, model_script: Path) -> None:
    """Source 004, "Basic usage" and "Tips and tricks"."""
    model_script.write_text(SOURCE_EXAMPLE)
    directory, role = f"s3://{emulator.bucket}/models", emulator.role_arn.rpartition("/")[2]
    words = ["--train-driver=sagemaker", f"--config.output_path={directory}", f"--config.role_name={role}"]
    fitted = run("fahr", "fit", str(model_script), *words)
    assert fitted.error is None
    assert fitted.stdout == "foo-model-1\n"
    assert "--log-stream-name-prefix foo-model-1/" in fitted.stderr
    assert f"Next:  fahr fetch foo-model-1 foo-model-1 {directory}" in fitted.stderr
    described = emulator.client("sagemaker").describe_training_job(TrainingJobName="foo-model-1")
    assert described["ResourceConfig"]["InstanceType"] == "ml.c4.2xlarge"
    assert described["RoleArn"] == emulator.role_arn
    train_driver("sagemaker", {}).wait("foo-model-1", lambda report: None)

    fetched = run("fahr", "fetch", "target", "foo/model", directory)
    assert fetched.error is None
    assert (Path("target") / "model.h5").read_text() == "layers"
    file = f"{directory}/foo-model-1/output/model.tar.gz"
    assert run("fahr", "fetch", "target2", "foo/model", file, "--no-extract").error is None
    assert (Path("target2") / "model.tar.gz").is_file()
    status = run("fahr", "status", "foo/model", "--json")
    assert json.loads(status.stdout)["status"] == "Completed"
    assert emulator.calls()["CreateTrainingJob"] == 1


@pytest.mark.long
def test_options_parameters_and_provenance(run, emulator: Emulator, tmp_path: Path) -> None:
    path = tmp_path / "My Folder" / "it's a model.py"
    path.parent.mkdir()
    path.write_text(
        "import os, sys\nprint('args', sys.argv[1:])\n"
        "text = ' '.join(sys.argv[1:]) + os.environ['SM_HPS']\n"
        "open(os.environ['SM_MODEL_DIR'] + '/a file', 'w').write(text)\n"
        "open('/opt/ml/output/data/notes.txt', 'w').write(os.environ['SM_HOSTS'])\n"
    )
    config = ["--config.train_instance_count=2", "--config.train_instance_type", "ml.m5.large"]
    fitted = run(
        "synebench", "fit", str(path), *config, "--param", "lr=-0.1", "--param", "note=a 'b'", "--wait"
    )
    assert fitted.error is None, fitted.message
    assert fitted.stdout == "my-folder-it-s-a-model-1\n"
    assert "my-folder-it-s-a-model-1: Completed" in fitted.stderr
    fetched = run("synebench", "fetch", "my target", "My Folder/it's a model", "--json")
    assert fetched.error is None, fetched.message
    found = json.loads(fetched.stdout)
    assert (found["files"], found["output"]) == (["a file"], ["output/notes.txt"])
    assert (
        Path("my target") / "a file"
    ).read_text() == '--lr=-0.1 --note a \'b\'{"lr": -0.1, "note": "a \'b\'"}'
    assert json.loads((Path("my target") / "output" / "notes.txt").read_text()) == ["algo-1", "algo-2"]
    about = json.loads((Path("my target") / "provenance.json").read_text())
    assert about["tag"] == "my-folder/it-s-a-model"
    assert about["parameters"] == {"lr": -0.1, "note": "a 'b'"}
    assert (about["instance_type"], about["instance_count"]) == ("ml.m5.large", 2)
    assert about["artifacts"][0]["uri"].endswith("/my-folder-it-s-a-model-1/output/model.tar.gz")


@pytest.mark.long
def test_failed_unfinished_and_empty_jobs_are_told_plainly(
    run, emulator: Emulator, model_script: Path
) -> None:
    model_script.write_text("print('one line')\nraise ValueError('no such data')")
    fitted = run("synebench", "fit", str(model_script), "--wait")
    assert isinstance(fitted.error, ResultsError)
    assert "the script ended with exit code 1: ValueError: no such data" in fitted.message
    assert "  one line" in fitted.message
    fetched = run("synebench", "fetch", "t", "foo/model")
    assert fetched.message.startswith("foo-model-1 left no model: Failed: AlgorithmError")
    assert "  ValueError: no such data" in fetched.message

    model_script.write_text("print('done')")
    fitted = run("synebench", "fit", str(model_script), "--wait")
    assert "foo-model-2: it completed, but left no model: write it to /opt/ml/model" in fitted.message
    assert "left no model" in run("synebench", "fetch", "t", "foo/model").message

    model_script.write_text("import time\nprint('begun', flush=True)\ntime.sleep(600)")
    assert run("synebench", "fit", str(model_script)).error is None
    fetched = run("synebench", "fetch", "t", "foo/model")
    assert "foo-model-3 has not ended: InProgress" in fetched.message
    emulator.client("sagemaker").stop_training_job(TrainingJobName="foo-model-3")
    train_driver("sagemaker", {}).wait("foo-model-3", lambda report: None)
    assert "foo-model-3 left no model: Stopped" in run("synebench", "fetch", "t", "foo/model").message
    assert not list(Path("t").glob("*")) if Path("t").exists() else True

    unknown = run("synebench", "fetch", "t", "other/model")
    assert "There is no job 'other/model' in the emulator" in unknown.message


@pytest.mark.long
def test_requirements_are_installed(run, emulator: Emulator, model_script: Path, tmp_path: Path) -> None:
    package = tmp_path / "wheels" / "tinypackage"
    package.mkdir(parents=True)
    (package.parent / "pyproject.toml").write_text("[project]\nname = 'tinypackage'\nversion = '1.0'\n")
    (package / "__init__.py").write_text("answer = 42\n")
    build = ["pip", "wheel", "--no-deps", "--no-build-isolation", "-w", str(tmp_path), str(package.parent)]
    made = subprocess.run([sys.executable, "-m", *build], capture_output=True, text=True, check=False)
    if made.returncode != 0:
        pytest.skip(f"no wheel can be built here: {made.stderr.splitlines()[-1:]}")
    (wheel,) = tmp_path.glob("tinypackage*.whl")
    model_script.write_text(
        "import os, tinypackage\n"
        "open(os.environ['SM_MODEL_DIR'] + '/answer', 'w').write(str(tinypackage.answer))\n"
    )
    envfile = tmp_path / "env.txt"
    envfile.write_text(f"tinypackage @ file://{wheel}\n")
    assert run("synebench", "fit", str(model_script), "--envfile", str(envfile), "--wait").error is None
    assert run("synebench", "fetch", "t", "foo/model").error is None
    assert (Path("t") / "answer").read_text() == "42"


@pytest.mark.long
def test_two_fits_at_once_get_two_names(run, emulator: Emulator, model_script: Path) -> None:
    jobs: list[str] = []
    barrier = threading.Barrier(4)

    def fit(number: int) -> None:
        driver = train_driver("sagemaker", {})
        order = training_order(model_script, [f"lr={number}"])
        driver.check(order, yes=True)
        barrier.wait()
        job = driver.start(order).job
        jobs.append(job)
        driver.wait(job, lambda report: None)

    threads = [threading.Thread(target=fit, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(jobs) == [f"foo-model-{number}" for number in (1, 2, 3, 4)]
    seen = set()
    for job in jobs:
        assert run("synebench", "fetch", job, job).error is None
        seen.add((Path(job) / "weights.txt").read_text().split()[0])
    assert seen == {"0.0", "1.0", "2.0", "3.0"}, "each job ran what its own command asked for"


@pytest.mark.long
def test_tags_that_are_shortened_alike_stay_apart(run, emulator: Emulator, tmp_path: Path) -> None:
    for folder, lr in (("a-b", 1), ("a.b", 2)):
        path = tmp_path / folder / "model.py"
        path.parent.mkdir()
        path.write_text(f"import os\nopen(os.environ['SM_MODEL_DIR'] + '/m', 'w').write('{lr}')")
        assert run("synebench", "fit", str(path), "--wait").error is None
    assert run("synebench", "fetch", "one", "a-b/model").error is None
    assert run("synebench", "fetch", "two", "a.b/model").error is None
    assert [(Path(name) / "m").read_text() for name in ("one", "two")] == ["1", "2"]


@pytest.mark.long
def test_hostile_damaged_and_replaced_archives(
    run, emulator: Emulator, model_script: Path, tmp_path: Path
) -> None:
    words = [f"--config.output_path=s3://{emulator.bucket}/models", "--wait"]
    assert run("synebench", "fit", str(model_script), *words).error is None
    put_archive(emulator, "foo-model-1", packed(("ok", b"1"), ("../evil", b"x")))
    fetched = run("synebench", "fetch", "t", "foo/model")
    assert "would lie outside of the folder: refused" in fetched.message
    assert not (tmp_path / "evil").exists()
    assert not (tmp_path / "t" / "ok").exists()
    put_archive(emulator, "foo-model-1", packed(member("link", b"2", "/etc/passwd")))
    assert "is a link" in run("synebench", "fetch", "t", "foo/model").message
    put_archive(emulator, "foo-model-1", packed(("zeros", bytes(2_000_000))))
    assert (
        "--max-size allows more" in run("synebench", "fetch", "t", "foo/model", "--max-size", "1MB").message
    )
    assert run("synebench", "fetch", "t", "foo/model", "--max-size", "3MB").error is None
    assert (tmp_path / "t" / "zeros").stat().st_size == 2_000_000
    put_archive(emulator, "foo-model-1", b"no archive")
    assert "cannot be unpacked" in run("synebench", "fetch", "t", "foo/model").message
    put_archive(emulator, "foo-model-1", packed())
    assert "left no model" in run("synebench", "fetch", "t", "foo/model").message


@pytest.mark.long
def test_large_archives_of_many_parts_are_verified_and_resumed(
    run, emulator: Emulator, model_script: Path, tmp_path: Path
) -> None:
    import os

    words = [f"--config.output_path=s3://{emulator.bucket}/models", "--wait"]
    assert run("synebench", "fit", str(model_script), *words).error is None
    content = packed(("noise", os.urandom(20_000_000)))
    s3, key = emulator.client("s3"), "models/foo-model-1/output/model.tar.gz"
    import io

    from boto3.s3.transfer import TransferConfig

    config = TransferConfig(multipart_threshold=8 * 1024**2, multipart_chunksize=8 * 1024**2)
    s3.upload_fileobj(io.BytesIO(content), emulator.bucket, key, Config=config)
    etag = s3.head_object(Bucket=emulator.bucket, Key=key)["ETag"].strip('"')
    assert etag.endswith("-3")
    folder = tmp_path / "t"
    folder.mkdir()
    (folder / f".model.tar.gz.{etag}.part").write_bytes(content[:15_000_000])
    before = emulator.calls()["GetObject"]
    fetched = run("synebench", "fetch", str(folder), "foo/model", "--no-extract")
    assert fetched.error is None, fetched.message
    assert (folder / "model.tar.gz").read_bytes() == content
    assert emulator.calls()["GetObject"] - before <= 2, "the rest, and the job document"
    (folder / f".model.tar.gz.{etag}.part").write_bytes(b"x" * 15_000_000)
    assert run("synebench", "fetch", str(folder), "foo/model", "--no-extract").error is None
    assert (folder / "model.tar.gz").read_bytes() == content


@pytest.mark.long
@pytest.mark.parametrize(
    "emulator",
    [
        # Which calls fail depends on how often is polled; none is to fail six times in a row.
        {"fail_rate": 0.08, "timeout": 0.5, "seed": 3},
        # With this seed, answers of calls that were carried out are lost.
        {"fail_rate": 0.6, "timeout": 0.1, "seed": 3, "fail_operations": ("CreateTrainingJob",)},
    ],
    indirect=True,
)
def test_calls_that_fail_make_no_second_job(run, emulator: Emulator, model_script: Path) -> None:
    for number in range(1, 4):
        fitted = run("synebench", "fit", str(model_script), "--param", f"lr={number}", "--wait")
        assert fitted.error is None, fitted.message
        assert fitted.stdout == f"foo-model-{number}\n"
        fetched = run("synebench", "fetch", "t", "foo/model")
        assert fetched.error is None, fetched.message
        assert Path("t/weights.txt").read_text().startswith(f"{number}.0")


@pytest.mark.long
def test_printed_commands_work_as_printed(run, emulator: Emulator, model_script: Path) -> None:
    fitted = run("synebench", "fit", str(model_script), "--param", "note=hello there", "--wait")
    lines = dict(
        line.split(":", 1) for line in fitted.stderr.splitlines() if line.startswith(("Log:", "Next:"))
    )
    program, *words = shlex.split(lines["Next"])
    assert run(program, *words).error is None
    assert (Path("foo-model-1") / "weights.txt").is_file()
    aws = Path(sys.executable).with_name("aws")
    if not aws.exists():
        pytest.skip("there is no aws command beside this Python")
    command = [str(aws), *shlex.split(lines["Log"])[1:]]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout == "training with 1.0 hello there\n", done.stderr
