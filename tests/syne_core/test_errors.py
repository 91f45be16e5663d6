"""Errors: one tree, an exit code each, and messages that help."""

from __future__ import annotations

import inspect

import pytest

from syne_core import errors
from syne_core.errors import (
    MissingDependencyError,
    RefusedError,
    SyneError,
    UnknownNameError,
    UsageError,
    nearest_name,
)

CLASSES: list[type[SyneError]] = [
    c for _, c in inspect.getmembers(errors, inspect.isclass) if issubclass(c, SyneError)
]


def test_tree_in_the_docstring_is_the_tree_of_the_code() -> None:
    drawn: dict[str, tuple[str | None, int]] = {}
    above: list[tuple[int, str]] = []
    for line in (errors.__doc__ or "").splitlines():
        name, code, *_ = [*line.split(), "", ""]
        if not name.endswith("Error") or not code.isdigit():
            continue
        indent = len(line) - len(line.lstrip())
        above = [(i, n) for i, n in above if i < indent]
        drawn[name] = (above[-1][1] if above else None, int(code))
        above.append((indent, name))
    assert drawn == {
        c.__name__: (None if c is SyneError else c.__bases__[0].__name__, c.exit_code) for c in CLASSES
    }


@pytest.mark.parametrize("error", CLASSES)
def test_every_error_has_a_documented_exit_code(error: type[SyneError]) -> None:
    assert error.exit_code in (1, 2, 5)
    assert error.__doc__


def test_several_mistakes_are_one_error_with_a_line_each() -> None:
    assert str(UsageError.joined(["a is wrong", "b is wrong"])) == "a is wrong\nb is wrong"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("resnet_cifar", "resnet_cifar10"), ("ASHAA", "ASHA"), ("asha", "ASHA"), ("MLP-digits", "mlp_digits")],
)
def test_unknown_name_suggests_the_nearest_and_lists_the_valid(typed: str, meant: str) -> None:
    valid = ["resnet_cifar10", "ASHA", "mlp_digits"]
    error = UnknownNameError("thing", typed, valid)
    assert f"'{typed}'" in str(error)
    assert f"Did you mean '{meant}'?" in str(error)
    assert "Valid: ASHA, mlp_digits, resnet_cifar10" in str(error)
    assert (error.kind, error.name, error.valid) == ("thing", typed, sorted(valid))


def test_nothing_is_suggested_where_nothing_is_near() -> None:
    assert nearest_name("zzz", ["alpha", "beta"]) is None
    assert "Did you mean" not in str(UnknownNameError("method", "zzz", ["alpha"]))
    assert "(none)" in str(UnknownNameError("method", "zzz", []))


def test_missing_dependency_names_the_extra() -> None:
    assert "pip install 'synebench[sklearn]'" in str(MissingDependencyError("scikit-learn", "sklearn"))


def test_refusal_has_an_exit_code_of_its_own() -> None:
    assert RefusedError("budget").exit_code == 5


def test_families_of_valid_names_are_told_short() -> None:
    names = [f"glue_{task}" for task in ("cola", "mnli", "rte", "sst2")] + [
        "mlp",
        "lstm",
        "lstm_a",
        "lstm_b",
        "lstm_c",
        "_x",
    ]
    assert str(UnknownNameError("benchmark", "zzzz", names)).endswith(
        "Valid: _x, glue_{cola,mnli,rte,sst2}, lstm, lstm_a, lstm_b, lstm_c, mlp"
    )
