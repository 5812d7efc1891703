"""Conditions and filters: bind to names and values, and answer for an item.

In: text, names and values; then items. Out: a bound condition; then true or false. A condition is
compiled to nested functions once for its text, names and types of values, so that binding costs two
lookups and evaluating costs what the comparison costs.

Meaning: AWS Developer Guide, "Condition and filter expressions, operators, and functions". A
comparison with something the item does not have, or has in another type, is false, except that `<>`
is true.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tablewright.local.expressions.bound import (
    AttributePath,
    BoundCondition,
    ConditionForm,
    Item,
    Read,
    Test,
    Values,
    WireValue,
)
from tablewright.local.expressions.checks import (
    check_bounds,
    check_leaf,
    check_type_name,
    leaves,
    resolve,
    walk,
)
from tablewright.local.expressions.nodes import (
    And,
    Between,
    ComparisonNode,
    ConditionNode,
    DocumentPath,
    Function,
    In,
    Not,
    Operand,
    Or,
    ValuePlaceholder,
)
from tablewright.local.expressions.syntax import Syntax, condition_syntax
from tablewright.local.expressions.values import (
    begins_with,
    contains,
    is_equal,
    order,
    size_of,
    type_of,
)

_NO_NAMES: Mapping[str, str] = {}
_NO_VALUES: Values = {}
_PLAIN = frozenset({"S", "N", "B", "BOOL", "NULL"})


def parse_condition(
    text: str,
    names: Mapping[str, str] | None = None,
    values: Values | None = None,
    *,
    parameter: str = "ConditionExpression",
) -> BoundCondition:
    """Return a condition bound to the names and values of its request.

    Raises:
        ValidationException: the text, a placeholder or the type of a value is wrong.

    Example:
        >>> condition = parse_condition("version = :v", values={":v": {"N": "3"}})
        >>> evaluate(condition, {"version": {"N": "3"}})
        True
    """
    values = values or _NO_VALUES
    syntax = condition_syntax(text, parameter)
    form: ConditionForm = syntax.compiled_for(names or _NO_NAMES, values, _compile)
    for recheck in form.recheck:
        recheck(values)
    return BoundCondition(form, values)


def evaluate(condition: BoundCondition, item: Item) -> bool:
    """Whether the condition holds for the item; an absent item is an empty one."""
    return condition.form.test(item, condition.values)


def _compile(syntax: Syntax, names: Mapping[str, str], values: Values) -> ConditionForm:
    return compile_condition(
        syntax.tree,
        names,
        values,
        parameter=syntax.parameter,
        used_names=frozenset(syntax.names),
        used_values=frozenset(syntax.values),
    )


def compile_condition(
    tree: ConditionNode,
    names: Mapping[str, str],
    values: Values,
    *,
    parameter: str = "ConditionExpression",
    used_names: frozenset[str] = frozenset(),
    used_values: frozenset[str] = frozenset(),
) -> ConditionForm:
    """Return the compiled form of a condition's tree, after checking each of its leaves."""
    recheck: list[Callable[[Values], None]] = []
    for leaf in leaves(tree):
        check_leaf(leaf, names, values, parameter)
        recheck.extend(_rechecks(leaf, parameter))
    compiler = _Compiler(names, values, parameter)
    paths = [
        resolve(node, names, parameter) for node in walk(tree) if isinstance(node, DocumentPath)
    ]
    return ConditionForm(
        test=compiler.condition(tree),
        paths=tuple(paths),
        recheck=tuple(recheck),
        used_names=used_names,
        used_values=used_values,
    )


def _rechecks(leaf: Any, parameter: str) -> list[Callable[[Values], None]]:
    """Return the checks of a leaf that look at values themselves, not at their types."""
    if isinstance(leaf, Between):
        return [lambda values: check_bounds(leaf, values, parameter)]
    if isinstance(leaf, Function) and leaf.name == "attribute_type":
        name = str(leaf.arguments[1])
        return [lambda values: check_type_name(values[name], parameter)]
    return []


class _Compiler:
    """Compiles a checked tree, knowing what the names are and which types the values have."""

    def __init__(self, names: Mapping[str, str], values: Values, parameter: str) -> None:
        self.names = names
        self.types = {name: type_of(value) for name, value in values.items()}
        self.parameter = parameter

    def condition(self, node: ConditionNode) -> Test:
        if isinstance(node, Not):
            return _negated(self.condition(node.operand))
        if isinstance(node, And | Or):
            tests = tuple(self.condition(part) for part in _flattened(node, type(node)))
            return _all_of(tests) if isinstance(node, And) else _any_of(tests)
        if isinstance(node, ComparisonNode):
            return self.comparison(node)
        if isinstance(node, Between):
            return _between(*map(self.operand, (node.operand, node.low, node.high)))
        if isinstance(node, In):
            return _one_of(self.operand(node.operand), tuple(map(self.operand, node.choices)))
        return self.function(node)

    def comparison(self, node: ComparisonNode) -> Test:
        left_side, right, operator = node.left, node.right, node.operator
        if operator in ("=", "<>"):
            if isinstance(right, DocumentPath) and isinstance(left_side, ValuePlaceholder):
                left_side, right = right, left_side
            if (
                isinstance(left_side, DocumentPath)
                and isinstance(right, ValuePlaceholder)
                and self.types[right.name] in _PLAIN
            ):
                return self.plain_equality(left_side, right.name, is_wanted=operator == "=")
            equal = _equality(self.operand(left_side), self.operand(right))
            return equal if operator == "=" else _negated(equal)
        return _ordered(operator, self.operand(left_side), self.operand(right))

    def plain_equality(self, path: DocumentPath, value: str, *, is_wanted: bool) -> Test:
        resolved = self.path(path)
        if len(resolved) == 1:
            name = str(resolved[0])
            if is_wanted:
                return lambda item, values: item.get(name) == values[value]
            return lambda item, values: item.get(name) != values[value]
        read = reader(resolved)
        return lambda item, values: (read(item, values) == values[value]) is is_wanted

    def function(self, node: Function) -> Test:
        if node.name in ("attribute_exists", "attribute_not_exists"):
            path = node.arguments[0]
            assert isinstance(path, DocumentPath)
            return _existence(self.path(path), is_wanted=node.name == "attribute_exists")
        operands = tuple(map(self.operand, node.arguments))
        return _asked(_TWO_OPERANDS[node.name], *operands)

    def operand(self, node: Operand) -> Read:
        if isinstance(node, ValuePlaceholder):
            name = node.name
            return lambda item, values: values[name]
        if isinstance(node, DocumentPath):
            return reader(self.path(node))
        assert isinstance(node, Function)
        return _measured(self.operand(node.arguments[0]))

    def path(self, node: DocumentPath) -> AttributePath:
        return resolve(node, self.names, self.parameter)


def reader(path: AttributePath) -> Read:
    """Return a function that reads what a path leads to, or None."""
    name = str(path[0])
    if len(path) == 1:
        return lambda item, values: item.get(name)
    rest = path[1:]

    def read(item: Item, values: Values) -> WireValue | None:
        value = item.get(name)
        for element in rest:
            if value is None:
                return None
            if isinstance(element, str):
                value = value.get("M", _NO_VALUES).get(element)
            else:
                within = value.get("L", ())
                value = within[element] if element < len(within) else None
        return value

    return read


def _flattened(node: ConditionNode, kind: type[And] | type[Or]) -> list[ConditionNode]:
    """Return the parts of a chain of ANDs or ORs, left to right."""
    parts: list[ConditionNode] = []
    while isinstance(node, And | Or) and isinstance(node, kind):
        parts.append(node.right)
        node = node.left
    parts.append(node)
    return parts[::-1]


def _negated(test: Test) -> Test:
    return lambda item, values: not test(item, values)


def _all_of(tests: tuple[Test, ...]) -> Test:
    if len(tests) == 2:
        first, second = tests
        return lambda item, values: first(item, values) and second(item, values)

    def test(item: Item, values: Values) -> bool:
        return all(first(item, values) for first in tests)

    return test


def _any_of(tests: tuple[Test, ...]) -> Test:
    if len(tests) == 2:
        first, second = tests
        return lambda item, values: first(item, values) or second(item, values)

    def test(item: Item, values: Values) -> bool:
        return any(first(item, values) for first in tests)

    return test


def _existence(path: AttributePath, *, is_wanted: bool) -> Test:
    if len(path) == 1:
        name = path[0]
        if is_wanted:
            return lambda item, values: name in item
        return lambda item, values: name not in item
    read = reader(path)
    return lambda item, values: (read(item, values) is not None) is is_wanted


def _equality(read: Read, right: Read) -> Test:
    def test(item: Item, values: Values) -> bool:
        first, second = read(item, values), right(item, values)
        return first is not None and second is not None and is_equal(first, second)

    return test


_ACCEPTED = {"<": (-1,), "<=": (-1, 0), ">": (1,), ">=": (0, 1)}


def _ordered(operator: str, read: Read, right: Read) -> Test:
    accepted = _ACCEPTED[operator]

    def test(item: Item, values: Values) -> bool:
        first, second = read(item, values), right(item, values)
        return first is not None and second is not None and order(first, second) in accepted

    return test


def _between(operand: Read, low: Read, high: Read) -> Test:
    above, below = _ordered(">=", operand, low), _ordered("<=", operand, high)
    return lambda item, values: above(item, values) and below(item, values)


def _one_of(operand: Read, choices: tuple[Read, ...]) -> Test:
    def test(item: Item, values: Values) -> bool:
        value = operand(item, values)
        if value is None:
            return False
        for choice in choices:
            second = choice(item, values)
            if second is not None and is_equal(value, second):
                return True
        return False

    return test


def _measured(operand: Read) -> Read:
    def read(item: Item, values: Values) -> WireValue | None:
        value = operand(item, values)
        size = None if value is None else size_of(value)
        return None if size is None else {"N": str(size)}

    return read


def _asked(ask: Callable[[WireValue, WireValue], bool], read: Read, right: Read) -> Test:
    def test(item: Item, values: Values) -> bool:
        first, second = read(item, values), right(item, values)
        return first is not None and second is not None and ask(first, second)

    return test


def _is_of_type(value: WireValue, type_name: WireValue) -> bool:
    return type_name.get("S") in value


_TWO_OPERANDS: dict[str, Callable[[WireValue, WireValue], bool]] = {
    "attribute_type": _is_of_type,
    "begins_with": begins_with,
    "contains": contains,
}
