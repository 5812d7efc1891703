"""UpdateItem: change attributes of an item, or create it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from tablewright.capacity.items import entry_bytes
from tablewright.capacity.limits import MAX_ITEM_BYTES
from tablewright.capacity.units import write_units
from tablewright.local.expressions import (
    BoundCondition,
    BoundUpdate,
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
    refused_request,
    write_reply,
)
from tablewright.local.validation import (
    INVALID,
    OLDER,
    Layer,
    check_expression_parameters,
    check_index_keys,
    check_item,
    check_request,
    check_value,
    key_of_request,
)
from tablewright.local.vectors.writing import check_vectors, written_bytes
from tablewright.local.writing import (
    UPDATE_TOO_LARGE,
    Image,
    check_item_size,
    stored_image,
    write,
)

if TYPE_CHECKING:
    from tablewright.local.engine import LocalEngine
    from tablewright.local.metering import Meter
    from tablewright.local.tables import Table


def run(engine: LocalEngine, request: dict[str, Any], meter: Meter) -> dict[str, Any]:
    """Carry out an UpdateItem request."""
    return update(engine, request, meter, engine.write_layer)


def update(
    engine: LocalEngine, request: dict[str, Any], meter: Meter, layer: Layer
) -> dict[str, Any]:
    """Carry out an UpdateItem request or a PartiQL statement, in the words of a layer."""
    request = check_request("update_item", request, layer)
    try:
        bound, condition = _bind(request, layer)
    except ValidationException as fault:
        raise refused_request(fault, request, layer) from None
    table = engine.table(request["TableName"])
    key = key_of_request(table, request["Key"])
    check_keys_untouched(table, bound)
    check_statement_size(bound, layer)
    units = meter.table(table.name)
    with engine.store.writing:
        old = stored_image(engine, table, key)
        if not holds(condition, old):
            units.add(writes=write_units(written_bytes(table, old), None))
            raise condition_failed(request, old)
        new, result = updated(table, request["Key"], old, bound)
        units.add(writes=write_units(written_bytes(table, old), written_bytes(table, new)))
        write(engine, table, key, old, new, units)
        returned = None
        if new is not None:
            returned = _attributes(request.get("ReturnValues", "NONE"), old, new, result)
        return write_reply(engine, table, request, meter, request["Key"], returned)


def _bind(
    request: dict[str, Any], layer: Layer
) -> tuple[BoundUpdate | None, BoundCondition | None]:
    """Check what the request says by itself; return its update and its condition."""
    check_expression_parameters(
        request,
        ("UpdateExpression", "ConditionExpression"),
        ("AttributeUpdates", "Expected", "ConditionalOperator"),
        layer,
    )
    check_item(request["Key"], layer)
    update = bind_update(request, layer)
    condition = bind_condition(request)
    check_all_used_in(request, update, condition)
    return update, condition


def bind_update(request: dict[str, Any], layer: Layer = OLDER) -> BoundUpdate | None:
    """Return the update of a request, from UpdateExpression or the legacy AttributeUpdates."""
    text = request.get("UpdateExpression")
    if text is not None:
        return parse_update(
            text, request.get("ExpressionAttributeNames"), request.get("ExpressionAttributeValues")
        )
    if "AttributeUpdates" in request:
        for change in request["AttributeUpdates"].values():
            if "Value" in change:
                check_value(change["Value"], layer)
        return update_from_attribute_updates(request["AttributeUpdates"])
    return None


def check_keys_untouched(table: Table, update: BoundUpdate | None) -> None:
    """Refuse an update that writes a key attribute of the table."""
    if update is None:
        return
    for name in table.keys.names:
        if name in update.touched:
            raise ValidationException(
                f"{INVALID}Cannot update attribute {name}. This attribute is part of the key"
            )


def check_statement_size(update: BoundUpdate | None, layer: Layer) -> None:
    """Refuse an update whose statement alone would not fit an item, whatever the item is."""
    if update is not None and layer.is_newer and update.statement_bytes() > MAX_ITEM_BYTES:
        raise ValidationException(UPDATE_TOO_LARGE)


def updated(
    table: Table, key: dict[str, Any], old: Image | None, update: BoundUpdate | None
) -> tuple[Image | None, UpdateResult | None]:
    """Return the image an update leaves behind, and what it wrote.

    An update that only removes leaves a missing item missing: the image is None.

    Raises:
        ValidationException: the update cannot be applied to the item, or what it leaves behind
            cannot be stored.
    """
    before = old.item if old is not None else key
    if update is None:
        return (old if old is not None else Image.of(key)), None
    if old is None and update.only_removes:
        return None, None
    result = apply_update(update, before)
    for name in result.touched:
        value = result.item.get(name)
        if value is not None:
            check_value(value)
    if table.indexes or table.vectors:
        written = {name: result.item[name] for name in result.touched if name in result.item}
        check_index_keys(table, written, is_update=True)
        check_vectors(table, written)
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
