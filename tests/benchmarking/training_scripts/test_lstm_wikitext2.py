"""The LSTM script, run as a trial runs it, on a few lines in the published format."""

from __future__ import annotations

import importlib
import math
import signal
import sys

import pytest
from tiny_data import TEXT, write_wikitext2

pytestmark = pytest.mark.long
torch = pytest.importorskip("torch", reason="lstm_wikitext2 needs torch")

SCRIPT = "lstm_wikitext2"
MODULES = ("lstm", "training", "wikitext_data", "download", "lstm_checkpoint", "lstm_wikitext2")
EPOCHS = 4
CHANGES = {
    "lr": 2.0,
    "lr_factor": 50.0,
    "clip": 0.05,
    "dropout": 0.5,
    "batch_size": 3,
    "width": 12,
    "n_layers": 1,
    "bptt": 5,
    "seed": 1,
}
#: The better the training text is learnt, the less is this expected.
UNLIKE = " \n falls . sun Weather The the and . = \n"


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return write_wikitext2(tmp_path_factory.mktemp("some text"), TEXT * 12, UNLIKE * 6)


@pytest.fixture(scope="module")
def arguments(data):
    small = {"width": 8, "bptt": 7, "batch_size": 4, "lr": 20, "clip": 0.5, "dropout": 0.1, "num_gpus": 0}
    return ("--dataset_path", data, *(text for n, v in small.items() for text in (f"--{n}", v)))


@pytest.fixture(scope="module")
def uninterrupted(runner, arguments, tmp_path_factory):
    code, reports, err = runner.run(tmp_path_factory.mktemp("whole"), *arguments, "--epochs", EPOCHS)
    assert (code, err) == (0, "")
    return reports


@pytest.fixture(scope="module")
def runs(runner, arguments, tmp_path_factory):
    """Short runs that need no process of their own."""
    folder = tmp_path_factory.mktemp("short runs")
    (folder / "broken").mkdir()
    (folder / "broken" / "checkpoint.pt").write_bytes(b"not a checkpoint")
    short = [*arguments, "--epochs", EPOCHS]
    able = {"width": 32, "lr": 5, "lr_factor": 1, "clip": 1, "dropout": 0, "batch_size": 1, "epochs": 6}
    outcomes = runner.run_many(
        folder,
        {
            **{name: [*short, f"--{name}", value] for name, value in CHANGES.items()},
            "base": short,
            "best": [*short, "--report_current_best", "True"],
            "two": [*arguments, "--epochs", 2],
            "broken": [*short, "--st_checkpoint_dir", "broken"],
            "diverged": [*short, *("--lr", 1e38), *("--clip", 1e30), "--st_checkpoint_dir", "diverged"],
            "learning": [*arguments, *(x for n, v in able.items() for x in (f"--{n}", v))],
            "too many columns": [*short, "--batch_size", 1000],
            "help": ["--help"],
            "abbreviated": ["--batch", 4],
            "no truth": ["--report_current_best", "maybe"],
        },
    )
    return folder, outcomes


@pytest.fixture
def modules(runner, monkeypatch):
    """The modules beside the script, gone from ``sys.modules`` afterwards."""
    monkeypatch.syspath_prepend(str(runner.folder))
    for name in MODULES:
        monkeypatch.delitem(sys.modules, name, raising=False)
    yield {name: importlib.import_module(name) for name in MODULES}
    for name in MODULES:
        sys.modules.pop(name, None)


def test_reports_every_epoch(uninterrupted):
    assert [r["epoch"] for r in uninterrupted] == list(range(1, EPOCHS + 1))
    assert all(r["objective"] < -1 for r in uninterrupted), "minus a perplexity"
    assert [r["elapsed_time"] for r in uninterrupted] == sorted(r["elapsed_time"] for r in uninterrupted)
    n_words = len({*TEXT.split(), "<eos>"})
    lstm = 4 * (2 * 8 * 8 + 2 * 8)
    assert {r["parameter_count"] for r in uninterrupted} == {n_words * 8 + n_words + 2 * lstm}
    assert ("gpu_memory_bytes" in uninterrupted[0]) is False


def test_training_learns(runs):
    reports = runs[1]["learning"].reports
    assert reports[-1]["train_loss"] < 0.3 * reports[0]["train_loss"], "it repeats itself, after all"


def test_resumes_exactly_however_often_it_is_killed(runner, arguments, curve, uninterrupted, tmp_path):
    args = (*arguments, "--epochs", EPOCHS, "--st_checkpoint_dir", tmp_path / "checkpoints")
    seen = [
        *runner.cut_off(tmp_path, signal.SIGTERM, 2, *args),
        *runner.cut_off(tmp_path, signal.SIGKILL, 3, *args),
    ]
    beyond = max(report["epoch"] for report in seen) + 1  # a signal may be late by any number of epochs
    code, reports, err = runner.run(tmp_path, *args, "--epochs", max(EPOCHS, beyond))
    assert (code, err) == (0, "")
    assert reports[0]["epoch"] >= 2, "what the checkpoints held was trained again"
    assert curve([*seen, *reports], EPOCHS) == curve(uninterrupted)


def test_starts_over_with_a_message_if_the_checkpoint_is_broken(runs, curve):
    code, reports, err = runs[1]["broken"]
    assert code == 0
    assert curve(reports) == curve(runs[1]["base"].reports)
    assert "checkpoint.pt cannot be used, starting over" in err


def test_reports_nan_once_and_ends_if_training_diverges(runs):
    folder, outcomes = runs
    code, reports, err = outcomes["diverged"]
    assert code == 0
    assert [r["epoch"] for r in reports] == [1]
    assert not math.isfinite(reports[0]["objective"])
    assert err == "epoch 1: training diverged, stopping\n"
    assert not (folder / "diverged").exists()


@pytest.mark.parametrize("name", CHANGES)
def test_hyperparameter_changes_training(runs, name):
    base, changed = ([r["train_loss"] for r in runs[1][run].reports] for run in ("base", name))
    assert all(map(math.isfinite, changed))
    assert changed != base


def test_the_learning_rate_falls_only_after_validation_was_no_better(runs):
    base, other = (runs[1][run].reports for run in ("base", "lr_factor"))
    objectives = [r["objective"] for r in base]
    worse = next(i for i in range(1, EPOCHS) if objectives[i] <= max(objectives[:i]))
    losses, others = ([r["train_loss"] for r in reports] for reports in (base, other))
    assert losses[: worse + 1] == others[: worse + 1]
    assert losses[worse + 1] != others[worse + 1]


def test_the_best_so_far_is_reported_if_asked_for(runs, curve):
    base, best = (runs[1][run].reports for run in ("base", "best"))
    objectives = [r["objective"] for r in base]
    assert objectives != sorted(objectives), "otherwise this test shows nothing"
    running = [max(objectives[: i + 1]) for i in range(EPOCHS)]
    assert [r["objective"] for r in best] == running
    assert [r["train_loss"] for r in best] == [r["train_loss"] for r in base]


def test_a_short_run_is_the_beginning_of_a_longer_one(runs, curve, uninterrupted):
    assert curve(runs[1]["two"].reports) == curve(uninterrupted[:2])
    assert curve(runs[1]["base"].reports) == curve(uninterrupted)


def test_missing_data_end_the_script_with_advice(runner, runs, tmp_path):
    code, reports, err = runner.run(tmp_path, "--dataset_path", tmp_path / "none", "--download", 0)
    assert (code, reports) == (1, [])
    assert err.startswith("error: no WikiText-2 data found. Put https://")
    assert "too few for 1000 columns" in str(runs[1]["too many columns"].code)


def test_wrong_flags_are_usage_errors(runs):
    assert [runs[1][run].code for run in ("abbreviated", "no truth", "help")] == [2, 2, 0]


def test_annealing_divides_the_rate_once_for_each_epoch_without_progress(modules):
    annealing, rates = modules["training"].Annealing(), []
    for loss in (5.0, 4.0, 4.0, 4.5, 3.9, 3.8):
        annealing.observe(loss)
        again = modules["training"].Annealing()
        again.load_state_dict(annealing.state_dict())
        rates.append(again.learning_rate(32.0, 4.0))
    assert rates == [32, 32, 8, 2, 2, 2]


def test_perplexity_of_a_loss_beyond_all_bounds_is_infinite(modules):
    perplexity = modules["lstm_wikitext2"].perplexity
    assert perplexity(math.log(7)) == pytest.approx(7)
    assert perplexity(1e4) == math.inf
    assert math.isnan(perplexity(math.nan))


def test_the_state_is_carried_along_the_text_and_the_embedding_is_the_output_layer(modules):
    torch.manual_seed(0)
    model = modules["lstm"].LSTMLanguageModel(9, 8, 2, 0.5).eval()
    assert model.head.weight is model.embedding.weight
    text = torch.arange(8)[:, None] % 9
    whole, _ = model(text)
    first, state = model(text[:3])
    second, _ = model(text[3:], state)
    assert torch.allclose(torch.cat([first, second]), whole, atol=1e-6)
    assert not torch.allclose(model(text[3:])[0], second, atol=1e-4)
    assert not any(part.requires_grad for part in state)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")
def test_a_gpu_is_used_and_the_run_resumes_on_it(runner, data, tmp_path):
    args = ("--dataset_path", data, "--st_checkpoint_dir", tmp_path, "--epochs")
    out, err = runner.start(tmp_path, *args, 1).communicate(timeout=240)
    assert " on cuda" in out, err
    code, reports, err = runner.run(tmp_path, *args, 2)
    assert (code, err) == (0, "")
    assert [r["epoch"] for r in reports] == [1, 2]
    assert all(math.isfinite(r["train_loss"]) and r["gpu_memory_bytes"] > 0 for r in reports)
