"""Clients written by others, unchanged, against our server."""
