"""Sizes of the items a write meets, where the pattern tells values of theirs.

In: the sizes of a shape over sampled instances, a writing pattern. Out: sizes in which attributes
have the value that the write's condition asks for, before it, and the one that it sets, after it.
So the entries of a sparse index are counted that a write adds and removes, and not those that a
random value would. It does not know units.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import cycle
from typing import Any

from tablewright.core.frozen import frozen
from tablewright.core.quantities import ONE
from tablewright.engines.dynamodb.design import KeyTemplate
from tablewright.engines.dynamodb.sizing import ShapeSizes
from tablewright.model.moments import is_moment
from tablewright.model.values import Attribute, Condition, Entity, Kind, Pattern, Verb
from tablewright.sample.calls import typed
from tablewright.sample.wire import plain_bytes


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


AT_LARGE = 256
"""Instances among which one with an attribute is looked for where none that is met has it."""

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


class SizesOfWrite(ShapeSizes):
    """The sizes of a shape over sampled instances that have the values a write tells of."""

    def __init__(self, base: ShapeSizes, before: Known, after: Known) -> None:
        super().__init__(base.model, base.table, base.shape, base.sample, base.n, base.shared)
        self._before: Mapping[str, KnownValue] = dict(before)
        self._after: Mapping[str, KnownValue] = dict(after)

    def _known(self, name: str, after: frozenset[str]) -> KnownValue | None:
        return (self._after if name in after else self._before).get(name)

    def _column_key(self, name: str, after: frozenset[str]) -> tuple[Any, ...]:
        made_of = {part.partition(".")[0] for part in self.made_of(name)}
        known = tuple((part, self._known(part, after)) for part in sorted(made_of))
        told = tuple(pair for pair in known if pair[1] is not None)
        return (*super()._column_key(name, after), *told)

    def _values(self, attribute: str, after: frozenset[str]) -> list[Any]:
        known = self._known(attribute, after)
        drawn = super()._values(attribute, after)
        if known is None:
            return drawn
        return known.settle(
            self.entity,
            self.entity.attribute(attribute),
            drawn,
            lambda: self.sample.at_large.values(self.entity.name, attribute, AT_LARGE),
        )

    def _drawn(self, name: str, after: frozenset[str]) -> list[int | None]:
        known = self._known(name, after)
        if known is None:
            return super()._drawn(name, after)
        if known.operator in ("absent", "exists"):  # sizes do: a text may be long
            return known.settle(
                self.entity,
                self.entity.attribute(name),
                super()._drawn(name, after),
                lambda: self.sample.at_large.sizes(self.entity.name, name, AT_LARGE),
            )
        values = self._values(name, after)
        return [None if value is None else plain_bytes(value) for value in values]

    def _members(self, template: KeyTemplate, after: frozenset[str]) -> list[bool] | None:
        """Which instances have the key attribute at all; None for every one."""
        present = super()._members(template, after)
        return None if present is not None and all(present) else present
