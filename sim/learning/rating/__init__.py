"""Model Rating: a model's quality as its project can estimate it, and recommended views."""
