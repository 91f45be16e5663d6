"""``ComparativeResults``: setups compared over seeds, with the signatures of Syne Tune 0.13."""

from __future__ import annotations

import copy
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import Any

from syne_core.errors import ResultsError, UnknownNameError, UsageError
from syne_core.experiments.comparative.arrangement import arrange
from syne_core.experiments.comparative.comparative_notes import comparative_notes
from syne_core.experiments.comparative.download import say_how_to_download
from syne_core.experiments.comparative.experiment_names import Bounds
from syne_core.experiments.comparative.figure_settings import FigureSettings, figure_settings
from syne_core.experiments.comparative.found_experiments import (
    FoundExperiment,
    Question,
    find_experiments,
)
from syne_core.experiments.comparative.plot_parameters import PlotParameters
from syne_core.experiments.comparative.result_tables import (
    ColumnGenerator,
    ResultTables,
    TableChanges,
    last_row,
)
from syne_core.experiments.comparative.subplot_results import (
    SubplotResults,
    agreeing,
    check_reported,
    measure_of,
    subplot_results,
)
from syne_core.experiments.experiment_folder import BrokenExperiment
from syne_core.experiments.seed_results import seed_columns

__all__ = ["ComparativeResults"]


class ComparativeResults:
    """The experiments of one or more studies, by benchmark, then subplot, then setup, compared over seeds.

    Metadata are read when the object is made, results when a benchmark is first plotted; both are kept.
    What is missing or cannot be used is named in the log and on the figure, and left out.

    :param experiment_names: names of studies (experiment tags)
    :param setups: names of setups, in the order of the legend
    :param num_runs: repetitions that each setup should have; another number is said
    :param metadata_to_setup: from ``metadata.json`` to the setup, or None to leave the experiment out; or
        such a function for each benchmark
    :param plot_params: of all figures; ``plot`` may change them
    :param metadata_to_subplot: from ``metadata.json`` to the index of a subplot, or None to leave the
        experiment out; default: a single subplot
    :param benchmark_key: entry of the metadata that names the benchmark; None: there is only one
    :param with_subdirs: pattern, or patterns, of the folders between study and experiment; None: there are
        none, and names of experiments begin with those of the studies
    :param datetime_bounds: first and last time at which experiments that count were made, such as
        ``("2026-03-19-22-01-57", None)``, in local time; or such a pair for each study
    :param metadata_keys: entries of the metadata that ``metadata_values`` returns
    :param metadata_subplot_level: whether it, and ``extra_results``, tell subplots apart
    :param download_from_s3: the log names the command that downloads; nothing is downloaded here
    :param s3_bucket: for that command
    :raises UnknownNameError: no such study; no experiment has any of ``setups``
    :raises UsageError: arguments that make no sense
    :raises ResultsError: no experiment is left
    """

    def __init__(
        self,
        experiment_names: Sequence[str],
        setups: Iterable[Any],
        num_runs: int,
        metadata_to_setup: Callable[[dict[str, Any]], Any] | Mapping[str, Callable[[dict[str, Any]], Any]],
        plot_params: PlotParameters | None = None,
        metadata_to_subplot: Callable[[dict[str, Any]], int | None] | None = None,
        benchmark_key: str | None = "benchmark",
        with_subdirs: str | list[str] | None = "*",
        datetime_bounds: Bounds | Mapping[str, Bounds] | None = None,
        metadata_keys: Sequence[str] | None = None,
        metadata_subplot_level: bool = False,
        download_from_s3: bool = False,
        s3_bucket: str | None = None,
    ) -> None:
        if isinstance(num_runs, bool) or not isinstance(num_runs, int) or num_runs < 1:
            raise UsageError(f"num_runs must be a whole number above 0; it is {num_runs!r}")
        figure_settings(None, plot_params)  # mistakes are to be known before results are read
        if download_from_s3:
            say_how_to_download(experiment_names, with_subdirs, s3_bucket)
        self._found = find_experiments(
            Question(
                experiment_names,
                setups,
                metadata_to_setup,
                metadata_to_subplot,
                benchmark_key,
                with_subdirs,
                datetime_bounds,
            )
        )
        self.setups: tuple[Hashable, ...] = self._found.setups
        self.num_runs = num_runs
        self._keys = metadata_keys
        self._tells_subplots = metadata_subplot_level and metadata_to_subplot is not None
        self._default = copy.deepcopy(plot_params)
        self._tables = ResultTables()

    @property
    def benchmarks(self) -> tuple[str, ...]:
        """Names of the benchmarks that there are results for."""
        return tuple(self._found.by_benchmark)

    def metadata_values(self, benchmark_name: str | None = None) -> dict[str, Any]:
        """Entries of the metadata: ``result[key][setup]`` is the list of values over experiments, or
        ``result[key][setup][subplot]`` with ``metadata_subplot_level``.

        :param benchmark_name: may be left out if there is only one
        :raises UsageError: the object was made without ``metadata_keys``
        :raises UnknownNameError: no such benchmark
        """
        if self._keys is None:
            raise UsageError("metadata_values needs metadata_keys, an argument of ComparativeResults")
        values: dict[str, Any] = {}
        for one in self._found.of(benchmark_name)[1]:
            for key in self._keys:
                if key in one.folder.metadata:
                    _append(values, [key, *self._place(one)], one.folder.metadata[key])
        return values

    def plot(
        self,
        benchmark_name: str | None = None,
        plot_params: PlotParameters | None = None,
        file_name: str | None = None,
        extra_results_keys: Sequence[str] | None = None,
        dataframe_column_generator: ColumnGenerator | None = None,
        one_result_per_trial: bool = False,
    ) -> dict[str, Any]:
        """Compare the setups on a benchmark: a line and a band over seeds of the best value so far.

        :param benchmark_name: may be left out if there is only one
        :param plot_params: count more than those of the object
        :param file_name: write the figure there; its ending decides the format: png, pdf, svg, jpg
        :param extra_results_keys: columns of the results whose last values are to be returned
        :param dataframe_column_generator: makes the column ``plot_params.metric`` of the results of an
            experiment
        :param one_result_per_trial: whether only the last report of a trial counts
        :returns: ``"fig"`` (a matplotlib figure that is not shown on a screen by itself), ``"axs"`` (its
            axes, shape (rows, columns)), ``"notes"`` (what is to be known of it, a line each), and, if asked
            for, ``"extra_results"``: ``[setup][key]`` is a list over experiments, or
            ``[setup][subplot][key]`` with ``metadata_subplot_level``
        :raises UnknownNameError: no such benchmark, metric or column
        :raises UsageError: parameters that make no sense
        :raises ResultsError: no experiment can be drawn
        """
        from syne_core.experiments.comparative.comparative_figure import comparative_figure
        from syne_core.experiments.figure_file import check_figure_path, save_figure

        if file_name is not None:
            check_figure_path(file_name)
        settings = figure_settings(plot_params, self._default)
        self._check_initial_trials(settings)
        benchmark, experiments = self._found.of(benchmark_name)
        present = {one.subplot for one in experiments}
        arrangement = arrange(settings.subplots, present, settings.title)
        is_generated = dataframe_column_generator is not None
        measure = measure_of(settings, experiments, is_generated)
        chosen, broken = agreeing(measure, experiments, is_generated)
        changes = TableChanges(one_result_per_trial, dataframe_column_generator, measure.metric)
        loaded, unreadable = self._tables.load(chosen, seed_columns(measure.metric), changes)
        check_reported(measure.metric, loaded)
        results, unusable = subplot_results(loaded, measure, self.setups, settings)
        broken += [*unreadable, *unusable]
        _check_values(results, measure.metric, benchmark, broken)
        notes = comparative_notes(results, arrangement, settings, self.num_runs, self._found, broken)
        fig, axs = comparative_figure(results, measure, arrangement, settings, self.setups, notes)
        if file_name is not None:
            save_figure(fig, file_name, settings.dpi)
        answer = {"fig": fig, "axs": axs, "notes": notes}
        if extra_results_keys is not None:
            answer["extra_results"] = self._extra_results([one for one, _ in loaded], extra_results_keys)
        return answer

    def _place(self, one: FoundExperiment) -> list[Hashable]:
        return [one.setup, one.subplot] if self._tells_subplots else [one.setup]

    def _extra_results(self, experiments: Sequence[FoundExperiment], keys: Sequence[str]) -> dict[Any, Any]:
        """Cells of the last reports; None where an experiment lacks the column.

        :raises UnknownNameError: no experiment has the column
        """
        tables = [(one, one.folder.load().results) for one in experiments]
        columns = {str(name) for _, table in tables for name in table.columns}
        for key in keys:
            if key not in columns:
                raise UnknownNameError("column in extra_results_keys,", key, columns)
        extra: dict[Any, Any] = {}
        for one, table in tables:
            row = last_row(table, keys)
            for key in keys:
                _append(extra, [*self._place(one), key], row.get(key))
        return extra

    def _check_initial_trials(self, settings: FigureSettings) -> None:
        asked = settings.initial_trials
        if asked is not None and asked.setup not in self.setups:
            raise UnknownNameError("setup in show_init_trials,", str(asked.setup), map(str, self.setups))


def _append(nested: dict[Any, Any], keys: Sequence[Hashable], value: Any) -> None:
    """Append to the list at ``nested[keys[0]][keys[1]]...``, which is made if absent."""
    for key in keys[:-1]:
        nested = nested.setdefault(key, {})
    nested.setdefault(keys[-1], []).append(value)


def _check_values(
    results: dict[int, SubplotResults], metric: str, benchmark: str, broken: list[BrokenExperiment]
) -> None:
    if not any(seed.has_value for found in results.values() for seed in found.comparison.seeds):
        about = f": {'; '.join(map(str, broken[:5]))}" if broken else ""
        raise ResultsError(f"No experiment on benchmark '{benchmark}' has a finite '{metric}' yet{about}")
