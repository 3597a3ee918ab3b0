"""Studies: which replications are simulated, where, and how they are kept."""
