"""The access patterns of a model as functions on a database of any engine.

In: a model file, a design, a database. Out: one method for each pattern, by its name, which sends
the requests that were priced. Engines are met through the doors of `evaluation.doors` only.
"""
