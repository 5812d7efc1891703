"""Children kept inside their parent's items.

In: a workload, the model, children. Out: whether they may, how they are kept, and the placements
that keep them. What the engine can tell of a design it is asked; here is what the model tells.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import ROUND_CEILING

from tablewright.design.values import Embed
from tablewright.engines.dynamodb.planning.choices import DynamoPlacement, TableKey
from tablewright.engines.dynamodb.planning.placements import placements
from tablewright.engines.dynamodb.planning.queries import EntityWorkload, can_be_key, is_made_unique
from tablewright.engines.dynamodb.planning.tables import capitalised, free_name, plural, table_of
from tablewright.model.values import Entity, Model, Verb
from tablewright.sample.spreads import quantiles


def most_children(child: Entity) -> int | None:
    """Return how many children one parent may have at most; None where nothing says.

    A spread without a stated maximum is taken to reach twice what one parent in two thousand has.
    """
    count = child.count
    if count.per != "parent" or count.inflow_per_day is not None or not count.bounded:
        return None
    if count.spread is None or count.spread.shape == "fixed":
        return int(count.mean.to_integral_value(ROUND_CEILING))
    if count.spread.high is not None:
        return int(count.spread.high)
    return 2 * quantiles(count.spread)[-1]


def why_not_inside(model: Model, child: Entity) -> str:
    """Say why an entity cannot be kept inside its parent's items; "" where it may.

    What the engine can tell of a design it is asked; here is what only the model tells.
    """
    if child.parent is None:
        return "it has no parent"
    parent = model.entity(child.parent)
    if most_children(child) is None:
        return "nothing bounds how many a parent has"
    if child.retention_days is not None or parent.retention_days is not None:
        return "items expire, what is inside them does not by itself"
    if child.durable and not parent.durable:
        return "it is to be recovered, and its parent is not"
    key = [name for name in child.key if not child.attribute(name).generated]
    if len(key) != 1 or not can_be_key(child.attribute(key[0])):
        return "no single attribute tells children of one parent apart"
    handed = {a.name for a in child.attributes if a.generated}
    if not set(parent.key) <= handed:
        return "it does not tell its parent's key"
    parts = [part for p in model.patterns for part in (p.parts or (p,))]
    if any(part.verb is Verb.SIMILAR and part.entity == child.name for part in parts):
        return "its vectors are searched, which takes items of their own"
    written = [part for part in parts if part.entity == child.name and part.verb.is_write]
    if any(part.appends for part in written):
        return "lists in it grow"
    touched = {name for part in written for name in part.touched}
    is_put = any(part.verb is Verb.PUT for part in written)
    for attribute in child.attributes:
        is_guarded = attribute.unique and not is_made_unique(attribute)
        if is_guarded and (is_put or attribute.name in touched):
            return f"`{attribute.name}` is unique among all parents"
    if is_put and child.count.mean <= 1:
        return "it is written with its parent, not into it"
    if not set(parent.key) <= set(child.key) and not is_made_unique(child.attribute(key[0])):
        return "it is told apart among all parents"
    for part in parts:
        if part.entity != parent.name:
            continue
        made_up = any(is_made_unique(parent.attribute(name)) for name in parent.key)
        if part.verb is Verb.DELETE:
            return "its parent is deleted without it"
        if part.verb is Verb.PUT and part.condition != "absent" and not made_up:
            return "a put may replace its parent's item"
    return ""


def embed_of(model: Model, parent: Entity, child: Entity) -> Embed:
    """Return how children are kept inside: a map where an element has to be found, else a list."""
    own_key = next(name for name in child.key if not child.attribute(name).generated)
    parts = [
        part for p in model.patterns for part in (p.parts or (p,)) if part.entity == child.name
    ]
    addressed = any(p.verb in (Verb.UPDATE, Verb.DELETE, Verb.CHECK) for p in parts)
    refused = any(p.verb is Verb.PUT and p.condition == "absent" for p in parts)
    is_text = not child.attribute(own_key).kind.is_number
    as_map = is_text and (addressed or refused or not is_made_unique(child.attribute(own_key)))
    return Embed(entity=child.name, attribute=free_name(parent, plural(child.name)), as_map=as_map)


def embedding_placements(
    work: EntityWorkload,
    model: Model,
    table_name: str,
    children: Sequence[Entity],
    shards: int = 1,
    objects: str = "needed",
) -> tuple[DynamoPlacement, ...]:
    """Return the placements of an entity that keep these children inside.

    The children lie in the core item, or together in an item of their own under the same key. Only
    under table keys that a child tells, since the engine finds its parent's item by nothing else.
    """
    entity = work.entity
    handed = [{a.name for a in child.attributes if a.generated} for child in children]
    embeds = tuple(embed_of(model, entity, child) for child in children)
    names = tuple(child.name for child in children)
    result: list[DynamoPlacement] = []
    for base in placements(work, table_name, shards, objects=objects):
        if not all(set(base.key.attributes) <= told for told in handed):
            continue
        core = base.tables[0]
        filled = replace(core, shapes=(replace(core.shapes[0], embeds=embeds), *core.shapes[1:]))
        result.append(replace(base, tables=(filled, *base.tables[1:]), embeds=names))
        table = table_of(
            entity,
            f"{table_name}_{embeds[0].attribute}",
            f"{entity.name}{capitalised(embeds[0].attribute)}",
            base.key,
            (),
            (),
        )
        table = replace(table, shapes=(replace(table.shapes[0], embeds=embeds),))
        result.append(replace(base, tables=(*base.tables, table), embeds=names))
    return tuple(dict.fromkeys(result))


def inside(child: Entity) -> DynamoPlacement:
    """Return the placement of a child in its parent's items: no table of its own."""
    assert child.parent is not None
    key = TableKey(partition=child.key[0], sort=child.key[1:])
    return DynamoPlacement(entity=child.name, key=key, tables=(), within=child.parent)
