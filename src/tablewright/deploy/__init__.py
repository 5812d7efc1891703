"""Neutral resources become infrastructure syntax."""
