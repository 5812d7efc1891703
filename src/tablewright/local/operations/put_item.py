"""PutItem: store an item in place of the one with its key."""

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
    key_of_item,
)
from tablewright.local.writing import Image, check_item_size, size_of, stored_image, write

if TYPE_CHECKING:
    from tablewright.local.engine import Engine
    from tablewright.local.metering import Meter


def run(engine: Engine, request: dict[str, Any], meter: Meter) -> dict[str, Any]:
    """Carry out a PutItem request."""
    request = check_request("put_item", request)
    check_expression_parameters(
        request, ("ConditionExpression",), ("Expected", "ConditionalOperator")
    )
    item = request["Item"]
    check_item(item)
    wants = request.get("ReturnValues", "NONE")
    if wants not in ("NONE", "ALL_OLD"):
        raise ValidationException("ReturnValues can only be ALL_OLD or NONE")
    new = Image.of(item)
    check_item_size(new)
    condition = bind_condition(request)
    check_all_used_in(request, condition)
    table = engine.table(request["TableName"])
    key = key_of_item(table, item)
    units = meter.table(table.name)
    with engine.store.writing:
        old = stored_image(engine, table, key)
        if not holds(condition, old):
            before, after = (old.size, None) if old is not None else (None, new.size)
            units.add(writes=write_units(before, after))
            raise condition_failed(request, old)
        units.add(writes=write_units(size_of(old), new.size))
        write(engine, table, key, old, new, units)
        returned = orjson.Fragment(old.raw) if wants == "ALL_OLD" and old is not None else None
        return write_reply(engine, table, request, meter, item, returned)
