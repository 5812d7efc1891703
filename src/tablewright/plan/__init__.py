"""Search for the cheapest design that meets a model's requirements."""
