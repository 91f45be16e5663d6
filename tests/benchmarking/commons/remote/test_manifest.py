"""The manifest of a remote study."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from benchmarking.commons.remote.records.manifest import Manifest, add_to_manifest, read_manifest
from syne_core.errors import RefusedError, ResultsError
from syne_core.paths import StudyKeys

if TYPE_CHECKING:
    from syne_core.emulator import Emulator


def _manifest(*ids: str, command: str = "launch", **fields: Any) -> Manifest:
    experiments = tuple({"id": one, "name": f"t/RS-0/t-b-0-{one}", **fields} for one in ids)
    return Manifest("t", (command,), "local", 1.0, experiments)


def test_there_is_none_of_a_study_that_was_never_launched(emulator: Emulator) -> None:
    assert read_manifest(emulator.client("s3"), emulator.bucket, "t") is None


def test_a_second_launch_adds_and_replaces(emulator: Emulator) -> None:
    s3, bucket = emulator.client("s3"), emulator.bucket
    add_to_manifest(s3, bucket, _manifest("a", "b", seed=0))
    add_to_manifest(s3, bucket, _manifest("b", "c", command="again", seed=1))
    found = read_manifest(s3, bucket, "t")
    assert found is not None
    assert [(one["id"], one["seed"]) for one in found.experiments] == [("a", 0), ("b", 1), ("c", 1)]
    assert found.command == ("again",)


def test_launches_at_the_same_time_lose_nothing(emulator: Emulator) -> None:
    s3, bucket = emulator.client("s3"), emulator.bucket
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda n: add_to_manifest(s3, bucket, _manifest(f"{n}")), range(6)))
    found = read_manifest(s3, bucket, "t")
    assert found is not None
    assert {one["id"] for one in found.experiments} == {f"{n}" for n in range(6)}


def test_what_speaks_against_adding_is_raised_before_anything_is_written(emulator: Emulator) -> None:
    s3, bucket = emulator.client("s3"), emulator.bucket
    add_to_manifest(s3, bucket, _manifest("a"))

    def refuse(earlier: Manifest) -> None:
        raise RefusedError(f"{earlier.backend} before")

    with pytest.raises(RefusedError, match="local before"):
        add_to_manifest(s3, bucket, _manifest("b"), refuse)
    found = read_manifest(s3, bucket, "t")
    assert found is not None
    assert len(found.experiments) == 1


@pytest.mark.parametrize("body", [b"", b"[]", b'{"version": 2}', b'{"version": 1, "tag": "t"}'])
def test_a_damaged_manifest_is_named(emulator: Emulator, body: bytes) -> None:
    s3, bucket = emulator.client("s3"), emulator.bucket
    s3.put_object(Bucket=bucket, Key=StudyKeys("t").manifest, Body=body)
    with pytest.raises(ResultsError, match="manifest"):
        read_manifest(s3, bucket, "t")
