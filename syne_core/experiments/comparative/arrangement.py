"""Where each subplot of a figure stands, and what it carries: title, legend, range."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

from syne_core.errors import UsageError
from syne_core.experiments.comparative.plot_parameters import SubplotParameters

__all__ = ["Arrangement", "arrange"]

_MOST_COLUMNS = 2


@dataclass(frozen=True)
class Arrangement:
    """Rows and columns of a figure. Positions are counted down the columns, the first column first.

    :param indices: the subplot at each position
    :param titles: the title of each position, empty for none
    :param legends: subplots with a legend of their own; None: the first position has one for all
    :param xlims: right ends of the time axes by position; None: the results decide
    :param arguments: of ``plt.subplots``
    :param heading: over all subplots
    """

    nrows: int
    ncols: int
    indices: tuple[int, ...]
    titles: tuple[str, ...]
    legends: frozenset[int] | None
    xlims: tuple[float, ...] | None = None
    arguments: dict[str, Any] = field(default_factory=dict)
    heading: str = ""

    def cell(self, position: int) -> tuple[int, int]:
        """Row and column."""
        return position % self.nrows, position // self.nrows


def arrange(given: SubplotParameters | None, present: Collection[int], title: str) -> Arrangement:
    """The arrangement that ``given`` describes, or, if it is None, one that suits the results.

    :param present: subplots that there are results for
    :param title: of the figure
    :raises UsageError: the parameters contradict each other or the results; all mistakes together
    """
    if given is None:
        return _natural(max(present, default=0) + 1, title)
    arguments = dict(given.kwargs or {})
    nrows, ncols = (_size(given, name, arguments) for name in ("nrows", "ncols"))
    if mistakes := list(_mistakes(given, nrows, ncols, present)):
        raise UsageError.joined(f"subplots: {mistake}" for mistake in mistakes)
    rows, columns = int(nrows or 1), int(ncols or 1)
    indices = tuple(range(rows * columns) if given.subplot_indices is None else given.subplot_indices)
    legends = [given.legend_no] if isinstance(given.legend_no, int) else given.legend_no
    return Arrangement(
        rows,
        columns,
        indices,
        _titles(given, rows, len(indices), title),
        None if legends is None else frozenset(legends),
        None if given.xlims is None else tuple(float(end) for end in given.xlims),
        arguments,
        "" if given.titles is None else title,
    )


def _natural(number: int, title: str) -> Arrangement:
    columns = min(number, _MOST_COLUMNS)
    rows = -(-number // columns)
    indices = tuple(range(number))
    if number == 1:
        return Arrangement(rows, columns, indices, (title,), None)
    titles = tuple(f"subplot {index}" for index in indices)
    shared = {"sharex": "all", "sharey": "all"}
    return Arrangement(rows, columns, indices, titles, None, None, shared, title)


def _size(given: SubplotParameters, name: str, arguments: dict[str, Any]) -> Any:
    """Rows or columns; older versions of Syne Tune had them among the arguments."""
    inside = arguments.pop(name, None)
    own = getattr(given, name)
    return inside if own is None else own


def _titles(given: SubplotParameters, rows: int, positions: int, title: str) -> tuple[str, ...]:
    if given.titles is None:
        return (title, *[""] * (positions - 1))
    if given.title_each_figure:
        return tuple(given.titles[:positions])
    return tuple("" if p % rows else given.titles[p // rows] for p in range(positions))


def _mistakes(given: SubplotParameters, nrows: Any, ncols: Any, present: Collection[int]) -> Iterator[str]:
    sizes = {"nrows": nrows, "ncols": ncols}
    bad = [f"{name} is {n!r}" for name, n in sizes.items() if not _is_count(n) or n == 0]
    if bad:
        yield f"nrows and ncols must be whole numbers above 0, but {' and '.join(bad)}"
        return
    room, shown = nrows * ncols, given.subplot_indices
    if shown is None:
        if beyond := sorted(index for index in present if index >= room):
            last = f"{nrows} x {ncols} subplots end at {room - 1}"
            yield f"metadata_to_subplot gives {', '.join(map(str, beyond))}, but {last}"
    elif not all(map(_is_count, shown)) or len(shown) > room or len(set(shown)) < len(shown):
        yield f"subplot_indices must be at most {room} different whole numbers; they are {list(shown)}"
    positions = room if shown is None else len(shown)
    yield from _mistakes_in_lists(given, positions, -(-positions // nrows))


def _mistakes_in_lists(given: SubplotParameters, positions: int, columns: int) -> Iterator[str]:
    needed = positions if given.title_each_figure else columns
    if given.titles is not None and (isinstance(given.titles, str) or len(given.titles) < needed):
        what = "subplots" if given.title_each_figure else "columns"
        yield f"titles must be a list of {needed}, since there are {needed} {what}; it is {given.titles!r}"
    if given.xlims is not None and len(given.xlims) < positions:
        yield f"xlims must have {positions} entries, one for each subplot; it is {given.xlims!r}"
    legends = [given.legend_no] if isinstance(given.legend_no, int) else given.legend_no
    if legends is not None and not all(map(_is_count, legends)):
        yield f"legend_no must be indices of subplots, from 0; it is {given.legend_no!r}"


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
