"""Predicates about what MongoDB and PostgreSQL designs hold: keys, types, documents, time, writes.

In: facts and a subject. Out: a Hit, Clear, Missing, or None where the rule does not apply. The
rules are in `rules/servers.yaml`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

from tablewright.core.quantities import (
    ONE,
    SECONDS_PER_DAY,
    ZERO,
)
from tablewright.design.changes import REBUILD, SETTING
from tablewright.engines.mongodb.design import MongoDesign
from tablewright.engines.mongodb.plan import collection_for
from tablewright.engines.postgresql.design import Column, ForeignKey, PgTable, PostgresDesign
from tablewright.engines.postgresql.plan import table_for
from tablewright.engines.postgresql.types import column_for
from tablewright.engines.servers.changes import (
    AddHome,
    Home,
    SetHome,
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
from tablewright.review.verdicts import CLEAR, FixOption, Hit, Verdict

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
        options=lambda: [FixOption(changes=(AddHome(home=_planned(f, entity)),))],
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
) -> Iterable[FixOption]:
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
        yield FixOption(changes=(change,), text=text)


def _planned(f: ServerFacts, entity: Entity) -> Home:
    """Return a usual collection or table of an entity; keys lead to tables of the design only."""
    if isinstance(f.design, MongoDesign):
        return collection_for(f.model, entity)
    table = table_for(f.model, entity)
    return replace(table, foreign_keys=tuple(_references(f, entity)))


def _references(f: ServerFacts, entity: Entity) -> Iterable[ForeignKey]:
    """Yield foreign keys to the tables of the design that hold what an entity refers to."""
    for attribute in entity.attributes:
        key = reference_of(f, entity, attribute, attribute.name)
        if key is not None:
            yield key


def reference_of(
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
    """Counting and adding up what is stored at every call."""
    if pattern.verb is not Verb.AGGREGATE or pattern.purpose != "online":
        return None
    work = f.work(pattern)
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


# ---------------------------------------------------------------- tables


def with_column(table: PgTable, column: Column) -> PgTable:
    """Return the table with the column in the place of its namesake."""
    columns = tuple(
        column if each_column.name == column.name else each_column for each_column in table.columns
    )
    return replace(table, columns=columns)


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
            options=lambda: as_typed(f, table, column, entity, attribute),
        )
    return CLEAR


def as_typed(
    f: ServerFacts, table: PgTable, column: Column, entity: Entity, attribute: Attribute
) -> Iterable[FixOption]:
    """Offer the type that what a column keeps asks for."""
    planned = column_for(entity, attribute, f.model)
    created = replace(column, type=planned.type, sql=planned.sql)
    text = f"{table.name}.{column.name} as {planned.sql}"
    yield set_table("change_type", REBUILD, text, with_column(table, created))
