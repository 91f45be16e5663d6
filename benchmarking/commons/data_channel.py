"""``--dataset s3://BUCKET/FOLDER``: data of benchmarks as an input channel of SageMaker jobs.

The folder takes the place of the shared data cache: a relative ``dataset_path`` or ``input_data_dir`` lies in
it. Where it lies is no part of an experiment's identity, just as these paths are not.
"""

from __future__ import annotations

import os
from types import SimpleNamespace
from typing import TYPE_CHECKING

from benchmarking.commons.benchmark_definitions import RealBenchmarkDefinition
from syne_core.aws.runner.data_channel import CHANNEL
from syne_core.config_space import Domain
from syne_core.errors import UsageError
from syne_core.paths import DATA_KEYS

if TYPE_CHECKING:
    from benchmarking.commons.study.experiment import RunnableBenchmark
    from syne_core.aws.session import AwsSession

__all__ = ["check_data_is_there", "check_reads_dataset", "data_channels"]

_NOT_THERE = frozenset({"NoSuchBucket", "404", "NotFound"})


def data_channels(settings: SimpleNamespace) -> dict[str, str]:
    """The input channel that ``--dataset`` asks for, URI by name; none without the flag."""
    return {CHANNEL: settings.dataset} if settings.dataset else {}


def check_reads_dataset(name: str, definition: RunnableBenchmark, settings: SimpleNamespace) -> None:
    """See that ``--dataset`` reaches benchmark ``name``.

    :raises UsageError: the benchmark reads no data, or from a place of its own
    """
    if not settings.dataset:
        return
    if not isinstance(definition, RealBenchmarkDefinition):
        raise UsageError(f"--dataset: benchmark {name} is simulated and reads no data")
    paths = {key: definition.config_space[key] for key in DATA_KEYS if key in definition.config_space}
    if not paths:
        raise UsageError(
            f"--dataset does not reach benchmark {name}: its config_space has no {' or '.join(DATA_KEYS)}"
        )
    for key, path in paths.items():
        if isinstance(path, Domain) or not isinstance(path, str) or "://" in path or _is_absolute(path):
            raise UsageError(
                f"--dataset does not reach benchmark {name}: {key} is {path}; it must be relative to that "
                "folder, for example './'"
            )


def check_data_is_there(session: AwsSession, settings: SimpleNamespace) -> None:
    """See that the folder holds something. Where we may not look, jobs may still be allowed to.

    :raises UsageError: there is nothing
    """
    if not settings.dataset:
        return
    from syne_core.aws.client_errors import error_code

    bucket, _, prefix = settings.dataset.removeprefix("s3://").partition("/")
    try:
        found = session.client("s3").list_objects_v2(Bucket=bucket, Prefix=prefix, MaxKeys=1)
    except Exception as error:
        if error_code(error) not in _NOT_THERE:
            return
        raise UsageError(f"--dataset {settings.dataset}: there is no bucket '{bucket}'") from None
    if not found.get("KeyCount"):
        raise UsageError(
            f"--dataset {settings.dataset}: nothing lies there. To upload a folder: "
            f"aws s3 cp --recursive DIR {settings.dataset}"
        )


def _is_absolute(path: str) -> bool:
    return os.path.isabs(os.path.expanduser(path))
