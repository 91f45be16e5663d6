"""Measurements: what the promises of speed are checked with. ``python -m perf.run_all --help``."""
