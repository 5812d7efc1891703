"""The workload of a proof: calls with real values for each pattern, and what they should answer.

In: a model's patterns and the world they run in, a seed. Out: calls, each with the values that fill
a route's steps and the tests the oracle applies. Deterministic by seed.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import chain, product
from math import prod
from typing import Any

from tablewright.core.quantities import ONE
from tablewright.model.moments import is_moment
from tablewright.model.values import Condition, Entity, Kind, Model, Pattern, Verb
from tablewright.proof.call_values import (
    amount_of,
    beginning,
    beyond,
    expected_of,
    moments_of,
    stand_in,
)
from tablewright.proof.new_keys import NewKeys
from tablewright.sample.calls import LONG_AGO, Call, typed
from tablewright.sample.conditions import all_hold, write_tests
from tablewright.sample.parameters import (
    Domain,
    ValueSource,
    another,
    domains,
    in_range,
    most_telling,
    spread_evenly,
)
from tablewright.sample.wire import key_text
from tablewright.sample.world import BLOCK, FEW, Row, Test, World

DEFAULT_RADIUS_KM = Decimal(10)
SILVER = 0.41421356237309515
"""The steps in which what happens now and then is spread over the calls: other steps than those in
which instances are taken in turn, so that one says nothing about the other."""
DRAWN_AT_ONCE = 1000
STRETCHES_AT_ONCE = 64
FROM_A_STRETCH = 16
TRIES = 200
"""Instances looked at for one that meets the condition of a write, or has a key of its own."""
FEW_TRIES = 20
"""Of those, after which a key that is taken is put up with."""
LARGEST_ROUND = 20_000
"""Instances, or combinations of values, up to which each is taken in turn."""


class NothingNewError(Exception):
    """Every instance that there can be is there already: none can be put."""


MOST_TRANSACTIONS_TRIED = 20
"""Choices of what a transaction changes, until something new can be put beside it."""


class Workload:
    """Makes the calls of one proof."""

    def __init__(self, model: Model, world: World, seed: int) -> None:
        self.model = model
        self.world = world
        self.random = random.Random(seed)
        self._turns: dict[tuple[str, str], list[int]] = {}
        self._combinations: dict[str, list[tuple[Any, ...]]] = {}
        self._points: dict[str, float] = {}
        self._went: dict[str, bool] = {}
        self._out: dict[tuple[str, str], int] = {}
        self._made_up: dict[tuple[str, str], int] = {}
        self.seeded_only = True
        self.must_be_new = False
        """Whether a put may not take the place of an instance, if there is no other place."""
        self._turn = ""
        self._written: set[tuple[str, int]] | None = None
        """Of the transaction that is made: the instances its parts write. None outside of one."""
        self._met = 0
        """How often one was chosen that meets a condition: each of those in turn."""
        self._keys = NewKeys(model, world)

    def call(self, pattern: Pattern) -> Call:
        """Return the next call of a pattern.

        Raises:
            NothingNewError: it puts what has to be new, and nothing new is possible.
        """
        self._turn = pattern.name
        self._keys.forget()
        if pattern.verb is Verb.TRANSACT:
            return self._transaction(pattern)
        if pattern.verb is Verb.READ:
            return self._several_kinds(pattern)
        if pattern.verb.is_write:
            self._written = set() if pattern.batch > 1 else None
            first = self._write(pattern, {})
            more = tuple(self._write(pattern, {}) for _ in range(pattern.batch - 1))
            self._written = None
            return replace(first, more=more)
        return self._read(pattern)

    # ------------------------------------------------------------ reads

    def _read(self, pattern: Pattern) -> Call:
        entity = self.model.entity(pattern.entity)
        if pattern.batch > 1:
            calls = tuple(self._read_one(pattern, entity) for _ in range(pattern.batch))
            return replace(calls[0], more=calls[1:])
        return self._read_one(pattern, entity)

    def _several_kinds(self, pattern: Pattern) -> Call:
        """Ask for several kinds at once: what they have in common has the same value in each."""
        shared: Row = {}
        bounds: dict[str, tuple[Any, ...]] = {}
        first = most_telling(pattern)
        created: dict[str, Call] = {}
        for part in sorted(pattern.parts, key=lambda part: part is not first):
            entity = self.model.entity(part.entity)
            call = self._read_one(part, entity, shared, bounds)
            created[part.name] = call
            if call.number is not None:
                shared = {**(self.world.row(entity.name, call.number) or {}), **shared}
            asked_attributes = [
                c.attribute for c in part.where if c.operator == "eq" and c.value is None
            ]
            shared |= {name: call.row.get(name) for name in asked_attributes}
            bounds |= call.bounds
        parts = tuple(created[part.name] for part in pattern.parts)
        row = {name: value for part in parts for name, value in part.row.items()}
        return Call(pattern=pattern, row=row, bounds=bounds, parts=parts)

    def _read_one(
        self,
        pattern: Pattern,
        entity: Entity,
        shared: Row | None = None,
        shared_bounds: Mapping[str, tuple[Any, ...]] | None = None,
    ) -> Call:
        row: Row = {}
        bounds: dict[str, tuple[Any, ...]] = {}
        where = [c for c in pattern.where if c.operator == "eq" and c.value is None]
        shared = shared or {}
        known = {c.attribute: shared[c.attribute] for c in where if c.attribute in shared}
        row |= known
        number = self._fill(entity, [c for c in where if c.attribute not in known], row)
        self._know(entity, pattern, where, row)
        is_missed = pattern.hit < ONE and self._happens(f"{pattern.name} hit", ONE - pattern.hit)
        if is_missed:
            self._miss(entity, where, row)
        tests = [self._given(pattern, entity, c.attribute, row) for c in where]
        for condition in pattern.where:
            if condition.operator == "eq" and condition.value is not None:
                fixed = typed_value(entity, condition)
                row[condition.attribute] = fixed
                tests.append(Test(condition.attribute, "eq", (fixed,)))
        for condition in pattern.where:
            if condition.operator != "eq":
                operands = (shared_bounds or {}).get(condition.attribute) or self._operands(
                    entity, condition, tests
                )
                bounds[condition.attribute] = operands
                tests.append(Test(condition.attribute, condition.operator, operands))
        if pattern.verb is Verb.NEAR:
            number = self._pick(entity.name)
            tests.append(self._near(entity, pattern, row, number))
        if pattern.verb is Verb.SIMILAR:
            number = self._pick(entity.name) if number is None else number
            row[pattern.to] = self.world.value(entity.name, number, pattern.to)
        return Call(
            pattern=pattern,
            row=row,
            tests=tuple(tests),
            bounds=bounds,
            number=number,
            is_missed=is_missed,
            now=dt.datetime.fromtimestamp(self.world.sample.until, dt.UTC),
        )

    def _given(self, pattern: Pattern, entity: Entity, name: str, row: Row) -> Test:
        """Return the test of what a call gives: a search names one word of a text."""
        value = row.get(name)
        is_text = entity.has(name) and entity.attribute(name).kind in (Kind.TEXT, Kind.NAME)
        if pattern.verb is Verb.SEARCH and is_text and value is not None:
            return Test(name, "words", (max(str(value).split() or [""], key=len),))
        return Test(name, "eq", (value,))

    def _near(self, entity: Entity, pattern: Pattern, row: Row, number: int) -> Test:
        """Search around somebody who is there."""
        name = geo_attribute(entity)
        point = self.world.value(entity.name, number, name)
        row[name] = point
        radius = pattern.radius_km if pattern.radius_km is not None else DEFAULT_RADIUS_KM
        return Test(name, "near", (point, radius))

    def _fill(self, entity: Entity, given: list[Condition], row: Row) -> int | None:
        """Choose what the caller holds, every combination of values as often as any other.

        Returns:
            The instance meant, where the values name one.
        """
        asked = domains(self.model, entity, [c.attribute for c in given])
        if asked and asked[0].source is ValueSource.INSTANCE:
            number = self._pick_holder(asked[0])
            for name in (*asked[0].names, *entity.key):
                row.setdefault(name, self.world.value(entity.name, number, name))
            return number
        names = [name for domain in asked for name in domain.names]
        row.update(zip(names, self._combination(entity, asked), strict=True))
        return None

    def _combination(self, entity: Entity, key_domains: Sequence[Domain]) -> tuple[Any, ...]:
        """Return the next combination of values of independent domains, each of them in turn."""
        if not key_domains:
            return ()
        turns = self._combinations.setdefault(self._turn, [])
        if not turns:
            combinations = self._all_combinations(entity, key_domains)
            if not combinations:
                return tuple(None for domain in key_domains for _ in domain.names)
            places = spread_evenly(range(len(combinations)), self.random.random())
            turns.extend(combinations[place] for place in reversed(places))
        return turns.pop()

    def _all_combinations(
        self, entity: Entity, key_domains: Sequence[Domain]
    ) -> list[tuple[Any, ...]]:
        """Return every combination of values, those that fewest instances have first.

        Of very many instances it is not counted how many have a combination of several values.
        """
        listed = [self._values_of(domain) for domain in key_domains]
        total = prod(len(values) for values in listed)
        if total > LARGEST_ROUND:
            drawn = [tuple(self.random.choice(v) for v in listed) for _ in range(DRAWN_AT_ONCE)]
            return [tuple(chain.from_iterable(entry)) for entry in drawn]
        names = [name for domain in key_domains for name in domain.names]
        combined = [tuple(chain.from_iterable(entry)) for entry in product(*listed)]
        if len(names) == 1:
            index = self.world.index(entity.name, names[0])
            return sorted(combined, key=lambda key: len(index.get(key[0], ())))
        if self.world.counts[entity.name] > FEW:
            return combined
        counts: dict[tuple[Any, ...], int] = {}
        for number in self.world.alive(entity.name):
            key = tuple(self.world.value(entity.name, number, name) for name in names)
            counts[key] = counts.get(key, 0) + 1
        return sorted(combined, key=lambda key: counts.get(key, 0))

    def _values_of(self, domain: Domain) -> list[tuple[Any, ...]]:
        """Return the values of a domain: of living owners, or those that instances have."""
        if domain.source is ValueSource.VALUE:
            index = self.world.index(domain.entity, domain.keys[0])
            return [(value,) for value in sorted((v for v, n in index.items() if n), key=str)]
        return [
            tuple(self.world.value(domain.entity, number, key) for key in domain.keys)
            for number in self.world.alive(domain.entity)
        ]

    def _pick_holder(self, domain: Domain) -> int:
        """Choose an instance that has the attributes asked by."""
        number = self._pick(domain.entity)
        for _ in range(200):
            values = [self.world.value(domain.entity, number, name) for name in domain.keys]
            if None not in values:
                break
            number = self._pick(domain.entity)
        return number

    def _happens(self, label: str, share: Decimal) -> bool:
        """Whether something happens that happens in a share of the calls; spread evenly."""
        if label not in self._points:
            self._points[label] = self.random.random()
        self._points[label] = (self._points[label] + SILVER) % 1.0
        return self._points[label] < share

    def _know(self, entity: Entity, pattern: Pattern, given: list[Condition], row: Row) -> None:
        """Add what else the caller holds of the instance the values name."""
        missing = [name for name in pattern.known if name not in row and entity.has(name)]
        if not missing:
            return
        tests = [Test(c.attribute, "eq", (row.get(c.attribute),)) for c in given]
        for number in self.world.find(entity.name, tests)[:1]:
            row.update({name: self.world.value(entity.name, number, name) for name in missing})

    def _miss(self, entity: Entity, given: list[Condition], row: Row) -> None:
        _, fresh = self.world.fresh(entity.name)
        for condition in given:
            row[condition.attribute] = fresh.get(condition.attribute)

    def _pick(self, entity: str) -> int:
        """Choose an instance that exists, each in turn: see `_turns_of`.

        Until the last answers are checked only those are chosen that were seeded: it is known how
        big they are.
        """
        turns = self._turns.setdefault((self._turn, entity), [])
        for _ in range(2):
            while turns:
                number = turns.pop()
                if self.world.is_alive(entity, number):
                    return number
            turns.extend(self._turns_of(entity))
        return next(iter(self.world.alive(entity)), 0)

    def _pick_seeded(self, entity: str) -> int:
        """Choose an instance that was seeded, whether it still exists or not."""
        turns = self._turns.setdefault((self._turn, f"{entity} as seeded"), [])
        if not turns:
            turns.extend(self._turns_of(entity))
        return turns.pop()

    def _turns_of(self, entity: str) -> list[int]:
        """Return instances in the order in which they are asked for, the first at the end.

        Where they are few the order is that of sizes, taken in steps of the golden section from a
        random start: any few calls in a row are a stratified sample of the population. Of many, a
        stretch of those steps.
        """
        count = self.world.counts[entity]
        if not self.seeded_only or not count:
            count = self.world.next[entity]
        if count > LARGEST_ROUND or self.world.is_heavy(entity):
            return self._some_of(count)
        pattern = self.model.pattern(self._turn)
        touched = pattern.sets if pattern.verb is Verb.UPDATE and pattern.entity == entity else ()
        sizes = self.world.sizes(entity, touched)
        ordered = sorted(range(count), key=lambda n: (sizes[n] if n < len(sizes) else 0, n))
        return spread_evenly(ordered, self.random.random())[::-1]

    def _some_of(self, count: int) -> list[int]:
        """Return some of very many or big instances: few from each of many stretches.

        An instance is drawn together with its neighbours, so that those called together should be
        neighbours too.
        """
        stretches = -(-count // BLOCK)
        chosen = spread_evenly(range(stretches), self.random.random())[:STRETCHES_AT_ONCE]
        result: list[int] = []
        for stretch in chosen:
            first = stretch * BLOCK
            size = min(BLOCK, count - first)
            result += [first + self.random.randrange(size) for _ in range(FROM_A_STRETCH)]
        return result

    def _operands(self, entity: Entity, condition: Condition, tests: list[Test]) -> tuple[Any, ...]:
        """Return bounds that hold the share of the entries the model speaks of."""
        if condition.operator == "in":
            return tuple(
                typed_value(entity, replace(condition, value=value)) for value in condition.values
            )
        if condition.value is not None:
            return (typed_value(entity, condition),)
        if condition.operator in ("exists", "absent"):
            return ()
        among = self.world.find(entity.name, tests)
        asked = self.world.values(entity.name, condition.attribute, among)
        values = [value for value in asked if value is not None]
        # of lists, sets and maps no order is known but that of their lengths and of their texts
        orders: dict[str, Callable[[Any], Any]] = {"size": len, "contains": str, "ne": str}
        values.sort(key=orders.get(condition.operator))
        if not values:  # nothing is there: any bounds will do
            some = self._of_any(entity, condition.attribute)
            if some is None:
                some = stand_in(entity.attribute(condition.attribute))
            return (some, some) if condition.operator == "between" else (some,)
        share = condition.share if condition.share is not None else Decimal("0.3")
        count = in_range(share, len(values))
        if condition.operator == "ne":
            return (self.random.choice(values),)
        if condition.operator == "contains":
            return (_part_of(self.random.choice(values)),)
        if condition.operator == "size":
            return (sorted(map(len, values))[len(values) - count],)
        if condition.operator == "between":
            start = self.random.randrange(len(values) - count + 1)
            return (values[start], values[start + count - 1])
        first = len(values) - count
        if condition.operator in ("ge", "le"):
            return (values[first if condition.operator == "ge" else count - 1],)
        if condition.operator == "gt":
            return (values[first - 1] if first else beyond(values[0], -1),)
        if condition.operator == "lt":
            return (values[count] if first else beyond(values[-1], 1),)
        return (beginning(str(self.random.choice(values)), [str(v) for v in values], share),)

    # ------------------------------------------------------------ writes

    def _transaction(self, pattern: Pattern) -> Call:
        must_fail = bool(pattern.fails) and self._happens(f"{pattern.name} fails", pattern.fails)
        for _ in range(MOST_TRANSACTIONS_TRIED - 1):
            try:
                return self._one_transaction(pattern, must_fail=must_fail)
            except NothingNewError:  # of this parent; another one may have room for a child
                self._keys.forget()
        return self._one_transaction(pattern, must_fail=must_fail)

    def _one_transaction(self, pattern: Pattern, *, must_fail: bool) -> Call:
        chosen: dict[str, Row] = {}
        self._written = set()
        parts: list[Call] = []
        ordered = sorted(pattern.parts, key=lambda part: part.verb is Verb.PUT)
        created = {}
        for part in ordered:
            first, *more = [
                self._write(part, chosen, must_fail=must_fail) for _ in range(part.batch)
            ]
            created[id(part)] = replace(first, more=tuple(more))
        parts = [created[id(part)] for part in pattern.parts]
        self._written = None
        must_fail = must_fail or any(part.must_fail for part in parts)
        return Call(pattern=pattern, row=parts[0].row, parts=tuple(parts), must_fail=must_fail)

    def _write(
        self, pattern: Pattern, chosen: dict[str, Row], *, must_fail: bool | None = None
    ) -> Call:
        entity = self.model.entity(pattern.entity)
        fails = must_fail
        if fails is None:
            fails = bool(pattern.fails) and self._happens(f"{self._turn} fails", pattern.fails)
        if pattern.verb is Verb.PUT:
            call = self._put(pattern, entity, chosen, fails)
        else:
            call = self._change(pattern, entity, chosen, fails)
        chosen[entity.name] = dict(call.row)
        return call

    def _put(self, pattern: Pattern, entity: Entity, chosen: dict[str, Row], fails: bool) -> Call:
        if fails and pattern.condition == "absent":
            number = self._pick(entity.name)
            row = self.world.row(entity.name, number)
            return Call(pattern=pattern, row=dict(row or {}), like=number, must_fail=True)
        like, created, row = self._new(entity, pattern)
        self._adopt(entity, row, chosen)
        is_new = self.must_be_new and pattern.condition == "absent"
        spare: tuple[int | None, int, Row] | None = None
        for tried in range(1, TRIES):  # a key of few values may be taken: a put would replace it
            if not self._keys.is_taken(entity, row):
                break
            if spare is not None and not tried % FEW_TRIES:
                if self._keys.place_last(entity, row):
                    break
                if not is_new:
                    like, created, row = spare
                    break
            if spare is None and not self._keys.is_put(entity, row):
                spare = like, created, row
            like, created, row = self._new(entity, pattern)
            self._adopt(entity, row, chosen)
        else:
            if not self._keys.place_last(entity, row) and is_new:
                raise NothingNewError(entity.name)
        self._keys.note(entity, row)
        return Call(pattern=pattern, row=row, like=like, fresh=created, must_fail=fails)

    def _new(self, entity: Entity, pattern: Pattern) -> tuple[int | None, int, Row]:
        """Return an instance that is in no table, as big as one in turn of those that are.

        Its key, what is unique, when it came into being and what it begins with are its own.
        """
        created, fresh = self.world.fresh(entity.name)
        initial = {name: typed(entity, name, text) for name, text in pattern.initial}
        if not self.world.counts[entity.name]:
            return None, created, {**fresh, **initial}
        number = self._pick_seeded(entity.name)
        model = self.world.original(entity.name, number)
        names = {a.name for a in entity.attributes if self.world.is_own(entity, a)}
        row = {name: value for name, value in model.items() if name not in names}
        return (
            number,
            created,
            row | {name: value for name, value in fresh.items() if name in names} | initial,
        )

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
        number = self._another(entity, self._target(pattern, entity, chosen))
        is_free = not any(set(entity.key) <= set(other) for other in chosen.values())
        number, holding = self._holding(pattern, entity, number, is_free=is_free)
        is_unmet = holding is None
        # one that was deleted comes back before the call, where there is no other
        row = dict(self.world.row(entity.name, number) or self.world.original(entity.name, number))
        after = dict(row)
        shares = dict(pattern.changes)
        created: int | None = None
        for name in pattern.sets:
            back = (self._turn, entity.name) not in self._out
            if name in shares and not self._changes(name, shares[name], back=back):
                continue
            if entity.attribute(name).unique:
                created = self._made(entity) if created is None else created
            after[name] = self._other(entity, name, number, row.get(name), created)
        for name, text in pattern.set_values:
            fixed = typed_value(entity, Condition(attribute=name, operator="eq", value=text))
            if row.get(name) != fixed:
                after[name] = fixed
        for name in pattern.increments:
            after[name] = row.get(name, 0) + amount_of(pattern, name)
        for name in pattern.appends:
            after[name] = [*(row.get(name) or ()), self._element(entity, name, number)]
        for name in pattern.removes:
            after.pop(name, None)
        return Call(
            pattern=pattern,
            row=row,
            number=number,
            after=after,
            fresh=created,
            changed=frozenset(n for n in pattern.touched if row.get(n) != after.get(n)),
            must_fail=fails or is_unmet,
            is_unmet=is_unmet,
            expected=holding.expected if holding is not None else {},
            now=holding.now if holding is not None else LONG_AGO,
        )

    def _holding(
        self, pattern: Pattern, entity: Entity, number: int, *, is_free: bool
    ) -> tuple[int, Call | None]:
        """Return an instance that meets the condition of a write, with what the caller says then.

        None in place of that where none is met with: the write is refused, whatever it asks.
        """
        if not pattern.condition_tests:
            return number, Call(pattern=pattern, row={})
        by_clock = any(is_moment(test.value or "") for test in pattern.condition_tests)
        for _ in range(TRIES if is_free else 1):
            row = self.world.row(entity.name, number) or {}
            for moment in moments_of(row)[: None if by_clock else 1]:
                call = Call(
                    pattern=pattern, row=row, expected=expected_of(pattern, row), now=moment
                )
                if all_hold(write_tests(entity, call), row):
                    return number, call
            candidate = self._pick_with(entity, pattern) if is_free else None
            if candidate is None:
                break
            if self._written is not None:
                self._written.discard((entity.name, number))
            number = self._another(entity, candidate)
        return number, None

    def _pick_with(self, entity: Entity, pattern: Pattern) -> int | None:
        """Choose an instance that has a value which a write asks for; None where none has it."""
        for test in pattern.condition_tests:
            texts = (test.value,) if test.operator == "eq" else test.values
            values = [typed(entity, test.attribute, text) for text in texts if text is not None]
            if test.operator not in ("eq", "in") or not values:
                continue
            index = self.world.index(entity.name, test.attribute)
            having = chain.from_iterable(index.get(value, ()) for value in values)
            seeded = [n for n in having if n < self.world.counts[entity.name]]
            if not seeded:
                return None
            self._met += 1
            return seeded[self._met % len(seeded)]
        return self._pick(entity.name)

    def _another(self, entity: Entity, number: int) -> int:
        """Return an instance that no other part of the call writes: each item but once.

        Where all that are left are written one that was deleted takes the place.
        """
        if self._written is None:
            return number
        for _ in range(200):
            if (entity.name, number) not in self._written:
                break
            number = self._pick(entity.name)
        else:
            seeded = range(self.world.counts[entity.name])
            free = (n for n in seeded if (entity.name, n) not in self._written)
            number = next(free, number)
        self._written.add((entity.name, number))
        return number

    def _target(self, pattern: Pattern, entity: Entity, chosen: Mapping[str, Row]) -> int:
        for other in chosen.values():
            if set(entity.key) <= set(other):
                number = self.world.numbered(entity, other)
                if number is not None:
                    return number
        return self._there_and_back(entity, pattern)

    def _there_and_back(self, entity: Entity, pattern: Pattern) -> int:
        """Choose an instance, and every second time the same again.

        What one call changes the next changes back, so that the workload leaves the population as
        the prediction knows it: with as many in a state, or in a sparse index, as before.
        """
        if pattern.appends:
            return self._pick(entity.name)
        there_and_back = self._out.pop((self._turn, entity.name), None)
        if there_and_back is not None and self.world.is_alive(entity.name, there_and_back):
            return there_and_back
        number = self._pick(entity.name)
        for _ in range(200):
            if self._has_other(entity, pattern, number):
                break
            number = self._pick(entity.name)
        if pattern.verb is Verb.UPDATE:
            self._out[self._turn, entity.name] = number
        return number

    def _changes(self, name: str, share: Decimal, *, back: bool) -> bool:
        """Whether an attribute gets another value this time; what went out comes back."""
        label = f"{self._turn} {name}"
        if not back:
            self._went[label] = self._happens(label, share)
        return self._went.get(label) or False

    def _made(self, entity: Entity) -> int:
        """Return the instance that never was, whose unique values an update takes or gives up."""
        key = (self._turn, entity.name)
        if key in self._out or key not in self._made_up:
            self._made_up[key], _ = self.world.fresh(entity.name)
        return self._made_up[key]

    def _other(self, entity: Entity, name: str, number: int, old: Any, made: int | None) -> Any:
        """Return another value than the old one: that which the prediction expects, then back.

        An attribute that alternates between two values costs the same each time.
        """
        attribute = entity.attribute(name)
        first = self.world.original(entity.name, number).get(name)
        if attribute.unique:
            assert made is not None
            second = self.world.original(entity.name, made).get(name)
            return second if old == first else first
        second = another(attribute, first, self.world.redrawn(entity.name, number, name))
        if first is None and second is None:
            second = self._of_any(entity, name)
        return second if old == first else first

    def _of_any(self, entity: Entity, name: str) -> Any:
        """Return a value of an optional attribute: setting it where it was absent is a change."""
        for number in range(min(TRIES, self.world.counts[entity.name])):
            value = self.world.original(entity.name, number).get(name)
            if value is not None:
                return value
        return None

    def _element(self, entity: Entity, name: str, number: int) -> Any:
        """Return the element the prediction expects to be appended."""
        count = max(1, self.world.counts[entity.name])
        for place in range(count):
            listed = self.world.redrawn(entity.name, (number + place) % count, name)
            if isinstance(listed, list) and listed:
                return listed[0]
        return ""

    def _has_other(self, entity: Entity, pattern: Pattern, number: int) -> bool:
        """Whether an instance has not yet the values the update gives it."""
        return all(
            key_text(self.world.value(entity.name, number, name)) != text
            for name, text in pattern.set_values
        )


def geo_attribute(entity: Entity) -> str:
    """Return the attribute that says where an instance is."""
    return next(a.name for a in entity.attributes if a.kind is Kind.GEO)


def _part_of(value: Any) -> Any:
    """Return an element of a list or set, or the first word of a text."""
    if isinstance(value, str):
        return value.partition(" ")[0]
    return next(iter(value)) if value else ""


def typed_value(entity: Entity, condition: Condition) -> Any:
    """Return the fixed value of a condition as the attribute's own type."""
    return typed(entity, condition.attribute, condition.value or "")
