"""An experiment is interrupted, continued under its name, and asked for once more when it is finished."""

from pathlib import Path

from training_scripts.train_tower import METRIC_ATTR, METRIC_MODE, tower_config_space

from syne_core import StoppingCriterion, Tuner
from syne_core.backend import LocalBackend
from syne_core.experiments import load_experiment
from syne_core.optimizer.baselines import RandomSearch
from syne_core.tuner_callback import TunerCallback

NAME = "towers-to-be-continued"


class InterruptAt(TunerCallback):
    """Does what Ctrl-C does, when a trial with this id is started."""

    def __init__(self, trial_id):
        self.trial_id = trial_id

    def on_start_trial(self, trial):
        if trial.trial_id == self.trial_id:
            raise KeyboardInterrupt


def run(callbacks=None):
    entry_point = Path(__file__).parent / "training_scripts" / "train_tower.py"
    tuner = Tuner(
        trial_backend=LocalBackend(entry_point=str(entry_point)),
        scheduler=RandomSearch(tower_config_space(5), metric=METRIC_ATTR, mode=METRIC_MODE, random_seed=7),
        stop_criterion=StoppingCriterion(max_num_trials_completed=5),
        n_workers=1,
        tuner_name=NAME,
        suffix_tuner_name=False,
        callbacks=callbacks,
        resource_attr="epoch",
    )
    tuner.run()
    return tuner


if __name__ == "__main__":
    try:
        run([InterruptAt(trial_id=2)])
    except KeyboardInterrupt:
        print("interrupted")
    tuner = run()
    table = load_experiment(NAME).results
    assert len(table) == len(table[["trial_id", "epoch"]].drop_duplicates())
    assert tuner.tuning_status.num_trials_completed == 5
    print("reports:", len(table))

    again = run()
    assert again.best_config() == tuner.best_config()
    assert len(load_experiment(NAME).results) == len(table), "finished: nothing more is run"
