"""SearchVectors: the items whose vectors are nearest to a given one.

In: an engine and a request. Out: the reply, and its bytes on the meter. Equal scores come in the
order of the keys; the service promises no order for them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from tablewright.capacity.items import string_bytes
from tablewright.capacity.values import key_part, partition_bytes
from tablewright.capacity.vectors import MAX_RESULTS, search_request_bytes, vector_bytes
from tablewright.local.expressions import check_all_used, parse_projection, project
from tablewright.local.faults import ValidationException
from tablewright.local.validation import check_expression_parameters, check_request
from tablewright.local.vectors.condition import parse_search_condition, split_condition
from tablewright.local.vectors.request import check_limits, check_members
from tablewright.local.vectors.values import floats, pack, unpacked

if TYPE_CHECKING:
    from tablewright.local.engine import LocalEngine
    from tablewright.local.expressions import BoundProjection
    from tablewright.local.metering import Meter
    from tablewright.local.tables import Table
    from tablewright.local.vectors.index import VectorIndex
    from tablewright.local.vectors.matrix import Matrix, Near

_SHARED = ("ExpressionAttributeNames", "ExpressionAttributeValues")
"""Members whose values are of the same form in every operation."""

MAX_REPLY_BYTES = 16 * 1024 * 1024

_NOT_NUMBERS = (
    "Search vector contains invalid values. All values in the search vector must be a 32-bit "
    "floating-point number attribute"
)


def search_vectors(engine: LocalEngine, request: dict[str, Any], meter: Meter) -> dict[str, Any]:
    """Carry out a SearchVectors request."""
    check_members(request, meter.body)
    request = {name: value for name, value in request.items() if value is not None}
    shared = {name: request[name] for name in _SHARED if name in request}
    request |= check_request("search_vectors", shared)
    check_limits(request)
    table = engine.table(request["TableName"])
    index = _searched(table, request["IndexName"])
    count = request["TopK"]
    if count > MAX_RESULTS:
        raise ValidationException(
            f"Provided TopK value '{count}' is out of valid range. The value must be between 1 "
            f"and {MAX_RESULTS} inclusive"
        )
    query = _query(request["SearchVector"], index)
    check_expression_parameters(request, ("ProjectionExpression", "SearchConditionExpression"), ())
    names = request.get("ExpressionAttributeNames")
    values = request.get("ExpressionAttributeValues")
    text = request.get("SearchConditionExpression")
    condition = None if text is None else parse_search_condition(text, names, values)
    projection = None
    if "ProjectionExpression" in request:
        projection = parse_projection(request["ProjectionExpression"], names)
    if names is not None or values is not None:
        check_all_used(names, values, condition, projection)
    partition, filters = split_condition(index, condition)
    with engine.store.reading:
        near: list[Near] = []
        searched = 0
        if filters is not None:
            matrix = index.matrix(engine.store, table.space, _position(index, partition))
            searched = len(matrix)
            near = matrix.search(query, count, filters, probes=_probes(engine, matrix))
        results, result_bytes = _results(engine, table, index, near, projection)
    search = search_request_bytes(
        dimensions=index.dimensions,
        vectors=searched,
        results=len(results),
        result_bytes=result_bytes,
    )
    meter.table(table.name).add_vector_search(index.name, int(search.likely))
    reply: dict[str, Any] = {"SearchResults": results}
    if request.get("ReturnConsumedCapacity") in ("TOTAL", "INDEXES"):
        # The wire has both members, of equal value; SDKs know only the first.
        charged = float(search.likely)
        reply["ConsumedCapacity"] = {
            "VectorSearchRequestBytes": charged,
            "VectorSearchUnits": charged,
        }
    return reply


def _searched(table: Table, name: str) -> VectorIndex:
    index = table.vectors.get(name)
    if index is None or (index.status == "CREATING" and not index.is_backfilling):
        raise ValidationException(f"The table does not have the specified index: {name}")
    if index.is_backfilling:
        raise ValidationException(f"Cannot search backfilling vector index: {name}")
    return index


def _query(components: list[Any], index: VectorIndex) -> bytes:
    is_typed = all(type(component) is dict and len(component) == 1 for component in components)
    query = (
        pack(components)
        if is_typed and all(_is_text(component) for component in components)
        else None
    )
    if query is None or any(value - value != 0 for value in floats(query)):
        raise ValidationException(_NOT_NUMBERS)
    if len(components) != index.dimensions:
        raise ValidationException(
            f"Input search vector dimension {len(components)} does not match vector index "
            f"dimension {index.dimensions}"
        )
    return query


def _is_text(component: dict[str, Any]) -> bool:
    return type(component.get("N")) is str


def _position(index: VectorIndex, value: Any) -> bytes:
    if index.hash_key is None:
        return b""
    kind = index.hash_key[1]
    return partition_bytes((key_part(kind, value[kind]),))


def _probes(engine: LocalEngine, matrix: Matrix) -> int | None:
    """Return how many clusters to look into, None for an exact search."""
    if engine.vector_recall is None:
        return None
    from tablewright.local.vectors.approximate import probes_for

    return probes_for(matrix, engine.vector_recall)


def _results(
    engine: LocalEngine,
    table: Table,
    index: VectorIndex,
    near: list[Near],
    projection: BoundProjection | None,
) -> tuple[list[dict[str, Any]], int]:
    """Return the members of SearchResults, and the bytes of what is projected of them."""
    returns_vector = projection is not None and index.attribute in projection.top_level
    results: list[dict[str, Any]] = []
    total = 0
    size = 0
    for key, score in near:
        image = engine.store.get(table.space, key)
        assert image is not None, "an index entry without its item"
        item = orjson.loads(image[1])
        total += index.bytes_of(item, stored_bytes=image[0])
        total -= string_bytes(index.attribute) + vector_bytes(index.dimensions)
        entry = dict(index.entry(item))
        if returns_vector:
            total += vector_bytes(index.dimensions)
            vector = index.vector(item)
            assert vector is not None
            entry[index.attribute] = unpacked(vector)
        else:
            entry.pop(index.attribute, None)
        shown = entry if projection is None else project(projection, entry)
        size += image[0]
        if size > MAX_REPLY_BYTES and len(orjson.dumps([*results, shown])) > MAX_REPLY_BYTES:
            raise ValidationException(
                "The search results exceed the limit of 16 MB. Use a narrower projection or a "
                "smaller TopK"
            )
        results.append({"Item": shown, "Score": score})
    return results, total
