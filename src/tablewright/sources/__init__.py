"""Turn what people already have into a model file: importers, inference, writing.

An importer reads one kind of source to neutral facts (`facts`), inference makes a draft of a model
and its current design from them, and `writing` prints the draft as a model file.
"""
