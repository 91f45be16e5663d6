"""The command line of ``finetune_transformer_glue.py``."""

import argparse
from pathlib import Path

from glue_data import TASKS
from tuning_arguments import add_tuning_arguments, between, positive

EXAMPLE = """example:
  python finetune_transformer_glue.py --task_name rte --dataset_path ~/data --learning_rate 2e-5
"""


def parse_arguments(argv=None):
    """The arguments of the script. A misspelt or shortened flag is an error, never ignored."""
    parser = argparse.ArgumentParser(
        description="Fine-tune a pretrained transformer on a task of GLUE.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--task_name", choices=tuple(TASKS), default="rte", help="default: %(default)s")
    parser.add_argument(
        "--model_name_or_path",
        default="bert-base-cased",
        help="of the hub, or a folder; default: %(default)s",
    )
    parser.add_argument("--num_train_epochs", type=positive, default=3, help="passes over what trains")
    parser.add_argument("--per_device_train_batch_size", type=positive, default=32, help="examples per step")
    parser.add_argument("--max_seq_length", type=positive, default=128, help="tokens; longer texts are cut")
    parser.add_argument("--train_valid_fraction", type=between(0, 1), default=0.7, help="share that trains")
    add_tuning_arguments(parser)
    parser.add_argument("--dataset_path", default="data", help="folder with the data, or to fetch them to")
    parser.add_argument("--download", type=int, choices=(0, 1), default=1, help="fetch what is missing?")
    parser.add_argument("--st_checkpoint_dir", type=Path, help="folder to resume from and save to")
    return parser.parse_args(argv)
