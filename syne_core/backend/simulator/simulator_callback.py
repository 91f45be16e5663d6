"""``SimulatorCallback``, which Syne Tune's simulator needs and launchers therefore name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from syne_core.errors import UsageError
from syne_core.results_callback import StoreResultsCallback

if TYPE_CHECKING:
    from syne_core.tuner import Tuner

__all__ = ["SimulatorCallback"]


class SimulatorCallback(StoreResultsCallback):
    """Stores the results as ``StoreResultsCallback`` does. The tuner takes care of simulated time by itself.

    :param kwargs: arguments of ``StoreResultsCallback``
    :raises UsageError: at the start of the experiment, if its back-end does not simulate
    """

    def on_tuning_start(self, tuner: Tuner) -> None:
        """See ``TunerCallback``."""
        if not tuner.trial_backend.is_simulated:
            raise UsageError(
                f"SimulatorCallback is for simulated back-ends, not {type(tuner.trial_backend).__name__}; "
                "use StoreResultsCallback"
            )
        super().on_tuning_start(tuner)
