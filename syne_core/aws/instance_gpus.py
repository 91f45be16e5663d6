"""How many GPUs an instance has, as AWS publishes it ("Amazon EC2 instance types", accelerated computing)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

__all__ = ["GPUS", "instance_gpus"]

_SIZES = ("xlarge", "2xlarge", "4xlarge", "8xlarge", "16xlarge")

#: GPUs of one instance.
GPUS: Mapping[str, int] = MappingProxyType(
    {
        **{f"ml.{family}.{size}": 1 for family in ("g4dn", "g5", "g6", "g6e") for size in _SIZES},
        "ml.g4dn.12xlarge": 4,
        **{f"ml.{family}.{size}": 4 for family in ("g5", "g6", "g6e") for size in ("12xlarge", "24xlarge")},
        **{f"ml.{family}.48xlarge": 8 for family in ("g5", "g6", "g6e")},
        "ml.p2.xlarge": 1,
        "ml.p2.8xlarge": 8,
        "ml.p2.16xlarge": 16,
        "ml.p3.2xlarge": 1,
        "ml.p3.8xlarge": 4,
        "ml.p3.16xlarge": 8,
        "ml.p3dn.24xlarge": 8,
        "ml.p4d.24xlarge": 8,
        "ml.p4de.24xlarge": 8,
        "ml.p5.48xlarge": 8,
    }
)


def instance_gpus(instance_type: str) -> int | None:
    """How many GPUs ``instance_type`` has; None where the table does not say, or where there are none."""
    return GPUS.get(instance_type)
