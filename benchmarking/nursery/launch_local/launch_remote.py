from pathlib import Path

from benchmarking.commons.benchmark_definitions import real_benchmark_definitions
from benchmarking.commons.launch_remote_local import launch_remote
from benchmarking.nursery.launch_local.baselines import methods

if __name__ == "__main__":
    entry_point = Path(__file__).parent / "hpo_main.py"
    launch_remote(entry_point=entry_point, methods=methods, benchmark_definitions=real_benchmark_definitions)
