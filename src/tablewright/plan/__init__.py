"""The search for the cheapest design that meets the requirements."""
