"""Fine-tune DistilBERT on film reviews of IMDB, reporting validation accuracy after every epoch.

Uses a GPU in mixed precision if there is one, the CPU otherwise. The search space of the benchmark:

    learning_rate  loguniform(1e-6, 1e-4)     weight_decay  loguniform(1e-6, 1e-4)

On the CPU, the same arguments give the same metrics, whether or not the run was interrupted.
"""

import math
import sys
import time

import hugging_face  # first: it sets what the others read
import numpy as np
import torch
from arguments import parse_arguments
from datasets import Dataset
from fine_tuning import evaluate, make_fine_tuning, schedule_of_epoch, train_one_epoch, training_batches
from imdb_data import load_reviews, split
from transformers import AutoModelForSequenceClassification, DataCollatorWithPadding
from tuning_checkpoint import load_checkpoint, save_checkpoint

from syne_core import Reporter


def load_model(args):
    """Tokenizer, and a model whose last layers are new, drawn from the seed."""
    torch.manual_seed(args.seed)
    return hugging_face.load_pretrained(
        AutoModelForSequenceClassification,
        args.model_name_or_path,
        args.dataset_path,
        bool(args.download),
        num_labels=2,
    )


def encode(texts, labels, tokenizer, max_length):
    """The reviews as numbers of tokens."""
    limit = min(max_length, tokenizer.model_max_length)
    tokens = tokenizer(texts, truncation=True, max_length=limit)
    return Dataset.from_dict({**tokens, "labels": labels})


def start_or_resume(args, model):
    """A fine-tuning and the metrics of its last epoch so far (None: no epoch yet)."""
    tuning = make_fine_tuning(model, args)
    if args.st_checkpoint_dir is None:
        return tuning, None
    metrics = load_checkpoint(args.st_checkpoint_dir, tuning.parts, tuning.device)
    return (tuning, metrics) if metrics else (make_fine_tuning(load_model(args)[1], args), None)


def main(argv=None):
    """Train, checkpoint and report, epoch by epoch."""
    args = parse_arguments(argv)
    report = Reporter()
    try:
        parts = split(*load_reviews(args.dataset_path, bool(args.download)))
        tokenizer, model = load_model(args)
    except hugging_face.DataError as error:
        sys.exit(f"error: {error}")
    train, valid = (encode(*part, tokenizer, args.max_seq_length) for part in parts)
    tuning, metrics = start_or_resume(args, model)
    n_parameters = tuning.size()["parameter_count"]
    print(f"{n_parameters:,} parameters, {len(train):,} training reviews, on {tuning.device}", flush=True)
    if metrics:
        # The run may have been killed between checkpoint and report; tuners drop a repetition.
        report(**metrics)
    collate = DataCollatorWithPadding(tokenizer)
    run_epochs(args, tuning, metrics or {"epoch": 0, "elapsed_time": 0.0}, train, valid, collate, report)


def run_epochs(args, tuning, metrics, train, valid, collate, report):
    """The epochs after that of ``metrics``, up to ``--epochs`` or until training diverges."""
    start = time.perf_counter() - metrics["elapsed_time"]
    steps = math.ceil(len(train) / args.per_device_train_batch_size)
    labels = np.array(valid["labels"])
    for epoch in range(metrics["epoch"] + 1, args.epochs + 1):
        schedule = schedule_of_epoch(tuning, args, epoch, steps, args.epochs)
        batches = training_batches(train, collate, args.per_device_train_batch_size, args.seed, epoch)
        loss = train_one_epoch(tuning, batches, schedule, args.max_grad_norm)
        eval_loss, logits = evaluate(tuning, valid, collate)
        diverged = not math.isfinite(loss + eval_loss)
        accuracy = math.nan if diverged else float((logits.argmax(axis=1) == labels).mean())
        metrics = {"epoch": epoch, "accuracy": accuracy, "eval_loss": eval_loss, "train_loss": loss}
        metrics.update(elapsed_time=time.perf_counter() - start, **tuning.size())
        if args.st_checkpoint_dir is not None and not diverged:
            save_checkpoint(args.st_checkpoint_dir, tuning.parts, metrics)
        report(**metrics)
        if diverged:
            print(f"epoch {epoch}: training diverged, stopping", file=sys.stderr)
            return


if __name__ == "__main__":
    main()
