"""Predicates of the category limits."""
