"""What the access patterns of one entity ask for, in the terms a key or an index answers.

In: a model. Out: for each entity its `EntityWorkload`: the questions asked of it (reads, and
look-ups of the key of what is written), the parts that write it, and the model cut down to both. It
does not know designs or prices.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

from tablewright.core.frozen import frozen
from tablewright.model.statistics import DEFAULT_RANGE_SHARE, RANGE_OPERATORS
from tablewright.model.values import (
    Attribute,
    Condition,
    Entity,
    Kind,
    Model,
    NeedLevel,
    Pattern,
    Verb,
)


@frozen
class Ask:
    """One question: what is bound to a value, what to a range, which order, which attributes."""

    pattern: str
    rate_per_day: Decimal
    given: tuple[str, ...] = ()
    """Attributes bound to one value of the caller."""
    fixed: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Attributes bound to values the model file fixes."""
    ranges: tuple[str, ...] = ()
    range_shares: tuple[tuple[str, Decimal], ...] = ()
    """Of each range, the share of all instances that meet it."""
    present: tuple[str, ...] = ()
    """Attributes that have to be there, with whatever value: what a sparse index holds."""
    sort: tuple[str, ...] = ()
    """In the order asked for, if one direction holds for all; else empty."""
    wanted: frozenset[str] = frozenset()
    near: str = ""
    radius_km: Decimal | None = None
    known: tuple[str, ...] = ()
    limit: int | None = None
    one: bool = False
    strong: bool = False

    @property
    def conditions(self) -> frozenset[str]:
        """Every attribute a condition looks at."""
        return frozenset(
            (*self.given, *(name for name, _ in self.fixed), *self.ranges, *self.present)
        )


@frozen(slots=False)
class EntityWorkload:
    """What one entity stores and is asked for."""

    entity: Entity
    model: Model
    """The whole model with only the patterns (and parts of transactions) of this entity."""
    asks: tuple[Ask, ...]
    writes: tuple[Pattern, ...]
    """Patterns and parts of transactions that write it."""
    searched: frozenset[str] = frozenset()
    """Vectors that are searched, and what those searches look at and return: one item has them."""

    def written(self) -> frozenset[str]:
        """Return the attributes that some update changes."""
        return frozenset(name for part in self.writes for name in part.touched)

    @property
    def is_put(self) -> bool:
        """Whether instances are made by a pattern."""
        return any(part.verb is Verb.PUT for part in self.writes)

    @property
    def refuses_replacing(self) -> bool:
        """Whether some put must not replace an instance with the same key."""
        return any(part.verb is Verb.PUT and part.condition == "absent" for part in self.writes)

    def refuses_by(self, identity: Iterable[str], others: Iterable[str]) -> bool:
        """Whether a put is still refused where its instance is there, if others are in the key.

        The condition looks at one key. Nothing has to be refused, or the others are the key of the
        parent, which an instance never leaves, and the identity is made up by whoever puts it: no
        other parent has it.
        """
        if not self.refuses_replacing:
            return True
        parent = self.entity.parent
        ours = set(identity)
        theirs = set() if parent is None else set(self.model.entity(parent).key)
        return set(others) <= ours | theirs and all(
            name in theirs or self._is_made_up(name) for name in ours
        )

    def _is_made_up(self, name: str) -> bool:
        """Whether every put makes up a value that nothing else has."""
        if self.entity.attribute(name).kind in (Kind.UUID, Kind.ULID):
            return True
        return all(
            (name, "generated") in part.computed
            for part in self.writes
            if part.verb is Verb.PUT and part.condition == "absent"
        )


def workloads(model: Model) -> tuple[EntityWorkload, ...]:
    """Return the workload of every entity, in the order of the file."""
    return tuple(_workload(model, entity) for entity in model.entities)


def together(work: EntityWorkload, model: Model, children: Iterable[str]) -> EntityWorkload:
    """Return the workload of an entity with the patterns of children kept inside its items."""
    names = frozenset((work.entity.name, *children))
    return replace(work, model=replace(model, patterns=tuple(_cut(model, names))))


def _workload(model: Model, entity: Entity) -> EntityWorkload:
    own_key = tuple(_cut(model, frozenset((entity.name,))))
    asks: list[Ask] = []
    writes: list[Pattern] = []
    for pattern in own_key:
        parts = pattern.parts if pattern.verb is Verb.TRANSACT else (pattern,)
        for part in parts:
            rate = model.calls_per_day(pattern, max(model.scales))
            if part.verb.is_write or part.verb is Verb.CHECK:
                writes.append(part)
            if part.where or not part.verb.is_write:
                asks.append(_ask(entity, pattern, part, rate))
    return EntityWorkload(
        entity=entity,
        model=replace(model, patterns=own_key),
        asks=tuple(asks),
        writes=tuple(writes),
        searched=_searched(model, entity),
    )


def _searched(model: Model, entity: Entity) -> frozenset[str]:
    names: set[str] = set()
    for pattern in model.patterns:
        if pattern.verb is Verb.SIMILAR and pattern.entity == entity.name:
            names |= {pattern.to, *pattern.equalities}
            names |= set(entity.names if pattern.select is None else pattern.select)
    return frozenset(names)


def _cut(model: Model, entities: frozenset[str]) -> Iterable[Pattern]:
    """Return the patterns of some entities; of a transaction or a `read`, its parts on them.

    Without searches for words, which no design on DynamoDB answers, and for similar items, which
    a vector index answers whatever the keys are: the rest is planned for.
    """
    for pattern in model.patterns:
        if pattern.verb in (Verb.SEARCH, Verb.SIMILAR):
            continue
        if pattern.verb is Verb.READ:
            yield from (part for part in pattern.parts if part.entity in entities)
            continue
        if pattern.verb is not Verb.TRANSACT:
            if pattern.entity in entities:
                yield pattern
            continue
        parts = tuple(part for part in pattern.parts if part.entity in entities)
        if parts:
            yield replace(pattern, entity=parts[0].entity, parts=parts)


def _ask(entity: Entity, pattern: Pattern, part: Pattern, rate: Decimal) -> Ask:
    provided: list[str] = []
    fixed: list[tuple[str, tuple[str, ...]]] = []
    ranges: dict[str, Decimal] = {}
    present: list[str] = []
    for condition in part.where:
        base = condition.attribute
        if not entity.has(base):
            continue
        if entity.attribute(base).kind is Kind.GEO:
            continue
        if condition.operator == "eq" and condition.value is None:
            provided.append(base)
        elif condition.operator == "eq":
            fixed.append((base, (str(condition.value),)))
        elif condition.operator == "in":
            if values := _values(condition):
                fixed.append((base, values))
        elif condition.operator in RANGE_OPERATORS:
            share = condition.share
            ranges[base] = DEFAULT_RANGE_SHARE if share is None else share
        elif condition.operator == "exists":
            present.append(base)
    is_read = not part.verb.is_write and part.verb is not Verb.CHECK
    required = (part.select if part.select is not None else entity.names) if is_read else ()
    directions = {descending for _, descending in part.sort}
    near = ""
    if part.verb is Verb.NEAR:
        near = next((a.name for a in entity.attributes if a.kind is Kind.GEO), "")
    return Ask(
        pattern=pattern.name,
        rate_per_day=rate,
        given=tuple(provided),
        fixed=tuple(fixed),
        ranges=tuple(ranges),
        range_shares=tuple(ranges.items()),
        present=tuple(present),
        sort=tuple(name for name, _ in part.sort) if len(directions) == 1 else (),
        wanted=frozenset(required),
        near=near,
        radius_km=part.radius_km,
        known=part.known,
        limit=part.limit,
        one=part.verb is Verb.GET or not is_read,
        strong=is_read and part.consistency.value != "eventual",
    )


def _values(condition: Condition) -> tuple[str, ...]:
    if condition.values:
        return condition.values
    if condition.value is None:
        return ()
    return tuple(value.strip() for value in condition.value.split(","))


def expiry_of(entity: Entity) -> str:
    """Return the attribute that says when an item may go, "" if there is none."""
    return entity.expiry


def needs_recovery(model: Model) -> bool:
    """Whether the team asks for point-in-time recovery, or for backups made by themselves."""
    return model.need("point_in_time_recovery").level is not NeedLevel.NO


def is_recovered(model: Model, entity: Entity) -> bool:
    """Whether the items of an entity are to be recovered: the durable ones, or all if so asked."""
    text = model.need("point_in_time_recovery").why.lower()
    everything = "every table" in text or "all tables" in text
    return needs_recovery(model) and (entity.durable or everything)


def can_be_key(attribute: Attribute) -> bool:
    """Whether an attribute can be a key attribute as it is: a scalar that is no boolean."""
    return not attribute.kind.is_container and attribute.kind is not Kind.BOOL


def is_always_there(entity: Entity, name: str) -> bool:
    """Whether every instance has the attribute."""
    return entity.attribute(name).presence >= 1


def is_made_unique(attribute: Attribute) -> bool:
    """Whether the application makes its values up, so that two never meet."""
    return attribute.kind in (Kind.UUID, Kind.ULID, Kind.ID)
