"""Predicates of designs that run on servers: MongoDB and PostgreSQL.

In: facts and a subject. Out: a Hit, Clear, Missing, or None where the rule does not apply. They do
not know levels or mends: those are in `rules/servers.yaml`.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from tablewright.core.quantities import ONE, ZERO, format_bytes, format_number
from tablewright.design.mongodb import MongoDesign
from tablewright.design.pgtypes import referred
from tablewright.design.postgresql import PgTable, PostgresDesign
from tablewright.engines.routing import Ordered
from tablewright.engines.selectivity import Selectivity
from tablewright.model.values import Attribute, Entity, Kind, Pattern, Verb
from tablewright.review.findings import Level
from tablewright.review.verdicts import Clear, Hit, Verdict

if TYPE_CHECKING:
    from tablewright.review.servers import ServerFacts

LARGE_DOCUMENT_BYTES = 102_400
EXAMINED_FOR_ONE = 10


def _n(value: Decimal) -> str:
    return format_number(value, 0 if value >= 10 else 1)


def _rate(f: ServerFacts, pattern: Pattern) -> Decimal:
    return f.model.calls_per_second(pattern, f.users)


def _table(f: ServerFacts, name: str) -> PgTable | None:
    return f.design.table(name) if isinstance(f.design, PostgresDesign) else None


def any_key_001(f: ServerFacts, entity: Entity) -> Verdict:
    """An entity that patterns use has no place in the design."""
    used = [
        p.name for p in f.model.patterns if any(one.entity == entity.name for one in (p, *p.parts))
    ]
    if not used:
        return None
    kept = {home.entity for home in f.homes.values()}
    kept |= {child for home in f.homes.values() for child, _ in home.embeds}
    if entity.name in kept:
        return Clear()
    return Hit(evidence=f"{entity.name} is nowhere in the design, but {', '.join(used)} use it")


# ---------------------------------------------------------------- indexes


def any_idx_001(f: ServerFacts, home: str, index: Ordered) -> Verdict:
    """No access pattern goes through an index, and it keeps nothing unique."""
    if index.unique or _expires(f, home, index) or _follows_key(f, home, index):
        return None
    target = f"{home}/{index.name}"
    if any(route.target == target for route in f.evaluation.routes):
        return Clear()
    small = f.homes[home].rows < f.k["seq_rows"]
    return Hit(
        evidence=f"no access pattern goes through {target}",
        level=Level.LOW if small else Level.MEDIUM,
    )


def _follows_key(f: ServerFacts, home: str, index: Ordered) -> bool:
    """Whether an index is led by a foreign key, which deletes of the parent need."""
    table = _table(f, home)
    if table is None:
        return False
    return any(index.paths[:1] == key.columns[:1] for key in table.foreign_keys)


def srv_idx_001(f: ServerFacts, pattern: Pattern) -> Verdict:
    """A pattern reads everything, though it asks for some."""
    if pattern.verb in (Verb.PUT, Verb.SCAN):
        return None
    route = f.evaluation.route(pattern.name)
    if route.operation != "scan":
        return Clear()
    home = f.homes[route.target.partition("/")[0]]
    rate = _rate(f, pattern)
    return Hit(
        evidence=f"all {_n(home.rows)} of {home.name}, {format_bytes(int(home.stored_bytes))}, "
        "are read",
        values={
            "rows": home.rows,
            "online": pattern.purpose == "online",
            "scanned": rate * home.stored_bytes,
        },
    )


def srv_idx_002(f: ServerFacts, home: str, index: Ordered) -> Verdict:
    """An index begins another one."""
    if index.kind != "btree" or index.geo or index.unique or _expires(f, home, index):
        return None
    for other in f.indexes(home):
        if (
            other is index
            or other.kind != index.kind
            or other.geo
            or other.partial != index.partial
        ):
            continue
        same = other.keys[: len(index.keys)] == index.keys
        longer = len(other.keys) > len(index.keys) or other.name < index.name or other.unique
        if same and longer and set(index.includes) <= {*other.paths, *other.includes}:
            return Hit(evidence=f"{other.name} begins with the same keys and answers all it does")
    return Clear()


def _expires(f: ServerFacts, home: str, index: Ordered) -> bool:
    if not isinstance(f.design, MongoDesign):
        return False
    found = f.design.collection(home).indexes
    return any(one.name == index.name and one.expire_days is not None for one in found)


def srv_idx_003(f: ServerFacts, home: str, entity: Entity, attribute: Attribute) -> Verdict:
    """A unique attribute has no unique index."""
    if not attribute.unique or entity.key == (attribute.name,):
        return None
    for index in f.indexes(home):
        if index.unique and index.paths == (attribute.name,):
            return Clear()
    return Hit(
        evidence=f"{attribute.name} is unique in the model, and nothing in {home} keeps it so",
        values={"login": attribute.role in ("login", "payment")},
    )


def srv_idx_005(f: ServerFacts, pattern: Pattern) -> Verdict:
    """The index a pattern uses does not deliver its order, or examines far too much."""
    route = f.evaluation.route(pattern.name)
    if pattern.verb.is_write or route.operation == "scan" or "/" not in route.target:
        return None
    if pattern.verb is Verb.NEAR:
        return None
    work = f.evaluation.works[pattern.name]
    returned = max(ONE, route.returned)
    if pattern.verb is Verb.AGGREGATE or pattern.complete:
        returned = max(returned, route.matched)
    sorts = route.sorts_in_code and route.matched > returned
    if not sorts and work.entries <= EXAMINED_FOR_ONE * returned:
        return Clear()
    what = f"{_n(work.entries)} entries are examined for {_n(returned)}"
    if sorts:
        what += f", and {_n(route.matched)} sorted in memory"
    return Hit(
        evidence=f"through {route.target} {what}",
        values={
            "online": pattern.purpose == "online",
            "examined": work.entries,
            "returned": returned,
        },
    )


def srv_idx_006(f: ServerFacts, home: str, index: Ordered) -> Verdict:
    """An index on attributes of few values alone."""
    if index.kind != "btree" or index.geo or index.unique or index.partial:
        return None
    entity = f.model.entity(f.homes[home].entity)
    selectivity = Selectivity(f.model, f.users)
    values = ONE
    for path in index.paths:
        base = path.partition(".")[0]
        if not entity.has(base) or entity.attribute(base).unique:
            return None
        values *= selectivity.distinct(entity, path.partition(".")[0])
    share = ONE / values
    if share <= f.k["idx_selectivity"]:
        return Clear()
    writes = sum(
        (_rate(f, p) for p in f.model.patterns if p.verb.is_write and p.entity == entity.name),
        ZERO,
    )
    return Hit(
        evidence=f"one value of {', '.join(index.paths)} finds {_n(share * 100)} % of the rows",
        values={"writes": writes},
    )


def mdb_idx_002(f: ServerFacts, pattern: Pattern) -> Verdict:
    """A search by distance has no index for places, or one that lacks its conditions."""
    if pattern.verb is not Verb.NEAR:
        return None
    route = f.evaluation.route(pattern.name)
    home, _, name = route.target.partition("/")
    index = next((one for one in f.indexes(home) if one.name == name and one.geo), None)
    if index is None:
        return Hit(
            evidence=f"{home} has no 2dsphere index that serves it", values={"refused": True}
        )
    left = [path for path in pattern.equalities if path not in index.paths]
    entity = f.model.entity(pattern.entity)
    selectivity = Selectivity(f.model, f.users)
    share = ONE
    for condition in pattern.where:
        if condition.attribute in left:
            share *= selectivity.share(entity, condition)
    if share >= f.k["filter_ok"]:
        return Clear()
    return Hit(
        evidence=f"{index.name} lacks {', '.join(left)}: of what it finds {_n(share * 100)} % is "
        "wanted",
        values={"refused": False},
    )


def pg_idx_001(f: ServerFacts, name: str) -> Verdict:
    """A foreign key has no index."""
    table = _table(f, name)
    if table is None or not table.foreign_keys:
        return None
    led = [index.columns for index in table.indexes if index.using == "btree" and not index.where]
    starts = [tuple(column for column, _ in columns) for columns in led]
    starts.append(table.primary_key)
    bare = [
        key.columns
        for key in table.foreign_keys
        if not any(set(start[: len(key.columns)]) == set(key.columns) for start in starts)
    ]
    if not bare:
        return Clear()
    listed = "; ".join(", ".join(columns) for columns in bare)
    return Hit(
        evidence=f"no index of {name} begins with {listed}", values={"rows": f.homes[name].rows}
    )


# ---------------------------------------------------------------- hot rows


def srv_hot_001(f: ServerFacts, pattern: Pattern) -> Verdict:
    """Many writers update one row."""
    if pattern.verb is not Verb.UPDATE:
        return None
    count = max(ONE, f.model.instances(pattern.entity, f.users))
    share = pattern.hot_share if pattern.hot_share is not None else ONE / count
    peak = _rate(f, pattern) * pattern.peak * share
    busy = peak * f.k["hold_ms"] / 1000
    if busy < Decimal("0.2") and peak <= f.k["hot_row_tps"]:
        return Clear()
    return Hit(
        evidence=f"the most popular is updated {_n(peak)} times a second and locked "
        f"{_n(busy * 100)} % of the time",
        values={"busy": busy},
    )


# ---------------------------------------------------------------- documents


def mdb_siz_001(f: ServerFacts, name: str) -> Verdict:
    """Documents are large."""
    if not isinstance(f.design, MongoDesign):
        return None
    sizes = f.evaluation.resource(name).shapes[0].sizes
    largest = Decimal(sizes.p99)
    if largest < LARGE_DOCUMENT_BYTES:
        return Clear()
    return Hit(
        evidence=f"documents have {format_bytes(int(sizes.mean.mean))}, one in a hundred "
        f"{format_bytes(sizes.p99)}",
        values={"largest": largest},
    )


def mdb_siz_002(f: ServerFacts, name: str) -> Verdict:
    """An array that nothing bounds, or a very long one."""
    if not isinstance(f.design, MongoDesign):
        return None
    collection = f.design.collection(name)
    parents = f.model.instances(collection.entity, f.users)
    for embed in collection.embeds:
        child = f.model.entity(embed.entity)
        each = f.model.instances(child.name, f.users) / parents if parents else ZERO
        bounded = child.count.inflow_per_day is None and child.count.bounded
        if not bounded or each > f.k["mdb_array_warn"]:
            why = "" if bounded else ", and nothing bounds it"
            return Hit(
                evidence=f"{embed.attribute} has {_n(each)} elements{why}",
                values={"bounded": bounded, "elements": each},
            )
    growing = _growing_list(f, collection.entity)
    if growing:
        return Hit(
            evidence=f"{growing} is appended to, and nothing takes elements away",
            values={"bounded": False, "elements": ZERO},
        )
    return Clear()


def _growing_list(f: ServerFacts, entity: str) -> str:
    patterns = [one for p in f.model.patterns for one in (p, *p.parts) if one.entity == entity]
    removed = {name for pattern in patterns for name in (*pattern.removes, *pattern.sets)}
    for pattern in patterns:
        for name in pattern.appends:
            attribute = f.model.entity(entity).attribute(name)
            most = attribute.elements.high if attribute.elements is not None else None
            if name not in removed and most is None:
                return name
    return ""


def mdb_tsr_002(f: ServerFacts, entity: Entity) -> Verdict:
    """What is kept for a time only has no TTL index."""
    if entity.retention_days is None or not isinstance(f.design, MongoDesign):
        return None
    name = f.home_of(entity)
    assert name is not None
    for index in f.design.collection(name).indexes:
        if index.expire_days is not None and len(index.keys) == 1:
            attribute = entity.find(index.keys[0][0])
            if attribute is not None and attribute.kind in (Kind.TIMESTAMP, Kind.DATE):
                return Clear()
            return Hit(evidence=f"the TTL index {index.name} is not on a date: nothing expires")
    return Hit(
        evidence=f"{entity.name} is kept {_n(entity.retention_days)} days, and {name} has no TTL "
        "index"
    )


# ---------------------------------------------------------------- tables


def pg_key_001(f: ServerFacts, name: str) -> Verdict:
    """A table has no primary key."""
    table = _table(f, name)
    if table is None:
        return None
    return Clear() if table.primary_key else Hit(evidence=f"{name} has no primary key")


def pg_key_003(f: ServerFacts, name: str) -> Verdict:
    """A random UUID is the key of a large table."""
    table = _table(f, name)
    if table is None or len(table.primary_key) != 1:
        return None
    column = table.column(table.primary_key[0])
    entity = f.model.entity(table.entity)
    if column.type != "uuid" or not entity.has(column.attribute):
        return None
    rows = f.homes[name].rows
    if rows <= f.k["uuid_rows"]:
        return Clear()
    inserts = sum(
        (_rate(f, p) for p in f.model.patterns if p.verb is Verb.PUT and p.entity == entity.name),
        ZERO,
    )
    return Hit(evidence=f"{_n(rows)} rows under a random UUID", values={"inserts": inserts})


def srv_typ_001(f: ServerFacts, home: str, entity: Entity, attribute: Attribute) -> Verdict:
    """Money is kept as floating point or text."""
    table = _table(f, home)
    if table is None or not (attribute.kind is Kind.MONEY or attribute.role == "money"):
        return None
    column = table.column_of(attribute.name)
    if column is None:
        return None
    if column.type in ("real", "double precision", "text", "varchar"):
        return Hit(evidence=f"{home}.{column.name} is {column.sql}")
    return Clear()


def pg_typ_001(f: ServerFacts, home: str, entity: Entity, attribute: Attribute) -> Verdict:
    """A column has another type than what it keeps asks for."""
    table = _table(f, home)
    column = table.column_of(attribute.name) if table is not None else None
    if table is None or column is None:
        return None
    assert isinstance(f.design, PostgresDesign)
    kind = referred(entity, attribute, f.model).kind
    where = f"{home}.{column.name} is {column.sql}"
    for key in table.foreign_keys:
        targets = {one.name: one for one in f.design.tables}
        if column.name in key.columns and key.table in targets:
            other = targets[key.table].column(key.to[key.columns.index(column.name)])
            if other.type != column.type:
                return Hit(
                    evidence=f"{where}, and {key.table}.{other.name} is {other.sql}",
                    values={"mismatch": True, "zoneless": False},
                )
    if kind is Kind.TIMESTAMP and column.type != "timestamptz":
        return Hit(
            evidence=f"{where}: a time without zone", values={"mismatch": False, "zoneless": True}
        )
    wrong = (kind is Kind.UUID and column.type != "uuid") or (
        kind is Kind.BOOL and column.type != "boolean"
    )
    if wrong or column.type == "char":
        return Hit(evidence=where, values={"mismatch": False, "zoneless": False})
    return Clear()


def pg_con_001(f: ServerFacts, name: str) -> Verdict:
    """What the model says is not declared as constraints."""
    table = _table(f, name)
    if table is None:
        return None
    entity = f.model.entity(table.entity)
    held = [(one, entity.attribute(one.attribute)) for one in table.columns if one.attribute]
    required = [(c, a) for c, a in held if a.presence >= 1 and c.name not in table.primary_key]
    nullable = [c.name for c, a in required if not c.not_null]
    unchecked = [c.name for c, a in held if a.kind is Kind.ENUM and not c.check]
    joined = {column for key in table.foreign_keys for column in key.columns}
    referring = [c.name for c, a in held if a.kind is Kind.REF or _is_parents(f, entity, a)]
    orphans = [
        column
        for column in referring
        if column not in joined and _has_home(f, entity, table, column)
    ]
    if not (nullable or unchecked or orphans):
        return Clear()
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
        evidence="; ".join(said), values={"orphans": Decimal(len(orphans)), "nullable": share}
    )


def _is_parents(f: ServerFacts, entity: Entity, attribute: Attribute) -> bool:
    return entity.parent is not None and attribute.name in f.model.entity(entity.parent).key


def _has_home(f: ServerFacts, entity: Entity, table: PgTable, column: str) -> bool:
    """Whether what a column refers to has a table of its own in the design."""
    attribute = entity.attribute(table.column(column).attribute)
    target = attribute.to.partition(".")[0] if attribute.to else entity.parent
    return any(home.entity == target for home in f.homes.values())
