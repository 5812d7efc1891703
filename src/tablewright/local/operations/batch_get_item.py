"""BatchGetItem: read up to a hundred items of several tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tablewright.capacity.limits import MAX_BATCH_GET_BYTES, MAX_BATCH_GET_KEYS
from tablewright.capacity.units import Consistency, read_units
from tablewright.local.expressions import BoundProjection
from tablewright.local.faults import ValidationException
from tablewright.local.requests import bind_projection, check_all_used_in, projected
from tablewright.local.tables import Table
from tablewright.local.validation import (
    Layer,
    check_expression_parameters,
    check_item,
    check_request,
    key_of_request,
)
from tablewright.local.validation.parameters import mixed_parameters
from tablewright.local.writing import stored_image

if TYPE_CHECKING:
    from tablewright.local.engine import LocalEngine
    from tablewright.local.metering import Meter


Keyed = list[tuple[bytes, dict[str, Any]]]


def run(engine: LocalEngine, request: dict[str, Any], meter: Meter) -> dict[str, Any]:
    """Carry out a BatchGetItem request."""
    layer = engine.read_layer
    request = check_request("batch_get_item", request, layer)
    requested = request["RequestItems"]
    _check_kinds(requested)
    projections = {name: _check(entry, layer) for name, entry in requested.items()}
    if sum(len(entry["Keys"]) for entry in requested.values()) > MAX_BATCH_GET_KEYS:
        raise ValidationException("Too many items requested for the BatchGetItem call")
    planned = [
        (name, table := engine.table(name), _keys(table, entry["Keys"]))
        for name, entry in requested.items()
    ]
    reply: dict[str, Any] = {"Responses": {}, "UnprocessedKeys": {}}
    free_bytes = MAX_BATCH_GET_BYTES
    with engine.store.reading:
        for name, table, keys in planned:
            entry = requested[name]
            items, free_bytes, unread = _read(
                engine, table, keys, entry, projections[name], free_bytes, meter
            )
            reply["Responses"][name] = items
            if unread:
                reply["UnprocessedKeys"][name] = {**entry, "Keys": unread}
    consumed = meter.all_consumed(request.get("ReturnConsumedCapacity"))
    if consumed is not None:
        reply["ConsumedCapacity"] = consumed
    return reply


def _check_kinds(requested: dict[str, dict[str, Any]]) -> None:
    """Refuse a batch that has an expression for one table and AttributesToGet for another."""
    members = {member for entry in requested.values() for member in entry}
    if "ProjectionExpression" in members and "AttributesToGet" in members:
        raise mixed_parameters(["AttributesToGet"], ["ProjectionExpression"])


def _check(entry: dict[str, Any], layer: Layer) -> BoundProjection | None:
    check_expression_parameters(entry, ("ProjectionExpression",), ("AttributesToGet",), layer)
    for key in entry["Keys"]:
        check_item(key, layer)
    projection = bind_projection(entry)
    check_all_used_in(entry, projection)
    return projection


def _keys(table: Table, keys: list[dict[str, Any]]) -> Keyed:
    keyed = [(key_of_request(table, key), key) for key in keys]
    if len({encoded for encoded, _ in keyed}) != len(keyed):
        raise ValidationException("Provided list of item keys contains duplicates")
    return keyed


def _read(
    engine: LocalEngine,
    table: Table,
    keys: Keyed,
    entry: dict[str, Any],
    projection: BoundProjection | None,
    free_bytes: int,
    meter: Meter,
) -> tuple[list[Any], int, list[dict[str, Any]]]:
    """Return the items read, the bytes that still fit into the reply, and the keys not read."""
    consistency = Consistency.STRONG if entry.get("ConsistentRead") else Consistency.EVENTUAL
    units = meter.table(table.name)
    items: list[Any] = []
    for place, (encoded, _) in enumerate(keys):
        image = stored_image(engine, table, encoded)
        size = image.size if image is not None else 0
        if size > free_bytes:
            return items, 0, [key for _, key in keys[place:]]
        free_bytes -= size
        units.add(reads=read_units(size, consistency))
        if image is not None:
            items.append(projected(image, projection))
    return items, free_bytes, []
