"""Predicates of the category security."""
