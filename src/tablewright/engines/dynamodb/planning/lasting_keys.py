"""How well the key of a placement lasts, and which entities a finding is about.

In: placements, designs, subjects of findings. Out: ranks and names. It knows no prices.
"""

from __future__ import annotations

from tablewright.engines.dynamodb.design import DynamoDesign
from tablewright.engines.dynamodb.planning.choices import DynamoPlacement
from tablewright.engines.dynamodb.planning.queries import is_made_unique
from tablewright.model.values import Entity, Model

EXISTING, GENERATED, PARENTS, OTHER = 0, 1, 2, 3
"""Ranks of keys, the most lasting first."""


def key_rank(model: Model, placement: DynamoPlacement, current: DynamoDesign | None) -> int:
    """Return how well the key of a placement lasts.

    First the key that exists, then an identity the system generates, then the item collection of
    the parent; what people can change, such as an e-mail address, comes last.
    """
    if placement.within:
        return EXISTING  # it has no key of its own that could move
    entity = model.entity(placement.entity)
    keys = placement.key.attributes
    gathers = "" if placement.key.gathers is None else str(placement.key.gathers)
    if current is not None and (gathers, keys) == _existing_key(current, entity):
        return EXISTING
    if gathers:
        return OTHER
    if all(name in entity.key for name in keys):
        if is_made_unique(entity.attribute(keys[0])) and len(keys) == len(entity.key):
            return GENERATED
        parent = model.entity(entity.parent) if entity.parent else None
        if parent is not None and keys[0] in parent.key:
            return PARENTS
        if len(keys) == len(entity.key):
            return PARENTS
    parent = model.entity(entity.parent) if entity.parent else None
    if parent is not None and keys[0] in parent.key:
        return PARENTS
    return OTHER


def _existing_key(design: DynamoDesign, entity: Entity) -> tuple[str, tuple[str, ...]]:
    """Return the attributes that the key of an entity's own items is made of.

    Before them the partition key where it gathers all instances or those of a stretch of time.
    """
    for table in design.tables:
        for shape in table.shapes:
            if shape.entity != entity.name or shape.guards or shape.counters:
                continue
            names: list[str] = []
            for key in table.keys:
                template = shape.template(key)
                names += template.attributes if template is not None else ()
            first = shape.template(table.partition_key)
            gathers = first is not None and (first.bucket or not first.attributes)
            attributes = dict.fromkeys(name.partition(".")[0] for name in names)
            return (str(first) if gathers else ""), tuple(attributes)
    return "", ()


def entities_of(model: Model, design: DynamoDesign, subject: str) -> frozenset[str]:
    """Return the entities that a finding is about: of a table, an entity or a pattern."""
    table_name = subject.partition("/")[0]
    for table in design.tables:
        if table.name == table_name:
            return frozenset(shape.entity for shape in table.shapes)
    entity_name = subject.partition(".")[0]
    if any(entity.name == entity_name for entity in model.entities):
        return frozenset({entity_name})
    for pattern in model.patterns:
        if pattern.name == subject:
            return frozenset(part.entity for part in pattern.parts or (pattern,))
    return frozenset()
