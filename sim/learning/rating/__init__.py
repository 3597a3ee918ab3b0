"""The Model Rating: how good a model is by its own project, and what to label next."""
