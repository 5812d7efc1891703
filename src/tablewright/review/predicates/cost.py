"""Predicates of the category cost."""
