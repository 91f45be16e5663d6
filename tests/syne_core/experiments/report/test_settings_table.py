"""What experiments have in common, and where they differ."""

from __future__ import annotations

from pathlib import Path

from study_folders import learning, reports, write_experiment

from syne_core.experiments import load_study
from syne_core.experiments.report.document import SettingGroup, SettingRow
from syne_core.experiments.report.settings_table import setting_groups


def groups_of(tmp_path: Path, *changes: dict[str, object]) -> dict[str, SettingGroup]:
    """ASHA and RS with two seeds each; experiment n has the metadata ``changes[n]``."""
    for number in range(4):
        method, seed = ("ASHA", "RS")[number // 2], number % 2
        rows = reports(learning(seed, 0.9, 60.0))
        extra = changes[number] if number < len(changes) else changes[-1]
        write_experiment(tmp_path, rows, method=method, seed=seed, limit=60.0, metadata=extra)
    return {group.title: group for group in setting_groups(load_study("demo", tmp_path))}


def row_of(group: SettingGroup, name: str) -> SettingRow:
    return next(row for row in group.different if row.name == name)


def test_another_machine_matters(tmp_path: Path) -> None:
    groups = groups_of(
        tmp_path, {"machine": {"host": "a", "cores": 2}}, {"machine": {"host": "b", "cores": 2}}
    )
    row = row_of(groups["Environment"], "machine.host")
    assert row.kind == "matters"
    assert row.values == (("a", "ASHA seed 0"), ("b", "ASHA seed 1; RS"))
    assert ("machine.cores", "2") in groups["Environment"].common


def test_a_package_that_only_some_have_matters(tmp_path: Path) -> None:
    groups = groups_of(
        tmp_path, {"packages": {"numpy": "2.1"}}, {"packages": {"numpy": "2.1", "torch": "2.13"}}
    )
    row = row_of(groups["Environment"], "packages.torch")
    assert [value for value, _ in row.values] == ["(not recorded)", "2.13"]
    assert row.kind == "matters"


def test_methods_and_seeds_differ_on_purpose(tmp_path: Path) -> None:
    groups = groups_of(tmp_path, {"scheduler_seed": 5}, {"scheduler_seed": 6})
    assert row_of(groups["digits"], "algorithm").kind == "design"
    assert row_of(groups["digits"], "seed").kind == "seed"
    assert row_of(groups["digits"], "scheduler_seed").kind == "seed"


def test_which_experiments_a_study_has_is_no_setting(tmp_path: Path) -> None:
    groups = groups_of(
        tmp_path,
        {"settings": {"num_seeds": 2, "method": ["RS"], "n_workers": 2, "points": 1}, "random_seed": 1},
        {"settings": {"num_seeds": 5, "method": ["ASHA"], "n_workers": 4, "points": 2}, "random_seed": 2},
    )
    kinds = {row.name: row.kind for row in groups["digits"].different}
    assert "settings.num_seeds" not in kinds
    assert "settings.method" not in kinds
    assert (kinds["settings.n_workers"], kinds["settings.points"]) == ("design", "matters")
    assert row_of(groups["digits"], "random_seed").values == (("1", "ASHA seed 0"), ("2", "ASHA seed 1; RS"))


def test_budgets_and_spaces_matter(tmp_path: Path) -> None:
    space = {
        "lr": {
            "domain_cls": "Float",
            "domain_kwargs": {"lower": 0.0, "upper": 2.0},
            "sampler_cls": "Uniform",
            "sampler_kwargs": {},
        }
    }
    groups = groups_of(tmp_path, {}, {}, {"max_wallclock_time": 90.0, "config_space": space})
    assert row_of(groups["digits"], "max_wallclock_time").kind == "matters"
    lr = row_of(groups["digits"], "config_space.lr")
    assert lr.kind == "matters"
    assert lr.values == (("loguniform(0.0001, 1.0)", "ASHA"), ("uniform(0.0, 2.0)", "RS"))
    assert groups["digits"].different[0].kind == "matters", "what matters comes first"


def test_uncommitted_changes_are_told_by_file(tmp_path: Path) -> None:
    diff = "diff --git a/asha.py b/asha.py\n--- a/asha.py\n+++ b/asha.py\n@@ -1 +1,2 @@\n-x\n+y\n+z\n"
    changed = {"commit": "c0ffee", "dirty": True, "diff": diff, "untracked": ["new.py"]}
    groups = groups_of(tmp_path, {"git": changed}, {"git": {"commit": "c0ffee", "diff": "", "untracked": []}})
    row = row_of(groups["Environment"], "git.not committed: asha.py")
    assert row.kind == "matters"
    assert row.values[0][0].startswith("+2 -1 lines (")
    assert row.values[1] == ("no", "ASHA seed 1; RS")
    assert row_of(groups["Environment"], "git.not in the repository: new.py").values[0][0] == "present"
    assert ("git.commit", "c0ffee") in groups["Environment"].common


def test_times_of_day_are_no_settings(tmp_path: Path) -> None:
    groups = groups_of(tmp_path, {"st_tuner_creation_timestamp": 1.0}, {"st_tuner_creation_timestamp": 2.0})
    names = [row.name for group in groups.values() for row in group.different]
    assert not [name for name in names if "timestamp" in name]
