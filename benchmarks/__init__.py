"""Benchmarks: each prints medians and ratios of one run, and asserts nothing."""
