"""Trials that pause and go on from their checkpoints; then the best checkpoint is fetched."""

from pathlib import Path

from training_scripts.train_tower_checkpoint import load_state

import syne_core.config_space as cs
from syne_core import StoppingCriterion, Tuner
from syne_core.backend import LocalBackend
from syne_core.experiments import load_experiment
from syne_core.optimizer.baselines import ASHA

if __name__ == "__main__":
    config_space = {"steps": 9, "width": cs.randint(0, 20), "tilt": cs.uniform(-10, 10)}
    entry_point = Path(__file__).parent / "training_scripts" / "train_tower_checkpoint.py"
    trial_backend = LocalBackend(entry_point=str(entry_point))
    scheduler = ASHA(
        config_space,
        metric="mean_loss",
        mode="min",
        resource_attr="epoch",
        max_resource_attr="steps",
        type="promotion",
    )
    tuner = Tuner(
        trial_backend=trial_backend,
        scheduler=scheduler,
        stop_criterion=StoppingCriterion(max_num_trials_started=7),
        n_workers=2,
        tuner_name="towers-with-checkpoints",
        metadata={"purpose": "a test"},
    )
    tuner.run()

    experiment = load_experiment(tuner.name)
    best = experiment.best_config()
    checkpoint = trial_backend.checkpoint_trial_path(best["trial_id"])
    assert checkpoint.exists()
    assert load_state(checkpoint)["epoch"] >= best["epoch"]
    assert experiment.metadata["purpose"] == "a test"
    assert experiment.results.groupby(["trial_id", "epoch"]).size().max() == 1, "no epoch twice"
    print("resumed:", sorted(experiment.results.query("started_from > 0").trial_id.unique()))
