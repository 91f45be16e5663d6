"""Whatever happens to the files of an experiment, there is a report on the rest."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from journal_folders import write_journal
from study_folders import learning, reports, write_experiment

from syne_core.experiments import load_study
from syne_core.experiments.report import as_html, as_markdown, collect_report

WEIRD: list[Any] = [None, [], {}, "x", -1, 1e400, True, [1, 2], {"a": [{"b": None}]}, "</script>", 10**30]


@pytest.mark.long
@pytest.mark.filterwarnings("ignore")  # of numbers beyond all bounds
@pytest.mark.parametrize("seed", range(4))
def test_damage_anywhere_leaves_a_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    """Files cut off, bytes changed, values of another type."""
    monkeypatch.setenv("SYNEBENCH_INDEX", str(tmp_path / "index"))
    write_journal(write_experiment(tmp_path / "root", None, elapsed=8.0))
    for method in ("RS", "ASHA"):
        write_experiment(
            tmp_path / "root", reports(learning(5, 0.9, 8.0)), method=method, seed=1, elapsed=8.0
        )
    files = sorted(path for path in (tmp_path / "root").rglob("*") if path.is_file())
    rng = random.Random(seed)
    for _ in range(40):
        path = rng.choice(files)
        whole = path.read_bytes()
        path.write_bytes(damaged(whole, path.suffix, rng))
        document = collect_report(load_study("demo", tmp_path / "root"))
        json.dumps(document.to_json(), allow_nan=False)
        assert "<!DOCTYPE html>" in as_html(document)
        assert as_markdown(document)
        path.write_bytes(whole)


def damaged(content: bytes, suffix: str, rng: random.Random) -> bytes:
    """One of three kinds of damage."""
    kind = rng.random()
    if kind < 0.35:
        return content[: rng.randrange(len(content) + 1)]
    if kind < 0.6:
        changed = bytearray(content)
        for _ in range(rng.randint(1, 6)):
            changed[rng.randrange(len(changed))] = rng.randrange(256)
        return bytes(changed)
    if suffix not in (".json", ".jsonl"):
        return b""
    values = [json.loads(content)] if suffix == ".json" else list(map(json.loads, content.splitlines()))
    entry = rng.choice(values)
    entry[rng.choice(list(entry))] = rng.choice(WEIRD)
    return "".join(json.dumps(value) + "\n" for value in values).encode()
