"""Predicates about indexes and access paths; what each rule means is in `rules/indexes.yaml`."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from tablewright.capacity.limits import READ_UNIT_BYTES, WRITE_UNIT_BYTES
from tablewright.capacity.units import Consistency
from tablewright.core.quantities import (
    DAYS_PER_MONTH,
    ONE,
    SECONDS_PER_DAY,
    ZERO,
    decimals,
    format_usd,
    percent,
)
from tablewright.design import changes as model_changes
from tablewright.engines.dynamodb.access import match_key
from tablewright.engines.dynamodb.design import Index, ItemShape, KeyTemplate, ProjectionKind, Table
from tablewright.engines.dynamodb.facts import DynamoFacts
from tablewright.engines.dynamodb.key_changes import (
    AddIndex,
    ChangeProjection,
    DropIndex,
    MakeSparse,
    RekeyIndex,
)
from tablewright.engines.dynamodb.reading.context import with_known
from tablewright.engines.dynamodb.reading.key_reads import missing_from
from tablewright.engines.dynamodb.rules.projections import needed_by_readers, projecting
from tablewright.engines.dynamodb.usage_facts import TableOrIndex
from tablewright.evaluation.engine import Refused
from tablewright.model.values import Condition, Entity, Pattern, Verb
from tablewright.review.verdicts import CLEAR, FixOption, Hit, Missing, Verdict

_RANGES = ("between", "lt", "le", "gt", "ge", "begins_with")


def ddb_idx_001(f: DynamoFacts, pattern: Pattern) -> Verdict:
    """A question answered by reading everything."""
    route = f.route(pattern)
    if route is None or not route.is_served or pattern.verb.is_write or pattern.verb is Verb.SCAN:
        return None
    if route.operation != "scan":
        return CLEAR
    items = sum((r.calls * r.items for r in route.requests), ZERO)
    if items and f.returned(pattern) / items >= f.k["filter_ok"]:
        return CLEAR
    place = f.place(route.target)
    size = f.item_bytes(route.target)
    pages = (
        f.units(pattern, "read") / pattern.consistency.factor * READ_UNIT_BYTES / f.k["page_bytes"]
    )
    rate, slo = f.rate(pattern), f.slo(pattern)
    online = pattern.purpose == "online"
    return Hit(
        evidence=(
            f"{pattern.name} scans {route.target}: {decimals(pages)} MB, {decimals(items)} items "
            f"read for {decimals(f.returned(pattern))}, "
            f"{decimals(rate * SECONDS_PER_DAY)} times a day"
        ),
        values={
            "online": online,
            "too_slow": slo is not None and max(ONE, pages) * f.k["scan_page_ms"] > slo,
            "busy": rate * pages >= 1,
            "little": pages < Decimal("0.1"),
            "rare": not online and rate * SECONDS_PER_DAY <= 24,
            "small": size < f.k["page_bytes"] and rate < Decimal("0.1"),
        },
        options=lambda: _index_for(f, place, pattern) if place is not None else (),
    )


def _index_for(f: DynamoFacts, place: TableOrIndex, pattern: Pattern) -> Iterable[FixOption]:
    """Offer an index: equalities as partition key, a range or the order as sort key."""
    shape = next((s for s in place.table.shapes if s.entity == pattern.entity), None)
    if shape is None:
        return
    entity = f.entity_of(shape)
    equal = [n for n in pattern.equalities if _can_be_key(f, entity, shape, n)]
    if not equal:
        return
    equal.sort(key=lambda n: (-(f.distinct_values(entity, n) or ZERO), n))
    ranged = [w.attribute for w in pattern.where if w.operator in _RANGES]
    then = [*ranged[:1], *(name for name, _ in pattern.sort[:1])]
    sort = [n for n in dict.fromkeys(then) if _can_be_key(f, entity, shape, n) and n not in equal]
    keys = {*place.table.keys, *equal, *sort[:1]}
    index = Index(
        name="by_" + "_".join(equal[:4]),
        partition_keys=tuple(equal[:4]),
        sort_keys=tuple(sort[:1]),
        projection=projecting((f.wanted(pattern) & set(shape.attributes)) - keys),
    )
    if all(i.name != index.name for i in place.table.indexes):
        yield FixOption(changes=(AddIndex(table=place.table.name, index=index),))


def _can_be_key(f: DynamoFacts, entity: Entity, shape: ItemShape, name: str) -> bool:
    attribute = f.attribute_of(entity, name)
    return attribute is not None and not attribute.kind.is_container and name in shape.attributes


def ddb_idx_002(f: DynamoFacts, place: TableOrIndex) -> Verdict:
    """Another key already answers what an index is for."""
    index, table = place.index, place.table
    assert index is not None
    if index.is_local or not f.serves(place):
        return None
    needed = needed_by_readers(f, place)
    for other_place in [p for p in f.places if p.table is table and p.index is not index]:
        if _answers(f, other_place, place, needed):
            return Hit(
                evidence=(
                    f"{other_place.name} has the same partition key and answers all that "
                    f"{place.name} "
                    "does"
                ),
                options=lambda: [
                    FixOption(changes=(DropIndex(table=table.name, index=index.name),))
                ],
            )
    return CLEAR


def _answers(
    f: DynamoFacts, other: TableOrIndex, place: TableOrIndex, needed: frozenset[str]
) -> bool:
    if other.partition_keys != place.partition_keys:
        return False
    wants, has = place.sort_keys, other.sort_keys
    if has[: len(wants)] != wants:
        return False
    if wants == has and other.index is not None and place.index is not None:
        names = [i.name for i in place.table.indexes]
        if names.index(other.index.name) > names.index(place.index.name):
            return False  # of two equal indexes the later one is redundant
    union = frozenset[str]().union(*(f.projected(other, s) for s in other.table.shapes))
    return needed <= union


def ddb_idx_003(f: DynamoFacts, place: TableOrIndex) -> Verdict:
    """Readers look for a few values, and every item is indexed."""
    index = place.index
    assert index is not None
    readers = f.serves(place)
    if not place.is_gsi or not readers:
        return None
    shapes = f.templates(place, place.partition_keys)
    if len(shapes) != 1 or any(t.when for t in shapes[0][1]):
        return CLEAR
    shape = shapes[0][0]
    entity = f.entity_of(shape)
    fixed_values = _fixed_values(entity, readers)
    if fixed_values is None:
        return CLEAR
    name, values, share = fixed_values
    if share > f.k["sparse_share"]:
        return CLEAR
    return Hit(
        evidence=(
            f"readers of {place.name} only look for {name} = {', '.join(values)}, "
            f"{percent(share)} of "
            f"the items it holds"
        ),
        values={"share": share},
        options=lambda: _sparse(place, shape, name, values),
    )


def _fixed_values(
    entity: Entity, readers: list[Pattern]
) -> tuple[str, tuple[str, ...], Decimal] | None:
    """Return the attribute that all readers fix, its values, and the share that has them."""
    first = [w for w in readers[0].where if w.operator == "eq" and w.value is not None]
    for condition in first:
        name = condition.attribute
        mine = [w for p in readers for w in p.where if w.attribute == name]
        if len({p.name for p in readers}) != len(mine) or any(w.value is None for w in mine):
            continue
        values = tuple(sorted({str(w.value) for w in mine}))
        share = _share_of_values(entity, name, mine, values)
        if share is not None:
            return name, values, share
    return None


def _share_of_values(
    entity: Entity, name: str, conditions: list[Condition], values: tuple[str, ...]
) -> Decimal | None:
    attribute = entity.attribute(name) if entity.has(name) else None
    if attribute is not None and attribute.values:
        shares = dict(attribute.values)
        return sum((shares.get(value, ZERO) for value in values), ZERO) * attribute.presence
    stated = {w.value: w.share for w in conditions}
    if all(share is not None for share in stated.values()):
        return sum((share for share in stated.values() if share is not None), ZERO)
    return None


def _sparse(
    place: TableOrIndex, shape: ItemShape, name: str, values: tuple[str, ...]
) -> Iterable[FixOption]:
    index = place.index
    assert index is not None
    old = index.partition_keys[0]
    template = shape.template(old)
    if template is None:
        return
    key = f"{name}_{'_'.join(values)}"
    sparse = KeyTemplate(parts=template.parts, when=((name, values),))
    yield FixOption(
        changes=(
            MakeSparse(
                table=place.table.name,
                index=index.name,
                partition_keys=(key, *index.partition_keys[1:]),
                sort_keys=index.sort_keys,
                templates=((shape.name, key, sparse),),
            ),
        )
    )


def ddb_idx_004(f: DynamoFacts, pattern: Pattern) -> Verdict:
    """Most of what a query reads is thrown away by its filter."""
    route = f.route(pattern)
    if route is None or route.operation not in ("query", "batch") or pattern.verb.is_write:
        return None
    if not route.filtered:
        return CLEAR
    retained = selectivity(f, pattern, route.filtered)
    if retained is None:
        return Missing(f"what share of the entries meets {', '.join(route.filtered)}")
    if retained >= f.k["filter_ok"]:
        return CLEAR
    place = f.place(route.target)
    if place is None:
        return None
    wasted = f.price_of_reads(
        place.table, f.rate(pattern) * f.units(pattern, "read", place.name) * (1 - retained)
    )
    read = f.matched(pattern) * f.mean_size(place.name)
    return Hit(
        evidence=(
            f"{pattern.name} reads {decimals(f.matched(pattern))} entries of {place.name} and "
            "keeps "
            f"{percent(retained)} of them by {', '.join(route.filtered)}"
        ),
        values={"kept": retained, "wasted": wasted, "read": read},
        options=lambda: _into_key(f, place, pattern, route.filtered),
        covers=(place.name,),
    )


def selectivity(f: DynamoFacts, pattern: Pattern, names: Iterable[str]) -> Decimal | None:
    """Return the share of the entries that meet these conditions of a pattern."""
    entity = f.model.entity(pattern.entity)
    share = ONE
    for condition in pattern.where:
        if condition.attribute not in names:
            continue
        condition_share = _condition_share(f, entity, condition)
        if condition_share is None:
            return None
        share *= condition_share
    return share


def _condition_share(f: DynamoFacts, entity: Entity, condition: Condition) -> Decimal | None:
    if condition.share is not None:
        return condition.share
    attribute = f.attribute_of(entity, condition.attribute)
    if attribute is None or condition.operator != "eq":
        return None
    if attribute.values and condition.value is not None:
        return dict(attribute.values).get(condition.value, ZERO)
    values = f.distinct_values(entity, condition.attribute)
    return None if values is None else ONE / values


def _into_key(
    f: DynamoFacts, place: TableOrIndex, pattern: Pattern, names: tuple[str, ...]
) -> Iterable[FixOption]:
    """Offer the filtered equalities as part of an index's key, before its own order."""
    shape = next((s for s in place.table.shapes if s.entity == pattern.entity), None)
    if shape is None:
        return
    entity = f.entity_of(shape)
    fit = [n for n in names if n in pattern.equalities and _can_be_key(f, entity, shape, n)]
    if not fit or len(fit) + len(place.sort_keys) > f.k["key_attrs"]:
        yield from _index_for(f, place, pattern)
        return
    if place.index is not None and place.is_gsi:
        yield _sorted_by(f, place, (*fit, *(s for s in place.sort_keys if s not in fit)))
    yield from _index_for(f, place, pattern)


def ddb_idx_005(f: DynamoFacts, place: TableOrIndex) -> Verdict:
    """An index key that changes all the time."""
    index, table = place.index, place.table
    assert index is not None
    names = {n for s in table.shapes for key in index.keys for n in _of(s, key)}
    churn = ZERO
    movers: dict[str, Decimal] = {}
    blocks = 2 * max(
        ONE, (f.mean_size(place.name) / WRITE_UNIT_BYTES).to_integral_value("ROUND_CEILING")
    )
    for pattern in f.writers(place.name):
        for part in pattern.parts or (pattern,):
            moved = sorted(names & set(part.touched)) if part.verb is Verb.UPDATE else []
            if moved:
                share = max(dict(part.changes).get(n, ONE) for n in moved)
                churn += f.rate(pattern) * share * blocks
                movers[moved[0]] = churn
    if not f.writers(place.name):
        return None
    if not churn:
        return CLEAR
    places = [table.name, *(f"{table.name}/{i.name}" for i in table.indexes)]
    total = sum((f.mean_units(n, "write") for n in places), ZERO)
    share = churn / total if total else ZERO
    return Hit(
        evidence=(
            f"{', '.join(movers)} moves entries of {place.name}: {percent(share)} of the write "
            "units "
            f"of {table.name}"
        ),
        values={"share": share, "cost": f.price_of_writes(table, churn)},
    )


def _of(shape: ItemShape, key: str) -> tuple[str, ...]:
    template = shape.template(key)
    return template.attributes if template is not None else ()


def ddb_idx_006(f: DynamoFacts, place: TableOrIndex) -> Verdict:
    """Indexes multiply what a write costs."""
    table = place.table
    if not table.indexes:
        return None
    factor = f.amplification(table)
    if factor is None:
        return None
    many = sum(1 for i in table.indexes if not i.is_local) > 5
    is_costly = many and _is_mostly_writes(f, table)
    if factor <= f.k["wamp_medium"] and not is_costly:
        return CLEAR
    return Hit(
        evidence=(
            f"each write unit of {table.name} becomes {decimals(factor)} with its indexes"
            f"{_ranking(f, table)}"
        ),
        values={"factor": factor, "cost": _cost_of_copies(f, table)},
    )


def _cost_of_copies(f: DynamoFacts, table: Table) -> Decimal | None:
    """Return USD a month of the index writes of a table."""
    names = [f"{table.name}/{index.name}" for index in table.indexes]
    return f.price_of_writes(table, sum((f.mean_units(n, "write") for n in names), ZERO))


def _is_mostly_writes(f: DynamoFacts, table: Table) -> bool:
    places = [table.name, *(f"{table.name}/{i.name}" for i in table.indexes)]
    writes = f.price_of_writes(table, sum((f.mean_units(n, "write") for n in places), ZERO))
    reads = f.price_of_reads(table, sum((f.mean_units(n, "read") for n in places), ZERO))
    return writes is not None and reads is not None and writes > reads


def _ranking(f: DynamoFacts, table: Table) -> str:
    """Return what each index costs for a thousand requests it serves, the most expensive first."""
    lines = []
    for index in table.indexes:
        place = TableOrIndex(table, index)
        calls = sum((f.rate(p) for p in f.serves(place)), ZERO) * SECONDS_PER_DAY * DAYS_PER_MONTH
        cost = f.cost_of(place.name)
        per = cost / calls * 1000 if calls else None
        lines.append((per is None, per or cost, index.name))
    lines.sort(reverse=True)
    shown = [
        f"{name} serves nobody" if unused else f"{name} {format_usd(per)} USD per thousand requests"
        for unused, per, name in lines
    ]
    return f": {', '.join(shown)}" if shown else ""


def ddb_idx_007(f: DynamoFacts, pattern: Pattern) -> Verdict:
    """A strong read of what is only ever eventual."""
    route = f.route(pattern)
    if route is None or pattern.consistency is Consistency.EVENTUAL or pattern.verb.is_write:
        return None
    if route.is_served and route.operation != "scan":
        return CLEAR
    index = _only_way(f, pattern)
    if index is None:
        return CLEAR
    relaxed = (pattern.staleness_ms or ZERO) >= 1000
    change = model_changes.ChangeConsistency(pattern=pattern.name, consistency=Consistency.EVENTUAL)
    return Hit(
        evidence=(
            f"{pattern.name} wants {pattern.consistency.value} reads, and only the global index "
            f"{index.name} is keyed by {', '.join(index.partition_keys)}"
        ),
        options=lambda: [FixOption(changes=(change,))] if relaxed else (),
    )


def _only_way(f: DynamoFacts, pattern: Pattern) -> TableOrIndex | None:
    """Return a global index that would answer a pattern if it read eventually."""
    for table, shape in f.homes(pattern.entity):
        for index in table.indexes:
            stored = all(
                set(_of(shape, key)) <= set(pattern.equalities) for key in index.partition_keys
            )
            if stored and not index.is_local and not shape.guards:
                return TableOrIndex(table, index)
    return None


def ddb_idx_009(f: DynamoFacts, pattern: Pattern) -> Verdict:
    """The order asked for is not the order of the key."""
    route = f.route(pattern)
    if route is None or not route.is_served or not pattern.sort or route.operation == "scan":
        return None
    if not route.sorts_in_code:
        return CLEAR
    place = f.place(route.target)
    if place is None:
        return None
    matched = f.matched(pattern)
    read = matched * f.mean_size(place.name)
    is_cut = pattern.limit is not None and matched >= 2 * pattern.limit and read > READ_UNIT_BYTES
    if not is_cut and read <= f.k["page_bytes"]:
        return CLEAR
    order = ", ".join(f"{'-' if down else ''}{name}" for name, down in pattern.sort)
    return Hit(
        evidence=(
            f"{pattern.name} wants {order}, but {place.name} orders by "
            f"{', '.join(place.sort_keys) or 'nothing'}: {decimals(matched)} entries are read to "
            f"order them" + (f" and {pattern.limit} are kept" if is_cut else "")
        ),
        options=lambda: _ordered(f, place, pattern),
        covers=(place.name,),
    )


def _ordered(f: DynamoFacts, place: TableOrIndex, pattern: Pattern) -> Iterable[FixOption]:
    shape = next((s for s in place.table.shapes if s.entity == pattern.entity), None)
    name = pattern.sort[0][0]
    if shape is None or not _can_be_key(f, f.entity_of(shape), shape, name):
        return
    if place.index is not None and place.is_gsi:
        yield _sorted_by(f, place, (name,))
    yield from _index_for(f, place, pattern)


def _sorted_by(f: DynamoFacts, place: TableOrIndex, sort_keys: tuple[str, ...]) -> FixOption:
    """Return an index under other sort keys; what only its old key held is projected instead."""
    index, table = place.index, place.table
    assert index is not None
    rekeyed = RekeyIndex(
        table=table.name,
        index=index.name,
        partition_keys=index.partition_keys,
        sort_keys=sort_keys,
    )
    shapes = [s for s in table.shapes if not s.guards]
    lost = {n for s in shapes for key in index.sort_keys for n in _of(s, key)}
    lost -= {n for s in shapes for key in (*table.keys, *sort_keys) for n in _of(s, key)}
    lost &= frozenset[str]().union(*(f.wanted(p) for p in f.serves(place)))
    if not lost or index.projection.kind is ProjectionKind.ALL:
        return FixOption(changes=(rekeyed,))
    wider = ChangeProjection(
        table=table.name,
        index=index.name,
        projection=projecting(lost | set(index.projection.attributes)),
    )
    return FixOption(changes=(rekeyed, wider))


def ddb_idx_010(f: DynamoFacts, place: TableOrIndex) -> Verdict:
    """Items without a key attribute are not in the index, and nobody says so."""
    index = place.index
    assert index is not None
    readers = [
        pattern
        for pattern in f.model.patterns
        if not pattern.verb.is_write and (pattern.complete or pattern.limit is None)
    ]
    is_read = bool(f.serves(place))
    for pattern in readers:
        for shape in place.table.shapes_of(pattern.entity):
            entity = f.entity_of(shape)
            match = match_key(f.model, place.table, index, shape, with_known(entity, pattern))
            if isinstance(match, Refused):
                continue
            is_read = True
            for name in missing_from(index, shape, entity, pattern):
                lost = f.count(entity.name) * (1 - entity.attribute(name).presence)
                return Hit(
                    evidence=(
                        f"{decimals(lost)} {entity.name} without {name} are missing in "
                        f"{place.name}, of which {pattern.name} wants all"
                    ),
                    values={"lost": lost},
                )
    return CLEAR if is_read and readers else None


def any_idx_001(f: DynamoFacts, place: TableOrIndex) -> Verdict:
    """An index nobody reads."""
    index, table = place.index, place.table
    assert index is not None
    if f.serves(place):
        return CLEAR
    return Hit(
        evidence=(
            f"no access pattern reads {place.name}; it costs {format_usd(f.cost_of(place.name))} "
            "USD "
            f"a month"
        ),
        values={"indexes": Decimal(len(table.indexes))},
        options=lambda: (
            []
            if index.is_local
            else [FixOption(changes=(DropIndex(table=table.name, index=index.name),))]
        ),
    )


def any_idx_002(f: DynamoFacts, place: TableOrIndex) -> Verdict:
    """An index that costs more than doing without it."""
    index, table = place.index, place.table
    assert index is not None
    if index.is_local or not f.serves(place):
        return None
    write_cost = f.cost_of(place.name)
    if write_cost < f.k["min_save"]:
        return CLEAR
    calls = sum((f.rate(p) for p in f.serves(place)), ZERO)
    scans = f.price_of_reads(table, calls * f.item_bytes(table.name) / READ_UNIT_BYTES / 2)
    if scans is not None and scans >= write_cost and not _has_another(f, place):
        return CLEAR
    writes = f.mean_units(place.name, "write")
    return Hit(
        evidence=(
            f"{place.name} costs {format_usd(write_cost)} USD a month: "
            f"{decimals(writes * SECONDS_PER_DAY)} write units a day "
            f"for {decimals(calls * SECONDS_PER_DAY)} requests"
        ),
        options=lambda: [FixOption(changes=(DropIndex(table=table.name, index=index.name),))],
    )


def _has_another(f: DynamoFacts, place: TableOrIndex) -> bool:
    """Whether something else of the table has the same partition key."""
    return any(
        other_place.partition_keys == place.partition_keys and other_place.name != place.name
        for other_place in f.places
        if other_place.table is place.table
    )


def any_fit_001(f: DynamoFacts, pattern: Pattern) -> Verdict:
    """Searching text in ordered keys."""
    if pattern.verb is not Verb.SEARCH:
        return None
    count = f.count(pattern.entity)
    return Hit(
        evidence=(
            f"{pattern.name} searches the text of {decimals(count)} {pattern.entity}, which no "
            "key can answer"
        ),
        values={
            "online": pattern.purpose in ("online", "search"),
            "count": count,
            "rate": f.rate(pattern),
        },
    )


def any_fit_002(f: DynamoFacts, pattern: Pattern) -> Verdict:
    """Looking for what is near without a key for places."""
    if pattern.verb is not Verb.NEAR:
        return None
    route = f.route(pattern)
    if route is not None and route.is_served and route.operation == "query":
        return CLEAR
    count = f.count(pattern.entity)
    return Hit(
        evidence=f"{pattern.name} looks for what is near among {decimals(count)} {pattern.entity}",
        values={"online": pattern.purpose == "online", "count": count},
    )
