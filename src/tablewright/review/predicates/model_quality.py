"""Predicates of the category model_quality."""
