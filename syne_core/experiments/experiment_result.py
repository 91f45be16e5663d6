"""``ExperimentResult``: one experiment with its results, as Syne Tune 0.13 hands it out."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from syne_core.errors import ResultsError
from syne_core.experiments.metadata import metric_and_mode, metric_names, number_entry, text_entry

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

__all__ = ["ExperimentResult"]


@dataclass(frozen=True, eq=False)
class ExperimentResult:
    """The results of one experiment and how to look at them. Signatures are those of Syne Tune 0.13.

    :param name: name of the folder
    :param results: a row for each report; columns: what was reported, ``trial_id``, ``config_*``,
        ``st_decision``, ``st_status``, ``st_tuner_time`` (seconds since the start), ``st_worker_*``
    :param metadata: content of ``metadata.json``
    :param tuner: always None: tuners are not stored, and stored ones of Syne Tune are not unpickled
    :param path: the folder
    """

    name: str
    results: pd.DataFrame
    metadata: dict[str, Any]
    tuner: Any = None
    path: Path | None = None

    def __str__(self) -> str:
        trials = self.results["trial_id"].nunique()
        return f"Experiment {self.name}: {len(self.results)} reports from {trials} trials"

    def creation_date(self) -> datetime:
        """When the experiment was made, in local time.

        :raises ResultsError: the metadata do not say
        """
        stamp = number_entry(self.metadata, "st_tuner_creation_timestamp")
        try:
            return datetime.fromtimestamp(math.nan if stamp is None else stamp)
        except (ValueError, OverflowError, OSError):
            raise ResultsError(f"{self.name}: the metadata do not say when it was made") from None

    def metric_names(self) -> list[str]:
        """Names of the metrics; the first defines the incumbent."""
        return metric_names(self.metadata)

    def metric_mode(self) -> str | list[str]:
        """``"min"`` or ``"max"``, or one of them for each metric.

        :raises ResultsError: the metadata do not say
        """
        mode = self.metadata.get("metric_mode")
        if isinstance(mode, (str, list)):
            return mode
        raise ResultsError(f"{self.name}: the metadata do not say whether metrics are to be small or large")

    def entrypoint_name(self) -> str:
        """Name of the training script, without its ending.

        :raises ResultsError: the metadata do not say
        """
        name = text_entry(self.metadata, "entrypoint")
        if name is None:
            raise ResultsError(f"{self.name}: the metadata do not name the training script")
        return name

    def best_config(self, metric: str | int = 0) -> dict[str, Any]:
        """The row of the incumbent, without its ``st_*`` entries: metrics, ``trial_id``, ``config_*``.

        :param metric: name or position
        :raises ResultsError: nothing finite was reported yet
        """
        from syne_core.experiments.incumbent import incumbent_row

        name, mode = self._metric_and_mode(metric)
        row = incumbent_row(self.results, name, mode)
        if row is None:
            raise ResultsError(f"{self.name}: no trial has reported a finite '{name}' yet")
        cells = {str(column): self.results[column].iloc[row] for column in self.results.columns}
        plain = {name: c.item() if hasattr(c, "item") else c for name, c in cells.items()}
        return {name: cell for name, cell in plain.items() if not name.startswith("st_")}

    def plot(
        self, metric_to_plot: str | int = 0, figure_path: str | None = None, **plt_kwargs: Any
    ) -> Figure:
        """The incumbent against wall-clock time.

        :param metric_to_plot: name or position
        :param figure_path: write the figure there; its ending decides the format
        :param plt_kwargs: arguments of matplotlib's ``Axes.plot``
        :returns: the figure, which notebooks show
        """
        from syne_core.experiments.experiment_figures import incumbent_of_experiment
        from syne_core.experiments.figure_file import save_figure

        figure = incumbent_of_experiment(self, *self._metric_and_mode(metric_to_plot), **plt_kwargs)
        if figure_path is not None:
            save_figure(figure, figure_path)
        return figure

    def plot_trials_over_time(
        self,
        metric_to_plot: str | int = 0,
        figure_path: str | None = None,
        figsize: tuple[float, float] | None = None,
    ) -> Figure:
        """Every trial's metric against wall-clock time; crosses are trials that were stopped.

        :param metric_to_plot: name or position
        :param figure_path: write the figure there; its ending decides the format
        :param figsize: width and height in inches
        :returns: the figure, which notebooks show
        """
        from syne_core.experiments.experiment_figures import trials_of_experiment
        from syne_core.experiments.figure_file import save_figure

        figure = trials_of_experiment(self, self._metric_and_mode(metric_to_plot)[0], figsize)
        if figure_path is not None:
            save_figure(figure, figure_path)
        return figure

    def _metric_and_mode(self, metric: str | int) -> tuple[str, str]:
        return metric_and_mode(self.metadata, metric)
