"""Compare the methods of a study in one figure: ``plot_results.py --help``."""

from typing import Any

from benchmarking.commons.comparison_command import main
from syne_core.experiments import ComparativeResults, PlotParameters

__all__ = ["compare", "metadata_to_setup"]

METHODS = ("RS", "BO", "ASHA", "MOBSTER")


def metadata_to_setup(metadata: dict[str, Any]) -> str:
    """What tells curves apart: the method."""
    return str(metadata["algorithm"])


def compare(tag: str, benchmark: str | None, num_seeds: int, output: str) -> dict[str, Any]:
    """Compare the methods in one figure."""
    results = ComparativeResults(
        experiment_names=(tag,),
        setups=METHODS,
        num_runs=num_seeds,
        metadata_to_setup=metadata_to_setup,
        plot_params=PlotParameters(title=f"Study {tag}", aggregate_mode="mean_and_ci", grid=True),
    )
    return results.plot(benchmark, file_name=output)


if __name__ == "__main__":
    main(compare)
