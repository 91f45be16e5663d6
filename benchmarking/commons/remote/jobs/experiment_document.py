"""Resolved experiments as JSON: how a job learns what to run, without working it out a second time."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import Any

from benchmarking.commons.study.experiment import Experiment, RunnableBenchmark
from syne_core.errors import UsageError

__all__ = ["EXPERIMENTS_VARIABLE", "ResolvedExperiment", "given_experiments", "read_document", "to_document"]

#: Names, in a job, what holds the experiments that it is to run: a path or an S3 URI.
EXPERIMENTS_VARIABLE = "SYNEBENCH_EXPERIMENTS"

_FIELDS = tuple(field.name for field in fields(Experiment) if field.name != "definition")
_FILE = "benchmark_file"


@dataclass(frozen=True)
class ResolvedExperiment:
    """An experiment without the definition of its benchmark, which is code.

    :param values: all other fields of ``Experiment``, its id among them
    :param benchmark_file: the file that defines the benchmark, where it is none of the launcher's
    """

    values: Mapping[str, Any]
    benchmark_file: str | None = None

    @classmethod
    def of(cls, document: Any) -> ResolvedExperiment:
        """What ``to_document`` made.

        :raises UsageError: it is something else
        """
        if not isinstance(document, dict):
            raise UsageError(f"a resolved experiment must be a JSON object, is {document!r:.80}")
        if missing := [name for name in _FIELDS if name not in document]:
            raise UsageError(f"a resolved experiment lacks {', '.join(missing)}")
        return cls({name: document[name] for name in _FIELDS}, document.get(_FILE))

    @property
    def benchmark(self) -> str:
        """Name of its benchmark."""
        return str(self.values["benchmark"])

    @property
    def benchmark_as_given(self) -> str:
        """What ``--benchmark`` takes for it."""
        return self.benchmark_file or self.benchmark

    def with_definition(self, definition: RunnableBenchmark) -> Experiment:
        """The experiment; its id is the one it came with."""
        return Experiment(**self.values, definition=definition)


def to_document(experiment: Experiment, benchmark_file: str | None = None) -> dict[str, Any]:
    """``experiment`` as JSON, but for the definition of its benchmark.

    :param benchmark_file: the file that defines it, as a path in the job; None: the launcher knows it
    """
    document = {name: getattr(experiment, name) for name in _FIELDS}
    return {**document, _FILE: benchmark_file} if benchmark_file else document


def given_experiments(environment: Mapping[str, str]) -> list[ResolvedExperiment] | None:
    """The experiments that this job is to run; None outside of such a job.

    :raises UsageError: what the variable names cannot be read
    """
    where = environment.get(EXPERIMENTS_VARIABLE)
    if not where:
        return None
    documents = read_document(where)["experiments"]
    return [ResolvedExperiment.of(document) for document in documents]


@lru_cache(maxsize=4)
def read_document(where: str) -> dict[str, Any]:
    """The document at a path or an S3 URI: an object with a list ``experiments``, or that list alone.

    It is read once, and not to be changed.

    :raises UsageError: it cannot be read, or is something else
    :raises SyneError: S3 does not answer
    """
    try:
        content = _from_s3(where) if where.startswith("s3://") else Path(where).read_bytes()
        document = json.loads(content)
    except OSError as error:
        raise UsageError(f"{EXPERIMENTS_VARIABLE}: {where}: {error.strerror}") from None
    except ValueError as error:
        raise UsageError(f"{EXPERIMENTS_VARIABLE}: {where} is not JSON: {error}") from None
    if isinstance(document, list):
        document = {"experiments": document}
    if not isinstance(document, dict) or not isinstance(document.get("experiments"), list):
        raise UsageError(f"{EXPERIMENTS_VARIABLE}: {where} holds no list of experiments")
    return document


def _from_s3(uri: str) -> bytes:
    from syne_core.aws.client_errors import clear_errors
    from syne_core.aws.s3_objects import S3Objects
    from syne_core.aws.session import AwsSession

    bucket, _, key = uri.removeprefix("s3://").partition("/")
    with clear_errors(f"read {uri}"):
        return S3Objects(AwsSession.resolve(), bucket).get(key)
