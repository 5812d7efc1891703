"""UpdateItem: change attributes of an item, or create it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from tablewright.capacity.items import entry_bytes
from tablewright.capacity.units import write_units
from tablewright.local.expressions import (
    Update,
    UpdateResult,
    apply_update,
    parse_update,
    project,
    update_from_attribute_updates,
)
from tablewright.local.faults import ValidationException
from tablewright.local.requests import (
    bind_condition,
    check_all_used_in,
    condition_failed,
    holds,
    write_reply,
)
from tablewright.local.validation import (
    INVALID,
    check_expression_parameters,
    check_index_keys,
    check_item,
    check_request,
    check_value,
    key_given,
)
from tablewright.local.writing import Image, check_item_size, size_of, stored_image, write

if TYPE_CHECKING:
    from tablewright.local.engine import Engine
    from tablewright.local.metering import Meter
    from tablewright.local.tables import Table


def run(engine: Engine, request: dict[str, Any], meter: Meter) -> dict[str, Any]:
    """Carry out an UpdateItem request."""
    request = check_request("update_item", request)
    check_expression_parameters(
        request,
        ("UpdateExpression", "ConditionExpression"),
        ("AttributeUpdates", "Expected", "ConditionalOperator"),
    )
    check_item(request["Key"])
    update = bind_update(request)
    condition = bind_condition(request)
    check_all_used_in(request, update, condition)
    table = engine.table(request["TableName"])
    key = key_given(table, request["Key"])
    check_keys_untouched(table, update)
    units = meter.table(table.name)
    with engine.store.writing:
        old = stored_image(engine, table, key)
        if not holds(condition, old):
            units.add(writes=write_units(size_of(old), None))
            raise condition_failed(request, old)
        new, result = updated(table, request["Key"], old, update)
        units.add(writes=write_units(size_of(old), new.size))
        write(engine, table, key, old, new, units)
        returned = _attributes(request.get("ReturnValues", "NONE"), old, new, result)
        return write_reply(engine, table, request, meter, request["Key"], returned)


def bind_update(request: dict[str, Any]) -> Update | None:
    """Return the update of a request, from UpdateExpression or the legacy AttributeUpdates."""
    text = request.get("UpdateExpression")
    if text is not None:
        return parse_update(
            text, request.get("ExpressionAttributeNames"), request.get("ExpressionAttributeValues")
        )
    if "AttributeUpdates" in request:
        for change in request["AttributeUpdates"].values():
            if "Value" in change:
                check_value(change["Value"])
        return update_from_attribute_updates(request["AttributeUpdates"])
    return None


def check_keys_untouched(table: Table, update: Update | None) -> None:
    """Refuse an update that writes a key attribute of the table."""
    if update is None:
        return
    for name in table.keys.names:
        if name in update.touched:
            raise ValidationException(
                f"{INVALID}Cannot update attribute {name}. This attribute is part of the key"
            )


def updated(
    table: Table, key: dict[str, Any], old: Image | None, update: Update | None
) -> tuple[Image, UpdateResult | None]:
    """Return the image an update leaves behind, and what it wrote.

    Raises:
        ValidationException: the update cannot be applied to the item, or what it leaves behind
            cannot be stored.
    """
    before = old.item if old is not None else key
    if update is None:
        return (old if old is not None else Image.of(key)), None
    result = apply_update(update, before)
    for name in result.touched:
        value = result.item.get(name)
        if value is not None:
            check_value(value)
    if table.indexes:
        check_index_keys(table, result.item)
    if old is None:
        new = Image.of(result.item)
    else:
        size = old.size + entry_bytes(result.item, result.touched)
        size -= entry_bytes(before, result.touched)
        new = Image(size, orjson.dumps(result.item), result.item)
    check_item_size(new, is_update=True)
    return new, result


def _attributes(wants: str, old: Image | None, new: Image, result: UpdateResult | None) -> Any:
    if wants == "ALL_NEW":
        return orjson.Fragment(new.raw)
    if wants == "ALL_OLD":
        return orjson.Fragment(old.raw) if old is not None else None
    if result is None:
        return None
    if wants == "UPDATED_NEW":
        return project(result.paths, new.item) or None
    if wants == "UPDATED_OLD" and old is not None:
        return project(result.paths, old.item) or None
    return None
