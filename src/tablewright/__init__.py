"""Tablewright: the work of a database architect from one file."""

__version__ = "0.1.0"
