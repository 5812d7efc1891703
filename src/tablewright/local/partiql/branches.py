"""The WHERE clause of a SELECT as branches: alternatives, each of which may name a partition.

In: a condition, the keys of a table or index, and values. Out: for each alternative the keys it
reads and what is left to filter; the ranges of keys to read. If any alternative does not name a
whole partition key there are no branches: the table is scanned.

Source: AWS Developer Guide, "PartiQL select statements for DynamoDB"; that alternatives may not
overlap on the sort key, unless one of them negates it, as captured on AWS in 2026-10.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from tablewright.core.frozen import frozen
from tablewright.local.expressions import KeyCondition
from tablewright.local.expressions.nodes import (
    Between,
    ComparisonNode,
    ConditionNode,
    DocumentPath,
    Function,
    In,
    Not,
    Or,
    ValuePlaceholder,
)
from tablewright.local.faults import ValidationException
from tablewright.local.operations.query import key_range
from tablewright.local.partiql.statements import Select, WireValue
from tablewright.local.partiql.writes import check_key_type, conjunction, conjuncts, equality, used

if TYPE_CHECKING:
    from tablewright.local.tables import Keys

MAX_PARTITIONS = 50
"""Developer Guide, "PartiQL operators", IN: "up to 50 hash attribute values"."""

_MIRRORED = {"=": "=", "<": ">", "<=": ">=", ">": "<", ">=": "<=", "<>": "<>"}
_RANGES = ("<", "<=", ">", ">=")

Range = tuple[bytes, bytes | None]
"""The first key of a range, and the first key after it; None: to the end."""

_EVERYTHING: tuple[Range, ...] = ((b"", None),)


@frozen
class Branch:
    """One alternative of a WHERE clause."""

    condition: KeyCondition
    range: Range
    rest: tuple[ConditionNode, ...]
    """What it asks beside the keys."""
    negates_sort_key: bool
    """Whether it only says what the sort key is not; it may then overlap others."""


def key_branches(statement: Select, keys: Keys, values: dict[str, WireValue]) -> list[Branch]:
    """Return the branches of a WHERE clause, none if one of them does not name a partition.

    Raises:
        ValidationException: a key has a value of another type, or there are too many.
    """
    partition_names = [name for name, _ in keys.partition]
    branches: list[Branch] = []
    for parts in _alternatives(statement.condition, partition_names, statement):
        if len(branches) >= MAX_PARTITIONS:
            raise ValidationException("Too many decomposed read operations for a given query.")
        branch = _branch(parts, keys, statement, values)
        if branch is None:
            return []
        branches.append(branch)
    return branches


def _alternatives(
    condition: ConditionNode | None, partition_names: list[str], statement: Select
) -> Iterator[list[ConditionNode]]:
    """Yield the conjunctions that together, joined by OR, say what a condition says.

    Only what speaks of the partition key is taken apart: `IN` on it, and every OR that does.
    """
    parts = conjuncts(condition)
    for place, part in enumerate(parts):
        if isinstance(part, Or) and _mentions(part, partition_names, statement):
            choices = _disjuncts(part)
        elif isinstance(part, In) and any(
            _is_attribute(part.operand, name, statement) for name in partition_names
        ):
            choices = [ComparisonNode("=", part.operand, each) for each in part.choices]
        else:
            continue
        for choice in choices:
            combined = conjunction([*parts[:place], choice, *parts[place + 1 :]])
            yield from _alternatives(combined, partition_names, statement)
        return
    yield parts


def _disjuncts(condition: ConditionNode) -> list[ConditionNode]:
    """Return the parts of a chain of ORs, left to right."""
    disjuncts: list[ConditionNode] = []
    waiting = [condition]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Or):
            waiting += [node.right, node.left]
        else:
            disjuncts.append(node)
    return disjuncts


def _mentions(node: ConditionNode, names: list[str], statement: Select) -> bool:
    placeholders, _ = used([node])
    return any(statement.names[name] in names for name in placeholders)


def _branch(
    parts: list[ConditionNode], keys: Keys, statement: Select, values: dict[str, WireValue]
) -> Branch | None:
    rest = list(parts)
    partition = []
    for name, kind in keys.partition:
        for part in rest:
            pair = equality(part, statement.names)
            if pair is not None and pair[0] == name:
                break
        else:
            return None
        value = values[pair[1]]
        check_key_type(name, kind, value)
        rest.remove(part)
        partition.append(value)
    equals: list[WireValue] = []
    operator: str | None = None
    operands: tuple[WireValue, ...] = ()
    for name, kind in keys.sort:
        bound = _sort_condition(rest, name, statement, values)
        if bound is None:
            break
        part, operator, operands = bound
        for operand in operands:
            check_key_type(name, kind, operand)
        rest.remove(part)
        if operator != "=":
            break
        equals.append(operands[0])
        operator, operands = None, ()
    condition = KeyCondition(
        partition=tuple(partition),
        sort_equals=tuple(equals),
        operator=operator,
        operands=operands,
    )
    sort_names = [name for name, _ in keys.sort]
    return Branch(
        condition=condition,
        range=key_range(keys, condition),
        rest=tuple(rest),
        negates_sort_key=any(
            _is_negation(part) and _mentions(part, sort_names, statement) for part in rest
        ),
    )


def _is_negation(part: ConditionNode) -> bool:
    return isinstance(part, Not) or (isinstance(part, ComparisonNode) and part.operator == "<>")


def _is_attribute(operand: Any, name: str, statement: Select) -> bool:
    return (
        isinstance(operand, DocumentPath)
        and len(operand.elements) == 1
        and statement.names[str(operand.elements[0])] == name
    )


def _sort_condition(
    parts: list[ConditionNode], name: str, statement: Select, values: dict[str, WireValue]
) -> tuple[ConditionNode, str, tuple[WireValue, ...]] | None:
    """Return the first part that bounds a sort key attribute, with its operator and operands."""
    for part in parts:
        if isinstance(part, ComparisonNode):
            left_side, right, operator = part.left, part.right, part.operator
            if isinstance(left_side, ValuePlaceholder):
                left_side, right, operator = right, left_side, _MIRRORED[operator]
            listed: tuple[Any, ...] = (left_side, right)
        elif isinstance(part, Between):
            operator, listed = "BETWEEN", (part.operand, part.low, part.high)
        elif isinstance(part, Function) and part.name == "begins_with":
            operator, listed = part.name, part.arguments
        else:
            continue
        attribute, *operands = listed
        is_usable = operator in ("=", "BETWEEN", "begins_with", *_RANGES)
        if is_usable and _is_attribute(attribute, name, statement):
            placeholders = [
                operand.name for operand in operands if isinstance(operand, ValuePlaceholder)
            ]
            if len(placeholders) == len(operands):
                return part, operator, tuple(values[each] for each in placeholders)
    return None


def check_no_overlap(branches: list[Branch]) -> None:
    """Refuse branches that would read the same keys, unless one only negates the sort key."""
    for place, branch in enumerate(branches):
        for earlier in branches[:place]:
            is_exempt = branch.negates_sort_key or earlier.negates_sort_key
            if not is_exempt and _overlap(branch.range, earlier.range):
                raise ValidationException(
                    "Overlapping conditions with range keys are not supported in where clause"
                )


def _overlap(range_: Range, other_range: Range) -> bool:
    (low, high), (other_low, other_high) = range_, other_range
    return (other_high is None or low < other_high) and (high is None or other_low < high)


def read_ranges(branches: list[Branch]) -> tuple[Range, ...]:
    """Return the ranges of keys to read, each key once: ranges that overlap become one."""
    ranges: list[Range] = []
    for branch in branches:
        merged = branch.range
        separate = []
        for earlier in ranges:
            if _overlap(merged, earlier):
                highs = (merged[1], earlier[1])
                high = None if None in highs else max(end for end in highs if end is not None)
                merged = (min(merged[0], earlier[0]), high)
            else:
                separate.append(earlier)
        ranges = [*separate, merged]
    return tuple(ranges) or _EVERYTHING


def remaining_filter(statement: Select, branches: list[Branch]) -> ConditionNode | None:
    """Return what is left to filter, once the ranges of the branches are read."""
    if not branches:
        return statement.condition
    rests = {branch.rest for branch in branches}
    if len(rests) == 1:
        return conjunction(list(rests.pop()))
    return statement.condition
