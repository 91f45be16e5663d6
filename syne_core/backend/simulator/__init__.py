"""Trials in simulated time, from tabulated benchmarks."""
