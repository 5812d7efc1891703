"""BatchWriteItem: put and delete up to twenty-five items, each write by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tablewright.capacity.limits import MAX_BATCH_WRITE_ITEMS
from tablewright.capacity.units import write_units
from tablewright.core.frozen import frozen
from tablewright.local.faults import ValidationException
from tablewright.local.tables import Table
from tablewright.local.validation import (
    check_item,
    check_key_types,
    check_request,
    key_of_item,
    key_of_request,
)
from tablewright.local.vectors.writing import written_bytes
from tablewright.local.writing import (
    Image,
    check_item_size,
    collection_metrics,
    stored_image,
    write,
)

if TYPE_CHECKING:
    from tablewright.local.engine import LocalEngine
    from tablewright.local.metering import Meter


@frozen(kw_only=False)
class _Write:
    table: Table
    key: bytes
    item: dict[str, Any]
    """The item to be put, or the key to be deleted."""
    new: Image | None


def run(engine: LocalEngine, request: dict[str, Any], meter: Meter) -> dict[str, Any]:
    """Carry out a BatchWriteItem request."""
    _check_not_empty(engine, request)
    request = check_request("batch_write_item", request)
    requested = request["RequestItems"]
    if sum(map(len, requested.values())) > MAX_BATCH_WRITE_ITEMS:
        raise ValidationException("Too many items requested for the BatchWriteItem call")
    images = {name: [_image(entry) for entry in entries] for name, entries in requested.items()}
    planned = [
        planned_write
        for name, entries in images.items()
        for planned_write in _plan(engine.table(name), entries)
    ]
    reply: dict[str, Any] = {"UnprocessedItems": {}}
    with engine.store.writing:
        for each in planned:
            old = stored_image(engine, each.table, each.key)
            units = meter.table(each.table.name)
            units.add(
                writes=write_units(
                    written_bytes(each.table, old), written_bytes(each.table, each.new)
                )
            )
            write(engine, each.table, each.key, old, each.new, units)
        if request.get("ReturnItemCollectionMetrics") == "SIZE":
            reply["ItemCollectionMetrics"] = _collections(engine, planned)
    consumed = meter.all_consumed(request.get("ReturnConsumedCapacity"))
    if consumed is not None:
        reply["ConsumedCapacity"] = consumed
    return reply


_NEWER_EMPTY_REGIONS = frozenset({"ap-east-2", "ap-southeast-1", "eu-central-1"})
"""Regions that answer an empty batch in the newer form (captured 2026-10-07)."""


def _check_not_empty(engine: LocalEngine, request: dict[str, Any]) -> None:
    if request.get("RequestItems") != {}:
        return
    if engine.region in _NEWER_EMPTY_REGIONS:
        raise ValidationException(
            "1 validation error detected: Value at 'RequestItems' failed to satisfy constraint: "
            "Member must have length greater than or equal to 1"
        )
    raise ValidationException("The requestItems parameter is required for BatchWriteItem")


def _image(entry: dict[str, Any]) -> tuple[dict[str, Any], Image | None]:
    """Return the key or item of one write, and the image to be put (None deletes)."""
    if len(entry) != 1:
        raise ValidationException(
            "Supplied AttributeValue has more than one datatypes set, must contain exactly one "
            "of the supported datatypes"
        )
    if "DeleteRequest" in entry:
        key: dict[str, Any] = entry["DeleteRequest"]["Key"]
        check_item(key)
        return key, None
    item: dict[str, Any] = entry["PutRequest"]["Item"]
    check_item(item)
    image = Image.of(item)
    check_item_size(image)
    return item, image


def _plan(table: Table, entries: list[tuple[dict[str, Any], Image | None]]) -> list[_Write]:
    planned = []
    for item, new in entries:
        if new is not None:
            check_key_types(table, item)
        key = key_of_request(table, item) if new is None else key_of_item(table, item)
        planned.append(_Write(table, key, item, new))
    if len({each.key for each in planned}) != len(planned):
        raise ValidationException("Provided list of item keys contains duplicates")
    return planned


def _collections(engine: LocalEngine, planned: list[_Write]) -> dict[str, Any]:
    out: dict[str, list[dict[str, Any]]] = {}
    for each in planned:
        if each.table.has_local_indexes:
            metrics = collection_metrics(engine, each.table, each.item)
            listed = out.setdefault(each.table.name, [])
            if metrics not in listed:
                listed.append(metrics)
    return out
