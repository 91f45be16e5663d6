"""Train an LSTM language model on WikiText-2, reporting minus the perplexity (``objective``) every epoch.

Uses a GPU in mixed precision if there is one, the CPU otherwise. The search space of the benchmark:

    lr         loguniform(1, 50)      dropout     uniform(0, 0.99)
    lr_factor  loguniform(1, 100)     batch_size  randint(8, 256)
    clip       uniform(0.1, 2)

On the CPU, the same arguments give the same metrics, whether or not the run was interrupted.
"""

import argparse
import math
import sys
import time
from pathlib import Path

import torch
from lstm_checkpoint import load_checkpoint, save_checkpoint
from training import VALIDATION_COLUMNS, make_training, measure_loss, train_one_epoch
from wikitext_data import DataError, columns, load_tokens

from syne_core import Reporter

EXAMPLE = """example:
  python lstm_wikitext2.py --dataset_path ~/data --epochs 3 --lr 20 --lr_factor 4 --dropout 0.2
"""


def parse_arguments(argv=None):
    """The command line. A misspelt or shortened flag is an error, never ignored."""
    parser = argparse.ArgumentParser(
        description="Train an LSTM language model on WikiText-2.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--lr", type=float, default=20.0, help="learning rate at the start")
    parser.add_argument(
        "--lr_factor", type=float, default=4.0, help="divides it when validation is no better"
    )
    parser.add_argument("--clip", type=float, default=0.25, help="largest norm of a gradient")
    parser.add_argument("--dropout", type=float, default=0.2, help="share of activations set to 0")
    parser.add_argument("--batch_size", type=int, default=20, help="columns of text per step")
    parser.add_argument("--epochs", type=int, default=81, help="passes over the training text")
    parser.add_argument("--width", type=int, default=200, help="of the embedding and of the layers")
    parser.add_argument("--n_layers", type=int, default=2, help="layers")
    parser.add_argument("--bptt", type=int, default=35, help="tokens of a sequence")
    parser.add_argument("--seed", type=int, default=0, help="initial weights and dropout")
    parser.add_argument(
        "--report_current_best",
        choices=("False", "True"),
        default="False",
        help="report the best objective so far instead of that of the epoch",
    )
    parser.add_argument("--dataset_path", default="data", help="folder with the data, or to download to")
    parser.add_argument("--download", type=int, choices=(0, 1), default=1, help="fetch missing data?")
    parser.add_argument("--num_gpus", type=int, choices=(0, 1), default=1, help="0: CPU in any case")
    parser.add_argument("--st_checkpoint_dir", type=Path, help="folder to resume from and save to")
    return parser.parse_args(argv)


def start_or_resume(args, n_tokens, device):
    """A training and the metrics of its last epoch so far (None: no epoch yet)."""
    training = make_training(args, n_tokens, device)
    if args.st_checkpoint_dir is None:
        return training, None
    metrics = load_checkpoint(args.st_checkpoint_dir, training.parts, device)
    return (training, metrics) if metrics else (make_training(args, n_tokens, device), None)


def main(argv=None):
    """Train, checkpoint and report, epoch by epoch."""
    args = parse_arguments(argv)
    report = Reporter()
    device = torch.device("cuda" if args.num_gpus and torch.cuda.is_available() else "cpu")
    try:
        train, valid, n_tokens = load_tokens(args.dataset_path, bool(args.download))
        texts = columns(train, args.batch_size), columns(valid, VALIDATION_COLUMNS)
    except DataError as error:
        sys.exit(f"error: {error}")
    train, valid = (torch.from_numpy(text.copy()).to(device) for text in texts)
    training, metrics = start_or_resume(args, n_tokens, device)
    n_parameters = training.size()["parameter_count"]
    print(f"{n_parameters:,} parameters, {train.numel():,} tokens of {n_tokens:,}, on {device}", flush=True)
    if metrics:
        # The run may have been killed between checkpoint and report; tuners drop a repetition.
        report(**metrics)
    run_epochs(args, training, metrics or {"epoch": 0, "elapsed_time": 0.0}, train, valid, report)


def run_epochs(args, training, metrics, train, valid, report):
    """The epochs after that of ``metrics``, up to ``--epochs`` or until training diverges."""
    start = time.perf_counter() - metrics["elapsed_time"]
    for epoch in range(metrics["epoch"] + 1, args.epochs + 1):
        loss = train_one_epoch(training, train, args, epoch)
        val_loss = measure_loss(training, valid, args.bptt) if math.isfinite(loss) else math.nan
        objective = -perplexity(val_loss)
        diverged = not math.isfinite(objective)
        if not diverged:
            training.annealing.observe(val_loss)
            if args.report_current_best == "True":
                objective = -perplexity(training.annealing.best_loss)
        elapsed = time.perf_counter() - start
        metrics = {"epoch": epoch, "objective": objective, "train_loss": loss, "elapsed_time": elapsed}
        metrics.update(training.size())
        if args.st_checkpoint_dir is not None and not diverged:
            save_checkpoint(args.st_checkpoint_dir, training.parts, metrics)
        report(**metrics)
        if diverged:
            print(f"epoch {epoch}: training diverged, stopping", file=sys.stderr)
            return


def perplexity(loss):
    """The exponential of ``loss``, infinite where floats end."""
    return math.exp(loss) if loss < 700 else loss * math.inf


if __name__ == "__main__":
    main()
