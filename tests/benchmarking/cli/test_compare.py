"""``synebench compare``: table, sentences, exit codes; ``--settings``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from study_folders import reports, write_experiment

from benchmarking.cli.compare import command
from syne_core.errors import SyneError, UnknownNameError, UsageError
from syne_core.paths import experiment_path

OLD = [0.90, 0.91, 0.92, 0.93, 0.94, 0.95, 0.96, 0.97]


def write(tag: str, values: Sequence[float], method: str = "ASHA", **more: Any) -> list[Path]:
    return [
        write_experiment(
            experiment_path(),
            reports([(1.0, value)]),
            **{"tag": tag, "method": method, "seed": seed, "elapsed": 60.0, "limit": 60.0, **more},
        )
        for seed, value in enumerate(values)
    ]


def compare(*words: str) -> int:
    """The exit code."""
    code: int = command.main(args=list(words), prog_name="compare", standalone_mode=False)
    return code


@pytest.fixture
def worse_by_5_percent() -> None:
    write("old", OLD)
    write("new", [value - 0.05 - 0.001 * i for i, value in enumerate(OLD)])


@pytest.mark.usefixtures("worse_by_5_percent")
def test_a_table_sentences_and_what_to_do_next(capsys: pytest.CaptureFixture[str]) -> None:
    assert compare("old", "new") == 0
    printed = capsys.readouterr()
    lines = printed.out.splitlines()
    assert lines[:2] == ["A: old", "B: new"]
    row = next(line for line in lines if line.startswith("digits"))
    assert row.split()[:5] == ["digits", "ASHA", "8", "accuracy", "(max)"]
    assert row.endswith("B is worse")
    assert "ASHA of old is better than ASHA of new by 0.0535 (95 % interval " in printed.out
    assert printed.err.splitlines()[-1] == "Next:  synebench compare --settings old new"


@pytest.mark.usefixtures("worse_by_5_percent")
@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("old", "new", "--fail_if_worse", "0.01"), 1),
        (("old", "new", "--fail-if-worse", "1%"), 1),
        (("old", "new", "--fail_if_worse", "0.2"), 0),
        (("old", "new", "--fail_if_worse", "0.2", "--fail_if_unsure"), 0),
        (("new", "old", "--fail_if_worse", "0"), 0),
        (("old:ASHA", "new", "--fail_if_worse", "0.01"), 1),
    ],
)
def test_the_exit_code_is_1_only_if_b_is_worse_by_more(
    words: tuple[str, ...], code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert compare(*words) == code
    assert ("Check FAILED: ASHA on digits: B is 0.0535 worse" in capsys.readouterr().err) == bool(code)


def test_what_cannot_be_told_passes_unless_that_is_to_fail(capsys: pytest.CaptureFixture[str]) -> None:
    write("old", [0.90, 0.91, 0.92])
    write("new", [0.93, 0.85, 0.92])
    assert compare("old", "new", "--fail_if_worse", "0.01") == 0
    printed = capsys.readouterr()
    assert "too few seeds to tell" in printed.out
    assert "Check unsure: " in printed.err
    assert "--fail_if_unsure makes this a failure" in printed.err
    assert compare("old", "new", "--fail_if_worse", "0.01", "--fail_if_unsure") == 1
    assert "Check FAILED: " in capsys.readouterr().err


@pytest.mark.usefixtures("worse_by_5_percent")
def test_json_holds_lines_check_and_notes(capsys: pytest.CaptureFixture[str]) -> None:
    assert compare("old", "new", "--json", "--fail_if_worse", "1%", "--margin", "0.1") == 1
    found = json.loads(capsys.readouterr().out)
    (line,) = found["lines"]
    assert (line["outcome"], line["pair"]["verdict"], line["margin"]) == ("equivalent", "worse", 0.1)
    assert [one["result"] for one in found["check"]] == ["failed"]
    assert (found["a"], found["b"], found["notes"]) == ("old", "new", [])


@pytest.mark.usefixtures("worse_by_5_percent")
@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("old", "nwe"), "Unknown experiment tag 'nwe'. Did you mean 'new'?"),
        (("old:AHSA", "new"), "Unknown method of old, 'AHSA'. Did you mean 'ASHA'?"),
        (("old", "old"), "A and B are both 'old'"),
        (("old:ASHA", "old"), "A and B are both 'old:ASHA'"),
        (("old:ASHA", "new", "--method", "ASHA"), "either with --method or as TAG:METHOD"),
        (("old", "new", "--metric", "acuracy"), "Did you mean 'accuracy'?"),
        (("old", "new", "--benchmark", "digit"), "Did you mean 'digits'?"),
        (("old", "new", "--fail_if_worse", "much"), "A margin is a number such as 0.01"),
        (("old", "new", "--fail_if_unsure"), "--fail_if_unsure needs --fail_if_worse MARGIN"),
        (("old", "new", "--confidence", "95"), "confidence must be between 0 and 1"),
        (
            ("--settings", "old", "new", "--margin", "1%"),
            "--settings compares no results; leave out --margin",
        ),
        (("--settings", "old:BO", "new"), "Unknown method or experiment of old, 'BO'"),
    ],
)
def test_bad_input_is_said_in_one_line(words: tuple[str, ...], message: str) -> None:
    with pytest.raises(UsageError) as error:
        compare(*words)
    assert message in str(error.value)
    assert error.value.exit_code == 2
    assert "\n" not in str(error.value)


def test_what_differs_and_what_is_missing_is_noted(capsys: pytest.CaptureFixture[str]) -> None:
    write("old", OLD[:6], metadata={"packages": {"numpy": "1.26"}, "git": {"commit": "a" * 40}})
    write("old", OLD[:6], "BO")
    machine = {"cpu": "other"}
    new = {"packages": {"numpy": "2.0"}, "git": {"commit": "b" * 40}, "machine": machine, "random_seed": 18}
    write("new", OLD[:5], metadata=new)
    compare("old", "new")
    notes = [line for line in capsys.readouterr().err.splitlines() if line.startswith("Note: ")]
    assert "Note: packages differ (A / B): numpy 1.26 / 2.0" in notes
    assert "Note: machine differs (A / B): cpu - / other" in notes
    assert any(
        note.startswith("Note: code differs (A / B): commit aaaaaaaaaa.. / bbbbbbbbbb..") for note in notes
    )
    assert any("different master seeds" in note for note in notes)
    assert "Note: only in A: old: BO on digits" in notes
    assert any("missing" in note and "seed 5" in note for note in notes)


def test_settings_shows_only_what_differs(capsys: pytest.CaptureFixture[str]) -> None:
    write("old", OLD[:2], metadata={"packages": {"numpy": "1.26", "scipy": "1.11"}})
    write("new", OLD[:2], metadata={"packages": {"numpy": "2.0", "scipy": "1.11"}, "n_workers": 8})
    assert compare("--settings", "old", "new") == 0
    out = capsys.readouterr().out
    assert out.splitlines()[:3] == ["A: old", "B: new", "2 pairs of experiments compared"]
    assert ["n_workers", "4", "8"] in [line.split() for line in out.splitlines()]
    assert ["numpy", "1.26", "2.0"] in [line.split() for line in out.splitlines()]
    assert "scipy" not in out
    compare("--settings", "old:ASHA-0", "new:ASHA-1", "--json")
    found = json.loads(capsys.readouterr().out)
    assert found["pairs"] == 1
    assert {one["name"] for one in found["differences"]} == {"seed", "n_workers", "numpy"}


def test_the_same_settings_differ_in_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    write("old", OLD[:2])
    write("new", OLD[:3])
    compare("--settings", "old", "new")
    printed = capsys.readouterr()
    assert "Nothing differs." in printed.out
    assert "Note: 1 of 3 experiments of B have no counterpart" in printed.err


def test_studies_without_readable_experiments_are_an_error_of_usage() -> None:
    for folder in (*write("old", OLD[:1]), *write("new", OLD[:1])):
        (folder / "metadata.json").write_text("{")
    for words in (("old", "new"), ("--settings", "old", "new")):
        with pytest.raises(SyneError) as error:
            compare(*words)
        assert error.value.exit_code == 2
        assert not isinstance(error.value, UnknownNameError)
