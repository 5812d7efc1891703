"""SELECT as pages of a table or an index.

In: a statement, its parameters and a table. Out: the ranges of keys it reads, in order, the filter
and the projection; and, page by page, the items.

A WHERE clause that gives the whole partition key (by `=`, `IN`, or an `OR` of equalities) reads
those partitions; conditions on the sort key that bound a range narrow them; all else filters what
was read. Without a partition key the table is scanned. Source: AWS Developer Guide, "PartiQL
select statements for DynamoDB".
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import orjson

from tablewright.capacity.values import key_part
from tablewright.core.frozen import frozen
from tablewright.local.expressions import (
    BoundCondition,
    BoundProjection,
    KeyCondition,
)
from tablewright.local.expressions.checks import check_overlap
from tablewright.local.expressions.projection import top_level_names
from tablewright.local.faults import ValidationException
from tablewright.local.partiql.branches import (
    Branch,
    Range,
    check_no_overlap,
    key_branches,
    read_ranges,
    remaining_filter,
)
from tablewright.local.partiql.statements import Select, WireValue
from tablewright.local.partiql.writes import bound_condition, checked_values
from tablewright.local.reading import PageRequest, read_page, start_position
from tablewright.local.selecting import index_read, must_fetch, read_consistency
from tablewright.local.validation import check_item

if TYPE_CHECKING:
    from tablewright.local.engine import LocalEngine
    from tablewright.local.metering import TableMeter
    from tablewright.local.tables import Index, Keys, Table


@frozen
class SelectPlan:
    """What a SELECT reads: its ranges one after the other, filtered and projected alike."""

    table: Table
    index: Index | None
    ranges: tuple[Range, ...]
    filter: BoundCondition | None
    projection: BoundProjection | None
    fetches: bool
    """Whether entries of a local index are completed from the table."""
    is_reverse: bool
    digest: str
    """Tells this statement with these parameters from others, for NextToken."""


MULTI_ATTRIBUTE_KEYS = (
    "PartiQL statements cannot be executed on tables with multi-attribute HASH keys or "
    "multi-attribute RANGE keys."
)


def plan_select(
    engine: LocalEngine, statement: Select, parameters: Sequence[WireValue], request: dict[str, Any]
) -> SelectPlan:
    """Return what a SELECT reads.

    Args:
        engine: where the table is.
        statement: the parsed statement.
        parameters: the values of its question marks.
        request: the request, for ConsistentRead.

    Raises:
        ValidationException: a condition, the order or the index cannot be served.
    """
    values = checked_values(statement, parameters)
    table = engine.table(statement.target.table)
    check_single_attribute_keys(table, statement)
    if statement.refusal is not None:
        raise ValidationException(statement.refusal)
    index = _index(table, statement, request)
    keys = table.keys if index is None else index.keys
    branches = key_branches(statement, keys, values)
    check_no_overlap(branches)
    is_reverse, are_partitions_reversed = _directions(statement, keys, branches)
    if statement.order:
        branches.sort(
            key=lambda branch: _partition_order(keys, branch.condition),
            reverse=are_partitions_reversed,
        )
    rest = remaining_filter(statement, branches)
    filter_ = None if rest is None else bound_condition(rest, statement, values)
    projection = projection_of(statement)
    select = {} if projection is not None else {"Select": "ALL_PROJECTED_ATTRIBUTES"}
    fetches = must_fetch(index, select, projection, filter_ if branches else None)
    return SelectPlan(
        table=table,
        index=index,
        ranges=read_ranges(branches),
        filter=filter_,
        projection=projection,
        fetches=fetches,
        is_reverse=is_reverse,
        digest=_digest(request),
    )


def check_single_attribute_keys(table: Table, statement: Select) -> None:
    """Refuse to read an index with several partition or sort key attributes."""
    index = table.indexes.get(statement.target.index or "")
    if index is not None and (len(index.keys.partition) > 1 or len(index.keys.sort) > 1):
        raise ValidationException(MULTI_ATTRIBUTE_KEYS)


def _index(table: Table, statement: Select, request: dict[str, Any]) -> Index | None:
    """Return the index a SELECT reads, in PartiQL's words where it cannot be read."""
    name = statement.target.index
    if name is None:
        return None
    index = table.indexes.get(name)
    if index is None:
        raise ValidationException("The table does not have the specified index")
    if request.get("ConsistentRead") and not index.is_local:
        raise ValidationException(
            "Strongly consistent read is not supported on Global Secondary Indexes"
        )
    return index_read(table, {**request, "IndexName": name})


def projection_of(statement: Select) -> BoundProjection | None:
    """Return what a SELECT shows of each item, None for all of it."""
    if statement.columns is None:
        return None
    paths = [
        tuple(
            statement.names[element] if isinstance(element, str) else element
            for element in path.elements
        )
        for path in statement.columns
    ]
    for place, path in enumerate(paths):
        if path in paths[:place]:
            raise ValidationException(f"Duplicate identifiers in select clause: {_label(path)}")
    check_overlap(paths, "SELECT clause")
    names = top_level_names(paths)
    labels = None if names is not None else tuple(map(_label, paths))
    return BoundProjection(paths=tuple(paths), names=names, labels=labels)


def _label(path: tuple[str | int, ...]) -> str:
    """Return what a column is called in the reply: the last name of its path.

    Example:
        >>> _label(("a", "b")), _label(("a", 1))
        ('b', 'a[1]')
    """
    label = ""
    for element in path:
        label = label + f"[{element}]" if isinstance(element, int) else element
    return label


def _directions(statement: Select, keys: Keys, branches: list[Branch]) -> tuple[bool, bool]:
    """Return whether sort keys run backwards, and whether partitions do.

    Raises:
        ValidationException: the order is not that of the keys that are read.
    """
    if not statement.order:
        return False, False
    if not branches:
        raise ValidationException(
            "Must have at least one non-optional hash key condition in WHERE clause when using "
            "ORDER BY clause."
        )
    partition = [name for name, _ in keys.partition]
    sort = [name for name, _ in keys.sort]
    order = {each.name: each.is_descending for each in statement.order}
    unknown = [name for name in order if name not in (*partition, *sort)]
    if unknown:
        raise ValidationException(
            f"Variable reference {unknown[0]} in ORDER BY clause must be part of the primary key"
        )
    by_sort = [order[name] for name in sort if name in order]
    by_partition = [order[name] for name in partition if name in order]
    is_unordered = len(branches) > 1 and bool(by_sort) and not by_partition
    is_mixed = len(set(by_sort)) > 1 or len(set(by_partition)) > 1
    if is_unordered:
        raise ValidationException(
            "Must have hash key in ORDER BY clause when more than one hash key condition "
            "specified in WHERE clause."
        )
    if is_mixed:
        raise ValidationException(
            "ORDER BY over several partitions must begin with the partition key, and run in one "
            "direction for all attributes of a key"
        )
    return any(by_sort), any(by_partition)


def _partition_order(keys: Keys, condition: KeyCondition) -> list[bytes]:
    pairs = zip(keys.partition, condition.partition, strict=True)
    return [key_part(kind, value[kind]) for (_, kind), value in pairs]


# Pages


def read_plan(
    engine: LocalEngine, plan: SelectPlan, request: dict[str, Any], meter: TableMeter
) -> tuple[list[Any], str | None, dict[str, WireValue] | None]:
    """Return the items of a page, the token to go on with, and the key it ended at.

    Raises:
        ValidationException: the token is not of this statement.
    """
    place, start = _position(plan, request.get("NextToken"))
    limit = request.get("Limit")
    items: list[Any] = []
    while True:
        low, high = plan.ranges[place]
        page = read_page(
            engine,
            PageRequest(
                table=plan.table,
                index=plan.index,
                low=low,
                high=high,
                is_reverse=plan.is_reverse,
                start=start,
                limit=limit,
                filter=plan.filter,
                projection=plan.projection,
                fetches=plan.fetches,
                consistency=read_consistency(request),
            ),
            meter,
        )
        items += page["Items"]
        last = page.get("LastEvaluatedKey")
        if last is not None:
            return items, _token(plan, place, last), last
        place += 1
        start = None
        if place == len(plan.ranges):
            return items, None, None
        if limit is not None:
            limit -= page["ScannedCount"]
            if limit <= 0:
                return items, _token(plan, place, None), None


def _digest(request: dict[str, Any]) -> str:
    content = orjson.dumps([request["Statement"], request.get("Parameters", [])])
    return hashlib.sha256(content).hexdigest()[:16]


def _token(plan: SelectPlan, place: int, last: dict[str, WireValue] | None) -> str:
    return base64.urlsafe_b64encode(orjson.dumps([plan.digest, place, last])).decode()


def _position(plan: SelectPlan, token: str | None) -> tuple[int, bytes | None]:
    """Return the range to go on in, and the key to go on after."""
    if token is None:
        return 0, None
    refusal = ValidationException("NextToken does not match request")
    try:
        digest, place, last = orjson.loads(base64.urlsafe_b64decode(token))
    except ValueError:
        raise refusal from None
    if digest != plan.digest or type(place) is not int or not 0 <= place < len(plan.ranges):
        raise refusal
    if last is None:
        return place, None
    keys = plan.table.keys if plan.index is None else plan.index.keys
    if not isinstance(last, dict):
        raise refusal
    check_item(last)
    return place, start_position(keys, plan.table, plan.index, last)
