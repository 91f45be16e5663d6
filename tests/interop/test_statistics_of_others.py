"""Our statistics are those of statsmodels, scikit-posthocs and rliable, to nine digits."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from perf.peers import PeerUnavailableError, interpreter
from syne_core.experiments.statistics import (
    equivalence_test,
    friedman,
    holm,
    interquartile_mean,
    iqm_interval,
    mean_interval,
    seeds_needed,
)
from syne_core.experiments.statistics.power import seeds_for_p

pytestmark = pytest.mark.long

PROGRAM = """
import json, math, sys, warnings
warnings.simplefilter("ignore")
import numpy as np
import scikit_posthocs
from rliable import library, metrics
from statsmodels.stats.api import DescrStatsW
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.power import TTestPower
given = json.load(sys.stdin)
a, b, table = np.array(given["a"]), np.array(given["b"]), np.array(given["table"])
scores = np.array(given["scores"])
paired = DescrStatsW(b - a)
points, intervals = library.get_interval_estimates(
    {"x": scores.T}, lambda x: np.array([metrics.aggregate_iqm(x)]), reps=20000,
    random_state=np.random.RandomState(0),
)
print(json.dumps({
    "holm": multipletests(given["p"], method="holm")[1].tolist(),
    "tost": float(paired.ttost_mean(-given["margin"], given["margin"])[0]),
    "t_interval": [float(x) for x in paired.tconfint_mean()],
    "power": [math.ceil(TTestPower().solve_power(e, power=0.8, alpha=0.05) / (3 / math.pi))
              for e in given["effects"]],
    "nemenyi": np.asarray(scikit_posthocs.posthoc_nemenyi_friedman(table)).tolist(),
    "iqm": float(points["x"][0]),
    "iqm_interval": intervals["x"][:, 0].tolist(),
}))
"""


def _given() -> dict[str, Any]:
    rng = np.random.default_rng(11)
    return {
        "a": rng.normal(size=12).tolist(),
        "b": rng.normal(0.1, 1, 12).tolist(),
        "p": rng.uniform(0, 0.1, 9).tolist(),
        "margin": 0.7,
        "effects": [0.3, 0.7, 1.2],
        "table": (rng.normal(size=(15, 5)) + 0.5 * np.arange(5)).tolist(),
        "scores": rng.normal(size=(6, 40)).tolist(),
    }


GIVEN = _given()


@pytest.fixture(scope="module")
def theirs() -> dict[str, Any]:
    """What the other libraries compute from ``GIVEN``."""
    try:
        peer: Path = interpreter("statistics")
    except PeerUnavailableError as error:
        pytest.skip(f"statsmodels, scikit-posthocs and rliable are not to be had: {error}")
    done = subprocess.run(
        [str(peer), "-c", PROGRAM], input=json.dumps(GIVEN), capture_output=True, text=True, timeout=240
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_adjusted_p_values_intervals_and_equivalence_are_those_of_statsmodels(theirs: dict[str, Any]) -> None:
    assert holm(GIVEN["p"]) == pytest.approx(theirs["holm"], rel=1e-9)
    differences = np.subtract(GIVEN["b"], GIVEN["a"])
    assert equivalence_test(differences, GIVEN["margin"]).p == pytest.approx(theirs["tost"], rel=1e-9)
    interval = mean_interval(differences)
    assert (interval.lower, interval.upper) == pytest.approx(tuple(theirs["t_interval"]), rel=1e-9)


def test_seeds_needed_are_those_of_statsmodels_power_calculation(theirs: dict[str, Any]) -> None:
    """Theirs is not rounded up before it is divided by the efficiency: one more or less."""
    for effect, number in zip(GIVEN["effects"], theirs["power"], strict=True):
        ours = seeds_needed(effect + np.array([-1.0, 1.0]) / np.sqrt(2))
        assert ours is not None
        assert abs(ours - max(number, seeds_for_p(0.05))) <= 1


def test_the_critical_difference_separates_what_nemenyis_p_values_do(theirs: dict[str, Any]) -> None:
    found = friedman(GIVEN["table"], "max")
    ranks, p = np.array(found.mean_ranks), np.array(theirs["nemenyi"])
    apart = np.abs(ranks[:, None] - ranks[None, :]) > found.critical_difference
    np.testing.assert_array_equal(apart, p < 0.05)
    assert apart.any()
    assert not apart.all()


def test_the_interquartile_mean_is_rliables_and_its_interval_about_as_long(theirs: dict[str, Any]) -> None:
    """Theirs is not expanded; with 40 seeds that hardly matters."""
    assert interquartile_mean(GIVEN["scores"]) == pytest.approx(theirs["iqm"], rel=1e-9)
    ours = iqm_interval(GIVEN["scores"])
    low, high = (end[0] if isinstance(end, list) else end for end in theirs["iqm_interval"])
    assert (ours.lower, ours.upper) == pytest.approx((low, high), abs=0.1 * (high - low))
