"""Predicates of the category reliability."""
