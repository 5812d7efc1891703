"""The part of a model and of designs that decides what one entity costs; one table less.

In: designs on demand. Out: designs and models cut down, and what joining two tables would cost.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import combinations

from tablewright.core.quantities import ZERO
from tablewright.engines.dynamodb.design import (
    CapacityMode,
    DynamoDesign,
    ItemShape,
    dynamo,
)
from tablewright.engines.dynamodb.planning.merging import with_block
from tablewright.model.values import Model, Pattern
from tablewright.plan.breakevens import TargetFlip
from tablewright.plan.search import without_scans
from tablewright.plan.values import Evaluate, Plan

CHEAPEST_TABLES = 5
LITTLE = Decimal("0.01")
"""Share of the bill; a join that costs no more is not improved on."""


def on_demand(design: DynamoDesign) -> DynamoDesign:
    """Return a design with every table on demand and of the Standard class."""
    return replace(
        design,
        tables=tuple(
            replace(t.paid(CapacityMode()), infrequent_access=False) for t in design.tables
        ),
    )


def part_about(
    model: Model, designs: Sequence[DynamoDesign], entity: str
) -> tuple[Model, tuple[DynamoDesign, ...]]:
    """Return the part of a model and of designs that one entity is kept in.

    What an entity costs depends on the tables that hold it; nothing else differs between designs
    that keep only it otherwise.
    """
    stored = {entity}
    while True:
        tables = [t for d in designs for t in d.tables if any(_holds(s, stored) for s in t.shapes)]
        more = {s.entity for t in tables for s in t.shapes} | {
            e.entity for t in tables for s in t.shapes for e in s.embeds
        }
        if more <= stored:
            break
        stored |= more
    names = {t.name for t in tables}
    patterns = tuple(_cut(p, stored) for p in model.patterns if _entities(p) & stored)
    cut = (replace(d, tables=tuple(t for t in d.tables if t.name in names)) for d in designs)
    return replace(model, patterns=patterns), tuple(cut)


def _entities(pattern: Pattern) -> set[str]:
    return {part.entity for part in pattern.parts} or {pattern.entity}


def _cut(pattern: Pattern, entities: set[str]) -> Pattern:
    """Return a pattern; of a transaction, its parts on some entities."""
    parts = tuple(part for part in pattern.parts if part.entity in entities)
    if parts == pattern.parts:
        return pattern
    return replace(pattern, entity=parts[0].entity, parts=parts)


def _holds(shape: ItemShape, entities: set[str]) -> bool:
    return shape.entity in entities or any(e.entity in entities for e in shape.embeds)


def fewer_tables(plan: Plan, evaluate: Evaluate) -> tuple[TargetFlip, ...]:
    """Return what one table less would cost: of the cheapest, the two best to join.

    Where that is more than a little and the plan scans a table, which would read the items of both,
    the cheapest plan that scans nothing is joined as well, and the better of the two counts.
    """
    planned = dynamo(plan.design)
    most = plan.settings.most_tables
    if len(planned.tables) < 2 or (most is not None and len(planned.tables) > most):
        return ()  # one table it is, or fewer than the search plans by the limit that is set
    users = plan.settings.scales[-1].users
    now = evaluate(on_demand(planned), users)
    trials: list[tuple[Decimal, str, str]] = []

    def tried(base: DynamoDesign) -> None:
        for kept, gone, design in _pairs_joined(plan.model, on_demand(base), evaluate, users):
            after = evaluate(design, users)
            if len(design.tables) < len(planned.tables) and after.unserved <= now.unserved:
                trials.append((after.bill.total - now.bill.total, gone, kept))

    tried(planned)
    if not trials or min(trials)[0] > now.bill.total * LITTLE:
        apart = without_scans(plan, planned, planned.name)
        if apart is not None:
            tried(dynamo(apart.design))
    if not trials:
        return ()
    extra_usd, gone, retained = min(trials)
    flip = TargetFlip(
        kind="max_tables",
        subject="",
        below=Decimal(len(planned.tables) - 1),
        extra_usd=extra_usd,
        instead=(f"join {retained} and {gone} into one table",),
    )
    return (flip,)


def _pairs_joined(
    model: Model, design: DynamoDesign, evaluate: Evaluate, users: int
) -> Iterator[tuple[str, str, DynamoDesign]]:
    """Yield of the cheapest tables each two: the name kept, the one gone, the design then."""
    by_table = evaluate(design, users).bill.sum_by("where")
    cheapest = sorted(design.tables, key=lambda t: (by_table.get(t.name, ZERO), t.name))
    for a, b in combinations(cheapest[:CHEAPEST_TABLES], 2):
        both = with_block(model, design, (a, b))
        if both is not None:
            yield a.name, b.name, both
