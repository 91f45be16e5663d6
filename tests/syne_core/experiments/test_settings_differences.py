"""What differs between experiments beside their results: only that, in groups, once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from study_folders import reports, write_experiment

from syne_core.experiments import scan_study
from syne_core.experiments.settings_differences import matched_folders, settings_differences

DIFF = """diff --git a/asha.py b/asha.py
--- a/asha.py
+++ b/asha.py
@@ -1 +1,2 @@
-eta = 3
+eta = 4
+more = 1
diff --git a/b c.py b/b c.py
--- a/b c.py
+++ b/b c.py
@@ -0,0 +1 @@
+x
"""

PROVENANCE: dict[str, Any] = {
    "command": ["synebench", "run", "--experiment_tag", "old", "--n_workers", "4"],
    "git": {"commit": "aaaa", "dirty": True, "diff": DIFF, "untracked": ["new.py"]},
    "packages": {"numpy": "2.0", "scipy": "1.11"},
    "machine": {"cpu": "x", "cores": 2, "gpus": []},
    "config_space": {"lr": {"domain_kwargs": {"lower": 0.1}}},
    "max_wallclock_time": 60.0,
    "experiment_id": "1",
    "st_tuner_creation_timestamp": 1.0,
}


def changed(**changes: Any) -> dict[str, Any]:
    return {**PROVENANCE, **changes}


def shown(a: dict[str, Any], b: dict[str, Any]) -> list[tuple[str, str, str | None, str | None]]:
    return [(one.group, one.name, one.a, one.b) for one in settings_differences([(a, b)])]


def test_the_same_settings_have_no_differences_whatever_their_identity_and_time() -> None:
    again = changed(
        command=["synebench", "run", "--experiment_tag=new", "--n_workers", "4"],
        experiment_id="2",
        st_tuner_creation_timestamp=2.0,
        tag="new",
    )
    assert shown(PROVENANCE, again) == []


def test_differences_are_grouped_and_named_by_their_place() -> None:
    other = changed(
        packages={"numpy": "2.1", "torch": "2.2"},
        machine={"cpu": "y", "cores": 2, "gpus": []},
        config_space={"lr": {"domain_kwargs": {"lower": 0.2}}},
        max_wallclock_time=None,
        command=["synebench", "run", "--experiment_tag", "new", "--n_workers", "8"],
    )
    assert shown(PROVENANCE, other) == [
        ("settings", "config_space.lr.domain_kwargs.lower", "0.1", "0.2"),
        ("settings", "max_wallclock_time", "60.0", None),
        ("packages", "numpy", "2.0", "2.1"),
        ("packages", "scipy", "1.11", None),
        ("packages", "torch", None, "2.2"),
        ("machine", "cpu", "x", "y"),
        ("command", "command", "synebench run --n_workers 4", "synebench run --n_workers 8"),
    ]


def test_changes_that_were_not_committed_are_told_by_file() -> None:
    edited = DIFF.replace("+more = 1", "+more = 2")
    git = {"commit": "bbbb", "dirty": True, "diff": edited, "untracked": []}
    found = shown(PROVENANCE, changed(git=git))
    assert [one[:2] for one in found] == [
        ("code", "commit"),
        ("code", "not committed: asha.py"),
        ("code", "not in the repository: new.py"),
    ]
    assert str(found[1][2]).startswith("+2 -1 lines (")
    assert found[1][2] != found[1][3]
    clean = shown(PROVENANCE, changed(git={"commit": "aaaa", "dirty": False, "diff": "", "untracked": []}))
    assert [one[1] for one in clean] == [
        "not committed: asha.py",
        "not committed: b c.py",
        "not in the repository: new.py",
    ]


def test_metadata_of_syne_tune_and_damaged_entries_are_no_obstacle() -> None:
    odd = {"git": "none", "packages": ["a"], "machine": None, "command": "run", "config_space": "{}"}
    assert {one[0] for one in shown(odd, PROVENANCE)} == {
        "settings",
        "code",
        "packages",
        "machine",
        "command",
    }
    assert shown({}, {}) == []


def test_settings_of_the_study_are_shown_once_and_without_its_name() -> None:
    old = {"settings": {"experiment_tag": "old", "n_workers": [4, 8], "methods": "a.py"}, "n_workers": 4}
    new = {"settings": {"experiment_tag": "new", "n_workers": [4], "methods": "b.py"}, "n_workers": 4}
    assert shown(old, new) == [("settings", "methods", "a.py", "b.py")]


def test_differences_of_several_pairs_are_counted() -> None:
    pairs = [
        ({"n_workers": 4}, {"n_workers": 8}),
        ({"n_workers": 4}, {"n_workers": 8}),
        ({"n_workers": 4}, {"n_workers": 4}),
    ]
    (found,) = settings_differences(pairs)
    assert (found.a, found.b, found.count, found.of) == ("4", "8", 2, 3)
    assert found.to_json()["name"] == "n_workers"
    assert settings_differences([]) == []


def test_experiments_are_matched_by_benchmark_method_workers_and_seed(tmp_path: Path) -> None:
    for tag, methods in (("old", ("ASHA", "RS")), ("new", ("ASHA", "RS", "BO"))):
        for method in methods:
            for seed in (0, 1):
                write_experiment(tmp_path, reports([(1.0, 0.5)]), tag=tag, method=method, seed=seed)
    old, new = (scan_study(tag, tmp_path).good for tag in ("old", "new"))
    assert [(a.method, a.seed) == (b.method, b.seed) for a, b in matched_folders(old, new)] == [True] * 4
    of_rs = [folder for folder in old if folder.method == "RS"]
    of_bo = [folder for folder in new if folder.method == "BO"]
    assert sorted((a.seed, b.seed) for a, b in matched_folders(of_rs, of_bo)) == [(0, 0), (1, 1)]
    assert len(matched_folders(of_rs[:1], of_bo[1:])) == 1, "one experiment on either side"
    assert matched_folders([], new) == []
