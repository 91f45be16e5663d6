"""The results table of an experiment, as a callback of the tuner."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from syne_core.tuner_callback import TunerCallback

if TYPE_CHECKING:
    import pandas as pd

    from syne_core.tuner import Tuner

__all__ = ["ExtraResultsComposer", "StoreResultsCallback"]

# Rewriting the table may take this share of the tuner's time.
_MAX_SHARE = 0.02


class ExtraResultsComposer:
    """Adds columns to every row of the results: override both methods."""

    def __call__(self, tuner: Tuner) -> dict[str, Any] | None:
        """Values for the report that was just processed; None for no values."""
        raise NotImplementedError

    def keys(self) -> list[str]:
        """Names of the columns."""
        return []


class StoreResultsCallback(TunerCallback):
    """Writes ``results.csv.zip``, a view of the journal, every now and then and at the end.

    :param add_wallclock_time: accepted for Syne Tune's sake; ``st_tuner_time`` is always there
    :param extra_results_composer: adds columns
    """

    def __init__(
        self, add_wallclock_time: bool = True, extra_results_composer: ExtraResultsComposer | None = None
    ) -> None:
        self._composer = extra_results_composer
        self._tuner: Tuner | None = None
        self._next_time = 0.0

    def on_tuning_start(self, tuner: Tuner) -> None:
        """See ``TunerCallback``."""
        self._tuner = tuner
        tuner.keep_results()
        self._next_time = time.monotonic() + tuner.results_update_interval

    def extra_results(self) -> dict[str, Any]:
        """See ``TunerCallback``."""
        if self._composer is None or self._tuner is None:
            return {}
        return self._composer(self._tuner) or {}

    def on_loop_end(self) -> None:
        """See ``TunerCallback``."""
        if time.monotonic() >= self._next_time:
            self.store_results()

    def on_tuning_end(self) -> None:
        """See ``TunerCallback``."""
        if self._tuner is not None:  # another callback may have failed before this one was started
            self.store_results()

    def store_results(self) -> None:
        """Write the table now."""
        assert self._tuner is not None, "the tuner has not started"
        start = time.monotonic()
        self._tuner.write_results()
        took = time.monotonic() - start
        interval = max(self._tuner.results_update_interval, took / _MAX_SHARE)
        self._next_time = time.monotonic() + interval

    def dataframe(self) -> pd.DataFrame:
        """The table so far."""
        import pandas as pd

        assert self._tuner is not None, "the tuner has not started"
        self.store_results()
        return pd.read_csv(self._tuner.paths.results)
