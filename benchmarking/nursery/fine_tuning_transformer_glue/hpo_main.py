"""Compare methods for fine-tuning transformers on GLUE, the model fixed or chosen as well."""

from types import SimpleNamespace
from typing import Any

from benchmarking.commons.benchmark_definitions.finetune_transformer_glue import (
    GLUE_BENCHMARKS,
    finetune_transformer_glue_all_benchmarks,
)
from benchmarking.commons.hpo_main_local import main
from benchmarking.nursery.fine_tuning_transformer_glue.baselines import methods

__all__ = ["extra_args", "map_method_args"]

extra_args: list[dict[str, Any]] = [
    {
        "name": "model_type",
        "help": "pretrained model; of modsel benchmarks that of the first trial; default: bert-base-cased",
    },
    {"name": "num_train_epochs", "type": int, "help": "epochs of a trial; default: 3"},
]


def map_method_args(args: SimpleNamespace, method: str, method_kwargs: dict[str, Any]) -> dict[str, Any]:
    """What the flags of ``extra_args`` change: entries of the space, and the first configuration."""
    flags = (extra["name"] for extra in extra_args)
    given = {name: value for name in flags if (value := getattr(args, name)) is not None}
    usual, wanted = (GLUE_BENCHMARKS[args.benchmark](**settings) for settings in ({}, given))
    changed = {n: entry for n, entry in wanted.config_space.items() if entry != usual.config_space[n]}
    if wanted == usual:
        return method_kwargs
    first = {"points_to_evaluate": wanted.points_to_evaluate}
    return {**method_kwargs, "config_space": changed, "scheduler_kwargs": first}


if __name__ == "__main__":
    main(methods, finetune_transformer_glue_all_benchmarks, extra_args, map_method_args)
