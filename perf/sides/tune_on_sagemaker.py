"""Tunes on SageMaker, or what ``AWS_ENDPOINT_URL`` leads to: ``tune_on_sagemaker.py SPEC OUT``.

SPEC is JSON: ``n_workers``, ``num_trials``, ``seconds`` and ``reports`` of a trial. Noted: how long
``Tuner.run()`` took, how late each report was known to the tuner, and how often the back-end looked.
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

from syne_core import StoppingCriterion, Tuner
from syne_core.aws.session import AwsSession
from syne_core.backend.sagemaker_backend import PyTorch, SageMakerBackend, default_sagemaker_session
from syne_core.config_space import uniform
from syne_core.optimizer.baselines import RandomSearch
from syne_core.tuner_callback import TunerCallback


class _Latencies(TunerCallback):
    def __init__(self) -> None:
        self.seconds: list[float] = []

    def on_trial_result(self, trial: Any, status: str, result: dict[str, Any], decision: str) -> None:
        self.seconds.append(time.time() - result["st_worker_timestamp"])


class _Calls:
    """Counts what the tuner's clients call; what jobs call is not in it."""

    def __init__(self, session: AwsSession) -> None:
        self.counts: Counter[str] = Counter()
        for service in ("s3", "sagemaker"):
            session.client(service).meta.events.register("before-call", self._note)

    def _note(self, model: Any, **_: Any) -> None:
        self.counts[model.name] += 1


def main(spec: dict[str, Any], out: Path) -> None:
    """Run the experiment and write what was noted."""
    script = Path(__file__).with_name("sagemaker_trial.py")
    told, session = _Latencies(), default_sagemaker_session()
    calls = _Calls(session)
    backend = SageMakerBackend(
        PyTorch(script.name, source_dir=str(script.parent), instance_type="ml.m5.large"),
        metrics_names=["loss"],
        session=session,
    )
    space = {"x": uniform(0, 1), "seconds": spec["seconds"], "reports": spec["reports"]}
    tuner = Tuner(
        backend,
        RandomSearch(space, metric="loss", mode="min", random_seed=0),
        StoppingCriterion(max_num_trials_started=spec["num_trials"]),
        n_workers=spec["n_workers"],
        wait_trial_completion_when_stopping=True,
        callbacks=[told],
    )
    backend.check()
    calls.counts.clear()
    start = time.monotonic()
    tuner.run()
    noted = {
        "seconds": time.monotonic() - start,
        "latencies": told.seconds,
        "looks": backend.num_looks,
        "completed": tuner.tuning_status.num_trials_completed,
        "calls": dict(calls.counts),
    }
    out.write_text(json.dumps(noted))


if __name__ == "__main__":
    main(json.loads(sys.argv[1]), Path(sys.argv[2]))
