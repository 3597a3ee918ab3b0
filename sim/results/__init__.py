"""Results of a study's replications: metrics, statistics, and the files that hold them."""
