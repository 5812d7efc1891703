"""BatchGetItem: read up to a hundred items of several tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tablewright.capacity.limits import MAX_BATCH_GET_BYTES, MAX_BATCH_GET_KEYS
from tablewright.capacity.units import Consistency, read_units
from tablewright.local.expressions import Projection
from tablewright.local.faults import ValidationException
from tablewright.local.requests import bind_projection, check_all_used_in, projected
from tablewright.local.tables import Table
from tablewright.local.validation import (
    check_expression_parameters,
    check_item,
    check_request,
    key_given,
)
from tablewright.local.writing import stored_image

if TYPE_CHECKING:
    from tablewright.local.engine import Engine
    from tablewright.local.metering import Meter


Keyed = list[tuple[bytes, dict[str, Any]]]


def run(engine: Engine, request: dict[str, Any], meter: Meter) -> dict[str, Any]:
    """Carry out a BatchGetItem request."""
    request = check_request("batch_get_item", request)
    asked = request["RequestItems"]
    projections = {name: _check(wanted) for name, wanted in asked.items()}
    if sum(len(wanted["Keys"]) for wanted in asked.values()) > MAX_BATCH_GET_KEYS:
        raise ValidationException("Too many items requested for the BatchGetItem call")
    planned = [
        (name, table := engine.table(name), _keys(table, wanted["Keys"]))
        for name, wanted in asked.items()
    ]
    reply: dict[str, Any] = {"Responses": {}, "UnprocessedKeys": {}}
    left = MAX_BATCH_GET_BYTES
    with engine.store.reading:
        for name, table, keys in planned:
            wanted = asked[name]
            found, left, rest = _read(engine, table, keys, wanted, projections[name], left, meter)
            reply["Responses"][name] = found
            if rest:
                reply["UnprocessedKeys"][name] = {**wanted, "Keys": rest}
    consumed = meter.all_consumed(request.get("ReturnConsumedCapacity"))
    if consumed is not None:
        reply["ConsumedCapacity"] = consumed
    return reply


def _check(wanted: dict[str, Any]) -> Projection | None:
    check_expression_parameters(wanted, ("ProjectionExpression",), ("AttributesToGet",))
    for key in wanted["Keys"]:
        check_item(key)
    projection = bind_projection(wanted)
    check_all_used_in(wanted, projection)
    return projection


def _keys(table: Table, given: list[dict[str, Any]]) -> Keyed:
    keys = [(key_given(table, key), key) for key in given]
    if len({encoded for encoded, _ in keys}) != len(keys):
        raise ValidationException("Provided list of item keys contains duplicates")
    return keys


def _read(
    engine: Engine,
    table: Table,
    keys: Keyed,
    wanted: dict[str, Any],
    projection: Projection | None,
    left: int,
    meter: Meter,
) -> tuple[list[Any], int, list[dict[str, Any]]]:
    """Return the items found, the bytes that still fit into the reply, and the keys left over."""
    consistency = Consistency.STRONG if wanted.get("ConsistentRead") else Consistency.EVENTUAL
    units = meter.table(table.name)
    found: list[Any] = []
    for at, (encoded, _) in enumerate(keys):
        image = stored_image(engine, table, encoded)
        size = image.size if image is not None else 0
        if size > left:
            return found, 0, [key for _, key in keys[at:]]
        left -= size
        units.add(reads=read_units(size, consistency))
        if image is not None:
            found.append(projected(image, projection))
    return found, left, []
