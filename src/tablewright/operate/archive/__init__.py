"""Archive: what is older than its retention moves to files or object storage, and is read back."""
