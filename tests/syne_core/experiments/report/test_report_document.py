"""The report as data: complete, strict JSON, and saying what it does not know."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from journal_folders import write_journal
from study_folders import learning, reports, write_experiment, write_study

from syne_core.experiments import load_studies, load_study
from syne_core.experiments.report import ReportDocument, collect_report
from syne_core.experiments.report.embedded_trials import TrialBudget, thinned_trials
from syne_core.experiments.report.trial_history import TrialRecord


def as_json(document: ReportDocument) -> dict[str, Any]:
    """Written and read again, strictly."""
    found: dict[str, Any] = json.loads(json.dumps(document.to_json(), allow_nan=False))
    return found


def test_everything_of_a_study_is_there(tmp_path: Path) -> None:
    write_study(tmp_path, ("ASHA", "BO", "RS"), seeds=4)
    write_study(tmp_path, ("ASHA", "BO", "RS"), seeds=4, benchmark="letters")
    document = as_json(collect_report(load_study("demo", tmp_path)))
    assert document["title"] == "Study demo"
    assert document["labels"] == ["ASHA", "BO", "RS"]
    assert [benchmark["name"] for benchmark in document["benchmarks"]] == ["digits", "letters"]
    assert len(document["experiments"]) == len(document["details"]) == 24
    assert len(document["final"]) == len(document["costs"]) == 6
    assert [part["title"] for part in document["evidence"]["summary"]] == [
        "Over 2 benchmarks",
        "digits",
        "letters",
    ]
    assert len(document["evidence"]["comparisons"]) == 9
    assert [part["benchmark"] for part in document["evidence"]["ranks"]] == [None, "digits", "letters"]
    assert [group["title"] for group in document["settings"]] == ["Environment", "digits", "letters"]
    assert document["cuts"] == []


def test_curves_trials_runs_and_reports_are_columns_of_equal_length(tmp_path: Path) -> None:
    write_study(tmp_path, ("RS",), seeds=2)
    document = as_json(collect_report(load_study("demo", tmp_path)))
    for setup in document["benchmarks"][0]["setups"]:
        assert len({len(column) for column in setup["curve"].values()}) == 1
    for details in document["details"]:
        for part in ("runs", "reports"):
            assert len({len(column) for column in details[part].values()}) == 1
        trials = details["trials"]
        assert {len(trials[name]) for name in ("id", "state", "best", "resource", "reports")} == {40}
        assert set(trials["config"]) == {"lr", "optimizer"}
        assert trials["constants"] == {"epochs": 3}


def test_final_values_of_experiments_are_those_of_their_curves(tmp_path: Path) -> None:
    write_study(tmp_path, ("RS",), seeds=3)
    document = as_json(collect_report(load_study("demo", tmp_path)))
    assert document["final"][0]["best"] == max(one["final"] for one in document["experiments"])
    for one in document["experiments"]:
        assert one["curve"]["value"][-1] == pytest.approx(one["final"], rel=1e-7)
        best = max(document["details"][one["details"]]["trials"]["best"])
        assert best == pytest.approx(one["final"], rel=1e-7)


def test_pairs_are_turned_so_that_the_better_setup_is_ahead(tmp_path: Path) -> None:
    write_study(tmp_path, ("A", "B", "C"), seeds=6, mode="min", metric="loss")
    document = collect_report(load_study("demo", tmp_path))
    means = {row.setup: row.mean for row in document.final}
    for pair in document.evidence.comparisons:
        assert means[pair.better] < means[pair.worse]
        assert pair.difference == pytest.approx(means[pair.worse] - means[pair.better])
        assert pair.lower < pair.difference < pair.upper
        assert pair.wins + pair.losses + pair.ties == pair.n == 6


def test_utilisation_and_cost_come_from_the_journal(tmp_path: Path) -> None:
    path = write_experiment(
        tmp_path, reports([(1.0, 0.5), (3.5, 0.9)]), elapsed=8.0, metadata={"n_workers": 2}
    )
    write_journal(path)
    document = collect_report(load_study("demo", tmp_path))
    (one,) = document.experiments
    assert one.is_exact
    assert one.utilisation == pytest.approx(13.5 / 16)
    assert one.cost == pytest.approx(0.07)
    (row,) = document.costs
    assert (row.experiments, row.read, row.worker_seconds) == (1, 1, 16.0)
    assert (row.utilisation, row.cost) == (pytest.approx(13.5 / 16), pytest.approx(0.07))
    assert document.details[0]["trials"]["reason"] == {"1": "ended with code 1"}


def test_folders_of_syne_tune_say_what_is_not_known(tmp_path: Path) -> None:
    """They have no status, no journal, no costs, and fewer metadata."""
    bare = {"n_workers": None, "max_wallclock_time": None, "resource_attr": None, "backend": None}
    for seed in range(2):
        rows = reports(learning(seed, 0.9, 60.0))
        write_experiment(tmp_path, rows, seed=seed, state=None, metadata=bare)
    document = collect_report(load_study("demo", tmp_path))
    assert [one.state for one in document.experiments] == ["unknown", "unknown"]
    assert [one.is_exact for one in document.experiments] == [False, False]
    (row,) = document.costs
    assert (row.worker_seconds, row.utilisation, row.cost, row.failed) == (None, None, None, None)
    assert any("state not recorded" in caveat for caveat in document.evidence.caveats)
    as_json(document)


def test_unfinished_and_broken_experiments_are_named(tmp_path: Path) -> None:
    write_study(tmp_path, ("RS", "ASHA"), seeds=2)
    write_experiment(tmp_path, None, seed=2, state="running", elapsed=1.0)
    broken = write_experiment(tmp_path, reports([(1.0, 0.1)]), seed=3)
    (broken / "metadata.json").write_text("{")
    document = collect_report(load_study("demo", tmp_path))
    assert [folder.path for folder in document.left_out] == [str(broken)]
    assert "damaged" in document.left_out[0].reason
    caveats = "\n".join(document.evidence.caveats)
    assert "RS seed 2 (running)" in caveats
    assert broken.name in caveats
    running = next(one for one in document.experiments if one.state == "running")
    assert (running.final, running.final_time, running.curve) == (None, None, {"time": [], "value": []})


@pytest.mark.parametrize(("methods", "seeds"), [(("RS",), 1), (("RS",), 3), (("RS", "ASHA"), 1)])
def test_small_studies_have_a_report(tmp_path: Path, methods: tuple[str, ...], seeds: int) -> None:
    write_study(tmp_path, methods, seeds=seeds)
    document = collect_report(load_study("demo", tmp_path))
    assert document.evidence.summary
    assert len(document.evidence.ranks) == len(methods) - 1
    as_json(document)


def test_nothing_finite_yet_is_a_report_too(tmp_path: Path) -> None:
    write_experiment(tmp_path, reports([(1.0, None), (2.0, None)]), state="running")
    document = as_json(collect_report(load_study("demo", tmp_path)))
    assert document["experiments"][0]["final"] is None
    assert document["details"][0]["trials"]["best"] == [None, None]


def test_several_studies_are_told_apart(tmp_path: Path) -> None:
    write_study(tmp_path, ("RS",), seeds=2, tag="old")
    write_study(tmp_path, ("RS",), seeds=2, tag="new")
    document = collect_report(load_studies(["old", "new"], tmp_path))
    assert document.title == "Studies old, new"
    assert document.labels == ("new: RS", "old: RS")


def test_trials_beyond_the_budget_are_left_out_and_it_is_said(tmp_path: Path) -> None:
    write_study(tmp_path, ("RS", "ASHA"), seeds=3)
    study = load_study("demo", tmp_path)
    whole = collect_report(study)
    size = len(json.dumps([whole.details[0]["trials"], whole.details[0]["runs"]], separators=(",", ":")))
    cut = collect_report(study, budget=TrialBudget(characters=round(2.5 * size), report_characters=0))
    held = [(one.setup, one.seed) for one in cut.experiments if one.details is not None]
    assert held == [(0, 0), (1, 0)], "the first seed of every setup comes before the second of any"
    assert all(not details["reports"]["trial"] for details in cut.details)
    assert "the trials of 2 of 6 experiments" in cut.cuts[0]
    assert "Single reports are left out for 2" in cut.cuts[1]
    assert cut.final == whole.final


def test_the_home_folder_is_not_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_study(tmp_path / "syne-tune", ("RS",), seeds=1)
    monkeypatch.setenv("HOME", str(tmp_path))
    document = collect_report(load_study("demo", tmp_path / "syne-tune"))
    assert document.experiments[0].path == "~/syne-tune/demo/RS-0/demo-digits-0-00000000"


def test_reading_is_followed(tmp_path: Path) -> None:
    write_study(tmp_path, ("RS",), seeds=3)
    heard: list[tuple[int, int]] = []
    collect_report(load_study("demo", tmp_path), on_progress=lambda done, total: heard.append((done, total)))
    assert heard == [(0, 3), (1, 3), (2, 3)]


def test_of_many_trials_the_best_stay_and_others_evenly() -> None:
    trials = [
        TrialRecord(i, {}, "Completed", "", float(-((i - 300) ** 2)), 1.0, 1, None) for i in range(1000)
    ]
    kept = [trial.trial_id for trial in thinned_trials(trials, "max", 100)]
    assert len(kept) == 100
    assert set(range(276, 325)) < set(kept)
    others = [i for i in kept if not 275 <= i <= 325]
    assert max(b - a for a, b in zip([0, *others], [*others, 999], strict=True) if not (a <= 275 <= b)) < 45
    assert kept == sorted(kept)
