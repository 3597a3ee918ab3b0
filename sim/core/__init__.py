"""Basics of all other packages: durations, events, random numbers, files."""
