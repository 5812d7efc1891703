"""What can be said of an expression before an item is seen, in the order the service says it.

In: a syntax tree; later also the names and values of the request. Out: nothing, or a fault. First
come the checks that need the text alone (`check_text`, done once for each text), then those of each
leaf of a condition and each action of an update.

Order and wording: as recorded from the service by dynalite's tests, and by DynamoDB Local 3.3 where
those are silent (distinct operands of IN and BETWEEN, types of ordered comparisons, limits).
"""

from __future__ import annotations

import functools
import importlib.resources
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from tablewright.capacity.limits import MAX_IN_OPERANDS, MAX_NESTING_LEVELS, MAX_OPERATORS
from tablewright.local.expressions.bound import AttributePath, WireValue
from tablewright.local.expressions.nodes import (
    And,
    Arithmetic,
    Between,
    ComparisonNode,
    ConditionNode,
    DocumentPath,
    Function,
    In,
    Not,
    Operand,
    Or,
    ProjectionNode,
    UpdateNode,
    ValuePlaceholder,
)
from tablewright.local.expressions.parser import too_many_operators
from tablewright.local.expressions.refusals import invalid
from tablewright.local.expressions.values import bytes_of, type_of

CONDITION_FUNCTIONS = {
    "attribute_exists": 1,
    "attribute_not_exists": 1,
    "attribute_type": 2,
    "begins_with": 2,
    "contains": 2,
    "size": 1,
}
UPDATE_FUNCTIONS = {"if_not_exists": 2, "list_append": 2}

ATTRIBUTE_TYPES = ("B", "NULL", "SS", "BOOL", "L", "BS", "N", "NS", "S", "M")

_TYPE_NAMES = {
    "S": "STRING",
    "N": "NUMBER",
    "B": "BINARY",
    "NULL": "NULL",
    "BOOL": "BOOLEAN",
    "L": "LIST",
    "M": "MAP",
    "SS": "STRING_SET",
    "NS": "NUMBER_SET",
    "BS": "BINARY_SET",
}

Tree = ConditionNode | UpdateNode | ProjectionNode
Names = Mapping[str, str]
Values = Mapping[str, WireValue]


@functools.cache
def reserved_words() -> frozenset[str]:
    """Return the reserved words, in upper case."""
    text = importlib.resources.files(__package__).joinpath("reserved_words.txt").read_text("utf-8")
    return frozenset(line for line in text.splitlines() if line and not line.startswith("#"))


def children(node: Any) -> tuple[Any, ...]:
    """Return the nodes directly below a node, in the order of the text."""
    if isinstance(node, And | Or | ComparisonNode | Arithmetic):
        return (node.left, node.right)
    if isinstance(node, Not):
        return (node.operand,)
    if isinstance(node, Function):
        return node.arguments
    if isinstance(node, Between):
        return (node.operand, node.low, node.high)
    if isinstance(node, In):
        return (node.operand, *node.choices)
    if isinstance(node, ProjectionNode):
        return node.paths
    if isinstance(node, UpdateNode):
        return node.actions
    if isinstance(node, DocumentPath | ValuePlaceholder):
        return ()
    parts = (node.path, getattr(node, "operand", None), getattr(node, "value", None))
    return tuple(part for part in parts if part is not None)


def walk(node: Any) -> Iterator[Any]:
    """Yield a node and all below it, in the order of the text."""
    waiting = [node]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(reversed(children(node)))


def check_text(tree: Tree, parameter: str) -> None:
    """Check what the text alone decides: functions, their place, limits, reserved words."""
    is_update = isinstance(tree, UpdateNode)
    nodes = tuple(walk(tree))
    for node in nodes:
        if isinstance(node, Function):
            _check_function_name(node.name, parameter, is_update=is_update)
    if not is_update:
        _check_places_of_functions(tree, nodes, parameter)
    _check_limits(nodes, parameter)
    for node in nodes:
        if isinstance(node, DocumentPath):
            for element in node.elements:
                if isinstance(element, str) and element.upper() in reserved_words():
                    message = f"Attribute name is a reserved keyword; reserved keyword: {element}"
                    raise invalid(parameter, message)
    if is_update:
        for node in nodes:
            if isinstance(node, Function | Arithmetic):
                _check_no_list_append(children(node), parameter)


def _check_function_name(name: str, parameter: str, *, is_update: bool) -> None:
    known, foreign = CONDITION_FUNCTIONS, UPDATE_FUNCTIONS
    kind = "a condition"
    if is_update:
        known, foreign, kind = foreign, known, "an update"
    if name in foreign:
        message = f"The function is not allowed in {kind} expression; function: {name}"
        raise invalid(parameter, message)
    if name not in known:
        raise invalid(parameter, f"Invalid function name; function: {name}")


def _check_places_of_functions(tree: Tree, nodes: tuple[Any, ...], parameter: str) -> None:
    """Only `size` may stand where a value is wanted, and it may not stand for a condition."""
    places = [(tree, True)]
    for node in nodes:
        is_condition = isinstance(node, And | Or | Not)
        places.extend((child, is_condition) for child in children(node))
    for node, is_condition in places:
        if isinstance(node, Function) and (node.name == "size") == is_condition:
            raise _misused(node, parameter)


def _check_no_list_append(operands: tuple[Any, ...], parameter: str) -> None:
    """A joined list may be set, but not be an operand in turn."""
    for operand in operands:
        if isinstance(operand, Function) and operand.name == "list_append":
            raise _misused(operand, parameter)


def _misused(node: Function, parameter: str) -> Exception:
    return invalid(
        parameter,
        f"The function is not allowed to be used this way in an expression; function: {node.name}",
    )


def _check_limits(nodes: tuple[Any, ...], parameter: str) -> None:
    counted = (ComparisonNode, Between, In, Function, Arithmetic, And, Or, Not)
    operators = sum(isinstance(node, counted) for node in nodes)
    if operators > MAX_OPERATORS:
        raise too_many_operators(parameter, MAX_OPERATORS + 1)
    for node in nodes:
        if isinstance(node, In) and len(node.choices) > MAX_IN_OPERANDS:
            raise invalid(
                parameter,
                "The IN operator is provided with too many operands; "
                f"number of operands: {len(node.choices)}",
            )
        if isinstance(node, DocumentPath) and len(node.elements) > MAX_NESTING_LEVELS:
            raise invalid(
                parameter,
                "The document path has too many nesting levels; "
                f"nesting levels: {len(node.elements)}",
            )


# Names and values


def resolve(path: DocumentPath, names: Names, parameter: str) -> AttributePath:
    """Return what a path stands for; an undefined placeholder is an error."""
    elements: list[str | int] = []
    for element in path.elements:
        if isinstance(element, str) and element[0] == "#":
            if element not in names:
                raise invalid(
                    parameter,
                    "An expression attribute name used in the document path is not defined; "
                    f"attribute name: {element}",
                )
            element = names[element]
        elements.append(element)
    return tuple(elements)


def check_names_and_values(node: Any, names: Names, values: Values, parameter: str) -> None:
    """Check that every placeholder below a node is defined."""
    for inner in walk(node):
        if isinstance(inner, DocumentPath):
            resolve(inner, names, parameter)
        elif isinstance(inner, ValuePlaceholder) and inner.name not in values:
            raise invalid(
                parameter,
                "An expression attribute value used in expression is not defined; "
                f"attribute value: {inner.name}",
            )


def path_text(path: AttributePath) -> str:
    """Return a path as the service's messages show it.

    Example:
        >>> path_text(("a", 0, "b"))
        '[a, [0], b]'
    """
    parts = (f"[{part}]" if isinstance(part, int) else part for part in path)
    return f"[{', '.join(parts)}]"


# Leaves of a condition


def leaves(tree: ConditionNode) -> Iterator[Any]:
    """Yield the comparisons and functions of a condition, in the order of the text."""
    waiting: list[Any] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, And | Or | Not):
            waiting.extend(reversed(children(node)))
        else:
            yield node


def check_leaf(leaf: Any, names: Names, values: Values, parameter: str) -> None:
    """Check a comparison or function: placeholders, count, distinctness, types."""
    check_names_and_values(leaf, names, values, parameter)
    for node in _inside_out(leaf):
        if isinstance(node, Function):
            _check_argument_count(node, CONDITION_FUNCTIONS[node.name], parameter)
        elif isinstance(node, Between):
            _check_ordered(node, children(node), values, parameter)
        _check_distinct(node, names, parameter)
        _check_types(node, values, parameter)


def _inside_out(node: Any) -> Iterator[Any]:
    """Yield all below a node and then the node: operands are checked before what uses them."""
    for child in children(node):
        if children(child):
            yield from _inside_out(child)
    yield node


def _check_argument_count(node: Function, count: int, parameter: str) -> None:
    if len(node.arguments) != count:
        raise invalid(
            parameter,
            "Incorrect number of operands for operator or function; "
            f"operator or function: {node.name}, number of operands: {len(node.arguments)}",
        )


def operator_of(node: Any) -> str:
    """Return what the service calls the operator or function of a leaf."""
    if isinstance(node, Between):
        return "BETWEEN"
    if isinstance(node, In):
        return "IN"
    return str(node.name if isinstance(node, Function) else node.operator)


def _check_distinct(node: Any, names: Names, parameter: str) -> None:
    first, *rest = children(node) or (None,)
    if not isinstance(first, DocumentPath) or not rest:
        return
    path = resolve(first, names, parameter)
    if any(
        isinstance(operand, DocumentPath) and resolve(operand, names, parameter) == path
        for operand in rest
    ):
        raise invalid(
            parameter,
            "The first operand must be distinct from the remaining operands for this operator or "
            f"function; operator: {operator_of(node)}, first operand: {path_text(path)}",
        )


def _operand_type(node: Operand, values: Values) -> str | None:
    """Return the type of an operand, None for a path: that is known when an item is."""
    if isinstance(node, ValuePlaceholder):
        return type_of(values[node.name])
    return "N" if isinstance(node, Function) else None


def _check_types(node: Any, values: Values, parameter: str) -> None:
    if isinstance(node, Function):
        _FUNCTION_TYPES[node.name](node, values, parameter)
    elif isinstance(node, ComparisonNode) and node.operator in ("<", "<=", ">", ">="):
        _check_ordered(node, (node.left, node.right), values, parameter)
    elif isinstance(node, Between):
        check_bounds(node, values, parameter)


def _check_ordered(
    node: ComparisonNode | Between, operands: tuple[Operand, ...], values: Values, parameter: str
) -> None:
    for operand in operands:
        kind = _operand_type(operand, values)
        if kind not in (None, "S", "N", "B"):
            raise wrong_type(parameter, operator_of(node), kind)


def wrong_type(parameter: str, operator: str, kind: str | None) -> Exception:
    """Return the fault for an operand of the wrong type."""
    return invalid(
        parameter,
        "Incorrect operand type for operator or function; "
        f"operator or function: {operator}, operand type: {kind}",
    )


def _needs_path(node: Function, values: Values, parameter: str) -> None:
    if not isinstance(node.arguments[0], DocumentPath):
        raise invalid(
            parameter,
            f"Operator or function requires a document path; operator or function: {node.name}",
        )


def _needs_text(node: Function, values: Values, parameter: str) -> None:
    for argument in node.arguments:
        kind = _operand_type(argument, values)
        if kind not in (None, "S", "B"):
            raise wrong_type(parameter, node.name, kind)


def _needs_type_name(node: Function, values: Values, parameter: str) -> None:
    type_name = node.arguments[1]
    kind = _operand_type(type_name, values)
    if kind != "S" or not isinstance(type_name, ValuePlaceholder):
        raise wrong_type(parameter, node.name, kind or "{NS,SS,L,BS,N,M,B,BOOL,NULL,S}")
    check_type_name(values[type_name.name], parameter)


def check_type_name(type_name: WireValue, parameter: str) -> None:
    """Check the second operand of `attribute_type`."""
    if type_name["S"] not in ATTRIBUTE_TYPES:
        raise invalid(
            parameter,
            f"Invalid attribute type name found; type: {type_name['S']}, "
            f"valid types: {{{','.join(ATTRIBUTE_TYPES)}}}",
        )


def _needs_size(node: Function, values: Values, parameter: str) -> None:
    kind = _operand_type(node.arguments[0], values)
    if kind in ("N", "BOOL", "NULL"):
        raise wrong_type(parameter, node.name, kind)


def _needs_nothing(node: Function, values: Values, parameter: str) -> None:
    pass


_FUNCTION_TYPES: dict[str, Callable[[Function, Values, str], None]] = {
    "attribute_exists": _needs_path,
    "attribute_not_exists": _needs_path,
    "attribute_type": _needs_type_name,
    "begins_with": _needs_text,
    "contains": _needs_nothing,
    "size": _needs_size,
}


def check_bounds(node: Between, values: Values, parameter: str) -> None:
    """Check the bounds of BETWEEN against each other, where both are given as values."""
    if not (isinstance(node.low, ValuePlaceholder) and isinstance(node.high, ValuePlaceholder)):
        return
    low, high = values[node.low.name], values[node.high.name]
    kinds = (type_of(low), type_of(high))
    if kinds[0] != kinds[1]:
        problem = "same data type for lower and upper bounds"
    elif _is_above(low, high, kinds[0]):
        problem = "upper bound to be greater than or equal to lower bound"
    else:
        return
    raise invalid(
        parameter,
        f"The BETWEEN operator requires {problem}; "
        f"lower bound operand: AttributeValue: {{{kinds[0]}:{low[kinds[0]]}}}, "
        f"upper bound operand: AttributeValue: {{{kinds[1]}:{high[kinds[1]]}}}",
    )


def _is_above(low: WireValue, high: WireValue, kind: str) -> bool:
    if kind == "N":
        return Decimal(low["N"]) > Decimal(high["N"])
    if kind == "B":
        return bytes_of(low) > bytes_of(high)
    return kind == "S" and low["S"] > high["S"]


# Actions of an update


def check_update(tree: UpdateNode, names: Names, values: Values) -> None:
    """Check an update: placeholders, overlapping paths, operands of ADD and DELETE, functions."""
    parameter = "UpdateExpression"
    for node in walk(tree):
        if isinstance(node, DocumentPath):
            resolve(node, names, parameter)
    check_names_and_values(tree, names, values, parameter)
    check_overlap([resolve(action.path, names, parameter) for action in tree.actions], parameter)
    for word, actions, allowed in (
        ("ADD", tree.adds, ("N", "SS", "NS", "BS")),
        ("DELETE", tree.deletes, ("SS", "NS", "BS")),
    ):
        for action in actions:
            kind = type_of(values[action.value.name])
            if kind not in allowed:
                raise invalid(
                    parameter,
                    "Incorrect operand type for operator or function; "
                    f"operator: {word}, operand type: {_TYPE_NAMES[kind]}, "
                    f"typeSet: ALLOWED_FOR_{word}_OPERAND",
                )
    for node in reversed(tuple(walk(tree))):
        _check_update_operands(node, names, values, parameter)


def check_overlap(paths: list[AttributePath], parameter: str) -> None:
    """Check that no path lies within another, and that a place is not both list and map."""
    root = _Branch(())
    for path in paths:
        branch = root
        for element in path:
            if branch.is_end:
                raise _collision("overlap", branch.first, path, parameter)
            for known, inner in branch.branches.items():
                if type(known) is not type(element):
                    raise _collision("conflict", inner.first, path, parameter)
                break  # all of them are of one kind
            branch = branch.branches.setdefault(element, _Branch(path))
        if branch.is_end or branch.branches:
            raise _collision("overlap", branch.first, path, parameter)
        branch.is_end = True


class _Branch:
    """A place in an item, the first path that leads through it, and where paths go on from it."""

    __slots__ = ("branches", "first", "is_end")

    def __init__(self, first: AttributePath) -> None:
        self.first = first
        self.is_end = False
        self.branches: dict[str | int, _Branch] = {}


def _collision(
    problem: str, first: AttributePath, second: AttributePath, parameter: str
) -> Exception:
    return invalid(
        parameter,
        f"Two document paths {problem} with each other; must remove or rewrite one of these "
        f"paths; path one: {path_text(first)}, path two: {path_text(second)}",
    )


def _check_update_operands(node: Any, names: Names, values: Values, parameter: str) -> None:
    if isinstance(node, Function):
        _check_argument_count(node, UPDATE_FUNCTIONS[node.name], parameter)
        if node.name == "if_not_exists":
            _needs_path(node, values, parameter)
            _check_distinct(node, names, parameter)
        else:
            _needs_kind(node, node.name, "L", values, parameter)
    elif isinstance(node, Arithmetic):
        _needs_kind(node, node.operator, "N", values, parameter)


def _needs_kind(node: Any, operator: str, kind: str, values: Values, parameter: str) -> None:
    for operand in children(node):
        if isinstance(operand, ValuePlaceholder) and type_of(values[operand.name]) != kind:
            raise wrong_type(parameter, operator, type_of(values[operand.name]))
