"""Predicates about keys and identity; what each rule means is in `rules/key_design.yaml`."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

from tablewright.core.quantities import (
    ONE,
    SECONDS_PER_DAY,
    SECONDS_PER_MONTH,
    ZERO,
    decimals,
    format_bytes,
    percent,
)
from tablewright.engines.dynamodb.design import (
    Index,
    ItemShape,
    KeyTemplate,
    Projection,
    ProjectionKind,
    Table,
)
from tablewright.engines.dynamodb.facts import DynamoFacts, is_time
from tablewright.engines.dynamodb.item_changes import AddGuardItem
from tablewright.engines.dynamodb.key_changes import AddIndex, RekeyTable, ShardKey
from tablewright.engines.dynamodb.usage_facts import TableOrIndex
from tablewright.model.values import Attribute, Entity, Kind, Pattern, Verb
from tablewright.review.verdicts import CLEAR, Clear, FixOption, Hit, Missing, Verdict

LOGINS = (Kind.EMAIL, Kind.USERNAME, Kind.PHONE)
_COUNTS = (Kind.INT, Kind.DECIMAL, Kind.MONEY, Kind.COUNTER)


def ddb_key_001(f: DynamoFacts, place: TableOrIndex) -> Verdict:
    """Nobody reads by the table's key; one index does the work."""
    table = place.table
    reads = f.reads_of(table.name)
    if not table.indexes or not reads:
        return None
    by_index: dict[str, Decimal] = {}
    for pattern in reads:
        for target in _targets(f, pattern):
            if target == table.name:
                return CLEAR
            by_index[target] = by_index.get(target, ZERO) + f.rate(pattern)
    total = sum(by_index.values(), ZERO)
    name = max(sorted(by_index), key=lambda n: by_index[n])
    busiest = f.place(name)
    if busiest is None or busiest.index is None or not total:
        return CLEAR
    share = by_index[name] / total
    only_id = _writes_without(f, table, busiest.index)
    if share < f.k["dominant_share"] or only_id > ONE - f.k["known_share"]:
        return CLEAR
    index = busiest.index
    return Hit(
        evidence=(
            f"no read uses the key of {table.name}; {name} takes {percent(share)} of its reads"
        ),
        options=lambda: _rekeyed(f, table, index),
        covers=(name,),
    )


def _targets(f: DynamoFacts, pattern: Pattern) -> tuple[str, ...]:
    route = f.route(pattern)
    return route.targets if route is not None else ()


def _writes_without(f: DynamoFacts, table: Table, index: Index) -> Decimal:
    """Return the share of a table's writes whose caller does not hold the index's key."""
    total = without = ZERO
    for pattern in f.writers(table.name):
        rate = f.rate(pattern)
        total += rate
        union = frozenset[str]().union(*(f.held(p) for p in pattern.parts or (pattern,)))
        if not set(index.partition_keys) <= union:
            without += rate
    return without / total if total else ZERO


def _rekeyed(f: DynamoFacts, table: Table, index: Index) -> Iterable[FixOption]:
    """Offer an index's key as the table's, made unique by the old id; then also a look-up by it."""
    lookup = Index(
        name=f"by_{table.partition_key}",
        partition_keys=(table.partition_key,),
        projection=Projection(kind=ProjectionKind.KEYS_ONLY),
    )
    changes = [r for r in (_by_old_id(table, index), rekey_by_index(table, index)) if r is not None]
    for change in dict.fromkeys(changes):
        yield FixOption(changes=(change,))
    if changes and all(i.name != lookup.name for i in table.indexes):
        yield FixOption(changes=(changes[-1], AddIndex(table=table.name, index=lookup)))


def _by_old_id(table: Table, index: Index) -> RekeyTable | None:
    """Return the change that files items under an index's partition key, by their old id."""
    return rekey_by_index(table, replace(index, sort_keys=()))


def rekey_by_index(table: Table, index: Index) -> RekeyTable | None:
    """Return the change that makes an index's key the table's, with the old id last."""
    if table.sort_key is not None or len(index.partition_keys) != 1 or len(index.sort_keys) > 1:
        return None
    partition, old = index.partition_keys[0], table.partition_key
    if any(old not in shape.attributes for shape in table.shapes):
        return None
    sort = old
    templates: tuple[tuple[str, str, KeyTemplate], ...] = ()
    if index.sort_keys and index.sort_keys[0] != old:
        sort = f"{index.sort_keys[0]}_{old}"
        template = KeyTemplate.parse(f"{{{index.sort_keys[0]}}}#{{{old}}}")
        templates = tuple((shape.name, sort, template) for shape in table.shapes)
    return RekeyTable(
        table=table.name,
        partition_key=partition,
        sort_key=sort,
        templates=templates,
        drops=(index.name,),
    )


def ddb_key_002(f: DynamoFacts, child: Entity) -> Verdict:
    """A child filed under its own id, found through an index by parent."""
    ancestors = f.ancestors(child)
    for table, shape in f.homes(child.name):
        if shape.guards or table.sort_key is not None:
            continue
        if shape.template(table.partition_key) is None:
            continue
        if not f.is_generated(child, table.partition_key):
            continue
        for index in table.indexes:
            if index.is_local or len(index.partition_keys) != 1:
                continue
            key = index.partition_keys[0]
            attribute = f.attribute_of(child, key)
            if attribute is None or f.points_to(child, attribute) not in ancestors:
                continue
            return _identifying(f, child, table, index, key)
        return CLEAR
    return None


def _identifying(f: DynamoFacts, child: Entity, table: Table, index: Index, key: str) -> Verdict:
    total = known = hot = ZERO
    share = f.top_share(child, key)
    for action in f.actions_on(child.name):
        rate = f.rate(action.root)
        total += rate
        if key in f.held(action.part):
            known += rate
        if action.part.verb.is_write and share is not None:
            hot += f.peak(action.root) * f.units(action.root, "write", table.name) * share[0]
    if not total:
        return None
    place = TableOrIndex(table, index)
    if known / total < f.k["known_share"] or hot >= f.k["hot_watch"] * f.k["part_wcu"]:
        return CLEAR
    return Hit(
        evidence=(
            f"{percent(known / total)} of the calls on {child.name} hold {key}, yet {table.name} "
            f"is keyed by {table.partition_key} alone, so that it holds one {child.name} for each "
            f"{table.partition_key}, and {index.name} repeats every write"
        ),
        options=lambda: _rekeyed(f, table, index),
        covers=(table.name, place.name),
    )


def ddb_key_003(f: DynamoFacts, place: TableOrIndex) -> Verdict:
    """Too few key values to spread the load over."""
    values = f.distinct(place)
    if not f.templates(place, place.partition_keys):
        return None
    if values is None:
        return Missing(f"how many values {', '.join(place.partition_keys)} has (`distinct`)")
    reads, writes = f.peak_units(place.name, "read"), f.peak_units(place.name, "write")
    need = max(reads / f.k["part_rcu"], writes / f.k["part_wcu"])
    if any(index.is_local for index in place.table.indexes):
        need = max(need, f.item_bytes(place.name) / f.k["part_bytes"])
    if values >= max(f.k["min_pk_values"], 2 * need) or need == 0:
        return Clear(f"{decimals(values)} values in {place.name}")
    if values >= f.entries(place.name):  # few values because there is little data, not by design
        return CLEAR
    heat = f.hot_units(place, "write")
    is_lopsided = (
        place.is_gsi
        and heat is not None
        and writes > 0
        and heat.units / writes >= f.k["dominant_share"]
        and writes >= f.k["part_wcu"] / 4
    )
    shards = max(2, math.ceil(need / f.k["shard_target"]))
    return Hit(
        evidence=(
            f"{place.name} has {decimals(values)} partition key value{'s' if values != 1 else ''} "
            "for "
            f"{decimals(reads)} read and {decimals(writes)} write units a second at the peak"
        ),
        values={
            "values": values,
            "need": need,
            "splittable": f.is_splittable(place),
            "lopsided": is_lopsided,
        },
        options=lambda: _sharded(place, shards) if need > values else (),
    )


def _sharded(place: TableOrIndex, shards: int) -> Iterable[FixOption]:
    index = place.index.name if place.index is not None else ""
    yield FixOption(changes=(ShardKey(table=place.table.name, index=index, shards=shards),))


def ddb_key_004(f: DynamoFacts, place: TableOrIndex) -> Verdict:
    """All writes of one moment fall on one key value."""
    created = f.templates(place, place.partition_keys)
    if not created:
        return None
    if not any(_is_time_key(f, shape, templates) for shape, templates in created):
        return CLEAR
    shards = min(math.prod(t.shards for t in templates) for _, templates in created)
    peak = f.peak_units(place.name, "write") / shards
    ceil = math.ceil(peak / (f.k["shard_target"] * f.k["part_wcu"]))
    return Hit(
        evidence=(
            f"the partition key of {place.name} follows time, so {decimals(peak)} write units a "
            f"second fall on one value ({decimals(f.k['part_wcu'])} are possible)"
        ),
        values={"peak": peak},
        options=lambda: _sharded(place, ceil) if ceil > 1 else (),
    )


def _is_time_key(f: DynamoFacts, shape: ItemShape, templates: tuple[KeyTemplate, ...]) -> bool:
    entity = f.entity_of(shape)
    names = [name for template in templates for name in template.attributes]
    attributes = [f.attribute_of(entity, name) for name in names]
    return bool(names) and all(
        a is not None and (is_time(a) or a.role == "sequence") for a in attributes
    )


def ddb_key_005(f: DynamoFacts, place: TableOrIndex) -> Verdict:
    """Text that is to sort like numbers or times, and does not."""
    if not place.sort_keys:
        return None
    misordered = _misordered(f, place)
    ordered = [p for p in f.serves(place) if p.sort or _has_range(p)]
    if misordered is None or not ordered:
        return CLEAR
    return Hit(
        evidence=f"{misordered}, and {ordered[0].name} asks for an order or a range of it",
    )


def _has_range(pattern: Pattern) -> bool:
    return any(w.operator in ("between", "lt", "le", "gt", "ge") for w in pattern.where)


def _misordered(f: DynamoFacts, place: TableOrIndex) -> str | None:
    encodings: dict[str, str] = {}
    for key in place.sort_keys:
        for shape, (template,) in f.templates(place, (key,)):
            entity = f.entity_of(shape)
            first = f.attribute_of(entity, template.attributes[0]) if template.attributes else None
            if first is None:
                continue
            is_text = len(template.parts) > 1
            if is_text and first.kind in _COUNTS:
                return f"{key} of {shape.name} is the text `{template}` of a number without padding"
            if is_time(first):
                form = "number" if first.kind is Kind.EPOCH and not is_text else first.kind.value
                encodings.setdefault(form, shape.name)
    if len(encodings) > 1:
        shown = " and ".join(f"{form} in {shape}" for form, shape in sorted(encodings.items()))
        return f"{', '.join(place.sort_keys)} holds time as {shown}"
    return None


def ddb_key_006(f: DynamoFacts, entity: Entity) -> Verdict:
    """Two instances can have the same primary key."""
    homes = [(t, s) for t, s in f.homes(entity.name) if not s.guards and _is_core(entity, s)]
    puts = [a for a in f.actions_on(entity.name) if a.part.verb is Verb.PUT]
    if not homes or not puts:
        return None
    table, shape = homes[0]
    keys = _key_attributes(table, shape)
    if not keys:
        return None if entity.count.per == "total" and entity.count.mean == 1 else CLEAR
    identity = entity.identity or entity.key
    if any(_determines(entity, keys, names) for names in (identity, entity.key)):
        return CLEAR
    if any(a.name in keys and a.unique for a in entity.attributes):
        return CLEAR
    lost = _overwrites(f, entity, keys)
    if lost is None:
        return Missing(f"how many values {', '.join(sorted(keys))} of {entity.name} has")
    if lost < f.k["loss_month"]:
        return CLEAR
    return Hit(
        evidence=(
            f"the key of {table.name} ({', '.join(sorted(keys))}) does not tell one {entity.name} "
            "from "
            f"another ({', '.join(identity)}): about {decimals(lost)} overwritten a month"
        ),
        values={"lost": lost},
        options=lambda: _tie_broken(table, shape, entity),
        covers=(table.name,),
    )


def _is_core(entity: Entity, shape: ItemShape) -> bool:
    return set(entity.key) <= set(shape.attributes) or not shape.attributes


def _key_attributes(table: Table, shape: ItemShape) -> frozenset[str]:
    templates = (shape.template(key) for key in table.keys)
    return frozenset(name for t in templates if t is not None for name in t.attributes)


def _determines(entity: Entity, keys: frozenset[str], names: tuple[str, ...]) -> bool:
    return bool(names) and set(names) <= keys


def _overwrites(f: DynamoFacts, entity: Entity, keys: frozenset[str]) -> Decimal | None:
    """Return puts a month that meet an existing key: those within one tick of its clock."""
    times = [a for a in entity.attributes if a.name in keys and is_time(a)]
    other_keys = [name for name in sorted(keys) if name not in {a.name for a in times}]
    values = ONE
    for name in other_keys:
        distinct_values = f.distinct_values(entity, name)
        if distinct_values is None:
            return None
        values *= distinct_values
    lost = ZERO
    for action in f.actions_on(entity.name):
        if action.part.verb is not Verb.PUT or action.part.condition == "absent":
            continue
        rate = f.rate(action.root) * action.part.batch
        if not times:
            lost += rate * SECONDS_PER_MONTH
            continue
        tick = min(_tick_seconds(a) for a in times)
        meets = 1 - math.exp(-float(rate / values) * tick)
        lost += rate * SECONDS_PER_MONTH * Decimal(repr(round(meets, 15)))
    return lost


def _tick_seconds(attribute: Attribute) -> float:
    return {Kind.DATE: float(SECONDS_PER_DAY), Kind.EPOCH: 1.0}.get(attribute.kind, 0.001)


def _tie_broken(table: Table, shape: ItemShape, entity: Entity) -> Iterable[FixOption]:
    own_key = next((k for k in reversed(entity.key) if k in shape.attributes), None)
    if own_key is None:
        return
    if table.sort_key is None:
        yield FixOption(
            changes=(
                RekeyTable(table=table.name, partition_key=table.partition_key, sort_key=own_key),
            )
        )
        return
    template = shape.template(table.sort_key)
    if template is None:
        return
    is_plain = table.sort_key in shape.attributes
    name = f"{table.sort_key}_{own_key}" if is_plain else table.sort_key
    longer = KeyTemplate.parse(f"{template}#{{{own_key}}}")
    yield FixOption(
        changes=(
            RekeyTable(
                table=table.name,
                partition_key=table.partition_key,
                sort_key=name,
                templates=((shape.name, name, longer),),
            ),
        )
    )


def ddb_key_007(f: DynamoFacts, group: tuple[Pattern, ...]) -> Verdict:
    """One user operation asks several tables, or one after the other."""
    reads = [p for p in group if not p.verb.is_write and f.route(p) is not None]
    if len(reads) < 2:
        return None
    tables = sorted({t for p in reads for t in f.tables_of(p)})
    routes = [r for p in reads for r in (f.route(p),) if r is not None]
    depth = max(r.depth for r in routes)
    requests = sum((q.calls for r in routes for q in r.requests), ZERO)
    rates = sorted(f.rate(p) for p in reads)
    read_bytes = sum((q.calls * q.bytes for r in routes for q in r.requests), ZERO)
    if len(tables) < 2 or (depth < 2 and requests < 3):
        return CLEAR
    together = rates[0] / rates[-1] if rates[-1] else ZERO
    if together < f.k["coaccess_share"] or read_bytes > f.k["coaccess_bytes"]:
        return CLEAR
    limits = [slo for p in reads for slo in (f.slo(p),) if slo is not None]
    rounds = Decimal(max(depth, len(reads)))
    return Hit(
        evidence=(
            f"{', '.join(p.name for p in reads)} send {decimals(requests)} requests to "
            f"{', '.join(tables)} for {format_bytes(read_bytes)} that one query could return"
        ),
        values={
            "depth": rounds,
            "too_slow": bool(limits) and rounds * f.k["call_ms"] > min(limits),
        },
    )


def ddb_key_009(f: DynamoFacts, entity: Entity) -> Verdict:
    """Edges of a many-to-many relation can be followed one way only."""
    for table, shape in f.homes(entity.name):
        if table.sort_key is None or shape.guards:
            continue
        left_side, right = _sole(shape, table.partition_key), _sole(shape, table.sort_key)
        if left_side is None or right is None or not _are_ends(f, entity, left_side, right):
            continue
        for action in f.actions_on(entity.name):
            part = action.part
            if part.verb.is_write or right not in part.equalities or left_side in part.equalities:
                continue
            route = f.route(action.root)
            if route is not None and (route.operation == "scan" or not route.is_served):
                return _backwards(f, table, shape, (left_side, right), part)
        return CLEAR
    return None


def _sole(shape: ItemShape, key: str) -> str | None:
    template = shape.template(key)
    names = template.attributes if template is not None else ()
    return names[0] if len(names) == 1 else None


def _are_ends(f: DynamoFacts, entity: Entity, left_side: str, right: str) -> bool:
    ends = []
    for name in (left_side, right):
        attribute = f.attribute_of(entity, name)
        ends.append(f.points_to(entity, attribute) if attribute is not None else None)
    return None not in ends and ends[0] != ends[1]


def _backwards(
    f: DynamoFacts, table: Table, shape: ItemShape, ends: tuple[str, str], pattern: Pattern
) -> Hit:
    left_side, right = ends
    required = f.wanted(pattern) - set(table.keys) - {left_side, right}
    required &= set(shape.attributes)
    projection = (
        Projection(kind=ProjectionKind.INCLUDE, attributes=tuple(sorted(required)))
        if required
        else Projection(kind=ProjectionKind.KEYS_ONLY)
    )
    index = Index(
        name=f"by_{right}", partition_keys=(right,), sort_keys=(left_side,), projection=projection
    )
    return Hit(
        evidence=f"{pattern.name} asks by {right}, but {table.name} is keyed by {left_side} first",
        options=lambda: [FixOption(changes=(AddIndex(table=table.name, index=index),))],
        covers=(pattern.name, table.name),
    )


def ddb_key_010(f: DynamoFacts, entity: Entity, attribute: Attribute) -> Verdict:
    """Uniqueness is declared, and nothing in the database keeps it."""
    if not attribute.unique or attribute.unique_elsewhere:
        return None
    if attribute.kind in (Kind.UUID, Kind.ULID):
        return None  # what is drawn at random is unique without a guard
    homes = [(t, s) for t, s in f.homes(entity.name) if not s.guards]
    if not homes:
        return None
    if any(s.guards and attribute.name in s.guards for _, s in f.homes(entity.name)):
        return CLEAR
    if any(_key_attributes(t, s) == {attribute.name} for t, s in homes):
        return CLEAR
    if _is_guarded_by_entity(f, entity, attribute):
        return CLEAR
    writers = sorted(
        {
            a.root.name
            for a in f.actions_on(entity.name)
            if a.part.verb is Verb.PUT or attribute.name in a.part.touched
        }
    )
    table = next((t for t, s in homes if _is_core(entity, s)), homes[0][0])
    by = f" ({', '.join(writers)})" if writers else ""
    return Hit(
        evidence=(
            f"{attribute.name} of {entity.name} is unique, but no key of {table.name} is made "
            f"of it: two writes at once both succeed{by}"
        ),
        values={"login": attribute.kind in LOGINS or attribute.role in ("login", "payment")},
        options=lambda: _guarded(f, table, entity, attribute),
    )


def _is_guarded_by_entity(f: DynamoFacts, entity: Entity, attribute: Attribute) -> bool:
    """Whether a transaction puts another entity, keyed by the attribute, if absent."""
    for pattern in f.model.patterns:
        parts = pattern.parts
        if not any(p.entity == entity.name for p in parts):
            continue
        for part in parts:
            other_entity = f.model.entity(part.entity)
            if (
                part.verb is Verb.PUT
                and part.condition == "absent"
                and other_entity.name != entity.name
                and attribute.name in other_entity.key
            ):
                return True
    return False


def _guarded(
    f: DynamoFacts, table: Table, entity: Entity, attribute: Attribute
) -> Iterable[FixOption]:
    shape = next(s for s in table.shapes if s.entity == entity.name and not s.guards)
    for key in table.keys:
        template = shape.template(key)
        plain = f.attribute_of(entity, key)
        if template is None or (plain is not None and plain.kind.is_number):
            return
    guard = AddGuardItem(table=table.name, entity=entity.name, attributes=(attribute.name,))
    yield FixOption(changes=(guard,))


def ddb_key_011(f: DynamoFacts, entity: Entity) -> Verdict:
    """A value that people change is part of the primary key."""
    homes = [(t, s) for t, s in f.homes(entity.name) if not s.guards]
    if not homes:
        return None
    for table, shape in homes:
        for name in sorted(_key_attributes(table, shape)):
            attribute = f.attribute_of(entity, name)
            if attribute is None or f.points_to(entity, attribute) is not None:
                continue
            rate = _change_rate(f, entity, name)
            changes = attribute.kind in LOGINS or attribute.role in ("status", "title", "assignee")
            if rate <= 0 and not changes:
                continue
            return _movable(f, entity, attribute, table, rate)
    return CLEAR


def _change_rate(f: DynamoFacts, entity: Entity, name: str) -> Decimal:
    """Return how often an attribute changes, per second."""
    return sum(
        (
            f.rate(a.root) * dict(a.part.changes).get(name, ONE)
            for a in f.actions_on(entity.name)
            if name in a.part.touched
        ),
        ZERO,
    )


def _movable(
    f: DynamoFacts, entity: Entity, attribute: Attribute, table: Table, rate: Decimal
) -> Hit:
    children = ZERO
    count = f.count(entity.name)
    for child in f.model.children_of(entity.name):
        children = max(children, f.count(child.name) / count if count else ZERO)
    referred = any(
        a.to == entity.name for other_entity in f.model.entities for a in other_entity.attributes
    ) or bool(f.model.children_of(entity.name))
    often = (
        f"changes {decimals(rate * SECONDS_PER_DAY)} times a day"
        if rate
        else "is of a kind people change"
    )
    return Hit(
        evidence=f"{attribute.name} is in the key of {table.name} and {often}",
        values={
            "fan": children,
            "referred": referred,
            "settled": attribute.immutable and rate == 0,
        },
        covers=(table.name,),
    )


def ddb_key_012(f: DynamoFacts, pattern: Pattern) -> Verdict:
    """A write whose caller does not hold the primary key."""
    parts = [
        p
        for p in (pattern.parts or (pattern,))
        if p.verb in (Verb.UPDATE, Verb.DELETE) and f.homes(p.entity)
    ]
    if not parts:
        return None
    for part in parts:
        without_key = _without_key(f, pattern, part)
        if without_key is not None:
            return without_key
    return CLEAR


def _without_key(f: DynamoFacts, pattern: Pattern, part: Pattern) -> Hit | None:
    entity, stored = f.model.entity(part.entity), f.held(part)
    shapes = [(t, s) for t, s in f.homes(entity.name) if not s.guards]
    if not shapes or any(_key_attributes(t, s) <= stored for t, s in shapes):
        return None
    table, shape = shapes[0]
    lacking = sorted(_key_attributes(table, shape) - stored)
    way = [i.name for i in table.indexes if i.partition_keys and set(i.partition_keys) <= stored]
    if not way and shape.template(table.partition_key) is not None:
        first = shape.template(table.partition_key)
        if first is not None and set(first.attributes) <= stored and table.sort_key is not None:
            way = ["a query of the partition"]
    slo = f.slo(pattern)
    return Hit(
        evidence=(
            f"{pattern.name} does not hold {', '.join(lacking)} of the key of {table.name}"
            + (f"; it is looked up through {way[0]}" if way else "; nothing leads to it but a scan")
        ),
        values={
            "unreachable": not way,
            "look_up": f.price_of_reads(table, f.rate(pattern) / 2),
            "fast_enough": slo is None or 2 * f.k["call_ms"] <= slo,
        },
    )


def any_key_001(f: DynamoFacts, subject: Entity | Pattern) -> Verdict:
    """Something of the model has no place in the design, or no route."""
    if isinstance(subject, Pattern):
        route = f.route(subject)
        if any(not _has_home(f, part.entity) for part in subject.parts or (subject,)):
            return None  # the entity's own finding says so
        if route is not None and route.is_served:
            return CLEAR
        reason = route.cannot if route is not None else "there is no route at all"
        return Hit(evidence=f"{subject.name} cannot be served: {reason}")
    used = f.actions_on(subject.name)
    if not used:
        return None
    if _has_home(f, subject.name):
        return CLEAR
    names = ", ".join(sorted({a.root.name for a in used}))
    return Hit(evidence=f"{subject.name} is in no table, but {names} use it")


def _has_home(f: DynamoFacts, entity: str) -> bool:
    return bool(f.homes(entity)) or entity in f.embedded


def any_fit_004(f: DynamoFacts, entity: Entity) -> Verdict:
    """More kinds of questions than a key-value store is made for."""
    shapes = {
        (tuple(sorted(a.part.equalities)), a.part.sort)
        for a in f.actions_on(entity.name)
        if not a.part.verb.is_write and a.part.purpose == "online" and a.part.where
    }
    if not shapes:
        return None
    if len(shapes) <= f.k["adhoc_shapes"]:
        return CLEAR
    return Hit(
        evidence=f"{entity.name} is asked for in {len(shapes)} combinations of condition and order",
        values={"shapes": Decimal(len(shapes))},
    )
