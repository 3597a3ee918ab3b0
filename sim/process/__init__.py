"""The people and the machinery, as SimPy processes."""
