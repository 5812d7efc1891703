"""What a migration uses of Spark, in this process: for tests that need neither Spark nor Java.

Rows go through pickle between two steps, as they do between machines.
"""

from __future__ import annotations

import pickle
from itertools import chain


class Context:
    """Makes rows."""

    defaultParallelism = 2  # noqa: N815 - Spark's name

    def parallelize(self, values, parts=1):
        return Rows([list(values)])


class Rows:
    """Rows in partitions, worked on at once rather than when they are asked for."""

    def __init__(self, parts):
        self.parts = pickle.loads(pickle.dumps(parts))

    def flatMap(self, function):  # noqa: N802 - Spark's name
        return Rows([list(chain.from_iterable(map(function, part))) for part in self.parts])

    def map(self, function):
        return Rows([list(map(function, part)) for part in self.parts])

    def mapPartitionsWithIndex(self, function):  # noqa: N802 - Spark's name
        return Rows([list(function(n, iter(part))) for n, part in enumerate(self.parts)])

    def groupByKey(self, parts):  # noqa: N802 - Spark's name
        groups = {}
        for key, value in chain.from_iterable(self.parts):
            groups.setdefault(key, []).append(value)
        return Rows([list(groups.items())])

    def repartitionAndSortWithinPartitions(self, parts, place):  # noqa: N802 - Spark's name
        divided = [[] for _ in range(parts)]
        for key, value in chain.from_iterable(self.parts):
            divided[place(key)].append((key, value))
        return Rows([sorted(part, key=lambda row: row[0]) for part in divided])

    def collect(self):
        return list(chain.from_iterable(self.parts))
