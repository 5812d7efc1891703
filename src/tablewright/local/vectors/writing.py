"""What a write does to the vector indexes of its table, what it is charged, and what is refused.

In: a table with vector indexes and the item before and after. Out: changed entries, bytes on the
meter, or the service's refusal of a vector that does not fit.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tablewright.capacity.items import value_bytes
from tablewright.capacity.vectors import vector_bytes, write_request_bytes
from tablewright.local.faults import ValidationException
from tablewright.local.vectors.values import pack

if TYPE_CHECKING:
    from tablewright.local.engine import LocalEngine
    from tablewright.local.metering import TableMeter
    from tablewright.local.tables import Table
    from tablewright.local.vectors.index import VectorIndex
    from tablewright.local.writing import Image

WireItem = Mapping[str, Any]

_INVALID = "One or more parameter values were invalid. "


def check_vectors(table: Table, item: WireItem) -> None:
    """Refuse an item whose vector or index partition key does not fit a vector index.

    Raises:
        ValidationException: the first thing that does not fit.
    """
    for index in table.vectors.values():
        value = item.get(index.attribute)
        if value is not None:
            _check_vector(index, value)
        if index.hash_key is not None:
            _check_hash(index, item)


def _check_vector(index: VectorIndex, value: Mapping[str, Any]) -> None:
    name = index.attribute
    components = value.get("L")
    if components is None:
        raise ValidationException(
            f"{_INVALID}Invalid type for parameter {name}, Expected: 32-bit floating point number "
            f"list IndexName: {index.name}"
        )
    if len(components) != index.dimensions:
        raise ValidationException(
            f"{_INVALID}Invalid size for parameter {name}, Expected: {index.dimensions}, "
            f"Actual: {len(components)} IndexName: {index.name}"
        )
    if pack(components) is None:
        for position, component in enumerate(components):
            if pack([component]) is None:
                (kind,) = component
                raise ValidationException(
                    f"{_INVALID}Invalid type for parameter {name}[{position}], Expected: 32-bit "
                    f"floating point number, Actual: {kind}. IndexName: {index.name}"
                )


def _check_hash(index: VectorIndex, item: WireItem) -> None:
    assert index.hash_key is not None
    name, kind = index.hash_key
    value = item.get(name)
    if value is None:
        return
    if kind not in value:
        (actual,) = value
        raise ValidationException(
            "One or more parameter values were invalid: Type mismatch for Index Key "
            f"{name} Expected: {kind} Actual: {actual} IndexName: {index.name}"
        )
    if kind != "N" and not value[kind]:
        what = "string" if kind == "S" else "binary"
        raise ValidationException(
            "One or more parameter values are not valid. A value specified for a secondary index "
            "key is not supported. The AttributeValue for a key attribute cannot contain an empty "
            f"{what} value. IndexName: {index.name}, IndexKey: {name}"
        )


def written_bytes(table: Table, image: Image | None) -> int | None:
    """Return the bytes that a write of an item is charged for on its table, None for no item.

    An attribute that a vector index reads counts four bytes a dimension instead of its digits
    (measured on AWS, paritysuite, 9 October 2026); reads and the limit of 400 KB count the digits.
    """
    if image is None:
        return None
    if not table.vectors:
        return image.size
    size = image.size
    item = image.item
    for attribute, dimensions in {
        index.attribute: index.dimensions for index in table.vectors.values()
    }.items():
        value = item.get(attribute)
        if value is not None and len(value.get("L", ())) == dimensions:
            size += vector_bytes(dimensions) - value_bytes(value)
    return size


def write_vectors(
    engine: LocalEngine,
    table: Table,
    key: bytes,
    old: Image | None,
    new: Image | None,
    meter: TableMeter | None,
) -> None:
    """Change the entries of an item in all vector indexes of its table. Inside a write."""
    for index in table.vectors.values():
        _write_entry(engine, index, key, old, new, meter)


def _write_entry(
    engine: LocalEngine,
    index: VectorIndex,
    key: bytes,
    old: Image | None,
    new: Image | None,
    meter: TableMeter | None,
) -> None:
    before = index.vector(old.item) if old is not None else None
    after = index.vector(new.item) if new is not None else None
    bytes_before = bytes_after = None
    partition_before = partition_after = None
    if old is not None and before is not None:
        bytes_before = index.bytes_of(old.item, stored_bytes=old.size)
        partition_before = index.partition(old.item)
    if new is not None and after is not None:
        bytes_after = index.bytes_of(new.item, stored_bytes=new.size)
        partition_after = index.partition(new.item)
    if bytes_before is None and bytes_after is None:
        return
    has_moved = partition_before != partition_after
    is_changed = has_moved or before != after or _other_changed(index, old, new)
    if partition_before is not None and has_moved:
        remove_entry(engine, index, partition_before, key)
    if new is not None and after is not None and partition_after is not None and is_changed:
        assert bytes_after is not None
        put_entry(engine, index, partition_after, key, new.item, after, bytes_after)
    index.held.change(bytes_before, bytes_after)
    if meter is not None:
        charged = write_request_bytes(
            bytes_before,
            bytes_after,
            is_changed=is_changed,
            has_moved=has_moved and bytes_before is not None and bytes_after is not None,
        )
        if charged:
            meter.add_vector_write(index.name, charged)


def _other_changed(index: VectorIndex, old: Image | None, new: Image | None) -> bool:
    """Whether any projected attribute beside the vector differs between two entries."""
    if old is None or new is None:
        return True
    if old.raw == new.raw:
        return False
    before, after = dict(index.entry(old.item)), dict(index.entry(new.item))
    before.pop(index.attribute, None)
    after.pop(index.attribute, None)
    return before != after


def put_entry(
    engine: LocalEngine,
    index: VectorIndex,
    partition: bytes,
    key: bytes,
    item: WireItem,
    vector: bytes,
    size: int,
) -> None:
    """Store the entry of an item. Inside a write."""
    raw = index.stored(vector, item, in_memory=engine.store.path is None)
    engine.store.put(index.space, partition + key, size, raw)
    matrix = index.matrices.get(partition)
    if matrix is not None:
        matrix.put(key, vector, index.filter_values(item))


def remove_entry(engine: LocalEngine, index: VectorIndex, partition: bytes, key: bytes) -> None:
    """Remove the entry of an item. Inside a write."""
    engine.store.delete(index.space, partition + key)
    matrix = index.matrices.get(partition)
    if matrix is not None:
        matrix.remove(key)


def add_existing(engine: LocalEngine, index: VectorIndex, key: bytes, image: Image) -> None:
    """Give an item that was written earlier its entry in a new index. Inside a write."""
    vector = index.vector(image.item)
    if vector is None:
        return
    size = index.bytes_of(image.item, stored_bytes=image.size)
    put_entry(engine, index, index.partition(image.item), key, image.item, vector, size)
