from benchmarking.commons.benchmark_definitions import real_benchmark_definitions
from benchmarking.commons.hpo_main_sagemaker import main
from benchmarking.nursery.launch_sagemaker.baselines import methods

if __name__ == "__main__":
    main(methods, real_benchmark_definitions)
