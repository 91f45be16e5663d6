"""The WikiText-2 script, run as a trial runs it, on a few lines in the published format."""

from __future__ import annotations

import importlib
import math
import signal
import zipfile

import pytest
from tiny_data import TEXT, write_wikitext2

pytestmark = pytest.mark.long
torch = pytest.importorskip("torch", reason="transformer_wikitext2 needs torch")

SCRIPT = "transformer_wikitext2"
MODULES = ("transformer", "training", "wikitext_data", "download")
EPOCHS = 4
CHANGES = {
    "lr": 0.02,
    "dropout": 0.5,
    "batch_size": 3,
    "momentum": 0.5,
    "clip": 0.1,
    "d_model": 12,
    "ffn_ratio": 3,
    "nlayers": 1,
    "nhead": 4,
    "bptt": 5,
    "optimizer_name": "adam",
    "seed": 1,
    "precision": "half",
}


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("some text")
    return write_wikitext2(folder, TEXT * 12, TEXT.replace("shines", "rises") * 4)


@pytest.fixture(scope="module")
def arguments(data):
    small = {"d_model": 8, "bptt": 7, "batch_size": 4, "lr": 0.05, "clip": 0.5, "dropout": 0.1, "use_cuda": 0}
    return ("--input_data_dir", data, *(text for n, v in small.items() for text in (f"--{n}", v)))


@pytest.fixture(scope="module")
def uninterrupted(runner, arguments, tmp_path_factory):
    code, reports, err = runner.run(tmp_path_factory.mktemp("whole"), *arguments, "--epochs", EPOCHS)
    assert (code, err) == (0, "")
    return reports


@pytest.fixture(scope="module")
def runs(runner, data, arguments, tmp_path_factory):
    """Short runs that need no process of their own."""
    folder = tmp_path_factory.mktemp("short runs")
    (folder / "broken").mkdir()
    (folder / "broken" / "checkpoint.pt").write_bytes(b"not a checkpoint")
    (folder / "packed").mkdir()
    with zipfile.ZipFile(folder / "packed" / "wikitext-2-v1.zip", "w") as archive:
        for path in (data / "wikitext-2").iterdir():
            archive.write(path, f"wikitext-2/{path.name}")
    short = [*arguments, "--epochs", 2]
    outcomes = runner.run_many(
        folder,
        {
            **{name: [*short, f"--{name}", value] for name, value in CHANGES.items()},
            "base": short,
            "packed": [*short, "--input_data_dir", "packed"],
            "broken": [*short, "--st_checkpoint_dir", "broken"],
            "diverged": [*short, *("--lr", 1e38), *("--clip", 1e30), "--st_checkpoint_dir", "diverged"],
            "learning": [*arguments, *("--optimizer_name", "adam"), *("--lr", 0.02), *("--epochs", 6)],
            "too many columns": [*short, "--batch_size", 1000],
            "heads": [*short, "--nhead", 3],
            "help": ["--help"],
            "abbreviated": ["--batch", 4],
        },
    )
    return folder, outcomes


@pytest.fixture
def modules(runner, monkeypatch):
    """The modules beside the script, gone from ``sys.modules`` afterwards."""
    monkeypatch.syspath_prepend(str(runner.folder))
    for name in MODULES:
        monkeypatch.delitem(importlib.sys.modules, name, raising=False)
    yield {name: importlib.import_module(name) for name in MODULES}
    for name in MODULES:
        importlib.sys.modules.pop(name, None)


def test_reports_every_epoch(uninterrupted):
    assert [r["epoch"] for r in uninterrupted] == list(range(1, EPOCHS + 1))
    assert all(math.isfinite(r["val_loss"]) and math.isfinite(r["train_loss"]) for r in uninterrupted)
    assert [r["elapsed_time"] for r in uninterrupted] == sorted(r["elapsed_time"] for r in uninterrupted)


def test_training_learns(runs):
    reports = runs[1]["learning"].reports
    assert reports[0]["val_loss"] < math.log(20), "better than guessing among the words there are, and a few"
    assert reports[-1]["val_loss"] < 0.85 * reports[0]["val_loss"]


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
    assert math.isnan(reports[0]["val_loss"])
    assert err == "epoch 1: training diverged, stopping\n"
    assert not (folder / "diverged").exists()


@pytest.mark.parametrize("name", CHANGES)
def test_hyperparameter_changes_training(runs, name):
    base, changed = ([r["train_loss"] for r in runs[1][run].reports] for run in ("base", name))
    assert all(map(math.isfinite, changed))
    assert changed != base


def test_a_short_run_is_the_beginning_of_a_longer_one(runs, curve, uninterrupted):
    assert curve(runs[1]["base"].reports) == curve(uninterrupted[:2])


def test_the_archive_may_stay_packed(runs, curve):
    assert curve(runs[1]["packed"].reports) == curve(runs[1]["base"].reports)


def test_missing_data_end_the_script_with_advice(runner, runs, tmp_path):
    code, reports, err = runner.run(tmp_path, "--input_data_dir", tmp_path / "none", "--download", 0)
    assert (code, reports) == (1, [])
    assert err.startswith("error: no WikiText-2 data found. Put https://")
    assert "too few for 1000 columns" in str(runs[1]["too many columns"].code)


def test_wrong_flags_are_usage_errors(runs):
    assert [runs[1][run].code for run in ("heads", "abbreviated", "help")] == [2, 2, 0]


def test_words_are_numbered_as_the_training_text_has_them(modules, data):
    train, valid, n_tokens = modules["wikitext_data"].load_tokens(data)
    assert n_tokens == len({*TEXT.split(), "<eos>"})
    assert (train[:2] == 1).sum() == 1, "the first line is empty, and its end is a word"
    assert len(train) == 12 * (len(TEXT.split()) + TEXT.count("\n"))
    assert (valid == 0).sum() == 4 * 4, "'rises' is as unknown as <unk>"


def test_no_position_sees_what_follows(modules):
    torch.manual_seed(0)
    model = modules["transformer"].TransformerLM(9, 8, 1, 2, 2, 0.0, 6).eval()
    tokens = torch.tensor([[1], [2], [3], [4], [5], [6]])
    before = model(tokens)
    tokens[4] = 7
    after = model(tokens)
    assert torch.allclose(before[:4], after[:4], atol=1e-6)
    assert not torch.allclose(before[4:], after[4:], atol=1e-3)


def test_every_next_token_is_predicted_once(modules):
    text = torch.arange(23)[:, None]
    pairs = list(modules["training"].stretches(text, 5))
    assert torch.equal(torch.cat([y for _, y in pairs]), text[1:])
    assert all(torch.equal(x + 1, y) for x, y in pairs)


def test_steps_are_logged_as_often_as_asked(runner, arguments, tmp_path):
    words = (*arguments, "--epochs", 1, "--log_interval", 3)
    out, err = runner.start(tmp_path, *words).communicate(timeout=240)
    assert err == ""
    steps = [int(line.split()[3].rstrip(":")) for line in out.splitlines() if " so far" in line]
    assert steps[:2] == [3, 6]
    assert all(step % 3 == 0 for step in steps)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")
@pytest.mark.parametrize("precision", ["float", "half"])
def test_a_gpu_is_used_and_the_run_resumes_on_it(runner, data, tmp_path, precision):
    words = ("--input_data_dir", data, "--st_checkpoint_dir", tmp_path, "--precision", precision, "--epochs")
    out, err = runner.start(tmp_path, *words, 1).communicate(timeout=240)
    assert " on cuda" in out, err
    code, reports, err = runner.run(tmp_path, *words, 2)
    assert (code, err) == (0, "")
    assert [r["epoch"] for r in reports] == [1, 2]
    assert all(math.isfinite(r["train_loss"]) and r["gpu_memory_bytes"] > 0 for r in reports)
