"""The model that a project trains, and the metric that it is judged by."""
