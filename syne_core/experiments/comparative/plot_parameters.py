"""What a script says about its figure. Names, meaning and defaults are those of Syne Tune 0.13.

Every field may be left at None, which stands for the default. The classes are not frozen, since scripts
written for Syne Tune assign to fields.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, TypeVar

from syne_core.errors import UnknownNameError

__all__ = ["MultiFidelityParameters", "PlotParameters", "ShowTrialParameters", "SubplotParameters"]

Parameters = TypeVar("Parameters", bound="_Parameters")


class _Parameters:
    """Arguments that do not exist are named, with the nearest that does."""

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        """A new object, once all names in ``kwargs`` are known to be fields.

        :raises UnknownNameError: one is not
        """
        valid = getattr(cls, "__dataclass_fields__", {})
        for name in kwargs:
            if name not in valid:
                raise UnknownNameError(f"argument of {cls.__name__},", name, valid)
        return super().__new__(cls)


def _merged(own: Parameters, default: Parameters | None) -> Parameters:
    """``own`` with the fields of ``default`` where it says nothing."""
    if default is None:
        return own
    values = {}
    for field in fields(own):  # type: ignore[arg-type]
        mine, other = getattr(own, field.name), getattr(default, field.name)
        both = isinstance(mine, _Parameters) and isinstance(other, _Parameters)
        values[field.name] = _merged(mine, other) if both else (other if mine is None else mine)
    return type(own)(**values)


@dataclass
class SubplotParameters(_Parameters):
    """How subplots are arranged: positions are counted down the columns, the first column first.

    :param nrows: rows; may stand in ``kwargs`` too
    :param ncols: columns; likewise
    :param titles: one for each column, or for each position if ``title_each_figure``. Without, the title of
        the figure stands over the first column
    :param title_each_figure: see ``titles``; default: False
    :param kwargs: more arguments of matplotlib's ``plt.subplots``, such as ``sharey="all"``
    :param legend_no: subplots that get a legend, by index; default: the first position, for all curves
    :param xlims: right end of the time axis for each position; the left is 0
    :param subplot_indices: subplots to show, in this order; default: 0, 1, 2, ...
    """

    nrows: int | None = None
    ncols: int | None = None
    titles: Sequence[str] | None = None
    title_each_figure: bool | None = None
    kwargs: dict[str, Any] | None = None
    legend_no: Sequence[int] | int | None = None
    xlims: Sequence[float] | None = None
    subplot_indices: Sequence[int] | None = None

    def merge_defaults(self, default_params: SubplotParameters | None) -> SubplotParameters:
        """These parameters, with those of ``default_params`` where they say nothing."""
        return _merged(self, default_params)


@dataclass
class ShowTrialParameters(_Parameters):
    """One more curve: the best value of the first trials, which tells how much was gained over them.

    It goes on to the end of the time axis, and is drawn in every subplot that has the setup.

    :param setup_name: the setup whose trials are meant
    :param trial_id: the last of them; default: 0
    :param new_setup_name: name in the legend; default: says which trials of which setup
    """

    setup_name: Any = None
    trial_id: int | None = None
    new_setup_name: str | None = None

    def merge_defaults(self, default_params: ShowTrialParameters | None) -> ShowTrialParameters:
        """These parameters, with those of ``default_params`` where they say nothing."""
        return _merged(self, default_params)


@dataclass
class PlotParameters(_Parameters):
    """What a figure shows. A value v of the metric is drawn as ``metric_multiplier * v``, or, if ``mode`` is
    ``"max"`` and ``convert_to_min`` holds, as ``1 - metric_multiplier * v``.

    :param metric: reported value; default: that of the experiments
    :param mode: ``"min"`` or ``"max"``; default: what the experiments say, else ``"min"``
    :param title: default: none; where subplots have ``titles``, it stands over all of them
    :param xlabel: default: wall-clock time (secs)
    :param ylabel: default: says what is drawn
    :param xlim: ends of the time axis in seconds; default: from 0 to where the budgets of all setups end
    :param ylim: ends of the value axis; default: such that the differences late in time can be seen
    :param metric_multiplier: default: 1
    :param convert_to_min: whether small is good in the figure; default: True
    :param tick_params: arguments of matplotlib's ``Axes.tick_params``
    :param aggregate_mode: what is drawn of the seeds: ``"iqm_bootstrap"`` (default), ``"mean_and_ci"`` or
        ``"median_percentiles"``, see ``aggregate_modes``
    :param dpi: dots per inch of a file; default: 200
    :param grid: default: False
    :param subplots: default: as many as the experiments need
    :param show_init_trials: default: no such curve
    :param notes: whether to say below the axes how to read the figure and what is missing; default: True.
        Syne Tune has no such parameter
    """

    metric: str | None = None
    mode: str | None = None
    title: str | None = None
    xlabel: str | None = None
    ylabel: str | None = None
    xlim: tuple[float, float] | None = None
    ylim: tuple[float, float] | None = None
    metric_multiplier: float | None = None
    convert_to_min: bool | None = None
    tick_params: dict[str, Any] | None = None
    aggregate_mode: str | None = None
    dpi: int | None = None
    grid: bool | None = None
    subplots: SubplotParameters | None = None
    show_init_trials: ShowTrialParameters | None = None
    notes: bool | None = None

    def merge_defaults(self, default_params: PlotParameters | None) -> PlotParameters:
        """These parameters, with those of ``default_params`` where they say nothing."""
        return _merged(self, default_params)


@dataclass
class MultiFidelityParameters(_Parameters):
    """Which setups have rungs, so that their trials are drawn with them.

    :param rung_levels: resources at which decisions are taken: whole numbers above 0, increasing
    :param multifidelity_setups: names of these setups; or a dictionary that says of each whether its trials
        pause and resume (True) or go on until they are stopped (False)
    """

    rung_levels: Sequence[int]
    multifidelity_setups: Sequence[Any] | dict[Any, bool]
