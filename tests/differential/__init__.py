"""The same requests against other engines."""
