"""Real launches of simulated experiments: killed at random moments, and with experiments that fail."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import time
import zipfile
from collections import Counter
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from launch_scripts import LaunchScript, simulated_study

from syne_core.emulator import Emulator

NUM_SEEDS = 12
INSTANCE = "ml.c5.xlarge"


def results_of(emulator: Emulator, tag: str) -> dict[str, bytes]:
    """The table of each experiment, by its folder within the study."""
    s3, prefix = emulator.client("s3"), f"syne-tune/{tag}/"
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=emulator.bucket, Prefix=prefix)
    keys = [one["Key"] for page in pages for one in page.get("Contents", ())]
    found = {}
    for key in keys:
        if key.endswith("/results.csv.zip"):
            body = s3.get_object(Bucket=emulator.bucket, Key=key)["Body"].read()
            archive = zipfile.ZipFile(BytesIO(body))
            (name,) = archive.namelist()
            found[key.removeprefix(prefix).rpartition("/")[0].replace(tag, "TAG")] = archive.read(name)
    return found


def ended_jobs(emulator: Emulator) -> list[dict[str, Any]]:
    """All jobs, when those that have told their results have ended."""
    listing = emulator.client("sagemaker").get_paginator("list_training_jobs")
    deadline = time.monotonic() + 60
    while True:
        jobs = [job for page in listing.paginate() for job in page["TrainingJobSummaries"]]
        if not any(job["TrainingJobStatus"] in ("InProgress", "Stopping") for job in jobs):
            return jobs
        assert time.monotonic() < deadline
        time.sleep(0.2)


def created(emulator: Emulator) -> int:
    return emulator.calls().get("CreateTrainingJob", 0)


def kill_at_random(emulator: Emulator, study: LaunchScript, kills: int, seed: int) -> int:
    """Launch and kill; how often it was killed before it had ended by itself."""
    generator, killed = random.Random(seed), 0
    for _ in range(kills):
        with study.start("--wait") as driver:
            wanted = sum(emulator.calls().values()) + generator.randrange(1, 40)
            pause = generator.uniform(0.0, 2.0)
            deadline = time.monotonic() + 120
            while sum(emulator.calls().values()) < wanted and driver.poll() is None:
                assert time.monotonic() < deadline
                time.sleep(0.01)
            try:
                driver.communicate(timeout=pause)
            except subprocess.TimeoutExpired:
                driver.send_signal(signal.SIGKILL)
                driver.communicate()
                killed += 1
    return killed


WORDS = ("--random_seed", "7", "--max_wallclock_time", "2000")


@pytest.mark.parametrize(
    ("emulator", "kills"),
    [
        pytest.param({"quotas": {INSTANCE: 6}}, 5, marks=pytest.mark.long, id="few"),
        pytest.param({"quotas": {INSTANCE: 3}, "cold_start": 2.0}, 30, marks=pytest.mark.soak, id="many"),
    ],
    indirect=["emulator"],
)
def test_a_launch_that_is_killed_again_and_again_gives_the_results_of_one_that_was_not(
    emulator: Emulator, tmp_path: Path, kills: int
) -> None:
    study = simulated_study(tmp_path / "launcher", "kills", NUM_SEEDS, *WORDS)
    assert kill_at_random(emulator, study, kills, seed=kills) >= 5
    outcomes = study.outcomes()
    assert Counter(one["state"] for one in outcomes) == {"finished": 2 * NUM_SEEDS}
    jobs = ended_jobs(emulator)
    assert {job["TrainingJobStatus"] for job in jobs} == {"Completed"}, "none is left, none failed"
    names = [job["TrainingJobName"].rpartition("-a")[0] for job in jobs]
    assert len(names) == len(set(names)) == 2 * NUM_SEEDS, "one job for each experiment"
    # The answer to a call that the killed one did not live to see is found out by one more call.
    assert created(emulator) <= 2 * NUM_SEEDS + kills

    calm = simulated_study(tmp_path / "launcher", "calm", NUM_SEEDS, *WORDS)
    assert {one["state"] for one in calm.outcomes()} == {"finished"}
    found = results_of(emulator, "kills")
    assert len(found) == 2 * NUM_SEEDS
    assert found == results_of(emulator, "calm")


BROKEN = """
import os, signal, sys
seed = next(int(w.partition("=")[2]) for w in sys.argv if w.startswith("--start_seed"))
method = next(w.partition("=")[2] for w in sys.argv if w.startswith("--method"))

def broken(arguments):
    raise ValueError("this method is broken")

if method == "RS":
    if seed == 0:
        sys.exit(7)
    elif seed == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    elif seed == 2:
        methods["RS"] = broken
"""


@pytest.mark.long
@pytest.mark.parametrize("emulator", [{"job_start_failures": 0.2, "seed": 3}], indirect=True)
def test_three_in_ten_fail_each_in_its_way_and_they_alone_run_again(
    emulator: Emulator, tmp_path: Path
) -> None:
    """Exit code, signal (as without memory), an error of the code; and AWS itself now and then."""
    study = simulated_study(tmp_path / "launcher", "ill", 5, *WORDS)
    entry_point = study.path.with_name("hpo_main.py")
    good = entry_point.read_text()
    entry_point.write_text(good.replace('if __name__ == "__main__"', BROKEN + '\nif __name__ == "__main__"'))
    first = study.run("--wait", "--json")
    assert first.returncode == 3, first.stderr
    rows = json.loads(first.stdout)
    failed = {row["name"].split("/")[1]: row for row in rows if row["state"] == "failed"}
    assert set(failed) == {"RS-0", "RS-1", "RS-2"}
    assert {row["cause"] for row in failed.values()} == {"code"}
    assert "exit code 7" in failed["RS-0"]["reason"]
    assert "137" in failed["RS-1"]["reason"] or "-9" in failed["RS-1"]["reason"]
    assert "this method is broken" in failed["RS-2"]["reason"]
    assert Counter(row["state"] for row in rows) == {"finished": 7, "failed": 3}
    before = {job["TrainingJobName"] for job in ended_jobs(emulator)}
    assert len(before) > len(rows), "what AWS failed was tried again"
    results = results_of(emulator, "ill")
    assert len(results) == 7

    entry_point.write_text(good)
    again = study.run("--wait")
    assert again.returncode == 3
    assert {job["TrainingJobName"] for job in ended_jobs(emulator)} == before, "they are left alone"
    third = study.run("--wait", "--retry_failed", "--json")
    assert third.returncode == 0, third.stderr
    new = {job["TrainingJobName"] for job in ended_jobs(emulator)} - before
    assert {name.rpartition("-a")[0].rpartition("-")[0] for name in new} == {
        "ill-RS-0",
        "ill-RS-1",
        "ill-RS-2",
    }
    assert results.items() < results_of(emulator, "ill").items()
    assert len(results_of(emulator, "ill")) == 10
