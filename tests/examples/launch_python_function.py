"""A function of this file is tuned."""

from syne_core import StoppingCriterion, Tuner
from syne_core.backend import PythonBackend
from syne_core.config_space import randint
from syne_core.optimizer.baselines import ASHA


def build_tower(steps: int, width: float, tilt: float):
    import time

    from syne_core import Reporter

    reporter = Reporter()
    for step in range(steps):
        reporter(step=step, mean_loss=100 / (10 + width * step) + 0.1 * tilt, epoch=step + 1)
        time.sleep(0.01)


if __name__ == "__main__":
    config_space = {"steps": 9, "width": randint(0, 20), "tilt": randint(-100, 100)}
    scheduler = ASHA(
        config_space, metric="mean_loss", max_resource_attr="steps", resource_attr="epoch", mode="min"
    )
    tuner = Tuner(
        trial_backend=PythonBackend(tune_function=build_tower, config_space=config_space),
        scheduler=scheduler,
        stop_criterion=StoppingCriterion(max_wallclock_time=60, max_num_trials_finished=4),
        n_workers=2,
    )
    tuner.run()
    print("best:", tuner.best_config())
