"""Which GPUs the experiments of a study get, when several run at once on this machine."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from syne_core.backend.local.gpus import visible_gpus
from syne_core.errors import UsageError

__all__ = ["SHARE", "gpu_shares", "own_share"]

#: Tells a worker which GPUs are its own.
SHARE = "SYNEBENCH_GPU_SHARE"


def gpu_shares(
    gpus_to_use: Sequence[int] | None,
    num_gpus_per_trial: int,
    n_workers: int,
    n_parallel: int,
    oversubscribe: bool,
) -> list[list[str]] | None:
    """GPUs of each of ``n_parallel`` experiments; None where GPUs are not assigned.

    :param n_workers: trials at a time in the largest experiment
    :raises UsageError: if they are too few and sharing was not asked for
    """
    gpus = visible_gpus(gpus_to_use) if num_gpus_per_trial else []
    if not gpus:
        return None
    if oversubscribe:
        return [gpus] * n_parallel
    needed = n_parallel * n_workers * num_gpus_per_trial
    if needed > len(gpus):
        raise UsageError(
            f"{needed} GPUs are needed (n_parallel {n_parallel} x n_workers {n_workers} x "
            f"num_gpus_per_trial {num_gpus_per_trial}), there are {len(gpus)}: {', '.join(gpus)}. "
            "Use fewer workers, or --oversubscribe_gpus 1"
        )
    each = len(gpus) // n_parallel
    return [gpus[i * each : (i + 1) * each] for i in range(n_parallel)]


def own_share(environment: Mapping[str, str] = os.environ) -> list[str] | None:
    """The GPUs that the study gave to this worker, None if it gave none or this is no worker."""
    share = environment.get(SHARE)
    return share.split(",") if share else None
