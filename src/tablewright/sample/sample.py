"""Draw the instances of a model's entities: any of them, in any order, always the same.

In: a model and a seed. Out: values, columns and whole instances, and their bytes on DynamoDB. It
does not know tables, items or engines: which attributes share an item is a design's business.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from tablewright.model.values import Model


class Sample:
    """The instances of a model, numbered from 0 for each entity.

    Everything follows from the seed, the names of entity and attribute, and the number of the
    instance: another attribute or entity in the model changes nothing. Keys that point to other
    entities depend on how many of those there are, so on `users` (the largest scale if not given).
    """

    def __init__(self, model: Model, *, seed: int | None = None) -> None:
        self.model = model
        self.seed = model.seed if seed is None else seed

    def count(self, entity: str, users: int) -> int:
        """Return how many instances of an entity there are at this scale."""
        raise NotImplementedError

    def children(self, entity: str, parent_index: int, users: int | None = None) -> range:
        """Return the numbers of the instances that belong to one instance of the parent."""
        raise NotImplementedError

    def parent(self, entity: str, index: int, users: int | None = None) -> int:
        """Return the number of the parent's instance to which an instance belongs."""
        raise NotImplementedError

    def group_sizes(self, entity: str, n_parents: int, users: int | None = None) -> list[int]:
        """Return how many children each of the first parents has."""
        raise NotImplementedError

    def sizes(self, entity: str, attribute: str, n: int) -> list[int | None]:
        """Return the value's bytes on DynamoDB in the first `n` instances; None where absent."""
        raise NotImplementedError

    def resampled_sizes(self, entity: str, attribute: str, n: int) -> list[int | None]:
        """Return the bytes of the value an update writes to each of the first `n` instances."""
        raise NotImplementedError

    def values(self, entity: str, attribute: str, n: int, users: int | None = None) -> list[Any]:
        """Return an attribute of the first `n` instances as plain values; None where absent."""
        raise NotImplementedError

    def resampled_values(
        self, entity: str, attribute: str, n: int, users: int | None = None
    ) -> list[Any]:
        """Return the values an update writes to the first `n` instances: another draw."""
        raise NotImplementedError

    def columns(
        self,
        entity: str,
        names: Sequence[str],
        start: int,
        stop: int,
        users: int | None = None,
    ) -> list[list[Any]]:
        """Return some attributes of the instances from `start` to before `stop`."""
        raise NotImplementedError

    def rows(
        self, entity: str, start: int, stop: int, users: int | None = None
    ) -> Iterator[dict[str, Any]]:
        """Yield whole instances in order; absent attributes are left out."""
        raise NotImplementedError
