"""What calls meet in a population: groups of instances, cells, item collections, stretches of time.

In: a model, a design, a Sample, how many instances there are. Out: sizes of every shape of a
design, and of a population which instances the calls of a pattern meet, values taken in turn. It
does not know operations, units or prices.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from tablewright.core.frozen import frozen
from tablewright.engines.dynamodb.access import KeyMatch
from tablewright.engines.dynamodb.buckets import bucket_of, buckets_between
from tablewright.engines.dynamodb.design import DynamoDesign, ItemShape, KeyTemplate, Table
from tablewright.engines.dynamodb.geohash import GEOHASH, cell_of, neighbours
from tablewright.engines.dynamodb.sizing import ShapeSizes, SharedColumns
from tablewright.model.statistics import DEFAULT_RANGE_SHARE
from tablewright.model.values import Condition, Entity, Model, Pattern
from tablewright.sample.parameters import (
    Domain,
    ValueSource,
    domains,
    in_range,
    is_fixed,
    most_telling,
)
from tablewright.sample.sample import Sample

MOST_CENTRES = 1000
"""Instances around which cells are counted."""

WINDOWS = 64
"""Of a range that holds a share of some instances, the places where it is laid."""

Walk = list[list[int]]
"""The instances that each query of a call finds, one stretch of time after another."""


@frozen
class CallGroups:
    """What calls of a pattern meet in a population."""

    met: tuple[list[int], ...]
    """The instances of each combination of values that some instance has."""
    of_calls: int
    """Combinations there are in all: the rest finds nothing."""

    def mean(self, at_most: Decimal | None = None) -> Decimal:
        """Return how many instances a call meets on average, each group cut at a limit."""
        maximum = None if at_most is None else int(at_most)
        total = sum(
            len(entry) if maximum is None else min(len(entry), maximum) for entry in self.met
        )
        return Decimal(total) / self.of_calls


@frozen
class FilteredCall:
    """What a call meets by its key and which of it passes its filter; others may do the same."""

    met: list[int]
    """The instances, in the order in which they are read."""
    passing: frozenset[int]
    of_calls: int = 1
    """How many calls do exactly this."""


@frozen
class Cells:
    """The bytes a key with a cell in it leads to."""

    attribute: str
    """The point."""
    length: int
    """Of a cell's name."""
    others: tuple[str, ...]
    """What else the key is made of."""
    held: Mapping[tuple[tuple[Any, ...], str], int]
    """Bytes by the values of the others, and the cell."""

    def around(self, centres: Iterable[tuple[Any, tuple[Any, ...]]]) -> list[int]:
        """Return the bytes in each of the nine cells around points, each with other values."""
        around: list[int] = []
        for point, kind in centres:
            cells = [
                cell_of(neighbour, self.length) for neighbour in neighbours(point, self.length)
            ]
            around += [self.held.get((kind, each), 0) for each in cells]
        return around


@frozen
class Collected:
    """The instances of one kind that each of some calls meets in an item collection."""

    met: tuple[list[int], ...]


@frozen
class Fetching:
    """How calls of a route fetch what a query has found."""

    each: Decimal
    """How many instances a call fetches, on average."""
    is_single: bool
    """Whether they are got one by one, and not in a batch."""


class DesignSizes:
    """The sizes of every shape of a design, made when asked for and kept.

    `shared` may be handed from one design to the next of the same model: shapes that are equal,
    in tables whose keys and indexes are equal, are then sized once. `population` bounds the sample
    of each entity: a proof predicts for the very instances that were seeded.
    """

    def __init__(
        self,
        model: Model,
        design: DynamoDesign,
        sample: Sample,
        n: int,
        shared: SharedColumns | None = None,
        population: Mapping[str, int] | None = None,
        users: int | None = None,
    ) -> None:
        self.model = model
        self.design = design
        self.sample = sample
        self.n = n
        self.users = users
        self._population = population or {}
        self._values: dict[tuple[str, str], list[Any]] = {}
        self.shared = SharedColumns() if shared is None else shared

    @property
    def is_population(self) -> bool:
        """Whether the sample is the very population that exists."""
        return bool(self._population)

    @property
    def fetching(self) -> Fetching | None:
        """How calls fetch instances by keys, where that is known; else as is expected."""
        return None

    def instances(self, entity: str) -> Decimal | None:
        """Return how many instances a population has; None where there is none."""
        return Decimal(self._population[entity]) if entity in self._population else None

    def share_of_value(self, entity: str, attribute: str, value: str) -> Decimal:
        """Return the share of a population that has a value of an attribute."""
        values = self._column(entity, attribute)
        same = sum(1 for each_value in values if _as_text(each_value) == value)
        return Decimal(same) / max(1, len(values))

    def _column(self, entity: str, attribute: str) -> list[Any]:
        key = (entity, attribute)
        if key not in self._values:
            count = max(1, self._population.get(entity, self.n))
            self._values[key] = self.sample.values(entity, attribute, count, self.users)
        return self._values[key]

    def groups(self, entity: Entity, conditions: tuple[Condition, ...]) -> CallGroups | None:
        """Return the instances that calls with these conditions meet, values taken in turn.

        Only of a population. None where the conditions name one instance, or compare with something
        other than a stated value, a value in turn, or a share.
        """
        if not self.is_population or not self._population.get(entity.name):
            return None
        attributes = [c.attribute for c in conditions if c.operator == "eq" and not is_fixed(c)]
        if not all(entity.has(name) for name in attributes):
            return None
        key_domains = domains(self.model, entity, attributes)
        if any(domain.source is ValueSource.INSTANCE for domain in key_domains):
            return None
        numbers: Iterable[int] = range(self._population[entity.name])
        share: Decimal | None = None
        for condition in conditions:
            if condition.operator == "in" or is_fixed(condition):
                required = condition.values if condition.operator == "in" else (condition.value,)
                column = self._column(entity.name, condition.attribute)
                numbers = [n for n in numbers if _as_text(column[n]) in required]
            elif condition.operator != "eq":
                if condition.share is None or share is not None:
                    return None
                share = condition.share
        result: dict[tuple[Any, ...], list[int]] = {}
        columns = [self._column(entity.name, name) for name in attributes]
        for number in numbers:
            result.setdefault(tuple(column[number] for column in columns), []).append(number)
        met = [group for key, group in result.items() if None not in key]
        if share is not None:
            met = [group[: in_range(share, len(group))] for group in met]
        of_calls = 1
        for domain in key_domains:
            of_calls *= self._size_of(domain)
        return CallGroups(met=tuple(met), of_calls=max(of_calls, len(met), 1))

    def filtered(
        self, pattern: Pattern, filters: Sequence[Condition], of_key: CallGroups, of_all: CallGroups
    ) -> list[FilteredCall] | None:
        """Return what each call meets by its key and what passes its filter, values taken in turn.

        None where a filter compares with something other than a stated value or one in turn.

        Args:
            pattern: what is asked, with the order in which entries are read.
            filters: the conditions that the key does not answer.
            of_key: what calls meet by their key.
            of_all: what calls meet by all conditions.
        """
        if any(c.operator not in ("eq", "in") for c in filters):
            return None
        entity = self.model.entity(pattern.entity)
        given = [c.attribute for c in filters if c.operator == "eq" and not is_fixed(c)]
        columns = [self._column(entity.name, name) for name in given]
        there = frozenset(number for group in of_all.met for number in group)
        in_turn = max(1, of_all.of_calls // max(1, of_key.of_calls))
        result: list[FilteredCall] = []
        for group in of_key.met:
            met = self.in_order(entity, group, pattern.sort)
            passing: dict[tuple[Any, ...], list[int]] = {}
            for number in met:
                if number in there:
                    passing.setdefault(tuple(c[number] for c in columns), []).append(number)
            result += [FilteredCall(met=met, passing=frozenset(each)) for each in passing.values()]
            if in_turn > len(passing):  # values that nothing in this group has
                rest = in_turn - len(passing)
                result.append(FilteredCall(met=met, passing=frozenset(), of_calls=rest))
        return result

    def collected(
        self,
        pattern: Pattern,
        entity: Entity,
        names: tuple[str, ...],
        condition: Condition | None,
        sort: tuple[tuple[str, bool], ...],
    ) -> Collected | None:
        """Return the instances of one entity that calls of a `read` meet; None of a mere sample.

        Args:
            pattern: the `read`; whose first part says who is asked for.
            entity: whose instances are looked for.
            names: the attributes whose values they share with what is asked for.
            condition: a range on another attribute.
            sort: the order in which they come.
        """
        if not self.is_population:
            return None
        result: dict[tuple[Any, ...], list[int]] = {}
        if all(entity.has(name) for name in names) and self._population.get(entity.name):
            columns = [self._column(entity.name, name) for name in names]
            for number in range(self._population[entity.name]):
                result.setdefault(tuple(c[number] for c in columns), []).append(number)
        share = None if condition is None else condition.share
        groups = []
        for key in self._asked_keys(pattern, names):
            group = self.in_order(entity, result.get(key, []), sort)
            groups.append(group if share is None else group[: in_range(share, len(group))])
        return Collected(met=tuple(groups))

    def _asked_keys(self, pattern: Pattern, names: tuple[str, ...]) -> list[tuple[Any, ...]]:
        """Return the values that calls of a `read` take in turn, each as often as any other."""
        first = most_telling(pattern)
        entity = self.model.entity(first.entity)
        provided = [c.attribute for c in first.where if c.operator == "eq" and not is_fixed(c)]
        key_domains = domains(self.model, entity, [name for name in provided if name in names])
        every = domains(self.model, entity, provided)
        if every and every[0].source is ValueSource.INSTANCE:
            columns = [self._column(entity.name, name) for name in names]
            return list(zip(*columns, strict=True))[: self._population.get(entity.name, 0)]
        owner = key_domains[0] if len(key_domains) == 1 else None
        if owner and owner.source is ValueSource.OWNER and set(names) == set(owner.names):
            keys = [owner.keys[owner.names.index(name)] for name in names]
            columns = [self._column(owner.entity, key) for key in keys]
            return list(zip(*columns, strict=True))[: self._population.get(owner.entity, 0)]
        columns = [self._column(entity.name, name) for name in names]
        return list(dict.fromkeys(zip(*columns, strict=True)))

    def in_order(
        self, entity: Entity, group: list[int], sort: tuple[tuple[str, bool], ...]
    ) -> list[int]:
        """Return instances in the order in which a query finds them; those without it come last."""
        ordered = group
        for name, descending in reversed(sort):
            values = self._column(entity.name, name)
            there = [n for n in ordered if values[n] is not None]
            there.sort(key=values.__getitem__, reverse=descending)
            ordered = [*there, *(n for n in ordered if values[n] is None)]
        return ordered

    def around(
        self,
        entity: Entity,
        keys: tuple[tuple[str, KeyTemplate], ...],
        column: Sequence[int | None],
    ) -> list[int]:
        """Return the bytes in each of the nine cells around each instance, for any other values.

        Args:
            entity: whose instances have a point.
            keys: the partition key, with a cell in it.
            column: the bytes of each instance, None where it is not there.
        """
        cells = self.cells(entity, keys, column)
        points = self._column(entity.name, cells.attribute)[:MOST_CENTRES]
        kinds = dict.fromkeys(kind for kind, _ in cells.held)
        return cells.around([(point, kind) for point in points for kind in kinds])

    def cells(
        self,
        entity: Entity,
        keys: tuple[tuple[str, KeyTemplate], ...],
        column: Sequence[int | None],
    ) -> Cells:
        """Return the bytes in each cell; the arguments are those of `around`."""
        names = [name for _, template in keys for name in template.attributes]
        place = next(name for name in names if GEOHASH in name)
        base, _, cell = place.partition(".")
        length = int(cell[len(GEOHASH) :])
        other_names = tuple(name for name in names if name != place)
        columns = [self._column(entity.name, name) for name in other_names]
        stored: dict[tuple[tuple[Any, ...], str], int] = {}
        for number, point in enumerate(self._column(entity.name, base)):
            key = (tuple(values[number] for values in columns), cell_of(point, length))
            stored[key] = stored.get(key, 0) + (column[number % len(column)] or 0 if point else 0)
        return Cells(attribute=base, length=length, others=other_names, held=stored)

    def walked(
        self, entity: Entity, pattern: Pattern, match: KeyMatch, drains: bool
    ) -> list[Walk] | None:
        """Return what calls find stretch by stretch; None of a mere sample, or of sharded keys.

        Args:
            entity: whose instances are asked for.
            pattern: what is asked.
            match: the key, with a stretch of time in its partition.
            drains: whether all stretches are read, however many instances have come.
        """
        if not self.is_population or match.shards > 1:
            return None
        base, _, unit = match.bucket.partition(".")
        filters = tuple(c for c in match.conditions if c.attribute != base)
        groups = self.groups(entity, filters)
        if groups is None:
            return None
        condition = next((c for c in pattern.where if c.attribute == base), None)
        descending = bool(pattern.sort and pattern.sort[0][1])
        limit = None if drains else pattern.limit
        times = self._column(entity.name, base)
        first, last = self.open_ends(entity)
        walks: list[Walk] = []
        empty: list[list[int]] = [[] for _ in range(groups.of_calls - len(groups.met))]
        for group in (*groups.met, *empty):
            ordered = sorted(group, key=lambda n: str(times[n]))
            for numbers, low, high in _ranges(ordered, times, condition, first, last):
                in_order = numbers[::-1] if descending else numbers
                stretches = buckets_between(low, high, unit)
                stretches = stretches[::-1] if descending else stretches
                if base not in match.served:  # each stretch is read from end to end
                    in_order = ordered[::-1] if descending else ordered
                walks.append(walk([(n, times[n]) for n in in_order], stretches, unit, limit))
        return walks

    def open_ends(self, entity: Entity) -> tuple[str, str]:
        """Return the earliest time of an instance and the time of calls, as ISO text."""
        now = dt.datetime.fromtimestamp(self.sample.until, dt.UTC)
        age = dt.timedelta(days=float(self.model.age_days(entity)))
        return (now - age).isoformat(), now.isoformat()

    def _size_of(self, domain: Domain) -> int:
        """Return how many values a domain has."""
        if domain.source is ValueSource.OWNER:
            return self._population.get(domain.entity, 1)
        values = {_as_text(entry) for entry in self._column(domain.entity, domain.keys[0])}
        return len(values - {"None"})

    def of(self, table: Table, shape: ItemShape) -> ShapeSizes:
        """Return the sizes of one shape of a table."""
        n = max(1, min(self.n, self._population.get(shape.entity, self.n)))
        key = (n, shape, table.keys, table.indexes)
        shared = self.shared.of(shape)
        shape_sizes = shared.kept.get(key)
        if shape_sizes is None:
            shape_sizes = ShapeSizes(self.model, table, shape, self.sample, n, shared)
            shared.kept[key] = shape_sizes
        return shape_sizes

    def whole(self, table: Table, shape: ItemShape) -> ShapeSizes:
        """Return the sizes of one shape of a table, for what reads all its items."""
        return self.of(table, shape)


def walk(
    matching: Sequence[tuple[int, Any]], stretches: Sequence[str], unit: str, limit: int | None
) -> Walk:
    """Return what is found stretch by stretch until there is enough.

    Example:
        >>> walk([(7, "2026-02-03"), (4, "2026-01-30")], ["2026-02", "2026-01"], "month", 1)
        [[7]]
    """
    by_stretch: dict[str, list[int]] = {}
    for number, time in matching:
        by_stretch.setdefault(bucket_of(time, unit), []).append(number)
    result: Walk = []
    count = 0
    for stretch in stretches:
        numbers = by_stretch.get(stretch, [])
        if limit is not None:
            numbers = numbers[: limit - count]
        result.append(numbers)
        count += len(numbers)
        if limit is not None and count >= limit:
            break
    return result


def _ranges(
    ordered: list[int], times: Sequence[Any], condition: Condition | None, first: str, last: str
) -> Iterable[tuple[list[int], Any, Any]]:
    """Yield what ranges of time hold, with their ends: some for a share, one for all there are."""
    if condition is None or not ordered:
        yield ordered, first, last
        return
    share = condition.share if condition.share is not None else DEFAULT_RANGE_SHARE
    count = in_range(share, len(ordered))
    in_time = [str(times[number]) for number in ordered]

    def within(low: str, high: str) -> list[int]:
        return ordered[bisect_left(in_time, low) : bisect_right(in_time, high)]

    if condition.operator in ("gt", "ge"):
        low = times[ordered[len(ordered) - count]]
        yield within(str(low), in_time[-1]), low, last
    elif condition.operator in ("lt", "le"):
        high = times[ordered[count - 1]]
        yield within(in_time[0], str(high)), first, high
    else:
        places = len(ordered) - count + 1
        for place in range(0, places, max(1, places // WINDOWS)):
            low, high = times[ordered[place]], times[ordered[place + count - 1]]
            yield within(str(low), str(high)), low, high


def _as_text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
