"""Runs one simulated experiment with either library and notes what it cost: ``simulate.py SPEC_JSON OUTPUT``.

SPEC: ``library`` (syne_core | syne_tune), ``method`` (random | asha), ``num_trials``, ``n_workers``,
``lookup``: ``table``, the library's own class of tables, or ``direct``, a blackbox of a few lines that
computes the row's number. Runs under the Python of the library, so it imports nothing else of this
project. Both sides get the same table, made from one seed, the same delays of 0.05 s, and store their results
with their own callback. The clock runs from ``Tuner.run`` to its return.
"""

from __future__ import annotations

import json
import logging
import resource
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

EPOCHS = 27
NAMES = ("a", "b", "c", "d")
LEVELS = 12
ROWS = LEVELS ** len(NAMES)
NO_LIMIT = 10**6


def main(spec: dict[str, Any], output: Path) -> None:
    """Run the experiment and write what was noted to ``output``."""
    make = _syne_core if spec["library"] == "syne_core" else _syne_tune
    logging.getLogger().setLevel(logging.ERROR)
    tuner, num_reports = make(spec)
    before, started = time.process_time(), time.perf_counter()
    tuner.run()
    cpu, seconds = time.process_time() - before, time.perf_counter() - started
    trials, reports = num_reports(tuner)
    noted = {
        "num_trials": trials,
        "num_reports": reports,
        "cpu_s": cpu,
        "seconds": seconds,
        "peak_rss_bytes": _peak_rss(),
        "user_s": resource.getrusage(resource.RUSAGE_SELF).ru_utime,
    }
    output.write_text(json.dumps(noted))


def _table() -> Any:
    """Loss and seconds, shape (rows, 1 repetition, epochs, 2): power laws with noise, unequal paces."""
    rng = np.random.default_rng(20)
    floor, drop, rate = rng.uniform(0, 1, (3, ROWS, 1))
    epochs = np.arange(1, EPOCHS + 1)
    loss = floor + drop * epochs ** -(0.3 + rate) + rng.normal(0, 0.02, (ROWS, EPOCHS))
    seconds = epochs * rng.uniform(10, 60, (ROWS, 1))
    return np.stack([loss, seconds], axis=-1)[:, None]


def _configurations() -> list[dict[str, int]]:
    grid = np.indices((LEVELS,) * len(NAMES)).reshape(len(NAMES), -1).T.tolist()
    return [dict(zip(NAMES, values, strict=True)) for values in grid]


def _row(config: Any) -> int:
    row = 0
    for name in NAMES:
        row = row * LEVELS + config[name]
    return row


def _syne_core(spec: dict[str, Any]) -> Any:
    from syne_core import StoppingCriterion, Tuner
    from syne_core.backend.simulator.delays import SimulatorConfig
    from syne_core.backend.simulator.simulator_backend import SimulatorBackend
    from syne_core.blackbox import BlackboxTabular
    from syne_core.config_space import randint
    from syne_core.optimizer.baselines import ASHA, RandomSearch

    table = _table()
    domains = {name: randint(0, LEVELS - 1) for name in NAMES}
    space = {**domains, "epochs": EPOCHS}
    arguments = {"metric": "loss", "mode": "min", "random_seed": 0}
    if spec["method"] == "asha":
        scheduler: Any = ASHA(space, resource_attr="epoch", max_resource_attr="epochs", **arguments)
    else:
        scheduler = RandomSearch(space, **arguments)
    blackbox = BlackboxTabular(
        domains,
        _configurations(),
        elapsed=table[..., 1],
        metrics={"loss": table[..., 0]},
        resources=range(1, EPOCHS + 1),
    )
    blackbox.digest()  # belongs to the table; launchers ask for it to identify the experiment
    tuner = Tuner(
        trial_backend=SimulatorBackend(
            blackbox, delays=SimulatorConfig().delays(), max_resource_attr="epochs"
        ),
        scheduler=scheduler,
        stop_criterion=StoppingCriterion(max_num_trials_finished=spec["num_trials"]),
        n_workers=spec["n_workers"],
        tuner_name="measured",
    )
    return tuner, lambda tuner: (
        tuner.tuning_status.num_trials_finished,
        tuner.tuning_status.num_reports,
    )


def _syne_tune(spec: dict[str, Any]) -> Any:
    import pandas as pd
    from syne_tune import StoppingCriterion, Tuner
    from syne_tune.backend.simulator_backend.simulator_callback import SimulatorCallback
    from syne_tune.blackbox_repository import UserBlackboxBackend
    from syne_tune.blackbox_repository.blackbox import Blackbox
    from syne_tune.blackbox_repository.blackbox_tabular import BlackboxTabular
    from syne_tune.config_space import randint
    from syne_tune.optimizer.baselines import ASHA, RandomSearch

    table = _table()
    domains = {name: randint(0, LEVELS - 1) for name in NAMES}
    space = {**domains, "epochs": EPOCHS}
    objectives, fidelities = ["loss", "elapsed_time"], {"epoch": randint(1, EPOCHS)}

    class Direct(Blackbox):  # type: ignore[misc, valid-type]
        def _objective_function(self, configuration: Any, fidelity: Any = None, seed: Any = None) -> Any:
            return table[_row(configuration), 0]

        @property
        def fidelity_values(self) -> Any:
            return np.arange(1, EPOCHS + 1)

    if spec["lookup"] == "direct":
        blackbox = Direct(domains, fidelities, objectives)
    else:
        rows = pd.DataFrame(_configurations())
        blackbox = BlackboxTabular(rows, domains, fidelities, table, objectives_names=objectives)
    if spec["method"] == "asha":
        scheduler: Any = ASHA(space, metric="loss", time_attr="epoch", max_t=EPOCHS, random_seed=0)
    else:
        scheduler = RandomSearch(space, metrics=["loss"], random_seed=0)
    tuner = Tuner(
        trial_backend=UserBlackboxBackend(
            blackbox, elapsed_time_attr="elapsed_time", max_resource_attr="epochs", seed=0
        ),
        scheduler=scheduler,
        # It stops above its limits.
        stop_criterion=StoppingCriterion(max_num_trials_finished=spec["num_trials"] - 1),
        n_workers=spec["n_workers"],
        sleep_time=0,
        callbacks=[SimulatorCallback()],
        tuner_name="measured",
        print_update_interval=NO_LIMIT,
        save_tuner=False,  # its best setting: no pickle of itself every ten seconds
    )
    return tuner, lambda tuner: (
        tuner.tuning_status.num_trials_finished,
        tuner.tuning_status.overall_metric_statistics.count,
    )


def _peak_rss() -> int:
    """Not ``ru_maxrss``: that one remembers the process which started this one."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) * 1024
    raise OSError("no VmHWM in /proc/self/status")


if __name__ == "__main__":
    main(json.loads(sys.argv[1]), Path(sys.argv[2]))
