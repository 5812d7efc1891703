"""What the item operations have in common: expressions read out of a request, refusals, replies.

In: requests of the right shape. Out: bound expressions and parts of replies.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import orjson

from tablewright.capacity.limits import MAX_NESTING_LEVELS
from tablewright.local.expressions import (
    BoundCondition,
    BoundProjection,
    BoundUpdate,
    KeyParts,
    check_all_used,
    condition_from_expected,
    evaluate,
    parse_condition,
    parse_projection,
    project,
    projection_from_attributes_to_get,
)
from tablewright.local.faults import ConditionalCheckFailedException, ValidationException
from tablewright.local.validation import INVALID, Layer, is_too_deep
from tablewright.local.validation.values import depth_of
from tablewright.local.writing import Image, collection_metrics

if TYPE_CHECKING:
    from tablewright.local.engine import LocalEngine
    from tablewright.local.metering import Meter
    from tablewright.local.tables import Table

NO_ITEM: dict[str, Any] = {}


def bind_condition(request: dict[str, Any]) -> BoundCondition | None:
    """Return the condition of a write, from ConditionExpression or the legacy Expected."""
    text = request.get("ConditionExpression")
    if text is not None:
        return parse_condition(
            text, request.get("ExpressionAttributeNames"), request.get("ExpressionAttributeValues")
        )
    if "Expected" in request:
        return condition_from_expected(request["Expected"], request.get("ConditionalOperator"))
    return None


def bind_projection(request: dict[str, Any]) -> BoundProjection | None:
    """Return the projection of a read, from ProjectionExpression or the legacy AttributesToGet."""
    text = request.get("ProjectionExpression")
    if text is not None:
        return parse_projection(text, request.get("ExpressionAttributeNames"))
    if "AttributesToGet" in request:
        names = request["AttributesToGet"]
        for name in names:
            if names.count(name) > 1:
                raise ValidationException(f"{INVALID}Duplicate value in attribute name: {name}")
        return projection_from_attributes_to_get(names)
    return None


def projected(image: Image, projection: BoundProjection | None) -> Any:
    """Return what a read replies for an item: its stored JSON, or the attributes asked for."""
    if projection is None:
        return orjson.Fragment(image.raw)
    return project(projection, image.item)


def check_return_values(request: Mapping[str, Any]) -> None:
    """Refuse a PutItem or DeleteItem that asks for values after the write."""
    if request.get("ReturnValues", "NONE") not in ("NONE", "ALL_OLD"):
        raise ValidationException("ReturnValues can only be ALL_OLD or NONE")


MAX_NEWER_DEPTH = 62
"""A request with values of more levels than this is answered by the older layer."""


def refused_request(
    fault: ValidationException, request: Mapping[str, Any], layer: Layer
) -> ValidationException:
    """Return a complaint about a write request itself, as its validation layer words it."""
    if layer.is_newer and is_too_deep(fault):
        return _refused_levels(fault, request, layer)
    return layer.refusal(fault)


def _refused_levels(
    fault: ValidationException, request: Mapping[str, Any], layer: Layer
) -> ValidationException:
    """Return the refusal of values with too many levels.

    Very many levels are left to the older layer, which words it its own way, and which checks the
    ReturnValues of a DeleteItem before them.
    """
    values = request.get("ExpressionAttributeValues") or {}
    item = request.get("Item") or request.get("Key") or {}
    if depth_of([*values.values(), *item.values()]) <= MAX_NEWER_DEPTH:
        return layer.refusal(fault)
    if "Item" not in request and "UpdateExpression" not in request:
        try:
            check_return_values(request)
        except ValidationException as earlier:
            return earlier
    for name, value in values.items():
        if depth_of([value]) > MAX_NESTING_LEVELS:
            return ValidationException(
                f"ExpressionAttributeValues contains invalid value: {fault.message} for key {name}"
            )
    return fault


def holds(condition: BoundCondition | None, old: Image | None) -> bool:
    """Whether a write may go on: it has no condition, or the stored item meets it."""
    return condition is None or evaluate(condition, old.item if old is not None else NO_ITEM)


def condition_failed(
    request: Mapping[str, Any], old: Image | None
) -> ConditionalCheckFailedException:
    """Return the refusal of a write whose condition does not hold."""
    extra = {}
    if old is not None and request.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD":
        extra["Item"] = old.item
    return ConditionalCheckFailedException("The conditional request failed", extra=extra)


def write_reply(
    engine: LocalEngine,
    table: Table,
    request: dict[str, Any],
    meter: Meter,
    key: Mapping[str, Any],
    attributes: Any = None,
) -> dict[str, Any]:
    """Return the reply of a single write. Inside the write, after it is done."""
    reply: dict[str, Any] = {}
    if attributes is not None:
        reply["Attributes"] = attributes
    detail = request.get("ReturnConsumedCapacity")
    if detail is not None and detail != "NONE":
        reply["ConsumedCapacity"] = meter.consumed(detail, table.name)
    if request.get("ReturnItemCollectionMetrics") == "SIZE" and table.has_local_indexes:
        reply["ItemCollectionMetrics"] = collection_metrics(engine, table, dict(key))
    return reply


def check_all_used_in(
    request: dict[str, Any],
    *bound: BoundCondition | BoundUpdate | BoundProjection | KeyParts | None,
) -> None:
    """Refuse names or values of a request that none of its expressions uses."""
    names = request.get("ExpressionAttributeNames")
    values = request.get("ExpressionAttributeValues")
    if names is not None or values is not None:
        check_all_used(names, values, *bound)
