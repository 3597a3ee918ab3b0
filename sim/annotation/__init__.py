"""Annotations: error models, consensus, and agreement of annotators."""
