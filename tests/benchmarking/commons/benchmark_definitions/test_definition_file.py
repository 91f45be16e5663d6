"""Benchmarks of a user's own, a file each."""

from __future__ import annotations

import random
import sys
from dataclasses import MISSING, fields
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarking.commons.benchmark_definitions import RealBenchmarkDefinition, yaml_definition
from benchmarking.commons.benchmark_definitions.definition_file import benchmark_name, read_definition
from syne_core.config_space import choice, loguniform
from syne_core.errors import UsageError

YAML = """\
script: train.py
config_space:
  learning_rate: loguniform(1e-6, 1)
  optimizer: choice(["sgd", "adam"])
  epochs: 27
  dataset_path: ./
max_wallclock_time: 1h30m
n_workers: 4
metric: accuracy
mode: max
max_resource_attr: epochs
resource_attr: epoch
"""

PYTHON = """\
from pathlib import Path
from benchmarking.commons.benchmark_definitions import RealBenchmarkDefinition
from syne_core.config_space import uniform

def benchmark(sagemaker_backend=False):
    return RealBenchmarkDefinition(
        script=Path(__file__).with_name("train.py"), config_space={"x": uniform(0, 1), "epochs": 4},
        max_wallclock_time=60, n_workers=8 if sagemaker_backend else 2,
        metric="loss", mode="min", max_resource_attr="epochs",
    )
"""


@pytest.fixture
def folder(awkward_path: Path) -> Path:
    (awkward_path / "train.py").write_text("")
    return awkward_path


def write(folder: Path, text: str, name: str = "mine.yaml") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def refusal(path: Path) -> str:
    with pytest.raises(UsageError) as refused:
        read_definition(path)
    return str(refused.value)


def test_a_yaml_file_of_a_dozen_lines_defines_a_benchmark(folder: Path) -> None:
    assert len(YAML.splitlines()) <= 15
    definition = read_definition(write(folder, YAML))
    assert definition.script == folder / "train.py"
    assert definition.config_space == {
        "learning_rate": loguniform(1e-6, 1),
        "optimizer": choice(["sgd", "adam"]),
        "epochs": 27,
        "dataset_path": "./",
    }
    assert (definition.max_wallclock_time, definition.n_workers) == (5400, 4)
    assert (definition.metric, definition.mode, definition.resource_attr) == ("accuracy", "max", "epoch")
    assert (definition.instance_type, definition.framework) == ("ml.c5.4xlarge", "PyTorch")


def test_every_field_can_be_a_key(folder: Path) -> None:
    more = (
        "instance_type: ml.m5.large\nframework: HuggingFace\nmax_num_evaluations: 100\n"
        "framework_version: '4.49.0'\npy_version: py311\nimage_uri: me/mine:1\ninstance_count: 2\n"
        "estimator_kwargs: {volume_size: 50}\npreload: [numpy]\n"
        "points_to_evaluate: [{learning_rate: 1e-3, optimizer: adam}]\n"
        "blackbox: ../table\nsurrogate: knn\n"
    )
    definition = read_definition(write(folder, YAML + more))
    given_keys = {line.partition(":")[0] for line in (YAML + more).splitlines() if not line.startswith(" ")}
    assert given_keys == {f.name for f in fields(RealBenchmarkDefinition)}
    assert definition.estimator_kwargs == {"volume_size": 50}
    assert (definition.framework_version, definition.instance_count) == ("4.49.0", 2)
    assert definition.points_to_evaluate == [{"learning_rate": 0.001, "optimizer": "adam"}]
    assert definition.max_num_evaluations == 100
    assert definition.preload == ["numpy"]
    assert (definition.blackbox, definition.surrogate) == (folder.parent / "table", "knn")


def test_what_is_needed_is_what_has_no_default() -> None:
    without = {f.name for f in fields(RealBenchmarkDefinition) if f.default is f.default_factory is MISSING}
    assert set(yaml_definition.REQUIRED) == without


def test_the_script_is_relative_to_the_file_not_to_the_current_folder(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(folder, YAML)
    monkeypatch.chdir(folder.parent)
    relative = Path(folder.name) / "mine.yaml"
    assert read_definition(relative).script == folder / "train.py"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("metric: accuracy", "metrc: accuracy", "line 9: unknown key 'metrc'. Did you mean 'metric'?"),
        ("metric: accuracy", "", "'metric' is missing (name of the metric in reports)"),
        ("metric: accuracy", "metric:", "line 9: metric has no value"),
        ("metric: accuracy", "metric: [a, b]", "line 9: metric must be text"),
        ("mode: max", "mode: best", "line 10: mode is 'best'; valid: min, max"),
        ("train.py", "trian.py", "line 1: script "),
        ("train.py", "7", "line 1: script must be a path, is 7"),
        ("1h30m", "1:30", "line 7: max_wallclock_time '1:30': no duration; write 1h30m or 1m30s"),
        ("1h30m", "0", "line 7: max_wallclock_time must be a positive number, is 0"),
        ("1h30m", "[1]", "line 7: max_wallclock_time must be a positive number, is [1]"),
        ("n_workers: 4", "n_workers: 4.0", "line 8: n_workers must be a positive whole number, is 4.0"),
        ("n_workers: 4", "n_workers: true", "line 8: n_workers must be a positive whole number"),
        (
            "n_workers: 4",
            "n_workers: 4\nn_workers: 5",
            "line 9: 'n_workers' is given again (first on line 8)",
        ),
        ("max_resource_attr: epochs", "max_resource_attr: epoch", "config_space has no 'epoch'"),
        ("epochs: 27", "epochs: many", "line 2: 'epochs' must be a positive integer constant"),
        ("loguniform(1e-6, 1)", "lguniform(1e-6, 1)", "line 3: config_space, learning_rate: no domain"),
        ("loguniform(1e-6, 1)", "loguniform(1e-6", "line 3: config_space, learning_rate: 'loguniform(1e-6'"),
        ("learning_rate", "st_rate", "line 2: config_space: st_rate: names starting with 'st_'"),
        ("\nresource_attr: epoch", "\npoints_to_evaluate: [{rate: 1}]", "no hyperparameter 'rate'"),
        ("\nresource_attr: epoch", "\npoints_to_evaluate: 3", "points_to_evaluate must be a list"),
        ("\nresource_attr: epoch", "\nestimator_kwargs: 3", "estimator_kwargs must be a mapping, is 3"),
        ("script: train.py", "experiment_tag: x", "describes a study; give it as --study"),
    ],
)
def test_a_mistake_names_file_line_and_key(folder: Path, old: str, new: str, message: str) -> None:
    text = refusal(write(folder, YAML.replace(old, new, 1)))
    assert message in text
    assert len(text.splitlines()) == 1, text
    assert "mine.yaml" in text


def test_all_mistakes_come_at_once_in_the_order_of_the_file(folder: Path) -> None:
    broken = YAML.replace("metric:", "metrc:").replace("mode: max", "mode: best").replace("log", "lgo")
    lines = refusal(write(folder, broken.replace("n_workers: 4\n", ""))).splitlines()
    assert [line.partition("mine.yaml")[2][:9] for line in lines] == [
        ": 'n_work",
        ", line 3:",
        ", line 8:",
        ", line 9:",
    ]


@given(seed=st.integers(0, 10**6))
def test_a_damaged_file_defines_something_or_is_refused(folder: Path, seed: int) -> None:
    rng = random.Random(seed)
    text = list(YAML)
    for _ in range(rng.randint(1, 6)):
        at = rng.randrange(len(text))
        text[at : at + rng.randint(0, 3)] = rng.choice(
            [":", " ", "\n", "[", "'", "(", "", "9", "\t", "#", "&a"]
        )
    path = write(folder, "".join(text))
    try:
        assert read_definition(path).max_resource > 0
        mistakes = []
    except UsageError as error:
        mistakes = str(error).splitlines()
    assert all("mine.yaml" in line for line in mistakes)


def test_a_python_file_holds_a_definition_or_a_function(folder: Path) -> None:
    path = write(folder, PYTHON, "mine.py")
    assert read_definition(path).n_workers == 2
    assert read_definition(path, sagemaker_backend=True).n_workers == 8
    assert read_definition(write(folder, PYTHON + "benchmark = benchmark()\n", "fixed.py")).n_workers == 2


def test_a_python_file_may_import_its_neighbours_and_leaves_nothing_behind(folder: Path) -> None:
    write(folder, "COUNT = 3\n", "neighbour_of_mine.py")
    path = write(
        folder, "from neighbour_of_mine import COUNT\n" + PYTHON.replace("else 2", "else COUNT"), "mine.py"
    )
    before = list(sys.path)
    try:
        assert read_definition(path).n_workers == 3
    finally:
        sys.path[:] = before
        sys.modules.pop("neighbour_of_mine", None)
    assert not list(folder.rglob("mine*.pyc"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("def benchmark(:\n", "mine.py, line 1: SyntaxError"),
        ("\n1 / 0\n", "mine.py, line 2: ZeroDivisionError: division by zero"),
        ("import no_such_module_anywhere\n", "mine.py, line 1: ModuleNotFoundError"),
        ("raise SystemExit(0)\n", "mine.py, line 1: SystemExit: 0"),
        ("benchmrk = 3\n", "defines no 'benchmark'"),
        ("benchmark = 3\n", "benchmark is of type int; expected a RealBenchmarkDefinition"),
        ("def benchmark(sagemaker_backend=False): return {}\n", "benchmark is of type dict; expected"),
        ("def benchmark(): pass\n", "TypeError"),
        ("def benchmark(sagemaker_backend=False): raise KeyError('k')\n", "KeyError: 'k'"),
        (PYTHON.replace('mode="min"', "mode='m'"), "mode is 'm'; valid: min, max"),
        ("x = '\ud800'\n".encode("utf-8", "surrogatepass").decode("latin1"), "defines no 'benchmark'"),
    ],
)
def test_a_broken_python_file_is_one_message(folder: Path, text: str, message: str) -> None:
    refused = refusal(write(folder, text, "mine.py"))
    assert message in refused
    assert len(refused.splitlines()) == 1, refused
    assert "mine.py" in refused


def test_a_benchmark_is_called_like_its_file() -> None:
    assert benchmark_name(Path("some/where/my-net_v1.2.yaml")) == "my-net_v1.2"
    for bad in ("my net.yaml", "näh.py", "a\nb.py"):
        with pytest.raises(UsageError, match="named after the file"):
            benchmark_name(Path(bad))
    with pytest.raises(UsageError, match=r"is defined by a \.yaml or \.py file"):
        benchmark_name(Path(".yaml"))


def test_other_files_define_no_benchmark(folder: Path) -> None:
    assert "is defined by a .yaml or .py file" in refusal(write(folder, "", "mine.json"))
    assert "no such file" in refusal(folder / "none.yaml")
    assert "no such file" in refusal(folder / "none.py")
