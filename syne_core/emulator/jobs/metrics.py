"""Metric definitions: numbers found in log lines by regular expressions."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from syne_core.emulator.jobs.failures import JobFailure

__all__ = ["MetricReader"]


class MetricReader:
    """Finds the metrics of a job in its log.

    :param request: of CreateTrainingJob, with ``MetricDefinitions``
    :raises JobFailure: an expression is none
    """

    def __init__(self, request: Mapping[str, Any]) -> None:
        self._expressions: list[tuple[str, re.Pattern[str]]] = []
        for definition in request["AlgorithmSpecification"].get("MetricDefinitions", ()):
            try:
                self._expressions.append((definition["Name"], re.compile(definition["Regex"])))
            except re.error as error:
                raise JobFailure(
                    f"ClientError: Regex of metric definition {definition['Name']}: {error}"
                ) from None

    def read(self, line: str) -> Iterator[tuple[str, float]]:
        """Names and values in a line: the first group of each expression that matches a finite number."""
        for name, expression in self._expressions:
            match = expression.search(line)
            if match is None:
                continue
            try:
                value = float(match.group(1 if expression.groups else 0))
            except (ValueError, TypeError):
                continue
            if math.isfinite(value):
                yield name, value
