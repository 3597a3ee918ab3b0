"""Measurements behind the figures in the docs: `make bench`, or one with `python -m benchmarks.start`."""
