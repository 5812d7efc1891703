"""DeleteItem: remove the item of a key."""

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
    key_of_request,
)
from tablewright.local.vectors.writing import written_bytes
from tablewright.local.writing import stored_image, write

if TYPE_CHECKING:
    from tablewright.local.engine import LocalEngine
    from tablewright.local.metering import Meter


def run(engine: LocalEngine, request: dict[str, Any], meter: Meter) -> dict[str, Any]:
    """Carry out a DeleteItem request."""
    return delete(engine, request, meter, engine.write_layer)


def delete(
    engine: LocalEngine, request: dict[str, Any], meter: Meter, layer: Layer
) -> dict[str, Any]:
    """Carry out a DeleteItem request or a PartiQL statement, in the words of a validation layer."""
    request = check_request("delete_item", request, layer)
    try:
        condition = _bind(request, layer)
    except ValidationException as fault:
        raise refused_request(fault, request, layer) from None
    table = engine.table(request["TableName"])
    key = key_of_request(table, request["Key"])
    units = meter.table(table.name)
    with engine.store.writing:
        old = stored_image(engine, table, key)
        units.add(writes=write_units(written_bytes(table, old), None))
        if not holds(condition, old):
            raise condition_failed(request, old)
        write(engine, table, key, old, None, units)
        returned = None
        if old is not None and request.get("ReturnValues") == "ALL_OLD":
            returned = orjson.Fragment(old.raw)
        return write_reply(engine, table, request, meter, request["Key"], returned)


def _bind(request: dict[str, Any], layer: Layer) -> BoundCondition | None:
    """Check what the request says by itself; return its condition."""
    check_expression_parameters(
        request, ("ConditionExpression",), ("Expected", "ConditionalOperator"), layer
    )
    check_item(request["Key"], layer)
    check_return_values(request)
    condition = bind_condition(request)
    check_all_used_in(request, condition)
    return condition
