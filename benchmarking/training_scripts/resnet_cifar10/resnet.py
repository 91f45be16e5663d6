"""ResNet-18 for images of 32 x 32 pixels.

He et al., Deep Residual Learning for Image Recognition (2015), with the usual change for small
images: the first convolution is 3 x 3 with stride 1, and no pooling follows it.
"""

from torch import nn
from torch.nn import functional


def convolution(n_in, n_out, size, stride=1):
    """A convolution that keeps the image size (up to ``stride``), followed by batch normalisation."""
    return nn.Sequential(
        nn.Conv2d(n_in, n_out, size, stride=stride, padding=size // 2, bias=False),
        nn.BatchNorm2d(n_out),
    )


class Block(nn.Module):
    """Two convolutions and a shortcut around them."""

    def __init__(self, n_in, n_out, stride):
        super().__init__()
        self.first = convolution(n_in, n_out, 3, stride)
        self.second = convolution(n_out, n_out, 3)
        same = n_in == n_out and stride == 1
        self.shortcut = nn.Identity() if same else convolution(n_in, n_out, 1, stride)

    def forward(self, x):
        inner = self.second(functional.relu(self.first(x)))
        return functional.relu(inner + self.shortcut(x))


class ResNet18(nn.Module):
    """Images (n, 3, 32, 32) to logits (n, ``n_classes``); 11,173,962 parameters for ten classes."""

    def __init__(self, n_classes=10):
        super().__init__()
        self.stem = convolution(3, 64, 3)
        blocks = []
        n_in = 64
        for n_out, stride in ((64, 1), (128, 2), (256, 2), (512, 2)):
            blocks += [Block(n_in, n_out, stride), Block(n_out, n_out, 1)]
            n_in = n_out
        self.blocks = nn.Sequential(*blocks)
        self.head = nn.Linear(n_in, n_classes)

    def forward(self, x):
        features = self.blocks(functional.relu(self.stem(x)))
        return self.head(features.mean(dim=(2, 3)))
