"""A check for continuous integration: is B worse than A by more than is allowed?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from syne_core.experiments.comparison import ComparedSetups
from syne_core.experiments.comparison_sides import Margin
from syne_core.experiments.pair_verdicts import number_text

__all__ = ["CheckResult", "CheckedLine", "check_not_worse"]

CheckResult = Literal["passed", "unsure", "failed"]


@dataclass(frozen=True)
class CheckedLine:
    """What the check says of one line of a comparison."""

    benchmark: str
    name: str
    result: CheckResult
    sentence: str


def check_not_worse(lines: Sequence[ComparedSetups], margin: Margin) -> list[CheckedLine]:
    """Check each of ``lines``.

    - ``failed``: B is shown to be worse (by Wilcoxon's test after Holm, or because the joint interval of the
      mean difference excludes 0), and its mean is worse by more than ``margin``. Also if there was nothing to
      compare, or B found nothing finite in any seed in which A did: nothing was checked then.
    - ``passed``: the joint interval excludes that B is worse by more than ``margin``.
    - ``unsure``: neither.
    """
    return [_checked(line, margin.of(line.mean_a)) for line in lines]


def _checked(line: ComparedSetups, allowed: float) -> CheckedLine:
    result, about = _result(line, allowed)
    return CheckedLine(line.benchmark, line.name, result, f"{line.name} on {line.benchmark}: {about}")


def _result(line: ComparedSetups, allowed: float) -> tuple[CheckResult, str]:
    found, joint = line.pair.comparison, line.joint
    if found.n == 0:
        if line.only_a:
            return "failed", f"B found nothing finite in {line.only_a} seeds in which A did."
        return "failed", "nothing could be checked: no seed is known for both A and B."
    change = f"{number_text(-found.mean_difference)} worse" if found.mean_difference < 0 else "no worse"
    about = f"B is {change} on average, {number_text(allowed)} is allowed"
    if found.n > 1:
        about += f", interval of B's advantage {number_text(joint.lower)} to {number_text(joint.upper)}"
    shown = line.pair.verdict == "worse" or joint.upper < 0
    if shown and found.mean_difference < -allowed:
        return "failed", f"{about}."
    if joint.lower >= -allowed:
        return "passed", f"{about}."
    return "unsure", f"{about}; whether B is worse by more than that cannot be told from {found.n} seeds."
