"""Instances of entities as the items of a DynamoDB design, and back.

In: a model, a design; an instance with its children, or an item in wire form. Out: items, or what
an item says of the instances in it. Pure. What is kept in object storage, or compressed to a stated
size, cannot be read back from the item: `unreadable` names it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from tablewright.capacity.items import item_bytes
from tablewright.capacity.limits import MAX_ITEM_BYTES
from tablewright.core.errors import EngineError
from tablewright.engines.dynamodb.decoding import KeyReader, plain_value
from tablewright.engines.dynamodb.design import DynamoDesign, ItemShape, Table
from tablewright.engines.dynamodb.items import TEXTS, ItemMaker, restored
from tablewright.evaluation.doors import Fragment, Record, RecordKind
from tablewright.model.values import Entity, Model
from tablewright.sample.calls import Children, Row
from tablewright.sample.wire import to_wire


class DynamoCodec:
    """How one design stores the instances of one model."""

    needs_parents = False
    native_form = "ddb-json"
    has_doubles = False

    def __init__(
        self,
        model: Model,
        design: DynamoDesign,
        expiry_shift: int = 0,
        *,
        keeps_values: bool = False,
    ) -> None:
        self.model = model
        self.design = design
        self.expiry_shift = expiry_shift
        self.keeps_values = keeps_values
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
        self._makers = {
            place: ItemMaker(model, *pair, keeps_values=keeps_values)
            for place, pair in self._shapes.items()
        }
        self._keys = {place: frozenset(table.keys) for place, (table, _) in self._shapes.items()}
        self._readers: dict[str, list[_ShapeReader]] = {}
        for table, shape in self._shapes.values():
            reader = _ShapeReader(model, table, shape, keeps_values=keeps_values)
            self._readers.setdefault(table.name, []).append(reader)
        self._kinds_of = {
            entity.name: tuple(kind for kind in self.kinds if kind.entity == entity.name)
            for entity in model.entities
        }
        self._unreadable = {e.name: self._never_read(e.name) for e in model.entities}

    def unreadable(self, entity: str) -> frozenset[str]:
        """Return the attributes whose stored form does not give the value back."""
        return self._unreadable[entity]

    def _never_read(self, entity: str) -> frozenset[str]:
        readable: set[str] = set()
        stored: set[str] = set()
        for reader in (reader for readers in self._readers.values() for reader in readers):
            if reader.shape.entity == entity:
                stored |= set(reader.shape.attributes)
                readable |= set(reader.shape.attributes) - reader.hidden
        return frozenset(stored - readable)

    def encode(
        self, entity: str, row: Row, children: Children, kind: RecordKind | None = None
    ) -> Iterator[Record]:
        """Yield every item that an instance takes in this design, or those of one kind."""
        for each in self._kinds_of[entity] if kind is None else (kind,):
            if each.entity != entity:
                continue
            place = (each.container, each.name)
            table, shape = self._shapes[place]
            maker, keys = self._makers[place], self._keys[place]
            for copy in range(each.copies):
                item = maker.item(row, children, copy if shape.counters else None)
                if not keys <= item.keys():
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
        reader, keys = self._fitting(container, content, whole=True)
        if reader is None:  # it may lack what every item of its kind should have
            reader, keys = self._fitting(container, content, whole=False)
        if reader is None:
            shown = ", ".join(sorted(content))
            raise EngineError(f"an item of {container} is of no kind the design knows: {shown}")
        yield from reader.fragments(content, keys)

    def _fitting(
        self, container: str, content: Mapping[str, Any], *, whole: bool
    ) -> tuple[_ShapeReader | None, Row]:
        """Return the shape that an item fits best, None if none, and what its keys tell."""
        best: _ShapeReader | None = None
        best_keys: Row = {}
        best_fit = 0
        for reader in self._readers.get(container, ()):
            fit, keys = reader.fit(content, whole=whole)
            if fit > best_fit:
                best, best_keys, best_fit = reader, keys, fit
        return best, best_keys

    def to_plain(self, content: Mapping[str, Any]) -> dict[str, Any]:
        """Return an item in wire form as plain values."""
        return {name: plain_value(value) for name, value in content.items()}

    def content_bytes(self, content: Mapping[str, Any]) -> int:
        """Return the bytes of an item as the limit of 400 KB counts them."""
        return item_bytes(content)

    def key_text(self, container: str, content: Mapping[str, Any]) -> str:
        """Return the values of the table's key, joined."""
        keys = self.design.table(container).keys
        return "/".join(str(plain_value(content[name])) for name in keys if name in content)

    def from_plain(self, plain: Mapping[str, Any]) -> dict[str, Any]:
        """Return plain values as an item in wire form; a null stays one."""
        return {name: to_wire(value) for name, value in plain.items()}

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

    def __init__(self, model: Model, table: Table, shape: ItemShape, *, keeps_values: bool) -> None:
        self.model, self.table, self.shape = model, table, shape
        self.entity: Entity = model.entity(shape.entity)
        self.keys = KeyReader(shape, self.entity)
        stored = {*shape.attributes, *(embed.attribute for embed in shape.embeds)}
        self.names = stored | {name for name, _ in shape.keys} | set(table.keys)
        texts = {a.name for a in self.entity.attributes if a.kind in TEXTS}
        self.packed = {
            n for n, ratio in shape.compress if keeps_values or (ratio <= 0 and n in texts)
        }
        self._texts = texts
        self.hidden = {*shape.offload, *(n for n, _ in shape.compress)} - self.packed
        self.always = {
            name for name in shape.attributes if self.entity.attribute(name).presence >= 1
        }
        self.required = {key for key in table.keys if shape.template(key) is not None}
        self.fixed_text = self.keys.fixed_text(table.keys)
        own = set(self.entity.names)
        self._own_keys = own.issuperset(a for _, t in shape.keys for a in t.attributes)
        self._own = own
        self._plain = [n for n in shape.attributes if n not in self.hidden | self.packed]
        self._packed = [n for n in shape.attributes if n in self.packed]
        self._embeds = [(e.attribute, model.entity(e.entity)) for e in shape.embeds]

    def fit(self, item: Mapping[str, Any], *, whole: bool = True) -> tuple[int, Row]:
        """Return how well an item fits, 0 where it is of another kind, and what its keys tell.

        Its keys have to read as the shape's templates do, each of its attributes has to be one of
        the shape's, and of a whole item none that every instance has may be missing. Of several
        shapes that fit the one with most fixed text in its keys is meant, then that with most
        attributes.
        """
        names = item.keys()
        required = self.always if whole else self.required
        if not (names <= self.names and names >= required):
            return 0, {}
        keys = self.keys.row(item)
        if keys is None:
            return 0, {}
        return 1 + len(item) + 1000 * self.fixed_text, keys

    def fragments(self, item: Mapping[str, Any], keys: Row) -> Iterator[Fragment]:
        """Yield the instance of an item, then the children embedded in it.

        Args:
            item: the item.
            keys: what its keys tell, as `fit` returned it.
        """
        row = dict(keys)
        if not self._own_keys:
            row = {name: value for name, value in keys.items() if name in self._own}
        for name in self._plain:
            value = item.get(name)
            if value is not None:
                text = value.get("S")
                row[name] = plain_value(value) if text is None else text
        for name in self._packed:
            if name in item:
                with suppress(ValueError):  # cut or filled to a stated size: it cannot be read back
                    content = plain_value(item[name])
                    row[name] = restored(content, is_text=name in self._texts)
        identity = tuple([row.get(name) for name in self.entity.key])
        yield Fragment(
            entity=self.entity.name,
            identity=() if None in identity else identity,
            attributes=row,
            is_copy=bool(self.shape.guards),
        )
        for attribute, child in self._embeds:
            inherited = {name: row[name] for name in self.entity.key if name in row}
            value = plain_value(item[attribute]) if attribute in item else []
            for element in value.values() if isinstance(value, dict) else value:
                attributes = {**inherited, **element}
                yield Fragment(
                    entity=child.name,
                    identity=tuple(attributes.get(name) for name in child.key),
                    attributes=attributes,
                )
