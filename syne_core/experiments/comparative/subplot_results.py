"""From tables of results to what the subplots show: incumbents by subplot, setup and seed."""

from __future__ import annotations

import logging
import math
from collections import defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from syne_core.errors import ResultsError, UnknownNameError, UsageError
from syne_core.experiments.clock import check_clock
from syne_core.experiments.column_file import Columns
from syne_core.experiments.comparative.figure_settings import FigureSettings
from syne_core.experiments.comparative.found_experiments import FoundExperiment
from syne_core.experiments.comparative.result_tables import Loaded
from syne_core.experiments.experiment_folder import BrokenExperiment
from syne_core.experiments.incumbent import TIME, StepCurve, incumbent_of
from syne_core.experiments.metadata import metric_and_mode, metric_names
from syne_core.experiments.seed_results import SeedResults, seed_results
from syne_core.experiments.shared_metric import says_metric, shared_metadata
from syne_core.experiments.study_results import BenchmarkResults, SetupResults

__all__ = ["Measure", "SubplotResults", "agreeing", "check_reported", "measure_of", "subplot_results"]

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Measure:
    """The metric of a figure, and how its values are drawn: ``offset + factor * value``.

    :param mode: ``"min"`` or ``"max"``, of the metric as reported
    """

    metric: str
    mode: str
    factor: float
    offset: float

    @property
    def label(self) -> str:
        """Name of what is drawn, such as ``1 - accuracy``."""
        factor = abs(self.factor) if self.offset else self.factor
        name = self.metric if factor == 1 else f"{factor:g} * {self.metric}"
        return f"1 - {name}" if self.offset and self.factor < 0 else name

    @property
    def is_low_good(self) -> bool:
        """Whether small drawn values are good."""
        return (self.mode == "min") == (self.factor > 0)

    def drawn(self, curve: StepCurve) -> StepCurve:
        """``curve`` as it is drawn."""
        return replace(curve, values=self.offset + self.factor * curve.values)


@dataclass(frozen=True, eq=False)
class SubplotResults:
    """What one subplot shows, in drawn values.

    :param setups: incumbents by setup, in the order of the legend
    :param comparison: the same, as results of a benchmark
    :param first_trials: incumbents of the first trials, one for each seed; empty if not asked for
    :param limits: the different time limits of its experiments, in seconds; None for none
    """

    setups: dict[Hashable, SetupResults]
    comparison: BenchmarkResults
    first_trials: tuple[StepCurve, ...]
    limits: tuple[float | None, ...]

    @property
    def horizon(self) -> float:
        """Last second to show: where budgets differ, the last that all setups reached."""
        if len(self.limits) > 1:
            return self.comparison.common_horizon
        return self.comparison.horizon


def measure_of(
    settings: FigureSettings, experiments: Sequence[FoundExperiment], is_generated: bool
) -> Measure:
    """The metric that counts, and how it is drawn.

    :param is_generated: whether the metric is made by ``dataframe_column_generator``
    :raises UsageError: it is not said what counts
    """
    shared = shared_metadata([one.folder.metadata for one in experiments])
    metric, mode = _metric_and_mode(settings, shared, is_generated)
    is_flipped = mode == "max" and settings.convert_to_min
    factor = -settings.metric_multiplier if is_flipped else settings.metric_multiplier
    return Measure(metric, mode, factor, 1.0 if is_flipped else 0.0)


def agreeing(
    measure: Measure, experiments: Sequence[FoundExperiment], is_generated: bool
) -> tuple[list[FoundExperiment], list[BrokenExperiment]]:
    """Those of ``experiments`` that do not say that the metric has the other mode; and the others.

    :param is_generated: whether the metric is made by ``dataframe_column_generator``, so that none says so
    :raises UsageError: all say so
    """
    good, broken = [], []
    for one in experiments:
        own = _mode_of(one, measure.metric)
        if is_generated or own in (measure.mode, None):
            good.append(one)
        else:
            reason = f"its metric '{measure.metric}' has mode '{own}', that of the figure '{measure.mode}'"
            broken.append(BrokenExperiment(one.folder.path, reason))
            logger.warning("%s (left out)", broken[-1])
    if not good:
        raise UsageError(
            f"mode is '{measure.mode}', but all experiments have '{measure.metric}' with the other"
        )
    return good, broken


def check_reported(metric: str, loaded: Loaded) -> None:
    """See that ``metric`` is among what is reported or declared.

    :raises UnknownNameError: it is not
    """
    declared = {name for one, _ in loaded for name in metric_names(one.folder.metadata)}
    names = {name for _, columns in loaded for name in columns.names}
    if loaded and metric not in names | declared:
        reported = {n for n in names if not n.startswith(("config_", "st_")) and n != "trial_id"}
        raise UnknownNameError("metric", metric, reported | declared)


def subplot_results(
    loaded: Loaded, measure: Measure, setups: Sequence[Hashable], settings: FigureSettings
) -> tuple[dict[int, SubplotResults], list[BrokenExperiment]]:
    """What each subplot shows, by index; and the experiments that cannot be shown.

    :param setups: in the order of the legend
    """
    by_subplot: dict[int, list[tuple[FoundExperiment, Columns]]] = defaultdict(list)
    for one, columns in loaded:
        by_subplot[one.subplot].append((one, columns))
    broken: list[BrokenExperiment] = []
    return {
        index: _one(by_subplot[index], measure, setups, settings, broken) for index in sorted(by_subplot)
    }, broken


def _one(
    loaded: Loaded,
    measure: Measure,
    setups: Sequence[Hashable],
    settings: FigureSettings,
    broken: list[BrokenExperiment],
) -> SubplotResults:
    limits = {one.folder.time_limit for one, _ in loaded}
    groups: dict[Hashable, list[SeedResults]] = defaultdict(list)
    first: list[StepCurve] = []
    asked = settings.initial_trials
    for one, columns in loaded:
        try:
            seed = seed_results(one.folder, columns, measure.metric, measure.mode, len(limits) > 1)
            groups[one.setup].append(replace(seed, curve=measure.drawn(seed.curve)))
            if asked is not None and one.setup == asked.setup:
                first.append(measure.drawn(_of_first_trials(columns, measure, asked.last_trial)))
        except ResultsError as error:
            broken.append(BrokenExperiment(one.folder.path, str(error)))
            logger.warning("%s (left out)", broken[-1])
    results = {setup: _setup(setup, groups[setup]) for setup in setups if setup in groups}
    mode = "min" if measure.is_low_good else "max"
    name = loaded[0][0].benchmark
    comparison = BenchmarkResults(name, measure.metric, mode, tuple(results.values()), ())
    ordered = sorted(limits, key=lambda limit: (limit is None, limit))
    return SubplotResults(results, comparison, tuple(first), tuple(ordered))


def _of_first_trials(columns: Columns, measure: Measure, last_trial: int) -> StepCurve:
    """The incumbent of trials up to ``last_trial``, which stays as it is for ever."""
    times, values, trials = (columns.floats(name) for name in (TIME, measure.metric, "trial_id"))
    if times is None or values is None or trials is None:
        return StepCurve(np.empty(0), np.empty(0), math.inf)
    early = trials <= last_trial
    return incumbent_of(check_clock(times).times[early], values[early], measure.mode)


def _setup(setup: Hashable, seeds: list[SeedResults]) -> SetupResults:
    folder = seeds[0].folder
    return SetupResults(str(setup), folder.method, folder.n_workers, tuple(seeds), folder.tag)


def _metric_and_mode(
    settings: FigureSettings, shared: dict[str, object], is_generated: bool
) -> tuple[str, str]:
    metric, mode = settings.metric, settings.mode
    if metric is None:
        if is_generated:
            raise UsageError("dataframe_column_generator needs plot_params.metric, the name of its column")
        if not says_metric(shared):
            raise UsageError("plot_params.metric is needed, since the experiments do not say what counts")
        return metric_and_mode(shared, 0, mode)
    if mode is None and metric in metric_names(shared) and not is_generated:
        return metric_and_mode(shared, metric)
    return metric, mode or "min"


def _mode_of(one: FoundExperiment, metric: str) -> str | None:
    """What the experiment itself says of the metric's mode."""
    if metric not in metric_names(one.folder.metadata):
        return None
    try:
        return metric_and_mode(one.folder.metadata, metric)[1]
    except UsageError:
        return None
