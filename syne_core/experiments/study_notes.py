"""What a reader must know to trust a comparison: what is missing, unfinished, left out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from syne_core.experiments.experiment_folder import UNKNOWN_STATE
from syne_core.experiments.metadata import number_entry
from syne_core.experiments.seed_results import SeedResults
from syne_core.experiments.study_results import BenchmarkResults, SetupResults, StudyResults

__all__ = ["benchmark_notes", "expected_methods", "left_out_notes", "seed_ranges", "study_notes"]


def study_notes(study: StudyResults) -> list[str]:
    """What is missing or doubtful, a line each, beginning with the benchmark if there are several."""
    return [*_empty_studies(study), *_of_benchmarks(study)]


def _of_benchmarks(study: StudyResults) -> list[str]:
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
        names: dict[str, list[str]] = {}
        for broken in study.broken:
            reason = broken.reason.partition(": ")[0]  # details are in the log
            names.setdefault(reason, []).append(broken.path.name)
        lines += [f"left out, {reason}: {', '.join(paths)}" for reason, paths in names.items()]
    return lines


def benchmark_notes(benchmark: BenchmarkResults, methods: Iterable[str]) -> list[str]:
    """What there is to say of one benchmark.

    :param methods: see ``expected_methods``
    """
    horizon = benchmark.common_horizon
    candidates = {
        "missing": _missing(benchmark, methods),
        "unfinished": _unfinished(benchmark),
        "reports are lost, files are damaged, known to the last that is left": _lost(benchmark),
        f"{benchmark.metric} is not reported": _without_metric(benchmark),
        "no finite value yet": _without_value(benchmark),
        f"trials with reports that lack a finite {benchmark.metric}, which are passed over": _diverged(
            benchmark
        ),
        "state not recorded, curve ends at the last report": _unknown(benchmark),
        f"time limits differ, each curve ends at its own, compared up to {horizon:g} s": _limits(benchmark),
        "other limits differ, and what is compared cost more here than there": _other_limits(benchmark),
        "the clock went back, which was evened out": _went_back(benchmark),
        "no report for so long that the clock may have leapt": _leapt(benchmark),
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


def _empty_studies(study: StudyResults) -> list[str]:
    present = {setup.tag for benchmark in study.benchmarks for setup in benchmark.setups}
    empty = [tag for tag in study.tags if tag not in present]
    return [f"nothing to compare in: {', '.join(empty)}"] if empty and present else []


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


def _without_metric(benchmark: BenchmarkResults) -> Iterator[str]:
    for setup in benchmark.setups:
        if lacking := [seed.folder.seed for seed in setup.seeds if _lacks_metric(seed)]:
            yield f"{setup.label} {seed_ranges(lacking)}"


def _lacks_metric(seed: SeedResults) -> bool:
    return seed.num_reports > 0 and not seed.reports_metric


def _diverged(benchmark: BenchmarkResults) -> Iterator[str]:
    for setup in benchmark.setups:
        if count := sum(seed.num_diverged for seed in setup.seeds):
            yield f"{setup.label} {count} of {sum(seed.num_trials for seed in setup.seeds)}"


def _lost(benchmark: BenchmarkResults) -> Iterator[str]:
    for setup in benchmark.setups:
        for seed in setup.seeds:
            if seed.num_lost:
                of = seed.num_reports + seed.num_lost
                yield f"{setup.label} {seed_ranges([seed.folder.seed])} ({seed.num_lost} of {of})"


def _went_back(benchmark: BenchmarkResults) -> Iterator[str]:
    return _clocks(benchmark, lambda seed: seed.clock_back)


def _leapt(benchmark: BenchmarkResults) -> Iterator[str]:
    return _clocks(benchmark, lambda seed: seed.clock_leap)


def _clocks(benchmark: BenchmarkResults, jump: Callable[[SeedResults], float]) -> Iterator[str]:
    for setup in benchmark.setups:
        yield from (
            f"{setup.label} {seed_ranges([seed.folder.seed])} ({jump(seed):.4g} s)"
            for seed in setup.seeds
            if jump(seed)
        )


def _without_value(benchmark: BenchmarkResults) -> Iterator[str]:
    for setup in benchmark.setups:
        seeds = [seed for seed in setup.seeds if not seed.has_value and not _lacks_metric(seed)]
        if empty := [seed.folder.seed for seed in seeds]:
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


def _other_limits(benchmark: BenchmarkResults) -> Iterator[str]:
    for name in ("max_num_evaluations", "max_cost"):
        limits = {number_entry(seed.folder.metadata, name) for seed in benchmark.seeds}
        if len(limits) > 1:
            shown = [f"{limit:g}" for limit in sorted(limit for limit in limits if limit is not None)]
            yield f"{name} {', '.join([*shown, *(['none'] if None in limits else [])])}"


def _of_methods(benchmark: BenchmarkResults) -> Iterator[str]:
    """What schedulers say of themselves in their metadata, such as faults of the libraries they stand for."""
    for setup in benchmark.setups:
        said = (seed.folder.metadata.get("method_notes") for seed in setup.seeds)
        found = [note for notes in said if isinstance(notes, list) for note in notes]
        yield from (f"{setup.label}: {note}" for note in dict.fromkeys(map(str, found)))
