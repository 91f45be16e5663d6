"""One epoch of training and one of validation, in mixed precision on a GPU, in float32 on the CPU."""

import dataclasses

import torch
from resnet import ResNet18
from torch.nn import functional


@dataclasses.dataclass(frozen=True)
class Training:
    """What changes while training, and the device that it is on."""

    model: torch.nn.Module
    optimizer: torch.optim.Optimizer
    scaler: torch.amp.GradScaler
    device: torch.device

    @property
    def parts(self):
        """Everything that a checkpoint must hold."""
        return {"model": self.model, "optimizer": self.optimizer, "scaler": self.scaler}

    def precision(self):
        """The context in which the model is evaluated."""
        dtype = torch.float16 if self.scaler.is_enabled() else torch.bfloat16
        return torch.autocast(self.device.type, dtype, enabled=self.device.type == "cuda")

    def size(self):
        """How many parameters the model has and, on a GPU, the most memory that was used, in bytes."""
        size = {"parameter_count": sum(p.numel() for p in self.model.parameters())}
        if self.device.type == "cuda":
            size["gpu_memory_bytes"] = torch.cuda.max_memory_allocated(self.device)
        return size


def make_training(seed, device):
    """A new model with weights drawn from ``seed``, and an SGD optimiser without settings so far."""
    torch.manual_seed(seed)
    model = ResNet18().to(device, memory_format=torch.channels_last)
    # GPUs before Ampere compute in float16, whose small range needs a loss scaler, and not in bfloat16.
    scaled = device.type == "cuda" and torch.cuda.get_device_capability(device) < (8, 0)
    scaler = torch.amp.GradScaler(device.type, enabled=scaled)
    return Training(model, torch.optim.SGD(model.parameters(), lr=0.0), scaler, device)


def set_hyperparameters(training, epoch, lr, momentum, weight_decay):
    """Before each epoch. The learning rate starts at ``lr`` and falls by a tenth per epoch.

    It does not depend on the number of epochs to come, so that a short run is the beginning of a
    longer one. The others do not change, but a checkpoint brings its own, maybe another trial's.
    """
    for group in training.optimizer.param_groups:
        group.update(lr=lr * 0.9 ** (epoch - 1), momentum=momentum, weight_decay=weight_decay)


def train_one_epoch(training, batches):
    """One step per batch; the mean loss, which is not finite if training diverged."""
    training.model.train()
    total, n = 0.0, 0
    for x, y in batches:
        with training.precision():
            loss = functional.cross_entropy(training.model(x), y)
        training.optimizer.zero_grad()
        training.scaler.scale(loss).backward()
        training.scaler.step(training.optimizer)
        training.scaler.update()
        total = total + loss.detach() * len(y)  # stays on the device: reading it now would wait
        n += len(y)
    return float(total) / n


@torch.no_grad()
def measure_accuracy(training, batches):
    """The share of images whose class is predicted, 0 to 1."""
    training.model.eval()
    correct, n = 0, 0
    for x, y in batches:
        with training.precision():
            predicted = training.model(x).argmax(dim=1)
        correct = correct + (predicted == y).sum()
        n += len(y)
    return float(correct) / n
