"""Output for people: terminal and report."""
