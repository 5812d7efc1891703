"""Put several tables into one item collection table, where the team prefers or limits tables.

In: a design and a way to evaluate it. Out: a design with fewer tables. An access pattern reads one
entity, so a shared table saves no request: it costs the longer keys. The search therefore gives
each entity its own table; this pass joins them afterwards. Of up to eight tables the cheapest way
to share them out is found; of more the cheapest pairs are joined until eight are left.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import combinations

from tablewright.capacity.limits import MAX_GLOBAL_INDEXES
from tablewright.core.errors import UnsupportedError
from tablewright.core.quantities import ZERO
from tablewright.engines.dynamodb.design import (
    DynamoDesign,
    Index,
    ItemShape,
    KeyTemplate,
    Table,
    TemplatePart,
)
from tablewright.model.values import Model
from tablewright.plan.values import Evaluate, Merge

MOST_PARTITIONED = 8
"""Tables of which every way to share them out is priced; of more the cheapest pairs go first."""
PREFERRED_MARGIN = Decimal("0.01")
"""Of the bill: what a team that prefers a single table is taken to accept for each table less."""


def merge_tables(
    model: Model,
    design: DynamoDesign,
    evaluate: Evaluate,
    users: int,
    *,
    most_tables: int | None,
    prefer_single: bool,
) -> tuple[DynamoDesign, tuple[Merge, ...]]:
    """Return the design with tables joined until there are few enough.

    Args:
        model: the model.
        design: one table for each entity and side.
        evaluate: prices a design at a number of users.
        users: the scale whose bill decides.
        most_tables: tables allowed, None for any number.
        prefer_single: join also where nothing forces it, while each join costs little.

    Raises:
        UnsupportedError: tables cannot be joined any further, and there are still too many.
    """
    done: list[Merge] = []
    if not _is_wanted(design, most_tables, prefer_single=prefer_single):
        return design, ()
    while len(design.tables) > MOST_PARTITIONED:
        step = _cheapest_pair(model, design, evaluate, users)
        forced = most_tables is not None and len(design.tables) > most_tables
        if step is None:
            if forced:
                raise _too_many(design, most_tables)
            return design, tuple(done)
        before = evaluate(design, users).bill.total
        total, merge, trial = step
        if not forced and total - before > before * PREFERRED_MARGIN:
            return design, tuple(done)
        done.append(merge)
        design = trial
    if not _is_wanted(design, most_tables, prefer_single=prefer_single):
        return design, tuple(done)
    return _partitioned(
        model, design, evaluate, users, most_tables, done, prefer_single=prefer_single
    )


def _is_wanted(design: DynamoDesign, most_tables: int | None, *, prefer_single: bool) -> bool:
    forced = most_tables is not None and len(design.tables) > most_tables
    return len(design.tables) > 1 and (forced or prefer_single)


def _too_many(design: DynamoDesign, most_tables: int | None) -> UnsupportedError:
    return UnsupportedError(
        f"no design keeps within {most_tables} tables: {len(design.tables)} cannot be joined",
        remedy="allow more tables, or take `max_tables` out of the options",
    )


def _cheapest_pair(
    model: Model, design: DynamoDesign, evaluate: Evaluate, users: int
) -> tuple[Decimal, Merge, DynamoDesign] | None:
    """Return the join of two tables that costs least; it is not proved to be part of the best."""
    trials = []
    unserved = evaluate(design, users).unserved
    for a, b in combinations(design.tables, 2):
        trial = with_block(model, design, (a, b))
        if trial is None:
            continue
        result = evaluate(trial, users)
        if result.unserved <= unserved:
            merge = Merge(kept=a.name, gone=b.name, is_best=False)
            trials.append((result.bill.total, a.name, b.name, merge, trial))
    if not trials:
        return None
    total, _, _, merge, trial = min(trials, key=lambda t: t[:3])
    return total, merge, trial


def with_block(model: Model, design: DynamoDesign, block: Sequence[Table]) -> DynamoDesign | None:
    """Return a design with these tables joined in their order, None where they cannot be."""
    first, *rest = block
    merged: Table | None = first
    for table in rest:
        merged = joined(model, merged, table) if merged is not None else None
    if merged is None:
        return None
    gone = {id(table) for table in rest}
    tables = tuple(merged if t is first else t for t in design.tables if id(t) not in gone)
    return replace(design, tables=tables)


def _partitioned(
    model: Model,
    design: DynamoDesign,
    evaluate: Evaluate,
    users: int,
    most_tables: int | None,
    done: list[Merge],
    *,
    prefer_single: bool,
) -> tuple[DynamoDesign, tuple[Merge, ...]]:
    """Return the cheapest way to share the tables out, among all there are.

    What a join costs does not depend on which other tables are joined: a pattern reads one entity,
    and writes add up. So every set of tables is priced once, and sets are put together.
    """
    tables = design.tables
    count = len(tables)
    unmerged = evaluate(design, users)
    base = unmerged.bill.total
    extra: dict[int, Decimal] = {}
    for mask in range(1, 1 << count):
        block = [table for position, table in enumerate(tables) if mask >> position & 1]
        if len(block) == 1:
            extra[mask] = ZERO
            continue
        trial = with_block(model, design, block)
        if trial is None:
            continue
        result = evaluate(trial, users)
        if result.unserved <= unmerged.unserved:
            extra[mask] = result.bill.total - base
    best = best_partitions(extra, count)
    allowed = [k for k in best if most_tables is None or k <= most_tables]
    if not allowed:
        raise _too_many(design, most_tables)
    chosen = min(allowed, key=lambda k: (best[k][0], k))
    if prefer_single:
        for k in sorted(allowed):
            if base + best[k][0] <= base * (1 + PREFERRED_MARGIN) ** (count - k):
                chosen = k
                break
    blocks = [
        [table for position, table in enumerate(tables) if mask >> position & 1]
        for mask in best[chosen][1]
    ]
    for block in blocks:
        merged = with_block(model, design, block)
        assert merged is not None, "every block of a partition can be joined"
        design = merged
        done += [Merge(kept=block[0].name, gone=table.name) for table in block[1:]]
    return design, tuple(done)


def best_partitions(
    extra: Mapping[int, Decimal], count: int
) -> dict[int, tuple[Decimal, tuple[int, ...]]]:
    """Return for each number of blocks the cheapest partition of all tables, where there is one.

    Args:
        extra: what each set of tables costs more when joined; sets that cannot be are left out.
        count: tables in all.

    Example:
        >>> one = Decimal(1)
        >>> extra = {1: ZERO, 2: ZERO, 4: ZERO, 3: 5 * one, 5: one, 6: 3 * one, 7: 9 * one}
        >>> [(k, str(usd), blocks) for k, (usd, blocks) in best_partitions(extra, 3).items()]
        [(1, '9', (7,)), (2, '1', (5, 2)), (3, '0', (1, 2, 4))]
    """
    full = (1 << count) - 1
    tables: list[dict[int, tuple[Decimal, tuple[int, ...]]]] = [{0: (ZERO, ())}]
    for _ in range(count):
        level: dict[int, tuple[Decimal, tuple[int, ...]]] = {}
        for mask, (usd, blocks) in tables[-1].items():
            rest = full & ~mask
            lowest = rest & -rest
            block = rest
            while block:
                if block & lowest and block in extra:
                    result = (usd + extra[block], (*blocks, block))
                    stored = level.get(mask | block)
                    if stored is None or result < stored:
                        level[mask | block] = result
                block = (block - 1) & rest
        tables.append(level)
    return {k: level[full] for k, level in enumerate(tables) if k and full in level}


def joined(model: Model, a: Table, b: Table) -> Table | None:
    """Return one table with the items of both, None where that cannot be."""
    if any(index.is_local for index in (*a.indexes, *b.indexes)):
        return None
    if a.vector_indexes or b.vector_indexes:  # they would read the items of both
        return None
    if len(a.indexes) + len(b.indexes) > MAX_GLOBAL_INDEXES or (a.mode, a.stream) != (
        b.mode,
        b.stream,
    ):
        return None
    if a.ttl and b.ttl and a.ttl != b.ttl:
        return None
    for own_key, other_key in ((a, b), (b, a)):
        if (
            own_key.ttl
            and not other_key.ttl
            and any(own_key.ttl in s.attributes for s in other_key.shapes)
        ):
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
            shapes, retained = _own_index(shapes, own_names, index, names, len(indexes))
            while any(retained.name == other_index.name for other_index in indexes):
                retained = replace(retained, name=retained.name + "-2")
            indexes.append(retained)
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


def _free(name: str, used_names: set[str]) -> str:
    while name in used_names:
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
