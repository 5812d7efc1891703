"""The legacy parameters, translated into the same bound values as expressions.

In: `Expected`, `AttributeUpdates`, `KeyConditions`, `QueryFilter`, `ScanFilter`, `AttributesToGet`,
with valid canonical values. Out: conditions, updates, key conditions and projections, as their
expressions would give. Each parameter becomes a syntax tree with placeholders of our own (`#0`,
`:0`), so that there is one evaluator and one set of rules for updates.

Meaning: AWS Developer Guide, "Legacy conditional parameters". Wording of errors as recorded from
the service by dynalite.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tablewright.local.expressions.bound import (
    BoundCondition,
    BoundProjection,
    BoundUpdate,
    ConditionForm,
    KeyCondition,
    WireValue,
)
from tablewright.local.expressions.evaluator import compile_condition
from tablewright.local.expressions.key_condition import match_keys
from tablewright.local.expressions.nodes import (
    Action,
    AddAction,
    And,
    Between,
    ComparisonNode,
    ConditionNode,
    DeleteAction,
    DocumentPath,
    Function,
    In,
    Not,
    Or,
    RemoveAction,
    SetAction,
    UpdateNode,
    ValuePlaceholder,
)
from tablewright.local.expressions.refusals import refused
from tablewright.local.expressions.update import compile_update
from tablewright.local.expressions.values import SETS, order, type_of

Conditions = Mapping[str, Mapping[str, Any]]

_COMPARISONS = {"EQ": "=", "NE": "<>", "LE": "<=", "LT": "<", "GE": ">=", "GT": ">"}
_FUNCTIONS = {"BEGINS_WITH": "begins_with", "CONTAINS": "contains", "NOT_CONTAINS": "contains"}
_KEY_OPERATORS = {**_COMPARISONS, "BETWEEN": "BETWEEN", "BEGINS_WITH": "begins_with"}

_ORDERED = ("S", "N", "B")
_TYPES = {
    "LE": _ORDERED,
    "LT": _ORDERED,
    "GE": _ORDERED,
    "GT": _ORDERED,
    "BETWEEN": _ORDERED,
    "IN": _ORDERED,
    "CONTAINS": _ORDERED,
    "NOT_CONTAINS": _ORDERED,
    "BEGINS_WITH": ("S", "B"),
}


_ALWAYS = ConditionForm(
    test=lambda item, values: True,
    paths=(),
    recheck=(),
    used_names=frozenset(),
    used_values=frozenset(),
)


class _Placeholders:
    """Hands out placeholders, and remembers what they stand for."""

    def __init__(self) -> None:
        self.names: dict[str, str] = {}
        self.values: dict[str, WireValue] = {}

    def path(self, name: str) -> DocumentPath:
        alias = f"#{len(self.names)}"
        self.names[alias] = name
        return DocumentPath((alias,))

    def value(self, value: WireValue) -> ValuePlaceholder:
        name = f":{len(self.values)}"
        self.values[name] = value
        return ValuePlaceholder(name)


def condition_from_expected(expected: Conditions, operator: str | None = None) -> BoundCondition:
    """Return the condition that `Expected` with `ConditionalOperator` states.

    Raises:
        ValidationException: a condition is not well formed.

    Example:
        >>> from tablewright.local.expressions.evaluator import evaluate
        >>> evaluate(condition_from_expected({"id": {"Exists": False}}), {})
        True
    """
    for name, condition in expected.items():
        _check_expected(name, condition)
    return _condition(
        {
            name: (_operator(condition), _operands(condition))
            for name, condition in expected.items()
        },
        operator,
    )


def _operator(condition: Mapping[str, Any]) -> str:
    if "ComparisonOperator" in condition:
        return str(condition["ComparisonOperator"])
    return "EQ" if condition.get("Value") is not None else "NULL"


def _operands(condition: Mapping[str, Any]) -> Sequence[WireValue]:
    listed = condition.get("AttributeValueList")
    if listed is not None:
        return tuple(listed)
    return () if condition.get("Value") is None else (condition["Value"],)


def _check_expected(name: str, condition: Mapping[str, Any]) -> None:
    has_list, has_value = (
        condition.get("AttributeValueList") is not None,
        condition.get("Value") is not None,
    )
    exists, operator = condition.get("Exists"), condition.get("ComparisonOperator")
    if has_list and has_value:
        raise _bad(f"Value and AttributeValueList cannot be used together for Attribute: {name}")
    if operator is not None:
        if exists is not None:
            raise _bad(
                f"Exists and ComparisonOperator cannot be used together for Attribute: {name}"
            )
        if operator not in ("NULL", "NOT_NULL") and not has_list and not has_value:
            raise _bad(
                "Value or AttributeValueList must be used with ComparisonOperator: "
                f"{operator} for Attribute: {name}"
            )
        _check_operands(operator, _operands(condition))
    elif has_list:
        raise _bad(
            "AttributeValueList can only be used with a ComparisonOperator for Attribute: " + name
        )
    elif exists is not False and not has_value:
        shown = "null" if exists is None else "true"
        raise _bad(f"Value must be provided when Exists is {shown} for Attribute: {name}")
    elif exists is False and has_value:
        raise _bad(f"Value cannot be used when Exists is false for Attribute: {name}")


def condition_from_filter(conditions: Conditions, operator: str | None = None) -> BoundCondition:
    """Return the condition that `QueryFilter` or `ScanFilter` states.

    Raises:
        ValidationException: a condition is not well formed.
    """
    parts = {
        name: (str(condition["ComparisonOperator"]), _operands(condition))
        for name, condition in conditions.items()
    }
    for comparison, operands in parts.values():
        _check_operands(comparison, operands)
    return _condition(parts, operator)


def _check_operands(operator: str, operands: Sequence[WireValue]) -> None:
    count = len(operands)
    is_right = {"NULL": count == 0, "NOT_NULL": count == 0, "IN": count > 0, "BETWEEN": count == 2}
    if not is_right.get(operator, count == 1):
        raise _bad(f"Invalid number of argument(s) for the {operator} ComparisonOperator")
    kinds = [type_of(operand) for operand in operands]
    if any(kind != kinds[0] for kind in kinds):
        raise _bad("AttributeValues inside AttributeValueList must be of same type")
    for kind in kinds:
        if kind not in _TYPES.get(operator, (kind,)):
            raise _bad(f"ComparisonOperator {operator} is not valid for {kind} AttributeValue type")
    if operator == "BETWEEN" and order(operands[0], operands[1]) == 1:
        raise refused(
            "The BETWEEN condition was provided a range where the lower bound is greater than the "
            "upper bound"
        )


def _condition(
    parts: Mapping[str, tuple[str, Sequence[WireValue]]], operator: str | None
) -> BoundCondition:
    placeholders = _Placeholders()
    nodes = [_node(placeholders, name, *part) for name, part in parts.items()]
    if not nodes:
        return BoundCondition(_ALWAYS, {})
    joined: Callable[[ConditionNode, ConditionNode], ConditionNode]
    joined = Or if operator == "OR" else And
    form = compile_condition(
        functools.reduce(joined, nodes), placeholders.names, placeholders.values
    )
    return BoundCondition(form, placeholders.values)


def _node(
    placeholders: _Placeholders, name: str, operator: str, operands: Sequence[WireValue]
) -> ConditionNode:
    path = placeholders.path(name)
    values = tuple(placeholders.value(operand) for operand in operands)
    if operator == "NULL":
        return Function("attribute_not_exists", (path,))
    if operator == "NOT_NULL":
        return Function("attribute_exists", (path,))
    if operator == "IN":
        return In(path, values)
    if operator == "BETWEEN":
        return Between(path, values[0], values[1])
    if operator == "NOT_CONTAINS":
        # True only of an attribute that is there: Developer Guide, "NOT_CONTAINS".
        is_there = Function("attribute_exists", (path,))
        return And(is_there, Not(Function("contains", (path, *values))))
    if operator in _FUNCTIONS:
        return Function(_FUNCTIONS[operator], (path, *values))
    return ComparisonNode(_COMPARISONS[operator], path, values[0])


def update_from_attribute_updates(updates: Conditions) -> BoundUpdate:
    """Return the update that `AttributeUpdates` states.

    Raises:
        ValidationException: an action does not fit its value.

    Example:
        >>> from tablewright.local.expressions.update import apply_update
        >>> update = update_from_attribute_updates({"n": {"Action": "ADD", "Value": {"N": "2"}}})
        >>> apply_update(update, {"n": {"N": "1"}}).item
        {'n': {'N': '3'}}
    """
    placeholders = _Placeholders()
    actions = [_action(placeholders, name, change) for name, change in updates.items()]

    def of(kind: type[Any]) -> tuple[Any, ...]:
        return tuple(action for action in actions if isinstance(action, kind))

    tree = UpdateNode(of(SetAction), of(RemoveAction), of(AddAction), of(DeleteAction))
    form = compile_update(tree, placeholders.names, placeholders.values)
    return BoundUpdate(form, placeholders.values)


def _action(placeholders: _Placeholders, name: str, change: Mapping[str, Any]) -> Action:
    action, value = change.get("Action") or "PUT", change.get("Value")
    path = placeholders.path(name)
    if value is None:
        if action != "DELETE":
            raise _bad("Only DELETE action is allowed when no attribute value is specified")
        return RemoveAction(path)
    kind = type_of(value)
    placeholder = placeholders.value(value)
    if action == "DELETE":
        if kind not in SETS:
            raise _bad(f"DELETE action with value is not supported for the type {kind}")
        return DeleteAction(path, placeholder)
    if action == "ADD" and kind == "L":
        # ADD of a list appends, or creates: only the legacy parameter can do this.
        empty = placeholders.value({"L": []})
        start = Function("if_not_exists", (path, empty))
        return SetAction(path, Function("list_append", (start, placeholder)))
    if action == "ADD":
        if kind not in SETS and kind != "N":
            raise _bad(f"ADD action is not supported for the type {kind}")
        return AddAction(path, placeholder)
    return SetAction(path, placeholder)


def projection_from_attributes_to_get(attributes: Sequence[str]) -> BoundProjection:
    """Return the projection that `AttributesToGet` states.

    Raises:
        ValidationException: an attribute is named twice.
    """
    seen: set[str] = set()
    for name in attributes:
        if name in seen:
            raise _bad(f"Duplicate value in attribute name: {name}")
        seen.add(name)
    return BoundProjection(paths=tuple((name,) for name in attributes), names=tuple(attributes))


def key_condition_from_legacy(
    conditions: Conditions,
    *,
    partition_keys: Sequence[str],
    sort_keys: Sequence[str] = (),
    key_types: Mapping[str, str] | None = None,
) -> KeyCondition:
    """Return the key condition that `KeyConditions` states.

    Raises:
        ValidationException: a condition is not well formed, or does not fit the keys.
    """
    for condition in conditions.values():
        _check_operands(str(condition["ComparisonOperator"]), _operands(condition))
    parts = {}
    for name, condition in conditions.items():
        operator = _KEY_OPERATORS.get(condition["ComparisonOperator"])
        if operator is None or operator == "<>":
            raise refused("Attempted conditional constraint is not an indexable operation")
        parts[name] = (operator, tuple(_operands(condition)))
    return match_keys(
        parts, partition_keys=partition_keys, sort_keys=sort_keys, key_types=key_types
    )


def _bad(problem: str) -> Exception:
    return refused(f"One or more parameter values were invalid: {problem}")
