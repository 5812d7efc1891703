"""Vector indexes of a planned table: one for each vector that is searched.

In: a model, an entity, its table. Out: the table with vector indexes. A search needs an index; what
is chosen is its partition key, its filters and its projection.
"""

from __future__ import annotations

from dataclasses import replace

from tablewright.capacity.vectors import MAX_INLINE_FILTERS
from tablewright.engines.dynamodb.design import (
    DynamoDesign,
    Projection,
    ProjectionKind,
    Table,
    VectorIndex,
)
from tablewright.evaluation.values import Evaluation
from tablewright.model.values import Entity, Kind, Model, Pattern, Verb
from tablewright.plan.values import Evaluate


def with_vector_indexes(model: Model, entity: Entity, table: Table) -> Table:
    """Return a table with an index for each vector of the entity that some pattern searches."""
    shapes = [shape for shape in table.shapes if shape.entity == entity.name and not shape.guards]
    if not shapes:
        return table
    searches: dict[str, list[Pattern]] = {}
    for pattern in model.patterns:
        if pattern.verb is Verb.SIMILAR and pattern.entity == entity.name:
            searches.setdefault(pattern.to, []).append(pattern)
    indexes = tuple(
        _index(entity, vector, patterns)
        for vector, patterns in searches.items()
        if any(vector in shape.attributes for shape in shapes)
    )
    return replace(table, vector_indexes=indexes) if indexes else table


def _index(entity: Entity, vector: str, patterns: list[Pattern]) -> VectorIndex:
    """Return one index for all searches of a vector.

    Its partition key is an attribute that every search gives and every item has; what else they
    filter by are inline filters, unless it is of a type that no key has. It holds what they want
    back, so that no item has to be read.
    """

    def is_possible(name: str) -> bool:
        kind = entity.attribute(name).kind
        return not kind.is_container and kind is not Kind.BOOL

    equal = [set(filter(is_possible, pattern.equalities)) for pattern in patterns]
    common = set.intersection(*equal)
    partition = next(
        (
            name
            for name in patterns[0].equalities
            if name in common and entity.attribute(name).presence == 1
        ),
        "",
    )
    named = dict.fromkeys(name for pattern in patterns for name in pattern.equalities)
    possible = (name for name in named if name != partition and is_possible(name))
    filters = tuple(possible)[:MAX_INLINE_FILTERS]
    return VectorIndex(
        name=f"{vector}-{partition or 'all'}-vectors",
        vector=vector,
        partition=partition,
        filters=filters,
        projection=_projection(entity, vector, patterns, {partition, *filters}),
    )


def _projection(
    entity: Entity, vector: str, patterns: list[Pattern], search_attributes: set[str]
) -> Projection:
    if any(pattern.select is None for pattern in patterns):
        return Projection(kind=ProjectionKind.ALL)
    present = {*entity.key, *search_attributes, vector}
    selected = dict.fromkeys(name for pattern in patterns for name in pattern.select or ())
    extra = tuple(name for name in selected if name not in present)
    if not extra:
        return Projection(kind=ProjectionKind.KEYS_ONLY)
    return Projection(kind=ProjectionKind.INCLUDE, attributes=extra)


def with_cheapest_projections(design: DynamoDesign, evaluate: Evaluate, users: int) -> DynamoDesign:
    """Return a design whose vector indexes hold what searches want, or no more than the keys.

    What an index holds is written and stored with every entry; what it lacks is read from the table
    for each result. Both are priced at one number of users, the cheaper one is taken.
    """
    for table in design.tables:
        for index in table.vector_indexes:
            if index.projection.kind is ProjectionKind.KEYS_ONLY:
                continue
            narrow = replace(index, projection=Projection(kind=ProjectionKind.KEYS_ONLY))
            indexes = tuple(narrow if each is index else each for each in table.vector_indexes)
            changed = replace(table, vector_indexes=indexes)
            trial = replace(
                design,
                tables=tuple(
                    changed if each.name == table.name else each for each in design.tables
                ),
            )
            before, after = evaluate(design, users), evaluate(trial, users)
            if after.bill.total < before.bill.total and not any(
                route.cannot for route in after.routes if not _cannot(before, route.pattern)
            ):
                return with_cheapest_projections(trial, evaluate, users)
    return design


def _cannot(evaluation: Evaluation, pattern: str) -> bool:
    return any(route.cannot for route in evaluation.routes if route.pattern == pattern)
