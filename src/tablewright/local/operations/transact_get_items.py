"""TransactGetItems: read up to a hundred items as of one moment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tablewright.capacity.limits import MAX_TRANSACTION_BYTES
from tablewright.capacity.units import Consistency, read_units
from tablewright.local.faults import ValidationException
from tablewright.local.operations.transact_write_items import cancelled
from tablewright.local.requests import bind_projection, check_all_used_in, projected
from tablewright.local.validation import (
    check_expression_parameters,
    check_item,
    check_request,
    key_of_request,
)
from tablewright.local.writing import stored_image

if TYPE_CHECKING:
    from tablewright.local.engine import LocalEngine
    from tablewright.local.metering import Meter
    from tablewright.local.tables import Table


def run(engine: LocalEngine, request: dict[str, Any], meter: Meter) -> dict[str, Any]:
    """Carry out a TransactGetItems request."""
    request = check_request("transact_get_items", request)
    gets = [entry["Get"] for entry in request["TransactItems"]]
    projections = []
    for get in gets:
        check_expression_parameters(get, ("ProjectionExpression",), ())
        check_item(get["Key"])
        projections.append(bind_projection(get))
        check_all_used_in(get, projections[-1])
    tables = [engine.table(get["TableName"]) for get in gets]
    keys = _keys(tables, gets)
    if len({(table.name, key) for table, key in zip(tables, keys, strict=True)}) != len(keys):
        raise ValidationException(
            "Transaction request cannot include multiple operations on one item"
        )
    with engine.store.reading:
        images = [stored_image(engine, table, key) for table, key in zip(tables, keys, strict=True)]
    if sum(image.size for image in images if image is not None) > MAX_TRANSACTION_BYTES:
        raise ValidationException("Collection size limit exceeded")
    responses = []
    for table, image, projection in zip(tables, images, projections, strict=True):
        size = image.size if image is not None else 0
        meter.table(table.name).add(reads=read_units(size, Consistency.TRANSACTIONAL))
        item = None if image is None else projected(image, projection)
        responses.append({"Item": item} if item else {})
    reply: dict[str, Any] = {"Responses": responses}
    consumed = meter.all_consumed(request.get("ReturnConsumedCapacity"), split="Read")
    if consumed is not None:
        reply["ConsumedCapacity"] = consumed
    return reply


def _keys(tables: list[Table], gets: list[dict[str, Any]]) -> list[bytes]:
    """Return the key bytes of all gets; one that does not fit its table cancels them all."""
    keys, reasons = [], []
    for table, get in zip(tables, gets, strict=True):
        try:
            keys.append(key_of_request(table, get["Key"]))
            reasons.append({"Code": "None"})
        except ValidationException as fault:
            reasons.append({"Code": "ValidationError", "Message": fault.message})
    if len(keys) < len(gets):
        raise cancelled(reasons)
    return keys
