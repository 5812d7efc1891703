"""Stores that are paid by their own units: the same workload, and the needs they cannot meet."""
