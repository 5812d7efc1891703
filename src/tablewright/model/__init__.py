"""The front end: the text of a model file becomes a Model, or diagnostics."""
