"""The three transformer scripts on tiny models and a few sentences: what holds for all of them."""

from __future__ import annotations

import math
from typing import NamedTuple

import pytest
from tiny_transformers import write_glue, write_imdb, write_model, write_swag
from transformer_runs import Outcome, Runs, measured

pytestmark = pytest.mark.long
torch = pytest.importorskip("torch", reason="the transformer scripts need torch")
pytest.importorskip("transformers", reason="the transformer scripts need transformers")
pytest.importorskip("datasets", reason="the transformer scripts need datasets")

EPOCHS = 4
CHANGES = {
    "learning_rate": 0.005,
    "weight_decay": 0.5,
    "warmup_ratio": 0.5,
    "adam_beta1": 0.3,
    "adam_beta2": 0.5,
    "adam_epsilon": 1e-3,
    "max_grad_norm": 0.05,
    "per_device_train_batch_size": 5,
    "max_seq_length": 6,
    "model_name_or_path": "tiny-distilbert",
    "seed": 1,
    "precision": "bf16",
}


class Script(NamedTuple):
    """What differs between the scripts."""

    name: str
    epochs: str
    metric: str
    write: object


SCRIPTS = (
    Script(
        "finetune_transformer_glue",
        "num_train_epochs",
        "eval_accuracy",
        lambda folder: write_glue(folder, "rte"),
    ),
    Script("finetune_transformer_swag", "epochs", "eval_accuracy", write_swag),
    Script("distilbert_imdb", "epochs", "accuracy", write_imdb),
)


class Done(NamedTuple):
    """All runs of a script."""

    script: Script
    runs: dict[str, Outcome]
    folder: object


@pytest.fixture(scope="module", params=SCRIPTS, ids=lambda script: script.name)
def done(request, tmp_path_factory):
    script = request.param
    folder = tmp_path_factory.mktemp("some data")
    script.write(folder)
    for architecture in ("bert", "distilbert"):
        write_model(folder / "models" / f"tiny-{architecture}", architecture)
    (folder / "broken").mkdir()
    (folder / "broken" / "checkpoint.pt").write_bytes(b"not a checkpoint")
    runs = Runs(script.name, folder)
    base = ["--dataset_path", folder, "--model_name_or_path", "tiny-bert", "--use_cuda", 0]
    base += ["--learning_rate", 0.01, "--per_device_train_batch_size", 8]
    short = [*base, f"--{script.epochs}", 2]
    whole = [*base, f"--{script.epochs}", EPOCHS]
    runs.add("whole", *whole)
    for attempt in range(EPOCHS + 1):  # cut off after one report of its own, but for the last one
        saved = ("--st_checkpoint_dir", folder / "saved here")
        runs.add(f"attempt {attempt}", *whole, *saved, cut_off_after=1 if attempt == 0 else 2)
    runs.add("base", *short)
    runs.add("again", *short)
    for name, value in CHANGES.items():
        runs.add(name, *short, f"--{name}", value)
    runs.add("longer", *base, f"--{script.epochs}", 3)
    runs.add("learning", *base, f"--{script.epochs}", 12, "--weight_decay", 0)
    runs.add("broken", *short, "--st_checkpoint_dir", folder / "broken")
    diverging = ("--learning_rate", 1e30, "--max_grad_norm", 0, "--st_checkpoint_dir", folder / "diverged")
    runs.add("diverged", *short, *diverging)
    runs.add("no model", *short, "--model_name_or_path", "nobody/nothing", "--download", 0)
    runs.add("no data", "--dataset_path", folder / "none", "--download", 0)
    runs.add("help", "--help")
    return Done(script, runs.outcomes(), folder)


def test_every_epoch_is_reported_with_metric_time_and_size(done):
    code, reports, out, err = done.runs["whole"]
    assert (code, err) == (0, "")
    assert [report["epoch"] for report in reports] == list(range(1, EPOCHS + 1))
    times = [report["elapsed_time"] for report in reports]
    assert times == sorted(times)
    assert times[0] > 0
    for report in reports:
        assert 0 <= report[done.script.metric] <= 1
        assert math.isfinite(report["train_loss"] + report["eval_loss"])
        assert report["parameter_count"] == reports[0]["parameter_count"] > 1000
        assert "gpu_memory_bytes" not in report
    assert "on cpu" in out


def test_training_learns(done):
    reports = done.runs["learning"].reports
    assert reports[-1]["train_loss"] < 0.8 * reports[0]["train_loss"]
    assert max(report[done.script.metric] for report in reports) > reports[0][done.script.metric]


def test_runs_that_are_cut_off_resume_exactly(done):
    attempts = [done.runs[f"attempt {n}"] for n in range(EPOCHS + 1)]
    assert [attempt.code for attempt in attempts] == ["cut off"] * EPOCHS + [0]
    epochs = [[report["epoch"] for report in attempt.reports] for attempt in attempts]
    assert epochs == [[1], [1, 2], [2, 3], [3, 4], [4]], "each begins with what the one before it reported"
    reports = [report for attempt in attempts for report in attempt.reports]
    assert measured(reports) == measured(done.runs["whole"].reports)
    for one, other in zip(reports[:-1:2], reports[1::2], strict=True):
        assert one["elapsed_time"] == other["elapsed_time"], "time counts on from the checkpoint"


def test_the_same_arguments_give_the_same_metrics(done):
    assert measured(done.runs["again"].reports) == measured(done.runs["base"].reports)


@pytest.mark.parametrize("name", CHANGES)
def test_every_hyperparameter_reaches_the_training(done, name):
    base, changed = ([r["train_loss"] for r in done.runs[run].reports] for run in ("base", name))
    assert len(changed) == 2
    assert all(map(math.isfinite, changed))
    assert changed != base


def test_the_learning_rate_falls_over_all_epochs(done):
    """As with Hugging Face's Trainer: more epochs are slower ones, not only more of them."""
    assert done.runs["longer"].reports[1]["train_loss"] != done.runs["base"].reports[1]["train_loss"]


def test_a_broken_checkpoint_is_named_and_training_starts_over(done):
    code, reports, _, err = done.runs["broken"]
    assert code == 0
    assert measured(reports) == measured(done.runs["base"].reports)
    assert "checkpoint.pt cannot be used, starting over" in err


def test_divergence_is_reported_once_and_ends_the_run(done):
    code, reports, _, err = done.runs["diverged"]
    assert code == 0
    assert [report["epoch"] for report in reports] == [1]
    assert math.isnan(reports[0][done.script.metric])
    assert err == "epoch 1: training diverged, stopping\n"
    assert not (done.folder / "diverged").exists()


def test_a_model_that_cannot_be_had_is_named_in_one_line(done):
    message = done.runs["no model"].code
    assert message.startswith("error: model 'nobody/nothing' is no folder, and could not be had")
    assert message.endswith(f"tokenizer files into {done.folder / 'models' / 'nobody' / 'nothing'}.")
    assert "\n" not in message
    assert done.runs["no model"].reports == []


def test_missing_data_end_the_script_with_advice(done):
    message = done.runs["no data"].code
    assert message.startswith("error: https://huggingface.co/datasets/")
    assert "Put it at" in message
    assert str(done.folder / "none") in message
    assert "\n" not in message
    assert done.runs["help"].code == 0
