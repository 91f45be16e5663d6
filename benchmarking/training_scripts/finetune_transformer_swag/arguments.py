"""The command line of ``finetune_transformer_swag.py``."""

import argparse
from pathlib import Path

from tuning_arguments import add_tuning_arguments, positive

EXAMPLE = """example:
  python finetune_transformer_swag.py --dataset_path ~/data --epochs 1 --learning_rate 5e-5
"""


def parse_arguments(argv=None):
    """The arguments of the script. A misspelt or shortened flag is an error, never ignored."""
    parser = argparse.ArgumentParser(
        description="Fine-tune a pretrained transformer on SWAG, questions with four answers.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument(
        "--model_name_or_path",
        default="bert-base-cased",
        help="of the hub, or a folder; default: %(default)s",
    )
    parser.add_argument("--epochs", type=positive, default=3, help="passes over the training set")
    parser.add_argument("--per_device_train_batch_size", type=positive, default=8, help="questions per step")
    parser.add_argument("--max_seq_length", type=positive, default=128, help="tokens; longer texts are cut")
    add_tuning_arguments(parser)
    parser.add_argument("--dataset_path", default="data", help="folder with the data, or to fetch them to")
    parser.add_argument("--download", type=int, choices=(0, 1), default=1, help="fetch what is missing?")
    parser.add_argument("--st_checkpoint_dir", type=Path, help="folder to resume from and save to")
    return parser.parse_args(argv)
