"""A callback of one's own, and further columns in the results."""

from pathlib import Path
from typing import Any

from training_scripts.train_tower import METRIC_ATTR, METRIC_MODE, RESOURCE_ATTR, tower_config_space

from syne_core import StoppingCriterion, Tuner
from syne_core.backend import LocalBackend
from syne_core.backend.trial_status import Trial
from syne_core.constants import ST_DECISION, ST_TRIAL_ID, ST_TUNER_TIME
from syne_core.experiments import load_experiment
from syne_core.optimizer.baselines import ASHA
from syne_core.results_callback import ExtraResultsComposer, StoreResultsCallback
from syne_core.tuner_callback import TunerCallback


class Counting(TunerCallback):
    def __init__(self):
        self.num_results = 0
        self.num_completed = 0
        self.tuner = None

    def on_tuning_start(self, tuner):
        self.tuner = tuner

    def on_trial_result(self, trial: Trial, status: str, result: dict[str, Any], decision: str):
        assert METRIC_ATTR in result
        assert "width" in trial.config
        self.num_results += 1

    def on_trial_complete(self, trial: Trial, result: dict[str, Any]):
        self.num_completed += 1

    def on_tuning_end(self):
        print("callback:", self.num_results, self.num_completed)


class NumberOfTrials(ExtraResultsComposer):
    def __call__(self, tuner: Tuner) -> dict[str, Any] | None:
        assert isinstance(tuner.scheduler, ASHA)
        return {"num_trials": tuner.tuning_status.num_trials_started}

    def keys(self) -> list[str]:
        return ["num_trials"]


if __name__ == "__main__":
    extra = NumberOfTrials()
    counting = Counting()
    tuner = Tuner(
        trial_backend=LocalBackend(str(Path(__file__).parent / "training_scripts" / "train_tower.py")),
        scheduler=ASHA(
            tower_config_space(9),
            metric=METRIC_ATTR,
            mode=METRIC_MODE,
            resource_attr=RESOURCE_ATTR,
            max_resource_attr="steps",
        ),
        stop_criterion=StoppingCriterion(max_num_trials_finished=4),
        n_workers=2,
        callbacks=[StoreResultsCallback(extra_results_composer=extra), counting],
    )
    tuner.run()
    results = load_experiment(tuner.name).results
    assert len(results) == counting.num_results
    last = dict(results.loc[results.loc[:, ST_TUNER_TIME].argmax()])
    assert last["num_trials"] >= results[ST_TRIAL_ID].nunique() >= 4
    assert set(results[ST_DECISION]) <= {"CONTINUE", "STOP"}
    columns = extra.keys()
    print("extra results:", [int(last[name]) for name in columns])
