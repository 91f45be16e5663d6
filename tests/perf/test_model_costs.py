"""The scripts that measure what suggestions and MOBSTER cost, at small sizes."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from perf import peers, suggestion
from perf.measured_process import noted_by
from perf.peers import Peer, PeerUnavailableError

PYTHON = Path(sys.executable)


def test_each_suggestion_is_noted_and_the_first_one_apart() -> None:
    noted = noted_by(PYTHON, "suggest", {"side": "ours_bo", "n": 6, "suggestions": 2})
    assert len(noted["ms"]) == 2
    assert min(noted["first_ms"], *noted["ms"]) > 0
    assert noted["peak_rss_bytes"] > 1e7


def test_an_experiment_is_run_to_its_number_of_trials() -> None:
    spec = {"num_trials": 12, "n_workers": 4, "blackbox": "curves-power", "seed": 1}
    noted = noted_by(PYTHON, "mobster", spec)
    assert 8 < noted["trials_that_reported"] <= 12 < noted["reports"]
    assert noted["cpu_s"] > 0


def test_a_side_that_breaks_says_what_was_run() -> None:
    with pytest.raises(RuntimeError, match=r"perf\.sides\.suggest .*no such side"):
        noted_by(PYTHON, "suggest", {"side": "no such side", "n": 2, "suggestions": 1})


def test_a_ratio_is_that_of_medians_and_absent_without_the_peer() -> None:
    rows: list[dict[str, Any]] = []
    for side, cost in (("ours, refitted", 2.0), ("ours, as it is", 1.0), ("botorch", 100.0)):
        rows += [
            {"side": side, "n": n, "first_ms": 1.0, "ms": [cost, cost, 900.0], "peak_rss_bytes": 10**8}
            for n in suggestion.SIZES
        ]
    measured = suggestion._outcome(rows, {}, 3)
    assert [target.measured for target in measured.targets] == pytest.approx([0.02, 0.02, 0.02, 100.0])
    assert all(target.met for target in measured.targets)
    alone = suggestion._outcome([row for row in rows if row["side"] != "botorch"], {}, 3)
    assert [target.met for target in alone.targets] == [None, None, None, True]


def test_a_peer_names_the_python_that_it_lacks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = Peer("old", (), "", python="2.5")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    with pytest.raises(
        PeerUnavailableError, match=r"old needs Python 2\.5: none found; set \$SYNEBENCH_PYTHON25"
    ):
        peers._base_python(old)
    chosen = tmp_path / "mine"
    chosen.touch()
    monkeypatch.setenv("SYNEBENCH_PYTHON25", str(chosen))
    assert peers._base_python(old) == str(chosen)
    assert peers._base_python(Peer("any", (), "")) == sys.executable
