"""A plain key-value store as an engine: one folder and one line in the registry, for tests only."""
