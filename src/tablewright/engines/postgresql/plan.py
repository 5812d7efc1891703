"""A sensible PostgreSQL design for a model: what somebody who knows the engine would begin with.

In: a model. Out: a design. A table for each entity, foreign keys to parents and to what a `ref`
names, a B-tree for each pattern in the order equality, sort, range, unique indexes for unique
attributes, GiST for places, GIN for words, an index on each foreign key that has none.
"""

from __future__ import annotations

import re

from tablewright.engines.postgresql.design import (
    ForeignKey,
    PgIndex,
    PgTable,
    PostgresDesign,
    planned_columns,
)
from tablewright.engines.postgresql.vectors import (
    MAX_HALFVEC_DIMENSIONS,
    MAX_VECTOR_DIMENSIONS,
)
from tablewright.engines.servers.candidate_index import (
    asked_by_beginning,
    asked_ignoring_case,
    index_keys,
    is_served_by_key,
    without_prefixes,
)
from tablewright.model.values import Entity, Kind, Model, Pattern, Verb


def plan(model: Model, name: str = "planned-postgresql") -> PostgresDesign:
    """Return a design."""
    tables = tuple(table_for(model, entity) for entity in model.entities)
    return PostgresDesign(
        name=name,
        engine="postgresql",
        title="Planned: a table for each entity, an index for each pattern",
        tables=tables,
    )


def table_for(model: Model, entity: Entity) -> PgTable:
    """Return a table of one entity, with its keys and an index for each pattern."""
    name = table_name(entity.name)
    keys = _foreign_keys(model, entity)
    result: list[tuple[tuple[tuple[str, bool], ...], bool]] = []
    special: list[PgIndex] = []
    own_key = entity.key[0] if len(entity.key) == 1 else ""
    for attribute in entity.attributes:
        if attribute.unique and attribute.name != own_key:
            result.append((((attribute.name, False),), True))
    for pattern in model.patterns:
        for part in (pattern, *pattern.parts):
            if part.entity != entity.name:
                continue
            required = index_keys(entity, part, own_key)
            if required and not is_served_by_key(entity, part, required):
                result.append((required, False))
            special += _special(entity, part, name)
    for reference in keys:
        if len(reference.columns) > 1:  # one that begins so serves its first columns as well
            result.append((tuple((column, False) for column in reference.columns), False))
    unique = {keys for keys, is_unique in result if is_unique}
    primary = tuple((column, False) for column in entity.key)
    retained = [k for k in without_prefixes([*result, (primary, True)]) if k != primary]
    retained = [k for k in retained if k in unique or k != primary[: len(k)]]
    led = {k[0][0] for k in retained} | {entity.key[0]}
    for key in keys:
        if key.columns[0] not in led:
            retained.append(((key.columns[0], False),))
            led.add(key.columns[0])
    indexes = [
        PgIndex(
            name=_index_name(name, [c for c, _ in k]),
            columns=k,
            unique=k in unique,
            ignore_case=any(asked_ignoring_case(model, entity, column) for column, _ in k),
            prefixes=asked_by_beginning(model, entity, [column for column, _ in k]),
        )
        for k in retained
    ]
    distinct = {index.name: index for index in (*indexes, *special)}
    return PgTable(
        name=name,
        entity=entity.name,
        columns=planned_columns(entity, model),
        primary_key=entity.key,
        foreign_keys=keys,
        indexes=tuple(distinct.values()),
    )


def _foreign_keys(model: Model, entity: Entity) -> tuple[ForeignKey, ...]:
    foreign_keys = []
    if entity.parent is not None:
        parent = model.entity(entity.parent)
        if all(entity.has(name) for name in parent.key):
            foreign_keys.append(
                ForeignKey(columns=parent.key, table=table_name(parent.name), to=parent.key)
            )
    for attribute in entity.attributes:
        if attribute.kind is not Kind.REF or attribute.to is None or "." in attribute.to:
            continue
        target = model.entity(attribute.to)
        if len(target.key) == 1 and attribute.enforced:
            foreign_keys.append(
                ForeignKey(columns=(attribute.name,), table=table_name(target.name), to=target.key)
            )
    return tuple(foreign_keys)


def _special(entity: Entity, pattern: Pattern, table: str) -> list[PgIndex]:
    if pattern.verb is Verb.NEAR:
        place = next((a.name for a in entity.attributes if a.kind is Kind.GEO), "")
        if not place:
            return []
        where = tuple(
            (entry.attribute, (entry.value,))
            for entry in pattern.where
            if entry.operator == "eq" and entry.value is not None
        )
        name = _index_name(table, [place, "near", *([pattern.name] if where else [])])
        return [PgIndex(name=name, columns=((place, False),), using="gist", where=where)]
    if pattern.verb is Verb.SIMILAR:
        dimensions = entity.attribute(pattern.to).dimensions or 0
        if pattern.exact or dimensions > MAX_HALFVEC_DIMENSIONS:
            return []
        return [
            PgIndex(
                name=_index_name(table, [pattern.to]),
                columns=((pattern.to, False),),
                using="hnsw",
                halfvec=dimensions > MAX_VECTOR_DIMENSIONS,
                metric=entity.attribute(pattern.to).metric,
            )
        ]
    if pattern.verb is Verb.SEARCH:
        texts = [a.name for a in entity.attributes if a.kind is Kind.TEXT]
        return [
            PgIndex(name=_index_name(table, [text, "words"]), columns=((text, False),), using="gin")
            for text in texts[:1]
        ]
    return []


def _index_name(table: str, columns: list[str]) -> str:
    return "_".join((table, *columns, "idx"))[:63]


def table_name(entity: str) -> str:
    """Return the name of the table of an entity.

    Example:
        >>> table_name("ServiceRequest"), table_name("User")
        ('service_request', 'app_user')
    """
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", entity).lower()
    return f"app_{snake}" if snake in _RESERVED else snake


_RESERVED = frozenset({"user", "order", "group", "table", "check", "grant", "limit", "select"})
