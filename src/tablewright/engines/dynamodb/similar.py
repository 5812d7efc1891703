"""Vector indexes of a design: what their entries weigh, what writes and searches are charged.

In: a routing context, a table with vector indexes, a pattern. Out: measures of bytes, and the route
of a search for similar items. The arithmetic of one request is `capacity.vectors`'s.

Limits and behaviour: AWS Developer Guide, "Vector indexes" (read 2026-09): results are approximate
and eventually consistent; a recall of 99 % is AWS's announcement, not a promise.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from tablewright.capacity.items import string_bytes
from tablewright.capacity.units import Consistency
from tablewright.capacity.vectors import (
    MAX_RESULTS,
    search_request_bytes,
    vector_bytes,
    write_request_bytes,
)
from tablewright.core.frozen import frozen
from tablewright.core.quantities import ZERO, format_number, plain
from tablewright.engines.dynamodb.design import ItemShape, ProjectionKind, Table, VectorIndex
from tablewright.engines.dynamodb.metering import expected, get_units
from tablewright.engines.dynamodb.sizing import ShapeSizes, measure
from tablewright.engines.dynamodb.steps import KeyParts, ReadStep
from tablewright.evaluation.values import VECTOR_SEARCH, Measure, Request, UnitUse
from tablewright.model.statistics import Selectivity
from tablewright.model.values import Entity, Kind, Pattern
from tablewright.sample.vectors import vector_list_bytes

MAX_RECALL = Decimal("0.99")
"""What AWS announced on 2026-08-05; measured averages were 0.993 to 1.000."""


@frozen
class Search:
    """The request of a search for similar items, and the one that completes its results."""

    requests: tuple[Request, ...]
    steps: tuple[ReadStep, ...]
    matched: Decimal
    returned: Decimal
    warnings: tuple[str, ...]


def dimensions_of(entity: Entity, index: VectorIndex) -> int | None:
    """Return the dimensions of an index's vector, None if the entity has no such vector."""
    if not entity.has(index.vector):
        return None
    attribute = entity.attribute(index.vector)
    return attribute.dimensions if attribute.kind is Kind.VECTOR else None


# -- sizes --------------------------------------------------------------------------------------


def projected(sizes: ShapeSizes, index: VectorIndex) -> tuple[str, ...]:
    """Return the physical attributes an entry holds beside the vector."""
    if index.projection.kind is ProjectionKind.ALL:
        names = sizes.attributes
    else:
        named = dict.fromkeys((*sizes.table.keys, *index.search_attributes))
        if index.projection.kind is ProjectionKind.INCLUDE:
            named.update(dict.fromkeys(index.projection.attributes))
        names = tuple(name for name in named if name in sizes.attributes)
    return tuple(name for name in names if name != index.vector)


def _is_in(sizes: ShapeSizes, index: VectorIndex) -> list[bool] | None:
    """Return for which instances there is an entry; None if there is none for any."""
    present = [True] * sizes.n
    for name in (index.vector, *((index.partition,) if index.partition else ())):
        column = sizes.column(name)
        if column is None:
            return None
        if column.present is not None:
            present = [here and there for here, there in zip(present, column.present, strict=True)]
    return present


def entries(sizes: ShapeSizes, index: VectorIndex) -> list[int | None]:
    """Return the bytes of each sampled item's entry, None where it has none."""
    dimensions = dimensions_of(sizes.entity, index)
    members = _is_in(sizes, index)
    if dimensions is None or members is None:
        return [None] * sizes.n
    fixed = string_bytes(index.vector) + vector_bytes(dimensions)
    columns = [
        column.sizes
        for name in projected(sizes, index)
        if (column := sizes.column(name)) is not None
    ]
    rest = list(map(sum, zip(*columns, strict=True))) if columns else [0] * sizes.n
    return [fixed + size if here else None for size, here in zip(rest, members, strict=True)]


def written_sizes(table: Table, sizes: ShapeSizes, column: list[int]) -> list[int]:
    """Return item sizes as a write is charged: four bytes a dimension for indexed vectors."""
    if not table.vector_indexes:
        return column
    out = list(column)
    for name in dict.fromkeys(index.vector for index in table.vector_indexes):
        if not sizes.entity.has(name) or name not in sizes.shape.attributes:
            continue
        attribute = sizes.entity.attribute(name)
        vectors = sizes.column(name)
        if attribute.dimensions is None or vectors is None:
            continue
        saved = vector_list_bytes(attribute) - vector_bytes(attribute.dimensions)
        for place in range(len(out)):
            if vectors.present is None or vectors.present[place]:
                out[place] -= saved
    return out


# -- writes -------------------------------------------------------------------------------------


def put_or_delete_uses(
    table: Table, sizes: ShapeSizes, done: Decimal
) -> tuple[tuple[str, Measure, str], ...]:
    """Return what putting or deleting an item is charged on each vector index.

    Args:
        table: the table written.
        sizes: the shape written.
        done: the share of the writes whose condition holds.
    """
    out = []
    for index in table.vector_indexes:
        sizes_of_entries = entries(sizes, index)
        charged = [write_request_bytes(None, size) for size in sizes_of_entries]
        units = measure(charged).times(done)
        if units.mean:
            out.append((f"{table.name}/{index.name}", units, _why(sizes_of_entries)))
    return tuple(out)


def update_uses(
    table: Table, sizes: ShapeSizes, changing: Sequence[tuple[str, Decimal]], done: Decimal
) -> tuple[tuple[str, Measure, str], ...]:
    """Return what an update is charged on each vector index: all of an entry that changes.

    Args:
        table: the table written.
        sizes: the shape written.
        changing: the attributes written, each with the share of the writes that change it.
        done: the share of the writes whose condition holds.
    """
    out = []
    for index in table.vector_indexes:
        names = {index.vector, *projected(sizes, index)}
        relevant = [(name, share) for name, share in changing if name in names]
        if not relevant:
            continue
        sizes_of_entries = entries(sizes, index)

        def charged(
            touched: frozenset[str],
            column: list[int | None] = sizes_of_entries,
            partition: str = index.partition,
        ) -> Measure:
            moved = bool(partition) and partition in touched
            return measure(
                [
                    write_request_bytes(size, size, is_changed=bool(touched), has_moved=moved)
                    for size in column
                ]
            )

        units = expected(relevant, charged).times(done)
        if units.mean:
            out.append((f"{table.name}/{index.name}", units, _why(sizes_of_entries)))
    return tuple(out)


def _why(column: Sequence[int | None]) -> str:
    listed = [size for size in column if size is not None]
    mean = Decimal(sum(listed)) / len(listed) if listed else ZERO
    return f"{format_number(mean)} B of the entry, at least 1 KB"


# -- searches -----------------------------------------------------------------------------------


def why_not(pattern: Pattern, entity: Entity, index: VectorIndex, known: frozenset[str]) -> str:
    """Say why a vector index cannot answer a search; "" where it can.

    Args:
        pattern: the search.
        entity: what is searched.
        index: the index.
        known: the attributes that an item of the table tells.
    """
    if index.vector != pattern.to:
        return f"it is an index of `{index.vector}`"
    selected = pattern.select if pattern.select is not None else entity.names
    absent = [name for name in selected if name.partition(".")[0] not in known]
    if index.vector not in known or absent:
        return f"its table does not hold `{absent[0] if absent else index.vector}`"
    if pattern.exact:
        return "its results are approximate, and the nearest are asked for"
    if pattern.consistency is not Consistency.EVENTUAL:
        return f"it cannot be read with {pattern.consistency.value} consistency"
    if pattern.recall is not None and pattern.recall > MAX_RECALL:
        return f"no recall above {plain(MAX_RECALL * 100)} % is announced for it"
    if (pattern.limit or 0) > MAX_RESULTS:
        return f"it returns {MAX_RESULTS} results at the most"
    equal = set()
    for condition in pattern.where:
        if condition.operator != "eq":
            return f"it filters by equality only, and `{condition.attribute}` is a range or a list"
        if condition.attribute not in index.search_attributes:
            return f"`{condition.attribute}` is not in its search schema"
        equal.add(condition.attribute)
    if index.partition and index.partition not in equal:
        return f"each search needs a value of its partition key `{index.partition}`"
    if index.partition and entity.attribute(index.partition).presence < 1:
        return f"items without `{index.partition}` are not in it"
    return ""


def search(
    pattern: Pattern,
    table: Table,
    shape: ItemShape,
    index: VectorIndex,
    sizes: ShapeSizes,
    selectivity: Selectivity,
    keys: KeyParts,
) -> Search:
    """Return the requests of a search that the index can answer."""
    entity = sizes.entity
    dimensions = dimensions_of(entity, index)
    assert dimensions is not None, "checked when the design was read"
    column = entries(sizes, index)
    listed = [size for size in column if size is not None]
    share = Decimal(len(listed)) / max(1, len(column))
    scope = tuple(c for c in pattern.where if c.attribute == index.partition)
    searched = selectivity.matching(entity, scope) * share
    matched = selectivity.matching(entity, pattern.where) * share
    selected = frozenset(pattern.select if pattern.select is not None else entity.names)
    returns_vector = index.vector in selected
    missing = selected - set(projected(sizes, index)) - {index.vector}
    results = min(Decimal(pattern.limit or 1), matched)
    mean = Decimal(sum(listed)) / len(listed) if listed else ZERO
    without_vector = mean - string_bytes(index.vector) - vector_bytes(dimensions)
    each = without_vector + (vector_bytes(dimensions) if returns_vector else 0)
    count = int(results.to_integral_value())
    bytes_ = search_request_bytes(
        dimensions=dimensions,
        vectors=int(searched),
        results=count,
        result_bytes=each * count,
    )
    name = f"{table.name}/{index.name}"
    use = UnitUse(
        resource=name,
        dimension=VECTOR_SEARCH,
        units=Measure(mean=bytes_.likely),
        why=f"{format_number(bytes_.likely)} B are likely among {format_number(searched)} vectors "
        f"of {dimensions} dimensions; the service's own figure varies, "
        f"{format_number(bytes_.low)} to {format_number(bytes_.high)} B were observed",
    )
    requests = [
        Request(
            operation="SearchVectors", target=name, items=results, bytes=each * results, uses=(use,)
        )
    ]
    steps = [
        ReadStep(
            operation="SearchVectors",
            table=table.name,
            shape=shape.name,
            entity=pattern.entity,
            index=index.name,
            limit=pattern.limit,
            filters=pattern.where,
            select=None if missing else pattern.select,
        )
    ]
    if missing:
        fetch, fetch_step = _fetch(pattern, table, shape, sizes, keys, results)
        requests.append(fetch)
        steps.append(fetch_step)
    return Search(
        requests=tuple(requests),
        steps=tuple(steps),
        matched=matched,
        returned=results,
        warnings=(
            "results are approximate: most searches return more than 99 % of the nearest, but none "
            "is promised to",
        ),
    )


def _fetch(
    pattern: Pattern,
    table: Table,
    shape: ItemShape,
    sizes: ShapeSizes,
    keys: KeyParts,
    results: Decimal,
) -> tuple[Request, ReadStep]:
    """Return the read of what the vector index does not hold of the items found."""
    items = sizes.items()
    request = Request(
        operation="BatchGetItem",
        target=table.name,
        items=results,
        bytes=measure(items).mean * results,
        uses=(
            UnitUse(
                resource=table.name,
                dimension="read",
                units=get_units(items, Consistency.EVENTUAL).times(results),
                why=f"the {plain(results)} items found, for what the index lacks",
            ),
        ),
    )
    step = ReadStep(
        operation="BatchGetItem",
        table=table.name,
        shape=shape.name,
        entity=pattern.entity,
        keys=keys,
        select=pattern.select,
        from_previous=True,
    )
    return request, step
