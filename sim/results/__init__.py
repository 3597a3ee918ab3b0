"""What the replications of a study say: measures, statistics, and the files that hold them."""
