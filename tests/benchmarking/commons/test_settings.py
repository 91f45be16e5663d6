"""Where the settings of a launch come from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarking.commons.command_line import read_words
from benchmarking.commons.launch_flags import BASE_FLAGS, METHODS_FLAG, extra_flags
from benchmarking.commons.settings import Settings, read_settings
from syne_core.errors import UsageError

TAG = ["--experiment_tag", "t"]


def settings(words: list[str], environment: dict[str, str] | None = None, **more: Any) -> Settings:
    return read_settings([*BASE_FLAGS, METHODS_FLAG, *more.get("flags", [])], words, environment or {})


def value(name: str, *words: str, **environment: str) -> Any:
    read = settings([*TAG, *words], environment)
    assert read.mistakes == []
    return getattr(read.values, name)


@given(
    flag=st.none() | st.integers(1, 9),
    variable=st.none() | st.integers(1, 9),
    in_file=st.none() | st.integers(1, 9),
)
def test_flag_before_environment_before_file_before_default(
    tmp_path: Path, flag: int | None, variable: int | None, in_file: int | None
) -> None:
    study = tmp_path / "study.yaml"
    study.write_text("experiment_tag: t\n" + (f"num_seeds: {in_file}\n" if in_file else ""))
    words = [str(study), *(["--num_seeds", str(flag)] if flag else [])]
    read = settings(words, {"SYNEBENCH_NUM_SEEDS": str(variable)} if variable else {})
    assert read.mistakes == []
    assert read.values.num_seeds == (flag or variable or in_file or 1)
    counts = variable and not flag
    assert read.notes == ([f"num_seeds is {variable}, from $SYNEBENCH_NUM_SEEDS"] if counts else [])


def test_a_required_flag_may_come_from_anywhere(tmp_path: Path) -> None:
    assert settings([], {"SYNEBENCH_EXPERIMENT_TAG": "t"}).mistakes == []
    assert settings([]).mistakes == [
        "--experiment_tag is required: name of the study; results go to ~/syne-tune/TAG/"
    ]


def test_an_unreadable_study_is_the_only_mistake() -> None:
    assert settings(["--study", "none.yaml"]).mistakes == ["none.yaml: no such file"]


def test_environment_variables_that_are_no_settings_are_left_alone() -> None:
    assert settings(TAG, {"SYNEBENCH_RESTART": "1", "SYNEBENCH_DATA": "/d", "SYNEBENCH_X": ""}).mistakes == []
    assert value("restart", SYNEBENCH_RESTART="1") is False


def test_underscores_and_dashes_are_one() -> None:
    for spelt in ("--num_seeds", "--num-seeds"):
        assert value("num_seeds", spelt, "3") == value("num_seeds", f"{spelt}=3") == 3


def test_the_last_of_a_repeated_flag_counts() -> None:
    assert value("num_seeds", "--num_seeds", "3", "--num-seeds", "4") == 4


@pytest.mark.parametrize(
    ("words", "is_on"),
    [
        (["--restart"], True),
        (["--restart", "1"], True),
        (["--restart", "false"], False),
        (["--restart=0"], False),
        (["--restart", "--json"], True),
        ([], False),
    ],
)
def test_switches_may_say_their_value(words: list[str], is_on: bool) -> None:
    assert value("restart", *words) is is_on


def test_lists_are_separated_by_commas() -> None:
    assert value("n_workers", "--n_workers", "2, 4,8") == (2, 4, 8)
    assert value("method", "--method", "RS,ASHA") == ("RS", "ASHA")
    assert value("benchmark", SYNEBENCH_BENCHMARK="a,b") == ("a", "b")


def test_a_comma_in_a_path_separates_nothing() -> None:
    for path in ("a,b.yaml", "./a,b", "x/a,b", "a,b.py"):
        assert value("benchmark", "--benchmark", path) == (path,)


def test_durations_may_have_units() -> None:
    assert value("max_wallclock_time", "--max_wallclock_time", "1h30m") == 5400


def test_a_negative_number_is_a_value_not_a_flag() -> None:
    assert settings([*TAG, "--n_workers", "-1"]).mistakes == ["--n_workers must be positive, is -1"]


def test_a_flag_does_not_take_the_next_flag_for_its_value() -> None:
    read = settings([*TAG, "--n_workers", "--num_seeds", "3", "--method"])
    assert read.mistakes == ["--n_workers needs a value", "--method needs a value"]
    assert read.values.num_seeds == 3


def test_only_one_study_can_be_given() -> None:
    read = settings(["--study", "a.yaml", "b.yml"])
    assert "One study at a time, not 2: a.yaml, b.yml" in read.mistakes


def test_paths_in_a_study_are_relative_to_it(awkward_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (awkward_path / "study.yaml").write_text(
        "experiment_tag: t\nbenchmark: [mlp_digits, mine.yaml, ../other.py, /abs/x.yaml]\n"
        "methods: methods.py\nmodel: net.pt\n"
    )
    monkeypatch.chdir(awkward_path.parent)
    study = Path(awkward_path.name) / "study.yaml"
    flags = extra_flags([{"name": "model", "type": Path}], BASE_FLAGS)
    values = settings(["--study", str(study)], flags=flags).values
    assert values.benchmark == (
        "mlp_digits",
        str(awkward_path / "mine.yaml"),
        str(awkward_path / "../other.py"),
        "/abs/x.yaml",
    )
    assert values.methods == awkward_path / "methods.py"
    assert values.model == awkward_path / "net.pt"


def test_values_in_a_study_are_read_as_on_the_command_line(tmp_path: Path) -> None:
    study = tmp_path / "study.yaml"
    study.write_text(
        "experiment_tag: 007\nmax_wallclock_time: 5h\nn_workers: [2, 4]\nmethod: RS, ASHA\n"
        'num_seeds: "3"\nscale_max_wallclock_time: true\nrestart: 0\n'
    )
    values = settings([str(study)]).values
    assert (values.experiment_tag, values.max_wallclock_time) == ("007", 18000)
    assert (values.n_workers, values.method, values.num_seeds) == ((2, 4), ("RS", "ASHA"), 3)
    assert (values.scale_max_wallclock_time, values.restart) == (True, False)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("num_sed: 3", "line 2: unknown key 'num_sed'. Did you mean 'num_seeds'?"),
        ("num-seeds: 3", "line 2: unknown key 'num-seeds'. Did you mean 'num_seeds'?"),
        ("qqq: 3", "line 2: unknown key 'qqq'. The keys are the launcher's flags"),
        ("num_seeds: [1, 2]", "line 2: num_seeds takes one value, not a list"),
        ("num_seeds: {a: 1}", "line 2: num_seeds takes one value"),
        ("method: {a: 1}", "line 2: method takes names or numbers"),
        ("method: [[RS]]", "line 2: method takes names or numbers"),
        ("method: []", "line 2: method is an empty list"),
        ("method: [RS, ~]", "line 2: method has no value"),
        ("method:", "line 2: method has no value"),
        ("method: [RS, RS]", "line 2: method: 'RS' is given twice"),
        ("method: 'RS,,ASHA'", "an element is empty"),
        (
            "max_wallclock_time: 10:30",
            "line 2: max_wallclock_time '10:30': no duration; write 10h30m or 10m30s",
        ),
        ("scale_max_wallclock_time: yes", "'yes': valid: 1, 0, true, false"),
        ("n_workers: 2.0", "line 2: n_workers '2.0': not an integer"),
        ("n_workers: [1, -1]", "line 2: n_workers must be positive, is -1"),
        ("study: other.yaml", "line 2: 'study' is for the command line only"),
        ("debug: true", "line 2: 'debug' is for the command line only"),
        ("run_one: x", "line 2: unknown key 'run_one'"),
        ("experiment_tag: u", "line 2: 'experiment_tag' is given again (first on line 1)"),
    ],
)
def test_a_mistake_in_a_study_names_file_line_and_key(tmp_path: Path, line: str, message: str) -> None:
    study = tmp_path / "study.yaml"
    study.write_text(f"experiment_tag: t\n{line}\n")
    mistakes = settings([str(study)]).mistakes
    assert len(mistakes) == 1, mistakes
    assert message in mistakes[0]
    assert str(study) in mistakes[0]


def test_a_definition_is_not_taken_for_a_study(tmp_path: Path) -> None:
    study = tmp_path / "mine.yaml"
    study.write_text("script: a.py\nconfig_space: {}\n")
    assert settings([str(study)]).mistakes == [
        f"{study} defines a benchmark, no study; give it as --benchmark"
    ]


@given(st.lists(st.text(max_size=8) | st.sampled_from([f"--{f.name}" for f in BASE_FLAGS]), max_size=6))
def test_any_words_are_read_or_refused(words: list[str]) -> None:
    given_values, loose, mistakes = read_words(BASE_FLAGS, words)
    assert set(given_values) <= {flag.name for flag in BASE_FLAGS}
    assert all("\n" not in mistake for mistake in mistakes)
    assert set(loose) <= set(words)


@pytest.mark.parametrize(
    ("described", "message"),
    [
        ({"name": "x", "typ": int}, "unknown key 'typ'. Did you mean 'type'?"),
        ({"name": "num_seeds"}, "'num_seeds' is taken"),
        ({"name": "help"}, "'help' is taken"),
        ({"name": "a b"}, "is no valid name"),
        ({}, "is no valid name"),
    ],
)
def test_extra_args_that_make_no_flag_are_refused(described: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match="extra_args") as refused:
        extra_flags([described], BASE_FLAGS)
    assert message in str(refused.value)


def test_extra_args_may_bring_any_function_as_type() -> None:
    def even(text: str) -> int:
        if int(text) % 2:
            raise KeyError("odd numbers do not count")
        return int(text)

    flags = extra_flags([{"name": "size", "type": even}, {"name": "fast", "type": bool}], BASE_FLAGS)
    good = settings([*TAG, "--size", "4", "--fast", "1"], flags=flags)
    assert (good.mistakes, good.values.size, good.values.fast) == ([], 4, True)
    bad = settings([*TAG, "--size", "3", "--fast", "maybe"], flags=flags)
    assert bad.mistakes == [
        "--size '3': 'odd numbers do not count'",
        "--fast 'maybe': valid: 1, 0, true, false",
    ]
