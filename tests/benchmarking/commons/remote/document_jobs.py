"""Training jobs that run nothing, but tell S3 of each experiment of theirs what a real one would tell."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from benchmarking.commons.remote.jobs.experiment_document import EXPERIMENTS_VARIABLE
from benchmarking.commons.remote.records.markers import (
    CODE,
    FAILED,
    FINISHED,
    RUNNING,
    StateRecord,
    write_state,
)
from syne_core.emulator.jobs.contract import JobEnd, JobEvents, JobSurroundings
from syne_core.paths import experiment_name

if TYPE_CHECKING:
    from syne_core.emulator import Emulator

_ENDS = {
    "ok": JobEnd("Completed", "Completed"),
    "code": JobEnd("Failed", "Failed", "AlgorithmError: exit code 3"),
    "internal": JobEnd("Failed", "Failed", "InternalServerError: try again"),
    "killed": JobEnd("Failed", "Failed", "AlgorithmError: exit code 137"),
}


class DocumentJob:
    """A job in a thread."""

    def __init__(self, jobs: DocumentJobs, request: Mapping[str, Any], events: JobEvents) -> None:
        self._jobs, self._events, self._name = jobs, events, request["TrainingJobName"]
        self._uri = request["Environment"][EXPERIMENTS_VARIABLE]
        self._told_to_stop, self._over = threading.Event(), threading.Event()
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        self._events.secondary_status("Training", "")
        bucket, _, key = self._uri.removeprefix("s3://").partition("/")
        content = self._jobs.s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        document = json.loads(content)
        kind = self._jobs.kind_of(document["experiments"][0], document["attempt"])
        for one in document["experiments"]:
            self._mark(bucket, document, one, RUNNING)
            self._told_to_stop.wait(self._jobs.seconds)
            self._jobs.runs[one["id"][:8]] += 1
            if kind == "ok":
                self._mark(bucket, document, one, FINISHED)
            elif kind == "code":
                self._mark(bucket, document, one, FAILED, cause=CODE, reason="it broke")
        self._events.secondary_status("Uploading", "")
        was_stopped = self._told_to_stop.is_set()
        self._events.ended(JobEnd("Stopped", "Stopped") if was_stopped else _ENDS[kind])
        self._over.set()

    def _mark(
        self, bucket: str, document: Mapping[str, Any], one: Mapping[str, Any], state: str, **more: Any
    ) -> None:
        id8 = one["id"][:8]
        name = experiment_name(one["tag"], one["method"], one["seed"], one["benchmark"], id8)
        record = StateRecord(name, document["attempt"], self._name, time.time(), **more)
        deadline = time.monotonic() + 20
        while True:
            try:
                return write_state(self._jobs.s3, bucket, one["tag"], id8, state, record)
            except Exception:  # denied for a while
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)

    def stop(self) -> None:
        self._told_to_stop.set()

    interrupt = kill = stop

    def join(self, timeout: float | None = None) -> bool:
        return self._over.wait(timeout)


class DocumentJobs:
    """Starts them; ``emulator`` is to be set before the first.

    :param kind_of: what becomes of a job, by the document of its first experiment and the attempt
    :ivar on_start: called before each job begins
    """

    emulator: Emulator

    def __init__(
        self,
        seconds: float = 0.0,
        kind_of: Callable[[Mapping[str, Any], int], str] = lambda experiment, attempt: "ok",
    ) -> None:
        self.seconds, self.kind_of = seconds, kind_of
        self.on_start: Callable[[], object] = lambda: None
        self.runs: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._client: Any = None

    def __call__(
        self, request: Mapping[str, Any], arn: str, surroundings: JobSurroundings, events: JobEvents
    ) -> DocumentJob:
        self.on_start()
        return DocumentJob(self, request, events)

    @property
    def s3(self) -> Any:
        """A client with the credentials of jobs."""
        import boto3

        with self._lock:
            if self._client is None:
                self._client = boto3.client(
                    "s3",
                    endpoint_url=self.emulator.endpoint_url,
                    region_name=self.emulator.region,
                    aws_access_key_id="emulator",
                    aws_secret_access_key="emulator",
                )
            return self._client
