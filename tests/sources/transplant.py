"""Put what an import says of sizes, shares and counts into the model it came from.

The access patterns and their rates are the original's ("once the rates are filled in"): what is
left to differ in the bill is what was inferred from the stored items.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

from tablewright.engines.dynamodb.design import DynamoDesign, ItemShape
from tablewright.model.values import Attribute, Entity, Kind, Model

Sources = dict[str, list[str]]
"""By entity of the original the entities that were inferred for it."""


def transplanted(
    original: Model,
    imported: Model,
    sources: Sources,
    users: int,
    stored: Mapping[str, int] | None = None,
) -> Model:
    """Return the original model with the figures of the imported one.

    Args:
        original: the model whose items were stored.
        imported: the model that was inferred.
        sources: which entities of it are which of the original.
        users: how many users were stored.
        stored: how many instances a server holds, where it has removed some that expired.
    """
    held = stored or {}
    entities = tuple(
        _entity(entity, sources.get(entity.name, []), original, imported, users, held)
        for entity in original.entities
    )
    return replace(original, entities=entities)


def dynamodb_sources(
    design: DynamoDesign, imported_design: DynamoDesign, renamed: DynamoDesign
) -> Sources:
    """Return which entities are which, by their kinds of items.

    Args:
        design: the design by which items were stored.
        imported_design: the one that was inferred.
        renamed: the same with the names of the original, in its order.
    """
    sources: Sources = {}
    for table in renamed.tables:
        inferred = imported_design.table(table.name)
        for shape in table.shapes:
            if not shape.guards:
                twin = _twin(shape, table.name, renamed, inferred.shapes)
                sources.setdefault(shape.entity, []).append(twin.entity)
    return sources


def _twin(
    shape: ItemShape, table: str, renamed: DynamoDesign, candidates: tuple[ItemShape, ...]
) -> ItemShape:
    """Return the inferred kind of item that was recognised as this one: same key templates."""
    keys = renamed.table(table).keys

    def made(candidate: ItemShape) -> list[str]:
        return [str(candidate.template(key)).replace("{shard:1}", "0") for key in keys]

    matches = [c for c in candidates if not c.guards and made(c) == made(shape)]
    assert matches, f"no kind of {table} is like {shape.name}"
    return matches[0]


def _entity(
    entity: Entity,
    twins: list[str],
    original: Model,
    imported: Model,
    users: int,
    held: Mapping[str, int],
) -> Entity:
    if not twins:
        embedded = _embedded(entity, imported)
        if embedded is None:
            return entity
        twins = [embedded]
    known: dict[str, Attribute] = {}
    for name in twins:
        for attribute in imported.entity(name).attributes:
            known.setdefault(attribute.name, attribute)
    attributes = tuple(
        _attribute(a, known[a.name], users) if a.name in known else a for a in entity.attributes
    )
    seen = imported.instances(twins[0], imported.scales[0])
    expected = Decimal(held.get(entity.name) or original.instances(entity.name, users))
    ratio = seen / expected if expected else Decimal(1)
    count = replace(
        entity.count,
        mean=entity.count.mean * ratio,
        inflow_per_day=None
        if entity.count.inflow_per_day is None
        else entity.count.inflow_per_day * ratio,
    )
    return replace(entity, attributes=attributes, count=count)


def _embedded(entity: Entity, imported: Model) -> str | None:
    if entity.parent is None:
        return None  # stored in no table, such as what each table names by its key
    names = {a.name for a in entity.attributes if not a.generated}
    for candidate in imported.entities:
        if names and names <= {a.name for a in candidate.attributes}:
            return candidate.name
    return None


def _attribute(attribute: Attribute, seen: Attribute, users: int) -> Attribute:
    """Return the original's name and flags with the type and figures that were inferred."""
    if attribute.kind is Kind.REF or seen.kind is Kind.REF or attribute.generated:
        return attribute
    # A value that nothing stored has cannot be seen; the application still asks for it.
    unseen = [v for v, _ in attribute.values if v not in dict(seen.values)]
    distinct = seen.distinct
    if distinct is not None and attribute.distinct_per_user:
        distinct /= users  # how it grows is not seen either
    return replace(
        attribute,
        kind=seen.kind,
        bytes=seen.bytes,
        values=(*seen.values, *((v, Decimal(0)) for v in unseen)) if seen.values else (),
        low=seen.low,
        high=seen.high,
        places=seen.places,
        fields=seen.fields,
        element=seen.element,
        elements=seen.elements,
        presence=seen.presence,
        distinct=distinct,
        top_share=seen.top_share,
        compressible=seen.compressible,
    )
