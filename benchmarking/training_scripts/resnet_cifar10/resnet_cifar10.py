"""Train a ResNet-18 on CIFAR-10, reporting validation accuracy (``objective``) after every epoch.

Uses a GPU in mixed precision if there is one, the CPU otherwise. The search space of the benchmark:

    lr        loguniform(1e-3, 0.1)      weight_decay  loguniform(1e-5, 1e-3)
    momentum  uniform(0, 0.99)           batch_size    randint(8, 256)

On the CPU, the same arguments give the same metrics, whether or not the run was interrupted.
"""

import argparse
import math
import sys
import time
from pathlib import Path

import torch
from batches import split, training_batches, validation_batches
from cifar10_data import DataError, load_training_images
from resnet_checkpoint import load_checkpoint, save_checkpoint
from training import make_training, measure_accuracy, set_hyperparameters, train_one_epoch

from syne_core import Reporter

EXAMPLE = """example:
  python resnet_cifar10.py --dataset_path ~/data --epochs 3 --lr 0.05 --batch_size 128
"""


def parse_arguments(argv=None):
    """The command line. A misspelt or shortened flag is an error, never ignored."""
    parser = argparse.ArgumentParser(
        description="Train a ResNet-18 on CIFAR-10.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--lr", type=float, default=0.05, help="learning rate at the start")
    parser.add_argument("--momentum", type=float, default=0.9, help="momentum of SGD, 0 to 1")
    parser.add_argument("--weight_decay", type=float, default=5e-4, help="strength of the L2 penalty")
    parser.add_argument("--batch_size", type=int, default=128, help="images per step")
    parser.add_argument("--epochs", type=int, default=27, help="passes over the training images")
    parser.add_argument("--seed", type=int, default=0, help="initial weights, order and augmentation")
    parser.add_argument("--dataset_path", default="data", help="folder with the data, or to download to")
    parser.add_argument("--download", type=int, choices=(0, 1), default=1, help="fetch missing data?")
    parser.add_argument("--num_gpus", type=int, choices=(0, 1), default=1, help="0: CPU in any case")
    parser.add_argument("--st_checkpoint_dir", type=Path, help="folder to resume from and save to")
    return parser.parse_args(argv)


def start_or_resume(args, device):
    """A training and the metrics of its last epoch so far (None: no epoch yet)."""
    training = make_training(args.seed, device)
    if args.st_checkpoint_dir is None:
        return training, None
    metrics = load_checkpoint(args.st_checkpoint_dir, training.parts, device)
    return (training, metrics) if metrics else (make_training(args.seed, device), None)


def main(argv=None):
    """Train, checkpoint and report, epoch by epoch."""
    args = parse_arguments(argv)
    report = Reporter()
    try:
        images, labels = load_training_images(args.dataset_path, bool(args.download))
    except DataError as error:
        sys.exit(f"error: {error}")
    device = torch.device("cuda" if args.num_gpus and torch.cuda.is_available() else "cpu")
    torch.backends.cudnn.benchmark = True
    train, valid = split(images, labels, device)
    training, metrics = start_or_resume(args, device)
    n_parameters = training.size()["parameter_count"]
    print(f"{n_parameters:,} parameters, {len(train[1]):,} training images, on {device}", flush=True)
    if metrics:
        # The run may have been killed between checkpoint and report; tuners drop a repetition.
        report(**metrics)
    run_epochs(args, training, metrics or {"epoch": 0, "elapsed_time": 0.0}, train, valid, report)


def run_epochs(args, training, metrics, train, valid, report):
    """The epochs after that of ``metrics``, up to ``--epochs`` or until training diverges."""
    start = time.perf_counter() - metrics["elapsed_time"]
    for epoch in range(metrics["epoch"] + 1, args.epochs + 1):
        set_hyperparameters(training, epoch, args.lr, args.momentum, args.weight_decay)
        loss = train_one_epoch(training, training_batches(*train, args.batch_size, args.seed, epoch))
        diverged = not math.isfinite(loss)
        objective = math.nan if diverged else measure_accuracy(training, validation_batches(*valid))
        elapsed = time.perf_counter() - start
        metrics = {"epoch": epoch, "objective": objective, "loss": loss, "elapsed_time": elapsed}
        metrics.update(training.size())
        if args.st_checkpoint_dir is not None and not diverged:
            save_checkpoint(args.st_checkpoint_dir, training.parts, metrics)
        report(**metrics)
        if diverged:
            print(f"epoch {epoch}: training diverged, stopping", file=sys.stderr)
            return


if __name__ == "__main__":
    main()
