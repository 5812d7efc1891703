"""Predicates about vector indexes; what each rule means is in `rules/indexes.yaml`."""

from __future__ import annotations

from decimal import Decimal

from tablewright.core.quantities import decimals
from tablewright.engines.dynamodb.design import Table, VectorIndex
from tablewright.engines.dynamodb.facts import DynamoFacts
from tablewright.model.values import Pattern, Verb
from tablewright.review.verdicts import CLEAR, Hit, Verdict


def _serving(f: DynamoFacts, pattern: Pattern) -> tuple[Table, VectorIndex] | None:
    """Return the vector index that a search goes through, if it has a partition attribute."""
    route = f.route(pattern)
    if pattern.verb is not Verb.SIMILAR or route is None or not route.is_served:
        return None
    table_name, _, index_name = route.requests[0].target.partition("/")
    for table in f.design.tables:
        for index in table.vector_indexes if table.name == table_name else ():
            if index.name == index_name and index.partition:
                return table, index
    return None


def ddb_vec_001(f: DynamoFacts, pattern: Pattern) -> Verdict:
    """A partition holds no more items than a search returns."""
    serving = _serving(f, pattern)
    if serving is None:
        return None
    table, index = serving
    entity = f.model.entity(pattern.entity)
    values = f.distinct_values(entity, index.partition)
    if not values:
        return None
    items = f.count(entity.name) * entity.attribute(index.vector).presence / values
    limit = pattern.limit or 1
    if items > limit:
        return CLEAR
    return Hit(
        evidence=(
            f"one {index.partition} of {table.name}/{index.name} has {decimals(items)} "
            f"{entity.name}, and {pattern.name} asks for {limit}"
        ),
        values={"items": items, "limit": Decimal(limit)},
    )
