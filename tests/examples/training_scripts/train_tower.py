"""A tower of blocks grows step by step; its loss falls with the width of its foot and rises with its tilt."""

import time
from argparse import ArgumentParser

from syne_core import Reporter
from syne_core.config_space import randint

METRIC_ATTR = "mean_loss"
METRIC_MODE = "min"
RESOURCE_ATTR = "epoch"
MAX_RESOURCE_ATTR = "steps"


def tower_config_space(max_steps):
    return {MAX_RESOURCE_ATTR: max_steps, "width": randint(0, 20), "tilt": randint(-100, 100)}


def tower_loss(step, width, tilt):
    return 100 / (10 + width * step) + 0.1 * tilt


if __name__ == "__main__":
    parser = ArgumentParser()
    parser.add_argument(f"--{MAX_RESOURCE_ATTR}", type=int)
    parser.add_argument("--width", type=float)
    parser.add_argument("--tilt", type=float)
    parser.add_argument("--sleep_time", type=float, default=0.01)
    args, _ = parser.parse_known_args()

    report = Reporter()
    for step in range(getattr(args, MAX_RESOURCE_ATTR)):
        time.sleep(args.sleep_time)
        report(
            **{
                "step": step,
                METRIC_ATTR: tower_loss(step, args.width, args.tilt),
                RESOURCE_ATTR: step + 1,
            }
        )
