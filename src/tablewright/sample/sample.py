"""Draw the instances of a model's entities: any of them, in any order, always the same.

In: a model and a seed. Out: values, columns and whole instances, and their bytes on DynamoDB. It
does not know tables, items or engines: which attributes share an item is a design's business.

Instances are made in blocks. The values of (seed, entity, attribute, block) have random numbers of
their own, so no attribute disturbs another and no block needs the ones before.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from itertools import accumulate, pairwise
from random import Random
from typing import Any, TypeVar

from tablewright.capacity.items import string_bytes
from tablewright.capacity.limits import CONTAINER_BYTES, ELEMENT_BYTES
from tablewright.core.expressions import Expression
from tablewright.core.memo import Memo
from tablewright.core.quantities import ONE, ZERO
from tablewright.model.statistics import Selectivity
from tablewright.model.values import Attribute, Entity, Kind, Model
from tablewright.sample.addresses import of_person
from tablewright.sample.contents import PERSON, content_of
from tablewright.sample.families import DEFAULT_UNTIL, BlockRun, InstanceFamilies, ranks_of
from tablewright.sample.generators import (
    GENERATORS,
    Draw,
    as_kind,
    as_operand,
    element_counts,
    element_numbers,
    example,
    inner_sequence,
    permuted,
    sequence,
)
from tablewright.sample.groups import BLOCK
from tablewright.sample.keys import SiblingPlace, spread_out
from tablewright.sample.lengths import can_be_made_alone, constant_bytes, lengths_alone
from tablewright.sample.spreads import evenly
from tablewright.sample.wire import plain_bytes

K = TypeVar("K", bound=tuple[Any, ...])
V = TypeVar("V")
_DAY_MS = 86_400_000
_CACHED_BLOCKS = 256
_FIRST_DRAW, _SECOND_DRAW = "", "another"


class Sample(InstanceFamilies):
    """The instances of a model, numbered from 0 for each entity.

    Everything follows from the seed, the names of entity and attribute, and the number of the
    instance: another attribute or entity in the model changes nothing. Keys that point to other
    entities depend on how many of those there are, so on `users` (the largest scale if not given).

    An instance belongs to the time before `until` (seconds since 1970): within its entity's
    retention, or else the model's horizon.
    """

    def __init__(
        self, model: Model, *, seed: int | None = None, until: int = DEFAULT_UNTIL
    ) -> None:
        super().__init__(model, seed=seed, until=until)
        self._sizes: dict[tuple[str, str, str], list[int | None]] = {}
        self._blocks: OrderedDict[tuple[Any, ...], list[Any]] = OrderedDict()
        self._means: Memo[Decimal] = Memo()

    def with_figures(self, model: Model, unchanged: frozenset[str]) -> Sample:
        """Return a sample of a model with other figures; what was drawn of some entities is kept.

        Args:
            model: a model of the same seed, scales and horizon.
            unchanged: the entities whose instances are the same.
        """
        sample = Sample(model, seed=self.seed, until=self.until)
        sample._salts = self._salts
        sample._groups = _of(unchanged, self._groups)
        sample._key_values = _of(unchanged, self._key_values)
        sample._sizes = _of(unchanged, self._sizes)
        sample._blocks = OrderedDict(_of(unchanged, self._blocks))
        return sample

    # How many there are, and whose they are

    def families(self, entity: str, n_parents: int) -> tuple[list[int], Sample]:
        """Return how many children each of the first parents has, and a sample that begins so."""
        return self.group_sizes(entity, n_parents), self

    # Bytes

    def sizes(self, entity: str, attribute: str, n: int) -> list[int | None]:
        """Return the value's bytes on DynamoDB in the first `n` instances; None where absent."""
        return self._size_list(entity, attribute, n, _FIRST_DRAW)

    def resampled_sizes(self, entity: str, attribute: str, n: int) -> list[int | None]:
        """Return the bytes of the value an update writes to each of the first `n` instances."""
        return self._size_list(entity, attribute, n, _SECOND_DRAW)

    def size_columns(
        self,
        entity: str,
        names: Sequence[str],
        start: int,
        stop: int,
        users: int | None = None,
        *,
        redrawn: bool = False,
    ) -> list[list[int | None]]:
        """Return bytes of some attributes of a stretch of instances, without keeping them.

        With `redrawn` those of the values an update writes.
        """
        result = self.model.entity(entity)
        purpose = _SECOND_DRAW if redrawn else _FIRST_DRAW
        users = self._users if users is None else users
        size_columns: list[list[int | None]] = []
        for name in names:
            attribute = result.attribute(name)

            def block_of(block: int, wanted: Attribute = attribute) -> list[int | None]:
                return self._size_block(result, wanted, block, users, purpose)

            size_columns.append(self._stretch(block_of, start, stop))
        return size_columns

    def mean_bytes(self, entity: str, attribute: Attribute) -> Decimal:
        """Return the mean bytes of an attribute's value, or of a field or an element of one.

        Over the first block of instances, where the value is present.
        """
        return self._means.get((attribute,), (entity,), lambda: self._mean_of(entity, attribute))

    def _mean_of(self, entity: str, attribute: Attribute) -> Decimal:
        result = self.model.entity(entity)
        if result.has(attribute.name) and result.attribute(attribute.name) == attribute:
            sizes = self.sizes(entity, attribute.name, BLOCK)
        else:
            run = BlockRun(self.seed, result, 0, self._users, _FIRST_DRAW)
            sizes = self._inner_sizes(run, attribute, attribute.name, range(BLOCK))
        present = [size for size in sizes if size is not None]
        return Decimal(sum(present)) / len(present) if present else ZERO

    def _size_list(self, entity: str, name: str, n: int, purpose: str) -> list[int | None]:
        known = self._sizes.setdefault((entity, name, purpose), [])
        if len(known) < n:
            result = self.model.entity(entity)
            attribute = result.attribute(name)
            for block in range(len(known) // BLOCK, -(-n // BLOCK)):
                known.extend(self._size_block(result, attribute, block, self._users, purpose))
        return known[:n]

    def _size_block(
        self, entity: Entity, attribute: Attribute, block: int, users: int, purpose: str
    ) -> list[int | None]:
        run = BlockRun(self.seed, entity, block, users, purpose)
        numbers = range(block * BLOCK, (block + 1) * BLOCK)
        constant = self._constant_bytes(entity, attribute)
        if constant is not None:
            sizes = [constant] * BLOCK
        elif self._is_drawn(entity, attribute):
            sizes = self._drawn_sizes(run, attribute, numbers)
        else:
            values = self._block(entity, attribute, block, users, purpose)
            return [None if value is None else plain_bytes(value) for value in values]
        present = self._presence(run, attribute)
        if present is None:
            return list(sizes)
        return [size if here else None for size, here in zip(sizes, present, strict=True)]

    def _drawn_sizes(
        self, run: BlockRun, attribute: Attribute, numbers: Sequence[int]
    ) -> list[int]:
        """Return the bytes of a block of values that depend on nothing but their own entity.

        Models that differ in another figure, as those that assumptions are varied in, draw them
        alike: they are kept for all samples.
        """
        if _has_reference(attribute):
            return self._made_sizes(run, attribute, attribute.name, numbers)
        alone = replace(run.entity, attributes=())
        key = (
            run.seed, self.until, run.users, self.model.country, alone, attribute, run.block,
            run.purpose,
        )  # fmt: skip
        _made_sizes = _DRAWN.get(key)
        if _made_sizes is None:
            if len(_DRAWN) >= _MOST_DRAWN:
                _DRAWN.clear()
            _made_sizes = tuple(self._made_sizes(run, attribute, attribute.name, numbers))
            _DRAWN[key] = _made_sizes
        return list(_made_sizes)

    def _constant_bytes(self, entity: Entity, attribute: Attribute) -> int | None:
        """Return the bytes every value has; keys of others are followed to where they are made."""
        if self._is_inherited(entity, attribute) and entity.parent is not None:
            above = self.model.entity(entity.parent)
            return self._constant_bytes(above, above.attribute(attribute.name))
        if attribute.kind is Kind.REF:
            return self._constant_bytes(*self._target(attribute))
        if attribute.copy_of or attribute.equals:
            return None
        return constant_bytes(attribute)

    def _is_drawn(self, entity: Entity, attribute: Attribute) -> bool:
        """Whether values are its own, and drawn afresh for each instance."""
        if attribute.kind is Kind.REF or self._is_inherited(entity, attribute):
            return False
        if attribute.copy_of or attribute.after or attribute.equals:
            return False
        return attribute.distinct is None or not _can_repeat(attribute)

    def _made_sizes(
        self, run: BlockRun, attribute: Attribute, path: str, numbers: Sequence[int]
    ) -> list[int]:
        lengths = lengths_alone(attribute, run.rng(path), len(numbers))
        if lengths is not None:
            return lengths
        if attribute.kind is Kind.MAP and attribute.fields and attribute.bytes is None:
            return self._map_sizes(run, attribute, path, numbers)
        if attribute.kind is Kind.LIST and attribute.element is not None:
            return self._list_sizes(run, attribute, attribute.element, path, numbers)
        return [plain_bytes(value) for value in self._made(run, attribute, path, numbers)]

    def _map_sizes(
        self, run: BlockRun, attribute: Attribute, path: str, numbers: Sequence[int]
    ) -> list[int]:
        totals = [CONTAINER_BYTES] * len(numbers)
        for part in attribute.fields:
            overhead = string_bytes(part.name) + ELEMENT_BYTES
            sizes = self._inner_sizes(run, part, f"{path}.{part.name}", numbers)
            totals = [
                total if size is None else total + size + overhead
                for total, size in zip(totals, sizes, strict=True)
            ]
        return totals

    def _list_sizes(
        self,
        run: BlockRun,
        attribute: Attribute,
        element: Attribute,
        path: str,
        numbers: Sequence[int],
    ) -> list[int]:
        counts = element_counts(attribute, run.rng(path), len(numbers))
        inner = element_numbers(numbers, counts)
        sizes = self._inner_sizes(run, element, f"{path}.{element.name}", inner)
        billed = [0 if size is None else size + ELEMENT_BYTES for size in sizes]
        firsts = [0, *accumulate(counts)]
        return [CONTAINER_BYTES + sum(billed[a:b]) for a, b in pairwise(firsts)]

    def _inner_sizes(
        self, run: BlockRun, part: Attribute, path: str, numbers: Sequence[int]
    ) -> list[int | None]:
        if part.kind is Kind.REF:
            constant = self._constant_bytes(run.entity, part)
            if constant is None:
                values = self._inner(run, part, path, numbers)
                return [None if value is None else plain_bytes(value) for value in values]
            sizes = [constant] * len(numbers)
        else:
            sizes = self._made_sizes(run, part, path, numbers)
        present = _inner_presence(run, part, path, len(numbers))
        if present is None:
            return list(sizes)
        return [size if here else None for size, here in zip(sizes, present, strict=True)]

    # Values

    @property
    def at_large(self) -> Sample:
        """The sample of all instances that this one is of; itself unless it is of chosen ones."""
        return self

    def values(self, entity: str, attribute: str, n: int, users: int | None = None) -> list[Any]:
        """Return an attribute of the first `n` instances as plain values; None where absent."""
        return self.columns(entity, (attribute,), 0, n, users)[0]

    def resampled_values(
        self, entity: str, attribute: str, n: int, users: int | None = None
    ) -> list[Any]:
        """Return the values an update writes to the first `n` instances: another draw."""
        return self._column(entity, attribute, 0, n, users, _SECOND_DRAW)

    def redrawn(
        self, entity: str, attribute: str, start: int, stop: int, users: int | None = None
    ) -> list[Any]:
        """Return the values an update writes to the instances from `start` to before `stop`."""
        return self._column(entity, attribute, start, stop, users, _SECOND_DRAW)

    def columns(
        self,
        entity: str,
        names: Sequence[str],
        start: int,
        stop: int,
        users: int | None = None,
    ) -> list[list[Any]]:
        """Return some attributes of the instances from `start` to before `stop`."""
        return [self._column(entity, name, start, stop, users, _FIRST_DRAW) for name in names]

    def rows(
        self, entity: str, start: int, stop: int, users: int | None = None
    ) -> Iterator[dict[str, Any]]:
        """Yield whole instances in order; absent attributes are left out.

        Only one block is held at a time.
        """
        names = self.model.entity(entity).names
        position = start
        while position < stop:
            end = min(stop, position - position % BLOCK + BLOCK)
            columns = self.columns(entity, names, position, end, users)
            if any(None in column for column in columns):
                for values in zip(*columns, strict=True):
                    pairs = zip(names, values, strict=True)
                    yield {name: value for name, value in pairs if value is not None}
            else:
                for values in zip(*columns, strict=True):
                    yield dict(zip(names, values, strict=True))
            position = end

    def value(self, entity: str, attribute: str, index: int, users: int | None = None) -> Any:
        """Return one attribute of one instance."""
        users = self._users if users is None else users
        result = self.model.entity(entity)
        return self._at(result, result.attribute(attribute), [index], users)[0]

    def _column(
        self, entity: str, name: str, start: int, stop: int, users: int | None, purpose: str
    ) -> list[Any]:
        result = self.model.entity(entity)
        attribute = result.attribute(name)
        users = self._users if users is None else users
        return self._stretch(
            lambda block: self._block(
                result, attribute, block, users, purpose, min(BLOCK, stop - block * BLOCK)
            ),
            start,
            stop,
        )

    @staticmethod
    def _stretch(block_of: Any, start: int, stop: int) -> list[Any]:
        stretch: list[Any] = []
        for block in range(start // BLOCK, -(-stop // BLOCK)):
            values = block_of(block)
            low, high = max(0, start - block * BLOCK), min(BLOCK, stop - block * BLOCK)
            stretch.extend(values if high - low == BLOCK else values[low:high])
        return stretch

    # One block of one attribute

    def _block(
        self,
        entity: Entity,
        attribute: Attribute,
        block: int,
        users: int,
        purpose: str,
        first: int | None = None,
    ) -> list[Any]:
        """Return the values of a block; of what may be long only the `first`, if that is given."""
        run = BlockRun(self.seed, entity, block, users, purpose)
        numbers = range(block * BLOCK, (block + 1) * BLOCK)
        if self._is_inherited(entity, attribute):
            return self._from_parent(entity, attribute.name, numbers, users)
        if attribute.copy_of and purpose == _FIRST_DRAW:
            return self._copied(run, attribute, numbers)
        if attribute.equals:
            values = self._worked_out(run, attribute)
        elif attribute.kind is Kind.REF:
            values = self._refs(run, attribute, numbers)
        elif attribute.distinct is None or not _can_repeat(attribute):
            values = self._made(run, attribute, attribute.name, numbers, first)
        else:
            values = self._repeated(run, attribute, numbers)
        present = self._presence(run, attribute)
        if present is None:
            return values
        present = present[: len(values)]
        return [value if here else None for value, here in zip(values, present, strict=True)]

    def _made(
        self,
        run: BlockRun,
        attribute: Attribute,
        path: str,
        numbers: Sequence[int],
        first: int | None = None,
        at: list[SiblingPlace] | None = None,
    ) -> list[Any]:
        entity, users = run.entity, run.users
        rng = run.rng(path)
        is_whole = path == attribute.name and run.purpose == _FIRST_DRAW
        places = self._key_places(entity, attribute, users, at) if is_whole else None
        span = max(_DAY_MS, int(self.model.age_days(entity) * _DAY_MS))
        draw = Draw(
            numbers=numbers,
            rng=rng,
            salt=self._salt(entity.name, path, run.purpose),
            unique=self._is_unique(entity, attribute) or attribute.distinct is not None,
            times=lambda: self._times(entity, numbers, users),
            later=lambda: self._later(run, attribute, numbers, rng),
            strata=None if places is None else lambda: places(numbers),
            first_day=-(-(self._until_ms - span) // _DAY_MS),
            days=span // _DAY_MS,
            inner=lambda part, inside: self._inner(run, part, f"{path}.{part.name}", inside),
            kept_days=_kept_days(entity, attribute),
            country=self.model.country,
            first=first,
        )
        generator = GENERATORS[attribute.kind]
        if attribute.examples:
            generator = example
        elif attribute.like:
            generator = sequence if path == attribute.name else inner_sequence
        created = generator(attribute, draw)
        person = self._person(entity, attribute) if is_whole else None
        if person is None:
            return created
        names = self._at(entity, person, numbers, users)
        return [of_person(name, address) for name, address in zip(names, created, strict=True)]

    def _person(self, entity: Entity, attribute: Attribute) -> Attribute | None:
        """Return the attribute with the name of the person whose e-mail address one is."""
        if attribute.kind is not Kind.EMAIL or attribute.examples or attribute.like:
            return None
        return next(
            (
                each
                for each in entity.attributes
                if each.kind is Kind.NAME
                and content_of(each.name, each.content, PERSON) == PERSON
                and not (each.examples or each.copy_of or each.equals)
            ),
            None,
        )

    def _inner(
        self, run: BlockRun, part: Attribute, path: str, numbers: Sequence[int]
    ) -> list[Any]:
        """Return values of a field of a map, or of an element of a list or set."""
        if part.kind is Kind.REF:
            values = self._drawn_refs(part, run.rng(path), len(numbers), run.users)
        else:
            values = self._made(run, part, path, numbers)
        present = _inner_presence(run, part, path, len(numbers))
        if present is None:
            return values
        return [value if here else None for value, here in zip(values, present, strict=True)]

    def _presence(self, run: BlockRun, attribute: Attribute) -> list[bool] | None:
        if attribute.presence >= ONE:
            return None
        first = BlockRun(run.seed, run.entity, run.block, run.users, _FIRST_DRAW)
        path = run.entity.comes_with(attribute.name)
        return _inner_presence(first, attribute, path, BLOCK)

    def next_key(
        self, entity: str, parent: int, position: int, users: int | None = None
    ) -> dict[str, Any]:
        """Return what would tell a child apart at a place among its siblings, or after them all."""
        result = self.model.entity(entity)
        users = self._users if users is None else users
        siblings = self._groups_of(result, users).children(parent)
        run = BlockRun(self.seed, result, 0, users, _FIRST_DRAW)
        at = [SiblingPlace(position, max(1, len(siblings)), parent)]
        return {
            name: self._made(run, attribute, name, [siblings.stop + position], at=at)[0]
            for name in self._own_key(result)
            if (attribute := result.attribute(name)).kind is not Kind.REF
        }

    # Values of other instances

    def _from_parent(
        self, entity: Entity, name: str, numbers: Sequence[int], users: int
    ) -> list[Any]:
        assert entity.parent is not None
        parents = self._parents(entity, numbers, users)
        above = self.model.entity(entity.parent)
        required = list(dict.fromkeys(parents))
        result = dict(
            zip(required, self._at(above, above.attribute(name), required, users), strict=True)
        )
        return [result[parent] for parent in parents]

    def _at(
        self, entity: Entity, attribute: Attribute, indexes: Sequence[int], users: int
    ) -> list[Any]:
        """Return an attribute of any instances; blocks that must be made whole are kept a while."""
        is_own = attribute.kind is not Kind.REF and not self._is_inherited(entity, attribute)
        is_whole = attribute.distinct is None and attribute.presence >= ONE
        if is_own and is_whole and can_be_made_alone(attribute, self._is_unique(entity, attribute)):
            # What can be made alone asks for no random numbers, so the block does not matter.
            run = BlockRun(self.seed, entity, 0, users, _FIRST_DRAW)
            return self._made(run, attribute, attribute.name, indexes)
        created: list[Any] = []
        for index in indexes:
            block, position = divmod(index, BLOCK)
            created.append(self._kept_block(entity, attribute, block, users)[position])
        return created

    def _kept_block(
        self, entity: Entity, attribute: Attribute, block: int, users: int
    ) -> list[Any]:
        key = (entity.name, attribute.name, block, users)
        kept_block = self._blocks.get(key)
        if kept_block is None:
            kept_block = self._block(entity, attribute, block, users, _FIRST_DRAW)
            self._keep(key, kept_block)
        return kept_block

    def _worked_out(self, run: BlockRun, attribute: Attribute) -> list[Any]:
        """Return values that follow from others of the same instance."""
        expression = Expression(attribute.equals)
        names = sorted(expression.names)
        columns = [
            self._block(run.entity, run.entity.attribute(name), run.block, run.users, run.purpose)
            for name in names
        ]
        rows = zip(*columns, strict=True) if names else [()] * BLOCK
        return [
            as_kind(
                attribute, expression.value(dict(zip(names, map(as_operand, row), strict=True)))
            )
            for row in rows
        ]

    def _copied(self, run: BlockRun, attribute: Attribute, numbers: range) -> list[Any]:
        """Return what the instances that a ref or the parent's key names have themselves."""
        entity, users = run.entity, run.users
        source = Selectivity(self.model, users).source(entity, attribute)
        assert source is not None
        base = attribute.copy_of.partition(".")[0]
        indexes: list[int] | None
        if entity.has(base) and entity.attribute(base).kind is Kind.REF:
            link = entity.attribute(base)
            if not self._is_inherited(entity, link):
                owners = BlockRun(run.seed, entity, run.block, users, _FIRST_DRAW)
                indexes = self._ref_indexes(owners, link, numbers)
                return self._at(source[0], source[1], indexes, users)
        indexes = self._ancestors(entity, source[0], numbers, users)
        assert indexes is not None
        return self._at(source[0], source[1], indexes, users)

    def _refs(self, run: BlockRun, attribute: Attribute, numbers: range) -> list[Any]:
        target, key = self._target(attribute)
        return self._at(target, key, self._ref_indexes(run, attribute, numbers), run.users)

    def _drawn_refs(self, attribute: Attribute, rng: Random, n: int, users: int) -> list[Any]:
        target, key = self._target(attribute)
        among = max(1, self.count(target.name, users))
        return self._at(target, key, self._drawn_ranks(attribute, rng, n, among, users), users)

    def _repeated(self, run: BlockRun, attribute: Attribute, numbers: range) -> list[Any]:
        """Return values of which there are only `distinct`: those of the first instances."""
        stated = attribute.values_at(run.users)
        assert stated is not None
        rng = run.rng(f"{attribute.name}#")
        among = max(1, int(stated))
        places_of = self._key_places(run.entity, attribute, run.users)
        if places_of is not None:
            ranks = spread_out(places_of(numbers), among, rng)
        else:
            ranks = ranks_of(attribute, rng, len(numbers), among, float(attribute.skew or 0))
        blocks = {
            block: self._first_values(run.entity, attribute, block, run.users)
            for block in {rank // BLOCK for rank in ranks}
        }
        return [blocks[rank // BLOCK][rank % BLOCK] for rank in ranks]

    def _first_values(
        self, entity: Entity, attribute: Attribute, block: int, users: int
    ) -> list[Any]:
        key = (entity.name, attribute.name, block, "distinct")
        first_values = self._blocks.get(key)
        if first_values is None:
            run = BlockRun(self.seed, entity, block, users, _FIRST_DRAW)
            numbers = range(block * BLOCK, (block + 1) * BLOCK)
            first_values = self._made(run, attribute, attribute.name, numbers)
            self._keep(key, first_values)
        return first_values

    def _keep(self, key: tuple[Any, ...], block: list[Any]) -> None:
        self._blocks[key] = block
        if len(self._blocks) > _CACHED_BLOCKS:
            self._blocks.popitem(last=False)

    # Keys

    # Time and place

    def _times(self, entity: Entity, numbers: Sequence[int], users: int) -> list[int]:
        """Return when instances came into being, in milliseconds since 1970.

        What flows in is numbered in order of time, for each parent; the rest came at any time.
        """
        span = max(1, int(self.model.age_days(entity) * _DAY_MS))
        begin = self._until_ms - span
        jitter = permuted(numbers, 40, self._salt(entity.name, "", "time"))
        if not (entity.append_only or entity.count.inflow_per_day is not None):
            return [begin + ((span * part) >> 40) for part in jitter]
        places = self._strata(entity, numbers, users)
        return [
            begin + (span * ((position % among << 40) + part) // among >> 40)
            for (position, among, _), part in zip(places, jitter, strict=True)
        ]

    def _later(
        self, run: BlockRun, attribute: Attribute, numbers: Sequence[int], rng: Random
    ) -> list[int]:
        """Return moments after an instance came into being, or after another of its times."""
        entity = run.entity
        times, random = self._times(entity, numbers, run.users), rng.random
        if attribute.after:
            times = self._moments(run, entity.attribute(attribute.after), numbers)
        elif entity.append_only:
            return times
        return [time + int((self._until_ms - time) * random()) for time in times]

    def _moments(self, run: BlockRun, attribute: Attribute, numbers: Sequence[int]) -> list[int]:
        """Return an attribute of type time in milliseconds since 1970, as it is drawn."""
        first = BlockRun(run.seed, run.entity, run.block, run.users, _FIRST_DRAW)
        created = self._made(first, attribute, attribute.name, numbers)
        return [_milliseconds(value) for value in created]


_DRAWN: dict[tuple[object, ...], tuple[int, ...]] = {}
_MOST_DRAWN = 2048
"""Blocks of sizes that are kept, of 512 numbers each."""


def _of(entities: frozenset[str], kept: Mapping[K, V]) -> dict[K, V]:
    """Return what is kept of some entities; their name comes first in each key."""
    return {key: value for key, value in kept.items() if key[0] in entities}


def _milliseconds(value: Any) -> int:
    """Return a time as it is drawn (text, or seconds) in milliseconds since 1970."""
    if isinstance(value, int):
        return value * 1000
    moment = datetime.fromisoformat(str(value))
    moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return int(moment.timestamp() * 1000)


def _kept_days(entity: Entity, attribute: Attribute) -> Decimal:
    """Return how far an attribute lies after the instance's time: the retention, for its expiry."""
    expiry = entity.expiry
    is_expiry = (
        attribute.name == expiry
        if expiry
        else not (attribute.after or attribute.role == "time" or attribute.immutable)
    )
    return (entity.retention_days or ZERO) if is_expiry else ZERO


def _has_reference(attribute: Attribute) -> bool:
    """Whether an attribute, or a part of it, has the value of another entity's key."""
    parts = (*attribute.fields, *((attribute.element,) if attribute.element else ()))
    return attribute.kind is Kind.REF or any(_has_reference(part) for part in parts)


def _inner_presence(run: BlockRun, attribute: Attribute, path: str, n: int) -> list[bool] | None:
    """Return which of `n` values are there, None for all of them."""
    if attribute.presence >= ONE:
        return None
    share = float(attribute.presence)
    return [point < share for point in evenly(run.rng(f"{path}?"), n)]


_REPEATING = frozenset(set(Kind) - {Kind.ENUM, Kind.BOOL, Kind.COUNTRY, Kind.REF})


def _can_repeat(attribute: Attribute) -> bool:
    """Whether `distinct` says something: not of what is unique, or has values of its own."""
    return attribute.kind in _REPEATING and not attribute.unique


_SAMPLES: Memo[Sample] = Memo(4)


def sample_of(model: Model) -> Sample:
    """Return the sample of a model; models of the same entities share what was drawn."""
    drawn_by = (model.seed, model.scales, model.horizon_days, model.country)
    return _SAMPLES.get((model.entities,), drawn_by, lambda: Sample(model))
