"""The reference applications: each a model file with its current and recommended designs."""
