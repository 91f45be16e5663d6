"""Runs one experiment with either library and notes what it cost: ``tune.py SPEC_JSON OUTPUT``.

SPEC: ``library`` (syne_core | syne_tune), ``sleep_time`` (null: its default), ``n_workers``,
``num_trials``, ``trial``, the arguments of ``trial.py``, and, where wanted, ``start_after``, seconds
until its trials may report, if they are to begin together, and ``preload``, modules for a warm start
(syne_core only). Runs under the Python of the library, so it imports nothing
else of this project. Both sides do random search over one number, store their results with their own
callback, and wait for their last trials. What is noted is in ``_noted``.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from array import array
from pathlib import Path
from typing import Any

TRIAL = str(Path(__file__).with_name("trial.py"))
PAGE = os.sysconf("SC_PAGE_SIZE")
NO_LIMIT = 10**6


class Notes:
    """What happened when, in arrays, so that taking notes does not look like a growing tuner."""

    def __init__(self) -> None:
        #: For each report: time of the decision, of the report, the tuner's CPU seconds, the trial.
        self.reports = tuple(array("d") for _ in range(4))
        #: For each completed trial: time, the tuner's CPU seconds, its resident memory in bytes.
        self.completions = tuple(array("d") for _ in range(3))

    def on_report(self, trial_id: int, report: dict[str, Any]) -> None:
        now = time.time()
        row = (now, report["st_worker_timestamp"], time.process_time(), trial_id)
        for column, value in zip(self.reports, row, strict=True):
            column.append(value)

    def on_complete(self) -> None:
        with open("/proc/self/statm") as file:
            resident = int(file.read().split()[1]) * PAGE
        row = (time.time(), time.process_time(), resident)
        for column, value in zip(self.completions, row, strict=True):
            column.append(value)


def main(spec: dict[str, Any], output: Path) -> None:
    """Run the experiment and write what was noted to ``output``."""
    notes = Notes()
    if "start_after" in spec:
        spec["trial"]["start"] = time.time() + spec["start_after"]
    make = _syne_core if spec["library"] == "syne_core" else _syne_tune
    tuner, extras = make(spec, notes)
    own_before = time.process_time()
    started = time.time()
    tuner.run()
    seconds = time.time() - started
    own = time.process_time() - own_before
    noted = _noted(notes, started, seconds, own)
    noted.update(extras(tuner))
    output.write_text(json.dumps(noted))


def _noted(notes: Notes, started: float, seconds: float, own: float) -> dict[str, Any]:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {
        "started": started,
        "seconds": seconds,
        "num_trials": len(notes.completions[0]),
        "tuner_cpu_s": own,
        "children_cpu_s": children.ru_utime + children.ru_stime,
        "peak_rss_bytes": _peak_rss(),
        "open_files": len(os.listdir("/proc/self/fd")),
        "reports": [list(column) for column in notes.reports],
        "completions": [list(column) for column in notes.completions],
    }


def _peak_rss() -> int:
    """Not ``ru_maxrss``: that one remembers the process which started this one."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) * 1024
    raise OSError("no VmHWM in /proc/self/status")


def _syne_core(spec: dict[str, Any], notes: Notes) -> Any:
    from syne_core import StoppingCriterion, Tuner, TunerCallback
    from syne_core.backend.local.local_backend import LocalBackend
    from syne_core.config_space import uniform
    from syne_core.optimizer.baselines import RandomSearch
    from syne_core.results_callback import StoreResultsCallback
    from syne_core.results_table import write_results

    def extras(tuner: Any) -> dict[str, Any]:
        journal = tuner.paths.journal
        before = time.perf_counter()
        write_results(journal, tuner.paths.results)
        seconds = time.perf_counter() - before
        with open(journal, "rb") as file:
            records = sum(1 for _ in file)
        sizes = {"journal_bytes": journal.stat().st_size, "results_bytes": tuner.paths.results.stat().st_size}
        return {"write_results_s": seconds, "journal_records": records, **sizes}

    space = {"x": uniform(0.0, 1.0), **spec["trial"], "library": "syne_core"}
    return _tuner(
        spec,
        Tuner,
        LocalBackend(entry_point=TRIAL, preload=spec.get("preload", ())),
        RandomSearch(space, metric="loss", mode="min", random_seed=0),
        StoppingCriterion(max_num_trials_started=spec["num_trials"]),
        [_noting(TunerCallback, notes), StoreResultsCallback()],
    ), extras


def _syne_tune(spec: dict[str, Any], notes: Notes) -> Any:
    from syne_tune import StoppingCriterion, Tuner
    from syne_tune.backend import LocalBackend
    from syne_tune.config_space import uniform
    from syne_tune.optimizer.baselines import RandomSearch
    from syne_tune.results_callback import StoreResultsCallback
    from syne_tune.tuner_callback import TunerCallback

    space = {"x": uniform(0.0, 1.0), **spec["trial"], "library": "syne_tune"}
    return _tuner(
        spec,
        Tuner,
        LocalBackend(entry_point=TRIAL),
        RandomSearch(space, metrics=["loss"], random_seed=0),
        StoppingCriterion(max_num_trials_started=spec["num_trials"] - 1),  # it stops above its limits
        [_noting(TunerCallback, notes), StoreResultsCallback()],
        save_tuner=False,  # its best setting: no pickle of itself every ten seconds
        print_update_interval=NO_LIMIT,
    ), lambda tuner: {}


def _tuner(
    spec: dict[str, Any],
    kind: Any,
    backend: Any,
    scheduler: Any,
    stop: Any,
    callbacks: list[Any],
    **more: Any,
) -> Any:
    if spec["sleep_time"] is not None:
        more["sleep_time"] = spec["sleep_time"]
    return kind(
        trial_backend=backend,
        scheduler=scheduler,
        stop_criterion=stop,
        n_workers=spec["n_workers"],
        callbacks=callbacks,
        tuner_name="measured",
        wait_trial_completion_when_stopping=True,
        **more,
    )


def _noting(base: Any, notes: Notes) -> Any:
    class Noting(base):  # type: ignore[misc]
        def on_trial_result(self, trial: Any, status: str, result: dict[str, Any], decision: str) -> None:
            notes.on_report(trial.trial_id, result)

        def on_trial_complete(self, trial: Any, result: dict[str, Any]) -> None:
            notes.on_complete()

    return Noting()


if __name__ == "__main__":
    main(json.loads(sys.argv[1]), Path(sys.argv[2]))
