from pathlib import Path

from benchmarking.commons.launch_remote_simulator import launch_remote
from benchmarking.nursery.launch_simulator.baselines import methods
from benchmarking.nursery.launch_simulator.benchmark_definitions import benchmark_definitions

if __name__ == "__main__":
    entry_point = Path(__file__).parent / "hpo_main.py"
    launch_remote(entry_point=entry_point, methods=methods, benchmark_definitions=benchmark_definitions)
