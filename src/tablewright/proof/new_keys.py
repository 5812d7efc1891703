"""Keys for new instances: which are taken, and the last places where a child has room.

In: a model, the instances there are. Out: whether a key is taken, or the row with another key.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tablewright.model.values import Attribute, Entity, Kind, Model
from tablewright.sample.world import Row, Test, World

MOST_PLACES = 200
"""Places behind its siblings that are looked at for a child whose key counts them."""


class NewKeys:
    """The keys that instances have, and those that the call that is made puts: no two are alike."""

    def __init__(self, model: Model, world: World) -> None:
        self.model = model
        self.world = world
        self._put: set[tuple[Any, ...]] = set()

    def forget(self) -> None:
        """Begin a call."""
        self._put = set()

    def note(self, entity: Entity, row: Row) -> None:
        """Keep the key of what the call puts."""
        self._put.add(_key_of(entity, row))

    def is_put(self, entity: Entity, row: Row) -> bool:
        """Whether the call puts an instance with that key already."""
        return _key_of(entity, row) in self._put

    def is_taken(self, entity: Entity, row: Row) -> bool:
        """Whether an instance has the key of a row already, or the same call puts it.

        Nobody follows himself, either: who names another of the parent's kind names not its own.
        """
        if self.is_put(entity, row) or self._names_its_own(entity, row):
            return True
        tests = [Test(name, "eq", (row.get(name),)) for name in entity.key]
        return len(entity.key) > 1 and bool(self.world.find(entity.name, tests))

    def place_last(self, entity: Entity, row: Row) -> bool:
        """Give a child the first key under its parent that is free; say whether there is one.

        One that counts from the beginning in each family is the next of its own; one that names
        an instance names each of them in turn.
        """
        if entity.parent is None:
            return False
        parent = self.model.entity(entity.parent)
        owner = self.world.numbered(parent, row)
        if owner is None:
            return False
        there = len(self.world.children(entity.name, entity.parent, owner))
        for position in range(there, there + MOST_PLACES):
            placed = self.world.sample.next_key(entity.name, owner, position, self.world.users)
            row |= placed
            if not self.is_taken(entity, row):
                return True
            if not placed:
                break
        for name in (each for each in entity.key if each not in parent.key):
            attribute = entity.attribute(name)
            for value in self._named(attribute) if attribute.kind is Kind.REF else ():
                row[name] = value
                if not self.is_taken(entity, row):
                    return True
        return False

    def _named(self, attribute: Attribute) -> Iterator[Any]:
        """Yield the key of each instance that a reference may name."""
        target = self.model.entity((attribute.to or "").partition(".")[0])
        if len(target.key) != 1:
            return
        for number in self.world.alive(target.name):
            row = self.world.row(target.name, number)
            if row is not None:
                yield row[target.key[0]]

    def _names_its_own(self, entity: Entity, row: Row) -> bool:
        """Whether a reference that means another instance of the parent's kind means its own."""
        if entity.parent is None:
            return False
        parent = self.model.entity(entity.parent)
        if len(parent.key) != 1 or not entity.has(parent.key[0]):
            return False
        owner = row.get(parent.key[0])
        return any(
            row.get(attribute.name) == owner
            for attribute in entity.attributes
            if attribute.name != parent.key[0]
            and (attribute.to or "").partition(".")[0] == parent.name
            and (attribute.other or attribute.name in entity.key)
        )


def _key_of(entity: Entity, row: Row) -> tuple[Any, ...]:
    return (entity.name, *(row.get(name) for name in entity.key))
