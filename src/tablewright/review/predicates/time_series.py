"""Predicates of the category time_series."""
