"""Jobs are known by their names, and by their whole names."""

from __future__ import annotations

import pytest

from benchmarking.commons.remote.queue.jobs_in_progress import is_job_of, our_job
from benchmarking.commons.remote.records.remote_study import RemoteExperiment
from syne_core.paths import experiment_job_name, trial_job_name

ID = "0a1b2c3d" + "0" * 56
EXPERIMENT = RemoteExperiment(ID, f"t/RS-3/t-digits-3-{ID[:8]}", "RS", 3, "digits", "local")


@pytest.mark.parametrize("tag", ["t", "tutorial_local", "x" * 60, "a-0a1b2c3d-a0"])
def test_names_tell_experiment_trial_and_number(tag: str) -> None:
    own = our_job(experiment_job_name(tag, "RS", 3, ID[:8], 12))
    assert own is not None
    assert is_job_of(own, tag, EXPERIMENT)
    trial = our_job(trial_job_name(tag, ID[:8], 456, 7))
    assert trial is not None
    assert (trial.id8, trial.trial, trial.number) == (ID[:8], 456, 7)
    assert is_job_of(trial, tag, EXPERIMENT)


@pytest.mark.parametrize(
    "name", ["somebody-elses", "0a1b2c3d", "0a1b2c3d-x-r0-t", "x-0A1B2C3D-a0", "-0a1b2c3d-a0"]
)
def test_other_names_are_nobodys(name: str) -> None:
    assert our_job(name) is None


@pytest.mark.parametrize(
    "name",
    [
        trial_job_name("t2", ID[:8], 0, 0),
        trial_job_name("t", "ffffffff", 0, 0),
        experiment_job_name("t2", "RS", 3, ID[:8], 0),
        experiment_job_name("t", "RS", 4, ID[:8], 0),
        experiment_job_name("t", "ASHA", 3, ID[:8], 0),
    ],
)
def test_jobs_of_other_studies_are_not_ours(name: str) -> None:
    job = our_job(name)
    assert job is not None
    assert not is_job_of(job, "t", EXPERIMENT)
