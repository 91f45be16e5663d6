"""Collect what a report says of a study."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

from syne_core.config_space import Domain
from syne_core.experiments.experiment_folder import ExperimentFolder
from syne_core.experiments.final_values import final_table
from syne_core.experiments.metadata import metadata_config_space, text_entry
from syne_core.experiments.report.curve_columns import mean_columns, plain_number, seed_columns
from syne_core.experiments.report.document import (
    FORMAT,
    BenchmarkPart,
    CostRow,
    ExperimentPart,
    HyperparameterPart,
    LeftOut,
    ReportDocument,
    SetupPart,
)
from syne_core.experiments.report.embedded_trials import EmbeddedTrials, TrialBudget, embed_trials
from syne_core.experiments.report.settings_table import setting_groups
from syne_core.experiments.report.study_evidence import study_evidence
from syne_core.experiments.run_times import utilisation
from syne_core.experiments.seed_results import SeedResults
from syne_core.experiments.study_notes import benchmark_notes
from syne_core.experiments.study_results import BenchmarkResults, SetupResults, StudyResults
from syne_core.version import __version__

__all__ = ["collect_report"]


def collect_report(
    study: StudyResults,
    confidence: float = 0.95,
    budget: TrialBudget | None = None,
    on_progress: Callable[[int, int], None] | None = None,
    created: datetime | None = None,
) -> ReportDocument:
    """The report on ``study``.

    :param confidence: of the intervals
    :param budget: how much of the trials it may hold
    :param on_progress: called with the number of experiments whose trials were read, and of all such
    :param created: default: now
    :raises UsageError: ``confidence`` is not between 0 and 1
    """
    final = tuple(final_table(study, confidence))
    embedded = embed_trials(study, budget or TrialBudget(), on_progress)
    labels = tuple(dict.fromkeys(sorted(s.label for b in study.benchmarks for s in b.setups)))
    tags = study.tags or (study.tag,)
    return ReportDocument(
        format=FORMAT,
        title=f"{'Study' if len(tags) == 1 else 'Studies'} {', '.join(tags)}",
        tags=tags,
        created=(created or datetime.now().astimezone()).strftime("%Y-%m-%d %H:%M %Z").strip(),
        synebench=__version__,
        confidence=confidence,
        labels=labels,
        evidence=study_evidence(study, confidence),
        benchmarks=tuple(_benchmark(b, study, labels, confidence) for b in study.benchmarks),
        final=final,
        experiments=tuple(_experiments(study, embedded)),
        details=tuple(embedded.details),
        costs=tuple(_costs(study, embedded)),
        settings=tuple(setting_groups(study)),
        left_out=tuple(_left_out(study)),
        cuts=tuple(embedded.cuts),
    )


def _benchmark(
    benchmark: BenchmarkResults, study: StudyResults, labels: tuple[str, ...], confidence: float
) -> BenchmarkPart:
    folders = [seed.folder for seed in benchmark.seeds]
    simulated = bool(folders) and all(f.metadata.get("backend") == "SimulatorBackend" for f in folders)
    attributes = [a for f in folders if (a := text_entry(f.metadata, "resource_attr"))]
    return BenchmarkPart(
        name=benchmark.name,
        metric=benchmark.metric,
        mode=benchmark.mode,
        time="simulated" if simulated else "wall-clock",
        horizon=benchmark.horizon,
        common_horizon=benchmark.common_horizon,
        resource=attributes[0] if attributes else None,
        hyperparameters=tuple(_hyperparameters(folders)),
        setups=tuple(_setup(s, labels, confidence, benchmark.horizon) for s in benchmark.setups),
        notes=tuple(benchmark_notes(benchmark, study.methods)),
    )


def _setup(setup: SetupResults, labels: tuple[str, ...], confidence: float, horizon: float) -> SetupPart:
    curve = setup.mean_curve(confidence, horizon)
    return SetupPart(
        label=setup.label,
        method=setup.method,
        n_workers=setup.n_workers,
        tag=setup.tag,
        style=labels.index(setup.label),
        num_seeds=curve.num_seeds,
        curve=mean_columns(curve) if curve.times.size else {n: [] for n in _MEAN_COLUMNS},
    )


_MEAN_COLUMNS = ("time", "mean", "lower", "upper", "n")


def _hyperparameters(folders: list[ExperimentFolder]) -> Iterator[HyperparameterPart]:
    """Those of the first experiment; where others had a wider domain, the page widens the axis."""
    domains: dict[str, Domain] = {}
    for folder in folders:
        space = metadata_config_space(folder.metadata)
        new = {name: entry for name, entry in space.items() if isinstance(entry, Domain)}
        domains = {**new, **domains}
        if domains:
            break
    for name, domain in domains.items():
        categories = getattr(domain, "categories", None)
        if categories is not None:
            plain = tuple(c if isinstance(c, (str, int, float, bool)) else str(c) for c in categories)
            yield HyperparameterPart(name, repr(domain), "category", None, None, plain)
            continue
        is_log = getattr(domain, "log_scale", False) or getattr(domain, "scale", "linear") == "log"
        lower, upper = getattr(domain, "lower", None), getattr(domain, "upper", None)
        yield HyperparameterPart(name, repr(domain), "log" if is_log else "linear", lower, upper, ())


def _experiments(study: StudyResults, embedded: EmbeddedTrials) -> Iterator[ExperimentPart]:
    for b, benchmark in enumerate(study.benchmarks):
        for s, setup in enumerate(benchmark.setups):
            for seed in setup.seeds:
                yield _experiment(seed, b, s, embedded)


def _experiment(seed: SeedResults, benchmark: int, setup: int, embedded: EmbeddedTrials) -> ExperimentPart:
    folder, status, curve = seed.folder, seed.folder.status, seed.curve
    history = embedded.histories.get(id(seed))
    trials = dict(status.trials) if status else {"all": seed.num_trials}
    return ExperimentPart(
        benchmark=benchmark,
        setup=setup,
        seed=folder.seed,
        name=folder.name,
        path=_short(folder.path),
        state=folder.state,
        reason=status.reason if status else "",
        elapsed=seed.elapsed,
        limit=folder.time_limit,
        n_workers=folder.n_workers,
        created=folder.created,
        trials=trials,
        final=curve.final,
        final_time=float(curve.times[-1]) if curve.times.size else None,
        curve=seed_columns(curve),
        utilisation=None if history is None else utilisation(history.runs, folder.n_workers, history.until),
        is_exact=None if history is None else history.is_exact,
        cost=None if history is None else history.cost,
        details=embedded.position.get(id(seed)),
    )


def _costs(study: StudyResults, embedded: EmbeddedTrials) -> Iterator[CostRow]:
    for benchmark in study.benchmarks:
        for setup in benchmark.setups:
            yield _cost(benchmark.name, setup, embedded)


def _cost(benchmark: str, setup: SetupResults, embedded: EmbeddedTrials) -> CostRow:
    histories = [(s, h) for s in setup.seeds if (h := embedded.histories.get(id(s))) is not None]
    elapsed = math.fsum(seed.elapsed for seed in setup.seeds)
    shares = [(s.elapsed, utilisation(h.runs, setup.n_workers, h.until)) for s, h in histories]
    known = [(seconds, share) for seconds, share in shares if share is not None]
    costs = [history.cost for _, history in histories if history.cost is not None]
    statuses = [seed.folder.status for seed in setup.seeds if seed.folder.status]
    return CostRow(
        benchmark=benchmark,
        setup=setup.label,
        experiments=len(setup.seeds),
        elapsed=elapsed,
        worker_seconds=None if setup.n_workers is None else elapsed * setup.n_workers,
        trials=sum(seed.num_trials for seed in setup.seeds),
        failed=sum(status.trials.get("Failed", 0) for status in statuses) if statuses else None,
        read=len(histories),
        utilisation=_weighted_mean(known),
        cost=plain_number(math.fsum(costs)) if costs else None,
    )


def _weighted_mean(known: Sequence[tuple[float, float]]) -> float | None:
    total = math.fsum(weight for weight, _ in known)
    return math.fsum(weight * value for weight, value in known) / total if total else None


def _left_out(study: StudyResults) -> Iterator[LeftOut]:
    for broken in study.broken:
        yield LeftOut(_short(broken.path), broken.reason)
    for benchmark in study.benchmarks:
        for folder in benchmark.superseded:
            yield LeftOut(_short(folder.path), "a newer experiment has the same seed")


def _short(path: Path) -> str:
    """Reports are shown to others, whom the name of one's home folder tells nothing."""
    try:
        return str(Path("~") / path.relative_to(Path.home()))
    except (ValueError, RuntimeError):  # elsewhere, or there is no home
        return str(path)
