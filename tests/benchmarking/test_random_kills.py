"""A study whose tuner is killed again and again ends up as if nothing had happened.

Its later trials wait until it may end: however slow this process is, it is not over before it is killed.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest

from syne_core.journal import read_journal

REPORTS_PER_KILL = 30
#: Trials of fewer than all reports, even if each makes all of its 4.
TRIALS_PER_REPORT = 0.2
WAITS = """
import pathlib, time
trial = int(pathlib.Path(args.st_checkpoint_dir).parent.name)
while trial >= {num_trials} and not os.path.exists({gate!r}):
    time.sleep(0.01)
report = Reporter()
"""


@dataclass(frozen=True)
class Study:
    """A study of one experiment.

    :param may_end: a file; before it exists, the study goes on
    """

    command: list[str]
    tag: str
    may_end: Path

    def journal(self) -> Path | None:
        """Its journal, when there is one."""
        return next(iter(Path(os.environ["SYNETUNE_FOLDER"]).glob(f"{self.tag}/*/*/journal.jsonl")), None)


def run_with_kills(study: Study, num_kills: int, seed: int) -> int:
    """Run ``study`` to its end, killing it ``num_kills`` times at random moments; number of kills."""
    rng, kills, journal = random.Random(seed), 0, study.journal
    while True:
        if kills == num_kills:
            study.may_end.touch()
        process = subprocess.Popen(
            study.command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )
        if kills == num_kills:
            _, errors = process.communicate(timeout=400)
            assert process.returncode == 0, errors
            return kills
        # Not before it has done something, or it would never get anywhere.
        path = journal()
        size = path.stat().st_size if path else 0
        deadline = time.monotonic() + 180
        while process.poll() is None and ((path := journal()) is None or path.stat().st_size <= size):
            assert time.monotonic() < deadline
            time.sleep(0.002)
        time.sleep(rng.uniform(0, 0.25))
        process.kill()
        assert process.stderr is not None
        process.stderr.close()
        if process.wait() == 0:
            return kills
        kills += 1


def check(folder: Path) -> pd.DataFrame:
    """What must hold however often the tuner was killed."""
    table = pd.read_csv(folder / "results.csv.zip")
    assert not table.duplicated(["trial_id", "epoch"]).any(), "no report doubled"
    for _, epochs in table.sort_values("st_tuner_time", kind="stable").groupby("trial_id").epoch:
        assert sorted(epochs) == list(range(1, len(epochs) + 1)), "no report lost"
    assert table.st_tuner_time.is_monotonic_increasing, "the clock continues"
    records = list(read_journal(folder / "journal.jsonl"))
    ended = [r["trial"] for r in records if r["event"] == "end_run" and r["state"] == "Completed"]
    assert len(ended) == len(set(ended)), "nothing finished is run again"
    assert [r["event"] for r in records].count("end") == 1
    assert json.loads((folder / "status.json").read_text())["state"] == "finished"
    return table


def study(
    make_launcher: Callable[..., Path], script: Path, method: str, tag: str, num_reports: int = 60
) -> Study:
    """A study whose reports take 0.02 s."""
    text, may_end = script.read_text(), script.parents[1] / "may-end"
    if "sleep" not in text:
        waits = WAITS.format(num_trials=int(num_reports * TRIALS_PER_REPORT), gate=str(may_end))
        text = text.replace("report(epoch", "time.sleep(0.02); report(epoch")
        script.write_text(text.replace("report = Reporter()\n", waits))
    words = ["--experiment_tag", tag, "--benchmark", "parabola", "--method", method, "--random_seed", "3"]
    words += ["--max_num_evaluations", str(num_reports), "--max_failures", "0"]
    words += ["--max_wallclock_time", "10m"]
    return Study([sys.executable, str(make_launcher()), *words], tag, may_end)


def configs(table: pd.DataFrame) -> dict[int, float]:
    """By trial; the last ones may have been stopped before they reported anything."""
    return {int(trial): float(x) for trial, x in table.groupby("trial_id").config_x.first().items()}


@pytest.mark.parametrize(
    ("method", "num_kills"),
    [
        ("RS", 3),
        ("ASHA", 2),
        pytest.param("RS", 25, marks=pytest.mark.soak),
        pytest.param("ASHA", 25, marks=pytest.mark.soak),
    ],
)
def test_a_study_survives_kills_at_random_moments(
    make_launcher: Callable[..., Path], script: Path, method: str, num_kills: int
) -> None:
    num_reports = REPORTS_PER_KILL * num_kills
    killed = study(make_launcher, script, method, "killed", num_reports)
    assert run_with_kills(killed, num_kills, seed=num_kills) == num_kills
    path = killed.journal()
    assert path is not None
    table = check(path.parent)
    assert len(table) >= num_reports
    if method == "RS":  # random search ends as an uninterrupted run does
        plain = study(make_launcher, script, method, "plain", num_reports)
        run_with_kills(plain, 0, seed=0)
        path = plain.journal()
        assert path is not None
        found, expected = configs(table), configs(check(path.parent))
        common = found.keys() & expected.keys()
        assert len(common) > 10
        assert {trial: found[trial] for trial in common} == {trial: expected[trial] for trial in common}


def test_the_kill_is_real(make_launcher: Callable[..., Path], script: Path) -> None:
    """The tests above would pass if nothing were ever killed."""
    once = study(make_launcher, script, "RS", "once")
    process = subprocess.Popen(once.command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 180
    while once.journal() is None:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.kill()
    assert process.wait() == -signal.SIGKILL
    path = once.journal()
    assert path is not None
    assert "end" not in [record["event"] for record in read_journal(path)]
