from transformer_wikitext2.local.baselines import methods

from benchmarking.commons.benchmark_definitions import real_benchmark_definitions
from benchmarking.commons.hpo_main_local import main

if __name__ == "__main__":
    main(methods, real_benchmark_definitions)
