"""Several methods, one after the other, on the same script."""

import logging
from pathlib import Path

from training_scripts.train_tower import (
    MAX_RESOURCE_ATTR,
    METRIC_ATTR,
    METRIC_MODE,
    RESOURCE_ATTR,
    tower_config_space,
)

from syne_core import StoppingCriterion, Tuner
from syne_core.backend import LocalBackend
from syne_core.optimizer.baselines import ASHA, GridSearch, RandomSearch
from syne_core.optimizer.schedulers import FIFOScheduler, HyperbandScheduler, MedianStoppingRule

if __name__ == "__main__":
    logging.getLogger().setLevel(logging.INFO)
    max_steps = 9
    config_space = tower_config_space(max_steps)
    entry_point = Path(__file__).parent / "training_scripts" / "train_tower.py"
    objective = {"metric": METRIC_ATTR, "mode": METRIC_MODE}
    schedulers = [
        RandomSearch(config_space, **objective, random_seed=31415927),
        GridSearch(config_space, **objective, search_options={"num_samples": {"width": 2, "tilt": 2}}),
        ASHA(config_space, **objective, resource_attr=RESOURCE_ATTR, max_t=max_steps),
        HyperbandScheduler(
            config_space,
            **objective,
            searcher="random",
            resource_attr=RESOURCE_ATTR,
            max_resource_attr=MAX_RESOURCE_ATTR,
            grace_period=1,
            reduction_factor=3,
            type="promotion",
            brackets=2,
        ),
        MedianStoppingRule(
            FIFOScheduler(config_space, searcher="random", **objective),
            resource_attr=RESOURCE_ATTR,
            grace_population=2,
        ),
    ]
    for scheduler in schedulers:
        print(f"running {scheduler}")
        tuner = Tuner(
            trial_backend=LocalBackend(entry_point=str(entry_point)),
            scheduler=scheduler,
            stop_criterion=StoppingCriterion(
                max_wallclock_time=60, max_num_trials_started=5, min_metric_value={METRIC_ATTR: -1000}
            ),
            n_workers=2,
            sleep_time=0.1,
            wait_trial_completion_when_stopping=False,
        )
        tuner.run()
        trial_id, config = tuner.best_config()
        print(f"best of {type(scheduler).__name__}: trial {trial_id}, {config}")
