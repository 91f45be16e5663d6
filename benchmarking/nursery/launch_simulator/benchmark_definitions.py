from benchmarking.commons.benchmark_definitions import BenchmarkDefinition, SurrogateBenchmarkDefinition
from benchmarking.commons.benchmark_definitions.mlp_digits import mlp_digits_benchmark

benchmark_definitions: dict[str, BenchmarkDefinition] = {
    # One that also runs for real, with the table that was recorded of it: its times are seconds of CPU.
    "mlp_digits": mlp_digits_benchmark(max_wallclock_time=30),
    # Two without a script. Names and folders of tables go where "curves-power" stands.
    "curves-power": SurrogateBenchmarkDefinition(blackbox="curves-power", max_wallclock_time=3 * 3600),
    "curves-power-1": SurrogateBenchmarkDefinition(blackbox="curves-power-1", max_wallclock_time=3 * 3600),
}
