"""Train a small Transformer on WikiText-2, reporting the validation loss (``val_loss``) after every epoch.

Uses a GPU if there is one, the CPU otherwise. The search space of the benchmark:

    lr        loguniform(1e-6, 1e-3)     momentum    uniform(0, 0.99)
    dropout   uniform(0, 0.99)           batch_size  randint(16, 48)
    clip      uniform(0, 1)

On the CPU, the same arguments give the same metrics, whether or not the run was interrupted.
"""

import argparse
import math
import sys
import time
from pathlib import Path

import torch
from training import VALIDATION_COLUMNS, make_training, measure_loss, set_hyperparameters, train_one_epoch
from transformer_checkpoint import load_checkpoint, save_checkpoint
from wikitext_data import DataError, columns, load_tokens

from syne_core import Reporter

EXAMPLE = """example:
  python transformer_wikitext2.py --input_data_dir ~/data --epochs 3 --lr 0.001 --optimizer_name adam
"""


def parse_arguments(argv=None):
    """The command line. A misspelt or shortened flag is an error, never ignored."""
    parser = argparse.ArgumentParser(
        description="Train a Transformer on WikiText-2.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--lr", type=float, default=1e-3, help="learning rate")
    parser.add_argument("--momentum", type=float, default=0.9, help="of SGD, or of Adam's first moment")
    parser.add_argument("--dropout", type=float, default=0.2, help="share of activations set to 0")
    parser.add_argument("--clip", type=float, default=0.25, help="largest norm of a gradient")
    parser.add_argument("--batch_size", type=int, default=20, help="columns of text per step")
    parser.add_argument("--epochs", type=int, default=40, help="passes over the training text")
    parser.add_argument("--d_model", type=int, default=256, help="width of the model")
    parser.add_argument("--ffn_ratio", type=float, default=1, help="width of feed-forward layers / d_model")
    parser.add_argument("--nlayers", type=int, default=2, help="layers")
    parser.add_argument("--nhead", type=int, default=2, help="attention heads of a layer")
    parser.add_argument("--bptt", type=int, default=35, help="tokens of a sequence")
    parser.add_argument("--optimizer_name", choices=("sgd", "adam"), default="sgd")
    parser.add_argument(
        "--precision", choices=("float", "half"), default="float", help="half: mixed precision"
    )
    parser.add_argument("--seed", type=int, default=1111, help="initial weights and dropout")
    parser.add_argument("--use_cuda", type=int, choices=(0, 1), default=1, help="0: CPU in any case")
    parser.add_argument("--log_interval", type=int, default=200, help="steps between lines of log; 0: none")
    parser.add_argument("--input_data_dir", default="data", help="folder with the data, or to download to")
    parser.add_argument("--download", type=int, choices=(0, 1), default=1, help="fetch missing data?")
    parser.add_argument("--st_checkpoint_dir", type=Path, help="folder to resume from and save to")
    args = parser.parse_args(argv)
    if args.d_model % args.nhead:
        parser.error(f"--d_model ({args.d_model}) must be a multiple of --nhead ({args.nhead})")
    return args


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
    device = torch.device("cuda" if args.use_cuda and torch.cuda.is_available() else "cpu")
    try:
        train, valid, n_tokens = load_tokens(args.input_data_dir, bool(args.download))
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
        set_hyperparameters(training, args.lr, args.momentum)
        loss = train_one_epoch(training, train, args, epoch)
        diverged = not math.isfinite(loss)
        val_loss = math.nan if diverged else measure_loss(training, valid, args.bptt)
        elapsed = time.perf_counter() - start
        metrics = {"epoch": epoch, "val_loss": val_loss, "train_loss": loss, "elapsed_time": elapsed}
        metrics.update(training.size())
        if args.st_checkpoint_dir is not None and not diverged:
            save_checkpoint(args.st_checkpoint_dir, training.parts, metrics)
        report(**metrics)
        if diverged:
            print(f"epoch {epoch}: training diverged, stopping", file=sys.stderr)
            return


if __name__ == "__main__":
    main()
