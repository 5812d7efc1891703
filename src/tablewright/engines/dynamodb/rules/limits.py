"""Predicates about hard limits and quotas; what each rule means is in `rules/limits.yaml`."""

from __future__ import annotations

from decimal import Decimal

from tablewright.core.quantities import DAYS_PER_MONTH, ONE, ZERO, decimals, format_bytes
from tablewright.engines.dynamodb.design import (
    DynamoDesign,
    Index,
    KeyTemplate,
    ProjectionKind,
    Table,
)
from tablewright.engines.dynamodb.facts import DynamoFacts
from tablewright.engines.dynamodb.usage_facts import TableOrIndex
from tablewright.model.values import Entity, Pattern
from tablewright.review.verdicts import CLEAR, Hit, Missing, Verdict

Use = tuple[str, Decimal, Decimal, bool]
"""What is limited, how much is used, the limit, whether it can be raised."""


def ddb_idx_008(f: DynamoFacts, place: TableOrIndex) -> Verdict:
    """With a local index, everything under one key has to fit into 10 GB."""
    table = place.table
    local = [index for index in table.indexes if index.is_local]
    if not local:
        return None
    names = [table.name, *(f"{table.name}/{index.name}" for index in local)]
    largest = growth = ZERO
    for shape in table.shapes:
        template = shape.template(table.partition_key)
        entity = f.entity_of(shape)
        if template is None:
            continue
        top = _largest_share(f, entity, template)
        if top is None:
            return Missing(f"how the keys of {table.name} are spread (`distinct`, `top_share`)")
        size = sum((f.mean_size(name) for name in names), ZERO)
        largest += top * f.count(entity.name) * size
        growth += top * _inflow(f, entity) * size * DAYS_PER_MONTH
    months = max(ZERO, f.k["part_bytes"] - largest) / growth if growth else None
    horizon = f.k["horizon_months"]
    is_close = months is not None and months <= horizon
    if largest < f.k["part_bytes"] / 5 and not is_close:
        return CLEAR
    return Hit(
        evidence=(
            f"the largest item collection of {table.name} holds {format_bytes(largest)} of 10 GB"
            + (f" and is full in {decimals(months)} months" if months is not None else "")
        ),
        values={"largest": largest, "months": months},
    )


def _largest_share(f: DynamoFacts, entity: Entity, template: KeyTemplate) -> Decimal | None:
    best = ONE
    for name in template.attributes:
        share = f.stored_share(entity, name)
        if share is None:
            return None
        best = min(best, share[0])
    return best


def _inflow(f: DynamoFacts, entity: Entity) -> Decimal:
    if entity.count.inflow_per_day is None or entity.retention_days is not None:
        return ZERO
    age = f.model.age_days(entity)
    return f.count(entity.name) / age if age else ZERO


def ddb_lim_001(f: DynamoFacts, design: DynamoDesign) -> Verdict:
    """What the service refuses, or is about to."""
    uses = [use for table in design.tables for use in _of_table(f, table)]
    uses += [use for pattern in f.model.patterns for use in _of_pattern(pattern, f)]
    over = [use for use in uses if use[1] > use[2]]
    near = [use for use in uses if use[2] * Decimal("0.8") <= use[1] <= use[2]]
    if not over and not near:
        return CLEAR
    worst = max(over or near, key=lambda use: (not use[3], use[1] / use[2], use[0]))
    what, used, maximum, adjustable = worst
    return Hit(
        evidence=f"{what}: {decimals(used)} of {decimals(maximum)}",
        values={"over": bool(over), "adjustable": adjustable},
    )


def _of_table(f: DynamoFacts, table: Table) -> list[Use]:
    k = f.k
    local = [index for index in table.indexes if index.is_local]
    stored = sum(
        len(index.projection.attributes)
        for index in table.indexes
        if index.projection.kind is ProjectionKind.INCLUDE
    )
    uses: list[Use] = [
        (
            f"global indexes of {table.name}",
            Decimal(len(table.indexes) - len(local)),
            k["gsi_max"],
            True,
        ),
        (f"local indexes of {table.name}", Decimal(len(local)), k["lsi_max"], False),
        (
            f"attributes included in indexes of {table.name}",
            Decimal(stored),
            k["include_attrs"],
            False,
        ),
    ]
    for index in table.indexes:
        uses += _of_index(f, table, index)
    uses += _key_bytes(f, TableOrIndex(table))
    return uses


def _of_index(f: DynamoFacts, table: Table, index: Index) -> list[Use]:
    maximum = f.k["key_attrs"]
    widest = Decimal(max(len(index.partition_keys), len(index.sort_keys)))
    uses = _key_bytes(f, TableOrIndex(table, index))
    if widest > maximum:  # four of four is what the limit is for, not a warning
        uses.append((f"attributes in a key of {table.name}/{index.name}", widest, maximum, False))
    return uses


def _key_bytes(f: DynamoFacts, place: TableOrIndex) -> list[Use]:
    uses: list[Use] = []
    sides = ((place.partition_keys, "pk_bytes"), (place.sort_keys, "sk_bytes"))
    for names, limit in sides:
        for shape, templates in f.templates(place, names):
            entity = f.entity_of(shape)
            size = sum((_template_bytes(f, entity, t) for t in templates), ZERO)
            uses.append((f"bytes of the key of {place.name}", size, f.k[limit], False))
    return uses


def _template_bytes(f: DynamoFacts, entity: Entity, template: KeyTemplate) -> Decimal:
    size = Decimal(sum(len(part.literal) for part in template.parts))
    for name in template.attributes:
        attribute = f.attribute_of(entity, name)
        if attribute is not None:
            spread = attribute.bytes
            longest = (spread.high or spread.p99 or spread.mean) if spread is not None else None
            size += longest or f.value_bytes(entity, attribute)
    return size


def _of_pattern(pattern: Pattern, f: DynamoFacts) -> list[Use]:
    if not pattern.parts:
        return []
    items = Decimal(sum(part.batch for part in pattern.parts))
    guards = sum(
        1
        for part in pattern.parts
        for _, shape in f.homes(part.entity)
        if shape.guards and part.verb.is_write
    )
    return [(f"items in the transaction {pattern.name}", items + guards, f.k["txn_items"], False)]
