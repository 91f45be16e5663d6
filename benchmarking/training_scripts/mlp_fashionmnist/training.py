"""One epoch of training and one of validation of a perceptron with two hidden layers, in float32.

Images stay on the device as numbers (188 MB for the whole set, and 157 MB for those that train once more, in
the order of the epoch), so there is nothing to load in the background and nothing to convert. Mixed precision
would not make so small a model faster.
"""

import dataclasses

import numpy as np
import torch
from torch import nn
from torch.nn import functional

VALIDATION_BATCH = 2000


@dataclasses.dataclass(frozen=True)
class Training:
    """What changes while training, and the device that it is on."""

    model: nn.Module
    optimizer: torch.optim.Optimizer
    device: torch.device

    @property
    def parts(self):
        """Everything that a checkpoint must hold."""
        return {"model": self.model, "optimizer": self.optimizer}

    def size(self):
        """How many parameters the model has and, on a GPU, the most memory that was used, in bytes."""
        size = {"parameter_count": sum(p.numel() for p in self.model.parameters())}
        if self.device.type == "cuda":
            size["gpu_memory_bytes"] = torch.cuda.max_memory_allocated(self.device)
        return size


def make_training(args, n_pixels, device):
    """A new model with weights drawn from ``args.seed``, and its optimiser, Adam."""
    torch.manual_seed(args.seed)
    model = nn.Sequential(
        nn.Linear(n_pixels, args.n_units_1),
        nn.ReLU(),
        nn.Dropout(args.dropout_1),
        nn.Linear(args.n_units_1, args.n_units_2),
        nn.ReLU(),
        nn.Dropout(args.dropout_2),
        nn.Linear(args.n_units_2, 10),
    ).to(device)
    optimizer = torch.optim.Adam(model.parameters(), lr=args.learning_rate, weight_decay=args.weight_decay)
    return Training(model, optimizer, device)


def split(images, labels, device):
    """Pairs (pixels, labels) for training and for validation, as tensors on ``device``.

    A sixth of the images validate: 10,000 of 60,000. They are the same for every seed.
    """
    order = np.random.default_rng(0).permutation(len(labels))
    n_valid = max(1, len(labels) // 6)
    parts = order[n_valid:], order[:n_valid]
    return [(pixels(images[p]).to(device), torch.from_numpy(labels[p]).to(device)) for p in parts]


def pixels(images):
    """Bytes (n, height, width) as float32 (n, pixels) from -1 to 1."""
    return torch.from_numpy(images).flatten(1).float() / 127.5 - 1


def train_one_epoch(training, images, labels, memory, args, epoch):
    """All images once, in random order; the mean loss, which is not finite if training diverged.

    :param memory: a tensor like ``images``, for the images in that order
    """
    training.model.train()
    for group in training.optimizer.param_groups:  # a checkpoint brings its own, maybe another trial's
        group.update(lr=args.learning_rate, weight_decay=args.weight_decay)
    # Order and dropout: with the epoch in the seed, resumed runs draw what unbroken ones do.
    torch.manual_seed(args.seed + epoch)
    order = torch.randperm(len(labels)).to(training.device)
    total = 0.0
    for x, y in batches(images, labels, memory, order, args.batch_size):
        loss = functional.cross_entropy(training.model(x), y)
        training.optimizer.zero_grad()
        loss.backward()
        training.optimizer.step()
        total = total + loss.detach() * len(y)  # reading it now would wait for the device
    return float(total) / len(labels)


def batches(images, labels, memory, order, size):
    """All images once, in ``order``, ``size`` at a time.

    All are copied to ``memory`` first, so that batches are views of it: quicker than gathering each, and the
    same memory in every epoch is quicker than new one.
    """
    torch.index_select(images, 0, order, out=memory)
    return zip(memory.split(size), labels[order].split(size), strict=True)


@torch.no_grad()
def measure_accuracy(training, images, labels):
    """The share of images whose class is predicted, 0 to 1."""
    training.model.eval()
    parts = zip(images.split(VALIDATION_BATCH), labels.split(VALIDATION_BATCH), strict=True)
    correct = sum((training.model(x).argmax(dim=1) == y).sum() for x, y in parts)
    return float(correct) / len(labels)
