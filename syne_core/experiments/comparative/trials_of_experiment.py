"""``TrialsOfExperimentResults``: the trials of single experiments, with the signatures of Syne Tune 0.13."""

from __future__ import annotations

import copy
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from syne_core.errors import ResultsError, UnknownNameError, UsageError
from syne_core.experiments.comparative.arrangement import Arrangement, arrange
from syne_core.experiments.comparative.download import say_how_to_download
from syne_core.experiments.comparative.experiment_names import Bounds
from syne_core.experiments.comparative.figure_settings import FigureSettings, figure_settings
from syne_core.experiments.comparative.found_experiments import (
    FoundExperiment,
    FoundExperiments,
    Question,
    find_experiments,
)
from syne_core.experiments.comparative.plot_parameters import (
    MultiFidelityParameters,
    PlotParameters,
    SubplotParameters,
)
from syne_core.experiments.comparative.result_tables import ResultTables, TableChanges
from syne_core.experiments.comparative.subplot_results import measure_of
from syne_core.experiments.comparative.trial_reports import reported_columns, trial_reports
from syne_core.experiments.comparative.trials_figure import Rungs, ShownExperiment, trials_figure

__all__ = ["TrialsOfExperimentResults"]


class TrialsOfExperimentResults:
    """Learning curves of the trials of single experiments: a subplot for each setup, of one benchmark and
    seed, which are chosen in ``plot``.

    Of ``plot_params``, ``title``, ``aggregate_mode``, ``show_init_trials``, ``subplots.legend_no`` and
    ``subplots.xlims`` have no meaning here, and values are drawn as they were reported unless
    ``metric_multiplier`` or ``convert_to_min`` is given. Without ``plot_params.subplots``, there is one row.

    :param multi_fidelity_params: rungs, and the setups that have them
    :param seed_key: entry of the metadata that holds the seed
    :raises UnknownNameError: no such study; no experiment has any of ``setups``; a multi-fidelity setup is
        not among them
    :raises UsageError: arguments that make no sense
    :raises ResultsError: no experiment is left

    The other arguments are those of ``ComparativeResults``.
    """

    def __init__(
        self,
        experiment_names: Sequence[str],
        setups: Iterable[Any],
        metadata_to_setup: Callable[[dict[str, Any]], Any] | Mapping[str, Callable[[dict[str, Any]], Any]],
        plot_params: PlotParameters | None = None,
        multi_fidelity_params: MultiFidelityParameters | None = None,
        benchmark_key: str | None = "benchmark",
        seed_key: str = "seed",
        with_subdirs: str | list[str] | None = "*",
        datetime_bounds: Bounds | Mapping[str, Bounds] | None = None,
        download_from_s3: bool = False,
        s3_bucket: str | None = None,
    ) -> None:
        figure_settings(None, plot_params)
        asked = [setups] if isinstance(setups, str) else list(setups)
        self._rungs = _rungs(multi_fidelity_params, asked)
        if download_from_s3:
            say_how_to_download(experiment_names, with_subdirs, s3_bucket)
        self._found: FoundExperiments = find_experiments(
            Question(
                experiment_names,
                asked,
                metadata_to_setup,
                benchmark_key=benchmark_key,
                with_subdirs=with_subdirs,
                datetime_bounds=datetime_bounds,
            )
        )
        self.setups: tuple[Hashable, ...] = tuple(dict.fromkeys(asked))
        self._seed_key = seed_key
        self._default = copy.deepcopy(plot_params)
        self._tables = ResultTables()

    def plot(
        self,
        benchmark_name: str | None = None,
        seed: int = 0,
        plot_params: PlotParameters | None = None,
        file_name: str | None = None,
    ) -> dict[str, Any]:
        """Draw the trials of the experiment with ``seed`` of each setup.

        :param benchmark_name: may be left out if there is only one
        :param plot_params: count more than those of the object
        :param file_name: write the figure there; its ending decides the format: png, pdf, svg, jpg
        :returns: ``"fig"``, ``"axs"`` and ``"notes"``, as from ``ComparativeResults.plot``; Syne Tune
            returns None
        :raises UnknownNameError: no such benchmark, seed or metric
        :raises UsageError: parameters that make no sense
        :raises ResultsError: no experiment can be drawn
        """
        from syne_core.experiments.figure_file import check_figure_path, save_figure

        if file_name is not None:
            check_figure_path(file_name)
        settings = figure_settings(_as_reported(plot_params, self._default), self._default)
        benchmark, experiments = self._found.of(benchmark_name)
        arrangement = self._arrangement(settings)
        notes = list(self._found.notes)
        shown, missing = self._shown(experiments, settings, seed, notes)
        if not shown:
            reasons = "; ".join(missing)
            raise ResultsError(
                f"No experiment on benchmark '{benchmark}' with seed {seed} to draw: {reasons}"
            )
        notes += [f"{line[0].upper()}{line[1:]}." for line in missing]
        fig, axs = trials_figure(shown, arrangement, settings, seed, notes)
        if file_name is not None:
            save_figure(fig, file_name, settings.dpi)
        return {"fig": fig, "axs": axs, "notes": notes}

    def _arrangement(self, settings: FigureSettings) -> Arrangement:
        """Setups are the titles unless there are others; by default, they stand in one row."""
        given = settings.subplots or SubplotParameters(
            nrows=1, ncols=len(self.setups), kwargs={"sharey": "all"}
        )
        indices = range(len(self.setups)) if given.subplot_indices is None else given.subplot_indices
        if beyond := [i for i in indices if i not in range(len(self.setups))]:
            raise UsageError(f"subplot_indices: {beyond[0]} is none of the {len(self.setups)} setups, from 0")
        own = SubplotParameters(subplot_indices=list(indices), legend_no=[]).merge_defaults(given)
        if given.titles is None:
            own.titles, own.title_each_figure = [str(self.setups[i]) for i in indices], True
        own.xlims = None
        return arrange(own, set(), "")

    def _shown(
        self,
        experiments: Sequence[FoundExperiment],
        settings: FigureSettings,
        seed: int,
        notes: list[str],
    ) -> tuple[dict[int, ShownExperiment], list[str]]:
        """The experiments to draw by index of the setup; and why setups have none."""
        chosen = self._with_seed(experiments, seed)
        measure = measure_of(settings, experiments, is_generated=False)
        shown: dict[int, ShownExperiment] = {}
        missing = []
        for index, setup in enumerate(self.setups):
            own = sorted((one for one in chosen if one.setup == setup), key=lambda one: one.folder.created)
            if not own:
                missing.append(f"{setup}: no experiment with seed {seed}")
                continue
            if others := [one.folder.name for one in own[:-1]]:
                notes.append(f"{setup}: of several experiments, the newest; not shown: {', '.join(others)}.")
            names = reported_columns(own[-1].folder, measure.metric)
            loaded, broken = self._tables.load(own[-1:], names, TableChanges())
            missing += [f"left out: {one.path.name} ({one.reason})" for one in broken]
            for one, columns in loaded:
                try:
                    reports = trial_reports(one.folder, columns, measure)
                except ResultsError as error:
                    missing.append(f"{setup}: {error}")
                    continue
                shown[index] = ShownExperiment(setup, reports, self._rungs.get(setup), measure)
        return shown, missing

    def _with_seed(self, experiments: Sequence[FoundExperiment], seed: int) -> list[FoundExperiment]:
        seeds = {str(one.folder.metadata.get(self._seed_key)) for one in experiments}
        if str(seed) not in seeds:
            raise UnknownNameError(f"seed (metadata entry '{self._seed_key}')", str(seed), seeds)
        return [one for one in experiments if str(one.folder.metadata.get(self._seed_key)) == str(seed)]


def _rungs(given: MultiFidelityParameters | None, setups: Sequence[Any]) -> dict[Hashable, Rungs]:
    """The rungs of each setup that has some."""
    if given is None:
        return {}
    levels = list(given.rung_levels)
    if not levels or any(isinstance(n, bool) or not isinstance(n, int) or n < 1 for n in levels):
        raise UsageError(f"rung_levels must be whole numbers above 0; they are {given.rung_levels!r}")
    if any(b <= a for a, b in pairwise(levels)):
        raise UsageError(f"rung_levels must be increasing; they are {given.rung_levels!r}")
    named = given.multifidelity_setups
    pauses = dict(named) if isinstance(named, Mapping) else dict.fromkeys(named, False)
    for setup in pauses:
        if setup not in setups:
            raise UnknownNameError("setup in multifidelity_setups,", str(setup), map(str, setups))
    return {setup: Rungs(tuple(levels), bool(pause)) for setup, pause in pauses.items()}


def _as_reported(given: PlotParameters | None, default: PlotParameters | None) -> PlotParameters:
    """``given``; but values are turned round only where a script says so."""
    own = PlotParameters() if given is None else copy.copy(given)
    if own.convert_to_min is None and (default is None or default.convert_to_min is None):
        own.convert_to_min = False
    return own
