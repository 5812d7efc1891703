"""Predicates about tables of PostgreSQL: keys, types, constraints, partitions.

In: facts and a subject. Out: a Hit, Clear, Missing, or None where the rule does not apply. The
rules are in the YAML files beside it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from functools import partial

from tablewright.core.quantities import (
    DAYS_PER_MONTH,
    SECONDS_PER_MONTH,
    ZERO,
    format_bytes,
)
from tablewright.design.changes import INDEX, REBUILD, SETTING
from tablewright.engines.postgresql.design import Column, PgTable, PostgresDesign
from tablewright.engines.postgresql.types import referred
from tablewright.engines.servers.facts import ServerFacts
from tablewright.engines.servers.fixes import set_table
from tablewright.engines.servers.rules.access import number, returned
from tablewright.engines.servers.rules.data_model import (
    LARGEST_INT,
    MANY_DELETES_A_DAY,
    as_typed,
    reference_of,
    with_column,
)
from tablewright.model.values import Attribute, Entity, Kind, Pattern, Verb
from tablewright.review.verdicts import CLEAR, FixOption, Hit, Verdict


def time_attributes(entity: Entity) -> list[str]:
    """Return the times of the entity."""
    attributes = [a for a in entity.attributes if a.kind in (Kind.TIMESTAMP, Kind.DATE, Kind.EPOCH)]
    attributes.sort(key=lambda a: (a.role != "time", not a.immutable))
    return [a.name for a in attributes]


def pg_tsr_001(f: ServerFacts, entity: Entity) -> Verdict:
    """A large table of things in time is one heap."""
    name = f.home_of(entity)
    table = f.table(name) if name is not None else None
    times = time_attributes(entity)
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


def _partitioned(f: ServerFacts, table: PgTable, times: list[str]) -> Iterable[FixOption]:
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


def _widened(f: ServerFacts, table: PgTable, column: Column) -> Iterable[FixOption]:
    """Offer bigint for a key and for every column that refers to it."""
    assert isinstance(f.design, PostgresDesign)
    changed = [with_column(table, replace(column, type="bigint", sql="bigint"))]
    for other_table in f.design.tables:
        for key in other_table.foreign_keys:
            if key.table == table.name and key.to == (column.name,) and other_table is not table:
                stored = other_table.column(key.columns[0])
                changed.append(
                    with_column(other_table, replace(stored, type="bigint", sql="bigint"))
                )
    text = f"{table.name}.{column.name} as bigint, and what refers to it"
    yield set_table("change_type", REBUILD, text, *changed)


def _one_table(kind: str, text: str, table: PgTable) -> Iterable[FixOption]:
    yield set_table(kind, REBUILD, text, table)


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
                created = with_column(
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
        options=lambda: as_typed(f, table, column, entity, attribute),
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
        if c.name not in joined and reference_of(f, entity, a, c.name) is not None
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
) -> Iterable[FixOption]:
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
        key = reference_of(f, entity, attribute, name)
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


def srv_prj_002(f: ServerFacts, pattern: Pattern) -> Verdict:
    """A list returns whole rows or documents, and nothing says that all of them is wanted."""
    if pattern.verb is not Verb.LIST or pattern.purpose != "online":
        return None
    entity = f.model.entity(pattern.entity)
    if pattern.select is not None:
        return CLEAR
    rows = f.route(pattern).returned
    sizes = (f.sample.mean_bytes(entity.name, a) * a.presence for a in entity.attributes)
    each = sum(sizes, ZERO)
    if rows <= 1 or rows * each < f.k["whole_list_bytes"]:
        return CLEAR
    return Hit(
        evidence=f"{pattern.name} returns all {len(entity.attributes)} attributes of "
        f"{number(rows)} {entity.name} a call, {format_bytes(int(rows * each))}, and selects none",
    )


def pg_siz_001(f: ServerFacts, pattern: Pattern) -> Verdict:
    """A list returns values that lie apart from their rows."""
    if pattern.verb is not Verb.LIST or not isinstance(f.design, PostgresDesign):
        return None
    entity = f.model.entity(pattern.entity)
    rows = f.route(pattern).returned
    wanted = returned(entity, pattern)
    sizes = {
        a.name: f.sample.mean_bytes(entity.name, a) for a in entity.attributes if a.name in wanted
    }
    large = [name for name, size in sizes.items() if size > f.k["inline_bytes"]]
    if not large or rows <= 1:
        return CLEAR
    size = sum((sizes[name] for name in large), ZERO)
    return Hit(
        evidence=f"{pattern.name} returns {', '.join(large)} of {number(rows)} {entity.name} a "
        f"call, {format_bytes(int(size))} each, kept apart from the row",
        values={"values": rows * len(large) * f.rate(pattern)},
    )
