"""Simulation: SimPy processes of people, the trainer and the project on one clock."""
