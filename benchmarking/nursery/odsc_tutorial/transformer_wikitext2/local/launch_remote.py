from pathlib import Path

from transformer_wikitext2.local.baselines import methods

from benchmarking.commons.benchmark_definitions import real_benchmark_definitions
from benchmarking.commons.launch_remote_local import launch_remote

if __name__ == "__main__":
    launch_remote(
        entry_point=Path(__file__).parent / "hpo_main.py",
        methods=methods,
        benchmark_definitions=real_benchmark_definitions,
        source_dependencies=[str(Path(__file__).parents[1])],
    )
