"""Scenario files: read, merged, checked, and every mistake told with its place."""
