"""The nursery's ``plot_results.py`` scripts of source 003: four subplots, or all methods in one figure."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

import pytest
from study_folders import learning, reports, write_experiment

import benchmarking.nursery.odsc_tutorial.transformer_wikitext2 as tutorial
from syne_core.paths import experiment_path

FOLDER = Path(tutorial.__file__).parent


@pytest.fixture(autouse=True)
def _study() -> None:
    for method in ("RS", "BO", "ASHA", "MOBSTER"):
        for n_workers in (2, 4, 8):
            for seed in range(2):
                rows = reports(learning(seed, 0.8 + 0.02 * n_workers, 60.0, 8), "val_loss")
                limit = 120.0 if n_workers == 2 else 60.0
                write_experiment(
                    experiment_path(),
                    rows,
                    method=method,
                    seed=seed,
                    benchmark="transformer_wikitext2",
                    metric="val_loss",
                    mode="min",
                    elapsed=limit,
                    limit=limit,
                    id8=f"{n_workers:08}",
                    metadata={"n_workers": n_workers},
                )


def call(monkeypatch: pytest.MonkeyPatch, kind: str, *words: str) -> int:
    monkeypatch.setattr(sys, "argv", ["plot_results.py", *words])
    with pytest.raises(SystemExit) as caught:
        runpy.run_path(str(FOLDER / kind / "plot_results.py"), run_name="__main__")
    return int(caught.value.code or 0)


def test_a_subplot_for_each_method(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "figure.svg"
    words = ["--experiment_tag", "demo", "--benchmark", "transformer_wikitext2", "--num_seeds", "2"]
    assert call(monkeypatch, "sagemaker", *words, "--output", str(output)) == 0
    printed = capsys.readouterr()
    assert "MOBSTER, 8 workers" in printed.out
    assert "Budgets differ: 60 s, 120 s, shown up to 60 s" in printed.err
    assert f"Wrote {output}" in printed.err
    drawn = output.read_text()
    assert all(drawn.count(f'id="mean {n} workers"') == 4 for n in (2, 4, 8))


def test_all_methods_in_one_figure(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "figure.svg"
    words = ["--experiment-tag", "demo", "--num-seeds", "6", "-o", str(output)]
    assert call(monkeypatch, "local", *words) == 0
    drawn = output.read_text()
    assert all(drawn.count(f'id="mean {name}"') == 1 for name in ("RS", "BO", "ASHA", "MOBSTER"))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--experiment_tag", "dem"], "Did you mean 'demo'?"),
        (["--experiment_tag", "demo", "--benchmark", "resnet"], "Valid: transformer_wikitext2"),
        (["--experiment_tag", "demo", "-o", "x.gif"], "ending must be one of"),
        (["--experiment_tag", "demo", "--num_seed", "3"], "--num_seeds"),
        ([], "--experiment_tag"),
    ],
)
def test_mistakes_are_one_clear_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    assert call(monkeypatch, "sagemaker", *words) == 2
    assert said in capsys.readouterr().err
