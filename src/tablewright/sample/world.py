"""All instances of a model as rows, as they were sampled and changed since, and how to find them.

In: a model, a sample, a number of users, and the writes that were carried out. Out: instances and
the plain answer to a pattern. Slow and obvious on purpose: it knows no tables, keys or indexes.
"""

from __future__ import annotations

import operator
from array import array
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from decimal import Decimal
from math import asin, cos, radians, sin, sqrt
from typing import Any, Protocol

from tablewright.core.frozen import frozen
from tablewright.model.values import Attribute, Entity, Kind, Model, Pattern
from tablewright.sample.sample import Sample
from tablewright.sample.wire import plain_bytes

Row = dict[str, Any]

FEW = 50_000
"""Instances of an entity up to which there may be an index on each attribute asked by."""
MOST_IN_COLUMNS = 400_000
"""Instances up to which attributes are kept as columns; beyond, instances are drawn again."""
FEW_AT_ONCE = 64
"""Instances up to which each is asked for its value by itself."""
KEPT_ANSWERS = 256
KEPT_BYTES = 192 * 1024 * 1024
"""Of instances kept as they were seeded, by their size on DynamoDB."""
FEWEST_KEPT_BLOCKS = 2
BLOCK = 512
STRETCH = 64 * BLOCK
KEPT_REDRAWN = 24
REDRAWN_BLOCK = 512


@frozen(kw_only=False)
class Test:
    """One condition with its values: the operator and what the attribute is compared with."""

    attribute: str
    operator: str
    operands: tuple[Any, ...]

    def holds(self, value: Any) -> bool:
        """Whether a value meets it; an absent value meets `absent` only."""
        if self.operator in ("exists", "absent"):
            return (value is None) == (self.operator == "absent")
        if value is None:
            return False
        if self.operator == "contains":
            return self.operands[0] in value
        if self.operator == "size":
            return len(value) >= int(self.operands[0])
        if self.operator == "ne":
            return bool(value != self.operands[0])
        first: Any = self.operands[0] if self.operands else None
        if self.operator == "near":
            return distance_km(value, first) <= float(self.operands[1])
        if self.operator == "eq":
            return bool(value == first)
        if self.operator == "in":
            return value in self.operands
        if self.operator == "between":
            return bool(first <= value <= self.operands[-1])
        if self.operator == "begins_with":
            return str(value).startswith(str(first))
        if self.operator == "lt":
            return bool(value < first)
        if self.operator == "le":
            return bool(value <= first)
        if self.operator == "gt":
            return bool(value > first)
        return bool(value >= first)

    def met_by(self, numbers: Iterable[int], values: Iterable[Any]) -> list[int]:
        """Return the numbers of the instances whose value meets it; see `holds`."""
        pairs = zip(numbers, values, strict=True)
        if self.operator == "between":
            first, last = self.operands[0], self.operands[-1]
            return [n for n, value in pairs if value is not None and first <= value <= last]
        compare = _COMPARISONS.get(self.operator)
        if compare is None:
            return [n for n, value in pairs if self.holds(value)]
        first = self.operands[0]
        return [n for n, value in pairs if value is not None and compare(value, first)]


_COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "lt": operator.lt,
    "le": operator.le,
    "gt": operator.gt,
    "ge": operator.ge,
}

EARTH_KM = 6371.0088


def distance_km(a: Mapping[str, Any], b: Mapping[str, Any]) -> float:
    """Return the distance of two points on a sphere as big as the earth.

    Example:
        >>> round(distance_km({"lat": 0, "lon": 0}, {"lat": 0, "lon": 1}), 1)
        111.2
    """
    there, here = radians(float(a["lat"])), radians(float(b["lat"]))
    east = radians(float(a["lon"]) - float(b["lon"]))
    half = sin((there - here) / 2) ** 2 + cos(there) * cos(here) * sin(east / 2) ** 2
    return 2 * EARTH_KM * asin(sqrt(min(1.0, half)))


class Instances(Protocol):
    """What the oracle asks of all instances: those of a world, or those read from a database."""

    def answer(self, pattern: Pattern, tests: Sequence[Test]) -> ExpectedAnswer:
        """Return every instance that meets the conditions, in the order asked for."""
        ...

    def value(self, entity: str, number: int, attribute: str) -> Any:
        """Return an attribute of an instance."""
        ...


class World:
    """All instances of a model at one scale, with what was changed since."""

    def __init__(self, model: Model, sample: Sample, users: int) -> None:
        self.model = model
        self.sample = sample
        self.users = users
        self.counts = {e.name: sample.count(e.name, users) for e in model.entities}
        self.next = dict(self.counts)
        self.changed: dict[tuple[str, int], Row | None] = {}
        self.made: dict[tuple[str, int], tuple[int, int]] = {}
        """Of an instance that was put: whose values it has, and where its own come from."""
        self.appended: dict[tuple[str, int], Counter[str]] = {}
        """How many elements were appended to lists of an instance."""
        self.written: dict[tuple[str, int], dict[str, int]] = {}
        """Bytes of the values that updates have set on an instance since it was seeded."""
        self._blocks: OrderedDict[tuple[str, int], list[Row]] = OrderedDict()
        self._columns: dict[tuple[str, str], list[Any]] = {}
        self._indexes: dict[tuple[str, str], dict[Any, array[int]]] = {}
        self._answers: OrderedDict[tuple[Any, ...], ExpectedAnswer] = OrderedDict()
        self._children: dict[tuple[str, int], list[int]] = {}
        self._sizes: dict[tuple[str, ...], list[int]] = {}
        self._redrawn: OrderedDict[tuple[str, str, int], list[Any]] = OrderedDict()
        self._weights: dict[str, int] = {}
        self._kept = 0
        self._fresh: dict[str, int] = {}

    def untouched(self) -> World:
        """Return the same instances, none taken as new yet, with what was drawn of them so far.

        It is for reading, and of a world in which nothing was changed.
        """
        assert not self.changed
        world = copy(self)
        world._fresh = {}
        return world

    # ------------------------------------------------------------ instances

    def row(self, entity: str, number: int) -> Row | None:
        """Return an instance as it is now; None if it was deleted."""
        key = (entity, number)
        if key in self.changed:
            return self.changed[key]
        return self.original(entity, number)

    def original(self, entity: str, number: int) -> Row:
        """Return an instance as it was seeded."""
        block, place = divmod(number, BLOCK)
        key = (entity, block)
        rows = self._blocks.get(key)
        if rows is None or place >= len(rows):
            start, count = block * BLOCK, self.counts[entity]
            # Nobody asks for what is beyond the last instance, but where one is put.
            stop = min(start + BLOCK, count) if number < count else start + BLOCK
            if rows is None:
                self._kept += self._block_bytes(entity)
            rows = self._blocks[key] = list(self.sample.rows(entity, start, stop, self.users))
            while self._kept > KEPT_BYTES and len(self._blocks) > FEWEST_KEPT_BLOCKS:
                (other, _), _ = self._blocks.popitem(last=False)
                self._kept -= self._block_bytes(other)
        else:
            self._blocks.move_to_end(key)
        return rows[place]

    def is_heavy(self, entity: str) -> bool:
        """Whether the instances of an entity are too many or too big to be held all."""
        return self._block_bytes(entity) * self.counts[entity] // BLOCK > KEPT_BYTES // 2

    def _block_bytes(self, entity: str) -> int:
        """Return about how much memory a block of instances takes: its bytes, and Python's own."""
        if entity not in self._weights:
            names = self.model.entity(entity).names
            columns = [self.sample.sizes(entity, name, BLOCK) for name in names]
            self._weights[entity] = sum(sum(s or 0 for s in c) + 64 * BLOCK for c in columns)
        return self._weights[entity]

    def redrawn(self, entity: str, number: int, attribute: str) -> Any:
        """Return the value an update is expected to write to a seeded instance."""
        block, place = divmod(number, REDRAWN_BLOCK)
        key = (entity, attribute, block)
        redrawn = self._redrawn.get(key)
        if redrawn is None:
            start = block * REDRAWN_BLOCK
            redrawn = self.sample.redrawn(
                entity, attribute, start, start + REDRAWN_BLOCK, self.users
            )
            self._redrawn[key] = redrawn
            if len(self._redrawn) > KEPT_REDRAWN:
                self._redrawn.popitem(last=False)
        return redrawn[place]

    def value(self, entity: str, number: int, attribute: str) -> Any:
        """Return one attribute of an instance as it is now; None if absent."""
        key = (entity, number)
        if key in self.changed:
            row = self.changed[key]
            return None if row is None else row.get(attribute)
        if self.counts[entity] > MOST_IN_COLUMNS and (entity, attribute) not in self._columns:
            return self.original(entity, number).get(attribute)
        return self.column(entity, attribute)[number]

    def values(self, entity: str, attribute: str, numbers: Sequence[int]) -> list[Any]:
        """Return one attribute of some instances as they are now; None where absent."""
        is_column = self.counts[entity] <= MOST_IN_COLUMNS or (entity, attribute) in self._columns
        if not is_column or len(numbers) < FEW_AT_ONCE:
            return [self.value(entity, number, attribute) for number in numbers]
        changed = {n: row for (name, n), row in self.changed.items() if name == entity}
        column = self.column(entity, attribute)
        if not changed:
            return [column[number] for number in numbers]
        return [
            (changed[number] or {}).get(attribute) if number in changed else column[number]
            for number in numbers
        ]

    def column(self, entity: str, attribute: str) -> list[Any]:
        """Return an attribute of every seeded instance, as it was seeded."""
        key = (entity, attribute)
        if key not in self._columns:
            self._columns[key] = self.sample.values(
                entity, attribute, self.counts[entity], self.users
            )
        return self._columns[key]

    def is_alive(self, entity: str, number: int) -> bool:
        """Whether an instance exists."""
        if number >= self.counts[entity]:
            return self.changed.get((entity, number)) is not None
        return self.changed.get((entity, number), True) is not None

    def alive(self, entity: str) -> Iterable[int]:
        """Return the numbers of all instances that exist."""
        return (n for n in range(self.next[entity]) if self.is_alive(entity, n))

    def fresh(self, entity: str) -> tuple[int, Row]:
        """Return an instance that is in no table, with its number: the next one to be made."""
        self._fresh[entity] = self._fresh.get(entity, 0) + 1
        number = self.counts[entity] + self._fresh[entity]
        return number, dict(self.original(entity, number))

    def is_own(self, entity: Entity, attribute: Attribute) -> bool:
        """Whether a new instance has a value of its own: of its key, what is unique, its time."""
        if attribute.unique or attribute.generated or attribute.role == "time":
            return True
        return attribute.name in entity.key

    def sizes(self, entity: str, touched: Sequence[str] = ()) -> list[int]:
        """Return the bytes of each seeded instance, all its attributes together.

        Where some are written again it is the larger of before and after, which writes cost.
        """
        key = (entity, *touched)
        if key not in self._sizes:
            count = self.counts[entity]
            before, after = [0] * count, [0] * count
            for name in self.model.entity(entity).names:
                old = self.sample.sizes(entity, name, count)
                new = self.sample.resampled_sizes(entity, name, count) if name in touched else old
                before = [total + (size or 0) for total, size in zip(before, old, strict=True)]
                after = [total + (size or 0) for total, size in zip(after, new, strict=True)]
            self._sizes[key] = list(map(max, before, after))
        return self._sizes[key]

    # ------------------------------------------------------------ finding

    def index(self, entity: str, attribute: str) -> dict[Any, array[int]]:
        """Return which instances have which value of an attribute."""
        key = (entity, attribute)
        if key not in self._indexes:
            result: dict[Any, array[int]] = {}
            for number, value in self._values_of_all(entity, attribute):
                if value is not None and self.is_alive(entity, number):
                    result.setdefault(value, array("I")).append(number)
            self._indexes[key] = result
        return self._indexes[key]

    def _values_of_all(self, entity: str, attribute: str) -> Iterator[tuple[int, Any]]:
        """Yield an attribute of every instance as it is now; of many a stretch at a time."""
        count = self.counts[entity]
        if count <= MOST_IN_COLUMNS:
            for number in range(self.next[entity]):
                yield number, self.value(entity, number, attribute)
            return
        changed = {number for name, number in self.changed if name == entity}
        for start in range(0, count, STRETCH):
            stop = min(count, start + STRETCH)
            (values,) = self.sample.columns(entity, (attribute,), start, stop, self.users)
            for number, value in enumerate(values, start):
                if number not in changed:
                    yield number, value
        for number in changed:
            yield number, self.value(entity, number, attribute)

    def find(self, entity: str, tests: Sequence[Test]) -> list[int]:
        """Return the numbers of the instances that meet every test."""
        narrowest = self._narrowest(entity, tests)
        if narrowest is None:
            dead = {n for (name, n), row in self.changed.items() if name == entity and row is None}
            numbers = [n for n in range(self.next[entity]) if n not in dead]
        else:
            found = self.index(entity, narrowest.attribute).get(narrowest.operands[0], ())
            numbers = list(found)
        for test in tests:
            if test is not narrowest:
                numbers = test.met_by(numbers, self.values(entity, test.attribute, numbers))
        return numbers

    def _narrowest(self, entity: str, tests: Sequence[Test]) -> Test | None:
        """Return the test by whose index to look: of few instances that which fewest meet."""
        equal = [t for t in tests if t.operator == "eq" and _hashable(t.operands[0])]
        if len(equal) < 2:
            return equal[0] if equal else None
        if self.counts[entity] <= FEW:
            return min(
                equal, key=lambda t: len(self.index(entity, t.attribute).get(t.operands[0], ()))
            )
        created = [t for t in equal if (entity, t.attribute) in self._indexes]
        declared = self.model.entity(entity)
        handed_down = [t for t in equal if declared.attribute(t.attribute).generated]
        return (created or handed_down or equal)[0]

    def answer(self, pattern: Pattern, tests: Sequence[Test]) -> ExpectedAnswer:
        """Return every instance that meets a pattern's conditions, in the order asked for.

        The limit is not applied: instances that tie at it are all right. Kept until something is
        written.
        """
        operands = tuple((t.attribute, t.operator, *t.operands) for t in tests)
        key = (pattern.name, operands)
        if not all(_hashable(entry) for operand in operands for entry in operand):
            return ExpectedAnswer(in_order(self, pattern, self.find(pattern.entity, tests)))
        answer = self._answers.get(key)
        if answer is None:
            answer = ExpectedAnswer(in_order(self, pattern, self.find(pattern.entity, tests)))
            self._answers[key] = answer
            if len(self._answers) > KEPT_ANSWERS:
                self._answers.popitem(last=False)
        return answer

    def numbered_in(
        self, entity: Entity, answer: ExpectedAnswer, rows: Sequence[Mapping[str, Any]]
    ) -> list[int | None]:
        """Return the numbers of the instances rows show, looked for in the right answer first."""
        unique = [a.name for a in entity.attributes if a.unique]
        numbers: list[int | None] = []
        for row in rows:
            names = entity.key
            values = tuple([row.get(name) for name in names])
            if None in values:
                names = tuple(n for n in unique if row.get(n) is not None)[:1]
                values = tuple([row.get(name) for name in names])
            number = None
            if names:
                known = answer.known.get(names)
                if known is None:
                    known = answer.known[names] = {
                        tuple([self.value(entity.name, n, name) for name in names]): n
                        for n in answer.numbers
                    }
                number = known.get(values)
            numbers.append(self.numbered(entity, row) if number is None else number)
        return numbers

    def numbered(self, entity: Entity, row: Mapping[str, Any]) -> int | None:
        """Return the number of the instance a row shows, by its key or a unique attribute."""
        if all(row.get(name) is not None for name in entity.key):
            result = self.find(entity.name, [Test(name, "eq", (row[name],)) for name in entity.key])
            return result[0] if len(result) == 1 else None
        for attribute in entity.attributes:
            if attribute.unique and row.get(attribute.name) is not None:
                result = self.find(
                    entity.name, [Test(attribute.name, "eq", (row[attribute.name],))]
                )
                return result[0] if len(result) == 1 else None
        return None

    def children(self, child: str, parent: str, number: int) -> list[int]:
        """Return the children of an instance, in the order in which they were written."""
        key = (child, number)
        if key not in self._children:
            children: list[int] = []
            if number < self.counts[parent]:
                children = list(self.sample.children(child, number, self.users))
            self._children[key] = children
        return [n for n in self._children[key] if self.is_alive(child, n)]

    # ------------------------------------------------------------ writing

    def add(self, entity: Entity, row: Row, like: int | None = None, fresh: int = 0) -> int:
        """Keep a new instance; return its number.

        Args:
            entity: of the instance.
            row: its values.
            like: the seeded instance whose values it has.
            fresh: the number under which the values were drawn that are its own.
        """
        number = self.next[entity.name]
        self.next[entity.name] += 1
        self.made[entity.name, number] = (fresh if like is None else like, fresh)
        self.changed[entity.name, number] = row
        self._reindex(entity.name, number, None, row)
        if entity.parent is not None:
            parent = self.model.entity(entity.parent)
            owner = self.numbered(parent, row)
            if owner is not None:
                self.children(entity.name, parent.name, owner)
                self._children[entity.name, owner].append(number)
        return number

    def note_written(
        self, entity: str, number: int, row: Mapping[str, Any], names: Iterable[str]
    ) -> None:
        """Keep how big the values are that a write has set; zero is what it took away."""
        sizes = {n: 0 if row.get(n) is None else plain_bytes(row[n]) for n in names}
        if sizes:
            self.written.setdefault((entity, number), {}).update(sizes)

    def restore(self, entity: str, number: int) -> None:
        """Make an instance again what it was when it was seeded."""
        self.change(entity, number, dict(self.original(entity, number)))
        self.written.pop((entity, number), None)
        self.appended.pop((entity, number), None)

    def change(self, entity: str, number: int, row: Row | None) -> None:
        """Replace an instance; None deletes it."""
        before = self.row(entity, number)
        self.changed[entity, number] = row
        self._reindex(entity, number, before, row)

    def _reindex(self, entity: str, number: int, before: Row | None, after: Row | None) -> None:
        self._answers.clear()
        for (name, attribute), index in self._indexes.items():
            if name != entity:
                continue
            old = None if before is None else before.get(attribute)
            new = None if after is None else after.get(attribute)
            if old == new:
                continue
            if old is not None and old in index:
                index[old].remove(number)
            if new is not None:
                index.setdefault(new, array("I")).append(number)


@dataclass(slots=True)
class ExpectedAnswer:
    """The instances a call has to return, before the limit is applied."""

    numbers: list[int]
    known: dict[tuple[str, ...], dict[tuple[Any, ...], int]] = field(default_factory=dict)
    """The number of an instance by its values of some attributes."""


def in_order(world: Instances, pattern: Pattern, numbers: list[int]) -> list[int]:
    """Return instances in the order a pattern asks for; those without a value come first."""
    for name, descending in reversed(pattern.sort):
        numbers.sort(
            key=lambda number: _order_key(world.value(pattern.entity, number, name)),
            reverse=descending,
        )
    return numbers


def _order_key(value: Any) -> tuple[int, Any]:
    return (0, 0) if value is None else (1, value)


def _hashable(value: Any) -> bool:
    return isinstance(value, str | int | bool | Decimal)


def is_far(entity: Entity, attribute: str) -> bool:
    """Whether an attribute is a point, which conditions compare by distance."""
    return entity.has(attribute) and entity.attribute(attribute).kind is Kind.GEO
