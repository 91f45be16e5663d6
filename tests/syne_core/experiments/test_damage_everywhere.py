"""Files cut off or with flipped bits at random: nothing raises or is unpickled, all is accounted for."""

from __future__ import annotations

import json
import os
import pickle
import shutil
import time
from pathlib import Path

import numpy as np
import pytest
from study_folders import learning, reports, write_experiment

from syne_core.experiments import (
    experiment_trials,
    final_table,
    list_experiments,
    load_experiments_df,
    load_study,
    scan_experiments,
)
from syne_core.experiments.study_notes import left_out_notes, study_notes

FILES = ("results.csv.zip", "metadata.json", "status.json", "journal.jsonl", "index")


class Bomb:
    """Leaves a mark where it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = str(mark)

    def __reduce__(self) -> tuple[object, tuple[str, int]]:
        return os.open, (self.mark, os.O_CREAT)


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two experiments with journals; the first holds a pickle, as folders of Syne Tune do."""
    root = tmp_path_factory.mktemp("pristine")
    rows = reports([*learning(0, 0.9, 60.0, 60), (61.0, None), (62.0, float("inf"))])
    for seed in (0, 1):
        folder = write_experiment(root, rows, seed=seed)
        (folder / "journal.jsonl").write_text("".join(_journal(rows)))
        _age(folder)
    bad = next((root / "demo" / "RS-0").iterdir())
    (bad / "tuner.dill").write_bytes(pickle.dumps(Bomb(root / "exploded")))
    return root


def _journal(rows: list[dict[str, object]]) -> list[str]:
    records: list[dict[str, object]] = [{"event": "session", "t": 0, "pid": 1, "host": "h", "time": 0}]
    for row in rows:
        trial, t = row["trial_id"], row["st_tuner_time"]
        start = {"event": "suggest", "t": t, "asked": trial, "kind": "start", "source": None}
        records.append({**start, "config": {"lr": 0.1, "optimizer": "sgd"}})
        report = {"accuracy": 0.5, "epoch": 1}
        said = {"decision": "CONTINUE", "status": "InProgress"}
        records.append({"event": "report", "t": t, "trial": trial, "report": report, **said})
        records.append({"event": "end_run", "t": t, "trial": trial, "state": "Completed", "reason": ""})
    return [json.dumps(record, separators=(",", ":")) + "\n" for record in records]


def _age(folder: Path, seconds: float = 3600.0) -> None:
    then = time.time() - seconds
    for file in folder.iterdir():
        os.utime(file, (then, then))


def damaged(content: bytes, rng: np.random.Generator) -> bytes:
    """Cut off, or with up to eight bits flipped, at random."""
    if rng.random() < 0.6:
        return content[: int(rng.integers(len(content) + 1))]
    changed = bytearray(content)
    for _ in range(int(rng.integers(1, 9))):
        changed[int(rng.integers(len(changed)))] ^= 1 << int(rng.integers(8))
    return bytes(changed)


def look_at_everything(root: Path) -> tuple[set[Path], set[Path]]:
    """The folders whose results were shown, and those that were named as broken."""
    scanned = scan_experiments(root)
    study = load_study("demo", root)
    load_experiments_df(root=root)
    list_experiments(root=root)
    assert all(isinstance(note, str) for note in (*study_notes(study), *left_out_notes(study)))
    final_table(study)
    seeds = [seed for benchmark in study.benchmarks for seed in benchmark.seeds]
    for benchmark in study.benchmarks:
        for seed in benchmark.seeds:
            experiment_trials(seed.folder, benchmark.metric, benchmark.mode)
    named = {broken.path for broken in (*scanned.broken, *study.broken)}
    superseded = {folder.path for benchmark in study.benchmarks for folder in benchmark.superseded}
    return {seed.folder.path for seed in seeds}, named | superseded


@pytest.mark.parametrize("number", [25, pytest.param(1000, marks=pytest.mark.soak)])
def test_damage_at_random_places_is_survived_and_named(pristine: Path, tmp_path: Path, number: int) -> None:
    root, index = tmp_path / "root", Path(os.environ["SYNEBENCH_INDEX"])
    shutil.copytree(pristine, root)
    bad, intact = (next((root / "demo" / name).iterdir()) for name in ("RS-0", "RS-1"))
    assert look_at_everything(root) == ({bad, intact}, set())
    rng = np.random.default_rng(7)
    for turn in range(number):
        name = FILES[turn % len(FILES)]
        files = sorted(index.glob("*.columns")) if name == "index" else [bad / name]
        assert len(files) == (2 if name == "index" else 1)
        good = {file: file.read_bytes() for file in files}
        for file, content in good.items():
            file.write_bytes(damaged(content, rng))
            if rng.random() < 0.5:  # as old as the table, or newer, so that the journal is read instead
                _age(bad)
        shown, named = look_at_everything(root)
        assert intact in shown, name
        assert shown | named == {bad, intact}, name
        if name == "index":
            assert named == set()
        for file, content in good.items():
            file.write_bytes(content)
        _age(bad)
        look = load_study("demo", root)  # makes the index again
        assert len(look.benchmarks[0].seeds) == 2
    assert not (pristine / "exploded").exists()


def test_no_pickle_is_opened(pristine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("something was unpickled")

    for name in ("load", "loads", "Unpickler"):
        monkeypatch.setattr(pickle, name, refuse)
    assert len(look_at_everything(pristine)[0]) == 2
    assert len(look_at_everything(pristine)[0]) == 2
    assert not (pristine / "exploded").exists()
