"""The primary keys a table of an entity may have.

In: a workload. Out: `TableKey`s that tell instances apart and that somebody can supply.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from tablewright.engines.dynamodb.planning.choices import TableKey
from tablewright.engines.dynamodb.planning.queries import (
    EntityWorkload,
    can_be_key,
    is_always_there,
)
from tablewright.model.values import Kind


def table_keys(work: EntityWorkload) -> tuple[TableKey, ...]:
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


def _identities(work: EntityWorkload) -> list[tuple[str, ...]]:
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


def _widened(
    work: EntityWorkload, apart: tuple[str, ...], supplied: set[str]
) -> Iterator[TableKey]:
    """Yield keys that gather what is listed together: another attribute before the identity."""
    for ask in work.asks:
        for name in (*ask.given, *(n for n, _ in ask.fixed)):
            if name in apart or not _stays(work, name) or ask.one:
                continue
            yield TableKey(partition=name, sort=apart)


def _stays(work: EntityWorkload, name: str) -> bool:
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


def _sorted_otherwise(
    work: EntityWorkload, key: TableKey, apart: tuple[str, ...]
) -> Iterator[TableKey]:
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
