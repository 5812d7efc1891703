"""Predicates of the category item_size."""
