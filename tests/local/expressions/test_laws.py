"""Laws of expressions that hold for any input, against a slow and obvious evaluator."""

from __future__ import annotations

import base64
from decimal import Decimal

import pytest
from hypothesis import given

import strategies as drawn
from tablewright.local.expressions import (
    apply_update,
    evaluate,
    parse_condition,
    parse_key_condition,
    parse_projection,
    parse_update,
    project,
)
from tablewright.local.expressions import parser as parsers
from tablewright.local.expressions.nodes import (
    And,
    Between,
    ComparisonNode,
    DocumentPath,
    Function,
    In,
    Not,
    Or,
    ProjectionNode,
    ValuePlaceholder,
)
from tablewright.local.faults import Fault

NAMES = {"#n0": "a"}
ABSENT = object()


class Oracle:
    """Evaluates a tree on Python values, one plain rule after the other."""

    def __init__(self, item, values):
        self.item, self.values = item, values

    def holds(self, node):
        if isinstance(node, And):
            return self.holds(node.left) and self.holds(node.right)
        if isinstance(node, Or):
            return self.holds(node.left) or self.holds(node.right)
        if isinstance(node, Not):
            return not self.holds(node.operand)
        if isinstance(node, ComparisonNode):
            return self.compares(node.operator, node.left, node.right)
        if isinstance(node, Between):
            operand = node.operand
            return self.compares(">=", operand, node.low) and self.compares(
                "<=", operand, node.high
            )
        if isinstance(node, In):
            return any(self.compares("=", node.operand, choice) for choice in node.choices)
        first = self.read(node.arguments[0])
        if node.name == "attribute_exists":
            return first is not ABSENT
        if node.name == "attribute_not_exists":
            return first is ABSENT
        second = self.read(node.arguments[1])
        if first is ABSENT or second is ABSENT:
            return False
        kind, one = first
        other_kind, other = second
        if node.name == "begins_with":
            return kind == other_kind and kind in "SB" and one[: len(other)] == other
        if kind == "L":
            return second in one
        if kind in ("SS", "NS", "BS"):
            return kind[0] == other_kind and other in one
        return kind == other_kind and kind in "SB" and other in one

    def compares(self, operator, left, right):
        one, other = self.read(left), self.read(right)
        is_known = one is not ABSENT and other is not ABSENT
        if operator == "=":
            return is_known and one == other
        if operator == "<>":
            return not (is_known and one == other)
        if not is_known or one[0] != other[0] or one[0] not in "SNB":
            return False
        left, right = one[1], other[1]
        if one[0] == "S":
            left, right = left.encode(), right.encode()
        return {
            "<": left < right,
            "<=": left <= right,
            ">": left > right,
            ">=": left >= right,
        }[operator]

    def read(self, node):
        if isinstance(node, ValuePlaceholder):
            return plain(self.values[node.name])
        if isinstance(node, Function):
            return self.size(self.read(node.arguments[0]))
        found = ("M", {name: plain(value) for name, value in self.item.items()})
        for element in node.elements:
            kind, content = found
            element = NAMES.get(element, element)
            if isinstance(element, str):
                found = content.get(element, ABSENT) if kind == "M" else ABSENT
            else:
                found = content[element] if kind == "L" and element < len(content) else ABSENT
            if found is ABSENT:
                return ABSENT
        return found

    def size(self, value):
        if value is ABSENT or value[0] in ("N", "BOOL", "NULL"):
            return ABSENT
        kind, content = value
        units = sum(2 if ord(one) > 0xFFFF else 1 for one in content) if kind == "S" else None
        return ("N", Decimal(len(content) if units is None else units))


def plain(value):
    """A value as (type, Python value): numbers as Decimal, binaries as bytes, sets as sets."""
    ((kind, content),) = value.items()
    readers = {
        "N": Decimal,
        "B": base64.b64decode,
        "NS": lambda some: frozenset(map(Decimal, some)),
        "BS": lambda some: frozenset(map(base64.b64decode, some)),
        "SS": frozenset,
        "L": lambda some: [plain(one) for one in some],
        "M": lambda some: {name: plain(one) for name, one in some.items()},
    }
    return kind, readers.get(kind, lambda same: same)(content)


def has_an_answer(use):
    """Whether a use ends well or with a fault that says why; any other exception passes through."""
    try:
        use()
    except Fault as fault:
        return bool(fault.message)
    return True


@given(drawn.conditions)
def test_parsing_a_printed_condition_gives_the_condition(tree):
    assert parsers.parse_condition_text(str(tree), "ConditionExpression") == tree


@given(drawn.updates)
def test_parsing_a_printed_update_gives_the_update(tree):
    assert parsers.parse_update_text(str(tree)) == tree


@given(drawn.conditions, drawn.items, drawn.value_maps)
def test_conditions_agree_with_the_naive_evaluator(tree, item, values):
    try:
        condition = parse_condition(str(tree), NAMES, values)
    except Fault:
        return  # refused for its operands' types: what the oracle would say is never asked
    assert evaluate(condition, item) == Oracle(item, values).holds(tree)


@given(drawn.expression_texts, drawn.value_maps, drawn.items)
def test_any_text_is_understood_or_refused(text, values, item):
    for use in (
        lambda: evaluate(parse_condition(text, NAMES, values), item),
        lambda: apply_update(parse_update(text, NAMES, values), item),
        lambda: project(parse_projection(text, NAMES), item),
        lambda: parse_key_condition(
            text, NAMES, values, partition_keys=["a"], sort_keys=["b"], key_types={"a": "S"}
        ),
    ):
        assert has_an_answer(use)


@pytest.mark.parametrize(
    "text",
    [
        "(" * 4000,
        "(" * 2000 + "a = :v0" + ")" * 2000,
        "NOT(" * 1000 + "a = :v0" + ")" * 80,
        "NOT(" * 800 + "a = :v0" + ")" * 800,
        "size(" * 800,
        "size(" * 650 + "a" + ")" * 650 + " = :v0",
        "a.b" + ".b" * 2000,
        "a" + "[0]" * 1300,
        "SET a = " + "if_not_exists(a," * 250 + ":v0" + ")" * 250,
        "SET a = " + "list_append(" * 300,
        "REMOVE " + ",".join(f"a[{i}]" for i in range(600)),
        "a," * 2000 + "a",
    ],
)
def test_deep_and_long_texts_end_without_a_traceback(text):
    values = {":v0": {"L": []}}
    for use in (
        lambda: evaluate(parse_condition(text, None, values), {"a": {"L": []}}),
        lambda: apply_update(parse_update(text, None, values), {"a": {"L": []}}),
        lambda: project(parse_projection(text), {"a": {"L": []}}),
    ):
        assert has_an_answer(use)


@given(drawn.items)
def test_projecting_every_attribute_gives_the_item(item):
    if item:
        text = str(ProjectionNode(tuple(DocumentPath((name,)) for name in item)))
        assert project(parse_projection(text), item) == item


@given(drawn.paths, drawn.values, drawn.items)
def test_what_an_update_sets_is_what_a_projection_finds(path, value, item):
    if any(isinstance(element, int) for element in path.elements):
        return  # a position past the end appends: there is no saying where it went
    try:
        result = apply_update(parse_update(f"SET {path} = :v", NAMES, {":v": value}), item)
    except Fault:
        return
    found = project(parse_projection(str(path), NAMES), result.item)
    for element in path.elements[:-1]:
        found = found[NAMES.get(element, element)]["M"]
    assert found == {NAMES.get(path.elements[-1], path.elements[-1]): value}


@given(drawn.items)
def test_an_update_and_its_undoing_restore_the_item(item):
    with_it = apply_update(parse_update("SET zz = :v", None, {":v": {"N": "1"}}), item).item
    assert apply_update(parse_update("REMOVE zz"), with_it).item == item


@given(drawn.numbers, drawn.numbers)
def test_sums_agree_with_decimal(one, other):
    item = {"a": {"N": one}}
    update = parse_update("SET a = a + :v, b = a - :v", None, {":v": {"N": other}})
    found = apply_update(update, item).item
    assert Decimal(found["a"]["N"]) == Decimal(one) + Decimal(other)
    assert Decimal(found["b"]["N"]) == Decimal(one) - Decimal(other)
    assert found["a"]["N"] == drawn.canonical(Decimal(one) + Decimal(other))
