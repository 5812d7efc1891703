"""What may be chosen: placements of an entity, and for each the indexes that could help.

In: a workload. Out: `Placement`s (table keys, attribute groups, compressed attributes, guards,
sparse keys carried) and, for one of them, its index candidates. Everything here is correct by
construction or refused; nothing here knows what anything costs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, Decimal
from itertools import combinations

from tablewright.capacity.limits import (
    MAX_INDEX_KEY_ATTRIBUTES,
    MAX_ITEM_BYTES,
    READ_UNIT_BYTES,
    WRITE_UNIT_BYTES,
)
from tablewright.core.quantities import ZERO
from tablewright.design.values import Embed
from tablewright.engines.dynamodb.design import (
    Index,
    ItemShape,
    KeyTemplate,
    Projection,
    ProjectionKind,
    Table,
    TemplatePart,
)
from tablewright.engines.dynamodb.planning.queries import (
    Ask,
    Workload,
    can_be_key,
    expiry_of,
    is_always_there,
    is_made_unique,
)
from tablewright.model.attribute_reader import stated_bytes
from tablewright.model.values import Attribute, Entity, Kind, Model, Pattern, Verb
from tablewright.plan.values import Option
from tablewright.sample.spreads import quantiles

MOST_SPLITS = 5
MOST_SPARSE = 2
"""Sparse keys that one item carries at most, beside those nobody needs to choose."""
WORTH_SPLITTING_BYTES = 1024
"""Below this a write takes one unit whatever is split off."""
WORTH_COMPRESSING_BYTES = 512
WORTH_OFFLOADING_BYTES = 4096
"""A put into object storage costs as much as eight write units, a get as three read units."""
LARGEST_KEPT_BYTES = MAX_ITEM_BYTES * 7 // 10
"""70 % of the largest item: what may be larger has to lie in object storage."""
POINTER_BYTES = Decimal(64)
CELL_KM = {
    length: Decimal(side)
    for length, side in ((1, "4992"), (2, "624"), (3, "156"), (4, "19.5"), (5, "4.9"), (6, "0.61"))
}
"""The smaller side of a geohash cell by its length; nine cells must cover the circle."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableKey:
    """The primary key of a table: the partition attribute, then the parts of the sort key."""

    partition: str
    sort: tuple[str, ...] = ()

    @property
    def attributes(self) -> tuple[str, ...]:
        """All attributes it is made of."""
        return (self.partition, *self.sort)

    def __str__(self) -> str:
        return " + ".join((self.partition, "#".join(self.sort))) if self.sort else self.partition


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeKey:
    """A key attribute made for an index: sparse, of several attributes, a cell, or sharded."""

    name: str
    template: KeyTemplate

    @property
    def meaning(self) -> str:
        """What it holds, and of which items, in words."""
        only = " and ".join(f"{name} is {' or '.join(of)}" for name, of in self.template.when)
        stored = [n.replace(".", " ") for n in self.template.attributes] or ["the same for all"]
        return f"only if {only}" if only else " and ".join(stored)

    @property
    def needs(self) -> frozenset[str]:
        """The model attributes it is made of."""
        names = {name.partition(".")[0] for name in self.template.attributes}
        return frozenset(names | {name for name, _ in self.template.when})


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """Where the items of one entity are: tables without indexes, the core first."""

    entity: str
    key: TableKey
    tables: tuple[Table, ...]
    sides: tuple[tuple[str, ...], ...] = ()
    """Attributes kept in items of their own, one tuple for each side."""
    compressed: tuple[str, ...] = ()
    outside: tuple[str, ...] = ()
    """Attributes kept in object storage."""
    guards: tuple[tuple[str, ...], ...] = ()
    counters: tuple[str, ...] = ()
    """Attributes that are sums over shards in items of their own."""
    made: tuple[MadeKey, ...] = ()
    """Keys made for indexes, which its items carry."""
    embeds: tuple[str, ...] = ()
    """Children kept inside its items."""
    within: str = ""
    """The parent whose items hold it; it has no tables then."""

    @property
    def table_names(self) -> tuple[str, ...]:
        """Its tables."""
        return tuple(table.name for table in self.tables)

    @property
    def label(self) -> str:
        """What tells it from the others, in words."""
        if self.within:
            return f"inside the items of {self.within}"
        words = [f"key {self.key}"]
        words += [f"{' and '.join(side[:3])} apart" for side in self.sides]
        if self.compressed:
            words.append(f"{' and '.join(self.compressed)} compressed")
        if self.outside:
            words.append(f"{' and '.join(self.outside)} in object storage")
        words += [f"{' and '.join(guard)} guarded" for guard in self.guards]
        for table in self.tables:
            if table.shapes[0].counters:
                spread = f"spread over {table.shapes[0].copies} items"
                words.append(f"{' and '.join(self.counters)} {spread}")
        words += [f"carries {created.name} ({created.meaning})" for created in self.made]
        for table in self.tables:
            for embed in table.shapes[0].embeds:
                how = "map" if embed.as_map else "list"
                where = "" if table is self.tables[0] else " in an item of its own"
                words.append(f"{embed.entity} inside as a {how}{where}")
        return ", ".join(words)

    @property
    def simplicity(self) -> tuple[int, int, int, int]:
        """What decides between placements of equal cost; less is simpler."""
        return (
            len(self.tables),
            len(self.key.sort),
            len(self.made) + len(self.guards),
            len(self.compressed) + 2 * len(self.outside),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexCandidate:
    """An index that one table of a placement could have."""

    table: str
    index: Index
    serves: tuple[str, ...] = ()
    """The patterns it was made for."""

    @property
    def is_local(self) -> bool:
        """Whether it is a local secondary index."""
        return self.index.is_local

    @property
    def resource(self) -> str:
        """Its name in bills and routes."""
        return f"{self.table}/{self.index.name}"


def placement_of(option: Option) -> Placement:
    """Return an option's placement as DynamoDB's own."""
    placement = option.placement
    assert isinstance(placement, Placement)
    return placement


def candidate_of(option: Option, place: int) -> IndexCandidate:
    """Return one of an option's indexes as DynamoDB's own."""
    candidate = option.indexes[place]
    assert isinstance(candidate, IndexCandidate)
    return candidate


# --------------------------------------------------------------------------- placements


def placements(
    work: Workload,
    table_name: str,
    shards: int = 1,
    counters: tuple[str, ...] = (),
    spread: int = 1,
    objects: str = "needed",
) -> tuple[Placement, ...]:
    """Return the placements of an entity, the simplest first; never none.

    Args:
        work: the entity's workload.
        table_name: the name of its table.
        shards: over how many keys an index with few values has to be spread.
        counters: what is kept as sums over shards.
        spread: over how many items.
        objects: what may lie in object storage: what is "needed" there, "allow" anything large, or
            "avoid" it.
    """
    placements: list[Placement] = []
    keys = table_keys(work)
    created = made_keys(work, shards)
    for key in keys:
        for outside in _outsides(work, objects):
            if work.searched & set(outside):
                continue
            for sides in splits(work, key, outside):
                if any((work.searched | set(counters)) & set(side) for side in sides):
                    continue
                for compressed in _compressions(work, outside):
                    if work.searched & set(compressed):
                        continue
                    base = _placement(work, table_name, key, sides, compressed)
                    base = _with_objects(base, outside)
                    if counters:
                        base = _with_counters(work.entity, base, table_name, counters, spread)
                    placements += _with_made(base, created, work.entity)
    return tuple(dict.fromkeys(placements))


def _outsides(work: Workload, objects: str) -> tuple[tuple[str, ...], ...]:
    """Return what may lie in object storage: what has to and, if allowed, what is large.

    Only what is read or replaced as a whole, and not where somebody looks for it.
    """
    if objects == "avoid":
        return ((),)
    looked = {name for ask in work.asks for name in (*ask.conditions, *ask.sort)}
    looked |= {*work.entity.key, *work.entity.identity}
    for part in work.writes:
        looked |= {*part.condition_on, *part.increments, *part.appends}
    able = [a for a in work.entity.attributes if a.name not in looked and not a.unique]
    must = [a.name for a in able if _largest(a) > LARGEST_KEPT_BYTES]
    large = [a.name for a in able if stated_bytes(a) >= WORTH_OFFLOADING_BYTES]
    result = [tuple(must)]
    if objects == "allow":
        result += [tuple(dict.fromkeys((*must, name))) for name in large]
        result.append(tuple(dict.fromkeys((*must, *large))))
    return tuple(dict.fromkeys(result))


def _largest(attribute: Attribute) -> Decimal:
    """Return the most bytes a value may have as far as the model says."""
    spread = attribute.bytes
    if spread is None:
        return stated_bytes(attribute)
    return max(spread.mean, spread.high or ZERO, spread.p99 or ZERO)


def _with_objects(base: Placement, outside: tuple[str, ...]) -> Placement:
    if not outside:
        return base
    tables = []
    for table in base.tables:
        shape = table.shapes[0]
        own_key = tuple(name for name in outside if name in shape.attributes and not shape.guards)
        tables.append(replace(table, shapes=(replace(shape, offload=own_key), *table.shapes[1:])))
    return replace(base, tables=tuple(tables), outside=outside)


def countable(work: Workload) -> tuple[str, ...]:
    """Return the numbers that are only ever incremented and never looked at by a condition.

    Such a number may be a sum over several items: nobody sets it, sorts or chooses by it, or makes
    a write depend on it or on something beside it.
    """
    looked = {name for ask in work.asks for name in (*ask.conditions, *ask.sort)}
    looked |= {*work.entity.key, *work.entity.identity}
    if expiry_of(work.entity):
        return ()  # the items of a counter are made by increments, which know no time of expiry
    counted: dict[str, None] = {}
    for part in work.writes:
        looked |= {*part.condition_on, *part.sets, *part.appends, *part.removes}
        if part.condition:
            looked |= set(part.increments)
        counted.update(dict.fromkeys(part.increments))
    return tuple(
        name
        for name in counted
        if name not in looked and work.entity.attribute(name).kind.is_number
    )


def _with_counters(
    entity: Entity, base: Placement, table_name: str, counters: tuple[str, ...], spread: int
) -> Placement:
    """Return a placement with counters in items of their own, as many as there are shards."""
    core = base.tables[0]
    shape = core.shapes[0]
    rest = replace(shape, attributes=tuple(n for n in shape.attributes if n not in counters))
    name = _free_name(entity, "pk")
    item_shape = ItemShape(
        name=f"{entity.name}{_capital(counters[0])}",
        entity=entity.name,
        keys=((name, _joined(entity.key, (), spread)),),
        attributes=tuple(n for n in entity.names if n in (*entity.key, *counters)),
        counters=counters,
    )
    table = Table(name=f"{table_name}_{counters[0]}", partition_key=name, shapes=(item_shape,))
    first = replace(core, shapes=(rest, *core.shapes[1:]))
    return replace(base, tables=(first, *base.tables[1:], table), counters=counters)


def _with_made(base: Placement, made: Sequence[MadeKey], entity: Entity) -> Iterator[Placement]:
    """Yield a placement with no made key, with each one, and with every few of them."""
    yield base
    fitting = [entry for entry in made if _carrier(base, entry, entity) is not None]
    sizes = range(1, min(MOST_SPARSE, len(fitting)) + 1)
    groups = [group for size in sizes for group in combinations(fitting, size)]
    if len(fitting) > MOST_SPARSE:
        groups.append(tuple(fitting))
    for group in groups:
        tables = list(base.tables)
        for one in group:
            carrier = _carrier(base, one, entity)
            assert carrier is not None
            table = tables[carrier]
            core = table.shapes[0]
            carrying = replace(core, keys=(*core.keys, (one.name, one.template)))
            tables[carrier] = replace(table, shapes=(carrying, *table.shapes[1:]))
        yield replace(base, tables=tuple(tables), made=group)


def _carrier(base: Placement, made: MadeKey, entity: Entity) -> int | None:
    """Return which table's items hold everything a key is made of."""
    for carrier, table in enumerate(base.tables):
        shape = table.shapes[0]
        if not shape.guards and not shape.counters and made.needs <= set(shape.attributes):
            if made.needs & {name for name, _ in shape.compress}:
                continue
            return carrier
    return None


def most_children(child: Entity) -> int | None:
    """Return how many children one parent may have at most; None where nothing says.

    A spread without a stated maximum is taken to reach twice what one parent in two thousand has.
    """
    count = child.count
    if count.per != "parent" or count.inflow_per_day is not None or not count.bounded:
        return None
    if count.spread is None or count.spread.shape == "fixed":
        return int(count.mean.to_integral_value(ROUND_CEILING))
    if count.spread.high is not None:
        return int(count.spread.high)
    return 2 * quantiles(count.spread)[-1]


def why_not_inside(model: Model, child: Entity) -> str:
    """Say why an entity cannot be kept inside its parent's items; "" where it may.

    What the engine can tell of a design it is asked; here is what only the model tells.
    """
    if child.parent is None:
        return "it has no parent"
    parent = model.entity(child.parent)
    if most_children(child) is None:
        return "nothing bounds how many a parent has"
    if child.retention_days is not None or parent.retention_days is not None:
        return "items expire, what is inside them does not by itself"
    if child.durable and not parent.durable:
        return "it is to be recovered, and its parent is not"
    key = [name for name in child.key if not child.attribute(name).generated]
    if len(key) != 1 or not can_be_key(child.attribute(key[0])):
        return "no single attribute tells children of one parent apart"
    handed = {a.name for a in child.attributes if a.generated}
    if not set(parent.key) <= handed:
        return "it does not tell its parent's key"
    parts = [part for p in model.patterns for part in (p.parts or (p,))]
    if any(part.verb is Verb.SIMILAR and part.entity == child.name for part in parts):
        return "its vectors are searched, which takes items of their own"
    written = [part for part in parts if part.entity == child.name and part.verb.is_write]
    if any(part.appends for part in written):
        return "lists in it grow"
    touched = {name for part in written for name in part.touched}
    is_put = any(part.verb is Verb.PUT for part in written)
    for attribute in child.attributes:
        is_guarded = attribute.unique and not is_made_unique(attribute)
        if is_guarded and (is_put or attribute.name in touched):
            return f"`{attribute.name}` is unique among all parents"
    if is_put and child.count.mean <= 1:
        return "it is written with its parent, not into it"
    if not set(parent.key) <= set(child.key) and not is_made_unique(child.attribute(key[0])):
        return "it is told apart among all parents"
    for part in parts:
        if part.entity != parent.name:
            continue
        made_up = any(is_made_unique(parent.attribute(name)) for name in parent.key)
        if part.verb is Verb.DELETE:
            return "its parent is deleted without it"
        if part.verb is Verb.PUT and part.condition != "absent" and not made_up:
            return "a put may replace its parent's item"
    return ""


def embed_of(model: Model, parent: Entity, child: Entity) -> Embed:
    """Return how children are kept inside: a map where an element has to be found, else a list."""
    own_key = next(name for name in child.key if not child.attribute(name).generated)
    parts = [
        part for p in model.patterns for part in (p.parts or (p,)) if part.entity == child.name
    ]
    addressed = any(p.verb in (Verb.UPDATE, Verb.DELETE, Verb.CHECK) for p in parts)
    refused = any(p.verb is Verb.PUT and p.condition == "absent" for p in parts)
    is_text = not child.attribute(own_key).kind.is_number
    as_map = is_text and (addressed or refused or not is_made_unique(child.attribute(own_key)))
    return Embed(entity=child.name, attribute=_free_name(parent, plural(child.name)), as_map=as_map)


def embedding_placements(
    work: Workload,
    model: Model,
    table_name: str,
    children: Sequence[Entity],
    shards: int = 1,
    objects: str = "needed",
) -> tuple[Placement, ...]:
    """Return the placements of an entity that keep these children inside.

    The children lie in the core item, or together in an item of their own under the same key. Only
    under table keys that a child tells, since the engine finds its parent's item by nothing else.
    """
    entity = work.entity
    handed = [{a.name for a in child.attributes if a.generated} for child in children]
    embeds = tuple(embed_of(model, entity, child) for child in children)
    names = tuple(child.name for child in children)
    result: list[Placement] = []
    for base in placements(work, table_name, shards, objects=objects):
        if not all(set(base.key.attributes) <= told for told in handed):
            continue
        core = base.tables[0]
        filled = replace(core, shapes=(replace(core.shapes[0], embeds=embeds), *core.shapes[1:]))
        result.append(replace(base, tables=(filled, *base.tables[1:]), embeds=names))
        table = _table(
            entity,
            f"{table_name}_{embeds[0].attribute}",
            f"{entity.name}{_capital(embeds[0].attribute)}",
            base.key,
            (),
            (),
        )
        table = replace(table, shapes=(replace(table.shapes[0], embeds=embeds),))
        result.append(replace(base, tables=(*base.tables, table), embeds=names))
    return tuple(dict.fromkeys(result))


def inside(child: Entity) -> Placement:
    """Return the placement of a child in its parent's items: no table of its own."""
    assert child.parent is not None
    key = TableKey(partition=child.key[0], sort=child.key[1:])
    return Placement(entity=child.name, key=key, tables=(), within=child.parent)


def plural(name: str) -> str:
    """Return a table's name for an entity: small letters, words joined, in the plural.

    Example:
        >>> plural("ReportBody"), plural("Address"), plural("Usage")
        ('report_bodies', 'addresses', 'usages')
    """
    text = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
    if text.endswith("y") and text[-2:-1] not in "aeiou":
        return text[:-1] + "ies"
    return text + ("es" if text.endswith(("s", "x", "ch", "sh")) else "s")


def table_keys(work: Workload) -> tuple[TableKey, ...]:
    """Return the primary keys that tell instances apart and that somebody can supply.

    A key that an update would change is refused: the item would have to move.
    """
    entity = work.entity
    written = work.written()
    supplied = {name for ask in work.asks for name in (*ask.given, *ask.known)}
    supplied |= {name for ask in work.asks for name, _ in ask.fixed}
    table_keys: list[TableKey] = []
    for identity in _identities(work):
        if any(name in written for name in identity):
            continue
        options = [TableKey(partition=identity[0], sort=tuple(identity[1:]))]
        options += [
            TableKey(partition=name, sort=tuple(n for n in identity if n != name))
            for name in identity
            if name in supplied
        ]
        if not work.refuses_replacing:
            options += _widened(work, identity, supplied)
        for key in list(options):
            options += _sorted_otherwise(work, key, identity)
        for key in options:
            names = key.attributes
            usable = all(
                can_be_key(entity.attribute(n)) and is_always_there(entity, n) for n in names
            )
            if usable and not written & set(names) and key not in table_keys:
                table_keys.append(key)
    return tuple(table_keys) or (TableKey(partition=entity.key[0], sort=tuple(entity.key[1:])),)


def _identities(work: Workload) -> list[tuple[str, ...]]:
    """Return the sets of attributes that tell one instance from another."""
    entity = work.entity
    identities = [entity.key]
    if entity.identity and entity.identity != entity.key:
        identities.insert(0, entity.identity)
    for attribute in entity.attributes:
        if attribute.unique and (attribute.name,) not in identities and attribute.presence >= 1:
            asked = any(
                attribute.name in ask.given or attribute.name in ask.known for ask in work.asks
            )
            if asked and attribute.name not in entity.key:
                identities.append((attribute.name,))
    return identities


def _widened(work: Workload, apart: tuple[str, ...], supplied: set[str]) -> Iterator[TableKey]:
    """Yield keys that gather what is listed together: another attribute before the identity."""
    for ask in work.asks:
        for name in (*ask.given, *(n for n, _ in ask.fixed)):
            if name in apart or not _stays(work, name) or ask.one:
                continue
            yield TableKey(partition=name, sort=apart)


def _stays(work: Workload, name: str) -> bool:
    """Whether an attribute never changes once an instance is there."""
    attribute = work.entity.attribute(name)
    if name in work.written():
        return False
    return (
        attribute.immutable
        or attribute.generated
        or work.entity.append_only
        or attribute.kind is Kind.REF
    )


def _sorted_otherwise(work: Workload, key: TableKey, apart: tuple[str, ...]) -> Iterator[TableKey]:
    """Yield keys whose items come in the order some list of that partition asks for."""
    for ask in work.asks:
        if key.partition not in ask.given and key.partition not in {n for n, _ in ask.fixed}:
            continue
        bound = [n for n in (*ask.given, *(n for n, _ in ask.fixed)) if n != key.partition]
        for lead in ((*bound, *ask.sort), (*bound, *ask.ranges), ask.sort, ask.ranges):
            first = tuple(dict.fromkeys(n for n in lead if n != key.partition))
            extra = [name for name in first if name not in apart]
            if not first or (extra and work.refuses_replacing):
                continue
            if any(not _stays(work, name) for name in extra):
                continue
            rest = tuple(n for n in apart if n not in first and n != key.partition)
            yield replace(key, sort=(*first, *rest))


def guards_for(work: Workload, key: TableKey) -> tuple[tuple[str, ...], ...]:
    """Return what needs a guard item: unique attributes that no key protects."""
    entity = work.entity
    guards: list[tuple[str, ...]] = []
    for attribute in entity.attributes:
        if not attribute.unique or is_made_unique(attribute):
            continue
        if key.attributes == (attribute.name,):
            continue
        guards.append((attribute.name,))
    missing = [n for n in entity.key if n not in key.attributes]
    apart = set(entity.identity or entity.key) <= set(key.attributes)
    if missing and work.is_put and not apart:
        protected = any((name,) in guards for name in entity.key)
        if not protected and not any(is_made_unique(entity.attribute(n)) for n in missing):
            guards.append(entity.key)
    return tuple(guards)


def _placement(
    work: Workload,
    name: str,
    key: TableKey,
    sides: tuple[tuple[str, ...], ...],
    compressed: tuple[str, ...],
) -> Placement:
    entity = work.entity
    apart = {attribute for side in sides for attribute in side}
    names = [n for n in entity.names if n not in apart]
    tables = [_table(entity, name, entity.name, key, names, compressed)]
    for side in sides:
        # What lies apart goes when the rest does: it holds the time of expiry too.
        required = {*side, *entity.key, *key.attributes, expiry_of(entity)}
        tables.append(
            _table(
                entity,
                f"{name}_{side_name(side)}",
                f"{entity.name}{_capital(side_name(side))}",
                key,
                [n for n in entity.names if n in required],
                compressed,
            )
        )
    guards = guards_for(work, key)
    for guard in guards:
        if _guard_fits(work, key, guard):
            tables[0] = _with_guard(entity, tables[0], guard)
        else:
            tables.append(_guard_table(entity, name, guard))
    return Placement(
        entity=entity.name,
        key=key,
        tables=tuple(tables),
        sides=sides,
        compressed=compressed,
        guards=guards,
    )


def _table(
    entity: Entity,
    name: str,
    shape_name: str,
    key: TableKey,
    held: Sequence[str],
    compressed: tuple[str, ...],
) -> Table:
    sort_key, templates = _sort_key(entity, key)
    keep = {*held, *entity.key, *((key.partition,) if not templates else key.attributes)}
    ratios = tuple((n, entity.attribute(n).compressible or ZERO) for n in compressed if n in held)
    shape = ItemShape(
        name=shape_name,
        entity=entity.name,
        keys=templates,
        attributes=tuple(n for n in entity.names if n in keep),
        compress=ratios,
    )
    return Table(name=name, partition_key=key.partition, sort_key=sort_key, shapes=(shape,))


def _sort_key(
    entity: Entity, key: TableKey
) -> tuple[str | None, tuple[tuple[str, KeyTemplate], ...]]:
    if not key.sort:
        return None, ()
    if len(key.sort) == 1:
        return key.sort[0], ()
    name = _free_name(entity, "sk")
    return name, ((name, _joined(key.sort)),)


def _joined(
    names: Sequence[str], when: tuple[tuple[str, tuple[str, ...]], ...] = (), shards: int = 1
) -> KeyTemplate:
    parts: list[TemplatePart] = []
    for name in names:
        if parts:
            parts.append(TemplatePart(literal="#"))
        parts.append(TemplatePart(attribute=name))
    if shards > 1:
        if parts:
            parts.append(TemplatePart(literal="#"))
        parts.append(TemplatePart(shards=shards))
    return KeyTemplate(parts=tuple(parts), when=when)


def _free_name(entity: Entity, name: str) -> str:
    while entity.has(name):
        name += "_"
    return name


def _guard_fits(work: Workload, key: TableKey, guard: tuple[str, ...]) -> bool:
    """Whether a guard can lie beside the items it guards.

    Not where somebody looks instances up by it: the guard must then tell the instance's key, which
    a key attribute of the same name would hide. Not where the key is a number.
    """
    entity = work.entity
    partition = entity.attribute(key.partition)
    if partition.kind.is_number or partition.kind is Kind.BINARY or key.partition in guard:
        return False
    if len(key.sort) == 1 and entity.attribute(key.sort[0]).kind.is_number:
        return False
    if any(set(guard) & ask.conditions and ask.strong for ask in work.asks):
        return False
    return all(not set(ask.conditions) <= set(entity.key) or _in_key(ask, key) for ask in work.asks)


def _in_key(ask: Ask, key: TableKey) -> bool:
    return key.partition in (*ask.given, *ask.known)


def _with_guard(entity: Entity, table: Table, guard: tuple[str, ...]) -> Table:
    prefix = f"{'_'.join(guard).upper()}#"
    body = _joined(guard)
    lead = KeyTemplate(parts=(TemplatePart(literal=prefix), *body.parts))
    keys: list[tuple[str, KeyTemplate]] = [(table.partition_key, lead)]
    if table.sort_key is not None:
        keys.append((table.sort_key, KeyTemplate(parts=(TemplatePart(literal="GUARD"),))))
    shape = ItemShape(
        name=f"{entity.name}{_capital('_'.join(guard))}",
        entity=entity.name,
        keys=tuple(keys),
        attributes=entity.key,
        guards=guard,
    )
    return replace(table, shapes=(*table.shapes, shape))


def _guard_table(entity: Entity, name: str, guard: tuple[str, ...]) -> Table:
    single = len(guard) == 1
    partition = guard[0] if single else _free_name(entity, "pk")
    keys = () if single else ((partition, _joined(guard)),)
    stored = {*entity.key, *(guard if single else ())}
    shape = ItemShape(
        name=f"{entity.name}{_capital('_'.join(guard))}",
        entity=entity.name,
        keys=keys,
        attributes=tuple(n for n in entity.names if n in stored),
        guards=guard,
    )
    return Table(name=f"{name}_{'_'.join(guard)}", partition_key=partition, shapes=(shape,))


def side_name(side: Sequence[str]) -> str:
    """Return a short name for attributes kept apart."""
    return side[0] if len(side) == 1 else f"{side[0]}_etc"


def _capital(text: str) -> str:
    return "".join(part[:1].upper() + part[1:] for part in text.replace("-", "_").split("_"))


# --------------------------------------------------------------------------- attribute groups


def splits(
    work: Workload, key: TableKey, outside: tuple[str, ...] = ()
) -> tuple[tuple[tuple[str, ...], ...], ...]:
    """Return the ways to keep attributes apart: not at all, then the most promising ones.

    Of what lies in object storage only a pointer counts.

    Groups come from what is read and what is written together. The figures that rank them are
    estimates from stated sizes, used only to leave out what cannot be good.
    """
    entity = work.entity
    sizes = {
        a.name: ((POINTER_BYTES if a.name in outside else stated_bytes(a)) + len(a.name))
        * a.presence
        for a in entity.attributes
    }
    if sum(sizes.values(), ZERO) <= WORTH_SPLITTING_BYTES:
        return ((),)
    keys = {*entity.key, *key.attributes, expiry_of(entity)}
    movable = [n for n in entity.names if n not in keys]
    groups = _groups(work, movable, sizes)
    ranked: dict[tuple[tuple[str, ...], ...], Decimal] = {}
    options: list[tuple[tuple[str, ...], ...]] = [()]
    options += [(group,) for group in groups]
    options += [
        (entry, other)
        for entry, other in combinations(groups, 2)
        if not set(entry) & set(other) and len(entry) + len(other) < len(movable)
    ]
    for option in options:
        if _keeps_conditions(work, option, keys):
            ranked[option] = _estimate(work, option, keys, sizes)
    limit = ranked.get((), ZERO)
    best = sorted((o for o in ranked if o and ranked[o] < limit), key=lambda o: (ranked[o], o))
    return ((), *best[:MOST_SPLITS])


def _groups(
    work: Workload, movable: Sequence[str], sizes: dict[str, Decimal]
) -> list[tuple[str, ...]]:
    sets: dict[frozenset[str], None] = {}
    for name in movable:
        if sizes[name] >= WORTH_SPLITTING_BYTES // 2:
            sets[frozenset((name,))] = None
    for part in work.writes:
        if part.verb is Verb.UPDATE:
            sets[frozenset(part.touched) & frozenset(movable)] = None
    for ask in work.asks:
        read = (ask.wanted | ask.conditions) & frozenset(movable)
        sets[read] = None
        sets[frozenset(movable) - read] = None
    heavy = frozenset(n for n in movable if sizes[n] >= WORTH_SPLITTING_BYTES // 2)
    for part in work.writes:
        if part.verb is Verb.UPDATE:
            sets[heavy - frozenset(part.touched)] = None
    conditions = frozenset().union(*(ask.conditions for ask in work.asks)) if work.asks else set()
    result = []
    for group in sets:
        if not group or len(group) == len(movable):
            continue
        # The part that is looked up stays the core; what goes with it is kept apart.
        chosen = group
        if len(group & conditions) > len(conditions & (frozenset(movable) - group)):
            chosen = frozenset(movable) - group
        result.append(tuple(n for n in movable if n in chosen))
    return list(dict.fromkeys(result))


def _keeps_conditions(work: Workload, sides: tuple[tuple[str, ...], ...], keys: set[str]) -> bool:
    """Whether every conditional or counting write finds all it needs in one item."""
    for part in work.writes:
        needed = set(part.condition_on) - keys
        counts = set(part.increments) | set(part.appends)
        if part.verb is Verb.UPDATE and (needed or counts):
            needed |= set(part.touched) - keys
        if not needed:
            continue
        homes = {_home(name, sides) for name in needed}
        if len(homes) > 1:
            return False
        if part.verb is not Verb.UPDATE and homes != {-1}:
            return False
    return True


def _home(name: str, sides: tuple[tuple[str, ...], ...]) -> int:
    return next((position for position, side in enumerate(sides) if name in side), -1)


def _estimate(
    work: Workload,
    sides: tuple[tuple[str, ...], ...],
    keys: set[str],
    sizes: dict[str, Decimal],
) -> Decimal:
    """Return a rough cost of reads and writes a day, in read units (a write unit is five)."""
    stored = [set(side) for side in sides]
    core = {n for n in sizes if not any(n in side for side in stored)}
    overhead = sum((sizes[n] for n in keys if n in sizes), ZERO)
    groups = [core, *stored]
    weight = [sum((sizes[n] for n in group if n not in keys), ZERO) + overhead for group in groups]
    total = ZERO
    for ask in work.asks:
        needed = (ask.wanted | ask.conditions) - keys
        hit = [w for group, w in zip(groups, weight, strict=True) if group & needed] or weight[:1]
        total += ask.rate_per_day * sum(-(-int(w) // READ_UNIT_BYTES) for w in hit) / 2
    for part in work.writes:
        rate = _rate(work, part)
        touched = set(part.touched)
        for group, w in zip(groups, weight, strict=True):
            if part.verb is not Verb.UPDATE or group & touched:
                total += rate * 5 * -(-int(w) // WRITE_UNIT_BYTES)
    return total


def _rate(work: Workload, part: Pattern) -> Decimal:
    """Return how often a day a write (or the transaction it is part of) happens."""
    model = work.model
    scale = max(model.scales)
    for pattern in model.patterns:
        if pattern is part or part in pattern.parts:
            return model.calls_per_day(pattern, scale)
    return ZERO


def _compressions(work: Workload, outside: tuple[str, ...] = ()) -> tuple[tuple[str, ...], ...]:
    """Return what may be compressed: nothing, and everything that gains and is not looked into."""
    conditions = {name for ask in work.asks for name in (*ask.conditions, *ask.sort)}
    counted = {n for part in work.writes for n in (*part.increments, *part.appends)}
    looked = {n for part in work.writes for n in part.condition_on}
    able = tuple(
        a.name
        for a in work.entity.attributes
        if a.compressible is not None
        and ZERO < a.compressible < 1
        and stated_bytes(a) >= WORTH_COMPRESSING_BYTES
        and a.name not in conditions | counted | looked
        and a.name not in outside
        and a.name not in work.entity.key
    )
    return ((), able) if able else ((),)


# --------------------------------------------------------------------------- keys made for indexes


def made_keys(work: Workload, shards: int = 1) -> tuple[MadeKey, ...]:
    """Return the key attributes that indexes may need made: sparse, joined, cells, shards."""
    entity = work.entity
    made_keys: dict[KeyTemplate, MadeKey] = {}
    for ask in work.asks:
        for template in _templates(entity, ask, shards):
            if template not in made_keys:
                names = {key.name for key in made_keys.values()}
                name = _made_name(entity, template, names)
                made_keys[template] = MadeKey(name=name, template=template)
    return tuple(made_keys.values())


def _made_name(entity: Entity, template: KeyTemplate, taken: set[str]) -> str:
    """Return the name of a made key: what it is made of, or what it gathers."""
    words = [name.replace(".", "_") for name in template.attributes]
    for name, values in template.when:
        words += [word for word in (name, *values[:1]) if word not in words]
    name = re.sub(r"\W+", "_", "_".join(words)) or f"all_{plural(entity.name)}"
    if len(template.attributes) == 1 and not template.when:
        name += "_key"
    if template.shards > 1:
        name += "_shard"
    base, number = name, 1
    while entity.has(name) or name in taken:
        number += 1
        name = f"{base}_{number}"
    return name


def _templates(entity: Entity, ask: Ask, shards: int) -> Iterator[KeyTemplate]:
    when = tuple(sorted(ask.fixed))
    if ask.near:
        length = _cell_length(ask.radius_km)
        cell = f"{ask.near}.geohash{length}"
        yield KeyTemplate(parts=(TemplatePart(attribute=cell),), when=when)
        if when:
            yield KeyTemplate(parts=(TemplatePart(attribute=cell),))
        return
    plain = [n for n in ask.given if can_be_key(entity.attribute(n))]
    for spread in dict.fromkeys((1, shards)):
        if asks_for_all_in_order(ask):
            yield _constant(entity, spread)
        if ask.fixed:
            yield _sparse(ask, when, spread)
        # Booleans can be part of a key only as text; a sharded key is text as well.
        if ask.given and (len(plain) < len(ask.given) or (spread > 1 and not ask.fixed)):
            yield _joined(ask.given, (), spread)


def asks_for_all_in_order(ask: Ask) -> bool:
    """Whether a question binds nothing, and wants an order or a range of all instances.

    Such as the latest of all posts. Only a key that all items share brings them in order.
    """
    return not ask.given and not ask.fixed and not ask.near and bool(ask.sort or ask.ranges)


def _constant(entity: Entity, shards: int) -> KeyTemplate:
    """Return the key that all instances share, spread over shards where one takes too much."""
    literal = plural(entity.name)
    if shards == 1:
        return KeyTemplate(parts=(TemplatePart(literal=literal),))
    return KeyTemplate(parts=(TemplatePart(literal=literal + "#"), TemplatePart(shards=shards)))


def _sparse(ask: Ask, when: tuple[tuple[str, tuple[str, ...]], ...], shards: int) -> KeyTemplate:
    """Return the key that only instances with the fixed values have."""
    if ask.given:
        return _joined(ask.given, when, shards)
    literal = "#".join(value for _, values in ask.fixed for value in values[:1])
    if shards == 1:
        return KeyTemplate(parts=(TemplatePart(literal=literal),), when=when)
    parts = (TemplatePart(literal=literal + "#"), TemplatePart(shards=shards))
    return KeyTemplate(parts=parts, when=when)


def _cell_length(radius_km: Decimal | None) -> int:
    """Return the longest geohash whose nine cells cover a circle of this radius."""
    radius = radius_km if radius_km is not None else Decimal(10)
    fitting = [length for length, side in CELL_KM.items() if side >= radius]
    return max(fitting, default=1)


# --------------------------------------------------------------------------- indexes


@dataclass(frozen=True, slots=True, kw_only=True)
class _Form:
    """The keys of an index, before its projection is chosen."""

    partition: tuple[str, ...]
    sort: tuple[str, ...] = ()
    is_local: bool = False


def indexes(work: Workload, placement: Placement) -> tuple[IndexCandidate, ...]:
    """Return the index candidates of a placement, each key with every useful projection."""
    index_candidates: list[IndexCandidate] = []
    for table in placement.tables:
        shape = table.shapes[0]
        if shape.guards or shape.counters:
            continue
        forms: dict[_Form, list[Ask]] = {}
        for ask in work.asks:
            for form in _forms(work, placement, table, shape, ask):
                forms.setdefault(form, [])
        for form in forms:
            forms[form] = [ask for ask in work.asks if _may_serve(form, ask, placement)]
        claimed: set[str] = set()
        for form, asks in forms.items():
            implied = _implied(placement, form)
            for projection in _projections(work.entity, table, shape, form, asks, implied):
                name = _index_name(form, claimed)
                index_candidates.append(
                    IndexCandidate(
                        table=table.name,
                        index=Index(
                            name=name,
                            partition_keys=form.partition,
                            sort_keys=form.sort,
                            projection=projection,
                            is_local=form.is_local,
                        ),
                        serves=tuple(dict.fromkeys(ask.pattern for ask in asks)),
                    )
                )
    return tuple(index_candidates)


def _index_name(form: _Form, taken: set[str]) -> str:
    base = "-".join((*form.partition, *form.sort)) + "-index"
    name, number = base, 1
    while name in taken:
        number += 1
        name = f"{base}-{number}"
    taken.add(name)
    return name


def _forms(
    work: Workload, placement: Placement, table: Table, shape: ItemShape, ask: Ask
) -> Iterator[_Form]:
    """Yield the keys that would answer a question, whole or in part."""
    entity = work.entity
    stored = set(shape.attributes) - {name for name, _ in shape.compress}
    equal = [*ask.given, *(name for name, _ in ask.fixed)]
    plain = [n for n in dict.fromkeys(equal) if n in stored and can_be_key(entity.attribute(n))]
    tails = list(_tails(entity, stored, ask))
    for created in placement.made:
        if created.name not in {name for name, _ in shape.keys}:
            continue
        if not _answers(created, ask):
            continue
        others: list[tuple[str, ...]] = [()]
        if ask.near:
            others += [tuple(plain[:3])] if plain else []
        for other_other in others:
            for tail in tails:
                form = _Form(partition=(*other_other, created.name), sort=tail)
                if _is_sound(form, table):
                    yield form
    for size in range(len(plain), 0, -1):
        if 1 < size < len(plain) - 1:
            continue
        for chosen in combinations(plain, min(size, MAX_INDEX_KEY_ATTRIBUTES)):
            rest = tuple(n for n in plain if n not in chosen)
            for tail in tails:
                for lead in dict.fromkeys(((), rest)):
                    sort = tuple(dict.fromkeys((*lead, *tail)))
                    form = _Form(partition=chosen, sort=sort)
                    if _is_sound(form, table):
                        yield form
    if ask.strong and table.sort_key is not None and table.partition_key in plain:
        for tail in tails:
            rest = tuple(n for n in plain if n != table.partition_key)
            for sort in dict.fromkeys((tail[:1], rest[:1])):
                form = _Form(partition=(table.partition_key,), sort=sort, is_local=True)
                if sort and sort[0] not in table.keys:
                    yield form


def _tails(entity: Entity, held: set[str], ask: Ask) -> Iterator[tuple[str, ...]]:
    """Yield the sort keys that help: the order asked for, the range, or none."""
    seen: set[tuple[str, ...]] = set()
    for names in (ask.sort, ask.ranges[:1], ()):
        usable = all(
            n in held
            and can_be_key(entity.attribute(n))
            and (is_always_there(entity, n) or n in ask.ranges)
            for n in names
        )
        if usable and names not in seen:
            seen.add(names)
            yield names


def _answers(made: MadeKey, ask: Ask) -> bool:
    """Whether a made key serves a question: all it is made of is bound, its members include it."""
    fixed = dict(ask.fixed)
    if not made.template.attributes and not made.template.when:
        return asks_for_all_in_order(ask)
    for name, allowed in made.template.when:
        if name not in fixed or not set(fixed[name]) <= set(allowed):
            return False
    for name in made.template.attributes:
        base, _, cell = name.partition(".")
        if cell:
            if ask.near != base:
                return False
        elif base not in ask.given and base not in fixed:
            return False
    return bool(not ask.near or any("." in n for n in made.template.attributes))


def _is_sound(form: _Form, table: Table) -> bool:
    keys = (*form.partition, *form.sort)
    if len(set(keys)) < len(keys):
        return False
    if len(form.partition) > MAX_INDEX_KEY_ATTRIBUTES or len(form.sort) > MAX_INDEX_KEY_ATTRIBUTES:
        return False
    return keys != table.keys


def _may_serve(form: _Form, ask: Ask, placement: Placement) -> bool:
    created = {entry.name: entry for entry in placement.made}
    bound = {*ask.given, *(name for name, _ in ask.fixed)}
    for key in form.partition:
        if key in created:
            if not _answers(created[key], ask):
                return False
        elif key not in bound:
            return False
    return True


def _implied(placement: Placement, form: _Form) -> frozenset[str]:
    created = {entry.name: entry for entry in placement.made}
    names: set[str] = set()
    for key in form.partition:
        if key in created:
            names |= created[key].needs
    return frozenset(names)


def _projections(
    entity: Entity,
    table: Table,
    shape: ItemShape,
    form: _Form,
    asks: Sequence[Ask],
    implied: frozenset[str],
) -> Iterable[Projection]:
    """Return the projections worth having: keys, what the questions want, everything.

    A condition that membership in the index implies need not be looked at again.
    """
    stored = frozenset(shape.attributes)
    keys = frozenset((*form.partition, *form.sort, *table.keys))
    yield Projection(kind=ProjectionKind.KEYS_ONLY)
    wants: list[frozenset[str]] = []
    for ask in sorted(asks, key=lambda a: (-a.rate_per_day, a.pattern)):
        want = ((ask.wanted | (ask.conditions - implied)) & stored) - keys
        if ask.near:
            want |= {ask.near} & stored
        if want and want not in wants:
            wants.append(want)
    sets: dict[frozenset[str], None] = {}
    minimum = wants if len(wants) <= 3 else wants[:3]
    for size in range(1, len(minimum) + 1):
        for group in combinations(minimum, size):
            sets[frozenset().union(*group)] = None
    sets[frozenset().union(*wants)] = None
    total = stored - keys
    for chosen in sets:
        if chosen and chosen < total:
            yield Projection(
                kind=ProjectionKind.INCLUDE,
                attributes=tuple(n for n in entity.names if n in chosen),
            )
    if total and any(want >= total for want in sets):
        if shape.embeds:  # all of its own attributes, without the children
            yield Projection(
                kind=ProjectionKind.INCLUDE,
                attributes=tuple(n for n in entity.names if n in total),
            )
        else:
            yield Projection(kind=ProjectionKind.ALL)
