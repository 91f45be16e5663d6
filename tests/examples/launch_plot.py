"""The loss of the incumbent over time, as a figure."""

from pathlib import Path

from training_scripts.train_tower import METRIC_ATTR, METRIC_MODE, tower_config_space

from syne_core import StoppingCriterion, Tuner
from syne_core.backend import LocalBackend
from syne_core.experiments import load_experiment
from syne_core.optimizer.baselines import RandomSearch

if __name__ == "__main__":
    tuner = Tuner(
        trial_backend=LocalBackend(
            entry_point=str(Path(__file__).parent / "training_scripts" / "train_tower.py")
        ),
        scheduler=RandomSearch(tower_config_space(5), metric=METRIC_ATTR, mode=METRIC_MODE),
        stop_criterion=StoppingCriterion(max_num_trials_completed=3),
        n_workers=2,
        tuner_name="plotted-towers",
    )
    tuner.run()
    tuning_experiment = load_experiment(tuner.name)
    print(tuning_experiment)
    print(f"best result found: {tuning_experiment.best_config()}")
    tuning_experiment.plot()
    tuning_experiment.plot(figure_path="trajectory.png")
    tuning_experiment.plot_trials_over_time(figure_path="trials.png")
