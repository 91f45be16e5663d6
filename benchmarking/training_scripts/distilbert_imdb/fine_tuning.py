"""Fine-tuning of a transformer, an epoch at a time: AdamW, and a rate that rises linearly and then falls.

All that is random is drawn from (seed, epoch), and the rate follows from the step: an epoch is the same
whether or not the run was interrupted before it.
"""

import dataclasses
import math

import numpy as np
import torch
from torch.utils.data import DataLoader
from transformers import get_linear_schedule_with_warmup

EVALUATION_BATCH = 64
DTYPES = {"float": None, "fp16": torch.float16, "bf16": torch.bfloat16}


@dataclasses.dataclass(frozen=True)
class FineTuning:
    """What changes while training, the device that it is on, and what it computes in.

    :param dtype: of most products in the model, in mixed precision; None: float32 throughout
    """

    model: torch.nn.Module
    optimizer: torch.optim.Optimizer
    scaler: torch.amp.GradScaler
    device: torch.device
    dtype: torch.dtype | None

    @property
    def parts(self):
        """Everything that a checkpoint must hold."""
        return {"model": self.model, "optimizer": self.optimizer, "scaler": self.scaler}

    def size(self):
        """How many parameters the model has and, on a GPU, the most memory that was used, in bytes."""
        size = {"parameter_count": sum(p.numel() for p in self.model.parameters())}
        if self.device.type == "cuda":
            size["gpu_memory_bytes"] = torch.cuda.max_memory_allocated(self.device)
        return size

    def loss_and_logits(self, batch):
        """Mean loss of a batch, and what the model says to each example."""
        batch = {name: values.to(self.device) for name, values in batch.items()}
        with torch.autocast(self.device.type, self.dtype, enabled=self.dtype is not None):
            output = self.model(**batch)
        return output.loss, output.logits


def make_fine_tuning(model, args):
    """``model`` on its device, with an optimiser that has no settings so far.

    :param args: ``use_cuda``, ``precision``
    """
    device = torch.device("cuda" if args.use_cuda and torch.cuda.is_available() else "cpu")
    model = model.to(device)
    parameters = [p for p in model.parameters() if p.requires_grad]
    groups = [{"params": [p for p in parameters if (p.ndim > 1) == decays]} for decays in (True, False)]
    if args.precision != "auto":
        dtype = DTYPES[args.precision]
    elif device.type == "cuda":  # GPUs before Ampere are slow in bfloat16
        dtype = torch.bfloat16 if torch.cuda.get_device_capability(device) >= (8, 0) else torch.float16
    else:
        dtype = None
    scaled = dtype == torch.float16 and device.type == "cuda"  # its small range needs a loss scaler
    scaler = torch.amp.GradScaler(device.type, enabled=scaled)
    return FineTuning(model, torch.optim.AdamW(groups, lr=0.0), scaler, device, dtype)


def schedule_of_epoch(tuning, args, epoch, steps_per_epoch, epochs):
    """Settings of the optimiser for ``epoch``, and the schedule of its learning rates.

    A checkpoint brings settings of its own, maybe another trial's; these are replaced.

    :param args: ``learning_rate``, ``weight_decay``, ``warmup_ratio`` and those of Adam
    """
    for group, weight_decay in zip(tuning.optimizer.param_groups, (args.weight_decay, 0.0), strict=True):
        group.update(
            lr=args.learning_rate,
            initial_lr=args.learning_rate,
            betas=(args.adam_beta1, args.adam_beta2),
            eps=args.adam_epsilon,
            weight_decay=weight_decay,
        )
    steps, done = epochs * steps_per_epoch, (epoch - 1) * steps_per_epoch
    warm_up = math.ceil(args.warmup_ratio * steps)
    return get_linear_schedule_with_warmup(tuning.optimizer, warm_up, steps, last_epoch=done - 1)


def training_batches(examples, collate, batch_size, seed, epoch):
    """All examples once, in an order drawn from (seed, epoch), from which dropout is drawn as well."""
    entropy = np.random.SeedSequence([seed, epoch]).generate_state(2).tolist()
    torch.manual_seed(entropy[0])
    generator = torch.Generator().manual_seed(entropy[1])
    return DataLoader(examples, batch_size, shuffle=True, generator=generator, collate_fn=collate)


def train_one_epoch(tuning, batches, schedule, max_grad_norm):
    """A step for each batch; the mean loss, which is not finite if training diverged."""
    tuning.model.train()
    total, n = 0.0, 0
    for batch in batches:
        loss, _ = tuning.loss_and_logits(batch)
        tuning.optimizer.zero_grad()
        tuning.scaler.scale(loss).backward()
        if max_grad_norm > 0:
            tuning.scaler.unscale_(tuning.optimizer)
            torch.nn.utils.clip_grad_norm_(tuning.model.parameters(), max_grad_norm)
        tuning.scaler.step(tuning.optimizer)
        tuning.scaler.update()
        schedule.step()
        size = len(batch["labels"])
        total, n = total + loss.detach() * size, n + size  # stays on the device: reading it would wait
    return float(total) / n


@torch.no_grad()
def evaluate(tuning, examples, collate):
    """Mean loss, and what the model says to each example: float32, (examples, classes)."""
    tuning.model.eval()
    total, parts = 0.0, []
    for batch in DataLoader(examples, EVALUATION_BATCH, collate_fn=collate):
        loss, logits = tuning.loss_and_logits(batch)
        total = total + loss * len(logits)
        parts.append(logits.float().cpu().numpy())
    logits = np.concatenate(parts)
    return float(total) / len(logits), logits
