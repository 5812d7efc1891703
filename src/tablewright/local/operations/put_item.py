"""PutItem: store an item in place of the one with its key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from tablewright.capacity.units import write_units
from tablewright.local.expressions import BoundCondition
from tablewright.local.faults import ValidationException
from tablewright.local.requests import (
    bind_condition,
    check_all_used_in,
    check_return_values,
    condition_failed,
    holds,
    refused_request,
    write_reply,
)
from tablewright.local.validation import (
    Layer,
    check_expression_parameters,
    check_item,
    check_request,
    key_of_item,
)
from tablewright.local.vectors.writing import written_bytes
from tablewright.local.writing import Image, check_item_size, stored_image, write

if TYPE_CHECKING:
    from tablewright.local.engine import LocalEngine
    from tablewright.local.metering import Meter


def run(engine: LocalEngine, request: dict[str, Any], meter: Meter) -> dict[str, Any]:
    """Carry out a PutItem request."""
    return put(engine, request, meter, engine.write_layer)


def put(engine: LocalEngine, request: dict[str, Any], meter: Meter, layer: Layer) -> dict[str, Any]:
    """Carry out a PutItem request or a PartiQL statement, in the words of a validation layer."""
    request = check_request("put_item", request, layer)
    item = request["Item"]
    try:
        condition = _bind(request, layer)
    except ValidationException as fault:
        raise refused_request(fault, request, layer) from None
    new = Image.of(item)
    check_item_size(new)
    table = engine.table(request["TableName"])
    key = key_of_item(table, item)
    units = meter.table(table.name)
    with engine.store.writing:
        old = stored_image(engine, table, key)
        if not holds(condition, old):
            failed = old if old is not None else new
            units.add(writes=write_units(written_bytes(table, failed), None))
            raise condition_failed(request, old)
        units.add(writes=write_units(written_bytes(table, old), written_bytes(table, new)))
        write(engine, table, key, old, new, units)
        returned = None
        if old is not None and request.get("ReturnValues") == "ALL_OLD":
            returned = orjson.Fragment(old.raw)
        return write_reply(engine, table, request, meter, item, returned)


def _bind(request: dict[str, Any], layer: Layer) -> BoundCondition | None:
    """Check what the request says by itself; return its condition."""
    check_expression_parameters(
        request, ("ConditionExpression",), ("Expected", "ConditionalOperator"), layer
    )
    check_item(request["Item"], layer)
    check_return_values(request)
    condition = bind_condition(request)
    check_all_used_in(request, condition)
    return condition
