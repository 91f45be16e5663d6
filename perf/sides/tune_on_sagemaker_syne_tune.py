"""Tunes with Syne Tune 0.13's SageMaker back-end on what ``AWS_ENDPOINT_URL`` leads to: ``SPEC OUT``.

SPEC and what is noted are those of ``tune_on_sagemaker.py``; ``looks`` are the rounds of its tuner. Runs
under the Python of the peer, so it imports nothing of this project. Variables ``BUCKET`` and ``ROLE`` name
what the SDK cannot find out on an emulator.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import botocore.client
import sagemaker
from sagemaker.pytorch import PyTorch
from syne_tune import StoppingCriterion, Tuner
from syne_tune.backend import SageMakerBackend
from syne_tune.config_space import uniform
from syne_tune.optimizer.baselines import RandomSearch
from syne_tune.tuner_callback import TunerCallback


class _Noted(TunerCallback):
    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.looks = 0

    def on_trial_result(self, trial: Any, status: str, result: dict[str, Any], decision: str) -> None:
        self.seconds.append(time.time() - result["st_worker_timestamp"])

    def on_fetch_status_results(self, trial_status_dict: Any, new_results: Any) -> None:
        self.looks += 1


def _count_calls() -> Counter[str]:
    counts: Counter[str] = Counter()
    make = botocore.client.BaseClient._make_api_call

    def counted(self: Any, operation: str, parameters: Any) -> Any:
        counts[operation] += 1
        return make(self, operation, parameters)

    botocore.client.BaseClient._make_api_call = counted
    return counts


def main(spec: dict[str, Any], out: Path) -> None:
    """Run the experiment and write what was noted."""
    script = Path(__file__).with_name("plain_trial") / "plain_trial.py"
    told, calls = _Noted(), _count_calls()
    bucket = os.environ["BUCKET"]
    estimator = PyTorch(
        entry_point=script.name,
        source_dir=str(script.parent),
        instance_type="ml.m5.large",
        instance_count=1,
        role=os.environ["ROLE"],
        framework_version="2.1.0",
        py_version="py310",
        max_run=3600,
        disable_profiler=True,
        debugger_hook_config=False,
        sagemaker_session=sagemaker.Session(default_bucket=bucket),
    )
    backend = SageMakerBackend(estimator, metrics_names=["loss"], s3_path=f"s3://{bucket}/syne-tune")
    space = {"x": uniform(0, 1), "seconds": spec["seconds"], "reports": spec["reports"]}
    tuner = Tuner(
        backend,
        RandomSearch(space, metric="loss", mode="min", random_seed=0),
        StoppingCriterion(max_num_trials_started=spec["num_trials"]),
        n_workers=spec["n_workers"],
        wait_trial_completion_when_stopping=True,
        sleep_time=spec.get("sleep_time", 5.0),
        save_tuner=False,
        callbacks=[told],
    )
    calls.clear()
    start = time.monotonic()
    tuner.run()
    noted = {
        "seconds": time.monotonic() - start,
        "latencies": told.seconds,
        "looks": told.looks,
        "completed": tuner.tuning_status.num_trials_finished,
        "calls": dict(calls),
    }
    out.write_text(json.dumps(noted))


if __name__ == "__main__":
    main(json.loads(sys.argv[1]), Path(sys.argv[2]))
