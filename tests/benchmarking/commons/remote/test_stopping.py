"""Stopping experiments that get on meanwhile."""

from __future__ import annotations

from typing import Any

import pytest
from fabricated_studies import FabricatedStudy

from benchmarking.commons.remote import stopping
from benchmarking.commons.remote.records.markers import StateRecord, read_record, read_states, write_state
from benchmarking.commons.remote.records.place import Place
from benchmarking.commons.remote.records.remote_study import read_study
from syne_core.emulator import Emulator


def test_an_experiment_whose_job_begins_to_run_meanwhile_is_known_by_its_job(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, bucket = emulator.client("s3"), emulator.bucket
    study = FabricatedStudy(client, bucket, states=(None,)).put()
    study.mark(0, "launched", attempt=2)
    (one,) = study.experiments
    id8 = one["id"][:8]

    def begins(s3: Any, bucket: str, tag: str, id8: str, state: str) -> StateRecord | None:
        if state == "launched":
            running = StateRecord(one["name"], 2, study.job(0, 2), 0.0)
            write_state(client, bucket, tag, id8, "running", running, ("launched",))
        return read_record(s3, bucket, tag, id8, state)

    monkeypatch.setattr(stopping, "read_record", begins)
    stopped = stopping.stop_experiments(read_study(Place.find(), study.tag))
    assert [experiment.id8 for experiment in stopped.experiments] == [id8]
    assert set(read_states(client, bucket, study.tag)[id8].markers) == {"stopped"}
    record = read_record(client, bucket, study.tag, id8, "stopped")
    assert record is not None
    assert (record.attempt, record.job) == (2, study.job(0, 2))
