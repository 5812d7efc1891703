"""Read which children a put puts together with their parent: `with: {OrderLine: 3}`.

In: the fields of a put, its entity and the entities of the model. Out: the children, how many of
each and what they begin with; problems in the `Reading`. It does not know how a design keeps them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import Any

from tablewright.core.frozen import frozen
from tablewright.core.quantities import plain
from tablewright.model.nodes import Reading, Word
from tablewright.model.shapes import Entry, Fields, suggestion
from tablewright.model.values import Entity
from tablewright.model.write_reader import WriteReader


@frozen
class ChildrenPut:
    """Children of one kind that are put together with their parent."""

    entity: Entity
    count: int
    begins_with: Mapping[str, Any] = field(default_factory=dict)
    """Their first values, as fields of a `Pattern`."""


class ChildrenReader:
    """Reads `with` of one put."""

    def __init__(
        self, what: str, reading: Reading, entities: Mapping[str, Entity], writes: WriteReader
    ) -> None:
        self.what, self.reading = what, reading
        self.entities, self.writes = entities, writes

    def read(self, fields: Fields, parent: Entity) -> list[ChildrenPut]:
        """Return the children that are named and can be put; the others are noted as errors."""
        puts: list[ChildrenPut] = []
        for word, value in _named(fields.get("with")):
            child = self._child(word, parent)
            if child is None:
                continue
            if any(put.entity is child for put in puts):
                self.reading.error(
                    "kind-twice",
                    f"{self.what} puts `{word}` twice with its parent",
                    word.span,
                    "name each kind of children once, with how many of them",
                )
                continue
            count = self._count(word, value, child)
            if count is None:
                continue
            begins_with: Mapping[str, Any] = {}
            if isinstance(value, Fields):
                begins_with = self.writes.changes(value, child, is_put=True)
            puts.append(ChildrenPut(entity=child, count=count, begins_with=begins_with))
        return puts

    def _child(self, word: Word, parent: Entity) -> Entity | None:
        child = self.entities.get(str(word))
        names = [each.name for each in self.entities.values() if each.parent == parent.name]
        if child is None:
            message = f"{self.what} puts `{word}` too, which is not an entity of this model"
            self.reading.error(
                "unknown-entity", message, word.span, suggestion(str(word), names, "children")
            )
            return None
        if child.parent != parent.name:
            self.reading.error(
                "not-a-child",
                f"{self.what} puts `{word}` with its parent, but `{word}` is not `of` "
                f"`{parent.name}`",
                word.span,
                f"say `of: {parent.name}` at `{word}`; what only happens at the same time is a "
                "transact of both",
            )
            return None
        return child

    def _count(self, word: Word, value: Any, child: Entity) -> int | None:
        """Return how many are put: what is said, or how many each parent has."""
        said = value.get("count") if isinstance(value, Fields) else value
        number = child.count
        is_fixed = number.spread is None or number.spread.shape == "fixed"
        if said is None and is_fixed and number.per == "parent" and number.inflow_per_day is None:
            said = number.mean if number.mean >= 1 and number.mean == int(number.mean) else None
        if said is None:
            self.reading.error(
                "incomplete",
                f"{self.what} does not say with how many `{word}`",
                word.span,
                f"add how many, as in `with: {{{word}: 3}}`",
            )
            return None
        most = number.spread.high if number.spread is not None else None
        if most is not None and said > most and number.per == "parent":
            self.reading.error(
                "impossible-value",
                f"{self.what} puts {plain(said)} `{word}` with each parent, which has "
                f"{plain(most)} at the most",
                word.span,
                f"put fewer, or raise `max` in the count of `{word}`",
            )
            return None
        return int(said)


def _named(value: Any) -> Iterator[tuple[Word, Any]]:
    """Yield the entities that `with` names, each with what is said of them.

    Without those of which something is said that cannot be read: that is an error already.
    """
    for each in (value,) if isinstance(value, Word) else value or ():
        if not isinstance(each, Entry):
            yield each, None
        elif each.value is not None and not (
            isinstance(each.value, Fields)
            and "count" in each.value
            and each.value.get("count") is None
        ):
            yield each.name, each.value
