"""What one suggestion costs: ``python -m perf.sides.suggest SPEC_JSON OUTPUT``, under the Python of the side.

SPEC: ``side`` (see ``perf/quality/sides``), ``n`` (evaluations known at the start), ``suggestions``, and
``options``, ``search_options`` of our searcher. The problem is ``mixed9`` with noise; evaluations are known
at random configurations, the same on all sides, and 4 more are pending. The first suggestion also loads
modules and is noted apart. After each one the oldest pending trial ends, so that N grows by one.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from perf.quality.problems import PROBLEMS
from perf.quality.sides import make_side
from perf.quality.space import Config, draw
from perf.sides.peak_memory import peak_rss

PENDING = 4
# As metrics have it; without noise BoTorch's fit takes several times as many steps.
NOISE = 0.02


def main(spec: dict[str, Any], output: Path) -> None:
    """Measure and write what was found to ``output``."""
    problem = PROBLEMS["mixed9"]
    generator = np.random.default_rng(spec["n"])
    known = [draw(problem.parameters, generator) for _ in range(spec["n"] + PENDING)]
    side = _begin(spec, known)

    def tell(number: int) -> None:
        noise = NOISE * float(generator.standard_normal())
        side.tell(number, known[number], problem.value(known[number]) + noise)

    for number in range(spec["n"]):
        tell(number)
    noted = []
    for oldest in range(spec["n"], spec["n"] + spec["suggestions"] + 1):
        before = time.process_time()
        known.append(side.ask(oldest + PENDING))
        noted.append((time.process_time() - before) * 1e3)
        tell(oldest)
    found = {"first_ms": noted[0], "ms": noted[1:], "peak_rss_bytes": peak_rss()}
    output.write_text(json.dumps(found))


def _begin(spec: dict[str, Any], known: list[Config]) -> Any:
    """The side, with trials started at ``known``."""
    if spec["side"] != "ours_bo":
        side = make_side(spec["side"], PROBLEMS["mixed9"], seed=0)
        for number, config in enumerate(known):
            side.replay(number, config)
        return side
    from perf.quality.sides.ours import EvaluationsOfOurs, config_space
    from syne_core.optimizer.baselines import BayesianOptimization

    space = config_space(PROBLEMS["mixed9"].parameters)
    more = {"points_to_evaluate": known, "search_options": spec.get("options", {}), "random_seed": 0}
    ours = EvaluationsOfOurs(BayesianOptimization(space, metric="loss", mode="min", **more))
    for number, config in enumerate(known):
        if (asked := ours.ask(number)) != config:
            raise RuntimeError(f"trial {number} is {asked}, not {config}")
    return ours


if __name__ == "__main__":
    main(json.loads(sys.argv[1]), Path(sys.argv[2]))
