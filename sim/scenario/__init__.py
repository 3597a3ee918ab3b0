"""Models of a scenario's keys, with their meaning and defaults."""
