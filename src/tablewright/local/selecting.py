"""What Query and Scan have in common: the index they read, what they return, how they reply.

In: a request of the right shape and its bound expressions. Out: the parts of a `PageRequest`, or
the service's refusal; and the reply.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tablewright.capacity.units import Consistency
from tablewright.local.expressions import (
    BoundCondition,
    BoundProjection,
    condition_from_filter,
    parse_condition,
)
from tablewright.local.faults import ValidationException
from tablewright.local.validation import INVALID

if TYPE_CHECKING:
    from tablewright.local.metering import Meter
    from tablewright.local.tables import Index, Table


def bind_filter(request: dict[str, Any], legacy: str) -> BoundCondition | None:
    """Return the filter of a request, from FilterExpression or the legacy parameter."""
    text = request.get("FilterExpression")
    if text is not None:
        return parse_condition(
            text,
            request.get("ExpressionAttributeNames"),
            request.get("ExpressionAttributeValues"),
            parameter="FilterExpression",
        )
    if legacy in request:
        return condition_from_filter(request[legacy], request.get("ConditionalOperator"))
    return None


def index_read(table: Table, request: dict[str, Any]) -> Index | None:
    """Return the index a request reads, None for the table itself.

    Raises:
        ValidationException: there is no such index, or it cannot be read in this way.
    """
    name = request.get("IndexName")
    if name is None:
        return None
    index = table.indexes.get(name)
    if name in table.vectors:
        raise _not_for_vectors(request)
    if index is None:
        raise ValidationException(f"The table does not have the specified index: {name}")
    if index.status in ("CREATING", "DELETING"):
        raise ValidationException(f"Cannot read from backfilling global secondary index: {name}")
    if request.get("ConsistentRead") and not index.is_local:
        raise ValidationException("Consistent reads are not supported on global secondary indexes")
    return index


def _not_for_vectors(request: dict[str, Any]) -> ValidationException:
    """Return the refusal to read a vector index by Query or Scan, worded by the service."""
    if "KeyConditionExpression" not in request and "KeyConditions" not in request:
        return ValidationException("Scan operation not supported on this index type")
    if request.get("ConsistentRead"):
        return ValidationException("Consistent reads are not supported on global secondary indexes")
    return ValidationException("Query operation not supported on this index type.")


def check_select(request: dict[str, Any], verb: str) -> None:
    """Refuse a Select that contradicts the rest of the request. `verb` is Querying or Scanning."""
    select = request.get("Select")
    parameter = next(
        (name for name in ("ProjectionExpression", "AttributesToGet") if name in request), None
    )
    if select == "ALL_PROJECTED_ATTRIBUTES" and "IndexName" not in request:
        raise ValidationException(
            f"ALL_PROJECTED_ATTRIBUTES can be used only when {verb} using an IndexName"
        )
    if select == "SPECIFIC_ATTRIBUTES" and parameter is None:
        raise ValidationException(
            "Must specify the AttributesToGet or ProjectionExpression when choosing to get "
            "SPECIFIC_ATTRIBUTES"
        )
    if select not in (None, "SPECIFIC_ATTRIBUTES") and parameter is not None:
        what = "only the Count" if select == "COUNT" else select
        raise ValidationException(f"Cannot specify the {parameter} when choosing to get {what}")


def must_fetch(
    index: Index | None,
    request: dict[str, Any],
    projection: BoundProjection | None,
    filter_: BoundCondition | None,
) -> bool:
    """Whether entries of a local index have to be completed from the table.

    A Scan passes no filter: one that looks at what the index does not have just finds nothing
    there.

    Raises:
        ValidationException: a filter looks at what the index does not have, or a global index
            does not have what is asked for, and cannot fetch it.
    """
    if index is None or index.projected is None:
        return False
    filtered = [] if filter_ is None else _outside(index, [str(path[0]) for path in filter_.paths])
    if filtered:
        raise ValidationException(
            f"{INVALID}Secondary index {index.name} does not project one or more filter "
            f"attributes: [{', '.join(filtered)}]"
        )
    if request.get("Select") == "ALL_ATTRIBUTES":
        if not index.is_local:
            raise ValidationException(
                f"{INVALID}Select type ALL_ATTRIBUTES is not supported for global secondary index "
                f"{index.name} because its projection type is not ALL"
            )
        return True
    missing = [] if projection is None else _outside(index, projection.top_level)
    if missing and not index.is_local:
        raise ValidationException(
            f"{INVALID}Global secondary index {index.name} does not project [{', '.join(missing)}]"
        )
    return bool(missing)


def _outside(index: Index, names: Sequence[str]) -> list[str]:
    assert index.projected is not None
    return [name for name in dict.fromkeys(names) if name not in index.projected]


def read_consistency(request: dict[str, Any]) -> Consistency:
    """Return how fresh a request's reads are to be."""
    return Consistency.STRONG if request.get("ConsistentRead") else Consistency.EVENTUAL


def with_capacity(
    reply: dict[str, Any], request: dict[str, Any], table: Table, meter: Meter
) -> dict[str, Any]:
    """Return a reply with its ConsumedCapacity, if the request wants it."""
    detail = request.get("ReturnConsumedCapacity")
    if detail is not None and detail != "NONE":
        reply["ConsumedCapacity"] = meter.consumed(detail, table.name)
    return reply
