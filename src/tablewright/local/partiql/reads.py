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
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from tablewright.capacity.values import key_part
from tablewright.local.expressions import (
    Condition,
    KeyCondition,
    Projection,
    parse_condition,
)
from tablewright.local.expressions.checks import check_overlap
from tablewright.local.expressions.nodes import (
    Between,
    Comparison,
    ConditionNode,
    Function,
    In,
    Or,
    Path,
    Value,
)
from tablewright.local.expressions.projection import top_level_names
from tablewright.local.faults import ValidationException
from tablewright.local.operations.query import key_range
from tablewright.local.partiql.statements import Select, WireValue
from tablewright.local.partiql.writes import (
    check_key_type,
    conjunction,
    conjuncts,
    equality,
    used,
)
from tablewright.local.reading import PageRequest, read_page, start_position
from tablewright.local.selecting import index_read, must_fetch, read_consistency
from tablewright.local.validation import check_item

if TYPE_CHECKING:
    from tablewright.local.engine import Engine
    from tablewright.local.metering import TableMeter
    from tablewright.local.tables import Index, Keys, Table

MAX_PARTITIONS = 50
"""Developer Guide, "PartiQL operators", IN: "up to 50 hash attribute values"."""

_MIRRORED = {"=": "=", "<": ">", "<=": ">=", ">": "<", ">=": "<=", "<>": "<>"}
_RANGES = ("<", "<=", ">", ">=")

Range = tuple[bytes, bytes | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a SELECT reads: its ranges one after the other, filtered and projected alike."""

    table: Table
    index: Index | None
    ranges: tuple[Range, ...]
    filter: Condition | None
    projection: Projection | None
    is_reverse: bool
    digest: str
    """Tells this statement with these parameters from others, for NextToken."""


def plan_select(
    engine: Engine, statement: Select, parameters: Sequence[WireValue], request: dict[str, Any]
) -> Plan:
    """Return what a SELECT reads.

    Args:
        engine: where the table is.
        statement: the parsed statement.
        parameters: the values of its question marks.
        request: the request, for ConsistentRead.

    Raises:
        ValidationException: a condition, the order or the index cannot be served.
    """
    table = engine.table(statement.target.table)
    index = index_read(table, _index_request(statement, request))
    keys = table.keys if index is None else index.keys
    values = statement.bound_values(parameters)
    check_item(values)
    if statement.condition is not None:
        _bound(statement.condition, statement, values)  # every leaf is checked, also those of keys
    conditions, rest = _key_conditions(statement, keys, values)
    is_reverse, are_partitions_reversed = _directions(statement, keys, conditions)
    if statement.order:
        conditions.sort(
            key=lambda one: _partition_order(keys, one), reverse=are_partitions_reversed
        )
    ranges = [key_range(keys, one) for one in conditions] or [(b"", None)]
    filter_ = None if rest is None else _bound(rest, statement, values)
    projection = projection_of(statement)
    select = {} if projection is not None else {"Select": "ALL_PROJECTED_ATTRIBUTES"}
    must_fetch(index, select, projection, filter_)
    return Plan(
        table=table,
        index=index,
        ranges=tuple(dict.fromkeys(ranges)),
        filter=filter_,
        projection=projection,
        is_reverse=is_reverse,
        digest=_digest(request),
    )


def _index_request(statement: Select, request: dict[str, Any]) -> dict[str, Any]:
    name = statement.target.index
    return request if name is None else {**request, "IndexName": name}


def _bound(condition: ConditionNode, statement: Select, values: dict[str, WireValue]) -> Condition:
    names, placeholders = used([condition])
    return parse_condition(
        str(condition),
        {name: statement.names[name] for name in names},
        {name: values[name] for name in placeholders},
        parameter="WHERE clause",
    )


def projection_of(statement: Select) -> Projection | None:
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
    check_overlap(paths, "SELECT clause")
    names = top_level_names(paths)
    labels = None if names is not None else tuple(map(_label, paths))
    return Projection(paths=tuple(paths), names=names, labels=labels)


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


# Keys


def _key_conditions(
    statement: Select, keys: Keys, values: dict[str, WireValue]
) -> tuple[list[KeyCondition], ConditionNode | None]:
    """Return a key condition for each partition read (none: scan), and what is left to filter."""
    parts = conjuncts(statement.condition)
    partitions, parts = _partitions(parts, statement, keys, values)
    if not partitions:
        return [], conjunction(parts)
    equals: list[WireValue] = []
    operator: str | None = None
    operands: tuple[WireValue, ...] = ()
    for name, kind in keys.sort:
        found = _sort_condition(parts, name, statement, values)
        if found is None:
            break
        part, operator, operands = found
        for operand in operands:
            check_key_type(name, kind, operand)
        parts.remove(part)
        if operator != "=":
            break
        equals.append(operands[0])
        operator, operands = None, ()
    conditions = [
        KeyCondition(
            partition=partition,
            sort_equals=tuple(equals),
            operator=operator,
            operands=operands,
        )
        for partition in partitions
    ]
    return conditions, conjunction(parts)


def _partitions(
    parts: list[ConditionNode], statement: Select, keys: Keys, values: dict[str, WireValue]
) -> tuple[list[tuple[WireValue, ...]], list[ConditionNode]]:
    """Return the partition keys that are asked for, and the parts that did not say so."""
    rest = list(parts)
    chosen: list[list[WireValue]] = []
    for name, kind in keys.partition:
        for part in rest:
            choices = _choices(part, name, statement, values)
            if choices is not None:
                break
        else:
            return [], parts
        for choice in choices:
            check_key_type(name, kind, choice)
        rest.remove(part)
        chosen.append(choices)
    if math.prod(map(len, chosen)) > MAX_PARTITIONS:
        raise ValidationException(
            f"Too many key values in the WHERE clause: it may name {MAX_PARTITIONS} at the most"
        )
    partitions: list[tuple[WireValue, ...]] = [()]
    for choices in chosen:
        partitions = [(*partition, choice) for partition in partitions for choice in choices]
    return partitions, rest


def _choices(
    part: ConditionNode, name: str, statement: Select, values: dict[str, WireValue]
) -> list[WireValue] | None:
    """Return the values that a part allows an attribute, None if it does not just list them."""
    found = equality(part, statement.names)
    if found is not None:
        return [values[found[1]]] if found[0] == name else None
    if isinstance(part, Or):
        left = _choices(part.left, name, statement, values)
        right = _choices(part.right, name, statement, values)
        return None if left is None or right is None else left + right
    if isinstance(part, In) and _is_attribute(part.operand, name, statement):
        placeholders = [one.name for one in part.choices if isinstance(one, Value)]
        if len(placeholders) == len(part.choices):
            return [values[one] for one in placeholders]
    return None


def _is_attribute(operand: Any, name: str, statement: Select) -> bool:
    return (
        isinstance(operand, Path)
        and len(operand.elements) == 1
        and statement.names[str(operand.elements[0])] == name
    )


def _sort_condition(
    parts: list[ConditionNode], name: str, statement: Select, values: dict[str, WireValue]
) -> tuple[ConditionNode, str, tuple[WireValue, ...]] | None:
    """Return the first part that bounds a sort key attribute, with its operator and operands."""
    for part in parts:
        if isinstance(part, Comparison):
            left, right, operator = part.left, part.right, part.operator
            if isinstance(left, Value):
                left, right, operator = right, left, _MIRRORED[operator]
            listed: tuple[Any, ...] = (left, right)
        elif isinstance(part, Between):
            operator, listed = "BETWEEN", (part.operand, part.low, part.high)
        elif isinstance(part, Function) and part.name == "begins_with":
            operator, listed = part.name, part.arguments
        else:
            continue
        first, *others = listed
        is_usable = operator in ("=", "BETWEEN", "begins_with", *_RANGES)
        if is_usable and _is_attribute(first, name, statement):
            placeholders = [one.name for one in others if isinstance(one, Value)]
            if len(placeholders) == len(others):
                return part, operator, tuple(values[one] for one in placeholders)
    return None


def _directions(statement: Select, keys: Keys, conditions: list[KeyCondition]) -> tuple[bool, bool]:
    """Return whether sort keys run backwards, and whether partitions do.

    Raises:
        ValidationException: the order is not that of the keys that are read.
    """
    if not statement.order:
        return False, False
    if not conditions:
        raise ValidationException(
            "Must have at least one non-optional hash key condition in WHERE clause when using "
            "ORDER BY clause."
        )
    partition = [name for name, _ in keys.partition]
    sort = [name for name, _ in keys.sort]
    wanted = {one.name: one.is_descending for one in statement.order}
    unknown = [name for name in wanted if name not in (*partition, *sort)]
    if unknown:
        raise ValidationException(
            f"Variable reference {unknown[0]} in ORDER BY clause must be part of the primary key"
        )
    by_sort = [wanted[name] for name in sort if name in wanted]
    by_partition = [wanted[name] for name in partition if name in wanted]
    is_unordered = len(conditions) > 1 and bool(by_sort) and not by_partition
    is_mixed = len(set(by_sort)) > 1 or len(set(by_partition)) > 1
    if is_unordered or is_mixed:
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
    engine: Engine, plan: Plan, request: dict[str, Any], meter: TableMeter
) -> tuple[list[Any], str | None, dict[str, WireValue] | None]:
    """Return the items of a page, the token to go on with, and the key it ended at.

    Raises:
        ValidationException: the token is not of this statement.
    """
    place, start = _position(plan, request.get("NextToken"))
    left = request.get("Limit")
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
                limit=left,
                filter=plan.filter,
                projection=plan.projection,
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
        if left is not None:
            left -= page["ScannedCount"]
            if left <= 0:
                return items, _token(plan, place, None), None


def _digest(request: dict[str, Any]) -> str:
    content = orjson.dumps([request["Statement"], request.get("Parameters", [])])
    return hashlib.sha256(content).hexdigest()[:16]


def _token(plan: Plan, place: int, last: dict[str, WireValue] | None) -> str:
    return base64.urlsafe_b64encode(orjson.dumps([plan.digest, place, last])).decode()


def _position(plan: Plan, token: str | None) -> tuple[int, bytes | None]:
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
    return place, start_position(keys, plan.table, plan.index, last)
