"""The condition of a write with its values: what has to hold of the stored instance.

In: an entity, a call. Out: comparisons of attributes with values or with other attributes, for
every engine to write in its own language, and whether an instance meets them. It reads no clock:
the call says what time it is.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from tablewright.core.frozen import frozen
from tablewright.model.moments import TIMES, is_moment, moment_value
from tablewright.model.values import Attribute, Condition, Entity, Pattern
from tablewright.sample.calls import Call, Row, typed
from tablewright.sample.world import Test

NEGATED = {
    "eq": "differs",
    "ne": "eq",
    "lt": "ge",
    "le": "gt",
    "gt": "le",
    "ge": "lt",
    "exists": "absent",
    "absent": "exists",
}


@frozen
class WriteTest:
    """One comparison: an attribute with values, or with another attribute of the instance.

    `operator` is that of a `Condition`, or `differs`: not equal, which an absent value is as well.
    An absent value meets no comparison but `absent` and `differs`.
    """

    attribute: str
    operator: str
    operands: tuple[Any, ...] = ()
    other: str = ""

    def holds(self, row: Row) -> bool:
        """Whether a stored instance meets it."""
        value = row.get(self.attribute)
        operands = self.operands
        if self.other:
            compared = row.get(self.other)
            if compared is None:
                return False
            operands = (compared,)
        if self.operator == "differs":
            return bool(value != operands[0])
        return Test(self.attribute, self.operator, operands).holds(value)


def write_tests(entity: Entity, call: Call) -> tuple[WriteTest, ...]:
    """Return what has to hold for a write, all of it; of a call that must fail, what does not.

    Where the instance does not meet the condition anyway, it is left as it is.

    What the caller expects of the instance is in `call.expected`, else as `call.row` has it.
    """
    pattern = call.pattern
    unchanged = [
        WriteTest(
            attribute=name,
            operator="absent" if value is None else "eq",
            operands=() if value is None else (value,),
        )
        for name, value in call.unchanged.items()
    ]
    unchanged += [
        WriteTest(attribute=name, operator="eq", operands=(call.row[name],))
        for name in _narrowing(entity, pattern)
        if call.row.get(name) is not None and name not in call.unchanged
    ]
    if not pattern.condition:
        return tuple(unchanged)
    expected = {**call.row, **call.expected}
    tests = [
        WriteTest(attribute=name, operator="eq", operands=(expected[name],))
        for name in pattern.expected
        if expected.get(name) is not None
    ]
    tests += [_test(entity, condition, call) for condition in pattern.condition_tests]
    tests += unchanged
    if not call.must_fail or not all_hold(tests, call.row):
        return tuple(tests)
    return tuple(_negated(test, call.row) for test in tests)


def _narrowing(entity: Entity, pattern: Pattern) -> tuple[str, ...]:
    """Return what a write asks by beside the key of its instance, or the unique attribute.

    A notification marked by its id and its recipient is marked for that recipient only.
    """
    names = pattern.equalities
    if set(entity.key) <= set(names):
        return tuple(name for name in names if name not in entity.key)
    unique = [name for name in names if entity.attribute(name).unique]
    return tuple(name for name in names if name not in (*entity.key, unique[0])) if unique else ()


def _negated(test: WriteTest, row: Row) -> WriteTest:
    if test.operator == "in":
        return WriteTest(
            attribute=test.attribute, operator="differs", operands=(row.get(test.attribute),)
        )
    return replace(test, operator=NEGATED[test.operator])


def _test(entity: Entity, condition: Condition, call: Call) -> WriteTest:
    name, operator = condition.attribute, condition.operator
    attribute = entity.find(name)
    if condition.other or operator in ("exists", "absent"):
        return WriteTest(attribute=name, operator=operator, other=condition.other)
    if operator == "in":
        operands = tuple(fixed_value(entity, name, text, call.now) for text in condition.values)
        return WriteTest(attribute=name, operator=operator, operands=operands)
    if condition.value is None:
        operand = call.expected.get(name, call.row.get(name))
    elif attribute is not None and attribute.kind in TIMES and is_moment(condition.value):
        operand = moment_value(condition.value, attribute.kind, call.now)
    else:
        operand = fixed_value(entity, name, condition.value, call.now)
    return WriteTest(attribute=name, operator=operator, operands=(operand,))


def fixed_value(entity: Entity, name: str, text: str, now: dt.datetime) -> Any:
    """Return a value that the model file states, whole numbers as int, moments by the time."""
    attribute: Attribute | None = entity.find(name)
    if attribute is not None and attribute.kind in TIMES and is_moment(text):
        return moment_value(text, attribute.kind, now)
    return typed(entity, name, text)


def all_hold(tests: Iterable[WriteTest], row: Row) -> bool:
    """Whether a stored instance meets every comparison."""
    return all(test.holds(row) for test in tests)
