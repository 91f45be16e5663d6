"""Batches of CIFAR-10 images: the split into training and validation, augmentation, normalisation.

All images stay on the device as bytes (150 MB for the whole set), so there is nothing to load in the
background. Everything random is drawn from (seed, epoch) on the CPU: an epoch looks the same whether
or not the run was interrupted before it.
"""

import numpy as np
import torch
from torch.nn import functional

MEAN = (0.4914, 0.4822, 0.4465)
STD = (0.2470, 0.2435, 0.2616)
PADDING = 4
VALIDATION_BATCH = 500


def split(images, labels, device):
    """Pairs (images, labels) for training and for validation, as tensors on ``device``.

    A fifth of the images validate: 10,000 of 50,000. They are the same for every seed.
    """
    order = np.random.default_rng(0).permutation(len(labels))
    n_valid = max(1, len(labels) // 5)
    parts = order[n_valid:], order[:n_valid]
    return [(torch.from_numpy(images[p]).to(device), torch.from_numpy(labels[p]).to(device)) for p in parts]


def training_batches(images, labels, batch_size, seed, epoch):
    """All images once, in random order, cropped and flipped at random.

    :return: pairs of images (float32, normalised, (batch, 3, 32, 32)) and labels (batch,)
    """
    entropy = np.random.SeedSequence([seed, epoch]).generate_state(2).tolist()
    generator = torch.Generator().manual_seed(entropy[0] << 32 | entropy[1])
    order = torch.randperm(len(labels), generator=generator).to(labels.device)
    for chosen in order.split(batch_size):
        yield normalise(augment(images[chosen], generator)), labels[chosen]


def validation_batches(images, labels):
    """All images once, in order and unchanged but for normalisation."""
    for x, y in zip(images.split(VALIDATION_BATCH), labels.split(VALIDATION_BATCH), strict=True):
        yield normalise(x), y


def augment(images, generator):
    """Move each image by up to 4 pixels in each direction, filling with black, and mirror half of them."""
    n, _, _, size = images.shape
    top, left = torch.randint(0, 2 * PADDING + 1, (2, n, 1), generator=generator)
    mirrored = torch.rand(n, 1, generator=generator) < 0.5
    pixels = torch.arange(size)
    rows = (top + pixels).to(images.device)
    columns = (left + torch.where(mirrored, pixels.flip(0), pixels)).to(images.device)
    padded = functional.pad(images, (PADDING,) * 4)
    image = torch.arange(n, device=images.device)[:, None, None]
    # Indices around a slice: the indexed axes (image, row, column) come first in the result.
    return padded[image, :, rows[:, :, None], columns[:, None, :]].movedim(-1, 1)


def normalise(images):
    """Bytes to float32 with about mean 0 and variance 1 in each colour."""
    mean, std = (torch.tensor(v, device=images.device).view(3, 1, 1) for v in (MEAN, STD))
    return (images.float() / 255 - mean) / std
