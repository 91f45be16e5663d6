"""``synebench init``: from a training script to a benchmark that runs, without running the script."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarking.commons.benchmark_definitions.definition_file import read_definition
from benchmarking.commons.skeleton import make_skeleton, read_script, write_skeleton
from benchmarking.commons.skeleton.arguments import Argument
from benchmarking.commons.skeleton.domains import guess
from benchmarking.commons.skeleton.names import choose_names
from syne_core.config_space import choice, lograndint, loguniform, randint, uniform
from syne_core.errors import UsageError

FILES = {"hpo_main.py", "baselines.py", "plot_results.py", "requirements.txt", "mine.yaml"}


@pytest.fixture
def write(tmp_path: Path):
    """A training script of which only the arguments and the report vary; running it fails."""

    def script(arguments: str = "", report: str = "report(epoch=1, accuracy=0.5)") -> Path:
        path = tmp_path / "train.py"
        path.write_text(
            "import argparse\nfrom syne_core import Reporter\nraise SystemExit('it was run')\n"
            "DEFAULT = 0.25\nparser = argparse.ArgumentParser()\n"
            'parser.add_argument("--epochs", type=int, default=7)\n'
            'parser.add_argument("--st_checkpoint_dir")\n'
            f"{arguments}\nreport = Reporter()\n{report}\n"
        )
        return path

    return script


@pytest.fixture
def init(launch, tmp_path: Path):
    """Run the command for folder ``mine``."""

    def run(script: Path, *arguments: str):
        words = ("init", str(tmp_path / "mine"), "--script", str(script), *arguments)
        return launch("-m\0benchmarking.cli.main", *words)

    return run


def space_of(script: Path, **names: str) -> dict[str, object]:
    """The configuration space of the definition that is written for ``script``."""
    read = read_script(script)
    skeleton = make_skeleton(script.parent / "mine", read, choose_names(read, **names))
    write_skeleton(skeleton, script, force=True)
    return read_definition(skeleton.definition).config_space


def test_a_new_skeleton_runs_with_both_methods_and_plots(launch, init, script: Path, tmp_path: Path) -> None:
    script.write_text(script.read_text().replace('"--x", type=float', '"--x", type=float, default=0.5'))
    done = init(script)
    assert done.returncode == 0, done.stderr
    folder = tmp_path / "mine"
    assert {path.name for path in folder.iterdir()} == FILES
    assert set(done.stdout.split()) == {str(folder / name) for name in FILES}
    assert f"Next:  synebench doctor --benchmark {folder}/mine.yaml" in done.stderr
    assert "launch_remote.py is left out" in done.stderr
    tag = ("--experiment_tag", "mine")
    limits = ("--benchmark", "mine", "--max_num_evaluations", "8", "--json")
    ran = launch(folder / "hpo_main.py", *tag, *limits)
    assert ran.returncode == 0, ran.stderr
    outcomes = [(one["method"], one["state"]) for one in json.loads(ran.stdout)]
    assert outcomes == [("RS", "finished"), ("ASHA", "finished")]
    drawn = launch(folder / "plot_results.py", *tag, "-o", str(tmp_path / "c.png"), "--json")
    assert drawn.returncode == 0, drawn.stderr
    assert {row["setup"] for row in json.loads(drawn.stdout)["final"]} == {"RS", "ASHA"}
    assert (tmp_path / "c.png").stat().st_size > 1000


def test_each_argument_becomes_a_domain_or_a_constant(write) -> None:
    script = write(
        'parser.add_argument("--learning-rate", "-l", type=float, default=1e-3)\n'
        'parser.add_argument("--weight_decay", type=float, default=0.0)\n'
        'parser.add_argument("--dropout", type=float, default=DEFAULT)\n'
        'group = parser.add_argument_group("more")\n'
        'group.add_argument("--batch_size", type=int, default=64)\n'
        'group.add_argument("--n_layers", type=int, default=2)\n'
        'group.add_argument("--optimizer", choices=["sgd", "adam: w"], default="sgd")\n'
        'parser.add_argument("--seed", type=int, default=3)\n'
        'parser.add_argument("--text", default="a: b # c")\n'
        'parser.add_argument("--verbose", action="store_true")\n'
        'parser.add_argument("--hidden", type=int, nargs="+", default=[1])\n'
        'parser.add_argument("--flag", type=bool, default=False)\n'
        'parser.add_argument("--optional", type=float)\n'
    )
    assert space_of(script) == {
        "epochs": 7,
        "learning-rate": loguniform(1e-5, 0.1),
        "weight_decay": loguniform(1e-6, 0.01),
        "dropout": uniform(0, 0.99),
        "batch_size": lograndint(16, 256),
        "n_layers": randint(1, 5),
        "optimizer": choice(["sgd", "adam: w"]),
        "seed": 3,
        "text": "a: b # c",
    }
    definition = (script.parent / "mine" / "mine.yaml").read_text()
    for name in ("verbose", "hidden", "flag", "optional"):
        assert f"# --{name} is left out: " in definition
    assert definition.count("# edit;") == 6


def test_the_scripts_own_defaults_are_tried_first(write) -> None:
    script = write(
        'parser.add_argument("--lr", type=float, default=0.2)\n'
        'parser.add_argument("--weight_decay", type=float, default=0)\n'
    )
    space_of(script)
    definition = read_definition(script.parent / "mine" / "mine.yaml")
    assert definition.points_to_evaluate == [{"lr": 0.2}]  # zero is outside a logarithmic domain


@pytest.mark.parametrize(
    ("report", "metric", "mode", "resource"),
    [
        ("report(epoch=1, accuracy=1)", "accuracy", "max", "epoch"),
        ("report(step=1, val_loss=1, train_acc=2)", "val_loss", "min", "step"),
        ("values = {'epoch': 1, 'f1': 2}\nreport(**values, elapsed_time=3)", "f1", "max", "epoch"),
        (
            "class A:\n  def f(self):\n    self.r = Reporter()\n    self.r(epoch=1, mse=2)",
            "mse",
            "min",
            "epoch",
        ),
        (
            "from syne_tune import Reporter as R\nsend = R()\nsend(epoch=1, loss=2, acc=3)",
            "acc",
            "max",
            "epoch",
        ),
        ("Reporter()(epoch=1, error=2)", "error", "min", "epoch"),
    ],
)
def test_names_are_guessed_from_reports(write, report: str, metric: str, mode: str, resource: str) -> None:
    arguments = 'parser.add_argument("--max_steps", type=int, default=7)' if resource == "step" else ""
    names = choose_names(read_script(write(arguments, report)))
    assert (names.metric, names.mode, names.resource_attr) == (metric, mode, resource)
    assert names.max_resource_attr == ("max_steps" if resource == "step" else "epochs")


@pytest.mark.parametrize(
    ("report", "given", "messages"),
    [
        ("", {}, ["reports nothing", "from syne_core import Reporter"]),
        (
            "report(epoch=1, objective=2, other=3)",
            {},
            ["Give --metric NAME; it reports: epoch, objective, other"],
        ),
        ("report(epoch=1, objective=2)", {}, ["should 'objective' be small or large? Give --mode min"]),
        ("report(accuracy=2)", {}, ["Give --resource_attr NAME", "Give --max_resource_attr NAME"]),
        (
            "report(epoch=1, loss=2)",
            {"metric": "los"},
            ["Unknown reported value 'los'. Did you mean 'loss'?"],
        ),
        ("report(epoch=1, loss=2)", {"max_resource_attr": "epoch"}, ["Did you mean 'epochs'?"]),
        ("report(**f())", {}, ["it reports: (nothing that can be read)"]),
    ],
)
def test_what_cannot_be_guessed_is_asked_for(write, report: str, given, messages: list[str]) -> None:
    with pytest.raises(UsageError) as error:
        choose_names(read_script(write(report=report)), **given)
    for message in messages:
        assert message in str(error.value)


def test_reports_of_another_file_can_be_named(write) -> None:
    script = write(report="")
    assert space_of(script, metric="m", mode="min", resource_attr="epoch") == {"epochs": 7}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "train.py: no such file"),
        ("def f(:\n", "train.py, line 1: invalid syntax"),
        ("print(1)\n", "train.py: no argparse arguments"),
        ("a\0b", "train.py"),
    ],
)
def test_a_script_that_cannot_be_read_writes_nothing(
    init, tmp_path: Path, text: str | None, message: str
) -> None:
    if text is not None:
        (tmp_path / "train.py").write_text(text)
    done = init(tmp_path / "train.py")
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "mine").exists()


def test_files_are_overwritten_by_force_only(init, write, tmp_path: Path) -> None:
    script = write()
    assert init(script).returncode == 0
    for name in ("mine.yaml", "requirements.txt"):
        (tmp_path / "mine" / name).unlink()
    (tmp_path / "mine" / "baselines.py").write_text("mine")
    done = init(script)
    assert done.returncode == 2
    for name in ("hpo_main.py", "baselines.py", "plot_results.py"):
        assert name in done.stderr
    assert "requirements.txt" not in done.stderr
    assert (tmp_path / "mine" / "baselines.py").read_text() == "mine"
    assert not (tmp_path / "mine" / "mine.yaml").exists()
    assert init(script, "--force").returncode == 0
    assert "methods" in (tmp_path / "mine" / "baselines.py").read_text()


def test_the_training_script_itself_is_never_overwritten(write) -> None:
    script = write().rename(write().with_name("baselines.py"))
    read, text = read_script(script), script.read_text()
    skeleton = make_skeleton(script.parent, read, choose_names(read))
    with pytest.raises(UsageError, match="would be overwritten"):
        write_skeleton(skeleton, script, force=True)
    assert script.read_text() == text


def test_what_would_make_trials_fail_is_said(init, write) -> None:
    script = write(
        'parser.add_argument("--data", required=True)\nparser.add_argument("place")\n'
        'for name in "ab":\n    parser.add_argument("--" + name)'
    )
    script.write_text(script.read_text().replace('parser.add_argument("--st_checkpoint_dir")\n', ""))
    done = init(script)
    assert done.returncode == 0, done.stderr
    assert "Note: --data has no default: give its value in mine.yaml, for CHANGE-ME" in done.stderr
    assert "Note: 'place' is required and has a position, not a name" in done.stderr
    assert "Note: line 10: this argument has no literal name" in done.stderr
    assert 'add parser.add_argument("--st_checkpoint_dir")' in done.stderr


def test_requirements_are_what_the_script_imports(write, tmp_path: Path) -> None:
    (tmp_path / "neighbour.py").touch()
    script = write("import os, numpy.linalg, neighbour, no_such_package\nfrom sklearn import svm")
    read = read_script(script)
    lines = make_skeleton(tmp_path / "mine", read, choose_names(read)).files["requirements.txt"].splitlines()
    assert [line.partition(">=")[0].split()[0] for line in lines[1:]] == [
        "no_such_package",
        "numpy",
        "scikit-learn",
    ]


def test_awkward_folders_do(write, awkward_path: Path) -> None:
    script = write().rename(awkward_path / "train.py")
    assert space_of(script) == {"epochs": 7}
    read = read_script(script)
    assert make_skeleton(awkward_path, read, choose_names(read)).name == "a_b_c_d_e"


NAMES = st.sampled_from(
    ["lr", "weight_decay", "dropout", "units", "gamma", "x", "seed", "data_dir", "n-units"]
)
VALUES = st.one_of(
    st.none(), st.integers(-(10**17), 10**17), st.floats(), st.booleans(), st.text(max_size=12)
)


@given(
    name=NAMES,
    kind=st.sampled_from(["int", "float", "str", "bool", None]),
    default=VALUES,
    choices=st.none() | st.lists(VALUES, min_size=1, max_size=4),
    required=st.booleans(),
)
def test_whatever_the_arguments_the_definition_can_be_read(
    tmp_path: Path, name: str, kind: str | None, default, choices, required: bool
) -> None:
    more = "" if kind is None else f", type={kind}"
    more += "" if choices is None else f", choices={choices!r}"
    script = tmp_path / "train.py"
    source = f'parser.add_argument("--{name}", default={default!r}, required={required}{more})'
    script.write_bytes(
        f'{source}\nparser.add_argument("--epochs", type=int)\nReporter()(epoch=1, loss=2)\n'.encode(
            errors="backslashreplace"
        )
    )
    space = space_of(script)
    assert set(space) <= {"epochs", name}


@given(default=st.floats(1e-6, 1e6), name=st.sampled_from(["lr", "dropout", "units", "temperature"]))
def test_a_default_is_in_its_domain(default: float, name: str) -> None:
    real = guess(Argument(name, "float", default)).value
    whole = guess(Argument(name, "int", int(default))).value
    assert real.is_valid(default)
    assert whole.is_valid(int(default))


def test_what_is_read_is_what_argparse_has(monkeypatch: pytest.MonkeyPatch) -> None:
    """The shipped script, once read and once run as far as its parser."""
    script = Path(__file__).parents[3] / "benchmarking/training_scripts/mlp_digits/mlp_digits.py"
    parsers: list[argparse.ArgumentParser] = []
    monkeypatch.setattr(argparse.ArgumentParser, "parse_args", lambda self, argv=None: parsers.append(self))
    monkeypatch.syspath_prepend(str(script.parent))
    import mlp_digits

    mlp_digits.parse_arguments()
    (parser,) = parsers
    declared = {a.option_strings[0][2:]: a.default for a in parser._actions if a.dest != "help"}
    declared.pop("st_checkpoint_dir")
    assert {a.name: a.default for a in read_script(script).arguments} == declared
