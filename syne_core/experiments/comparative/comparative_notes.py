"""What a reader must know to trust a comparative figure, in lines that stand below it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from syne_core.experiments.comparative.arrangement import Arrangement
from syne_core.experiments.comparative.figure_settings import FigureSettings
from syne_core.experiments.comparative.found_experiments import FoundExperiments
from syne_core.experiments.comparative.subplot_results import SubplotResults
from syne_core.experiments.experiment_folder import UNKNOWN_STATE, BrokenExperiment
from syne_core.experiments.study_notes import seed_ranges
from syne_core.experiments.study_results import SetupResults

__all__ = ["comparative_notes"]

_MOST_NAMES = 5


def comparative_notes(
    results: dict[int, SubplotResults],
    arrangement: Arrangement,
    settings: FigureSettings,
    num_runs: int,
    found: FoundExperiments,
    broken: Sequence[BrokenExperiment],
) -> list[str]:
    """Sentences, the first about budgets and repetitions, the last about what was left out.

    :param results: what the subplots show, by index
    :param broken: experiments that could not be used, beside those of ``found``
    """
    shown = {i: results[i] for i in arrangement.indices if i in results}
    said: dict[tuple[str, str], list[str]] = {}
    for index, subplot in shown.items():
        for kind, text in _of_subplot(subplot, num_runs, settings, arrangement):
            said.setdefault((kind, text), []).append(_name(arrangement, index))
    by_kind: dict[str, list[str]] = {}
    for (kind, text), where in said.items():
        everywhere = len(where) == len(shown)
        by_kind.setdefault(kind, []).append(text if everywhere else f"{text} ({', '.join(where)})")
    lines = [f"{kind}: {'; '.join(texts)}" for kind, texts in by_kind.items()]
    empty = [_name(arrangement, i) for i in arrangement.indices if i not in results]
    if empty and len(arrangement.indices) > 1 and settings.subplots is not None:
        lines.append(f"no experiment in {', '.join(empty)}")
    lines += found.notes
    left_out = [*found.broken, *broken]
    if left_out:
        names = [f"{one.path.name} ({one.reason})" for one in left_out[:_MOST_NAMES]]
        more = len(left_out) - len(names)
        lines.append(f"left out: {'; '.join(names)}{f'; and {more} more' if more else ''}")
    return [f"{line[0].upper()}{line[1:]}." for line in lines]


def _name(arrangement: Arrangement, index: int) -> str:
    position = arrangement.indices.index(index)
    return arrangement.titles[position] or f"subplot {index}"


def _of_subplot(
    subplot: SubplotResults, num_runs: int, settings: FigureSettings, arrangement: Arrangement
) -> Iterator[tuple[str, str]]:
    if len(subplot.limits) > 1:
        limits = ", ".join("none" if one is None else f"{one:g} s" for one in subplot.limits)
        if settings.xlim is None and arrangement.xlims is None:
            yield "budgets differ", f"{limits}, shown up to {subplot.horizon:g} s, which all reached"
        else:
            yield "budgets differ", f"{limits}, each curve ends at its own"
    for setup in subplot.setups.values():
        if (number := len(setup.seeds)) != num_runs:
            yield f"other than {num_runs} runs", f"{setup.label} has {number}"
        if empty := [seed.folder.seed for seed in setup.seeds if not seed.has_value]:
            yield "no finite value", f"{setup.label} {seed_ranges(empty)}"
        if unfinished := _unfinished(setup):
            yield "unfinished", f"{setup.label} {seed_ranges(unfinished)}"
        yield from _doubtful(setup)


def _doubtful(setup: SetupResults) -> Iterator[tuple[str, str]]:
    """What does not fit in a figure: reports without a value, and clocks that were set."""
    if diverged := sum(seed.num_diverged for seed in setup.seeds):
        trials = sum(seed.num_trials for seed in setup.seeds)
        yield "trials with reports that lack a finite value", f"{setup.label} {diverged} of {trials}"
    if back := [seed.folder.seed for seed in setup.seeds if seed.clock_back]:
        yield "the clock went back, which was evened out", f"{setup.label} {seed_ranges(back)}"
    if leapt := [seed.folder.seed for seed in setup.seeds if seed.clock_leap]:
        yield "no report for so long that the clock may have leapt", f"{setup.label} {seed_ranges(leapt)}"


def _unfinished(setup: SetupResults) -> list[int | str]:
    """Syne Tune does not record states; its experiments are believed to have ended."""
    seeds = (seed.folder for seed in setup.seeds if not seed.folder.is_finished)
    return [folder.seed for folder in seeds if folder.state != UNKNOWN_STATE]
