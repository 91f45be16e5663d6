"""Whatever happens to the files of a folder: readers do not fail, and the folder is accounted for."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from study_folders import reports, write_experiment

from syne_core.experiments import list_experiments, load_experiments_df, load_study, scan_experiments

damages = st.one_of(
    st.tuples(st.just("truncate"), st.floats(0, 1), st.just(b"")),
    st.tuples(st.just("overwrite"), st.floats(0, 1), st.binary(min_size=1, max_size=8)),
    st.tuples(st.just("insert"), st.floats(0, 1), st.binary(min_size=1, max_size=8)),
    st.tuples(
        st.just("overwrite"), st.floats(0, 1), st.sampled_from([b'"', b",", b"\n", b"1e999", b"-", b"[{"])
    ),
)


@pytest.fixture(scope="module", params=["zipped", "plain"])
def pristine(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    """Two experiments; the table of the first is zipped, or plain as older Syne Tune writes it."""
    root = tmp_path_factory.mktemp("pristine")
    rows = reports([(1.0, 0.5), (2.0, None), (3.0, float("inf")), (4.0, 0.9)])
    folder, _ = (write_experiment(root, rows, seed=seed) for seed in (0, 1))
    (folder / "journal.jsonl").write_text('{"event": "session"}\n')
    if request.param == "plain":
        shutil.unpack_archive(folder / "results.csv.zip", folder, "zip")
        (folder / "results.csv.zip").unlink()
    return root


def damaged(content: bytes, how: str, where: float, what: bytes) -> bytes:
    at = int(where * len(content))
    if how == "truncate":
        return content[:at]
    return content[:at] + what + content[at + (len(what) if how == "overwrite" else 0) :]


@settings(max_examples=40)
@given(choice=st.integers(0, 3), damage=damages, twice=st.none() | damages)
def test_damage_anywhere_is_survived_and_the_folder_named(
    pristine: Path,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    choice: int,
    damage: tuple[str, float, bytes],
    twice: tuple[str, float, bytes] | None,
) -> None:
    root = tmp_path / "root"
    shutil.rmtree(root, ignore_errors=True)
    shutil.copytree(pristine, root)
    bad, intact = (next((root / "demo" / name).iterdir()) for name in ("RS-0", "RS-1"))
    file = sorted(bad.iterdir())[choice]
    for one in (damage, twice):
        if one is not None:
            file.write_bytes(damaged(file.read_bytes(), *one))
    caplog.clear()
    with caplog.at_level(logging.WARNING):
        good, broken = scan_experiments(root)
        listed = {experiment.path for experiment in list_experiments(root=root)}
        table = load_experiments_df(root=root)
        study = load_study("demo", root)
    assert {found.path for found in (*good, *broken)} == {bad, intact}
    assert intact in listed
    assert bad in listed or str(bad) in caplog.text
    assert table["trial_id"].dtype == "int64"
    assert len(table) >= 4
    values = {seed.folder.path: seed.has_value for b in study.benchmarks for seed in b.seeds}
    assert values.get(intact, False) or bad in values
