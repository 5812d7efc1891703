"""Which entities have the same instances in two models.

In: two models, one of them with other figures. Out: the entities of which there are as many, with
the same values, so that what was drawn and measured of them need not be drawn again.
"""

from __future__ import annotations

from collections.abc import Iterator

from tablewright.model.values import Attribute, Entity, Model


def alike(before: Model, after: Model) -> frozenset[str]:
    """Return the entities whose instances are the same in two models, number and values.

    An entity depends on itself, on its ancestors and on what it refers to: on how many of those
    there are, and on the attributes that it repeats, by their name, by a copy or as a key.
    """
    if _drawn_by(before) != _drawn_by(after):
        return frozenset()
    changes = {
        entity.name: _changes(earlier, entity)
        for earlier, entity in zip(before.entities, after.entities, strict=True)
    }
    changes = {name: changed for name, changed in changes.items() if changed}
    entities = {entity.name: entity for entity in after.entities}
    spread = True
    while spread:
        affected = [
            entity
            for name, entity in entities.items()
            if None not in changes.get(name, ())
            and any(
                _meets(entity, entities[n], changes[n])
                for n in _looks_at(entity, entities)
                if n in changes
            )
        ]
        spread = bool(affected)
        changes |= {entity.name: ALL for entity in affected}
    return frozenset(entities) - changes.keys()


ALL: frozenset[str | None] = frozenset((None,))
"""What stands for more than single attributes: number, parent, key or lifetime."""


def _drawn_by(model: Model) -> tuple[object, ...]:
    names = tuple(entity.name for entity in model.entities)
    return (names, model.seed, model.scales, model.horizon_days, model.country)


def _changes(before: Entity, after: Entity) -> frozenset[str | None]:
    """Return the attributes that differ; `ALL` where anything else of the entity does."""
    if before == after:
        return frozenset()
    if before.names != after.names or _frame(before) != _frame(after):
        return ALL
    pairs = zip(before.attributes, after.attributes, strict=True)
    return frozenset(new.name for old, new in pairs if old != new)


def _frame(entity: Entity) -> tuple[object, ...]:
    """Return all of an entity but its attributes and its place in the file."""
    return (
        entity.key,
        entity.parent,
        entity.count,
        entity.retention_days,
        entity.durable,
        entity.append_only,
        entity.identity,
    )


def _looks_at(entity: Entity, entities: dict[str, Entity]) -> set[str]:
    """Return the ancestors of an entity and what it refers to."""
    names = {part.to.partition(".")[0] for part in _parts(entity.attributes) if part.to}
    above = entity.parent
    while above is not None:
        names.add(above)
        above = entities[above].parent
    return names


def _meets(entity: Entity, other: Entity, changed: frozenset[str | None]) -> bool:
    """Whether an entity depends on what changed of another that it looks at."""
    if None in changed:
        return True
    repeated = {*other.key, *entity.names}
    for part in _parts(entity.attributes):
        repeated.update(part.copy_of.split("."))
        repeated.update((part.to or "").split("."))
    return not changed.isdisjoint(repeated)


def _parts(attributes: tuple[Attribute, ...]) -> Iterator[Attribute]:
    """Yield attributes with the fields and elements inside of them."""
    for attribute in attributes:
        yield attribute
        yield from _parts(attribute.fields)
        if attribute.element is not None:
            yield from _parts((attribute.element,))
