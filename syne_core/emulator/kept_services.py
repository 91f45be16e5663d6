"""Keeps what moto's S3 and logs hold in a state folder, and brings it back."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from xml.etree import ElementTree

from moto.logs.models import LogEvent
from moto.s3.models import FakeDeleteMarker

from syne_core.emulator.calls import Call
from syne_core.emulator.moto_services import MotoServices
from syne_core.emulator.state_folder import StateFolder

__all__ = ["KeptServices"]


class KeptServices:
    """Writes changes of S3 to ``state``, and logs of jobs that are over.

    What is kept of an object is its newest version, with its metadata; of a bucket, whether it has versions.
    """

    def __init__(self, moto: MotoServices, state: StateFolder, log_group: str) -> None:
        self._moto, self._state, self._log_group = moto, state, log_group

    def restore(self) -> None:
        """Bring back what an earlier session kept."""
        s3 = self._moto.s3
        for name, record in self._state.buckets().items():
            if name not in s3.buckets:
                s3.create_bucket(name, record["region"])
            if record["versioning"]:
                s3.put_bucket_versioning(name, record["versioning"])
        for bucket, name, record, content in self._state.objects():
            _restore_object(s3, bucket, name, record, content)
        for name, events in self._state.streams().items():
            self._restore_stream(name, events)

    def changed(self, call: Call, path: str, body: bytes) -> None:
        """A call that may have changed S3 was answered; called under S3's lock.

        :param path: of the request: ``/bucket/key``
        """
        bucket, _, key = path.lstrip("/").partition("/")
        if key:
            self._keep_object(bucket, key)
        elif call.operation == "DeleteObjects":
            for element in ElementTree.fromstring(body).iter():
                if element.tag.rpartition("}")[2] == "Key" and element.text:
                    self._keep_object(bucket, element.text)
        else:
            self.keep_bucket(bucket)

    def keep_bucket(self, name: str) -> None:
        """Write down that a bucket is there, or is not."""
        bucket = self._moto.s3.buckets.get(name)
        if bucket is None:
            self._state.delete_bucket(name)
        else:
            record = {"region": bucket.region_name, "versioning": bucket.versioning_status}
            self._state.save_bucket(name, record)

    def _keep_object(self, bucket: str, name: str) -> None:
        found = self._moto.s3.buckets.get(bucket)
        key = found and found.keys.get(name)
        if key is None or isinstance(key, FakeDeleteMarker):
            self._state.delete_object(bucket, name)
            return
        record = {
            "storage": key.storage_class,
            "etag": key.etag.strip('"'),
            "modified": key.last_modified.isoformat(),
            "metadata": dict(key.metadata),
            "checksum_algorithm": key.checksum_algorithm,
            "checksum_value": key.checksum_value,
        }
        self._state.save_object(bucket, name, record, key.value)

    def keep_logs(self, job_name: str) -> None:
        """Write the log streams of a job down."""
        with self._moto.lock("logs"):
            streams = self._log_streams()
            for name, stream in streams.items():
                if name.startswith(f"{job_name}/"):
                    events = [event.to_response_dict() for event in stream.events]
                    self._state.save_stream(name, events)

    def _restore_stream(self, name: str, events: list[dict[str, Any]]) -> None:
        logs = self._moto.backend("logs", self._moto.region)
        logs.create_log_stream(self._log_group, name)
        stream = self._log_streams()[name]
        stream.events = [LogEvent(event["ingestionTime"], event) for event in events]
        if events:
            newest = max(event["ingestionTime"] for event in events)
            stream.last_ingestion_time = datetime.fromtimestamp(newest / 1000)

    def _log_streams(self) -> dict[str, Any]:
        logs = self._moto.backend("logs", self._moto.region)
        streams: dict[str, Any] = logs.groups[self._log_group].streams
        return streams


def _restore_object(s3: Any, bucket: str, name: str, record: dict[str, Any], content: bytes) -> None:
    key = s3.put_object(
        bucket,
        name,
        content,
        storage=record["storage"],
        etag=record["etag"],
        checksum_value=record["checksum_value"],
        disable_notification=True,
    )
    key.checksum_algorithm = record["checksum_algorithm"]
    key.set_metadata(record["metadata"], replace=True)
    key.last_modified = datetime.fromisoformat(record["modified"])
