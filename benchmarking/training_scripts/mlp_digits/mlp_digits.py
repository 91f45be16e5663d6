"""Train a perceptron with two hidden layers on handwritten digits, reporting after every epoch.

The data are the 1,797 images of 8 x 8 pixels that scikit-learn ships: nothing is downloaded, and an
epoch takes about 0.07 s on one core. A good search space:

    learning_rate_init  loguniform(1e-4, 1)      batch_size  lograndint(16, 128)
    momentum            uniform(0, 0.99)         n_units_1   lograndint(8, 128)
    alpha               loguniform(1e-8, 1)      n_units_2   lograndint(8, 128)

Reports hold ``accuracy`` (validation), ``loss`` (training), ``parameter_count``, and the seconds since
training began, on the clock (``elapsed_time``) and of CPU (``cpu_time``, which other programs on the machine
do not prolong).
Final accuracies range there from 0.1 to 0.985. The same arguments give the same metrics, whether or
not the run was interrupted on the way: see ``mlp_checkpoint.py``.
"""

import os

# One core per trial, so that parallel trials do not slow each other down. Read when NumPy is imported.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("MKL_NUM_THREADS", "1")

import argparse
import itertools
import math
import sys
import time
from pathlib import Path

import numpy as np
from mlp_checkpoint import load_checkpoint, save_checkpoint
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

from syne_core import Reporter

EXAMPLE = """example:
  python mlp_digits.py --epochs 3 --learning_rate_init 0.2 --batch_size 32
"""


def parse_arguments(argv=None):
    """The command line. A misspelt or shortened flag is an error, never ignored."""
    parser = argparse.ArgumentParser(
        description="Train a perceptron on handwritten digits.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--learning_rate_init", type=float, default=0.1, help="step size of SGD")
    parser.add_argument("--momentum", type=float, default=0.9, help="Nesterov momentum, 0 to 1")
    parser.add_argument("--alpha", type=float, default=1e-4, help="strength of the L2 penalty")
    parser.add_argument("--batch_size", type=int, default=64, help="images per step")
    parser.add_argument("--n_units_1", type=int, default=64, help="units of the first hidden layer")
    parser.add_argument("--n_units_2", type=int, default=64, help="units of the second hidden layer")
    parser.add_argument("--epochs", type=int, default=27, help="passes over the training images")
    parser.add_argument("--seed", type=int, default=0, help="initial weights and order of the images")
    parser.add_argument("--st_checkpoint_dir", type=Path, help="folder to resume from and save to")
    return parser.parse_args(argv)


def digits():
    """Training and validation images (float32, values 0 to 1, shape (n, 64)) and their labels.

    The split is the same for every seed. Each training image appears nine times, moved by up to one
    pixel in each direction: validation accuracy rises, and an epoch is long enough to be worth saving.
    """
    images, labels = load_digits(return_X_y=True)
    x_train, x_valid, y_train, y_valid = train_test_split(
        (images / 16).astype(np.float32), labels, test_size=1 / 3, stratify=labels, random_state=0
    )
    framed = np.pad(x_train.reshape(-1, 8, 8), ((0, 0), (1, 1), (1, 1)))
    moved = [framed[:, i : i + 8, j : j + 8].reshape(-1, 64) for i in range(3) for j in range(3)]
    return np.concatenate(moved), np.tile(y_train, 9), x_valid, y_valid


def make_model(args):
    """The network, not yet initialised."""
    return MLPClassifier(
        hidden_layer_sizes=(args.n_units_1, args.n_units_2),
        solver="sgd",
        learning_rate_init=args.learning_rate_init,
        momentum=args.momentum,
        alpha=args.alpha,
        batch_size=args.batch_size,
    )


def count_parameters(args):
    """Weights and biases of the network."""
    widths = (64, args.n_units_1, args.n_units_2, 10)
    return sum((n_in + 1) * n_out for n_in, n_out in itertools.pairwise(widths))


def train_one_epoch(model, x, y, seed, epoch):
    """One pass over ``x`` in random order; the mean training loss, or NaN if the weights are not finite."""
    # Drawn from (seed, epoch) alone: a resumed run sees the images in the order it would have seen.
    entropy = np.random.SeedSequence([seed, epoch]).generate_state(1)
    model.set_params(random_state=int(entropy[0]))
    try:
        model.partial_fit(x, y, classes=np.arange(10))
    except ValueError:
        # scikit-learn's way to say that training diverged, but also that an argument is wrong.
        weights = [*getattr(model, "coefs_", []), *getattr(model, "intercepts_", [])]
        if all(np.isfinite(w).all() for w in weights):
            raise
        return math.nan
    return float(model.loss_)


def start_or_resume(args, x, y):
    """A model and the metrics of its last epoch so far (None: no epoch yet)."""
    model = make_model(args)
    if args.st_checkpoint_dir is None or not args.st_checkpoint_dir.exists():
        return model, None
    # A step on one batch makes scikit-learn allocate everything that the checkpoint then fills.
    train_one_epoch(model, x[: args.batch_size], y[: args.batch_size], args.seed, epoch=0)
    metrics = load_checkpoint(args.st_checkpoint_dir, model)
    return (model, metrics) if metrics else (make_model(args), None)


@np.errstate(all="ignore")  # a run that diverges reports NaN; it need not warn at every step
def main(argv=None):
    """Train, checkpoint and report, epoch by epoch."""
    args = parse_arguments(argv)
    report = Reporter()
    x_train, y_train, x_valid, y_valid = digits()
    model, metrics = start_or_resume(args, x_train, y_train)
    if metrics:
        # The run may have been killed between checkpoint and report; tuners drop a repetition.
        report(**metrics)
    metrics = metrics or {"epoch": 0, "elapsed_time": 0.0, "cpu_time": 0.0}
    start = time.perf_counter() - metrics["elapsed_time"]
    cpu_start = time.process_time() - metrics["cpu_time"]
    for epoch in range(metrics["epoch"] + 1, args.epochs + 1):
        loss = train_one_epoch(model, x_train, y_train, args.seed, epoch)
        diverged = not math.isfinite(loss)
        accuracy = math.nan if diverged else model.score(x_valid, y_valid)
        metrics = {
            "epoch": epoch,
            "accuracy": accuracy,
            "loss": loss,
            "parameter_count": count_parameters(args),
            "elapsed_time": time.perf_counter() - start,
            "cpu_time": time.process_time() - cpu_start,
        }
        if args.st_checkpoint_dir is not None and not diverged:
            save_checkpoint(args.st_checkpoint_dir, model, metrics)
        report(**metrics)
        if diverged:
            print(f"epoch {epoch}: training diverged, stopping", file=sys.stderr)
            return


if __name__ == "__main__":
    main()
