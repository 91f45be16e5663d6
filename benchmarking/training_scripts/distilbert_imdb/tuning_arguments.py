"""The settings of fine-tuning that all scripts share; defaults are those of Hugging Face's Trainer."""

import argparse

PRECISIONS = ("auto", "float", "fp16", "bf16")


def add_tuning_arguments(parser):
    """Optimiser, schedule, precision, device and seed."""
    parser.add_argument(
        "--learning_rate", type=between(0), default=5e-5, help="of AdamW, where it is highest"
    )
    parser.add_argument(
        "--weight_decay", type=between(0), default=0.0, help="of matrices, not of biases and norms"
    )
    parser.add_argument("--adam_beta1", type=between(0, 1), default=0.9, help="decay of the first moment")
    parser.add_argument("--adam_beta2", type=between(0, 1), default=0.999, help="decay of the second moment")
    parser.add_argument(
        "--adam_epsilon", type=between(0), default=1e-8, help="added to the root of the second moment"
    )
    parser.add_argument(
        "--max_grad_norm", type=between(0), default=1.0, help="largest norm of a gradient; 0: no limit"
    )
    parser.add_argument(
        "--warmup_ratio", type=between(0, 1), default=0.0, help="share of all steps in which the rate rises"
    )
    parser.add_argument(
        "--precision",
        choices=PRECISIONS,
        default="auto",
        help="fp16, bf16: mixed precision; auto: what suits the GPU, float on the CPU",
    )
    parser.add_argument("--use_cuda", type=int, choices=(0, 1), default=1, help="0: CPU in any case")
    parser.add_argument("--seed", type=int, default=0, help="of new weights, order and dropout")


def positive(text):
    """A positive integer, from a flag."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be positive")
    return number


def between(low, high=None):
    """Reads numbers of at least ``low`` and less than ``high``, from a flag."""

    def number(text):
        value = float(text)
        if not (low <= value and (high is None or value < high)):
            bound = "" if high is None else f" and less than {high}"
            raise argparse.ArgumentTypeError(f"must be at least {low}{bound}, is {text}")
        return value

    return number
