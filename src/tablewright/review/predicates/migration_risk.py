"""Predicates of the category migration_risk."""
