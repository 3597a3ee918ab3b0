"""Scenario files: reading, merging and validation, with the place of every mistake."""
