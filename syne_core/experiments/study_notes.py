"""What a reader must know to trust a comparison: what is missing, unfinished, left out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from syne_core.experiments.experiment_folder import UNKNOWN_STATE
from syne_core.experiments.study_results import BenchmarkResults, SetupResults, StudyResults

__all__ = ["benchmark_notes", "expected_methods", "left_out_notes", "seed_ranges", "study_notes"]


def study_notes(study: StudyResults) -> list[str]:
    """What is missing or unfinished, a line each, beginning with the benchmark if there are several."""
    return _by_benchmark(study, lambda benchmark: benchmark_notes(benchmark, expected_methods(study)))


def expected_methods(study: StudyResults) -> list[str]:
    """The methods that every benchmark should have, as ``TAG: METHOD`` if there are several studies."""
    if len(study.tags) < 2:
        return list(study.methods)
    return sorted({_method(setup) for benchmark in study.benchmarks for setup in benchmark.setups})


def left_out_notes(study: StudyResults) -> list[str]:
    """Which folders do not count, a line for each reason. The log has warned of each of them already."""
    lines = _by_benchmark(study, _superseded)
    if study.broken:
        names = ", ".join(broken.path.name for broken in study.broken)
        lines.append(f"cannot be read, left out: {names}")
    return lines


def benchmark_notes(benchmark: BenchmarkResults, methods: Iterable[str]) -> list[str]:
    """What there is to say of one benchmark.

    :param methods: see ``expected_methods``
    """
    candidates = {
        "missing": _missing(benchmark, methods),
        "unfinished": _unfinished(benchmark),
        "no finite value yet": _without_value(benchmark),
        "state not recorded, curve ends at the last report": _unknown(benchmark),
        "time limits differ, each curve ends at its own": _limits(benchmark),
        "known of methods": _of_methods(benchmark),
    }
    notes = {title: "; ".join(parts) for title, parts in candidates.items()}
    return [f"{title}: {text}" for title, text in notes.items() if text]


def seed_ranges(seeds: Iterable[int | str]) -> str:
    """``seed 3``, ``seeds 0-2, 5``."""
    found = list(seeds)
    runs: list[tuple[int, int]] = []
    for number in sorted({s for s in found if isinstance(s, int)}):
        if runs and runs[-1][1] == number - 1:
            runs[-1] = (runs[-1][0], number)
        else:
            runs.append((number, number))
    texts = [str(a) if a == b else f"{a}-{b}" for a, b in runs]
    texts += sorted({s for s in found if isinstance(s, str)})
    return f"seed{'s' if len(set(found)) > 1 else ''} {', '.join(texts)}"


def _missing(benchmark: BenchmarkResults, methods: Iterable[str]) -> Iterator[str]:
    """The study is taken to be every method with every seed."""
    present = {name for setup in benchmark.setups for name in (setup.method, _method(setup))}
    yield from (method for method in methods if method not in present)
    every = {seed.folder.seed for seed in benchmark.seeds if isinstance(seed.folder.seed, int)}
    for setup in benchmark.setups:
        own = {seed.folder.seed for seed in setup.seeds}
        if all(isinstance(seed, int) for seed in own) and (absent := every - own):
            yield f"{setup.label} {seed_ranges(absent)}"


def _method(setup: SetupResults) -> str:
    return f"{setup.tag}: {setup.method}"


def _unfinished(benchmark: BenchmarkResults) -> Iterator[str]:
    for setup in benchmark.setups:
        states = {s.folder.state for s in setup.seeds if not s.folder.is_finished} - {UNKNOWN_STATE}
        for state in sorted(states):
            yield f"{_seeds_with(setup, state)} ({state})"


def _without_value(benchmark: BenchmarkResults) -> Iterator[str]:
    for setup in benchmark.setups:
        if empty := [seed.folder.seed for seed in setup.seeds if not seed.has_value]:
            yield f"{setup.label} {seed_ranges(empty)}"


def _unknown(benchmark: BenchmarkResults) -> Iterator[str]:
    for setup in benchmark.setups:
        if any(seed.folder.state == UNKNOWN_STATE for seed in setup.seeds):
            yield _seeds_with(setup, UNKNOWN_STATE)


def _seeds_with(setup: SetupResults, state: str) -> str:
    seeds = [seed.folder.seed for seed in setup.seeds if seed.folder.state == state]
    return f"{setup.label} {seed_ranges(seeds)}"


def _superseded(benchmark: BenchmarkResults) -> list[str]:
    names = ", ".join(sorted(folder.path.name for folder in benchmark.superseded))
    return [f"left out for a newer experiment with the same seed: {names}"] if names else []


def _by_benchmark(study: StudyResults, notes: Callable[[BenchmarkResults], list[str]]) -> list[str]:
    many = len(study.benchmarks) > 1
    return [f"{b.name}: {note}" if many else note for b in study.benchmarks for note in notes(b)]


def _limits(benchmark: BenchmarkResults) -> Iterator[str]:
    limits = {seed.folder.time_limit for seed in benchmark.seeds}
    if len(limits) > 1:
        shown = (f"{limit:g} s" for limit in sorted(limit for limit in limits if limit is not None))
        yield ", ".join([*shown, *(["none"] if None in limits else [])])


def _of_methods(benchmark: BenchmarkResults) -> Iterator[str]:
    """What schedulers say of themselves in their metadata, such as faults of the libraries they stand for."""
    for setup in benchmark.setups:
        said = (seed.folder.metadata.get("method_notes") for seed in setup.seeds)
        found = [note for notes in said if isinstance(notes, list) for note in notes]
        yield from (f"{setup.label}: {note}" for note in dict.fromkeys(map(str, found)))
