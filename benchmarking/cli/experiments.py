"""Pick one experiment of a study by what a person would type."""

from __future__ import annotations

from syne_core.errors import UnknownNameError, UsageError
from syne_core.experiments import ExperimentFolder, scan_study

__all__ = ["find_experiment", "short_name"]


def short_name(experiment: ExperimentFolder) -> str:
    """``METHOD-SEED``, which names an experiment in most studies."""
    return f"{experiment.method}-{experiment.seed}"


def find_experiment(tag: str, name: str) -> ExperimentFolder:
    """The experiment of study ``tag`` that ``name`` means: ``METHOD-SEED``, or (part of) its folder's name.

    :raises UnknownNameError: if there is no such study or experiment
    :raises UsageError: if several fit
    """
    experiments = scan_study(tag).good
    exact = [experiment for experiment in experiments if short_name(experiment) == name]
    partial = [experiment for experiment in experiments if name in experiment.name]
    for found in (exact, partial):
        if len(found) == 1:
            return found[0]
        if found:
            names = "\n".join(f"  {experiment.name}" for experiment in found)
            raise UsageError(f"'{name}' may be any of these; give more of the name:\n{names}")
    raise UnknownNameError(f"experiment of {tag}", name, [short_name(e) for e in experiments])
