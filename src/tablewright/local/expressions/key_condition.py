"""Key conditions: which keys of a table or index a query reads.

In: text, names and values, and the key attributes of the table or index. Out: a value for each
partition key attribute, values for the leading sort key attributes, and at most one range on the
next. It does not know how keys are stored.

Rules: API reference, Query, "KeyConditionExpression"; for indexes with several key attributes the
Developer Guide, "Multi-attribute keys": equality on every partition key attribute, sort key
attributes from left to right without a gap, a range only on the last one given. Wording as recorded
from the service by dynalite's tests and by DynamoDB Local 3.3.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from tablewright.local.expressions.bound import KeyCondition, Values, WireValue
from tablewright.local.expressions.checks import check_leaf, children, leaves, resolve
from tablewright.local.expressions.nodes import (
    And,
    Between,
    ComparisonNode,
    DocumentPath,
    Function,
    In,
    Not,
    Or,
    ValuePlaceholder,
)
from tablewright.local.expressions.refusals import invalid, refused
from tablewright.local.expressions.syntax import Syntax, condition_syntax

_PARAMETER = "KeyConditionExpression"
_MIRRORED = {"=": "=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}

Parts = Mapping[str, tuple[str, tuple[WireValue, ...]]]
"""Attribute name to operator and operands."""


class KeyParts(NamedTuple):
    """A key condition bound to names and values, before the keys of a table are known."""

    parts: Parts
    used_names: frozenset[str]
    used_values: frozenset[str]


def bind_key_condition(
    text: str, names: Mapping[str, str] | None, values: Values | None
) -> KeyParts:
    """Return the parts of a key condition: what can be said before a table is looked up.

    Raises:
        ValidationException: the text, a placeholder or an operand is wrong.
    """
    values = values or {}
    syntax = condition_syntax(text, _PARAMETER)
    plan: tuple[tuple[str, str, tuple[str, ...]], ...] = syntax.compiled_for(
        names or {}, values, _compile
    )
    for leaf in leaves(syntax.tree):
        if isinstance(leaf, Between):
            check_leaf(leaf, names or {}, values, _PARAMETER)
    parts = {
        name: (operator, tuple([values[operand] for operand in operands]))
        for name, operator, operands in plan
    }
    return KeyParts(parts, frozenset(syntax.names), frozenset(syntax.values))


def parse_key_condition(
    text: str,
    names: Mapping[str, str] | None,
    values: Values | None,
    *,
    partition_keys: Sequence[str],
    sort_keys: Sequence[str] = (),
    key_types: Mapping[str, str] | None = None,
) -> KeyCondition:
    """Return the key condition for these key attributes; `key_types` maps each to S, N or B.

    Raises:
        ValidationException: the text or a placeholder is wrong, or it does not fit the keys.

    Example:
        >>> condition = parse_key_condition(
        ...     "pk = :p AND sk > :s", None, {":p": {"S": "a"}, ":s": {"N": "5"}},
        ...     partition_keys=["pk"], sort_keys=["sk"])
        >>> condition.partition, condition.operator, condition.operands
        (({'S': 'a'},), '>', ({'N': '5'},))
    """
    return match_key_parts(
        bind_key_condition(text, names, values),
        partition_keys=partition_keys,
        sort_keys=sort_keys,
        key_types=key_types,
    )


def match_key_parts(
    bound: KeyParts,
    *,
    partition_keys: Sequence[str],
    sort_keys: Sequence[str],
    key_types: Mapping[str, str] | None = None,
) -> KeyCondition:
    """Return the key condition that bound parts make for these key attributes.

    Raises:
        ValidationException: it does not fit the keys.
    """
    key_count = len(partition_keys) + len(sort_keys)
    if len(bound.parts) > key_count:
        raise refused(
            f"The number of query conditions ({len(bound.parts)}) exceeds the number of key "
            f"attributes defined in the schema ({key_count})"
        )
    return match_keys(
        bound.parts,
        partition_keys=partition_keys,
        sort_keys=sort_keys,
        key_types=key_types,
        used_names=bound.used_names,
        used_values=bound.used_values,
    )


def _compile(
    syntax: Syntax, names: Mapping[str, str], values: Values
) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
    """Return attribute name, operator and the placeholders of the operands of each part."""
    for leaf in leaves(syntax.tree):
        check_leaf(leaf, names, values, _PARAMETER)
    plan: dict[str, tuple[str, str, tuple[str, ...]]] = {}
    waiting: list[Any] = [syntax.tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, And):
            waiting.extend((node.right, node.left))
            continue
        name, operator, operands = _part(node, names)
        if name in plan:
            raise invalid(
                _PARAMETER, "KeyConditionExpressions must only contain one condition per key"
            )
        plan[name] = (name, operator, operands)
    return tuple(plan.values())


def _part(node: Any, names: Mapping[str, str]) -> tuple[str, str, tuple[str, ...]]:
    operator = _operator(node)
    operands = list(children(node))
    if any(isinstance(operand, Function) for operand in operands):
        raise refused("KeyConditionExpressions cannot contain nested operations")
    paths = [operand for operand in operands if isinstance(operand, DocumentPath)]
    if isinstance(node, Between | Function) and not isinstance(operands[0], DocumentPath):
        raise refused(
            f"Invalid condition in {_PARAMETER}: {operator} operator must have the key attribute "
            "as its first operand"
        )
    if len(paths) != 1:
        problem = "Multiple attribute names used in one condition"
        if not paths:
            problem = "No key attribute specified"
        raise refused(f"Invalid condition in {_PARAMETER}: {problem}")
    path = resolve(paths[0], names, _PARAMETER)
    if len(path) > 1:
        raise invalid(
            _PARAMETER,
            "Key attributes must be scalars; list random access '[]' and map lookup '.' are not "
            f"allowed: Key: {path[0]}",
        )
    if operands[0] is not paths[0]:
        operator = _MIRRORED[operator]
    placeholders = tuple(
        operand.name for operand in operands if isinstance(operand, ValuePlaceholder)
    )
    return str(path[0]), operator, placeholders


def _operator(node: Any) -> str:
    """Return the operator of a part, if a key condition may have it."""
    if isinstance(node, Between):
        return "BETWEEN"
    if isinstance(node, ComparisonNode) and node.operator != "<>":
        return node.operator
    if isinstance(node, Function) and node.name == "begins_with":
        return node.name
    if isinstance(node, Or | Not | In):
        operator = type(node).__name__.upper()
    else:
        operator = node.operator if isinstance(node, ComparisonNode) else node.name
    raise refused(f"Invalid operator used in {_PARAMETER}: {operator}")


def match_keys(
    parts: Parts,
    *,
    partition_keys: Sequence[str],
    sort_keys: Sequence[str],
    key_types: Mapping[str, str] | None,
    used_names: frozenset[str] = frozenset(),
    used_values: frozenset[str] = frozenset(),
) -> KeyCondition:
    """Return the key condition that these parts make for these key attributes."""
    limit = max(2, len(partition_keys) + len(sort_keys))
    if not 1 <= len(parts) <= limit:
        allowed = "1 or 2" if limit == 2 else f"1 to {limit}"
        raise refused(f"Conditions can be of length {allowed} only")
    for name in partition_keys:
        if name not in parts:
            raise refused(f"Query condition missed key schema element: {name}")
    used_sort_keys = [name for name in sort_keys if name in parts]
    if len(partition_keys) + len(used_sort_keys) < len(parts):
        if not sort_keys:
            raise refused("Query key condition not supported")
        missing = next((name for name in sort_keys if name not in parts), sort_keys[0])
        raise refused(f"Query condition missed key schema element: {missing}")
    _check_leading_sort_keys(parts, sort_keys, used_sort_keys)
    for name in (*partition_keys, *used_sort_keys):
        operator, operands = parts[name]
        kind = key_types.get(name) if key_types else None
        if kind and any(kind not in operand for operand in operands):
            raise refused(
                "One or more parameter values were invalid: Condition parameter type does not "
                "match schema type"
            )
        if operator != "=" and name in partition_keys:
            raise refused("Query key condition not supported")
    last = used_sort_keys[-1] if used_sort_keys else None
    ranged = last if last is not None and parts[last][0] != "=" else None
    return KeyCondition(
        partition=tuple(parts[name][1][0] for name in partition_keys),
        sort_equals=tuple(parts[name][1][0] for name in used_sort_keys if name != ranged),
        operator=parts[ranged][0] if ranged else None,
        operands=parts[ranged][1] if ranged else (),
        used_names=used_names,
        used_values=used_values,
    )


def _check_leading_sort_keys(
    parts: Parts, sort_keys: Sequence[str], used_sort_keys: Sequence[str]
) -> None:
    """Refuse a condition on a sort key attribute unless all before it have equality."""
    if not used_sort_keys:
        return
    last = used_sort_keys[-1]
    leading = sort_keys[: sort_keys.index(last)]
    loose = [name for name in leading if name not in parts or parts[name][0] != "="]
    if loose:
        raise refused(
            f"RANGE key attributes {', '.join(loose)} must have equality conditions specified in "
            f"the query because a condition is present on key attribute {last}"
        )
