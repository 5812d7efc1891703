"""Put several tables into one item collection table, where the team prefers or limits tables.

In: a design and a way to evaluate it. Out: a design with fewer tables. An access pattern reads one
entity, so a shared table saves no request: it costs the longer keys. The search therefore gives
each entity its own table; this pass joins them afterwards, the cheapest pair first. The result
keeps every pattern served; that no other way to join costs less is not proved.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import combinations

from tablewright.core.errors import UnsupportedError
from tablewright.design.values import (
    DynamoDesign,
    Index,
    ItemShape,
    KeyTemplate,
    Table,
    TemplatePart,
)
from tablewright.model.values import Model
from tablewright.plan.modes import Evaluate

MOST_GSIS = 20
PREFERRED_MARGIN = Decimal("0.01")
"""Of the bill: what a team that prefers a single table is taken to accept for each table less."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Merge:
    """Two tables that became one."""

    kept: str
    gone: str


def merge_tables(
    model: Model,
    design: DynamoDesign,
    evaluate: Evaluate,
    users: int,
    *,
    most: int | None,
    prefer_single: bool,
) -> tuple[DynamoDesign, tuple[Merge, ...]]:
    """Return the design with tables joined until there are few enough.

    Args:
        model: the model.
        design: one table for each entity and side.
        evaluate: prices a design at a number of users.
        users: the scale whose bill decides.
        most: tables allowed, None for any number.
        prefer_single: join also where nothing forces it, while each join costs little.

    Raises:
        UnsupportedError: tables cannot be joined any further, and there are still too many.
    """
    done: list[Merge] = []
    usd = evaluate(design, users).bill.total
    while len(design.tables) > 1:
        forced = most is not None and len(design.tables) > most
        if not forced and not prefer_single:
            break
        trials = []
        for a, b in combinations(design.tables, 2):
            merged = joined(model, a, b)
            if merged is None:
                continue
            tables = tuple(merged if t is a else t for t in design.tables if t is not b)
            trial = replace(design, tables=tables)
            found = evaluate(trial, users)
            if all(route.is_served for route in found.routes):
                trials.append((found.bill.total, a.name, b.name, trial))
        trials.sort(key=lambda t: t[:3])
        if not trials:
            if forced:
                raise UnsupportedError(
                    f"no design keeps within {most} tables: {len(design.tables)} cannot be joined",
                    remedy="allow more tables, or take `max_tables` out of the options",
                )
            break
        total, kept, gone, trial = trials[0]
        if not forced and total - usd > usd * PREFERRED_MARGIN:
            break
        done.append(Merge(kept=kept, gone=gone))
        design, usd = trial, total
    return design, tuple(done)


def joined(model: Model, a: Table, b: Table) -> Table | None:
    """Return one table with the items of both, None where that cannot be."""
    if any(index.is_local for index in (*a.indexes, *b.indexes)):
        return None
    if len(a.indexes) + len(b.indexes) > MOST_GSIS or (a.mode, a.stream) != (b.mode, b.stream):
        return None
    if a.ttl and b.ttl and a.ttl != b.ttl:
        return None
    for own, other in ((a, b), (b, a)):
        if own.ttl and not other.ttl and any(own.ttl in s.attributes for s in other.shapes):
            return None
    names = {name for t in (a, b) for s in t.shapes for name in model.entity(s.entity).names}
    pk, sk = _free("PK", names), _free("SK", names)
    shapes: list[ItemShape] = []
    for table in (a, b):
        for shape in table.shapes:
            moved = _moved(model, table, shape, pk, sk)
            if moved is None:
                return None
            shapes.append(moved)
    indexes: list[Index] = []
    for table in (a, b):
        own_names = {s.name for s in table.shapes}
        for index in table.indexes:
            shapes, kept = _own_index(shapes, own_names, index, names, len(indexes))
            while any(kept.name == other.name for other in indexes):
                kept = replace(kept, name=kept.name + "-2")
            indexes.append(kept)
    days = [t.pitr_days for t in (a, b) if t.pitr_days is not None]
    return replace(
        a,
        partition_key=pk,
        sort_key=sk,
        shapes=tuple(shapes),
        indexes=tuple(indexes),
        ttl=a.ttl or b.ttl,
        pitr_days=max(days, default=None),
        infrequent_access=False,
    )


def _free(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "_"
    return name


def _moved(model: Model, table: Table, shape: ItemShape, pk: str, sk: str) -> ItemShape | None:
    """Return a shape under the keys of a shared table, each with a text that tells it apart."""
    partition = shape.template(table.partition_key)
    sort = shape.template(table.sort_key) if table.sort_key else None
    if partition is None or (table.sort_key and sort is None):
        return None
    entity = model.entity(shape.entity)
    if sort is not None and len(sort.attributes) == 1 and len(sort.parts) == 1:
        name = sort.attributes[0]
        if entity.has(name) and entity.attribute(name).kind.is_number:
            return None  # a number inside a text does not sort as one
    if (table.partition_key, table.sort_key) == (pk, sk):
        return shape
    owner = "#".join(partition.attributes).upper() + "#"
    lead = (
        partition if partition.parts and partition.parts[0].literal else _prefixed(owner, partition)
    )
    rest = KeyTemplate(parts=(TemplatePart(literal=shape.name.upper()),))
    if sort is not None:
        rest = _prefixed(f"{shape.name.upper()}#", sort)
    dropped = {table.partition_key, table.sort_key}
    keys = tuple((name, template) for name, template in shape.keys if name not in dropped)
    return replace(shape, keys=((pk, lead), (sk, rest), *keys))


def _prefixed(text: str, template: KeyTemplate) -> KeyTemplate:
    return replace(template, parts=(TemplatePart(literal=text), *template.parts))


def _own_index(
    shapes: Sequence[ItemShape],
    own: set[str],
    index: Index,
    names: set[str],
    number: int,
) -> tuple[list[ItemShape], Index]:
    """Keep items of other kinds out of an index, by a key attribute that only its own have."""
    strangers = [
        s
        for s in shapes
        if s.name not in own and all(s.template(key) is not None for key in index.keys)
    ]
    if not strangers:
        return list(shapes), index
    first = index.partition_keys[0]
    name = _free(f"g{number + 1}", names)
    changed = []
    for shape in shapes:
        template = shape.template(first) if shape.name in own else None
        if template is not None and all(shape.template(k) is not None for k in index.keys):
            shape = replace(shape, keys=(*shape.keys, (name, template)))
        changed.append(shape)
    return changed, replace(index, partition_keys=(name, *index.partition_keys[1:]))
