"""Instances of entities as the items of a DynamoDB design, and back.

In: a model, a design; an instance with its children, or an item in wire form. Out: items, or what
an item says of the instances in it. Pure. What is kept in object storage, or compressed to a stated
size, cannot be read back from the item: `unreadable` names it.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tablewright.capacity.items import item_bytes
from tablewright.capacity.limits import MAX_ITEM_BYTES
from tablewright.core.errors import EngineError
from tablewright.engines.dynamodb.decoding import KeyReader, plain_value
from tablewright.engines.dynamodb.design import DynamoDesign, ItemShape, Table
from tablewright.engines.dynamodb.items import item_for
from tablewright.evaluation.doors import Fragment, Record, RecordKind
from tablewright.model.values import Entity, Kind, Model
from tablewright.sample.calls import Children, Row

TEXTS = frozenset({Kind.TEXT})
"""Kinds whose compressed form gives the value back; that of a map does not keep its types."""


class DynamoCodec:
    """How one design stores the instances of one model."""

    needs_parents = False

    def __init__(self, model: Model, design: DynamoDesign, expiry_shift: int = 0) -> None:
        self.model = model
        self.design = design
        self.expiry_shift = expiry_shift
        self._shapes = {
            (table.name, shape.name): (table, shape)
            for table in design.tables
            for shape in table.shapes
        }
        self.kinds = tuple(
            RecordKind(
                container=table.name,
                name=shape.name,
                entity=shape.entity,
                copies=shape.copies,
                is_copy=bool(shape.guards),
            )
            for table, shape in self._shapes.values()
        )
        self.embedded = frozenset(
            embed.entity for _, shape in self._shapes.values() for embed in shape.embeds
        )
        self.expiry = frozenset(table.ttl for table in design.tables if table.ttl)
        self._readers = {place: _ShapeReader(model, *pair) for place, pair in self._shapes.items()}

    def unreadable(self, entity: str) -> frozenset[str]:
        """Return the attributes whose stored form does not give the value back."""
        readable: set[str] = set()
        stored: set[str] = set()
        for table in self.design.tables:
            for shape in table.shapes_of(entity):
                readers = self._readers[table.name, shape.name]
                stored |= set(shape.attributes)
                readable |= set(shape.attributes) - readers.hidden
        return frozenset(stored - readable)

    def encode(
        self, entity: str, row: Row, children: Children, kind: RecordKind | None = None
    ) -> Iterator[Record]:
        """Yield every item that an instance takes in this design, or those of one kind."""
        for each in self.kinds if kind is None else (kind,):
            if each.entity != entity:
                continue
            table, shape = self._shapes[each.container, each.name]
            for copy in range(shape.copies):
                shard = copy if shape.counters else None
                item = item_for(self.model, table, shape, row, children, shard)
                if not all(key in item for key in table.keys):
                    continue  # the instance has no value for a key: it is not stored there
                self._move_expiry(table, item)
                yield Record(container=table.name, kind=shape.name, content=item)

    def _move_expiry(self, table: Table, item: dict[str, Any]) -> None:
        if self.expiry_shift and table.ttl in item and "N" in item[table.ttl]:
            seconds = int(item[table.ttl]["N"]) + self.expiry_shift
            item[table.ttl] = {"N": str(seconds)}

    def decode(self, container: str, content: Mapping[str, Any]) -> Iterator[Fragment]:
        """Yield what an item says of the instances in it.

        Raises:
            EngineError: the item is of no kind that the design knows.
        """
        fitting = [
            (reader.fit(content), reader)
            for (table, _), reader in self._readers.items()
            if table == container
        ]
        fits, reader = max(fitting, key=lambda pair: pair[0], default=(0, None))
        if reader is None or not fits:
            shown = ", ".join(sorted(content))
            raise EngineError(f"an item of {container} is of no kind the design knows: {shown}")
        yield from reader.fragments(content)

    def key(self, record: Record) -> tuple[Any, ...]:
        """Return the values of the table's key attributes, each with its type."""
        table = self.design.table(record.container)
        return tuple(record.content[name] for name in table.keys)

    def refusal(self, record: Record) -> str:
        """Return why DynamoDB would refuse an item; "" if it would not."""
        size = item_bytes(record.content)
        if size > MAX_ITEM_BYTES:
            return f"{size:,} bytes where an item has at most {MAX_ITEM_BYTES:,}"
        for name in self.design.table(record.container).keys:
            if record.content[name] in ({"S": ""}, {"B": ""}):
                return f"its key attribute {name} is empty"
        return ""

    def differences(
        self, expected: Sequence[Record], stored: Sequence[Mapping[str, Any] | None]
    ) -> tuple[str, ...]:
        """Return the attributes in which stored items of one kind differ from what was written.

        Counters are compared by their sums over the shards. An expiry that was moved is not
        compared: a write may have set it again.
        """
        table, shape = self._shapes[expected[0].container, expected[0].kind]
        if shape.counters:
            return _counter_differences(shape, expected, stored)
        names: dict[str, None] = {}
        for record, item in zip(expected, stored, strict=True):
            content = {} if item is None else item
            for name in sorted({*record.content, *content}):
                if name == table.ttl and self.expiry_shift:
                    continue
                if record.content.get(name) != content.get(name):
                    names[name] = None
        return tuple(names)


def _counter_differences(
    shape: ItemShape, expected: Sequence[Record], stored: Sequence[Mapping[str, Any] | None]
) -> tuple[str, ...]:
    def total(items: Sequence[Mapping[str, Any] | None], name: str) -> Any:
        return sum(plain_value(item[name]) for item in items if item and name in item)

    contents = [record.content for record in expected]
    return tuple(name for name in shape.counters if total(contents, name) != total(stored, name))


class _ShapeReader:
    """Reads the items of one shape of one table."""

    def __init__(self, model: Model, table: Table, shape: ItemShape) -> None:
        self.model, self.table, self.shape = model, table, shape
        self.entity: Entity = model.entity(shape.entity)
        self.keys = KeyReader(shape, self.entity)
        stored = {*shape.attributes, *(embed.attribute for embed in shape.embeds)}
        self.names = stored | {name for name, _ in shape.keys} | set(table.keys)
        texts = {a.name for a in self.entity.attributes if a.kind in TEXTS}
        self.packed = {n for n, ratio in shape.compress if ratio <= 0 and n in texts}
        self.hidden = {*shape.offload, *(n for n, _ in shape.compress)} - self.packed
        self.always = {
            name for name in shape.attributes if self.entity.attribute(name).presence >= 1
        }

    def fit(self, item: Mapping[str, Any]) -> int:
        """Return how well an item fits: 0 where it is of another kind.

        Its keys have to read as the shape's templates do, each of its attributes has to be one of
        the shape's, and none that every instance has may be missing. Of several shapes that fit
        the one with most fixed text in its keys is meant, then that with most attributes.
        """
        if not set(item) <= self.names or not self.always <= set(item):
            return 0
        texts = self.keys.fixed_text(item, self.table.keys)
        return 0 if texts is None else 1 + len(item) + 1000 * texts

    def fragments(self, item: Mapping[str, Any]) -> Iterator[Fragment]:
        """Yield the instance of an item, then the children embedded in it."""
        shape, entity = self.shape, self.entity
        keys = self.keys.row(item) or {}
        row = {name: value for name, value in keys.items() if entity.has(name)}
        for name in shape.attributes:
            if name in item and name not in self.hidden:
                value = plain_value(item[name])
                row[name] = gzip.decompress(value).decode() if name in self.packed else value
        identity = tuple(row.get(name) for name in entity.key)
        yield Fragment(
            entity=entity.name,
            identity=() if None in identity else identity,
            attributes=row,
            is_copy=bool(shape.guards),
        )
        for embed in shape.embeds:
            child = self.model.entity(embed.entity)
            inherited = {name: row[name] for name in entity.key if name in row}
            value = plain_value(item[embed.attribute]) if embed.attribute in item else []
            for element in value.values() if isinstance(value, dict) else value:
                attributes = {**inherited, **element}
                yield Fragment(
                    entity=child.name,
                    identity=tuple(attributes.get(name) for name in child.key),
                    attributes=attributes,
                )
