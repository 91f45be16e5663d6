"""Which GPUs a trial sees: free ones first, none shared unless that was asked for."""

from __future__ import annotations

import os
import subprocess
from collections import Counter
from collections.abc import Sequence

from syne_core.errors import UsageError

__all__ = ["GpuPool", "environment", "visible_gpus"]

VISIBLE = "CUDA_VISIBLE_DEVICES"


def visible_gpus(wanted: Sequence[int | str] | None = None) -> list[str]:
    """Identifiers of the GPUs that this process may use, as ``CUDA_VISIBLE_DEVICES`` has them.

    Asks ``nvidia-smi``; without it there are none. A ``CUDA_VISIBLE_DEVICES`` that is set restricts them.

    :param wanted: only these of them
    :raises UsageError: if one of ``wanted`` is not there
    """
    usable = _usable()
    if wanted is None:
        return usable
    chosen = [str(gpu) for gpu in wanted]
    if missing := [gpu for gpu in chosen if gpu not in usable]:
        raise UsageError(f"gpus_to_use: no GPU {', '.join(missing)}; valid: {', '.join(usable) or '(none)'}")
    return chosen


def _usable() -> list[str]:
    try:
        done = subprocess.run(
            ["nvidia-smi", "--query-gpu=index", "--format=csv,noheader"],
            capture_output=True,
            text=True,
            check=False,
            timeout=30,
        )
    except (OSError, subprocess.TimeoutExpired):
        return []
    if done.returncode != 0:
        return []
    present = [line.strip() for line in done.stdout.splitlines() if line.strip()]
    allowed = os.environ.get(VISIBLE)
    if allowed is None:
        return present
    return [name for name in (part.strip() for part in allowed.split(",")) if name and name != "-1"]


class GpuPool:
    """Gives GPUs to trials.

    :param gpus: identifiers of those to give; empty on a machine without GPUs, where trials get none
    :param per_trial: GPUs for each trial
    :param share: give GPUs to several trials when none is free, those with the fewest trials first
    :raises UsageError: if a trial needs more GPUs than there are
    """

    def __init__(self, gpus: Sequence[str], per_trial: int, share: bool = False) -> None:
        if per_trial < 0:
            raise UsageError(f"num_gpus_per_trial must not be negative, is {per_trial}")
        if gpus and per_trial > len(gpus):
            raise UsageError(f"num_gpus_per_trial is {per_trial}, but there are only {len(gpus)} GPUs")
        self._gpus = list(gpus)
        self._per_trial = per_trial
        self._share = share
        self._held: dict[str, list[str]] = {}
        self._last_use: Counter[str] = Counter()
        self._clock = 0

    @property
    def capacity(self) -> int | None:
        """Trials that can run at a time without sharing; None if GPUs do not limit them."""
        return len(self._gpus) // self._per_trial if self._gpus and self._per_trial else None

    def acquire(self, key: str) -> list[str] | None:
        """GPUs for ``key``; None where GPUs are not assigned. The least recently used free ones.

        :raises UsageError: if too few are free and sharing was not asked for
        """
        if self.capacity is None:
            return None
        load = Counter(gpu for held in self._held.values() for gpu in held)
        order = sorted(self._gpus, key=lambda gpu: (load[gpu], self._last_use[gpu], self._gpus.index(gpu)))
        chosen = order[: self._per_trial]
        if not self._share and any(load[gpu] for gpu in chosen):
            raise UsageError(
                f"no GPU is free: {len(self._held)} trials run on {len(self._gpus)} GPUs, "
                f"{self._per_trial} each; use fewer workers, or ask for sharing (oversubscribe_gpus)"
            )
        self._clock += 1
        for gpu in chosen:
            self._last_use[gpu] = self._clock
        self._held[key] = chosen
        return chosen

    def release(self, key: str) -> None:
        """The GPUs of ``key`` are free again."""
        self._held.pop(key, None)


def environment(gpus: list[str] | None) -> dict[str, str]:
    """What to add to the environment of a trial that was given ``gpus``."""
    return {} if gpus is None else {VISIBLE: ",".join(gpus)}
