"""What a writing pattern tells of the instances that it meets, and of what it makes of them.

In: an entity, a writing pattern. Out: of its attributes the values that the write's condition asks
for, before it, and those that it sets, after it. So it is known which sparse or partial index the
write adds entries to, and removes them from. It does not know designs, sizes or units.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import cycle
from typing import Any

from tablewright.core.frozen import frozen
from tablewright.core.quantities import ONE
from tablewright.model.moments import is_moment
from tablewright.model.values import Attribute, Condition, Entity, Kind, Pattern, Verb
from tablewright.sample.calls import typed


@frozen
class KnownValue:
    """What is known of an attribute of every instance that a write meets.

    `operator` is eq, in, ne (there is a value, and it is another), other (another value or none),
    absent or exists.
    """

    operator: str
    values: tuple[str, ...] = ()

    def settle(
        self,
        entity: Entity,
        attribute: Attribute,
        drawn: Sequence[Any],
        spare: Callable[[], Sequence[Any]],
    ) -> list[Any]:
        """Return drawn values with those replaced that cannot be.

        What may be one of several is taken from the drawn ones that are, in turn; where there is
        none, from those that `spare` gives.
        """
        if self.operator == "absent":
            return [None] * len(drawn)
        fixed = [typed(entity, attribute.name, text) for text in self.values]
        if self.operator == "eq":
            return fixed * len(drawn)
        if self.operator == "exists":
            fits = [value is not None for value in drawn]
        elif self.operator == "in":
            fits = [value in fixed for value in drawn]
        elif self.operator == "other":
            fits = [value not in fixed for value in drawn]
        else:
            fits = [value is not None and value not in fixed for value in drawn]
        others = [value for value, fit in zip(drawn, fits, strict=True) if fit]
        if not others and self.operator == "exists":
            others = [value for value in spare() if value is not None]
        if not others and self.operator == "in":
            others = fixed
        if not others:
            return list(drawn)
        turns = cycle(others)
        return [value if fit else next(turns) for value, fit in zip(drawn, fits, strict=True)]


Known = tuple[tuple[str, KnownValue], ...]
PRESENT, ABSENT = KnownValue(operator="exists"), KnownValue(operator="absent")


def known_before(entity: Entity, part: Pattern) -> Known:
    """Return what is known of the instances that a write finds, or of what a put begins with."""
    if part.verb is Verb.PUT:
        pairs = [(name, KnownValue(operator="eq", values=(text,))) for name, text in part.initial]
        return _checked(entity, pairs)
    shares = dict(part.changes)
    # An attribute that is set really changes, unless `changes` says how often: it was another.
    pairs = [
        (name, KnownValue(operator="other", values=(text,)))
        for name, text in part.set_values
        if shares.get(name, ONE) >= 1
    ]
    pairs += [
        (c.attribute, value)
        for c in (*part.where, *part.condition_tests)
        if (value := _of(c)) is not None
    ]
    return _checked(entity, pairs)


def known_after(entity: Entity, part: Pattern) -> Known:
    """Return what is known of the attributes that an update has written."""
    fixed = dict(part.set_values)
    pairs: list[tuple[str, KnownValue | None]] = [
        (name, KnownValue(operator="eq", values=(fixed[name],)) if name in fixed else PRESENT)
        for name in part.sets
    ]
    pairs += [(name, PRESENT) for name in part.increments]
    pairs += [(name, ABSENT) for name in part.removes]
    return _checked(entity, pairs)


def _of(condition: Condition) -> KnownValue | None:
    if condition.operator in ("absent", "exists"):
        return KnownValue(operator=condition.operator)
    if condition.operator == "in" and condition.values:
        return KnownValue(operator="in", values=condition.values)
    if condition.operator in ("eq", "ne") and condition.value is not None and not condition.other:
        return KnownValue(operator=condition.operator, values=(condition.value,))
    return None


def _checked(entity: Entity, pairs: Sequence[tuple[str, KnownValue | None]]) -> Known:
    """Return what tells something: of whole attributes, and presence only where it may be absent.

    What a condition leaves of many values is not told, but that there is one.
    """
    result: dict[str, KnownValue] = {}
    for name, value in pairs:
        if value is None or not entity.has(name):
            continue
        attribute = entity.attribute(name)
        if value.operator in ("absent", "exists") and attribute.presence >= 1:
            continue
        is_one_of_few = bool(attribute.values) or attribute.kind is Kind.BOOL
        if value.operator == "other" and not is_one_of_few:
            continue
        if value.operator in ("in", "ne") and not is_one_of_few:
            value = PRESENT
        if value == PRESENT and attribute.presence >= 1:
            continue
        if value.operator == "eq" and is_moment(value.values[0]):
            continue
        result[name] = value
    return tuple(sorted(result.items()))
