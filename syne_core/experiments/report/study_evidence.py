"""What the statistics say of a study, collected for a report."""

from __future__ import annotations

from syne_core.experiments.report.evidence import Evidence
from syne_core.experiments.study_notes import left_out_notes, study_notes
from syne_core.experiments.study_results import StudyResults

__all__ = ["study_evidence"]


def study_evidence(study: StudyResults, confidence: float) -> Evidence:
    """Comparisons, ranks, and the answer in words.

    :param confidence: of intervals; one minus it is the level of the tests
    """
    caveats = (*study_notes(study), *left_out_notes(study))
    return Evidence(summary=(), caveats=tuple(caveats), comparisons=(), ranks=())
