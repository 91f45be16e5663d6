"""Results of experiments: load, align over seeds, aggregate, plot, tabulate.

Public names load when first used: scanning folders needs neither pandas nor matplotlib.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # what __getattr__ loads, for type checkers and editors
    from syne_core.experiments.aggregate import MeanCurve, mean_curve
    from syne_core.experiments.comparative.comparative_results import ComparativeResults
    from syne_core.experiments.comparative.plot_parameters import (
        MultiFidelityParameters,
        PlotParameters,
        ShowTrialParameters,
        SubplotParameters,
    )
    from syne_core.experiments.comparative.trials_of_experiment import TrialsOfExperimentResults
    from syne_core.experiments.experiment_folder import BrokenExperiment, ExperimentFolder
    from syne_core.experiments.experiment_result import ExperimentResult
    from syne_core.experiments.figure_file import save_figure
    from syne_core.experiments.final_values import FinalRow, final_table
    from syne_core.experiments.incumbent import StepCurve, incumbent_curve
    from syne_core.experiments.incumbent_figure import plot_incumbent
    from syne_core.experiments.listing import (
        get_metadata,
        list_experiments,
        load_experiment,
        load_experiments_df,
    )
    from syne_core.experiments.run_times import TrialRun, busy_workers, trial_runs, utilisation
    from syne_core.experiments.scan import ScannedExperiments, scan_experiments, scan_study, study_tags
    from syne_core.experiments.study_loader import load_studies, load_study
    from syne_core.experiments.study_results import StudyResults
    from syne_core.experiments.trial_rows import experiment_trials, trial_table
    from syne_core.experiments.verdicts import StudyVerdict, judge

_HOME = {
    "BrokenExperiment": "experiment_folder",
    "ComparativeResults": "comparative.comparative_results",
    "ExperimentFolder": "experiment_folder",
    "ExperimentResult": "experiment_result",
    "FinalRow": "final_values",
    "MeanCurve": "aggregate",
    "MultiFidelityParameters": "comparative.plot_parameters",
    "PlotParameters": "comparative.plot_parameters",
    "ScannedExperiments": "scan",
    "ShowTrialParameters": "comparative.plot_parameters",
    "StepCurve": "incumbent",
    "StudyResults": "study_results",
    "StudyVerdict": "verdicts",
    "SubplotParameters": "comparative.plot_parameters",
    "TrialRun": "run_times",
    "TrialsOfExperimentResults": "comparative.trials_of_experiment",
    "busy_workers": "run_times",
    "experiment_trials": "trial_rows",
    "final_table": "final_values",
    "get_metadata": "listing",
    "incumbent_curve": "incumbent",
    "judge": "verdicts",
    "list_experiments": "listing",
    "load_experiment": "listing",
    "load_experiments_df": "listing",
    "load_studies": "study_loader",
    "load_study": "study_loader",
    "mean_curve": "aggregate",
    "plot_incumbent": "incumbent_figure",
    "save_figure": "figure_file",
    "scan_experiments": "scan",
    "scan_study": "scan",
    "study_tags": "scan",
    "trial_runs": "run_times",
    "trial_table": "trial_rows",
    "utilisation": "run_times",
}

__all__ = [
    "BrokenExperiment",
    "ComparativeResults",
    "ExperimentFolder",
    "ExperimentResult",
    "FinalRow",
    "MeanCurve",
    "MultiFidelityParameters",
    "PlotParameters",
    "ScannedExperiments",
    "ShowTrialParameters",
    "StepCurve",
    "StudyResults",
    "StudyVerdict",
    "SubplotParameters",
    "TrialRun",
    "TrialsOfExperimentResults",
    "busy_workers",
    "experiment_trials",
    "final_table",
    "get_metadata",
    "incumbent_curve",
    "judge",
    "list_experiments",
    "load_experiment",
    "load_experiments_df",
    "load_studies",
    "load_study",
    "mean_curve",
    "plot_incumbent",
    "save_figure",
    "scan_experiments",
    "scan_study",
    "study_tags",
    "trial_runs",
    "trial_table",
    "utilisation",
]


def __getattr__(name: str) -> object:
    try:
        home = _HOME[name]
    except KeyError:
        raise AttributeError(f"module 'syne_core.experiments' has no attribute {name!r}") from None
    return getattr(import_module(f"syne_core.experiments.{home}"), name)


def __dir__() -> "list[str]":
    return sorted(__all__)
