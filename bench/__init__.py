"""Benchmarks: python -m bench, or make bench. docs/performance.md says how to read them."""
