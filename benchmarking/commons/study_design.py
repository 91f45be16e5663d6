"""From the settings of a launch to its experiments: benchmarks x numbers of workers x methods x seeds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from functools import partial
from itertools import product
from types import SimpleNamespace
from typing import Any

from benchmarking.commons.benchmark_definitions import RealBenchmarkDefinition
from benchmarking.commons.default_baselines import Method, MethodArguments
from benchmarking.commons.study.experiment import Experiment, RunnableBenchmark, master_seed_of
from syne_core.config_space import Domain, config_mistakes
from syne_core.errors import SyneError, UsageError
from syne_core.optimizer.scheduler import TrialScheduler

__all__ = ["MapMethodArgs", "StudyDesign", "make_scheduler"]

MapMethodArgs = Callable[[SimpleNamespace, str, dict[str, Any]], dict[str, Any]]

_MOST_EXPERIMENTS = 10_000


@dataclass(frozen=True)
class StudyDesign:
    """What the experiments of a study are made of.

    :param settings: all flags by name
    :param methods: the methods to run, by name
    :param definitions: the benchmarks to run, by name
    :param leaves_out_unfit: a method that nobody chose and that does not suit a benchmark is no mistake
    :ivar left_out: why such methods do not, a line each
    """

    backend: str
    settings: SimpleNamespace
    methods: Mapping[str, Method]
    definitions: Mapping[str, RunnableBenchmark]
    map_method_args: MapMethodArgs | None = None
    leaves_out_unfit: bool = False
    left_out: list[str] = field(default_factory=list)

    def experiments(self) -> list[Experiment]:
        """All of them, in the order in which they run; every method has been built once.

        :raises UsageError: listing all mistakes
        """
        settings, methods, definitions = self.settings, self.methods, self.definitions
        seeds = range(settings.start_seed, settings.num_seeds)
        combinations = list(product(definitions, settings.n_workers or (None,), methods))
        if len(combinations) * len(seeds) > _MOST_EXPERIMENTS:
            raise UsageError(
                f"These are {len(combinations) * len(seeds)} experiments; at most {_MOST_EXPERIMENTS}"
            )
        experiments: list[Experiment] = []
        mistakes: list[str] = []
        for benchmark, n_workers, name in combinations:
            own = SimpleNamespace(
                **{**vars(settings), "benchmark": benchmark, "n_workers": n_workers, "method": name}
            )
            resolve = partial(self._resolve_seeds, own, methods[name], definitions[benchmark])
            experiments += _collected(mistakes, resolve, f"method {name} on {benchmark}")
        if self.leaves_out_unfit and settings.method is None and experiments:
            self.left_out.extend(dict.fromkeys(mistakes))
        elif mistakes:
            raise UsageError.joined(dict.fromkeys(mistakes))
        return experiments

    def _resolve_seeds(
        self, settings: SimpleNamespace, method: Method, definition: RunnableBenchmark
    ) -> list[Experiment]:
        master = settings.random_seed
        experiments = [
            Experiment.resolve(
                method,
                tag=settings.experiment_tag,
                benchmark=settings.benchmark,
                definition=definition,
                method=settings.method,
                seed=seed,
                master_seed=master_seed_of(settings.experiment_tag) if master is None else master,
                n_workers=settings.n_workers or definition.n_workers,
                max_wallclock_time=_max_wallclock_time(settings, definition),
                max_num_evaluations=settings.max_num_evaluations or definition.max_num_evaluations,
                max_cost=getattr(settings, "max_cost", None),
                backend=self.backend,
                method_arguments=_method_arguments(settings, self.map_method_args),
            )
            for seed in range(settings.start_seed, settings.num_seeds)
        ]
        if settings.run_one is None and settings.run_many is None:  # a worker's parent has done this
            make_scheduler(method, experiments[0])  # a method that cannot be built is found out now
        return experiments


def make_scheduler(method: Method, experiment: Experiment) -> TrialScheduler:
    """The scheduler of ``experiment``. A ``config_space`` of its method arguments replaces single entries.

    :raises UsageError: if the method does not return one
    """
    definition = experiment.definition
    kwargs = dict(experiment.method_arguments)
    config_space = {**definition.config_space, **kwargs.pop("config_space", {})}
    scheduler_kwargs = dict(kwargs.pop("scheduler_kwargs", {}))
    if definition.points_to_evaluate is not None:
        scheduler_kwargs.setdefault("points_to_evaluate", definition.points_to_evaluate)
    if (rows := _only_configurations(definition)) is not None:
        options = {"restrict_configurations": rows, **scheduler_kwargs.get("search_options", {})}
        scheduler_kwargs["search_options"] = options
    scheduler = method(
        MethodArguments(
            config_space=config_space,
            metric=definition.metric,
            mode=definition.mode,
            random_seed=experiment.scheduler_seed,
            resource_attr=definition.resource_attr,
            scheduler_kwargs=scheduler_kwargs,
            **{"max_resource_attr": definition.max_resource_attr, **kwargs},
        )
    )
    if not isinstance(scheduler, TrialScheduler):
        raise UsageError(f"the method returns {scheduler!r}, which is no TrialScheduler")
    return scheduler


def _only_configurations(definition: RunnableBenchmark) -> list[dict[str, Any]] | None:
    """The rows of the table, constants added, if methods are to choose among these; None: they are not."""
    if isinstance(definition, RealBenchmarkDefinition) or not definition.settings.restrict_configurations:
        return None
    from syne_core.blackbox import restrict_to_table

    space = definition.config_space
    constants = {name: entry for name, entry in space.items() if not isinstance(entry, Domain)}
    rows = [{**row, **constants} for row in restrict_to_table(definition.blackbox)]
    return [row for row in rows if not config_mistakes(row, space)]


def _max_wallclock_time(settings: SimpleNamespace, definition: RunnableBenchmark) -> float:
    """Fewer workers than usual get proportionally more time, with ``scale_max_wallclock_time``."""
    if settings.max_wallclock_time is not None:
        return float(settings.max_wallclock_time)
    usual = float(definition.max_wallclock_time)
    if settings.scale_max_wallclock_time and settings.n_workers is not None:
        return usual * definition.n_workers / min(int(settings.n_workers), definition.n_workers)
    return usual


def _method_arguments(settings: SimpleNamespace, map_method_args: MapMethodArgs | None) -> dict[str, Any]:
    mapped = map_method_args(settings, settings.method, {}) if map_method_args else {}
    known = {f.name for f in fields(MethodArguments)}
    if unknown := set(mapped) - known:
        raise UsageError(
            f"map_method_args returned {', '.join(sorted(unknown))}; MethodArguments has: "
            + ", ".join(sorted(known))
        )
    return mapped


def _collected(mistakes: list[str], action: Callable[[], list[Experiment]], about: str) -> list[Experiment]:
    """The result of ``action``, or nothing after adding its error to ``mistakes``."""
    try:
        return action()
    except Exception as error:  # methods and map_method_args are the user's
        kind = "" if isinstance(error, SyneError) else f"{type(error).__name__}: "
        mistakes.extend(f"{about}: {kind}{line}" for line in str(error).splitlines() or [""])
        return []
