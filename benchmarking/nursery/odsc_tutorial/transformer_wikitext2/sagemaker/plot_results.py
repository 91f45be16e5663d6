"""Compare 2, 4 and 8 workers, a subplot for each method: ``plot_results.py --help``."""

from typing import Any

from benchmarking.commons.comparison_command import main
from syne_core.experiments import ComparativeResults, PlotParameters, SubplotParameters

__all__ = ["compare", "metadata_to_setup", "metadata_to_subplot"]

METHODS = ("RS", "BO", "ASHA", "MOBSTER")
N_WORKERS = (2, 4, 8)


def metadata_to_setup(metadata: dict[str, Any]) -> str:
    """What tells curves apart: the number of workers."""
    return f"{metadata['n_workers']} workers"


def metadata_to_subplot(metadata: dict[str, Any]) -> int | None:
    """What tells subplots apart: the method; others are not shown."""
    method = metadata["algorithm"]
    return METHODS.index(method) if method in METHODS else None


def compare(tag: str, benchmark: str | None, num_seeds: int, output: str) -> dict[str, Any]:
    """Compare numbers of workers (2, 4, 8): a subplot for each method."""
    results = ComparativeResults(
        experiment_names=(tag,),
        setups=[f"{n} workers" for n in N_WORKERS],
        num_runs=num_seeds,
        metadata_to_setup=metadata_to_setup,
        metadata_to_subplot=metadata_to_subplot,
        plot_params=PlotParameters(
            title=f"Study {tag}",
            aggregate_mode="mean_and_ci",
            grid=True,
            subplots=SubplotParameters(
                nrows=2,
                ncols=2,
                kwargs={"sharex": "all", "sharey": "all"},
                titles=METHODS,
                title_each_figure=True,
                legend_no=[0],
            ),
        ),
    )
    return results.plot(benchmark, file_name=output)


if __name__ == "__main__":
    main(compare)
