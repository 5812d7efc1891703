"""Fixes of findings on servers: which index a pattern would like, as a change to the design.

In: facts and a subject. Out: options, the best first; re-costing decides which one is proposed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from tablewright.engines.mongodb.design import MongoIndex
from tablewright.engines.postgresql.design import PgIndex, PgTable
from tablewright.engines.servers.candidate_index import index_keys
from tablewright.engines.servers.changes import (
    AddServerIndex,
    AnyIndex,
    DropServerIndex,
    ServerChange,
    SetHome,
    SwapServerIndex,
)
from tablewright.engines.servers.facts import ServerFacts
from tablewright.model.values import Entity, Kind, Pattern, Verb
from tablewright.review.verdicts import FixOption

Keys = tuple[tuple[str, bool], ...]


def made_index(
    f: ServerFacts,
    home: str,
    keys: Keys,
    *,
    unique: bool = False,
    partial: tuple[tuple[str, tuple[str, ...]], ...] = (),
    ignore_case: bool = False,
    prefixes: bool = False,
) -> AnyIndex | None:
    """Return an ordered index over attributes of a home; None where one is no column of it."""
    table = f.table(home)
    if table is None:
        paths = tuple((name, "-1" if down else "1") for name, down in keys)
        name = "_".join(f"{path}_{kind}" for path, kind in paths)
        if partial:
            name += "_partial"
        return MongoIndex(
            name=name, keys=paths, unique=unique, partial=partial, ignore_case=ignore_case
        )
    columns = columns_of(table, [name for name, _ in keys])
    where = columns_of(table, [name for name, _ in partial])
    if columns is None or where is None:
        return None
    words = [table.name, *columns, "idx"]
    return PgIndex(
        name="_".join(words)[:63],
        columns=tuple((c, down) for c, (_, down) in zip(columns, keys, strict=True)),
        unique=unique,
        where=tuple((c, values) for c, (_, values) in zip(where, partial, strict=True)),
        ignore_case=ignore_case,
        prefixes=prefixes,
    )


def columns_of(table: PgTable, attributes: Iterable[str]) -> tuple[str, ...] | None:
    """Return the columns that keep attributes, None where one has no column."""
    result = [table.column_of(name) for name in attributes]
    return None if any(entry is None for entry in result) else tuple(c.name for c in result if c)


def wanted_index(f: ServerFacts, home: str, pattern: Pattern) -> AnyIndex | None:
    """Return the index a pattern would like: equality, then sort, then range."""
    entity = f.model.entity(f.home(home).entity)
    if pattern.entity != entity.name:
        return None
    own_key = entity.key[0] if len(entity.key) == 1 else ""
    keys = index_keys(entity, pattern, own_key)
    if not keys and pattern.ignore_case:
        keys = tuple((name, False) for name in pattern.equalities)
    if not keys:
        return None
    return made_index(
        f,
        home,
        keys,
        ignore_case=bool(pattern.ignore_case),
        prefixes=any(entry.operator == "begins_with" for entry in pattern.where),
    )


def adding(f: ServerFacts, home: str, index: AnyIndex | None) -> Iterable[FixOption]:
    """Offer a new index, unless there is one of that name."""
    if index is not None and all(each_index.name != index.name for each_index in f.indexes(home)):
        yield FixOption(changes=(AddServerIndex(home=home, index=index),))


def for_pattern(f: ServerFacts, home: str, pattern: Pattern) -> Iterable[FixOption]:
    """Offer the index a pattern would like."""
    yield from adding(f, home, wanted_index(f, home, pattern))


def in_its_place(
    f: ServerFacts, home: str, old: str, index: AnyIndex | None
) -> Iterable[FixOption]:
    """Offer an index in the place of another one, where that begins it; else beside it."""
    if index is None:
        return
    stored = f.index(home, old)
    if not stored.unique and _keys(index)[: len(_keys(stored))] == _keys(stored):
        yield swap(home, stored, index)
    yield from adding(f, home, index)


def swap(home: str, old: AnyIndex, new: AnyIndex, kind: str = "rekey_index") -> FixOption:
    """Offer one index in the place of another; one that lets documents expire goes on to."""
    if isinstance(old, MongoIndex) and isinstance(new, MongoIndex) and len(new.keys) == 1:
        new = replace(new, expire_days=new.expire_days or old.expire_days)
    return FixOption(changes=(SwapServerIndex(home=home, old=old.name, index=new, kind=kind),))


def _keys(index: AnyIndex) -> tuple[str, ...]:
    if isinstance(index, MongoIndex):
        return index.paths
    return tuple(name for name, _ in index.columns)


def dropping(home: str, index: str) -> Iterable[FixOption]:
    """Offer to do without an index."""
    yield FixOption(changes=(DropServerIndex(home=home, index=index),))


def unique_index(f: ServerFacts, home: str, attribute: str) -> Iterable[FixOption]:
    """Offer to make the index of an attribute unique, or a new one that is."""
    for index in f.indexes(home):
        if index.paths == (attribute,) and index.kind == "btree" and not index.geo:
            stored = f.index(home, index.name)
            created = replace(stored, unique=True)
            yield FixOption(
                changes=(
                    SwapServerIndex(
                        kind="add_constraint", home=home, old=index.name, index=created
                    ),
                )
            )
            return
    entity = f.model.entity(f.home(home).entity)
    made_new = made_index(f, home, ((attribute, False),), unique=True)
    if isinstance(made_new, MongoIndex) and entity.attribute(attribute).presence < 1:
        made_new = replace(made_new, sparse=True)
    yield from adding(f, home, made_new)


def place_index(f: ServerFacts, home: str, pattern: Pattern, old: str = "") -> Iterable[FixOption]:
    """Offer a geospatial index: with the conditions before the place, or partial by them."""
    entity = f.model.entity(f.home(home).entity)
    place = next((a.name for a in entity.attributes if a.kind is Kind.GEO), "")
    if not place:
        return
    table = f.table(home)
    index: AnyIndex
    if table is None:
        keys = (*((n, "1") for n in pattern.equalities if n != place), (place, "2dsphere"))
        index = MongoIndex(name="_".join(f"{path}_{kind}" for path, kind in keys), keys=keys)
    else:
        column = table.column_of(place)
        if column is None:
            return
        index = PgIndex(
            name=f"{table.name}_{column.name}_near_idx"[:63],
            columns=((column.name, False),),
            using="gist",
        )
    if old and len(f.through(home, old)) == 1:
        yield swap(home, f.index(home, old), index)
    yield from adding(f, home, index)


def text_index(f: ServerFacts, home: str, pattern: Pattern) -> Iterable[FixOption]:
    """Offer a full-text index over the first text."""
    entity = f.model.entity(f.home(home).entity)
    text = next((a.name for a in entity.attributes if a.kind is Kind.TEXT), "")
    if not text or pattern.verb is not Verb.SEARCH:
        return
    table = f.table(home)
    if table is None:
        index: AnyIndex = MongoIndex(name=f"{text}_text", keys=((text, "text"),))
    else:
        column = table.column_of(text)
        if column is None:
            return
        name = f"{table.name}_{column.name}_words_idx"[:63]
        index = PgIndex(name=name, columns=((column.name, False),), using="gin")
    yield from adding(f, home, index)


def set_table(kind: str, effort: int, text: str, *tables: PgTable) -> FixOption:
    """Offer tables as they are to be; the first change tells all of them."""
    changes: list[ServerChange] = []
    for position, table in enumerate(tables):
        words = text if position == 0 else f"and {table.name} with it"
        changes.append(SetHome(kind=kind, effort=effort, text=words, after=table))
    return FixOption(changes=tuple(changes), text=text)


def key_columns(table: PgTable, entity: Entity) -> tuple[str, ...] | None:
    """Return the columns that keep an entity's key."""
    return columns_of(table, entity.key)
