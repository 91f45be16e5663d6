"""Tabulated benchmarks: what a trial would report, without running it."""

from syne_core.blackbox.blackbox import Blackbox, LearningCurve

__all__ = ["Blackbox", "LearningCurve"]
