"""``synebench list``: benchmarks and methods, for people and as JSON."""

from __future__ import annotations

import json

import pytest

from benchmarking.cli.list_names import command
from benchmarking.commons.benchmark_definitions import BENCHMARKS
from benchmarking.commons.default_baselines import METHODS


@pytest.fixture
def listed(capsys: pytest.CaptureFixture[str]):
    """What the command prints: standard output, standard error."""

    def run(*words: str) -> tuple[str, str]:
        command.main(list(words), standalone_mode=False)
        captured = capsys.readouterr()
        return captured.out, captured.err

    return run


def test_benchmarks_stand_in_a_table(listed) -> None:
    out, err = listed("benchmarks")
    lines = out.splitlines()
    assert [line.split()[0] for line in lines] == list(BENCHMARKS)
    instances = {line.index("ml.") for line in lines}
    assert len(instances) == 1, "columns are aligned, however long a name is"
    (transformer,) = (line for line in lines if line.startswith("transformer_wikitext2 "))
    assert transformer.split()[-1] == "ml.g4dn.12xlarge"
    assert "val_loss (min)" in transformer
    assert "5 h" in transformer
    assert "--benchmark NAME" in err


def test_benchmarks_as_json_have_plain_values(listed) -> None:
    out, err = listed("benchmarks", "--json")
    found = {entry.pop("name"): entry for entry in json.loads(out)}
    assert list(found) == list(BENCHMARKS)
    assert err == ""
    assert found["mlp_fashionmnist"] == {
        "metric": "accuracy",
        "mode": "max",
        "n_workers": 4,
        "max_wallclock_time": 10800,
        "instance_type": "ml.c5.4xlarge",
    }


def test_methods_say_what_they_are_and_need(listed) -> None:
    out, err = listed("methods")
    assert [line.split()[0] for line in out.splitlines()] == list(METHODS)
    needy = [name for name in METHODS if METHODS.extras.get(name)]
    assert needy
    assert out.count("[needs synebench[") == len(needy)
    assert "--method NAME" in err
    assert {entry["name"] for entry in json.loads(listed("methods", "--json")[0])} == set(METHODS)
