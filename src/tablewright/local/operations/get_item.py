"""GetItem: read the item of a key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tablewright.capacity.units import Consistency, read_units
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


def run(engine: LocalEngine, request: dict[str, Any], meter: Meter) -> dict[str, Any]:
    """Carry out a GetItem request."""
    layer = engine.read_layer
    request = check_request("get_item", request, layer)
    check_expression_parameters(request, ("ProjectionExpression",), ("AttributesToGet",), layer)
    check_item(request["Key"], layer)
    projection = bind_projection(request)
    check_all_used_in(request, projection)
    table = engine.table(request["TableName"])
    key = key_of_request(table, request["Key"])
    with engine.store.reading:
        image = stored_image(engine, table, key)
    consistency = Consistency.STRONG if request.get("ConsistentRead") else Consistency.EVENTUAL
    size = image.size if image is not None else 0
    meter.table(table.name).add(reads=read_units(size, consistency))
    reply: dict[str, Any] = {}
    if image is not None:
        reply["Item"] = projected(image, projection)
    detail = request.get("ReturnConsumedCapacity")
    if detail is not None and detail != "NONE":
        reply["ConsumedCapacity"] = meter.consumed(detail, table.name)
    return reply
