"""The time-to-value report: one HTML file made from a stored study and nothing else."""
