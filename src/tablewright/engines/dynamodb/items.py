"""The items a design stores for instances of a model, in wire form.

In: a design's table and shape, an instance (a row of plain values), its children where they are
embedded. Out: the item DynamoDB would hold. Sizing and seeding agree: both read the same shapes.
"""

from __future__ import annotations

import datetime as dt
import gzip
import json
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from tablewright.engines.dynamodb.buckets import LENGTHS, bucket_of, buckets_between
from tablewright.engines.dynamodb.design import ItemShape, KeyTemplate, Table
from tablewright.engines.dynamodb.geohash import GEOHASH, geohash, neighbours
from tablewright.engines.dynamodb.sizing import POINTER_BYTES, packed
from tablewright.engines.dynamodb.steps import ReadStep
from tablewright.model.values import Entity, Kind, Model
from tablewright.sample.calls import Call
from tablewright.sample.wire import item_to_wire, key_text, plain_bytes

TEXTS = frozenset({Kind.TEXT})
"""Kinds whose compressed form gives the value back as it is seeded; a map's is not typed there."""
Row = Mapping[str, Any]
Children = Callable[[str], Sequence[Row]]
"""Given an entity, the rows of the children embedded in this instance."""


def shard_of(entity: Entity, row: Row, shards: int) -> int:
    """Return the shard an instance belongs to, by a checksum of its key."""
    text = "#".join(str(row.get(name)) for name in entity.key)
    return zlib.crc32(text.encode()) % shards


def key_value(template: KeyTemplate, entity: Entity, row: Row, *, shard: int | None = None) -> Any:
    """Return the value of a key attribute for an instance; None where it is absent.

    Args:
        template: how the key is made.
        entity: whose key it is.
        row: the instance.
        shard: the shard to address; by default the instance's own.
    """
    for attribute, allowed in template.when:
        if key_text(row.get(attribute)) not in allowed:
            return None
    if len(template.parts) == 1 and template.parts[0].attribute:
        return field_value(template.parts[0].attribute, row)
    text = ""
    for part in template.parts:
        if part.literal:
            text += part.literal
        elif part.shards:
            number = shard_of(entity, row, part.shards) if shard is None else shard
            text += str(number).zfill(len(str(part.shards - 1)))
        else:
            value = field_value(part.attribute, row)
            if value is None:
                return None
            text += key_text(value)
    return text


def asked_value(
    template: KeyTemplate, entity: Entity, row: Row, *, shard: int | None = None
) -> Any:
    """Return the value of a key attribute that a query asks for; arguments as of `key_value`.

    That what is asked for has the attribute at all is known of the pattern; whose instances may
    have one of several states, of which the row has none.
    """
    return key_value(replace(template, when=()), entity, row, shard=shard)


def attribute_of(template: KeyTemplate) -> str:
    """Return the attribute that a key is, as it is; empty where the key is made of anything."""
    if template.when or len(template.parts) != 1 or "." in template.parts[0].attribute:
        return ""
    return template.parts[0].attribute


def field_value(name: str, row: Row) -> Any:
    """Return an attribute of an instance, or what is derived of one.

    The cell `location.geohash5` of a point, or the bucket `created_at.month` of a time.
    """
    base, _, cell = name.partition(".")
    value = row.get(base)
    if cell.startswith(GEOHASH) and value is not None:
        return geohash(float(value["lat"]), float(value["lon"]), int(cell[len(GEOHASH) :]))
    if cell in LENGTHS and value is not None:
        return bucket_of(value, cell)
    return value


def around(row: Row, name: str, keys: Sequence[tuple[str, KeyTemplate]]) -> list[Row]:
    """Return an instance moved to each of the nine cells around its own: what a search queries.

    Args:
        row: an instance with a point.
        name: the attribute that is the point.
        keys: the partition key; without a cell in it the instance alone comes back.
    """
    parts = [attribute for _, template in keys for attribute in template.attributes]
    cell = next((p for p in parts if p.startswith(f"{name}.{GEOHASH}")), "")
    if not cell:
        return [row]
    length = int(cell.rpartition(GEOHASH)[2])
    return [{**row, name: point} for point in neighbours(row[name], length)]


def in_buckets(step: ReadStep, call: Call) -> list[Row]:
    """Return what a call gives, in each stretch of time it asks for, in the order it wants them.

    An open end is as far away as items are old, or the time of the call.
    """
    base, _, unit = step.bucket.partition(".")
    condition = next((c for c in call.pattern.where if c.attribute == base), None)
    operands = call.bounds.get(base, ()) if condition is not None else ()
    low: Any = (call.now - dt.timedelta(days=float(step.age_days))).isoformat()
    high: Any = call.now.isoformat()
    if operands and condition is not None:
        if condition.operator in ("between", "gt", "ge"):
            low = operands[0]
        if condition.operator in ("between", "lt", "le"):
            high = operands[-1]
    buckets = buckets_between(low, high, unit)
    if not step.forward:
        buckets.reverse()
    return [{**call.row, base: bucket} for bucket in buckets]


class ItemMaker:
    """Makes the items of one shape of one table; what follows from the shape is worked out once."""

    def __init__(
        self, model: Model, table: Table, shape: ItemShape, *, keeps_values: bool = False
    ) -> None:
        """Prepare to make items.

        Args:
            model: the model.
            table: where they lie.
            shape: their kind.
            keeps_values: compress what is compressed so that it can be read back, whatever size the
                design states.
        """
        self.shape = shape
        self.keeps_values = keeps_values
        self.entity = model.entity(shape.entity)
        self._templates = [
            (key, template)
            for key in _key_names(table)
            if (template := shape.template(key)) is not None
        ]
        keys = {key for key, _ in self._templates}
        self._names = [name for name in shape.attributes if name not in keys]
        self._compress = dict(shape.compress)
        self._is_plain = not (shape.counters or shape.offload or shape.compress)
        copied = [(key, attribute_of(template)) for key, template in self._templates]
        copied += [(name, name) for name in self._names]
        self._copied = tuple(copied)
        # Every attribute is one of the instance, under its own or another name.
        self._is_copy = self._is_plain and not shape.embeds and all(name for _, name in copied)
        self._embeds = [
            (embed, child.key[-1], [a.name for a in child.attributes if not a.generated])
            for embed in shape.embeds
            for child in (model.entity(embed.entity),)
        ]

    def item(self, row: Row, children: Children, shard: int | None = None) -> dict[str, Any]:
        """Return the item for an instance, in wire form.

        Args:
            row: the instance.
            children: gives what is embedded.
            shard: of counters, which of their items; the first holds what has been counted.
        """
        if self._is_copy:
            return item_to_wire({name: row.get(source) for name, source in self._copied})
        item: dict[str, Any] = {
            key: key_value(template, self.entity, row, shard=shard)
            for key, template in self._templates
        }
        if self._is_plain:
            for name in self._names:
                item[name] = row.get(name)
        else:
            for name in self._names:
                item[name] = self._stored(name, row, shard)
        for embed, key, names in self._embeds:
            elements = [
                {name: each[name] for name in names if each.get(name) is not None}
                for each in children(embed.entity)
            ]
            item[embed.attribute] = (
                {key_text(element[key]): element for element in elements}
                if embed.as_map
                else elements
            )
        return item_to_wire(item)

    def _stored(self, name: str, row: Row, shard: int | None) -> Any:
        """Return what the item holds of an attribute."""
        value = row.get(name)
        if value is None:
            return None
        if shard and name in self.shape.counters:
            return 0
        if name in self.shape.offload:
            return pointer(name, self.entity, row)
        if name not in self._compress:
            return value
        return compacted(value) if self.keeps_values else compressed(value, self._compress[name])


def item_for(
    model: Model,
    table: Table,
    shape: ItemShape,
    row: Row,
    children: Children,
    shard: int | None = None,
    *,
    keeps_values: bool = False,
) -> dict[str, Any]:
    """Return the item of one shape for an instance, in wire form; `ItemMaker` makes many."""
    return ItemMaker(model, table, shape, keeps_values=keeps_values).item(row, children, shard)


def object_place(name: str, entity: Entity, row: Row) -> str:
    """Return what the keys of all objects begin with that hold an attribute of an instance."""
    own_key = "/".join(str(row.get(key)) for key in entity.key)
    return f"{entity.name}/{name}/{own_key}"


def checksum(value: Any) -> str:
    """Return the eight hexadecimal digits that tell one value of an attribute from another."""
    return f"{zlib.crc32(str(value).encode()):08x}"


def object_key(name: str, entity: Entity, row: Row) -> str:
    """Return the key of the object that holds an attribute of an instance: each value has its own.

    So an object is there before the item that names it, and one whose item could not be written is
    never seen.
    """
    return f"{object_place(name, entity, row)}/{checksum(row.get(name))}"


def pointer(name: str, entity: Entity, row: Row) -> str:
    """Return the pointer that stays in the item of a value kept in object storage."""
    check = checksum(row.get(name))
    start = f"s3://{object_place(name, entity, row)}"
    return start[: POINTER_BYTES - len(check)].ljust(POINTER_BYTES - len(check), "#") + check


def compressed(value: Any, ratio: Decimal) -> bytes:
    """Return a value as it is stored compressed.

    With a stated ratio the bytes are as many as that ratio says (the gzip of the value, cut or
    filled up), so that a stored item has the size the design states; else they are the gzip itself.
    """
    exact = packed(value)
    if ratio <= 0:
        return exact
    numerator, denominator = ratio.as_integer_ratio()
    required = max(1, round(plain_bytes(value) * numerator / denominator))
    return exact[:required].ljust(required, b"\0")


def compacted(value: Any) -> bytes:
    """Return a value compressed so that `restored` gives it back: the gzip of a text, or of JSON.

    Example:
        >>> restored(compacted({"price": Decimal("2.50"), "n": [1, True, None]}), is_text=False)
        {'n': [1, True, None], 'price': Decimal('2.50')}
    """
    text = value if isinstance(value, str) else _json_text(value)
    return gzip.compress(text.encode(), compresslevel=6, mtime=0)


def restored(content: bytes, *, is_text: bool) -> Any:
    """Return the value that was compressed.

    Raises:
        ValueError: the bytes are no gzip, or were cut or filled to a size that a design states.
    """
    try:
        text = gzip.decompress(content).decode()
        return text if is_text else json.loads(text, parse_float=Decimal)
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as problem:
        raise ValueError(f"it cannot be decompressed: {problem}") from problem


def _json_text(value: Any) -> str:
    """Return JSON with numbers as they are."""
    if isinstance(value, Mapping):
        inner = (f"{json.dumps(str(k))}:{_json_text(v)}" for k, v in sorted(value.items()))
        return "{" + ",".join(inner) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(_json_text, value)) + "]"
    if isinstance(value, Decimal):
        return format(value, "f")
    return json.dumps(value, default=str)


def _key_names(table: Table) -> tuple[str, ...]:
    names = dict.fromkeys(table.keys)
    for index in table.indexes:
        names.update(dict.fromkeys(index.keys))
    return tuple(names)
