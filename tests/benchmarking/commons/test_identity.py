"""What makes two experiments the same one."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from benchmarking.commons.benchmark_definitions import RealBenchmarkDefinition
from benchmarking.commons.study.digests import file_digest, folder_digest, method_file
from benchmarking.commons.study.experiment import SEED_MODULUS, Experiment, master_seed_of
from syne_core.config_space import uniform


@pytest.fixture(autouse=True)
def _fresh_digests() -> None:
    folder_digest.cache_clear()
    file_digest.cache_clear()


def method(arguments: Any) -> Any:
    return None


def experiment(definition: RealBenchmarkDefinition, **changes: Any) -> Experiment:
    fields: dict[str, Any] = {
        "tag": "study",
        "benchmark": "parabola",
        "definition": definition,
        "method": "RS",
        "seed": 3,
        "master_seed": 5,
        "n_workers": 4,
        "max_wallclock_time": 60.0,
        "max_num_evaluations": None,
        "max_cost": None,
        "backend": "local",
        "method_arguments": {},
    }
    return Experiment.resolve(method, **{**fields, **changes})


def test_name_holds_tag_method_seed_benchmark_and_identity(definition: RealBenchmarkDefinition) -> None:
    one = experiment(definition)
    assert one.name == f"study/RS-3/study-parabola-3-{one.id[:8]}"
    assert one.scheduler_seed == 8


@pytest.mark.parametrize(
    "change",
    [
        {"benchmark": "other"},
        {"method": "ASHA"},
        {"seed": 4},
        {"master_seed": 6},
        {"n_workers": 5},
        {"max_wallclock_time": 61.0},
        {"max_num_evaluations": 9},
        {"max_cost": 1.5},
        {"backend": "simulator"},
        {"method_arguments": {"scheduler_kwargs": {"brackets": 2}}},
    ],
)
def test_whatever_decides_the_outcome_changes_the_identity(
    definition: RealBenchmarkDefinition, change: dict[str, Any]
) -> None:
    assert experiment(definition, **change).id != experiment(definition).id


def test_tag_instance_type_and_data_path_do_not(definition: RealBenchmarkDefinition) -> None:
    moved = replace(
        definition,
        instance_type="ml.p3.2xlarge",
        config_space={**definition.config_space, "dataset_path": "/a"},
    )
    assert experiment(moved, tag="other").id == experiment(definition).id


def test_config_space_does(definition: RealBenchmarkDefinition) -> None:
    changed = replace(definition, config_space={**definition.config_space, "x": uniform(0, 2)})
    assert experiment(changed).id != experiment(definition).id


def test_the_same_files_elsewhere_give_the_same_identity(
    definition: RealBenchmarkDefinition, awkward_path: Path
) -> None:
    copy = awkward_path / definition.script.name
    copy.write_bytes(definition.script.read_bytes())
    assert experiment(replace(definition, script=copy)).id == experiment(definition).id


def test_files_that_git_ignores_do_not_count(definition: RealBenchmarkDefinition) -> None:
    folder = definition.script.parent
    subprocess.run(["git", "init", "-q", str(folder)], check=True)
    (folder / ".gitignore").write_text("*.log\n")
    before = folder_digest(folder)
    (folder / "run.log").write_text("noise")
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__" / "x.pyc").write_bytes(b"noise")
    folder_digest.cache_clear()
    assert folder_digest(folder) == before
    (folder / "model.py").write_text("signal")
    folder_digest.cache_clear()
    assert folder_digest(folder) != before


def test_master_seed_follows_from_the_tag() -> None:
    assert master_seed_of("a") == master_seed_of("a") != master_seed_of("b")
    assert 0 <= master_seed_of("a") < SEED_MODULUS


def test_launchers_studies_and_figures_beside_the_script_do_not_count(
    definition: RealBenchmarkDefinition,
) -> None:
    folder = definition.script.parent
    before = folder_digest(folder)
    (folder / "hpo_main.py").write_text("from benchmarking.commons.hpo_main_local import main\n")
    (folder / "study.yaml").write_text("experiment_tag: t\nnum_seeds: 3\n")
    (folder / "mine.yaml").write_text("script: parabola.py\n")
    (folder / "comparison.png").write_bytes(b"png")
    folder_digest.cache_clear()
    assert folder_digest(folder) == before
    (folder / "settings.yaml").write_text("depth: 3\n")
    folder_digest.cache_clear()
    assert folder_digest(folder) != before


def test_the_file_of_a_method_is_found_behind_partial_and_not_for_built_ins() -> None:
    assert method_file(method) == method_file(partial(partial(method), 1)) == Path(__file__)
    assert method_file(len) is None
