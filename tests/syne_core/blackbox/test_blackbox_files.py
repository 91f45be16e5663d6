"""Tables on disk: what is saved comes back, and a damaged file is never believed."""

from __future__ import annotations

import builtins
import contextlib
import errno
import json
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_tables import table, tables

from syne_core.blackbox import BlackboxTabular, load_blackbox, save_blackbox
from syne_core.blackbox.table_files import CONFIGURATIONS_FILE, CURVES_FILE, HEADER_FILE, load_table
from syne_core.errors import BlackboxError

FILES = (HEADER_FILE, CONFIGURATIONS_FILE, CURVES_FILE)

# -- what is saved comes back -------------------------------------------------------------------------


@given(tables())
def test_a_table_comes_back_from_disk(made: BlackboxTabular) -> None:
    with tempfile.TemporaryDirectory() as folder:
        save_blackbox(made, Path(folder) / "t")
        back = load_table(Path(folder) / "t")
    assert back.digest() == made.digest()
    assert back.config_space == made.config_space
    assert back.configurations == made.configurations
    assert back.provenance == made.provenance
    for ours, theirs in ((back.elapsed, made.elapsed), (back.metrics, made.metrics)):
        assert ours.dtype == theirs.dtype
        np.testing.assert_array_equal(ours, theirs)


def test_modes_and_names_come_back(tmp_path: Path) -> None:
    made = table(
        modes={"acc": "max"}, resource_attr="step", elapsed_time_attr="sec", provenance={"n": [1, None]}
    )
    back = load_table(save_blackbox(made, tmp_path / "t"))
    assert (back.modes, back.resource_attr, back.elapsed_time_attr) == ({"acc": "max"}, "step", "sec")
    assert back.provenance == {"n": [1, None]}
    assert back.metric_names == ("loss", "acc")


def test_equal_tables_become_equal_files(tmp_path: Path) -> None:
    one, two = save_blackbox(table(), tmp_path / "one"), save_blackbox(table(), tmp_path / "two")
    assert [(one / name).read_bytes() for name in FILES] == [(two / name).read_bytes() for name in FILES]


def test_awkward_folders(awkward_path: Path) -> None:
    folder = save_blackbox(table(), awkward_path / "x" / "t'\n")
    assert load_table(folder).digest() == table().digest()
    assert isinstance(load_blackbox(str(folder), surrogate=None), BlackboxTabular)


# -- writing ------------------------------------------------------------------------------------------


def _content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_table_replaces_another_only_if_it_is_told_to(tmp_path: Path) -> None:
    folder = save_blackbox(table(rows=4), tmp_path / "t")
    with pytest.raises(BlackboxError, match="holds a table already; overwrite=True"):
        save_blackbox(table(), folder)
    assert len(load_table(folder).configurations) == 4
    save_blackbox(table(), folder, overwrite=True)
    assert len(load_table(folder).configurations) == 6
    assert [path.name for path in tmp_path.iterdir()] == ["t"]


def test_nothing_else_is_ever_replaced(tmp_path: Path) -> None:
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.txt").write_text("years")
    (tmp_path / "file").write_text("x")
    for name, message in (("thesis", "holds something else"), ("file", "is not a folder")):
        with pytest.raises(BlackboxError, match=message):
            save_blackbox(table(), tmp_path / name, overwrite=True)
    assert (tmp_path / "thesis" / "chapter.txt").read_text() == "years"


def test_only_tables_can_be_saved(tmp_path: Path) -> None:
    with pytest.raises(BlackboxError, match="only tables can be saved, not FunctionProblem"):
        save_blackbox(load_blackbox("branin"), tmp_path / "t")  # type: ignore[arg-type]


def _failing(target: Any, name: str, at: int, error: BaseException) -> Callable[..., Any]:
    """``target.name``, which fails at its call number ``at``."""
    real, calls = getattr(target, name), iter(range(10**6))

    def fake(*args: Any, **kwargs: Any) -> Any:
        if next(calls) == at:
            raise error
        return real(*args, **kwargs)

    return fake


FULL = OSError(errno.ENOSPC, "No space left on device")


BREAKS: list[tuple[Any, str, int, bool]] = [
    *((os, "fsync", at, existing) for at in range(4) for existing in (False, True)),
    *((builtins, "open", at, existing) for at in range(3) for existing in (False, True)),
    # A new folder needs one rename, an old one two.
    *((os, "rename", at, existing) for at, existing in ((0, False), (0, True), (1, True))),
]


@pytest.mark.parametrize("error", [FULL, KeyboardInterrupt()], ids=["full disk", "interrupt"])
@pytest.mark.parametrize(("target", "name", "at", "existing"), BREAKS)
def test_a_save_that_breaks_off_leaves_what_was_there(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    target: Any,
    name: str,
    at: int,
    existing: bool,
    error: BaseException,
) -> None:
    folder = tmp_path / "tables" / "t"
    before = _content(save_blackbox(table(rows=4), folder)) if existing else None
    with monkeypatch.context() as patched:
        patched.setattr(target, name, _failing(target, name, at, error))
        with pytest.raises(type(error)):
            save_blackbox(table(), folder, overwrite=True)
    assert (_content(folder) if folder.exists() else None) == before
    assert [path.name for path in folder.parent.iterdir()] == (["t"] if existing else [])


# -- damage -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_blackbox(table(failures={(0, 0): "x"}), tmp_path_factory.mktemp("saved") / "t")


def _copy(saved: Path, folder: str) -> Path:
    return Path(shutil.copytree(saved, Path(folder) / "t"))


@given(name=st.sampled_from(FILES), share=st.floats(0, 0.999), flip=st.booleans())
def test_a_torn_or_changed_file_is_refused(saved: Path, name: str, share: float, flip: bool) -> None:
    with tempfile.TemporaryDirectory() as place:
        path = _copy(saved, place) / name
        data = path.read_bytes()
        cut = int(share * len(data))
        torn = data[:cut] + bytes([data[cut] ^ 0x10]) + data[cut + 1 :] if flip else data[:cut]
        path.write_bytes(torn)
        if name == HEADER_FILE and (flip or torn.strip() == data.strip()):
            _loads_or_refuses(path.parent)  # a changed letter of the provenance cannot be noticed
            return
        with pytest.raises(BlackboxError, match=name.replace(".", r"\.")):
            load_table(path.parent)


def _loads_or_refuses(folder: Path) -> None:
    with contextlib.suppress(BlackboxError):
        load_table(folder)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=5,
)


@given(data=st.data())
def test_whatever_a_header_says_the_error_is_ours(saved: Path, data: st.DataObject) -> None:
    header = json.loads((saved / HEADER_FILE).read_text())
    entry = data.draw(st.sampled_from(sorted(header)))
    if data.draw(st.booleans()):
        del header[entry]
    else:
        header[entry] = data.draw(JSON)
    with tempfile.TemporaryDirectory() as place:
        folder = _copy(saved, place)
        (folder / HEADER_FILE).write_text(json.dumps(header))
        _loads_or_refuses(folder)


def _with_header(saved: Path, tmp_path: Path, **changes: Any) -> Path:
    folder = _copy(saved, str(tmp_path))
    header = json.loads((folder / HEADER_FILE).read_text())
    (folder / HEADER_FILE).write_text(json.dumps({**header, **changes}))
    return folder


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"version": 2}, "format version 2 is not known .*written by a newer synebench"),
        ({"version": "x"}, "format version 'x' is not known"),
        ({"format": "other"}, "does not say 'format'"),
        ({"resources": 3, "modes": []}, "(?s)'resources' must be a list, not 3.*'modes' must be an object"),
        ({"num_configurations": 7}, "column 'lr' has 6 rows; blackbox.json says 7"),
        ({"num_seeds": 3}, r"array 'elapsed' has shape \(6, 2, 4\); blackbox.json says \(6, 3, 4\)"),
        ({"metric_names": ["loss"]}, r"array 'metrics' has shape"),
        ({"metric_names": ["loss", "loss"]}, "'loss' is no text, or is there twice"),
        ({"resources": [1, 2, 3]}, r"array 'elapsed' has shape"),
        ({"failures": [[0, 0]]}, r"\[0, 0\] is not \[row, repetition, reason\]"),
        ({"failures": [[77, 0, "x"]]}, r"failure of \(77, 0\)"),
        ({"config_space": {"lr": {"domain_cls": "Flaot"}}}, "lr: unknown domain_cls 'Flaot'"),
        ({"files": {}}, "curves.npz: blackbox.json does not give its size"),
    ],
)
def test_a_header_that_does_not_fit_is_refused(
    saved: Path, tmp_path: Path, changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(BlackboxError, match=message):
        load_table(_with_header(saved, tmp_path, **changes))


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_named(saved: Path, tmp_path: Path, name: str) -> None:
    folder = _copy(saved, str(tmp_path))
    (folder / name).unlink()
    with pytest.raises(BlackboxError, match=f"{name}: No such file"):
        load_table(folder)


def test_arrays_of_objects_are_never_unpickled(saved: Path, tmp_path: Path) -> None:
    folder = _copy(saved, str(tmp_path))
    np.savez(folder / CURVES_FILE, elapsed=np.array([print], dtype=object), metrics=np.zeros(1))
    data = (folder / CURVES_FILE).read_bytes()
    header = json.loads((folder / HEADER_FILE).read_text())
    from syne_core.blackbox.table_files import _fingerprint

    header["files"][CURVES_FILE] = _fingerprint(data)
    (folder / HEADER_FILE).write_text(json.dumps(header))
    with pytest.raises(BlackboxError, match="not a file of arrays, or damaged"):
        load_table(folder)
