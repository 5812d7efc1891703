"""The primary keys a table of an entity may have.

In: a workload. Out: `TableKey`s that tell instances apart and that somebody can supply.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from tablewright.engines.dynamodb.design import KeyTemplate
from tablewright.engines.dynamodb.planning.choices import TableKey
from tablewright.engines.dynamodb.planning.queries import (
    EntityWorkload,
    can_be_key,
    is_always_there,
)
from tablewright.engines.dynamodb.planning.stretches import (
    asks_for_all_in_order,
    constant,
    gathering_stretches,
    stretch,
)
from tablewright.engines.dynamodb.planning.tables import free_name, plural
from tablewright.model.values import Kind


def table_keys(work: EntityWorkload, shards: int = 1) -> tuple[TableKey, ...]:
    """Return the primary keys that tell instances apart and that somebody can supply.

    A key that an update would change is refused: the item would have to move.

    Args:
        work: the entity's workload.
        shards: over how many values a key that gathers all instances has to be spread.
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
        options += _widened(work, identity)
        if not work.refuses_replacing:
            options += _gathering(work, identity, shards)
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


def _widened(work: EntityWorkload, apart: tuple[str, ...]) -> Iterator[TableKey]:
    """Yield keys that gather what is listed together: another attribute before the identity."""
    for ask in work.asks:
        for name in (*ask.given, *(n for n, _ in ask.fixed)):
            if name in apart or not _stays(work, name) or ask.one:
                continue
            if not work.refuses_by(apart, [name]):
                continue
            yield TableKey(partition=name, sort=apart)


def _gathering(work: EntityWorkload, apart: tuple[str, ...], shards: int) -> Iterator[TableKey]:
    """Yield keys under which all instances lie in an order that some list of them asks for.

    All under one value, spread over shards, or those of one stretch of time after another: so the
    items need no index beside them to be listed by.
    """
    for ask in work.asks:
        if not asks_for_all_in_order(ask) or ask.one:
            continue
        templates = [
            template
            for spread in dict.fromkeys((1, shards))
            for template in (
                constant(plural(work.entity.name), spread),
                *(stretch(name, spread) for name in gathering_stretches(work, ask)),
            )
        ]
        for first in dict.fromkeys((ask.sort, *((name,) for name in ask.ranges))):
            if not first or any(n not in apart and not _stays(work, n) for n in first):
                continue
            sort = (*first, *(n for n in apart if n not in first))
            for template in templates:
                made_of = {name.partition(".")[0] for name in template.attributes}
                if all(name in apart or _stays(work, name) for name in made_of):
                    yield TableKey(partition=_name(work, template), sort=sort, gathers=template)


def _name(work: EntityWorkload, template: KeyTemplate) -> str:
    """Return the name of the attribute that holds the partition key."""
    name = template.bucket.replace(".", "_") or f"all_{plural(work.entity.name)}"
    return free_name(work.entity, f"{name}_shard" if template.shards > 1 else name)


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
    if key.gathers is not None:
        return
    for ask in work.asks:
        if key.partition not in ask.given and key.partition not in {n for n, _ in ask.fixed}:
            continue
        bound = [n for n in (*ask.given, *(n for n, _ in ask.fixed)) if n != key.partition]
        ranges = dict.fromkeys((ask.ranges, *((name,) for name in ask.ranges)))
        with_bound = [(*bound, *names) for names in (ask.sort, *ranges)]
        for lead in (*with_bound, ask.sort, *ranges):
            first = tuple(dict.fromkeys(n for n in lead if n != key.partition))
            extra = [name for name in first if name not in apart]
            if not first or (extra and not work.refuses_by(apart, extra)):
                continue
            if any(not _stays(work, name) for name in extra):
                continue
            rest = tuple(n for n in apart if n not in first and n != key.partition)
            yield replace(key, sort=(*first, *rest))
