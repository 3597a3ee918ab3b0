"""Random valid scenarios over all keys, extremes included, each simulated and checked."""
