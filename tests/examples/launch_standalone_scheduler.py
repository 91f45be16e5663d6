"""A scheduler of one's own, in a page: random configurations; what is among the worst fifth is stopped."""

import logging
from bisect import insort
from pathlib import Path
from typing import Any

from training_scripts.train_tower import METRIC_ATTR, METRIC_MODE, tower_config_space

from syne_core.backend import LocalBackend
from syne_core.backend.trial_status import Trial
from syne_core.optimizer.scheduler import SchedulerDecision, TrialScheduler, TrialSuggestion
from syne_core.stopping_criterion import StoppingCriterion
from syne_core.tuner import Tuner


class WorstFifthStops(TrialScheduler):
    def __init__(self, config_space: dict[str, Any], metric: str, mode: str | None = None):
        super().__init__(config_space=config_space)
        self.metric = metric
        self.mode = mode if mode is not None else "min"
        self.seen = []

    def _suggest(self, trial_id: int) -> TrialSuggestion | None:
        config = {k: v.sample() if hasattr(v, "sample") else v for k, v in self.config_space.items()}
        return TrialSuggestion.start_suggestion(config)

    def on_trial_result(self, trial: Trial, result: dict[str, Any]) -> str:
        value = result[self.metric]
        insort(self.seen, value)
        if self.seen.index(value) < 0.8 * len(self.seen):
            return SchedulerDecision.CONTINUE
        logging.info(f"trial {trial.trial_id} is among the worst fifth")
        return SchedulerDecision.STOP

    def metric_names(self) -> list[str]:
        return [self.metric]

    def metric_mode(self) -> str:
        return self.mode


if __name__ == "__main__":
    logging.getLogger().setLevel(logging.DEBUG)
    entry_point = str(Path(__file__).parent / "training_scripts" / "train_tower.py")
    tuner = Tuner(
        trial_backend=LocalBackend(entry_point=entry_point),
        scheduler=WorstFifthStops(tower_config_space(20), METRIC_ATTR, METRIC_MODE),
        stop_criterion=StoppingCriterion(max_wallclock_time=60, max_num_trials_finished=6),
        n_workers=2,
    )
    tuner.run()
    print("trials:", tuner.tuning_status.trial_counts())
