"""Studies of several methods and numbers of workers, found where experiments are looked for."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

sys.path.append(str(Path(__file__).parents[1]))

from study_folders import learning, reports, write_experiment


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder where experiments are looked for."""
    monkeypatch.setenv("SYNETUNE_FOLDER", str(tmp_path / "runs"))
    (tmp_path / "runs").mkdir()
    return tmp_path / "runs"


@pytest.fixture
def workers_study(root: Path) -> Callable[..., list[Path]]:
    """Writes a study of methods with numbers of workers; more workers learn more."""

    def write(
        methods: tuple[str, ...] = ("RS", "BO"),
        workers: tuple[int, ...] = (2, 4),
        seeds: int = 3,
        limits: dict[int, float] | None = None,
        **settings: Any,
    ) -> list[Path]:
        paths = []
        for method in methods:
            for n in workers:
                for seed in range(seeds):
                    end = (limits or {}).get(n, 60.0)
                    points = learning(seed, 0.8 + 0.02 * n, end)
                    changes = {"n_workers": n, **settings.get("metadata", {})}
                    arguments = {
                        "method": method,
                        "seed": seed,
                        "id8": f"{n:08}",
                        "elapsed": end,
                        "limit": end,
                        **settings,
                        "metadata": changes,
                    }
                    paths.append(write_experiment(root, reports(points), **arguments))
        return paths

    return write
