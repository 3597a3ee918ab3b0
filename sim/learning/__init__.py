"""Active learning without a simulation: learners, query strategies, the rating, stopping rules."""
