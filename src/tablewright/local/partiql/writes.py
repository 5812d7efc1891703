"""INSERT, UPDATE, DELETE and EXISTS as requests of the item operations.

In: a statement, its parameters and the table's keys. Out: the kind of write and its parameters, as
`TransactWriteItems` names them; PutItem, UpdateItem and DeleteItem take the same.

Meaning: AWS Developer Guide, "PartiQL insert, update and delete statements": INSERT needs the key
to be free, UPDATE needs the item to be there, DELETE of an absent item does nothing.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from tablewright.local.expressions import BoundCondition, parse_condition
from tablewright.local.expressions.checks import children
from tablewright.local.expressions.nodes import (
    And,
    ComparisonNode,
    ConditionNode,
    DocumentPath,
    Function,
    Or,
    UpdateNode,
    ValuePlaceholder,
)
from tablewright.local.expressions.refusals import WHERE_CLAUSE
from tablewright.local.faults import ValidationException
from tablewright.local.partiql.statements import (
    Delete,
    Insert,
    Select,
    Statement,
    UpdateStatement,
    filled,
)
from tablewright.local.validation import check_item

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tablewright.local.partiql.statements import WireValue
    from tablewright.local.tables import Keys, Table

KEY_PLACEHOLDER = "#key"
"""Stands for the first key attribute, where a write asks whether its item is there."""

_NO_KEY = "Where clause does not contain a mandatory equality on all key attributes"


def write_request(
    statement: Statement, parameters: Sequence[WireValue], table: Table
) -> tuple[str, dict[str, Any]]:
    """Return a write as (kind, parameters); the kind is Put, Update, Delete or ConditionCheck.

    Raises:
        ValidationException: the statement does not name one item of the table by its key.
    """
    values = checked_values(statement, parameters)
    if statement.target.index is not None:
        raise ValidationException("This operation is not supported on an index")
    if isinstance(statement, Insert):
        item = filled(statement.item, parameters)["M"]
        _check_key_types(table.keys, item)
        return "Put", _placed(
            statement,
            table,
            values,
            {"Item": item, "ConditionExpression": f"attribute_not_exists({KEY_PLACEHOLDER})"},
        )
    key, rest = split_key(statement, table.keys, values)
    _check_key_types(table.keys, key)
    is_there = Function("attribute_exists", (DocumentPath((KEY_PLACEHOLDER,)),))
    request: dict[str, Any] = {"Key": key}
    if isinstance(statement, UpdateStatement):
        request["UpdateExpression"] = str(statement.update)
        condition: ConditionNode = is_there if rest is None else And(is_there, rest)
        kind = "Update"
    elif isinstance(statement, Delete):
        is_absent = Function("attribute_not_exists", (DocumentPath((KEY_PLACEHOLDER,)),))
        if rest is None:
            return "Delete", _placed(statement, table, values, request)
        condition = Or(is_absent, rest)
        kind = "Delete"
    else:
        condition = is_there if rest is None else And(is_there, rest)
        kind = "ConditionCheck"
    request["ConditionExpression"] = str(condition)
    return kind, _placed(statement, table, values, request, condition)


def checked_values(statement: Statement, parameters: Sequence[WireValue]) -> dict[str, WireValue]:
    """Return the values of a statement after all checks that need no table.

    Raises:
        ValidationException: a value or an operand is wrong.
    """
    values = statement.bound_values(parameters)
    check_item(values)
    condition = getattr(statement, "condition", None)
    if condition is not None:
        bound_condition(condition, statement, values)  # keys are checked like the rest
    return values


def bound_condition(
    condition: ConditionNode, statement: Statement, values: dict[str, WireValue]
) -> BoundCondition:
    """Return a condition of a statement with its names and values."""
    names, placeholders = used([condition])
    return parse_condition(
        str(condition),
        {name: statement.names[name] for name in names},
        {name: values[name] for name in placeholders},
        parameter=WHERE_CLAUSE,
    )


def split_key(
    statement: Select | UpdateStatement | Delete, keys: Keys, values: dict[str, WireValue]
) -> tuple[dict[str, WireValue], ConditionNode | None]:
    """Return the primary key that a WHERE clause names, and what it asks beside it.

    Raises:
        ValidationException: it does not name a whole primary key.
    """
    parts = conjuncts(statement.condition)
    key: dict[str, WireValue] = {}
    rest: list[ConditionNode] = []
    for part in parts:
        pair = equality(part, statement.names)
        if pair is not None and pair[0] in keys.names and pair[0] not in key:
            key[pair[0]] = values[pair[1]]
        else:
            rest.append(part)
    if len(key) != len(keys.names):
        raise ValidationException(_NO_KEY)
    return key, conjunction(rest)


def names_item(statement: Select, keys: Keys, values: dict[str, WireValue]) -> bool:
    """Whether a WHERE clause names one item by its primary key, and asks nothing else."""
    try:
        _, rest = split_key(statement, keys, values)
    except ValidationException:
        return False
    return rest is None


def conjuncts(condition: ConditionNode | None) -> list[ConditionNode]:
    """Return the parts of a chain of ANDs, left to right."""
    if condition is None:
        return []
    if isinstance(condition, And):
        return [*conjuncts(condition.left), *conjuncts(condition.right)]
    return [condition]


def conjunction(parts: list[ConditionNode]) -> ConditionNode | None:
    """Return a chain of ANDs over parts, None if there are none."""
    return functools.reduce(And, parts) if parts else None


def equality(part: ConditionNode, names: dict[str, str]) -> tuple[str, str] | None:
    """Return the attribute and the placeholder of `attribute = value`, None for anything else."""
    if not isinstance(part, ComparisonNode) or part.operator != "=":
        return None
    left_side, right = part.left, part.right
    if isinstance(left_side, ValuePlaceholder):
        left_side, right = right, left_side
    if (
        isinstance(left_side, DocumentPath)
        and len(left_side.elements) == 1
        and isinstance(right, ValuePlaceholder)
    ):
        return names[str(left_side.elements[0])], right.name
    return None


def _check_key_types(keys: Keys, item: dict[str, WireValue]) -> None:
    for name, kind in keys.attributes:
        if name not in item:
            raise ValidationException(f"Key attribute should be present in the item: Key {name}")
        check_key_type(name, kind, item[name])


def check_key_type(name: str, kind: str, value: WireValue) -> None:
    """Refuse a value that cannot be this key attribute's.

    Raises:
        ValidationException: it is of another type.
    """
    if kind not in value:
        raise ValidationException(
            f"Key attribute's data type should match its data type in table's schema: Key {name}"
        )


def _placed(
    statement: Statement,
    table: Table,
    values: dict[str, WireValue],
    request: dict[str, Any],
    condition: ConditionNode | None = None,
) -> dict[str, Any]:
    """Complete the parameters of a write with its table and the placeholders it uses."""
    names = {**statement.names, KEY_PLACEHOLDER: table.keys.names[0]}
    nodes: list[ConditionNode | UpdateNode] = [] if condition is None else [condition]
    if isinstance(statement, UpdateStatement):
        nodes.append(statement.update)
    used_names, used_values = used(nodes)
    if "ConditionExpression" in request:
        used_names.add(KEY_PLACEHOLDER)
    out = {"TableName": table.name, **request}
    if used_names:
        out["ExpressionAttributeNames"] = {name: names[name] for name in sorted(used_names)}
    if used_values:
        out["ExpressionAttributeValues"] = {name: values[name] for name in sorted(used_values)}
    return out


def used(nodes: Sequence[Any]) -> tuple[set[str], set[str]]:
    """Return the placeholders for names, and for values, that nodes mention."""
    names: set[str] = set()
    values: set[str] = set()
    waiting = list(nodes)
    while waiting:
        node = waiting.pop()
        if isinstance(node, DocumentPath):
            names.update(each for each in node.elements if isinstance(each, str))
        elif isinstance(node, ValuePlaceholder):
            values.add(node.name)
        else:
            waiting.extend(children(node))
    return names, values
