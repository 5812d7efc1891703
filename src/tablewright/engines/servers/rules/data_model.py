"""Predicates about what MongoDB and PostgreSQL designs hold: keys, types, documents, time, writes.

In: facts and a subject. Out: a Hit, Clear, Missing, or None where the rule does not apply. The
rules are in `rules/servers.yaml`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from functools import partial

from tablewright.core.quantities import (
    DAYS_PER_MONTH,
    ONE,
    SECONDS_PER_DAY,
    SECONDS_PER_MONTH,
    ZERO,
    format_bytes,
)
from tablewright.design.changes import INDEX, REBUILD, SETTING
from tablewright.design.values import Embed
from tablewright.engines.mongodb.design import MongoDesign, MongoIndex
from tablewright.engines.mongodb.plan import collection_for, plural
from tablewright.engines.postgresql.design import Column, ForeignKey, PgTable, PostgresDesign
from tablewright.engines.postgresql.plan import table_for
from tablewright.engines.postgresql.types import column_for, referred
from tablewright.engines.servers.changes import (
    AddHome,
    AddServerIndex,
    DropCollection,
    Home,
    SetHome,
    SwapServerIndex,
)
from tablewright.engines.servers.facts import ServerFacts
from tablewright.engines.servers.fixes import set_table
from tablewright.engines.servers.rules.access import number
from tablewright.model.values import Attribute, Entity, Kind, Pattern, Verb
from tablewright.review.model_predicates import (
    changes_per_second,
    copied_from_parent,
    lost_updates,
    unchecked_limit,
)
from tablewright.review.verdicts import CLEAR, Hit, Option, Verdict

LARGE_DOCUMENT_BYTES = 102_400
LARGEST_INT = {"smallint": Decimal(2**15 - 1), "integer": Decimal(2**31 - 1)}
MANY_DELETES_A_DAY = 1_000_000
_OPEN = (Kind.MAP, Kind.LIST, Kind.SET, Kind.BINARY)


# ---------------------------------------------------------------- of any engine


def any_key_001(f: ServerFacts, entity: Entity) -> Verdict:
    """An entity that patterns use has no place in the design."""
    used = sorted({action.root.name for action in f.actions_on(entity.name)})
    if not used:
        return None
    home = f.home_of(entity)
    if home is not None:
        return _whole(f, entity, home)
    if f.is_embedded(entity.name):
        return CLEAR
    return Hit(
        evidence=f"{entity.name} is nowhere in the design, but {', '.join(used)} use it",
        values={"named": False, "lacking": False},
        options=lambda: [Option(changes=(AddHome(home=_planned(f, entity)),))],
    )


def _whole(f: ServerFacts, entity: Entity, home: str) -> Verdict:
    """Whether all attributes that patterns read or write are kept somewhere."""
    named: set[str] = set()
    used: set[str] = set()
    for action in f.actions_on(entity.name):
        part = action.part
        named |= {*part.touched, *part.condition_on, *(part.select or ())}
        named |= {c.attribute for c in part.where} | {name for name, _ in part.sort}
        if part.verb is Verb.PUT or (part.select is None and not part.verb.is_write):
            used |= {a.name for a in entity.attributes if not a.generated}
    retained = set[str]()
    for name in (h.name for h in f.homes.values() if h.entity == entity.name):
        collection, table = f.collection(name), f.table(name)
        if collection is not None:
            retained |= {*collection.attributes, *entity.key}
        if table is not None:
            retained |= {column.attribute for column in table.columns}
    retained |= set(f.homes)  # a list that has become a table of its own
    lacking = [a.name for a in entity.attributes if a.name in (used | named) - retained]
    if not lacking:
        return CLEAR
    return Hit(
        evidence=f"{home} keeps no {', '.join(lacking)}, which access patterns read or write",
        values={"named": bool(named & set(lacking)), "lacking": True},
        options=lambda: _with_attributes(f, entity, home, lacking),
    )


def _with_attributes(
    f: ServerFacts, entity: Entity, home: str, names: list[str]
) -> Iterable[Option]:
    table, collection = f.table(home), f.collection(home)
    text = f"keep {', '.join(names)} in {home}"
    if table is not None:
        more = tuple(column_for(entity, entity.attribute(name), f.model) for name in names)
        yield set_table(
            "add_attribute", SETTING, text, replace(table, columns=(*table.columns, *more))
        )
    if collection is not None:
        after = replace(collection, attributes=(*collection.attributes, *names))
        change = SetHome(kind="add_attribute", effort=SETTING, text=text, after=after)
        yield Option(changes=(change,), text=text)


def _planned(f: ServerFacts, entity: Entity) -> Home:
    """Return a usual collection or table of an entity; keys lead to tables of the design only."""
    if isinstance(f.design, MongoDesign):
        return collection_for(f.model, entity)
    table = table_for(f.model, entity)
    return replace(table, foreign_keys=tuple(_references(f, entity)))


def _references(f: ServerFacts, entity: Entity) -> Iterable[ForeignKey]:
    """Yield foreign keys to the tables of the design that hold what an entity refers to."""
    for attribute in entity.attributes:
        key = _reference(f, entity, attribute, attribute.name)
        if key is not None:
            yield key


def _reference(
    f: ServerFacts, entity: Entity, attribute: Attribute, column: str
) -> ForeignKey | None:
    """Return the foreign key that a column asks for, where its target has a table and one key."""
    assert isinstance(f.design, PostgresDesign)
    if attribute.kind is Kind.REF and attribute.to is not None:
        target = attribute.to.partition(".")[0]
    elif entity.parent is not None and attribute.name in f.model.entity(entity.parent).key:
        target = entity.parent
    else:
        return None
    for table in f.design.tables:
        if table.entity == target and len(table.primary_key) == 1:
            return ForeignKey(columns=(column,), table=table.name, to=table.primary_key)
    return None


def any_fit_003(f: ServerFacts, pattern: Pattern) -> Verdict:
    """Counting and adding up what is stored, each time anew."""
    if pattern.verb is not Verb.AGGREGATE or pattern.purpose != "online":
        return None
    work = f.evaluation.works[pattern.name]
    read = max(work.rows, work.entries)
    if read < f.k["agg_rows"] and work.row_bytes <= f.k["page_bytes"]:
        return CLEAR
    slo = f.slo(pattern)
    share = f.busy_share(pattern)
    return Hit(
        evidence=f"{pattern.name} reads {number(read)} for one figure, "
        f"{number(f.rate(pattern) * SECONDS_PER_DAY)} times a day: {number(share * 100)} % "
        "of all the work",
        values={"share": share, "too_slow": slo is not None and f.takes_ms(pattern) > slo},
    )


def any_fit_004(f: ServerFacts, entity: Entity) -> Verdict:
    """More kinds of questions than a store of documents is made for."""
    if not isinstance(f.design, MongoDesign):
        return None
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
        evidence=f"{entity.name} is asked for in {len(shapes)} combinations of condition and order"
    )


def any_rel_001(f: ServerFacts, entity: Entity) -> Verdict:
    """The same fact in two places, and nothing that keeps them alike."""
    if not isinstance(f.design, MongoDesign):
        return None
    home = f.home_of(entity)
    copies: list[tuple[str, Entity, frozenset[str]]] = []
    inside = [h for h in f.homes.values() if any(child == entity.name for child, _ in h.embeds)]
    if home is not None and inside:
        copies.append(
            (
                f"{entity.name} is kept in {home} and again inside {inside[0].name}",
                entity,
                frozenset(entity.names),
            )
        )
    if home is not None:
        copies += copied_from_parent(f, entity)
    if not copies:
        return CLEAR if home is not None or inside else None
    for where, source, names in copies:
        rate = changes_per_second(f, source, names)
        if rate <= 0 or _is_one_transaction(f, source.name, entity.name):
            continue
        return Hit(
            evidence=f"{where}; it changes {number(rate * SECONDS_PER_DAY)} times a day, and "
            "no transaction carries that over",
            values={"settled": False},
        )
    return CLEAR


def _is_one_transaction(f: ServerFacts, source: str, copy: str) -> bool:
    return source != copy and any(
        {source, copy} <= {part.entity for part in p.parts} for p in f.model.patterns
    )


def any_rel_002(f: ServerFacts, pattern: Pattern) -> Verdict:
    """Read, changed in memory, written back over what somebody else wrote."""
    return lost_updates(f, pattern)


def any_rel_003(f: ServerFacts, pattern: Pattern) -> Verdict:
    """A limit that the application checks and the database does not."""
    return unchecked_limit(f, pattern)


def any_mdl_001(f: ServerFacts, entity: Entity) -> Verdict:
    """A number is missing that rules ask for."""
    missing = [
        f"size of {a.name}"
        for a in entity.attributes
        if a.kind in _OPEN and a.bytes is None and a.elements is None and not a.fields
    ]
    grows = entity.count.inflow_per_day is not None or not entity.count.bounded
    if grows and entity.retention_days is None:
        missing.append("how long it is kept")
    if not missing:
        return CLEAR
    return Hit(evidence=f"of {entity.name} the model does not say: {', '.join(missing)}")


def any_mdl_002(f: ServerFacts, entity: Entity) -> Verdict:
    """Data that nobody reads, or that nobody writes."""
    home = f.home_of(entity)
    if home is None:
        return None
    actions = f.actions_on(entity.name)
    reads = [a for a in actions if not a.part.verb.is_write and a.part.verb is not Verb.CHECK]
    writes = [a for a in actions if a.part.verb.is_write]
    total = sum((h.stored_bytes for h in f.homes.values()), ZERO)
    share = f.home(home).stored_bytes / total if total else ZERO
    if writes and not reads:
        return Hit(
            evidence=f"{entity.name} is written and no access pattern reads it",
            values={"share": share},
        )
    if reads and not writes:
        return Hit(evidence=f"{entity.name} is read and no access pattern writes it")
    required = {*entity.key}
    for action in reads:
        part = action.part
        required |= set(entity.names if part.select is None else part.select)
        required |= {c.attribute for c in part.where} | {name for name, _ in part.sort}
    required |= {n for a in writes for n in (*a.part.condition_on, *a.part.known)}
    sizes = f.home(home).attribute_bytes
    idle = [n for n in entity.names if n not in required and n in sizes]
    if not idle or not reads:
        return CLEAR
    whole_number = sum(sizes.values(), ZERO)
    part_of = sum((sizes[n] for n in idle), ZERO) / whole_number if whole_number else ZERO
    return Hit(
        evidence=f"no access pattern reads {', '.join(idle)} of {entity.name} "
        f"({number(part_of * 100)} % of its bytes)",
        values={"share": share * part_of},
    )


# ---------------------------------------------------------------- hot rows


def srv_hot_001(f: ServerFacts, pattern: Pattern) -> Verdict:
    """Many writers update one row."""
    if pattern.verb is not Verb.UPDATE:
        return None
    count = max(ONE, f.count(pattern.entity))
    share = pattern.hot_share if pattern.hot_share is not None else ONE / count
    peak = f.rate(pattern) * pattern.peak * share
    busy = peak * f.k["hold_ms"] / 1000
    if busy < Decimal("0.2") and peak <= f.k["hot_row_tps"]:
        return CLEAR
    return Hit(
        evidence=f"the most popular is updated {number(peak)} times a second and locked "
        f"{number(busy * 100)} % of the time",
        values={"busy": busy},
    )


# ---------------------------------------------------------------- documents


def mdb_key_001(f: ServerFacts, child: Entity) -> Verdict:
    """Children are read with their parent, and lie in a collection of their own."""
    if child.parent is None or not isinstance(f.design, MongoDesign):
        return None
    parent = f.model.entity(child.parent)
    own_key, above = f.home_of(child), f.home_of(parent)
    if own_key is None or above is None:
        return None
    keys = set(parent.key)
    of_child = [p for p in _online_reads(f, child) if keys == set(p.equalities)]
    of_parent = [p for p in _online_reads(f, parent) if keys <= set(p.equalities)]
    together = [(p, c) for p in of_parent for c in of_child if p.group and p.group == c.group]
    if not together:
        return CLEAR if of_child and of_parent else None
    reads = sum((f.rate(p) for p in of_parent), ZERO)
    joint = sum((min(f.rate(p), f.rate(c)) for p, c in together), ZERO)
    share = min(ONE, joint / reads) if reads else ZERO
    count = child.count
    maximum = (count.spread.p99 or count.spread.high) if count.spread is not None else None
    each = max(count.mean, maximum or ZERO)
    size = f.home(own_key).row_bytes
    bounded = count.bounded and count.inflow_per_day is None and count.per == "parent"
    if share < f.k["coaccess_share"] or not bounded or each * size > f.k["coaccess_bytes"]:
        return CLEAR
    walked = any(f.route(c).operation == "scan" for _, c in together)
    what = ", ".join(dict.fromkeys(f"{p.name} and {c.name}" for p, c in together))
    return Hit(
        evidence=f"{what} are one operation ({together[0][0].group}) in {number(share * 100)} % of "
        f"the reads of {parent.name}; {number(each)} {child.name} of {format_bytes(int(size))} "
        "would fit into it",
        values={"walked": walked},
        options=lambda: _embedding(f, above, own_key, child),
        covers=tuple(c.name for _, c in together),
    )


def _online_reads(f: ServerFacts, entity: Entity) -> list[Pattern]:
    return [
        p
        for p in f.model.patterns
        if p.entity == entity.name
        and p.verb in (Verb.GET, Verb.LIST)
        and p.purpose == "online"
        and f.route(p).is_served
    ]


def _embedding(f: ServerFacts, above: str, own: str, child: Entity) -> Iterable[Option]:
    collection = f.collection(above)
    assert collection is not None
    name = plural(child.name)
    inside = replace(
        collection, embeds=(*collection.embeds, Embed(entity=child.name, attribute=name))
    )
    text = f"embed {child.name} as {name} of {above}"
    yield Option(
        changes=(
            SetHome(kind="embed_data", effort=REBUILD, text=text, after=inside),
            DropCollection(home=own),
        ),
        text=text,
    )


def mdb_siz_001(f: ServerFacts, name: str) -> Verdict:
    """Documents are large."""
    if not isinstance(f.design, MongoDesign):
        return None
    sizes = f.evaluation.resource(name).shapes[0].sizes
    largest = Decimal(sizes.p99)
    if largest < LARGE_DOCUMENT_BYTES:
        return CLEAR
    return Hit(
        evidence=f"documents have {format_bytes(int(sizes.mean.mean))}, one in a hundred "
        f"{format_bytes(sizes.p99)}",
        values={"largest": largest},
    )


def mdb_siz_002(f: ServerFacts, name: str) -> Verdict:
    """An array that nothing bounds, or a very long one."""
    collection = f.collection(name)
    if collection is None:
        return None
    parents = f.count(collection.entity)
    for embed in collection.embeds:
        child = f.model.entity(embed.entity)
        each = f.count(child.name) / parents if parents else ZERO
        bounded = child.count.inflow_per_day is None and child.count.bounded
        multikey = next((i for i in collection.indexes if _inside(i, embed.attribute)), None)
        if bounded and each <= f.k["mdb_array_warn"] and multikey is not None and each > 10:
            return Hit(
                evidence=f"{multikey.name} has an entry for each of the {number(each)} elements of "
                f"{embed.attribute}",
                values={"bounded": True, "elements": each},
                options=partial(_exploded, f, name, embed, child),
            )
        if not bounded or each > f.k["mdb_array_warn"]:
            why = "" if bounded else ", and nothing bounds it"
            return Hit(
                evidence=f"{embed.attribute} has {number(each)} elements{why}",
                values={"bounded": bounded, "elements": each},
                options=partial(_exploded, f, name, embed, child),
            )
    growing = _growing_list(f, collection.entity)
    if growing:
        return Hit(
            evidence=f"{growing} is appended to, and nothing takes elements away",
            values={"bounded": False, "elements": ZERO},
        )
    return CLEAR


def _inside(index: MongoIndex, attribute: str) -> bool:
    return any(path.partition(".")[0] == attribute for path in index.paths)


def _exploded(f: ServerFacts, name: str, embed: Embed, child: Entity) -> Iterable[Option]:
    collection = f.collection(name)
    assert collection is not None
    bare = replace(
        collection,
        embeds=tuple(each_embed for each_embed in collection.embeds if each_embed is not embed),
    )
    text = f"{child.name} in a collection of its own instead of {embed.attribute} of {name}"
    yield Option(
        changes=(
            SetHome(kind="explode_list", effort=REBUILD, text=text, after=bare),
            AddHome(home=collection_for(f.model, child)),
        ),
        text=text,
    )


def _growing_list(f: ServerFacts, entity: str) -> str:
    parts = [action.part for action in f.actions_on(entity)]
    removed = {name for part in parts for name in (*part.removes, *part.sets)}
    for part in parts:
        for name in part.appends:
            attribute = f.model.entity(entity).attribute(name)
            maximum = attribute.elements.high if attribute.elements is not None else None
            if name not in removed and maximum is None:
                return name
    return ""


# ---------------------------------------------------------------- time


def mdb_tsr_001(f: ServerFacts, entity: Entity) -> Verdict:
    """Measurements, a document each, in a plain collection."""
    times = _times(entity)
    if not isinstance(f.design, MongoDesign) or not entity.append_only or not times:
        return None
    rate = f.inserts(entity.name)
    ranged = [
        p
        for p in f.model.patterns
        if p.entity == entity.name
        and p.verb in (Verb.LIST, Verb.AGGREGATE)
        and p.equalities
        and ({n for n, _ in p.sort} | {c.attribute for c in p.where if c.operator != "eq"})
        & set(times)
    ]
    if rate < 1 or not ranged:
        return CLEAR
    name = f.home_of(entity)
    assert name is not None
    stored, memory = f.stored_bytes(name), f.memory_bytes
    return Hit(
        evidence=f"{number(rate)} {entity.name} a second, a document and "
        f"{len(f.indexes(name))} index entries each; {', '.join(p.name for p in ranged)} read "
        f"ranges of {times[0]}",
        values={"rate": rate, "huge": memory is not None and stored > 10 * memory},
    )


def _times(entity: Entity) -> list[str]:
    attributes = [a for a in entity.attributes if a.kind in (Kind.TIMESTAMP, Kind.DATE, Kind.EPOCH)]
    attributes.sort(key=lambda a: (a.role != "time", not a.immutable))
    return [a.name for a in attributes]


def mdb_tsr_002(f: ServerFacts, entity: Entity) -> Verdict:
    """What is kept for a time only has no TTL index."""
    if entity.retention_days is None or not isinstance(f.design, MongoDesign):
        return None
    name = f.home_of(entity)
    assert name is not None
    days = number(entity.retention_days)
    what = "has no TTL index"
    for index in f.design.collection(name).indexes:
        if index.expire_days is not None and len(index.keys) == 1:
            attribute = entity.find(index.keys[0][0])
            if attribute is not None and attribute.kind in (Kind.TIMESTAMP, Kind.DATE):
                return CLEAR
            what = f"lets nothing expire: its TTL index {index.name} is not on a date"
    return Hit(
        evidence=f"{entity.name} is kept {days} days, and {name} {what}",
        options=lambda: _expiring(f, name, entity),
    )


def _expiring(f: ServerFacts, name: str, entity: Entity) -> Iterable[Option]:
    """Offer an index that lets documents expire; the model counts those kept in any case."""
    collection = f.collection(name)
    dates = [n for n in _times(entity) if entity.attribute(n).kind is not Kind.EPOCH]
    if collection is None or not dates:
        return
    date = dates[0]
    mongo_index = MongoIndex(
        name=f"{date}_1", keys=((date, "1"),), expire_days=entity.retention_days
    )
    stored = next((index for index in collection.indexes if index.paths == (date,)), None)
    if stored is not None:
        new = replace(stored, expire_days=entity.retention_days)
        yield Option(
            changes=(SwapServerIndex(kind="set_ttl", home=name, old=stored.name, index=new),),
            has_saving=False,
        )
    else:
        yield Option(
            changes=(AddServerIndex(kind="set_ttl", home=name, index=mongo_index),),
            has_saving=False,
        )


def pg_tsr_001(f: ServerFacts, entity: Entity) -> Verdict:
    """A large table of things in time is one heap."""
    name = f.home_of(entity)
    table = f.table(name) if name is not None else None
    times = _times(entity)
    if table is None or name is None or not times:
        return None
    if not entity.append_only and entity.retention_days is None:
        return None
    if table.partition_by:
        return CLEAR
    rows, stored = f.home(name).rows, f.stored_bytes(name)
    memory = f.memory_bytes
    removed = ZERO
    if entity.retention_days is not None and entity.retention_days < f.model.horizon_days:
        removed = rows / entity.retention_days
    large = rows > f.k["part_rows"] or (memory is not None and stored > memory)
    if not large and not removed:
        return CLEAR
    what = f"{name} has {number(rows)} rows, {format_bytes(int(stored))} with its indexes"
    if removed:
        what += f"; {number(removed)} a day are removed one by one"
    return Hit(
        evidence=what,
        values={
            "large": large,
            "huge": memory is not None and stored > 2 * memory,
            "many": removed > MANY_DELETES_A_DAY,
        },
        options=lambda: _partitioned(f, table, times),
    )


def _partitioned(f: ServerFacts, table: PgTable, times: list[str]) -> Iterable[Option]:
    column = table.column_of(times[0])
    if column is None or column.type not in ("timestamptz", "timestamp", "date"):
        return
    assert isinstance(f.design, PostgresDesign)
    if any(
        key.table == table.name for each_table in f.design.tables for key in each_table.foreign_keys
    ):
        return  # the time would be part of its key, which those that refer to it do not hold
    after = replace(table, partition_by=column.name)
    text = f"partition {table.name} by month of {column.name}"
    yield set_table("partition_table", REBUILD, text, after)


# ---------------------------------------------------------------- tables


def pg_key_001(f: ServerFacts, name: str) -> Verdict:
    """A table has no primary key."""
    table = f.table(name)
    if table is None:
        return None
    if table.primary_key:
        return CLEAR
    return Hit(evidence=f"{name} has no primary key")


def pg_key_002(f: ServerFacts, name: str) -> Verdict:
    """The numbers of a key run out."""
    table = f.table(name)
    if table is None or len(table.primary_key) != 1:
        return None
    column = table.column(table.primary_key[0])
    if column.type not in LARGEST_INT:
        return CLEAR if column.type == "bigint" else None
    maximum = LARGEST_INT[column.type]
    entity = f.model.entity(table.entity)
    monthly = f.inserts(entity.name) * SECONDS_PER_MONTH
    if entity.count.inflow_per_day is not None:
        age = f.model.age_days(entity)
        retained = f.home(name).rows / age * DAYS_PER_MONTH if age else ZERO
        monthly = max(monthly, retained)
    used = f.home(name).rows / maximum
    months = (maximum - f.home(name).rows) / monthly if monthly else None
    if used <= Decimal("0.1") and (months is None or months >= 120):
        return CLEAR
    what = f"{name}.{column.name} is {column.sql}: {number(used * 100)} % of its numbers are used"
    if months is not None:
        what += f", and at {number(monthly)} new ones a month they last {number(months)} months"
    return Hit(
        evidence=what,
        values={"months": months, "used": used},
        options=lambda: _widened(f, table, column),
    )


def _widened(f: ServerFacts, table: PgTable, column: Column) -> Iterable[Option]:
    """Offer bigint for a key and for every column that refers to it."""
    assert isinstance(f.design, PostgresDesign)
    changed = [_with_column(table, replace(column, type="bigint", sql="bigint"))]
    for other_table in f.design.tables:
        for key in other_table.foreign_keys:
            if key.table == table.name and key.to == (column.name,) and other_table is not table:
                stored = other_table.column(key.columns[0])
                changed.append(
                    _with_column(other_table, replace(stored, type="bigint", sql="bigint"))
                )
    text = f"{table.name}.{column.name} as bigint, and what refers to it"
    yield set_table("change_type", REBUILD, text, *changed)


def _one_table(kind: str, text: str, table: PgTable) -> Iterable[Option]:
    yield set_table(kind, REBUILD, text, table)


def _with_column(table: PgTable, column: Column) -> PgTable:
    columns = tuple(
        column if each_column.name == column.name else each_column for each_column in table.columns
    )
    return replace(table, columns=columns)


def pg_key_003(f: ServerFacts, name: str) -> Verdict:
    """A random UUID is the key of a large table."""
    table = f.table(name)
    if table is None or len(table.primary_key) != 1:
        return None
    column = table.column(table.primary_key[0])
    entity = f.model.entity(table.entity)
    if column.type != "uuid" or not entity.has(column.attribute):
        return None
    rows = f.home(name).rows
    if rows <= f.k["uuid_rows"]:
        return CLEAR
    return Hit(
        evidence=f"{number(rows)} rows under a random UUID",
        values={"inserts": f.inserts(entity.name)},
    )


def srv_typ_001(f: ServerFacts, home: str, entity: Entity, attribute: Attribute) -> Verdict:
    """Money is kept as floating point or text."""
    if not (attribute.kind is Kind.MONEY or attribute.role == "money"):
        return None
    table = f.table(home)
    if table is None:
        retained = {Kind.DECIMAL: "a double", Kind.TEXT: "a string"}.get(attribute.kind)
        if retained is None:
            return CLEAR
        return Hit(evidence=f"{home}.{attribute.name} is {retained}")
    column = table.column_of(attribute.name)
    if column is None:
        return None
    if column.type in ("real", "double precision", "text", "varchar"):
        return Hit(
            evidence=f"{home}.{column.name} is {column.sql}",
            options=lambda: _typed(f, table, column, entity, attribute),
        )
    return CLEAR


def _typed(
    f: ServerFacts, table: PgTable, column: Column, entity: Entity, attribute: Attribute
) -> Iterable[Option]:
    """Offer the type that what a column keeps asks for."""
    planned = column_for(entity, attribute, f.model)
    created = replace(column, type=planned.type, sql=planned.sql)
    text = f"{table.name}.{column.name} as {planned.sql}"
    yield set_table("change_type", REBUILD, text, _with_column(table, created))


def pg_typ_001(f: ServerFacts, home: str, entity: Entity, attribute: Attribute) -> Verdict:
    """A column has another type than what it keeps asks for."""
    table = f.table(home)
    column = table.column_of(attribute.name) if table is not None else None
    if table is None or column is None:
        return None
    assert isinstance(f.design, PostgresDesign)
    kind = referred(entity, attribute, f.model).kind
    where = f"{home}.{column.name} is {column.sql}"
    targets = {table.name: table for table in f.design.tables}
    for key in table.foreign_keys:
        if column.name in key.columns and key.table in targets:
            other_column = targets[key.table].column(key.to[key.columns.index(column.name)])
            if other_column.type != column.type:
                created = _with_column(
                    table, replace(column, type=other_column.type, sql=other_column.sql)
                )
                text = f"{home}.{column.name} as {other_column.sql}"
                return Hit(
                    evidence=f"{where}, and {key.table}.{other_column.name} is {other_column.sql}",
                    values={"mismatch": True, "zoneless": False},
                    options=partial(_one_table, "change_type", text, created),
                )
    zoneless = kind is Kind.TIMESTAMP and column.type != "timestamptz"
    wrong = (kind is Kind.UUID and column.type != "uuid") or (
        kind is Kind.BOOL and column.type != "boolean"
    )
    if not zoneless and not wrong and column.type != "char":
        return CLEAR
    return Hit(
        evidence=where + (": a time without zone" if zoneless else ""),
        values={"mismatch": False, "zoneless": zoneless},
        options=lambda: _typed(f, table, column, entity, attribute),
    )


def pg_con_001(f: ServerFacts, name: str) -> Verdict:
    """What the model says is not declared as constraints."""
    table = f.table(name)
    if table is None:
        return None
    entity = f.model.entity(table.entity)
    stored = [
        (column, entity.attribute(column.attribute)) for column in table.columns if column.attribute
    ]
    required = [(c, a) for c, a in stored if a.presence >= 1 and c.name not in table.primary_key]
    nullable = [c.name for c, a in required if not c.not_null]
    unchecked = [c.name for c, a in stored if a.kind is Kind.ENUM and not c.check]
    joined = {column for key in table.foreign_keys for column in key.columns}
    orphans = [
        c.name
        for c, a in stored
        if c.name not in joined and _reference(f, entity, a, c.name) is not None
    ]
    if not (nullable or unchecked or orphans):
        return CLEAR
    said = [
        f"{words} {', '.join(names)}"
        for words, names in (
            ("may be null:", nullable),
            ("without a check:", unchecked),
            ("without a foreign key:", orphans),
        )
        if names
    ]
    share = Decimal(len(nullable)) / max(1, len(required))
    return Hit(
        evidence="; ".join(said),
        values={"orphans": Decimal(len(orphans)), "nullable": share},
        options=lambda: _constrained(f, table, entity, nullable, unchecked, orphans),
    )


def _constrained(
    f: ServerFacts,
    table: PgTable,
    entity: Entity,
    nullable: list[str],
    unchecked: list[str],
    orphans: list[str],
) -> Iterable[Option]:
    """Offer NOT NULL, checks and foreign keys as the model says."""
    columns = []
    for column in table.columns:
        if column.name in nullable:
            column = replace(column, not_null=True)
        if column.name in unchecked:
            attribute = entity.attribute(column.attribute)
            values = ", ".join("'" + v.replace("'", "''") + "'" for v, _ in attribute.values)
            column = replace(column, check=f'("{column.name}" IN ({values}))')
        columns.append(column)
    keys = []
    for name in orphans:
        attribute = entity.attribute(table.column(name).attribute)
        key = _reference(f, entity, attribute, name)
        if key is not None:
            keys.append(key)
    after = replace(table, columns=tuple(columns), foreign_keys=(*table.foreign_keys, *keys))
    words = [
        f"{what} {', '.join(names)}"
        for what, names in (
            ("NOT NULL for", nullable),
            ("a check of the values of", unchecked),
            ("a foreign key for", orphans),
        )
        if names
    ]
    effort = INDEX if orphans else SETTING
    text = f"{table.name}: {'; '.join(words)}"
    yield set_table("add_constraint", effort, text, after)
