"""One epoch of training and one of validation over columns of text."""

import dataclasses
import math

import torch
from lstm import LSTMLanguageModel
from torch.nn import functional

#: Perplexity is measured over this many columns of validation text, whatever the batch size.
VALIDATION_COLUMNS = 10


class Annealing:
    """Lowers the learning rate after each epoch whose validation loss is no better than the best before.

    It counts how often; rate and factor are those of the run, also where a checkpoint of another goes on.
    """

    def __init__(self):
        self.best_loss = math.inf
        self.n_cuts = 0

    def learning_rate(self, lr, lr_factor):
        """The rate of the next epoch: ``lr``, divided by ``lr_factor`` for each cut so far."""
        return lr / lr_factor**self.n_cuts

    def observe(self, loss):
        """Take note of the validation loss of an epoch."""
        if not loss < self.best_loss:
            self.n_cuts += 1
        self.best_loss = min(loss, self.best_loss)

    def state_dict(self):
        """For the checkpoint."""
        return {"best_loss": self.best_loss, "n_cuts": self.n_cuts}

    def load_state_dict(self, state):
        """Go on where ``state_dict`` was taken."""
        self.best_loss, self.n_cuts = state["best_loss"], state["n_cuts"]


@dataclasses.dataclass(frozen=True)
class Training:
    """What changes while training, and the device that it is on."""

    model: torch.nn.Module
    optimizer: torch.optim.Optimizer
    scaler: torch.amp.GradScaler
    annealing: Annealing
    device: torch.device

    @property
    def parts(self):
        """Everything that a checkpoint must hold."""
        return {
            "model": self.model,
            "optimizer": self.optimizer,
            "scaler": self.scaler,
            "annealing": self.annealing,
        }

    def precision(self):
        """The context in which the model is evaluated: on a GPU, float16 where that is precise enough."""
        return torch.autocast(self.device.type, torch.float16, enabled=self.scaler.is_enabled())

    def size(self):
        """How many parameters the model has and, on a GPU, the most memory that was used, in bytes."""
        size = {"parameter_count": sum(p.numel() for p in self.model.parameters())}
        if self.device.type == "cuda":
            size["gpu_memory_bytes"] = torch.cuda.max_memory_allocated(self.device)
        return size


def make_training(args, n_tokens, device):
    """A new model with weights drawn from ``args.seed``, and an SGD optimiser without settings so far."""
    torch.manual_seed(args.seed)
    model = LSTMLanguageModel(n_tokens, args.width, args.n_layers, args.dropout).to(device)
    scaler = torch.amp.GradScaler(device.type, enabled=device.type == "cuda")
    return Training(model, torch.optim.SGD(model.parameters(), lr=0.0), scaler, Annealing(), device)


def train_one_epoch(training, text, args, epoch):
    """A step for each stretch of ``bptt`` tokens; the mean loss, which is not finite if training diverged."""
    training.model.train()
    for group in training.optimizer.param_groups:
        group["lr"] = training.annealing.learning_rate(args.lr, args.lr_factor)
    # Dropout is the only randomness: with the epoch in the seed, resumed runs draw what unbroken ones do.
    torch.manual_seed(args.seed + epoch)
    total, n, state = 0.0, 0, None
    for x, y in stretches(text, args.bptt):
        with training.precision():
            logits, state = training.model(x, state)
            loss = loss_of(logits, y)
        training.optimizer.zero_grad()
        training.scaler.scale(loss).backward()
        training.scaler.unscale_(training.optimizer)
        torch.nn.utils.clip_grad_norm_(training.model.parameters(), args.clip)
        training.scaler.step(training.optimizer)
        training.scaler.update()
        total, n = total + loss.detach() * len(x), n + len(x)  # reading it now would wait for the device
    return float(total) / n


@torch.no_grad()
def measure_loss(training, text, bptt):
    """Mean cross-entropy per token, in nats; its exponential is the perplexity."""
    training.model.eval()
    total, n, state = 0.0, 0, None
    for x, y in stretches(text, bptt):
        with training.precision():
            logits, state = training.model(x, state)
            total = total + loss_of(logits, y) * len(x)
        n += len(x)
    return float(total) / n


def stretches(text, bptt):
    """Pairs of tokens and the tokens that follow them, ``bptt`` rows of ``text`` at a time."""
    for start in range(0, len(text) - 1, bptt):
        end = min(start + bptt, len(text) - 1)
        yield text[start:end], text[start + 1 : end + 1]


def loss_of(logits, y):
    """Mean cross-entropy of the next tokens."""
    return functional.cross_entropy(logits.flatten(0, 1).float(), y.flatten())
