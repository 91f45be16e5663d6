"""A loop of one's own around a scheduler, with and without stopping early."""

import datetime
import math

from syne_core.backend.trial_status import Status, Trial, TrialResult
from syne_core.config_space import uniform
from syne_core.optimizer.ask_tell import AskTell
from syne_core.optimizer.baselines import ASHA, RandomSearch
from syne_core.optimizer.scheduler import SchedulerDecision


class Loop:
    """What users of Syne Tune wrote for themselves."""

    def __init__(self, base_scheduler):
        self.bscheduler = base_scheduler
        self.completed = {}
        self.num_trials = 0

    def ask(self) -> Trial:
        suggestion = self.bscheduler.suggest(self.num_trials)
        trial = Trial(
            trial_id=self.num_trials, config=suggestion.config, creation_time=datetime.datetime.now()
        )
        self.num_trials += 1
        return trial

    def tell(self, trial, result):
        self.completed[trial.trial_id] = trial.add_results(
            metrics=result, status=Status.completed, training_end_time=datetime.datetime.now()
        )
        self.bscheduler.on_trial_complete(trial=trial, result=result)

    def best_trial(self, metric) -> TrialResult:
        sign = 1 if self.bscheduler.metric_mode() == "min" else -1
        return min(self.completed.values(), key=lambda trial: sign * trial.metrics[metric])


def target(x, step=0):
    return x * x + math.sin(x) + 0.01 * step


if __name__ == "__main__":
    config_space = {"x": uniform(-1, 1)}
    loop = Loop(RandomSearch(config_space, metric="mean_loss", mode="min"))
    for _ in range(40):
        trial = loop.ask()
        loop.tell(trial, {"mean_loss": target(**trial.config)})
    print("random search:", loop.best_trial("mean_loss").config)

    loop = Loop(ASHA(config_space, metric="mean_loss", resource_attr="epoch", max_t=9, mode="min"))
    steps = 0
    for _ in range(40):
        trial = loop.ask()
        for step in range(1, 9):
            result = {"mean_loss": target(**trial.config, step=step), "epoch": step}
            steps += 1
            if loop.bscheduler.on_trial_result(trial, result) == SchedulerDecision.STOP:
                break
        loop.tell(trial, result)
    print("ASHA:", loop.best_trial("mean_loss").config)
    assert steps < 0.8 * 40 * 8

    tuner = AskTell(ASHA(config_space, metric="mean_loss", resource_attr="epoch", max_t=9, type="promotion"))
    reached = {}
    for _ in range(40):
        trial = tuner.ask()
        for step in range(reached.get(trial.trial_id, 0) + 1, 10):
            reached[trial.trial_id] = step
            result = {"mean_loss": target(**trial.config, step=step), "epoch": step}
            if tuner.tell(trial, result) != SchedulerDecision.CONTINUE:
                break
    print("ASHA by promotion:", tuner.best_trial.config)
    assert tuner.best_trial.status != Status.failed
    assert abs(tuner.best_trial.config["x"] + 0.45) < 0.2
