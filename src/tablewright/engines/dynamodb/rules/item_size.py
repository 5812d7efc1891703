"""Predicates about the size of items; what each rule means is in `rules/item_size.yaml`."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from math import ceil

from tablewright.capacity.limits import READ_UNIT_BYTES, WRITE_UNIT_BYTES
from tablewright.core.quantities import (
    DAYS_PER_MONTH,
    ONE,
    SECONDS_PER_DAY,
    ZERO,
    decimals,
    format_bytes,
    percent,
)
from tablewright.engines.dynamodb.design import ItemShape, Table
from tablewright.engines.dynamodb.facts import DynamoFacts
from tablewright.engines.dynamodb.item_changes import Compress, ExplodeList, Offload, SplitEntity
from tablewright.engines.dynamodb.usage_facts import TableOrIndex
from tablewright.evaluation.values import SizeFacts
from tablewright.model.values import Attribute, Entity, Kind, Pattern, Verb
from tablewright.review.verdicts import CLEAR, Clear, FixOption, Hit, Missing, Verdict

_BLOBS = (Kind.TEXT, Kind.MAP, Kind.BINARY, Kind.TOKEN, Kind.LIST)
COMPRESSIBLE = (Kind.TEXT, Kind.MAP, Kind.LIST)
"""What compresses whatever it holds, though by how much nobody knows before it is measured."""


def _home(f: DynamoFacts, entity: Entity) -> tuple[Table, ItemShape] | None:
    """Return the table and shape with the most of an entity's attributes."""
    homes = [(t, s) for t, s in f.homes(entity.name) if not s.guards]
    return max(homes, key=lambda home: len(home[1].attributes), default=None)


def _p99(f: DynamoFacts, table: Table, shape: ItemShape) -> int | None:
    facts = f.shape_facts(table.name, shape.name)
    return facts.sizes.p99 if facts is not None else None


def ddb_siz_001(f: DynamoFacts, entity: Entity) -> Verdict:
    """Items near the limit, or costly by their size."""
    sizes = [
        (p99, t, s)
        for t, s in f.homes(entity.name)
        for p99 in (_p99(f, t, s),)
        if p99 is not None and not s.guards
    ]
    if not sizes:
        return None
    p99, table, shape = max(sizes, key=lambda size: size[0])
    if p99 < f.k["item_low"]:
        return Clear(
            f"one in a hundred {shape.name} items has {format_bytes(p99)} or more, of 400 KB"
        )
    return Hit(
        evidence=(
            f"one in a hundred {shape.name} items of {table.name} has {format_bytes(p99)} or more; "
            f"the limit is 400 KB"
        ),
        values={"p99": Decimal(p99)},
        covers=(table.name,),
    )


def ddb_siz_002(f: DynamoFacts, entity: Entity) -> Verdict:
    """Big attributes that few reads want."""
    home = _home(f, entity)
    if home is None:
        return None
    table, shape = home
    facts = f.shape_facts(table.name, shape.name)
    reads = _base_reads(f, entity, table)
    if facts is None or not reads:
        return None
    total = sum((rate for _, rate in reads), ZERO)
    cold = _cold(f, entity, shape, reads, total)
    size = sum((_stored(f, shape, a) for a in cold), ZERO)
    if not total or size < f.k["cold_min_bytes"]:
        return CLEAR
    if size < f.k["cold_size_share"] * facts.sizes.mean.mean:
        return CLEAR
    names = tuple(a.name for a in cold)
    wanting = sum((rate for p, rate in reads if _wants(f, p, names)), ZERO)
    return Hit(
        evidence=(
            f"{', '.join(names)}: {format_bytes(size)} of the "
            f"{format_bytes(facts.sizes.mean.mean)} "
            f"of a {entity.name}, wanted by {percent(wanting / total)} of its reads"
        ),
        values={"size": size},
        options=lambda: _splits(f, table, shape, cold),
    )


def _base_reads(f: DynamoFacts, entity: Entity, table: Table) -> list[tuple[Pattern, Decimal]]:
    """Return the patterns that read the items themselves, with their rates."""
    return [
        (p, f.rate(p))
        for p in f.readers(table.name)
        if p.entity == entity.name and not p.verb.is_write
    ]


def _wants(f: DynamoFacts, pattern: Pattern, names: Iterable[str]) -> bool:
    return bool(f.wanted(pattern) & set(names))


def _stored(f: DynamoFacts, shape: ItemShape, attribute: Attribute) -> Decimal:
    """Return the mean bytes an attribute takes in an item of this shape."""
    if attribute.name in shape.offload:
        return Decimal(64)
    size = f.attribute_bytes(f.entity_of(shape), attribute) * attribute.presence
    return size * dict(shape.compress).get(attribute.name, ONE)


def _cold(
    f: DynamoFacts,
    entity: Entity,
    shape: ItemShape,
    reads: list[tuple[Pattern, Decimal]],
    total: Decimal,
) -> list[Attribute]:
    """Return the attributes that at most `cold_read_share` of the reads want, the biggest first."""
    retained = {n for k in shape.keys for n in k[1].attributes} | set(entity.key)
    attributes = []
    for attribute in entity.attributes:
        if attribute.name not in shape.attributes or attribute.name in retained:
            continue
        rate = sum((r for p, r in reads if attribute.name in f.wanted(p)), ZERO)
        is_big = _stored(f, shape, attribute) >= f.k["cold_min_bytes"] / 4
        if is_big and total and rate / total <= f.k["cold_read_share"]:
            attributes.append(attribute)
    return sorted(attributes, key=lambda a: (-_stored(f, shape, a), a.name))


def _splits(
    f: DynamoFacts, table: Table, shape: ItemShape, attributes: list[Attribute]
) -> Iterable[FixOption]:
    """Offer to move all of them, then the biggest alone, to a part of its own."""
    needed = _needed_by_indexes(f, table)
    free = [a for a in attributes if a.name not in needed]
    groups = [free, free[:1]] if len(free) > 1 else [free]
    for group in groups:
        if group:
            yield FixOption(changes=(split(table, shape, tuple(a.name for a in group)),))


def split(table: Table, shape: ItemShape, names: tuple[str, ...]) -> SplitEntity:
    """Return the change that moves attributes out: under the same key, or to an own table."""
    title = "".join(part.capitalize() for part in names[0].split("_"))
    part = f"{shape.name}{title}"
    into = "" if table.sort_key is not None else f"{table.name}_{names[0].lower()}"
    return SplitEntity(table=table.name, shape=shape.name, attributes=names, part=part, into=into)


def ddb_siz_003(f: DynamoFacts, entity: Entity, attribute: Attribute) -> Verdict:
    """A big value that could be compressed, or live in object storage."""
    if attribute.kind not in _BLOBS:
        return None
    homes = [(t, s) for t, s in f.homes(entity.name) if attribute.name in s.attributes]
    if not homes:
        return None
    table, shape = homes[0]
    if attribute.name in shape.offload or attribute.name in dict(shape.compress):
        return CLEAR
    if any(attribute.name in _asked(a.part) for a in f.actions_on(entity.name)):
        return None
    size = f.value_bytes(entity, attribute)
    if attribute.bytes is None and attribute.elements is None and not attribute.fields:
        return Missing(f"how many bytes {entity.name}.{attribute.name} has")
    squeezes = attribute.kind in COMPRESSIBLE or attribute.compressible is not None
    is_big = size >= f.k["offload_bytes"]
    if not is_big and not (size >= f.k["compress_bytes"] and squeezes):
        return CLEAR
    ratio = attribute.compressible or f.k["compress_ratio"]
    p99 = _p99(f, table, shape)
    return Hit(
        evidence=(
            f"{attribute.name} keeps {format_bytes(size)} in each {shape.name} of {table.name}"
        ),
        values={"size": size, "p99": Decimal(p99) if p99 is not None else None},
        options=lambda: _smaller(table, shape, attribute, ratio if squeezes else None),
        covers=(entity.name,),
    )


def _asked(part: Pattern) -> set[str]:
    return {w.attribute.split(".")[0] for w in part.where}


def _smaller(
    table: Table, shape: ItemShape, attribute: Attribute, ratio: Decimal | None
) -> Iterable[FixOption]:
    name = attribute.name
    if ratio is not None and ratio < 1:
        packed = Compress(table=table.name, shape=shape.name, attribute=name, ratio=ratio)
        yield FixOption(changes=(packed,))
    yield FixOption(changes=(Offload(table=table.name, shape=shape.name, attribute=name),))


def ddb_siz_004(f: DynamoFacts, entity: Entity) -> Verdict:
    """A list inside an item that grows for ever."""
    lists = [
        *_growing_embeds(f, entity),
        *_growing_attributes(f, entity),
    ]
    if not any(f.homes(entity.name)):
        return None
    if not lists:
        return CLEAR if _has_lists(f, entity) else None
    table, shape, name, per_day, element = max(lists, key=lambda one: one[3] * (one[4] or ONE))
    if element is None:
        return Missing(f"how big an element of {entity.name}.{name} is")
    p99 = _p99(f, table, shape)
    if p99 is None:
        return None
    growth = per_day * DAYS_PER_MONTH * element
    months = max(ZERO, f.k["item_max"] - p99) / growth if growth else None
    if months is None:
        return CLEAR
    return Hit(
        evidence=(
            f"{name} of a {shape.name} grows by {decimals(per_day)} elements of "
            f"{format_bytes(element)} "
            f"a day; the item is full in {decimals(months)} months"
        ),
        values={"months": months, "per_day": per_day, "p99": Decimal(p99)},
        options=lambda: _exploded(f, entity, table, shape, name),
    )


Growing = tuple[Table, ItemShape, str, Decimal, Decimal | None]


def _has_lists(f: DynamoFacts, entity: Entity) -> bool:
    kinds = (Kind.LIST, Kind.SET)
    return any(a.kind in kinds for a in entity.attributes) or any(
        s.embeds for _, s in f.homes(entity.name)
    )


def _growing_embeds(f: DynamoFacts, entity: Entity) -> list[Growing]:
    growings: list[Growing] = []
    for table, shape in f.homes(entity.name):
        for embed in shape.embeds:
            child = f.model.entity(embed.entity)
            if child.count.bounded or child.retention_days is not None:
                continue
            parents = f.count(entity.name)
            puts = sum(
                (f.rate(a.root) for a in f.actions_on(child.name) if a.part.verb is Verb.PUT), ZERO
            )
            inflow = child.count.inflow_per_day
            per_day = inflow if inflow is not None else puts * SECONDS_PER_DAY / max(ONE, parents)
            size = sum((f.attribute_bytes(child, a) * a.presence for a in child.attributes), ZERO)
            growings.append((table, shape, embed.attribute, per_day, size))
    return growings


def _growing_attributes(f: DynamoFacts, entity: Entity) -> list[Growing]:
    growings: list[Growing] = []
    for attribute in entity.attributes:
        if attribute.kind not in (Kind.LIST, Kind.SET, Kind.MAP):
            continue
        if attribute.elements is not None and attribute.elements.high is not None:
            continue
        appends = sum(
            (
                f.rate(a.root)
                for a in f.actions_on(entity.name)
                if attribute.name in a.part.appends and attribute.name not in a.part.removes
            ),
            ZERO,
        )
        homes = [(t, s) for t, s in f.homes(entity.name) if attribute.name in s.attributes]
        if not appends or not homes:
            continue
        element = attribute.element
        size = f.value_bytes(entity, element) + 1 if element is not None else None
        per_day = appends * SECONDS_PER_DAY / max(ONE, f.count(entity.name))
        growings.append((*homes[0], attribute.name, per_day, size))
    return growings


def _exploded(
    f: DynamoFacts, entity: Entity, table: Table, shape: ItemShape, name: str
) -> Iterable[FixOption]:
    child = next((f.model.entity(e.entity) for e in shape.embeds if e.attribute == name), None)
    if child is None or len(entity.key) != 1 or not child.has(entity.key[0]):
        return
    change = ExplodeList(
        table=table.name,
        shape=shape.name,
        embed=name,
        child_key=child.key,
        parent_key=entity.key[0],
        attributes=child.names,
        into=f"{table.name}_{name}",
    )
    yield FixOption(changes=(change,))


def ddb_siz_005(f: DynamoFacts, pattern: Pattern) -> Verdict:
    """A small change that rewrites a big item."""
    if pattern.verb is not Verb.UPDATE:
        return None
    entity = f.model.entity(pattern.entity)
    home = _home(f, entity)
    if home is None:
        return None
    table, shape = home
    facts = f.shape_facts(table.name, shape.name)
    touched = [a for a in entity.attributes if a.name in pattern.touched]
    if facts is None or not touched or not facts.sizes.mean.mean:
        return None
    stored = [a for a in touched if a.name in shape.attributes]
    if not stored:
        return CLEAR  # it is in a part of its own already
    size = sum((_stored(f, shape, a) for a in stored), ZERO)
    units = f.units(pattern, "write")
    if size > f.k["small_update"] * facts.sizes.mean.mean or units < 4:
        return CLEAR
    return Hit(
        evidence=(
            f"{pattern.name} changes {format_bytes(size)} and rewrites an item of "
            f"{format_bytes(facts.sizes.mean.mean)}: {decimals(units)} write units with indexes"
        ),
        values={"units": units},
        options=lambda: _sibling(f, table, shape, stored),
        covers=(table.name,),
    )


def _sibling(
    f: DynamoFacts, table: Table, shape: ItemShape, touched: list[Attribute]
) -> Iterable[FixOption]:
    """Offer to move what changes, unless an index needs it where it is."""
    needed = _needed_by_indexes(f, table)
    names = tuple(a.name for a in touched if a.name not in needed)
    if len(names) == len(touched):
        yield FixOption(changes=(split(table, shape, names),))


def _needed_by_indexes(f: DynamoFacts, table: Table) -> frozenset[str]:
    """Return the attributes that keys are made of, or that readers of indexes want."""
    names: set[str] = set()
    for index in table.indexes:
        place = TableOrIndex(table, index)
        union = frozenset[str]().union(*(f.projected(place, s) for s in table.shapes))
        names |= union & frozenset[str]().union(*(f.wanted(p) for p in f.serves(place)))
    for vectors in table.vector_indexes:  # a search needs one item to hold all of these
        names |= {vectors.vector, *vectors.search_attributes, *vectors.projection.attributes}
        for pattern in f.model.patterns:
            if pattern.verb is Verb.SIMILAR and pattern.to == vectors.vector:
                names |= set(f.wanted(pattern))
    keys = {*table.keys, *(key for index in table.indexes for key in index.keys)}
    for shape in table.shapes:
        for key in keys:
            template = shape.template(key)
            names |= set(template.attributes) if template is not None else set()
    return frozenset(names)


def ddb_siz_006(f: DynamoFacts, pattern: Pattern) -> Verdict:
    """Looking for something inside a list, a set or a map."""
    if pattern.verb.is_write or not pattern.where:
        return None
    entity = f.model.entity(pattern.entity)
    inside = [
        w.attribute
        for w in pattern.where
        for a in (f.attribute_of(entity, w.attribute.split(".")[0]),)
        if a is not None and a.kind in (Kind.LIST, Kind.SET, Kind.MAP)
    ]
    if not inside:
        return CLEAR
    route = f.route(pattern)
    read = f.matched(pattern) * f.mean_size(route.target) if route is not None else ZERO
    if route is not None and route.operation == "scan":
        read = f.item_bytes(route.target)
    return Hit(
        evidence=(
            f"{pattern.name} looks for {', '.join(inside)} inside {entity.name} and reads "
            f"{format_bytes(read)} to find it"
        ),
        values={"read": read},
    )


def ddb_siz_007(f: DynamoFacts, entity: Entity) -> Verdict:
    """A few bytes more than a whole number of units."""
    verdict: Verdict = None
    for table, shape in f.homes(entity.name):
        facts = f.shape_facts(table.name, shape.name)
        if shape.guards or facts is None or not facts.count:
            continue
        verdict = CLEAR
        for dimension, unit in (("write", WRITE_UNIT_BYTES), ("read", READ_UNIT_BYTES)):
            units = _units_just_above(facts.sizes, unit, f.k["boundary_slack"])
            share = _share_of_a_unit(f, entity, table, dimension, units) if units else ZERO
            if share:
                over = facts.sizes.mean.mean - (units - 1) * unit
                what = "writing" if dimension == "write" else "getting"
                return Hit(
                    evidence=(
                        f"{shape.name} items of {table.name} have on average "
                        f"{decimals(facts.sizes.mean.mean)} bytes, {decimals(over)} more than "
                        f"{(units - 1) * unit // 1024} KB: {what} one is billed as {units} times "
                        f"{unit // 1024} KB, and the last of these is {percent(share)} of the "
                        f"{dimension} units of the table"
                    ),
                    values={"share": share},
                )
    return verdict


MOST_UNITS = 4
"""Above so many units one more or less is a small share."""


def _units_just_above(sizes: SizeFacts, unit: int, slack: Decimal) -> int:
    """Return the units that most items take, if they are just above one less; 0 if not."""
    taken = {ceil(size / unit) for size in (sizes.mean.mean, sizes.p50, sizes.p95)}
    units = max(taken)
    if len(taken) > 1 or not 2 <= units <= MOST_UNITS:
        return 0
    boundary = (units - 1) * unit
    return units if max(sizes.mean.mean, Decimal(sizes.p95)) - boundary <= slack * unit else 0


def _share_of_a_unit(
    f: DynamoFacts, entity: Entity, table: Table, dimension: str, units: int
) -> Decimal:
    """Return what one of the units of an item is of all such units of a table."""
    patterns = f.writers(table.name) if dimension == "write" else f.readers(table.name)
    taken = sum(
        (
            f.rate(p) * f.units(p, dimension, table.name)
            for p in patterns
            if p.entity == entity.name and (dimension == "write" or p.verb is Verb.GET)
        ),
        ZERO,
    )
    total = f.mean_units(table.name, dimension)
    return taken / units / total if total else ZERO
