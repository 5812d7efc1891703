"""Predicates of the category capacity."""
