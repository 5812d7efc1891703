"""The tables of a placement, as shapes with their key templates and uniqueness guards.

In: a workload, a table key, what is stored separately. Out: tables of a design, without indexes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from tablewright.engines.dynamodb.design import ItemShape, KeyTemplate, Table, TemplatePart
from tablewright.engines.dynamodb.planning.choices import DynamoPlacement, TableKey
from tablewright.engines.dynamodb.planning.objects import compressed_to
from tablewright.engines.dynamodb.planning.queries import (
    Ask,
    EntityWorkload,
    expiry_of,
    is_made_unique,
)
from tablewright.model.values import Entity, Kind


def plural(name: str) -> str:
    """Return a table's name for an entity: small letters, words joined, in the plural.

    Example:
        >>> plural("ReportBody"), plural("Address"), plural("Usage")
        ('report_bodies', 'addresses', 'usages')
    """
    text = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
    if text.endswith("y") and text[-2:-1] not in "aeiou":
        return text[:-1] + "ies"
    return text + ("es" if text.endswith(("s", "x", "ch", "sh")) else "s")


def guards_for(work: EntityWorkload, key: TableKey) -> tuple[tuple[str, ...], ...]:
    """Return what needs a guard item: unique attributes that no key protects."""
    entity = work.entity
    guards: list[tuple[str, ...]] = []
    for attribute in entity.attributes:
        if not attribute.unique or attribute.unique_elsewhere or is_made_unique(attribute):
            continue
        if key.attributes == (attribute.name,):
            continue
        guards.append((attribute.name,))
    missing = [n for n in entity.key if n not in key.attributes]
    apart = set(entity.identity or entity.key) <= set(key.attributes)
    if missing and work.is_put and not apart:
        protected = any((name,) in guards for name in entity.key)
        if not protected and not any(is_made_unique(entity.attribute(n)) for n in missing):
            guards.append(entity.key)
    return tuple(guards)


def plain_placement(
    work: EntityWorkload,
    name: str,
    key: TableKey,
    sides: tuple[tuple[str, ...], ...],
    compressed: tuple[str, ...],
) -> DynamoPlacement:
    """Return a placement with these attributes apart or compressed, and the guards it needs."""
    entity = work.entity
    apart = {attribute for side in sides for attribute in side}
    names = [n for n in entity.names if n not in apart]
    tables = [table_of(entity, name, entity.name, key, names, compressed)]
    for side in sides:
        # What is stored separately goes when the rest does: it holds the time of expiry too.
        required = {*side, *entity.key, *key.attributes, expiry_of(entity)}
        tables.append(
            table_of(
                entity,
                f"{name}_{side_name(side)}",
                f"{entity.name}{capitalised(side_name(side))}",
                key,
                [n for n in entity.names if n in required],
                compressed,
            )
        )
    guards = guards_for(work, key)
    for guard in guards:
        if _guard_fits(work, key, guard):
            tables[0] = _with_guard(entity, tables[0], guard, _expiry_of_guards(work))
        else:
            tables.append(_guard_table(entity, name, guard, _expiry_of_guards(work)))
    return DynamoPlacement(
        entity=entity.name,
        key=key,
        tables=tuple(tables),
        sides=sides,
        compressed=compressed,
        guards=guards,
    )


def table_of(
    entity: Entity,
    name: str,
    shape_name: str,
    key: TableKey,
    held: Sequence[str],
    compressed: tuple[str, ...],
) -> Table:
    """Return the table of an entity under a key, with these attributes and the key's own."""
    sort_key, templates = _sort_key(entity, key)
    if key.gathers is not None:
        templates = ((key.partition, key.gathers), *templates)
    keep = {*held, *entity.key, *((key.partition,) if not templates else key.attributes)}
    ratios = tuple((n, compressed_to(entity.attribute(n))) for n in compressed if n in held)
    shape = ItemShape(
        name=shape_name,
        entity=entity.name,
        keys=templates,
        attributes=tuple(n for n in entity.names if n in keep),
        compress=ratios,
    )
    return Table(name=name, partition_key=key.partition, sort_key=sort_key, shapes=(shape,))


def _sort_key(
    entity: Entity, key: TableKey
) -> tuple[str | None, tuple[tuple[str, KeyTemplate], ...]]:
    if not key.sort:
        return None, ()
    if len(key.sort) == 1:
        return key.sort[0], ()
    name = free_name(entity, "sk")
    return name, ((name, joined_key(key.sort)),)


def joined_key(
    names: Sequence[str], when: tuple[tuple[str, tuple[str, ...]], ...] = (), shards: int = 1
) -> KeyTemplate:
    """Return the template of values joined by `#`, spread over shards where it is more than one."""
    parts: list[TemplatePart] = []
    for name in names:
        if parts:
            parts.append(TemplatePart(literal="#"))
        parts.append(TemplatePart(attribute=name))
    if shards > 1:
        if parts:
            parts.append(TemplatePart(literal="#"))
        parts.append(TemplatePart(shards=shards))
    return KeyTemplate(parts=tuple(parts), when=when)


def free_name(entity: Entity, name: str) -> str:
    """Return a name that no attribute of the entity has: this one, with `_` behind as needed."""
    while entity.has(name):
        name += "_"
    return name


def _guard_fits(work: EntityWorkload, key: TableKey, guard: tuple[str, ...]) -> bool:
    """Whether a guard can lie beside the items it guards.

    Not where somebody looks instances up by it: the guard must then tell the instance's key, which
    a key attribute of the same name would hide. Not where the key is a number.
    """
    entity = work.entity
    if key.gathers is not None:
        return False
    partition = entity.attribute(key.partition)
    if partition.kind.is_number or partition.kind is Kind.BINARY or key.partition in guard:
        return False
    if len(key.sort) == 1 and entity.attribute(key.sort[0]).kind.is_number:
        return False
    if any(set(guard) & ask.conditions and ask.strong for ask in work.asks):
        return False
    return all(not set(ask.conditions) <= set(entity.key) or _in_key(ask, key) for ask in work.asks)


def _in_key(ask: Ask, key: TableKey) -> bool:
    return key.partition in (*ask.given, *ask.known)


def _expiry_of_guards(work: EntityWorkload) -> tuple[str, ...]:
    """Return the time at which guards expire with what they guard; () where there is none.

    None either where an update moves it: it would have to move in the guards too.
    """
    expiry = expiry_of(work.entity)
    return (expiry,) if expiry and expiry not in work.written() else ()


def _with_guard(
    entity: Entity, table: Table, guard: tuple[str, ...], expiry: tuple[str, ...]
) -> Table:
    prefix = f"{'_'.join(guard).upper()}#"
    body = joined_key(guard)
    lead = KeyTemplate(parts=(TemplatePart(literal=prefix), *body.parts))
    keys: list[tuple[str, KeyTemplate]] = [(table.partition_key, lead)]
    if table.sort_key is not None:
        keys.append((table.sort_key, KeyTemplate(parts=(TemplatePart(literal="GUARD"),))))
    shape = ItemShape(
        name=f"{entity.name}{capitalised('_'.join(guard))}",
        entity=entity.name,
        keys=tuple(keys),
        attributes=tuple(dict.fromkeys((*entity.key, *expiry))),
        guards=guard,
    )
    return replace(table, shapes=(*table.shapes, shape))


def _guard_table(
    entity: Entity, name: str, guard: tuple[str, ...], expiry: tuple[str, ...]
) -> Table:
    single = len(guard) == 1
    partition = guard[0] if single else free_name(entity, "pk")
    keys = () if single else ((partition, joined_key(guard)),)
    stored = {*entity.key, *expiry, *(guard if single else ())}
    shape = ItemShape(
        name=f"{entity.name}{capitalised('_'.join(guard))}",
        entity=entity.name,
        keys=keys,
        attributes=tuple(n for n in entity.names if n in stored),
        guards=guard,
    )
    return Table(name=f"{name}_{'_'.join(guard)}", partition_key=partition, shapes=(shape,))


def side_name(side: Sequence[str]) -> str:
    """Return a short name for attributes kept apart."""
    return side[0] if len(side) == 1 else f"{side[0]}_etc"


def capitalised(text: str) -> str:
    """Return words joined, each with a capital: `profile_etc` becomes `ProfileEtc`."""
    return "".join(part[:1].upper() + part[1:] for part in text.replace("-", "_").split("_"))
