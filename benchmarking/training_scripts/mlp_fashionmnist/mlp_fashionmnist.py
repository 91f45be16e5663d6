"""Train a perceptron with two hidden layers on Fashion-MNIST, reporting validation accuracy every epoch.

Uses a GPU if there is one, the CPU otherwise. The search space of the benchmark:

    n_units_1, n_units_2  lograndint(4, 1024)     learning_rate  loguniform(1e-6, 1)
    dropout_1, dropout_2  uniform(0, 0.99)        weight_decay   loguniform(1e-8, 1)
    batch_size            randint(8, 128)

On the CPU, the same arguments give the same metrics, whether or not the run was interrupted.
"""

import argparse
import math
import sys
import time
from pathlib import Path

import torch
from fashion_data import DataError, load_training_images
from mlp_fashion_checkpoint import load_checkpoint, save_checkpoint
from training import make_training, measure_accuracy, split, train_one_epoch

from syne_core import Reporter

EXAMPLE = """example:
  python mlp_fashionmnist.py --dataset_path ~/data --epochs 3 --n_units_1 256 --learning_rate 0.001
"""


def parse_arguments(argv=None):
    """The command line. A misspelt or shortened flag is an error, never ignored."""
    parser = argparse.ArgumentParser(
        description="Train a perceptron with two hidden layers on Fashion-MNIST.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--n_units_1", type=int, default=128, help="width of the first hidden layer")
    parser.add_argument("--n_units_2", type=int, default=128, help="width of the second")
    parser.add_argument("--dropout_1", type=float, default=0.2, help="share of the first layer set to 0")
    parser.add_argument("--dropout_2", type=float, default=0.2, help="share of the second layer set to 0")
    parser.add_argument("--batch_size", type=int, default=64, help="images per step")
    parser.add_argument("--learning_rate", type=float, default=1e-3, help="of Adam")
    parser.add_argument("--weight_decay", type=float, default=1e-6, help="strength of the L2 penalty")
    parser.add_argument("--epochs", type=int, default=81, help="passes over the training images")
    parser.add_argument("--seed", type=int, default=0, help="initial weights, order and dropout")
    parser.add_argument(
        "--report_current_best",
        choices=("False", "True"),
        default="False",
        help="report the best accuracy so far instead of that of the epoch",
    )
    parser.add_argument("--dataset_path", default="data", help="folder with the data, or to download to")
    parser.add_argument("--download", type=int, choices=(0, 1), default=1, help="fetch missing data?")
    parser.add_argument("--num_gpus", type=int, choices=(0, 1), default=1, help="0: CPU in any case")
    parser.add_argument("--st_checkpoint_dir", type=Path, help="folder to resume from and save to")
    return parser.parse_args(argv)


def start_or_resume(args, n_pixels, device):
    """A training and the metrics of its last epoch so far (None: no epoch yet)."""
    training = make_training(args, n_pixels, device)
    if args.st_checkpoint_dir is None:
        return training, None
    metrics = load_checkpoint(args.st_checkpoint_dir, training.parts, device)
    return (training, metrics) if metrics else (make_training(args, n_pixels, device), None)


def main(argv=None):
    """Train, checkpoint and report, epoch by epoch."""
    args = parse_arguments(argv)
    report = Reporter()
    device = torch.device("cuda" if args.num_gpus and torch.cuda.is_available() else "cpu")
    try:
        images, labels = load_training_images(args.dataset_path, bool(args.download))
    except DataError as error:
        sys.exit(f"error: {error}")
    train, valid = split(images, labels, device)
    training, metrics = start_or_resume(args, images[0].size, device)
    n_parameters = training.size()["parameter_count"]
    print(f"{n_parameters:,} parameters, {len(train[1]):,} training images, on {device}", flush=True)
    if metrics:
        # The run may have been killed between checkpoint and report; tuners drop a repetition.
        report(**metrics)
    metrics = metrics or {"epoch": 0, "elapsed_time": 0.0, "accuracy": 0.0}
    run_epochs(args, training, metrics, train, valid, report)


def run_epochs(args, training, metrics, train, valid, report):
    """The epochs after that of ``metrics``, up to ``--epochs`` or until training diverges."""
    memory = torch.empty_like(train[0])
    start = time.perf_counter() - metrics["elapsed_time"]
    for epoch in range(metrics["epoch"] + 1, args.epochs + 1):
        loss = train_one_epoch(training, *train, memory, args, epoch)
        diverged = not math.isfinite(loss)
        accuracy = math.nan if diverged else measure_accuracy(training, *valid)
        if args.report_current_best == "True" and not diverged:
            accuracy = max(accuracy, metrics["accuracy"])
        elapsed = time.perf_counter() - start
        metrics = {"epoch": epoch, "accuracy": accuracy, "loss": loss, "elapsed_time": elapsed}
        metrics.update(training.size())
        if args.st_checkpoint_dir is not None and not diverged:
            save_checkpoint(args.st_checkpoint_dir, training.parts, metrics)
        report(**metrics)
        if diverged:
            print(f"epoch {epoch}: training diverged, stopping", file=sys.stderr)
            return


if __name__ == "__main__":
    main()
