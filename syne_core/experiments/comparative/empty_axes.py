"""A figure with axes and nothing in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from syne_core.errors import UsageError
from syne_core.experiments.comparative.arrangement import Arrangement

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["empty_axes"]

_ALONE = (6.8, 4.4)  # inches
_ONE_OF_MANY = (5.0, 4.0)
_OF_AXES = ("sharex", "sharey", "width_ratios", "height_ratios", "subplot_kw", "gridspec_kw")


def empty_axes(arrangement: Arrangement) -> tuple[Figure, Any]:
    """The figure, and its axes as an array of shape (rows, columns).

    :raises UsageError: matplotlib refuses one of ``arrangement.arguments``
    """
    from matplotlib.figure import Figure

    rows, columns = arrangement.nrows, arrangement.ncols
    width, height = _ALONE if rows * columns == 1 else _ONE_OF_MANY
    given = dict(arrangement.arguments)
    of_axes = {name: given.pop(name) for name in _OF_AXES if name in given}
    given.pop("squeeze", None)  # the shape of what is returned is promised
    given.setdefault("figsize", (width * columns, height * rows))
    if not {"layout", "tight_layout", "constrained_layout"} & set(given):
        given["layout"] = "constrained"
    try:
        figure = Figure(**given)
        axs = figure.subplots(rows, columns, squeeze=False, **of_axes)
    except (TypeError, ValueError, AttributeError) as error:
        raise UsageError(f"subplots.kwargs: {error}") from None
    return figure, axs
