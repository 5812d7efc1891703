"""DeleteItem: remove the item of a key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from tablewright.capacity.units import write_units
from tablewright.local.faults import ValidationException
from tablewright.local.requests import (
    bind_condition,
    check_all_used_in,
    condition_failed,
    holds,
    write_reply,
)
from tablewright.local.validation import (
    check_expression_parameters,
    check_item,
    check_request,
    key_given,
)
from tablewright.local.writing import size_of, stored_image, write

if TYPE_CHECKING:
    from tablewright.local.engine import Engine
    from tablewright.local.metering import Meter


def run(engine: Engine, request: dict[str, Any], meter: Meter) -> dict[str, Any]:
    """Carry out a DeleteItem request."""
    request = check_request("delete_item", request)
    check_expression_parameters(
        request, ("ConditionExpression",), ("Expected", "ConditionalOperator")
    )
    check_item(request["Key"])
    wants = request.get("ReturnValues", "NONE")
    if wants not in ("NONE", "ALL_OLD"):
        raise ValidationException("ReturnValues can only be ALL_OLD or NONE")
    condition = bind_condition(request)
    check_all_used_in(request, condition)
    table = engine.table(request["TableName"])
    key = key_given(table, request["Key"])
    units = meter.table(table.name)
    with engine.store.writing:
        old = stored_image(engine, table, key)
        units.add(writes=write_units(size_of(old), None))
        if not holds(condition, old):
            raise condition_failed(request, old)
        write(engine, table, key, old, None, units)
        returned = orjson.Fragment(old.raw) if wants == "ALL_OLD" and old is not None else None
        return write_reply(engine, table, request, meter, request["Key"], returned)
