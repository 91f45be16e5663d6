from pathlib import Path

from benchmarking.commons.benchmark_definitions.finetune_transformer_glue import (
    finetune_transformer_glue_all_benchmarks,
)
from benchmarking.commons.launch_remote_local import launch_remote
from benchmarking.nursery.fine_tuning_transformer_glue.baselines import methods
from benchmarking.nursery.fine_tuning_transformer_glue.hpo_main import extra_args, map_method_args

if __name__ == "__main__":
    launch_remote(
        entry_point=Path(__file__).parent / "hpo_main.py",
        methods=methods,
        benchmark_definitions=finetune_transformer_glue_all_benchmarks,
        extra_args=extra_args,
        map_method_args=map_method_args,
    )
