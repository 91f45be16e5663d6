from benchmarking.commons.hpo_main_simulator import main
from benchmarking.nursery.launch_simulator.baselines import methods
from benchmarking.nursery.launch_simulator.benchmark_definitions import benchmark_definitions

if __name__ == "__main__":
    main(methods, benchmark_definitions)
