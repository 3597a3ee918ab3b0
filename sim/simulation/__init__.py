"""The processes under one simulated clock: people, machinery and the project."""
