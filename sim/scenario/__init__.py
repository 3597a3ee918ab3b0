"""What a planner writes: the model of a scenario and how its file is read."""
