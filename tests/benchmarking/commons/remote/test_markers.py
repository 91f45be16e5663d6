"""States of remote experiments, read from the names of S3 objects."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest

from benchmarking.commons.remote.records.markers import (
    CODE,
    StateRecord,
    read_record,
    read_states,
    write_state,
)
from syne_core.paths import StudyKeys

if TYPE_CHECKING:
    from syne_core.emulator import Emulator

TAG = "some_tag"


def _record(attempt: int = 0, **fields: Any) -> StateRecord:
    return StateRecord("some_tag/RS-0/some_tag-b-0-aaaaaaaa", attempt, f"job-a{attempt}", 12.5, **fields)


class _Listing:
    """An S3 that lists what it is told, two keys a page."""

    def __init__(self, ages: dict[str, float]) -> None:
        start = datetime(2026, 1, 1, tzinfo=timezone.utc)
        self._found = [
            {
                "Key": StudyKeys(TAG).status + name,
                "LastModified": start + timedelta(seconds=age),
                "Size": 1,
                "ETag": '"x"',
            }
            for name, age in sorted(ages.items())
        ]
        self.calls = 0

    def list_objects_v2(self, StartAfter: str = "", **_: Any) -> dict[str, Any]:
        self.calls += 1
        left = [one for one in self._found if not StartAfter or one["Key"] > StartAfter]
        return {"Contents": left[:2], "IsTruncated": len(left) > 2}


def test_newest_marker_counts_over_all_pages() -> None:
    s3 = _Listing({"aaaaaaaa.running": 5, "aaaaaaaa.failed": 3, "bbbbbbbb.queued": 0, "bbbbbbbb.launched": 1})
    states = read_states(s3, "bucket", TAG)
    assert {id8: state.state for id8, state in states.items()} == {
        "aaaaaaaa": "running",
        "bbbbbbbb": "launched",
    }
    assert states["aaaaaaaa"].markers.keys() == {"running", "failed"}
    assert s3.calls == 2


def test_of_markers_of_the_same_second_the_later_state_counts() -> None:
    states = read_states(_Listing({"aaaaaaaa.finished": 1, "aaaaaaaa.running": 1}), "bucket", TAG)
    assert states["aaaaaaaa"].state == "finished"


def test_other_objects_are_no_states() -> None:
    assert read_states(_Listing({"aaaaaaaa.dancing": 1, "readme": 1, ".running": 1}), "bucket", TAG) == {}


def test_a_new_state_replaces_the_others(emulator: Emulator) -> None:
    s3, bucket = emulator.client("s3"), emulator.bucket
    for state in ("queued", "launched", "running"):
        write_state(s3, bucket, TAG, "aaaaaaaa", state, _record())
    failure = _record(2, cause=CODE, reason="it broke", log_tail=("one", "two"))
    write_state(s3, bucket, TAG, "aaaaaaaa", "failed", failure, known=("running",))
    states = read_states(s3, bucket, TAG)
    assert states["aaaaaaaa"].markers.keys() == {"failed"}
    assert read_record(s3, bucket, TAG, "aaaaaaaa", "failed") == failure
    assert read_record(s3, bucket, TAG, "aaaaaaaa", "running") is None


def test_a_marker_without_content_still_counts(emulator: Emulator) -> None:
    s3, bucket = emulator.client("s3"), emulator.bucket
    s3.put_object(Bucket=bucket, Key=StudyKeys(TAG).marker("aaaaaaaa", "running"), Body=b"{not json")
    assert read_states(s3, bucket, TAG)["aaaaaaaa"].state == "running"
    assert read_record(s3, bucket, TAG, "aaaaaaaa", "running") is None


def test_an_unknown_state_is_not_written() -> None:
    with pytest.raises(ValueError, match="dancing"):
        write_state(None, "bucket", TAG, "aaaaaaaa", "dancing", _record())


def test_a_long_log_is_cut_from_its_start() -> None:
    record = _record(log_tail=tuple(map(str, range(100))))
    assert StateRecord.from_json(record.to_json()).log_tail[-1] == "99"
    assert len(record.to_json()["log_tail"]) == 40
