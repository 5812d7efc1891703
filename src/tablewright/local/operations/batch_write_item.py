"""BatchWriteItem: put and delete up to twenty-five items, each write by itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tablewright.capacity.limits import MAX_BATCH_WRITE_ITEMS
from tablewright.capacity.units import write_units
from tablewright.local.faults import ValidationException
from tablewright.local.tables import Table
from tablewright.local.validation import (
    check_item,
    check_key_types,
    check_request,
    key_given,
    key_of_item,
)
from tablewright.local.writing import (
    Image,
    check_item_size,
    collection_metrics,
    size_of,
    stored_image,
    write,
)

if TYPE_CHECKING:
    from tablewright.local.engine import Engine
    from tablewright.local.metering import Meter


@dataclass(frozen=True, slots=True)
class _Write:
    table: Table
    key: bytes
    given: dict[str, Any]
    new: Image | None


def run(engine: Engine, request: dict[str, Any], meter: Meter) -> dict[str, Any]:
    """Carry out a BatchWriteItem request."""
    request = check_request("batch_write_item", request)
    asked = request["RequestItems"]
    if sum(map(len, asked.values())) > MAX_BATCH_WRITE_ITEMS:
        raise ValidationException("Too many items requested for the BatchWriteItem call")
    images = {name: [_image(given) for given in writes] for name, writes in asked.items()}
    planned = [
        write_ for name, given in images.items() for write_ in _plan(engine.table(name), given)
    ]
    reply: dict[str, Any] = {"UnprocessedItems": {}}
    with engine.store.writing:
        for one in planned:
            old = stored_image(engine, one.table, one.key)
            units = meter.table(one.table.name)
            units.add(writes=write_units(size_of(old), size_of(one.new)))
            write(engine, one.table, one.key, old, one.new, units)
        if request.get("ReturnItemCollectionMetrics") == "SIZE":
            reply["ItemCollectionMetrics"] = _collections(engine, planned)
    consumed = meter.all_consumed(request.get("ReturnConsumedCapacity"))
    if consumed is not None:
        reply["ConsumedCapacity"] = consumed
    return reply


def _image(given: dict[str, Any]) -> tuple[dict[str, Any], Image | None]:
    """Return the key or item of one write, and the image to be put (None deletes)."""
    if len(given) != 1:
        raise ValidationException(
            "Supplied AttributeValue has more than one datatypes set, must contain exactly one "
            "of the supported datatypes"
        )
    if "DeleteRequest" in given:
        key: dict[str, Any] = given["DeleteRequest"]["Key"]
        check_item(key)
        return key, None
    item: dict[str, Any] = given["PutRequest"]["Item"]
    check_item(item)
    image = Image.of(item)
    check_item_size(image)
    return item, image


def _plan(table: Table, given: list[tuple[dict[str, Any], Image | None]]) -> list[_Write]:
    planned = []
    for item, new in given:
        if new is not None:
            check_key_types(table, item)
        key = key_given(table, item) if new is None else key_of_item(table, item)
        planned.append(_Write(table, key, item, new))
    if len({one.key for one in planned}) != len(planned):
        raise ValidationException("Provided list of item keys contains duplicates")
    return planned


def _collections(engine: Engine, planned: list[_Write]) -> dict[str, Any]:
    out: dict[str, list[dict[str, Any]]] = {}
    for one in planned:
        if one.table.has_local_indexes:
            metrics = collection_metrics(engine, one.table, one.given)
            listed = out.setdefault(one.table.name, [])
            if metrics not in listed:
                listed.append(metrics)
    return out
