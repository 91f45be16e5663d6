"""A launcher without the harness: random search, each trial a SageMaker training job.

``SageMakerBackend(...)`` is written as in Syne Tune's tutorial; only imports differ, and no SageMaker SDK is
needed. On AWS, take a newer ``framework_version``: the image of PyTorch 1.7.1 has Python 3.6, and jobs need
3.8 (``"1.9.1"`` with ``"py38"``, for example). The emulator does not look at images.
"""

import argparse
import logging

from benchmarking.commons.benchmark_definitions.mlp_digits import mlp_digits_benchmark
from benchmarking.commons.command_line import run_command
from benchmarking.commons.spending import Spending, agree_to_spend
from syne_core import StoppingCriterion, Tuner
from syne_core.backend.sagemaker_backend import (
    PyTorch,
    SageMakerBackend,
    default_sagemaker_session,
    get_execution_role,
    repository_root_path,
)
from syne_core.optimizer.baselines import ASHA, MOBSTER, BayesianOptimization, RandomSearch

__all__ = ["main", "parse_arguments"]

METHODS = {"RS": RandomSearch, "BO": BayesianOptimization, "ASHA": ASHA, "MOBSTER": MOBSTER}
MULTI_FIDELITY = ("ASHA", "MOBSTER")
EXAMPLE = "Example: launch_randomsearch.py --n_workers 2 --max_wallclock_time 60"


def parse_arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description="Tune a perceptron on handwritten digits on SageMaker.",
        epilog=EXAMPLE,
        allow_abbrev=False,
    )
    parser.add_argument("--method", choices=METHODS, default="RS", help="default: %(default)s")
    parser.add_argument("--n_workers", type=int, default=4, help="trials at a time; default: %(default)s")
    parser.add_argument("--max_wallclock_time", type=float, default=600, help="seconds; default: %(default)s")
    parser.add_argument("--max_num_evaluations", type=int, help="end after so many reports")
    parser.add_argument("--random_seed", type=int, default=31415, help="default: %(default)s")
    parser.add_argument("--yes", action="store_true", help="do not ask before spending money")
    return parser.parse_args()


def main() -> None:
    """Run the experiment, and show where its results are."""
    args = parse_arguments()
    logging.getLogger().setLevel(logging.INFO)
    benchmark = mlp_digits_benchmark(sagemaker_backend=True)
    entry_point, metric = benchmark.script, benchmark.metric

    trial_backend = SageMakerBackend(
        # we tune a PyTorch Framework from Sagemaker
        sm_estimator=PyTorch(
            entry_point=entry_point.name,
            source_dir=str(entry_point.parent),
            instance_type="ml.c5.4xlarge",
            instance_count=1,
            role=get_execution_role(),
            dependencies=[str(repository_root_path() / "benchmarking")],
            max_run=int(1.05 * args.max_wallclock_time),
            framework_version="1.7.1",
            py_version="py3",
            disable_profiler=True,
            debugger_hook_config=False,
            sagemaker_session=default_sagemaker_session(),
        ),
        metrics_names=[metric],
    )

    rungs = {"resource_attr": benchmark.resource_attr, "max_resource_attr": benchmark.max_resource_attr}
    scheduler = METHODS[args.method](
        benchmark.config_space,
        metric=metric,
        mode=benchmark.mode,
        random_seed=args.random_seed,
        **(rungs if args.method in MULTI_FIDELITY else {}),
    )
    most = Spending("ml.c5.4xlarge", args.n_workers, args.max_wallclock_time)
    agree_to_spend(trial_backend.session, [most], args.yes)
    tuner = Tuner(
        trial_backend=trial_backend,
        scheduler=scheduler,
        stop_criterion=StoppingCriterion(
            max_wallclock_time=args.max_wallclock_time, max_num_evaluations=args.max_num_evaluations
        ),
        n_workers=args.n_workers,
        tuner_name="sagemaker-tutorial",
    )
    tuner.run()
    print(tuner.tuner_path)


if __name__ == "__main__":
    run_command(main)
