from transformer_wikitext2.sagemaker.baselines import methods

from benchmarking.commons.benchmark_definitions import real_benchmark_definitions
from benchmarking.commons.hpo_main_sagemaker import main

if __name__ == "__main__":
    main(methods, real_benchmark_definitions)
