"""Runs one MOBSTER experiment on the simulator and notes what it cost: ``mobster.py SPEC_JSON OUTPUT``.

SPEC: ``num_trials``, ``n_workers``, ``blackbox`` (its name), ``seed``.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

from perf.sides.peak_memory import peak_rss
from syne_core import StoppingCriterion, Tuner
from syne_core.backend.simulator.simulator_backend import SimulatorBackend
from syne_core.blackbox import load_blackbox
from syne_core.optimizer.baselines import MOBSTER
from syne_core.results_callback import StoreResultsCallback


class _Counting(StoreResultsCallback):
    """Stores the results as usual, counts reports and notes the trials that made them."""

    def __init__(self) -> None:
        super().__init__()
        self.reports = 0
        self.trials: set[int] = set()

    def on_trial_result(self, trial: Any, status: str, result: dict[str, Any], decision: str) -> None:
        """See ``TunerCallback``."""
        self.reports += 1
        self.trials.add(trial.trial_id)
        super().on_trial_result(trial, status, result, decision)


def main(spec: dict[str, Any], output: Path) -> None:
    """Run the experiment and write what was noted to ``output``."""
    blackbox = load_blackbox(spec["blackbox"])
    scheduler = MOBSTER(
        blackbox.config_space,
        metric=blackbox.metric_names[0],
        resource_attr=blackbox.resource_attr,
        max_t=max(blackbox.resources),
        mode="min",
        type="promotion",
        random_seed=spec["seed"],
    )
    counting = _Counting()
    tuner = Tuner(
        trial_backend=SimulatorBackend(blackbox, seed=spec["seed"]),
        scheduler=scheduler,
        stop_criterion=StoppingCriterion(max_num_trials_started=spec["num_trials"]),
        n_workers=spec["n_workers"],
        callbacks=[counting],
        tuner_name="measured",
    )
    before, started = time.process_time(), time.perf_counter()
    tuner.run()
    noted = {
        "cpu_s": time.process_time() - before,
        "seconds": time.perf_counter() - started,
        "trials_that_reported": len(counting.trials),
        "max_resource": max(blackbox.resources),
        "reports": counting.reports,
        "peak_rss_bytes": peak_rss(),
    }
    output.write_text(json.dumps(noted))


if __name__ == "__main__":
    main(json.loads(sys.argv[1]), Path(sys.argv[2]))
