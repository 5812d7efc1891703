"""A Model and a seed become items and request parameters, the same ones every time."""
