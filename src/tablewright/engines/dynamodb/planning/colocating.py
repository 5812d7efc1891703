"""Keep kinds that are read together under one partition key, where one request then does.

In: a design with a table for each entity, a way to evaluate it. Out: a design in which tables that
a `read` asks together are one, if that costs no more. Every way to put them together is priced; the
keys the search chose stay, so that kinds whose tables have different partition keys stay apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from decimal import Decimal

from tablewright.core.quantities import ZERO
from tablewright.engines.dynamodb.design import DynamoDesign, ItemShape, KeyTemplate, Table
from tablewright.engines.dynamodb.planning.merging import (
    MOST_PARTITIONED,
    best_partitions,
    with_block,
)
from tablewright.model.values import Model, Pattern, Verb
from tablewright.plan.values import Evaluate, Merge

FIRST_AND_LAST = ("#", "~")
"""Signs that sort before, and behind, the names that begin the other sort keys."""


def colocate(
    model: Model, design: DynamoDesign, evaluate: Evaluate, users: int
) -> tuple[DynamoDesign, tuple[Merge, ...]]:
    """Return the design with kinds that are read together in one table, where that pays.

    Of two designs with equal bills that with fewer requests is taken. What a set of tables saves
    when it becomes one does not depend on the others, so each set is priced once.

    Args:
        model: the model.
        design: a table for each entity.
        evaluate: prices a design at a number of users.
        users: the scale whose bill decides.
    """
    links = [names for pattern in _reads(model) if len(names := _tables(design, pattern)) > 1]
    involved = [t for t in design.tables if any(t.name in names for names in links)]
    if not involved or len(involved) > MOST_PARTITIONED:
        return design, ()
    unmerged = evaluate(design, users)
    extra: dict[int, Decimal] = {}
    blocks: dict[int, list[Table]] = {}
    joined: dict[int, Table] = {}
    for mask in range(1, 1 << len(involved)):
        block = blocks[mask] = [t for place, t in enumerate(involved) if mask >> place & 1]
        if len(block) == 1:
            extra[mask] = ZERO
            continue
        if not _hangs_together({table.name for table in block}, links):
            continue
        options: list[tuple[Decimal, int, DynamoDesign]] = []
        for trial in _placements(model, design, block):
            result = evaluate(trial, users)
            if result.unserved <= unmerged.unserved:
                options.append((result.bill.total - unmerged.bill.total, len(options), trial))
        if options:
            extra[mask], _, trial = min(options, key=lambda option: option[:2])
            joined[mask] = trial.table(block[0].name)
    best = best_partitions(extra, len(involved))
    usd, _, masks = min((usd, count, masks) for count, (usd, masks) in best.items())
    if usd > ZERO:
        return design, ()
    done: list[Merge] = []
    for mask in masks:
        if mask in joined:
            first, *rest = (table.name for table in blocks[mask])
            tables = (joined[mask] if t.name == first else t for t in design.tables)
            design = replace(design, tables=tuple(t for t in tables if t.name not in rest))
            done += [Merge(kept=first, gone=name) for name in rest]
    return design, tuple(done)


def _reads(model: Model) -> Iterator[Pattern]:
    return (pattern for pattern in model.patterns if pattern.verb is Verb.READ)


def _tables(design: DynamoDesign, pattern: Pattern) -> frozenset[str]:
    entities = {part.entity for part in pattern.parts}
    return frozenset(t.name for t in design.tables if any(s.entity in entities for s in t.shapes))


def _hangs_together(names: set[str], links: Iterable[frozenset[str]]) -> bool:
    """Whether reads lead from any of these tables to every other: else joining them saves none."""
    reached = {min(names)}
    for _ in names:
        for link in links:
            shared = link & names
            if shared & reached:
                reached |= shared
    return reached == names


def _placements(
    model: Model, design: DynamoDesign, block: Sequence[Table]
) -> Iterator[DynamoDesign]:
    """Yield the design with tables joined; what is one to a key first, last or by its name.

    A query that wants the first few of a list can stop after them only if what is one comes before
    them, in the order in which it goes through the collection.
    """
    together = with_block(model, design, block)
    if together is None:
        return
    yield together
    name = block[0].name
    for mark in FIRST_AND_LAST:
        yield replace(
            together,
            tables=tuple(_marked(t, mark) if t.name == name else t for t in together.tables),
        )


def _marked(table: Table, mark: str) -> Table:
    """Return a table in which sort keys that are a mere text begin with a mark."""

    def keys_of(shape: ItemShape) -> tuple[tuple[str, KeyTemplate], ...]:
        return tuple(
            (key, KeyTemplate.parse(mark + str(template), template.when))
            if key == table.sort_key and not template.attributes
            else (key, template)
            for key, template in shape.keys
        )

    return replace(table, shapes=tuple(replace(s, keys=keys_of(s)) for s in table.shapes))
