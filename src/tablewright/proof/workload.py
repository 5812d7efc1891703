"""The workload of a proof: calls with real values for each pattern, and what they should answer.

In: a model's patterns and the world they run in, a seed. Out: calls, each with the values that fill
a route's steps and the tests the oracle applies. Deterministic by seed.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from tablewright.core.quantities import ONE
from tablewright.model.values import Condition, Entity, Kind, Model, Pattern, Verb
from tablewright.proof.oracle import Row, Test, World


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call of a pattern.

    `row` fills the keys: the instance as the caller knows it; `after` is what a write makes of it.
    """

    pattern: Pattern
    row: Row
    tests: tuple[Test, ...] = ()
    bounds: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    number: int | None = None
    """The instance addressed, of an update or delete."""
    after: Row = field(default_factory=dict)
    must_fail: bool = False
    parts: tuple[Call, ...] = ()
    more: tuple[Call, ...] = ()
    """The further instances of a batch."""


LARGEST_ROUND = 200_000
"""Instances of an entity up to which each is taken in turn."""


class Workload:
    """Makes the calls of one proof."""

    def __init__(self, model: Model, world: World, seed: int) -> None:
        self.model = model
        self.world = world
        self.random = random.Random(seed)
        self._turns: dict[tuple[str, str], list[int]] = {}
        self._turn = ""

    def call(self, pattern: Pattern) -> Call:
        """Return the next call of a pattern."""
        self._turn = pattern.name
        if pattern.verb is Verb.TRANSACT:
            return self._transaction(pattern)
        if pattern.verb.is_write:
            first = self._write(pattern, {})
            more = tuple(self._write(pattern, {}) for _ in range(pattern.batch - 1))
            return first if not more else _with_more(first, more)
        return self._read(pattern)

    # ------------------------------------------------------------ reads

    def _read(self, pattern: Pattern) -> Call:
        entity = self.model.entity(pattern.entity)
        if pattern.batch > 1:
            calls = tuple(self._read_one(pattern, entity) for _ in range(pattern.batch))
            return _with_more(calls[0], calls[1:])
        return self._read_one(pattern, entity)

    def _read_one(self, pattern: Pattern, entity: Entity) -> Call:
        row: Row = {}
        bounds: dict[str, tuple[Any, ...]] = {}
        given = [c for c in pattern.where if c.operator == "eq" and c.value is None]
        self._fill(entity, given, row)
        self._know(entity, pattern, given, row)
        if pattern.hit < ONE and self.random.random() >= pattern.hit:
            self._miss(entity, given, row)
        tests = [Test(c.attribute, "eq", (row.get(c.attribute),)) for c in given]
        for condition in pattern.where:
            if condition.operator == "eq" and condition.value is not None:
                fixed = typed_value(entity, condition)
                row[condition.attribute] = fixed
                tests.append(Test(condition.attribute, "eq", (fixed,)))
        for condition in pattern.where:
            if condition.operator != "eq":
                operands = self._operands(entity, condition, tests)
                bounds[condition.attribute] = operands
                tests.append(Test(condition.attribute, condition.operator, operands))
        return Call(pattern=pattern, row=row, tests=tuple(tests), bounds=bounds)

    def _fill(self, entity: Entity, given: list[Condition], row: Row) -> None:
        """Choose what the caller holds: an owner's key evenly among owners, else an instance's."""
        names = [condition.attribute for condition in given]
        parent = self.model.entity(entity.parent) if entity.parent else None
        if parent is not None and set(parent.key) <= set(names):
            number = self._pick(parent.name)
            row.update({name: self.world.value(parent.name, number, name) for name in parent.key})
            children = self.world.children(entity.name, parent.name, number)
            left = [name for name in names if name not in parent.key]
            if left:
                chosen = self.random.choice(children) if children else self._pick(entity.name)
                row.update({n: self.world.value(entity.name, chosen, n) for n in left})
                if children:
                    row.update({n: self.world.value(entity.name, chosen, n) for n in entity.key})
            return
        left = []
        for name in names:
            attribute = entity.attribute(name)
            if attribute.kind is Kind.REF and attribute.to is not None and len(names) == 1:
                target = self.model.entity(attribute.to)
                number = self._pick(target.name)
                row[name] = self.world.value(target.name, number, target.key[-1])
            else:
                left.append(name)
        if not left:
            return
        number = self._pick(entity.name)
        for _ in range(20):  # one that has the attributes asked by
            if all(self.world.value(entity.name, number, name) is not None for name in left):
                break
            number = self._pick(entity.name)
        for name in left:
            row[name] = self.world.value(entity.name, number, name)
        for name in entity.key:
            row.setdefault(name, self.world.value(entity.name, number, name))

    def _know(self, entity: Entity, pattern: Pattern, given: list[Condition], row: Row) -> None:
        """Add what else the caller holds of the instance the values name."""
        missing = [name for name in pattern.known if name not in row and entity.has(name)]
        if not missing:
            return
        tests = [Test(c.attribute, "eq", (row.get(c.attribute),)) for c in given]
        for number in self.world.find(entity.name, tests)[:1]:
            row.update({name: self.world.value(entity.name, number, name) for name in missing})

    def _miss(self, entity: Entity, given: list[Condition], row: Row) -> None:
        fresh = self.world.fresh(entity.name)
        for condition in given:
            row[condition.attribute] = fresh.get(condition.attribute)

    def _pick(self, entity: str) -> int:
        """Choose an instance that exists: each in turn, small and large ones evenly mixed.

        The order is that of sizes, taken in bit-reversed steps from a random start: any few calls
        in a row are a stratified sample of the population, which keeps the chance of who is asked
        for out of the comparison with the prediction.
        """
        turns = self._turns.setdefault((self._turn, entity), [])
        while True:
            if not turns:
                if self.world.next[entity] > LARGEST_ROUND:
                    return self._draw(entity)
                living = list(self.world.alive(entity))
                if not living:
                    return 0
                turns.extend(self._stratified(entity, living))
            number = turns.pop()
            if self.world.is_alive(entity, number):
                return number

    def _stratified(self, entity: str, living: list[int]) -> list[int]:
        sizes = self.world.sizes(entity)
        ordered = sorted(living, key=lambda n: (sizes[n] if n < len(sizes) else 0, n))
        bits = max(1, (len(ordered) - 1).bit_length())
        mixed = [
            ordered[place]
            for step in range(1 << bits)
            if (place := int(f"{step:0{bits}b}"[::-1], 2)) < len(ordered)
        ]
        start = self.random.randrange(len(mixed))
        return (mixed[start:] + mixed[:start])[::-1]

    def _draw(self, entity: str) -> int:
        for _ in range(1000):
            number = self.random.randrange(max(1, self.world.next[entity]))
            if self.world.is_alive(entity, number):
                return number
        return next(iter(self.world.alive(entity)), 0)

    def _operands(self, entity: Entity, condition: Condition, tests: list[Test]) -> tuple[Any, ...]:
        """Return bounds that hold the share of the entries the model speaks of."""
        if condition.operator == "in":
            return tuple(
                typed_value(entity, replace(condition, value=value)) for value in condition.values
            )
        if condition.value is not None:
            return (typed_value(entity, condition),)
        among = self.world.find(entity.name, tests) or [self._pick(entity.name)]
        values = sorted(
            value
            for number in among
            if (value := self.world.value(entity.name, number, condition.attribute)) is not None
        )
        if not values:
            return ("", "") if condition.operator == "between" else ("",)
        share = condition.share if condition.share is not None else Decimal("0.3")
        count = max(1, min(len(values), int((share * len(values)).to_integral_value())))
        if condition.operator == "between":
            start = self.random.randrange(len(values) - count + 1)
            return (values[start], values[start + count - 1])
        if condition.operator in ("gt", "ge"):
            return (values[len(values) - count],)
        if condition.operator in ("lt", "le"):
            return (values[count - 1],)
        return (str(self.random.choice(values))[:3],)

    # ------------------------------------------------------------ writes

    def _transaction(self, pattern: Pattern) -> Call:
        chosen: dict[str, Row] = {}
        parts: list[Call] = []
        must_fail = bool(pattern.fails) and self.random.random() < pattern.fails
        ordered = sorted(pattern.parts, key=lambda part: part.verb is Verb.PUT)
        made = {}
        for part in ordered:
            made[id(part)] = self._write(part, chosen, must_fail=must_fail)
        parts = [made[id(part)] for part in pattern.parts]
        return Call(pattern=pattern, row=parts[0].row, parts=tuple(parts), must_fail=must_fail)

    def _write(
        self, pattern: Pattern, chosen: dict[str, Row], *, must_fail: bool | None = None
    ) -> Call:
        entity = self.model.entity(pattern.entity)
        fails = must_fail
        if fails is None:
            fails = bool(pattern.fails) and self.random.random() < pattern.fails
        if pattern.verb is Verb.PUT:
            call = self._put(pattern, entity, chosen, fails)
        else:
            call = self._change(pattern, entity, chosen, fails)
        chosen[entity.name] = call.row
        return call

    def _put(self, pattern: Pattern, entity: Entity, chosen: dict[str, Row], fails: bool) -> Call:
        if fails and pattern.condition == "absent":
            number = self._pick(entity.name)
            row = self.world.row(entity.name, number)
            return Call(pattern=pattern, row=dict(row or {}), must_fail=True)
        row = self.world.fresh(entity.name)
        self._adopt(entity, row, chosen)
        return Call(pattern=pattern, row=row, must_fail=fails)

    def _adopt(self, entity: Entity, row: Row, chosen: Mapping[str, Row]) -> None:
        """Give a new instance a living parent, that of the transaction where there is one."""
        if entity.parent is None:
            return None
        parent = self.model.entity(entity.parent)
        owner = chosen.get(parent.name)
        if owner is None and entity.count.mean <= 1 and entity.count.inflow_per_day is None:
            # every parent has its one child: the new child comes with a new parent
            return self._adopt(parent, row, chosen)
        if owner is None:
            owner = self.world.row(parent.name, self._pick(parent.name))
        if owner is not None:
            row.update({name: owner[name] for name in parent.key if entity.has(name)})
        return None

    def _change(
        self, pattern: Pattern, entity: Entity, chosen: Mapping[str, Row], fails: bool
    ) -> Call:
        number = self._target(pattern, entity, chosen)
        row = dict(self.world.row(entity.name, number) or {})
        fresh = self.world.fresh(entity.name)
        after = dict(row)
        shares = dict(pattern.changes)
        for name in pattern.sets:
            if shares.get(name, ONE) < ONE and self.random.random() >= shares[name]:
                continue
            new = self._redrawn(entity, name, number, row.get(name), fresh.get(name))
            after[name] = self._another(entity, name, row.get(name), new)
        for name in pattern.increments:
            after[name] = row.get(name, 0) + 1
        for name in pattern.appends:
            listed = row.get(name)
            element = fresh.get(name)
            if isinstance(listed, list) and isinstance(element, list):
                after[name] = [*listed, *element[:1]]
        for name in pattern.removes:
            after.pop(name, None)
        return Call(pattern=pattern, row=row, number=number, after=after, must_fail=fails)

    def _target(self, pattern: Pattern, entity: Entity, chosen: Mapping[str, Row]) -> int:
        for other in chosen.values():
            if set(entity.key) <= set(other):
                number = self.world.numbered(entity, other)
                if number is not None:
                    return number
        return self._pick(entity.name)

    def _redrawn(self, entity: Entity, name: str, number: int, old: Any, fresh: Any) -> Any:
        """Return the value the prediction expects this update to write, the first time."""
        if entity.attribute(name).unique or number >= self.world.counts[entity.name]:
            return fresh
        new = self.world.redrawn(entity.name, number, name)
        return fresh if new is None or new == old else new

    def _another(self, entity: Entity, name: str, old: Any, new: Any) -> Any:
        """Return a value that differs from the old one where the attribute has more than one."""
        if new is not None and new != old:
            return new
        attribute = entity.attribute(name)
        if attribute.kind is Kind.ENUM:
            others = [value for value, _ in attribute.values if value != old]
            return self.random.choice(others) if others else old
        if attribute.kind is Kind.BOOL:
            return not old
        if attribute.kind.is_number and isinstance(new, int | Decimal):
            high = attribute.high
            return new - 1 if high is not None and new >= high else new + 1
        return new if new is not None else old


def _with_more(first: Call, more: tuple[Call, ...]) -> Call:
    return Call(
        pattern=first.pattern,
        row=first.row,
        tests=first.tests,
        bounds=first.bounds,
        number=first.number,
        after=first.after,
        must_fail=first.must_fail,
        more=more,
    )


def typed_value(entity: Entity, condition: Condition) -> Any:
    """Return the fixed value of a condition as the attribute's own type."""
    attribute = entity.find(condition.attribute)
    text = condition.value or ""
    if attribute is None:
        return text
    if attribute.kind is Kind.BOOL:
        return text == "true"
    if attribute.kind.is_number:
        return Decimal(text) if "." in text else int(text)
    return text
