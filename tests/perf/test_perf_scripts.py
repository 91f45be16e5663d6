"""The measuring scripts run and say what they should; their figures are nobody's business here."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perf import command_start, run_all
from perf.environment import measured_environment
from perf.machine import REPOSITORY
from perf.outcome import Outcome, Target, quantile, rounded, store
from perf.peers import PEERS_VARIABLE, PeerUnavailableError, interpreter
from perf.script import Options, _without_paths, find_peer
from perf.side import Side, tune
from perf.ten_thousand_trials import _windows


@pytest.fixture
def no_peers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder for peers that cannot be made."""
    blocked = tmp_path / "a file"
    blocked.touch()
    monkeypatch.setenv(PEERS_VARIABLE, str(blocked / "peers"))


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What ``python -m perf.command_start`` prints, and that it stores the same."""
    folder = tmp_path_factory.mktemp("results")
    command = [sys.executable, "-m", "perf.command_start", "--quick", "--no_peers", "--repeats", "2"]
    done = subprocess.run(
        [*command, "--results", str(folder)], capture_output=True, text=True, check=True, cwd=REPOSITORY
    )
    printed: dict[str, Any] = json.loads(done.stdout)
    assert json.loads((folder / "command_start.quick.json").read_bytes()) == printed
    return printed


def test_a_script_prints_and_stores_figures_targets_rows_and_machine(outcome: dict[str, Any]) -> None:
    assert outcome["name"] == "command_start"
    cpu = {  # which another program that takes the processor does not prolong
        what: min(row["cpu_ms"] for row in outcome["raw"] if row["command"] == what)
        for what in (command_start.HELP, command_start.BARE)
    }
    assert cpu[command_start.HELP] > cpu[command_start.BARE] > 0
    assert min(outcome["ours"]["help_ms"], outcome["ours"]["bare_python_ms"]) > 0
    assert len(outcome["raw"]) == 2 * len(outcome["commands"]) == 6
    assert {"cpu", "cores", "memory_gib", "python", "load_average", "git_commit"} <= set(outcome["machine"])


def test_a_target_is_met_exactly_if_the_measure_is_at_most_its_limit(outcome: dict[str, Any]) -> None:
    for target in outcome["targets"]:
        assert target["met"] == (target["measured"] <= target["at_most"])
    assert Target("ms", 20.0, None).met is None
    assert Target("ms", 20.0, 20.0).met
    assert not Target("ms", 20.0, 20.1).met


def test_without_a_peer_the_outcome_says_so_and_has_no_ratio(outcome: dict[str, Any]) -> None:
    assert outcome["ratio"] is None
    assert "--no_peers" in outcome["peer"]["not_measured"]


def test_an_outcome_names_no_folder_of_this_machine(outcome: dict[str, Any]) -> None:
    text = json.dumps(outcome)
    assert str(REPOSITORY) not in text
    assert str(Path(sys.prefix).parent) not in text


@pytest.mark.usefixtures("no_peers")
def test_a_peer_that_cannot_be_made_is_said_to_be_unavailable() -> None:
    with pytest.raises(PeerUnavailableError):
        interpreter("syne-tune-0.16.0")
    found = find_peer(Options(), "syne-tune-0.16.0")
    assert found.python is None
    assert "could not be made" in found.describe()["not_measured"]


def test_the_reason_for_no_peer_is_kept_without_folders_and_addresses() -> None:
    kept = _without_paths(f"{REPOSITORY}/x: no answer from https://mirror.example/simple, {Path.home()}/y")
    assert kept == "./x: no answer from URL ~/y"


def test_a_setting_that_slows_only_a_checkout_is_not_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.setenv("PYTHONPATH", "kept")
    environment = measured_environment(MORE="1")
    assert "PYTHONDONTWRITEBYTECODE" not in environment
    assert (environment["PYTHONPATH"], environment["MORE"]) == ("kept", "1")


def test_a_command_that_fails_is_not_timed() -> None:
    with pytest.raises(RuntimeError, match="failed"):
        command_start._run([sys.executable, "-c", "raise SystemExit(3)"])


def test_unknown_script_names_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        run_all.main(["local_backed"])
    assert stopped.value.code == 2
    assert "did you mean local_backend?" in capsys.readouterr().err


def test_our_side_notes_every_report_and_every_trial() -> None:
    noted = tune(
        Side("syne_core", Path(sys.executable)),
        {"n_workers": 2, "num_trials": 3, "trial": {"reports": 2, "interval": 0}},
        timeout=240.0,
    )
    decided, reported, _, trial_ids = noted["reports"]
    assert noted["num_trials"] == len(noted["completions"][0]) == 3
    assert sorted(trial_ids) == [0, 0, 1, 1, 2, 2]
    assert all(after >= before for after, before in zip(decided, reported, strict=True))
    assert noted["peak_rss_bytes"] > 1e6
    assert noted["journal_records"] > 6


def test_windows_tell_a_tuner_that_slows_down() -> None:
    ended = [float(i) for i in range(5)] + [4.0 + 3.0 * i for i in range(1, 6)]
    rows = _windows([ended, [0.0] * 10, [1e6] * 10], size=5)
    assert [row["ms_per_trial"] for row in rows] == [1000.0, 3000.0]


@given(st.lists(st.integers(-50, 50), min_size=1), st.integers(1, 100))
def test_quantile_is_the_least_value_that_covers_its_share(values: list[int], percent: int) -> None:
    found = quantile(values, percent / 100)
    assert 100 * sum(v <= found for v in values) >= percent * len(values)
    assert 100 * sum(v < found for v in values) < percent * len(values)


def test_stored_outcome_reads_back_with_a_line_for_each_row(tmp_path: Path) -> None:
    rows = [{"round": i, "ms": 1.23456789} for i in range(3)]
    found = Outcome("n", "q", {}, {}, None, (Target("t", 1.0, 0.5),), "none", rows, ("c",))
    store(found.to_json(), tmp_path / "new" / "n.json")
    text = (tmp_path / "new" / "n.json").read_text()
    assert json.loads(text) == found.to_json()
    assert sum(line.startswith('    {"round"') for line in text.splitlines()) == 3
    assert rounded(1.23456789) == 1.23457
