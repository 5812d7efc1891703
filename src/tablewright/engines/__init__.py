"""One folder per database: its designs, how it answers a pattern, what that consumes."""
