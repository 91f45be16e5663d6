from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.requirements import Requirement
from packaging.version import Version

from benchmarking.commons.requirements_union import union_of_requirements
from syne_core.errors import UsageError


def files(folder: Path, *texts: str) -> list[Path]:
    paths = []
    for number, text in enumerate(texts):
        path = folder / f"requirements{number}.txt"
        path.write_text(text)
        paths.append(path)
    return paths


def test_packages_of_several_files_are_merged_and_sorted(tmp_path: Path) -> None:
    union = union_of_requirements(
        files(tmp_path, "torch>=2\nNumPy>=1.26 # fast\n\n# nothing\n", "numpy<3\nclick[extra]\nclick>=8\n")
    )
    assert union.splitlines() == ["click[extra]>=8", "NumPy<3,>=1.26", "torch>=2"]


def test_nothing_is_written_and_absent_files_ask_for_nothing(tmp_path: Path) -> None:
    """Fault 13."""
    paths = files(tmp_path, "click\n")
    assert union_of_requirements([*paths, tmp_path / "absent.txt"]) == "click\n"
    assert [path.name for path in tmp_path.iterdir()] == ["requirements0.txt"]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("numpy<2", "numpy>=2"),
        ("torch==2.1", "torch==2.2"),
        ("torch==2.1.*", "torch>=2.2"),
        ("a~=1.4", "a<1.4"),
        ("a!=1.0", "a==1.0"),
        ("a @ https://x.org/a.whl", "a @ https://x.org/b.whl"),
        ("a @ https://x.org/a.whl", "a>=1"),
    ],
)
def test_what_cannot_both_be_had_is_refused_naming_both_lines(
    tmp_path: Path, first: str, second: str
) -> None:
    with pytest.raises(UsageError) as caught:
        union_of_requirements(files(tmp_path, f"click\n{first}\n", f"# of the script\n{second}\n"))
    for expected in ("requirements0.txt, line 2", "requirements1.txt, line 2", "exclude each other"):
        assert expected in str(caught.value)


@pytest.mark.parametrize(
    ("first", "second"),
    [("numpy<2", "numpy>=1.26"), ("a>1", "a<1.0.1"), ("a==2.1", "a~=2.0"), ("a>=1", "a!=1"), ("a>1", "a<2")],
)
def test_what_can_both_be_had_is_merged(tmp_path: Path, first: str, second: str) -> None:
    merged = Requirement(union_of_requirements(files(tmp_path, first, second)).strip())
    assert merged.specifier == Requirement(first).specifier & Requirement(second).specifier


def test_different_conditions_do_not_conflict(tmp_path: Path) -> None:
    union = union_of_requirements(
        files(tmp_path, "a<1; python_version < '3.10'", "a>=1; python_version >= '3.10'")
    )
    assert len(union.splitlines()) == 2


def test_options_of_pip_are_kept_once_and_lines_continue(tmp_path: Path) -> None:
    paths = files(
        tmp_path, "--extra-index-url https://x.org\nclick \\\n >=8\n", "--extra-index-url https://x.org\n"
    )
    assert union_of_requirements(paths) == "--extra-index-url https://x.org\nclick>=8\n"


def test_all_lines_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        union_of_requirements(files(tmp_path, "click\n!!\n-r other.txt\n", "--frob 3\n"))
    lines = str(caught.value).splitlines()
    assert [line.partition(":")[0].rpartition("/")[2] for line in lines] == [
        "requirements0.txt, line 2",
        "requirements0.txt, line 3",
        "requirements1.txt, line 1",
    ]


_VERSIONS = st.tuples(*[st.integers(0, 3)] * 3).map(lambda v: ".".join(map(str, v)))
_LIMITS = st.builds("{}{}".format, st.sampled_from(["<", "<=", ">", ">=", "==", "!=", "~="]), _VERSIONS)


@given(st.lists(_LIMITS, min_size=2, max_size=2), _VERSIONS)
def test_no_pair_that_some_version_satisfies_is_refused(
    tmp_path_factory: pytest.TempPathFactory, limits: list[str], version: str
) -> None:
    requirements = [Requirement(f"a{limit}") for limit in limits]
    if all(r.specifier.contains(Version(version)) for r in requirements):
        paths = files(tmp_path_factory.mktemp("union"), *map(str, requirements))
        assert union_of_requirements(paths)
