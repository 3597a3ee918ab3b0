"""Measurements behind the figures in README and docs: run each file by itself, or all with `make bench`."""
