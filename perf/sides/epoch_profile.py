"""Train a benchmark's script with a clock around what is training: ``epoch_profile.py SCRIPT [FLAG ...]``.

Prints one JSON line: for each epoch its seconds, those in training and validation, and those of these that
went into making batches.
"""

from __future__ import annotations

import importlib
import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

#: Steps and forward passes; names in the script's module.
TRAINING = ("train_one_epoch", "measure_accuracy", "measure_loss")
#: Generators of batches; in the script's module or in ``training``.
BATCHES = ("training_batches", "validation_batches", "stretches", "batches")


class Clock:
    """Seconds spent, by kind, since the last report."""

    def __init__(self) -> None:
        self.seconds = {"training": 0.0, "batches": 0.0}
        self.epochs: list[dict[str, float]] = []
        self.since = time.perf_counter()

    def call(self, kind: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*args: Any, **kwargs: Any) -> Any:
            start = time.perf_counter()
            try:
                return function(*args, **kwargs)
            finally:
                self.seconds[kind] += time.perf_counter() - start

        return timed

    def generator(self, function: Callable[..., Iterator[Any]]) -> Callable[..., Iterator[Any]]:
        def timed(*args: Any, **kwargs: Any) -> Iterator[Any]:
            batches = self.call("batches", function)(*args, **kwargs)
            following = self.call("batches", lambda: next(batches, None))
            while (batch := following()) is not None:
                yield batch

        return timed

    def report(self, **_: Any) -> None:
        now = time.perf_counter()
        self.epochs.append({"seconds": now - self.since, **self.seconds})
        self.seconds = dict.fromkeys(self.seconds, 0.0)
        self.since = now


def main() -> None:
    script = Path(sys.argv[1])
    sys.path.insert(0, str(script.parent))
    module, training = importlib.import_module(script.stem), importlib.import_module("training")
    clock = Clock()
    for owner in (module, training):
        for name in BATCHES:
            if hasattr(owner, name):
                setattr(owner, name, clock.generator(getattr(owner, name)))
    for name in TRAINING:
        if hasattr(module, name):
            setattr(module, name, clock.call("training", getattr(module, name)))
    run_epochs = module.run_epochs

    def from_the_first_epoch(*args: Any) -> None:
        clock.since = time.perf_counter()
        run_epochs(*args)

    module.run_epochs = from_the_first_epoch
    reporter = module.Reporter()

    def report(**metrics: Any) -> None:
        reporter(**metrics)
        clock.report()

    module.Reporter = lambda: report
    module.main(sys.argv[2:])
    print(json.dumps(clock.epochs))


if __name__ == "__main__":
    main()
