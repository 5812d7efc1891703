"""Query: read a partition of a table or index, or a range of its sort keys, in key order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tablewright.capacity.values import after_prefix, escape, key_part, raw_bytes
from tablewright.local.expressions import (
    BoundCondition,
    KeyCondition,
    KeyParts,
    bind_key_condition,
    key_condition_from_legacy,
    match_key_parts,
)
from tablewright.local.faults import ValidationException
from tablewright.local.reading import PageRequest, read_page, start_position
from tablewright.local.requests import bind_projection, check_all_used_in
from tablewright.local.selecting import (
    bind_filter,
    check_select,
    index_read,
    must_fetch,
    read_consistency,
    with_capacity,
)
from tablewright.local.validation import check_expression_parameters, check_item, check_request

if TYPE_CHECKING:
    from tablewright.local.engine import LocalEngine
    from tablewright.local.metering import Meter
    from tablewright.local.tables import Keys

_EXPRESSIONS = ("ProjectionExpression", "FilterExpression", "KeyConditionExpression")
_LEGACY = ("AttributesToGet", "QueryFilter", "ConditionalOperator", "KeyConditions")


def run(engine: LocalEngine, request: dict[str, Any], meter: Meter) -> dict[str, Any]:
    """Carry out a Query request."""
    layer = engine.read_layer
    request = check_request("query", request, layer)
    legacy: tuple[str, ...] = _LEGACY
    if "KeyConditionExpression" not in request:
        legacy = _LEGACY[:-1]  # a legacy key condition goes with the other expressions
    check_expression_parameters(request, _EXPRESSIONS, legacy, layer)
    if "KeyConditions" not in request and "KeyConditionExpression" not in request:
        raise ValidationException(
            "Either the KeyConditions or KeyConditionExpression parameter must be specified in "
            "the request."
        )
    check_select(request, "Querying")
    projection = bind_projection(request)
    filter_ = bind_filter(request, "QueryFilter")
    parts = _bind_parts(request)
    check_all_used_in(request, projection, filter_, parts)
    if "ExclusiveStartKey" in request:
        check_item(request["ExclusiveStartKey"], layer)
    table = engine.table(request["TableName"])
    index = index_read(table, request)
    keys = table.keys if index is None else index.keys
    condition = _key_condition(request, parts, keys)
    _check_filter(filter_, keys, request)
    fetches = must_fetch(index, request, projection, filter_)
    low, high = key_range(keys, condition)
    start = None
    if "ExclusiveStartKey" in request:
        start = start_position(keys, table, index, request["ExclusiveStartKey"], is_query=True)
        if index is None and len(condition.sort_equals) == len(keys.sort):
            raise ValidationException(
                "The query can return at most one row and cannot be restarted"
            )
        _check_start(keys, condition, start, low, high)
    reply = read_page(
        engine,
        PageRequest(
            table=table,
            index=index,
            low=low,
            high=high,
            is_reverse=request.get("ScanIndexForward") is False,
            start=start,
            limit=request.get("Limit"),
            filter=filter_,
            projection=projection,
            counts_only=request.get("Select") == "COUNT",
            fetches=fetches,
            consistency=read_consistency(request),
            is_joined=True,
        ),
        meter.table(table.name),
    )
    return with_capacity(reply, request, table, meter)


def _bind_parts(request: dict[str, Any]) -> KeyParts | None:
    text = request.get("KeyConditionExpression")
    if text is None:
        return None
    return bind_key_condition(
        text, request.get("ExpressionAttributeNames"), request.get("ExpressionAttributeValues")
    )


def _key_condition(request: dict[str, Any], parts: KeyParts | None, keys: Keys) -> KeyCondition:
    partition_keys = [name for name, _ in keys.partition]
    sort_keys = [name for name, _ in keys.sort]
    if parts is not None:
        return match_key_parts(
            parts, partition_keys=partition_keys, sort_keys=sort_keys, key_types=keys.types
        )
    return key_condition_from_legacy(
        request["KeyConditions"],
        partition_keys=partition_keys,
        sort_keys=sort_keys,
        key_types=keys.types,
    )


def _check_filter(filter_: BoundCondition | None, keys: Keys, request: dict[str, Any]) -> None:
    if filter_ is not None:
        what = "Filter Expression" if "FilterExpression" in request else "QueryFilter"
        check_filter_names_no_key(filter_, keys, what)


def check_filter_names_no_key(filter_: BoundCondition, keys: Keys, what: str) -> None:
    """Refuse a filter beside a key condition that names a key attribute."""
    for path in filter_.paths:
        if path[0] in keys.names:
            raise ValidationException(
                f"{what} can only contain non-primary key attributes: "
                f"Primary key attribute: {path[0]}"
            )


def key_range(keys: Keys, condition: KeyCondition) -> tuple[bytes, bytes | None]:
    """Return the first key of a key condition, and the first key after it (None: the end)."""
    prefix = keys.partition_prefix(condition.partition)
    for (_, kind), value in zip(keys.sort, condition.sort_equals, strict=False):
        prefix += key_part(kind, value[kind])
    operator = condition.operator
    if operator is None:
        return prefix, after_prefix(prefix)
    _, kind = keys.sort[len(condition.sort_equals)]
    contents = [operand[kind] for operand in condition.operands]
    if operator == "begins_with":
        prefix += escape(raw_bytes(kind, contents[0]))
        return prefix, after_prefix(prefix)
    first = prefix + key_part(kind, contents[0])
    if operator == "BETWEEN":
        return first, after_prefix(prefix + key_part(kind, contents[1]))
    if operator == "<":
        return prefix, first
    if operator == "<=":
        return prefix, after_prefix(first)
    if operator == ">":
        return after_prefix(first) or first, after_prefix(prefix)
    assert operator == ">=", operator
    return first, after_prefix(prefix)


def _check_start(
    keys: Keys, condition: KeyCondition, start: bytes, low: bytes, high: bytes | None
) -> None:
    """Refuse to start outside of what the key condition selects."""
    prefix = keys.partition_prefix(condition.partition)
    if not start.startswith(prefix):
        raise ValidationException(
            "The provided starting key is outside query boundaries based on provided conditions"
        )
    if start < low or (high is not None and start >= high):
        raise ValidationException(
            "The provided starting key does not match the range key predicate"
        )
