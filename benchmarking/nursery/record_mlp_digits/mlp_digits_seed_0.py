from dataclasses import replace

from benchmarking.commons.benchmark_definitions.mlp_digits import mlp_digits_benchmark

_DEFINITION = mlp_digits_benchmark()
benchmark = replace(_DEFINITION, config_space={**_DEFINITION.config_space, "seed": 0}, blackbox=None)
