"""One epoch of training and one of validation over columns of text."""

import dataclasses

import torch
from torch.nn import functional
from transformer import TransformerLM

#: Mean loss per token is measured over this many columns of validation text, whatever the batch size.
VALIDATION_COLUMNS = 10


@dataclasses.dataclass(frozen=True)
class Training:
    """What changes while training, and the device that it is on."""

    model: torch.nn.Module
    optimizer: torch.optim.Optimizer
    scaler: torch.amp.GradScaler
    device: torch.device
    precision: str

    @property
    def parts(self):
        """Everything that a checkpoint must hold."""
        return {"model": self.model, "optimizer": self.optimizer, "scaler": self.scaler}

    def context(self):
        """The context in which the model is evaluated."""
        dtype = torch.float16 if self.device.type == "cuda" else torch.bfloat16
        return torch.autocast(self.device.type, dtype, enabled=self.precision == "half")

    def size(self):
        """How many parameters the model has and, on a GPU, the most memory that was used, in bytes."""
        size = {"parameter_count": sum(p.numel() for p in self.model.parameters())}
        if self.device.type == "cuda":
            size["gpu_memory_bytes"] = torch.cuda.max_memory_allocated(self.device)
        return size


def make_training(args, n_tokens, device):
    """A new model with weights drawn from ``args.seed``, and its optimiser."""
    torch.manual_seed(args.seed)
    model = TransformerLM(
        n_tokens, args.d_model, args.ffn_ratio, args.nlayers, args.nhead, args.dropout, args.bptt
    ).to(device)
    if args.optimizer_name == "sgd":
        optimizer = torch.optim.SGD(model.parameters(), lr=args.lr, momentum=args.momentum)
    else:  # momentum is then that of the first moment
        optimizer = torch.optim.Adam(model.parameters(), lr=args.lr, betas=(args.momentum, 0.999))
    scaled = args.precision == "half" and device.type == "cuda"
    scaler = torch.amp.GradScaler(device.type, enabled=scaled)
    return Training(model, optimizer, scaler, device, args.precision)


def set_hyperparameters(training, lr, momentum):
    """Before each epoch: a checkpoint brings its own, maybe another trial's."""
    for group in training.optimizer.param_groups:
        group["lr"] = lr
        group.update({"betas": (momentum, 0.999)} if "betas" in group else {"momentum": momentum})


def train_one_epoch(training, text, args, epoch):
    """A step for each stretch of ``bptt`` tokens; the mean loss, which is not finite if training diverged."""
    training.model.train()
    # Dropout is the only randomness: with the epoch in the seed, resumed runs draw what unbroken ones do.
    torch.manual_seed(args.seed + epoch)
    total, n = 0.0, 0
    for step, (x, y) in enumerate(stretches(text, args.bptt), 1):
        with training.context():
            loss = loss_of(training.model, x, y)
        training.optimizer.zero_grad()
        training.scaler.scale(loss).backward()
        training.scaler.unscale_(training.optimizer)
        torch.nn.utils.clip_grad_norm_(training.model.parameters(), args.clip)
        training.scaler.step(training.optimizer)
        training.scaler.update()
        total, n = total + loss.detach() * len(x), n + len(x)
        if args.log_interval and step % args.log_interval == 0:
            print(f"epoch {epoch}, step {step}: loss {float(total) / n:.3f} so far", flush=True)
    return float(total) / n


@torch.no_grad()
def measure_loss(training, text, bptt):
    """Mean cross-entropy per token, in nats."""
    training.model.eval()
    total, n = 0.0, 0
    for x, y in stretches(text, bptt):
        with training.context():
            total = total + loss_of(training.model, x, y) * len(x)
        n += len(x)
    return float(total) / n


def stretches(text, bptt):
    """Pairs of tokens and the tokens that follow them, ``bptt`` rows of ``text`` at a time."""
    for start in range(0, len(text) - 1, bptt):
        end = min(start + bptt, len(text) - 1)
        yield text[start:end], text[start + 1 : end + 1]


def loss_of(model, x, y):
    """Mean cross-entropy of the next tokens."""
    return functional.cross_entropy(model(x).flatten(0, 1).float(), y.flatten())
