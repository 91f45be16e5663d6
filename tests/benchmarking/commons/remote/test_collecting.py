"""A study that really runs as jobs: seen while it runs, stopped, collected, and then like any other."""

from __future__ import annotations

from typing import Any

import pytest
from sleeping_jobs import wait_for

from benchmarking.commons.launch_remote_common import RemoteLauncher
from benchmarking.commons.remote.pulling.pulled_files import EVERYTHING
from benchmarking.commons.remote.pulling.pulling import pull_study
from benchmarking.commons.remote.records.place import Place
from benchmarking.commons.remote.records.remote_study import RemoteStudy, pick_experiment, read_study
from benchmarking.commons.remote.stopping import stop_experiments
from benchmarking.commons.remote.viewing.job_logs import show_log
from benchmarking.commons.remote.viewing.overview import StudyView, look_at
from syne_core.emulator import Emulator
from syne_core.experiments import load_study, scan_study

TAG = "far_away"
WORDS = ("--experiment_tag", TAG, "--max_wallclock_time", "600", "--max_num_evaluations")


def log_of(study: RemoteStudy, name: str, trial: int | None = None) -> str:
    shown: list[str] = []
    show_log(study, pick_experiment(study, name), trial, False, shown.append)
    return "".join(shown)


def ended(study: RemoteStudy) -> StudyView | None:
    view = look_at(study)
    return view if view.has_ended and not view.jobs else None


@pytest.mark.long
@pytest.mark.parametrize("emulator", [{"grace": 20.0}], indirect=True)
def test_a_study_is_seen_stopped_and_collected(
    emulator: Emulator, remote_launcher: RemoteLauncher, run_remote: Any
) -> None:
    assert run_remote(remote_launcher, *WORDS, "8", "--method", "RS", "--num_seeds", "2", "--wait").code == 0
    assert run_remote(remote_launcher, *WORDS, "100000", "--method", "ASHA").code == 0
    study = read_study(Place.find(), TAG)
    assert [one.short_name for one in study.experiments] == ["RS-0", "RS-1", "ASHA-0"]
    wait_for(lambda: (look_at(study).experiments[2].progress or {}).get("num_reports"), 120)
    assert look_at(study).counts == {"running": 1, "finished": 2}
    assert look_at(study).jobs == 1
    assert "RS on parabola, seed 0" in log_of(study, "RS-0")
    assert "[tune-metric]" in log_of(study, "RS-1", 0)

    stopped = stop_experiments(study, [pick_experiment(study, "ASHA-0")])
    assert len(stopped.jobs) == 1
    view = wait_for(lambda: ended(study), 120)
    assert view.counts == {"stopped": 1, "finished": 2}
    assert view.experiments[0].progress["num_reports"] >= 8

    pulled = pull_study(study, EVERYTHING)
    assert pulled.kept == ()
    assert pull_study(study, EVERYTHING).files == 0
    states = {one.method: one.state for one in scan_study(TAG).good}
    assert states == {"RS": "finished", "ASHA": "interrupted"}
    assert not scan_study(TAG).broken
    (benchmark,) = load_study(TAG).benchmarks
    assert {setup.method: len(setup.seeds) for setup in benchmark.setups} == {"RS": 2, "ASHA": 1}
    finished = [one for one in scan_study(TAG).good if one.method == "RS"]
    assert "[tune-metric]" in finished[0].trial_paths(0).stdout.read_text()
