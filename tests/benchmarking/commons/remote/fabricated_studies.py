"""Remote studies that nobody ran: manifest, markers and results are put onto S3 directly."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarking.commons.remote.records.manifest import Manifest, add_to_manifest
from benchmarking.commons.remote.records.markers import StateRecord
from syne_core.paths import ExperimentKeys, StudyKeys, experiment_job_name, experiment_name


@dataclass
class FabricatedStudy:
    """A study on S3; ``states`` has one for each experiment, None for no marker."""

    client: Any
    bucket: str
    tag: str = "far_away"
    states: Sequence[str | None] = ("finished", "running", "queued")
    backend: str = "local"
    benchmark: str = "digits"
    first_id: int = 0
    more: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.experiments = [self._entry(number) for number in range(len(self.states))]

    def _entry(self, number: int) -> dict[str, Any]:
        method, seed = ("RS", "ASHA")[number % 2], number // 2
        id8 = f"{self.first_id + number:08x}"
        return {
            "id": id8 + "0" * 56,
            "name": experiment_name(self.tag, method, seed, self.benchmark, id8),
            "method": method,
            "seed": seed,
            "benchmark": self.benchmark,
            "n_workers": 4,
            "max_wallclock_time": 3600.0,
            "instance_type": "ml.g4dn.xlarge",
            "tuner_instance_type": "ml.c5.xlarge",
            "job": {},
            **self.more,
        }

    def put(self) -> FabricatedStudy:
        """Write manifest and markers."""
        words = ("python", "launch_remote.py", "--experiment_tag", self.tag)
        manifest = Manifest(self.tag, words, self.backend, time.time(), tuple(self.experiments))
        add_to_manifest(self.client, self.bucket, manifest)
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(self.mark, range(len(self.states)), self.states))
        return self

    def job(self, number: int, attempt: int = 0) -> str:
        """Name of an experiment's job."""
        one = self.experiments[number]
        return experiment_job_name(self.tag, one["method"], one["seed"], one["id"][:8], attempt)

    def mark(self, number: int, state: str | None, **record: Any) -> None:
        """Write a marker beside those that there are."""
        if state is not None:
            one = self.experiments[number]
            attempt = record.pop("attempt", 0)
            job = record.pop("job", self.job(number, attempt))
            body = StateRecord(one["name"], attempt, job, time.time(), **record)
            key = StudyKeys(self.tag).marker(one["id"][:8], state)
            self.put_object(key, json.dumps(body.to_json()))

    def keys(self, number: int) -> ExperimentKeys:
        """Where an experiment lies."""
        return ExperimentKeys(self.experiments[number]["name"])

    def put_folder(self, number: int, folder: Path) -> None:
        """Write an experiment's own files as they are in ``folder``."""
        for path in sorted(folder.iterdir()):
            if path.is_file():
                self.put_object(self.keys(number).leaf + path.name, path.read_bytes())

    def put_object(self, key: str, body: bytes | str) -> None:
        """Write an object."""
        self.client.put_object(Bucket=self.bucket, Key=key, Body=body)
