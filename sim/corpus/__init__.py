"""Documents: Reuters, a planner's table or generated ones; their features and fingerprints."""
