"""Statistics for comparisons of methods: pure functions of numbers and incumbent curves.

Missing values are NaN and are passed over; results without enough values are NaN, never an error. Whatever
is random has a seed, so that the same input gives the same result to the last digit. Public names load
when first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # what __getattr__ loads, for type checkers and editors
    from syne_core.experiments.statistics.anytime import (
        area_under_incumbent,
        common_target,
        normalised_regret,
        time_to_target,
    )
    from syne_core.experiments.statistics.equivalence import Equivalence, equivalence_test
    from syne_core.experiments.statistics.intervals import Interval, mean_interval, median_interval
    from syne_core.experiments.statistics.iqm import interquartile_mean, iqm_interval
    from syne_core.experiments.statistics.multiple import holm
    from syne_core.experiments.statistics.paired import PairedComparison, paired_comparison
    from syne_core.experiments.statistics.power import seeds_needed, smallest_p
    from syne_core.experiments.statistics.ranking import FriedmanResult, friedman, ranks_over_time
    from syne_core.experiments.statistics.run_time import (
        SpeedUp,
        run_time_ecdf,
        speed_up,
        target_range,
    )

_HOME = {
    "Equivalence": "equivalence",
    "FriedmanResult": "ranking",
    "Interval": "intervals",
    "PairedComparison": "paired",
    "SpeedUp": "run_time",
    "area_under_incumbent": "anytime",
    "common_target": "anytime",
    "equivalence_test": "equivalence",
    "friedman": "ranking",
    "holm": "multiple",
    "interquartile_mean": "iqm",
    "iqm_interval": "iqm",
    "mean_interval": "intervals",
    "median_interval": "intervals",
    "normalised_regret": "anytime",
    "paired_comparison": "paired",
    "ranks_over_time": "ranking",
    "run_time_ecdf": "run_time",
    "seeds_needed": "power",
    "smallest_p": "power",
    "speed_up": "run_time",
    "target_range": "run_time",
    "time_to_target": "anytime",
}

__all__ = [
    "Equivalence",
    "FriedmanResult",
    "Interval",
    "PairedComparison",
    "SpeedUp",
    "area_under_incumbent",
    "common_target",
    "equivalence_test",
    "friedman",
    "holm",
    "interquartile_mean",
    "iqm_interval",
    "mean_interval",
    "median_interval",
    "normalised_regret",
    "paired_comparison",
    "ranks_over_time",
    "run_time_ecdf",
    "seeds_needed",
    "smallest_p",
    "speed_up",
    "target_range",
    "time_to_target",
]


def __getattr__(name: str) -> object:
    try:
        home = _HOME[name]
    except KeyError:
        raise AttributeError(f"module 'syne_core.experiments.statistics' has no attribute {name!r}") from None
    return getattr(import_module(f"syne_core.experiments.statistics.{home}"), name)


def __dir__() -> "list[str]":
    return sorted(__all__)
