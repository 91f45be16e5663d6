"""What ``synebench doctor --aws`` is asked, and what it finds."""

from __future__ import annotations

from dataclasses import asdict, dataclass

__all__ = ["Check", "CheckupOptions"]


@dataclass(frozen=True)
class Check:
    """One thing that was looked at.

    :param level: ``good``, ``warning`` or ``bad``
    :param what: one line: how it stands, and what to do about it
    :param is_fatal: whether jobs would be in vain, if it is bad
    """

    step: str
    level: str
    what: str
    is_fatal: bool = True

    @property
    def blocks(self) -> bool:
        """Whether no job should be tried."""
        return self.level == "bad" and self.is_fatal

    def to_json(self) -> dict[str, str]:
        """As shown by ``--json``."""
        shown = asdict(self)
        del shown["is_fatal"]
        return shown


@dataclass(frozen=True)
class CheckupOptions:
    """What is to be used; None: what a launch would use."""

    instance_type: str = "ml.m5.large"
    role: str | None = None
    s3_bucket: str | None = None
    region: str | None = None
