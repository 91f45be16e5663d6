"""The figure that compares methods: mean incumbent over seeds against wall-clock time, with its interval.

A mean over fewer seeds than there are is another quantity: it jumps when a late seed sets in or an
unfinished one ends. It is information all the same, so it is drawn, but thin and without a band.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from syne_core.errors import ResultsError
from syne_core.experiments.aggregate import MeanCurve
from syne_core.experiments.curve_legend import MOST_IN_LEGEND, add_legend, legend_width
from syne_core.experiments.curve_style import CurveStyle, curve_styles, time_unit
from syne_core.experiments.figure_notes import write_below
from syne_core.experiments.mean_line import draw_mean, has_band, has_thin_part
from syne_core.experiments.study_notes import left_out_notes, study_notes
from syne_core.experiments.study_results import BenchmarkResults, StudyResults
from syne_core.experiments.value_axis import set_value_axis

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["plot_incumbent"]

_WIDTH, _HEIGHT = 7.6, 4.6  # inches of one subplot
_MOST_COLUMNS = 2


def plot_incumbent(study: StudyResults, confidence: float = 0.95, log_y: bool = False) -> Figure:
    """One subplot for each benchmark, one curve for each method, and notes on what it does not show.

    Curves are means over seeds of the best value so far. Bands are Student's intervals at
    ``confidence``. Without state of its own: no pyplot, no global settings.

    :raises ResultsError: nobody has reported a finite value
    :raises UsageError: ``confidence`` is not between 0 and 1, or a logarithm of what is not positive
    """
    from matplotlib.figure import Figure

    drawn = [b for b in study.benchmarks if any(seed.has_value for seed in b.seeds)]
    if not drawn:
        raise ResultsError(f"Study '{study.tag}' has no finite value to plot yet")
    labels = {s.label for b in drawn for s in b.setups if any(seed.has_value for seed in s.seeds)}
    styles = curve_styles(sorted(labels))
    columns = min(_MOST_COLUMNS, len(drawn))
    rows = -(-len(drawn) // columns)
    width = _WIDTH + legend_width([f"{label} (5 seeds)" for label in labels])
    figure = Figure(figsize=(width * columns, _HEIGHT * rows), layout="constrained")
    notes = _Notes(study, confidence)
    for position, benchmark in enumerate(drawn, start=1):
        axes = figure.add_subplot(rows, columns, position)
        _draw(axes, benchmark, styles, notes, log_y)
    if len(drawn) > 1:
        figure.suptitle(f"Study {study.tag}").set_parse_math(False)
    write_below(figure, notes.lines())
    return figure


class _Notes:
    """What to say below the figure: how to read it, then what is missing."""

    def __init__(self, study: StudyResults, confidence: float) -> None:
        self.study = study
        self.confidence = confidence
        self.bands = self.alone = self.thin = self.cut = self.beyond = False

    def add(self, curves: list[MeanCurve]) -> None:
        self.bands |= any(map(has_band, curves))
        self.alone |= any(curve.num_seeds == 1 for curve in curves)
        self.thin |= any(map(has_thin_part, curves))

    def lines(self) -> list[str]:
        text = "Lines: mean over seeds of the best value so far."
        if self.bands:
            text += f" Bands: {100 * self.confidence:g} % confidence interval of the mean (Student's t)."
        if self.alone:
            text += " A single seed has no band."
        if self.thin:
            text += " Thin: not all seeds have a value there."
        if self.beyond:
            text += " Shaded: beyond the budget that all have."
        if self.cut:
            text += " Axis cut: early values or bands lie beyond."
        notes = [*study_notes(self.study), *left_out_notes(self.study)]
        return [text, *(f"{note[0].upper()}{note[1:]}." for note in notes)]


def _kind_of_time(benchmark: BenchmarkResults) -> str:
    backends = {seed.folder.metadata.get("backend") for seed in benchmark.seeds}
    return "simulated time" if backends == {"SimulatorBackend"} else "wall-clock time"


def _draw(
    axes: Axes, benchmark: BenchmarkResults, styles: dict[str, CurveStyle], notes: _Notes, log_y: bool
) -> None:
    horizon = benchmark.horizon
    unit, length = time_unit(horizon)
    means = {s.label: s.mean_curve(notes.confidence, horizon) for s in benchmark.setups}
    curves = {label: curve for label, curve in means.items() if curve.num_seeds}
    notes.add(list(curves.values()))
    notes.cut |= set_value_axis(axes, list(curves.values()), horizon, log_y)
    opacity = 0.14 if len(curves) <= MOST_IN_LEGEND else 0.06
    for label, curve in curves.items():
        draw_mean(axes, curve, styles[label], label, length, opacity)
    common = benchmark.common_horizon
    if common < horizon and len({seed.folder.time_limit for seed in benchmark.seeds}) > 1:
        axes.axvspan(
            common / length, horizon / length, color="#000000", alpha=0.05, linewidth=0, gid="beyond"
        )
        notes.beyond = True
    axes.set_xlim(0, horizon / length or 1.0)
    axes.set_xlabel(f"{_kind_of_time(benchmark)} [{unit}]")
    better = "higher" if benchmark.mode == "max" else "lower"
    axes.set_ylabel(f"best {benchmark.metric} so far ({better} is better)", parse_math=False)
    alone = len(notes.study.benchmarks) == 1
    title = f"{benchmark.name}, study {notes.study.tag}" if alone else benchmark.name
    axes.set_title(title, parse_math=False)
    axes.grid(alpha=0.25)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    _add_legend(axes, benchmark, curves, styles)


def _add_legend(
    axes: Axes, benchmark: BenchmarkResults, curves: dict[str, MeanCurve], styles: dict[str, CurveStyle]
) -> None:
    counts = {label: curve.num_seeds for label, curve in curves.items()}
    named = {f"{label} ({n} seed{'' if n == 1 else 's'})": styles[label] for label, n in counts.items()}
    add_legend(axes, named, is_low_good=benchmark.mode == "min")
