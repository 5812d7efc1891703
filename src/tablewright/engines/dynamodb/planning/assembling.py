"""The design of a solution: tables with their indexes, names, and the settings every table needs.

In: what was considered, what was chosen, the design that exists. Out: a `DynamoDesign`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from tablewright.engines.dynamodb.design import CapacityMode, DynamoDesign, Index, Table
from tablewright.engines.dynamodb.planning.choices import IndexCandidate, candidate_of, placement_of
from tablewright.engines.dynamodb.planning.queries import expiry_of, is_recovered
from tablewright.engines.dynamodb.planning.tables import plural
from tablewright.engines.dynamodb.planning.vectors import with_vector_indexes
from tablewright.model.values import Entity, Model
from tablewright.plan.settings import Settings
from tablewright.plan.values import Considered, Solution

LEAST_NAME_LENGTH = 3
"""Characters of a table's name. Amazon DynamoDB Developer Guide, "Quotas", read 2026-08."""


def assemble(
    model: Model,
    considered: Sequence[Considered],
    solution: Solution,
    current: DynamoDesign | None,
    name: str,
) -> DynamoDesign:
    """Return the design of a solution, with the settings every table needs."""
    tables: list[Table] = []
    for entry, choice in zip(considered, solution.choices, strict=True):
        option = entry.options[choice.option]
        chosen = [candidate_of(option, index) for index in choice.indexes]
        for table in placement_of(option).tables:
            own_key = [c for c in chosen if c.table == table.name]
            tables.append(
                with_settings(
                    model,
                    entry.work.entity,
                    replace(table, indexes=named_indexes(table, own_key, current)),
                    current,
                )
            )
    return DynamoDesign(
        name=name,
        engine="dynamodb",
        title="The cheapest design found",
        tables=tuple(tables),
    )


def named_indexes(
    table: Table, chosen: Sequence[IndexCandidate], current: DynamoDesign | None
) -> tuple[Index, ...]:
    """Return indexes under the plainest names; those of equal indexes that exist are kept."""
    old = next((t.indexes for t in current.tables if t.name == table.name), ()) if current else ()
    claimed: set[str] = set()
    indexes: list[Index] = []
    for entry in chosen:
        index = entry.index
        same = [
            i for i in old if i.partition_keys == index.partition_keys and i.name not in claimed
        ]
        exact = [i for i in same if i.sort_keys == index.sort_keys]
        base = exact[0].name if exact else plain_name(index.name)
        name, number = base, 1
        while name in claimed or (not exact and any(i.name == name for i in old)):
            number += 1
            name = f"{base}-{number}"
        claimed.add(name)
        indexes.append(replace(index, name=name))
    return tuple(indexes)


def plain_name(name: str) -> str:
    """Return the name of an index candidate without the number of its projection.

    Example:
        >>> plain_name("email-index-2"), plain_name("email-index")
        ('email-index', 'email-index')
    """
    return re.sub(r"-index-\d+$", "-index", name)


def without_needless_keys(design: DynamoDesign) -> DynamoDesign:
    """Return a design whose items carry no made key that neither the table nor an index reads.

    A placement carries the keys of several index candidates; not all of them need be chosen.
    """
    tables: list[Table] = []
    for table in design.tables:
        read = {*table.keys, *(key for index in table.indexes for key in index.keys)}
        shapes = tuple(
            replace(shape, keys=tuple(each for each in shape.keys if each[0] in read))
            for shape in table.shapes
        )
        tables.append(table if shapes == table.shapes else replace(table, shapes=shapes))
    return replace(design, tables=tuple(tables))


def with_settings(
    model: Model, entity: Entity, table: Table, current: DynamoDesign | None
) -> Table:
    """Return a table with recovery, expiry and whatever the current table of that name has."""
    old = next((t for t in current.tables if t.name == table.name), None) if current else None
    if old is not None:
        table = replace(
            table,
            pitr_days=old.pitr_days,
            backups_kept=old.backups_kept,
            exports_per_month=old.exports_per_month,
            restores_per_year=old.restores_per_year,
            stream=old.stream,
            stream_readers=old.stream_readers,
            deletion_protection=old.deletion_protection,
            replicas=old.replicas,
            strong_replicas=old.strong_replicas,
            witness=old.witness,
            replica_accounts=old.replica_accounts,
            cache=old.cache,
            mode=old.mode.carried_to(table.mode),
            indexes=tuple(_with_stated_units(index, old) for index in table.indexes),
        )
    if is_recovered(model, entity) and table.pitr_days is None:
        table = replace(table, pitr_days=35)
    table = with_vector_indexes(model, entity, table)
    expiry = expiry_of(entity)
    if expiry and expiry in table.shapes[0].attributes and not table.strong_replicas:
        table = replace(table, ttl=expiry)
    return table


def _with_stated_units(index: Index, old: Table) -> Index:
    """Return an index with the maximum and warm throughput that the one of its keys states."""
    for before in old.indexes:
        same = (before.partition_keys, before.sort_keys) == (index.partition_keys, index.sort_keys)
        if same and before.mode is not None and (before.mode.is_capped or before.mode.is_warmed):
            return replace(index, mode=before.mode.carried_to(CapacityMode()))
    return index


def table_names(model: Model, settings: Settings, current: DynamoDesign | None) -> dict[str, str]:
    """Return the name of each entity's table: given, as it is now, or made from the entity's."""
    table_names: dict[str, str] = {}
    claimed: set[str] = set()
    for entity in model.entities:
        name = settings.names.get(entity.name, "") or _current_name(entity.name, current, claimed)
        if not name:
            name = settings.prefix + plural(entity.name)
            if len(name) < LEAST_NAME_LENGTH:
                name += "_table"
            while name in claimed:
                name += "_"
        claimed.add(name)
        table_names[entity.name] = name
    return table_names


def _current_name(entity: str, current: DynamoDesign | None, used_names: set[str]) -> str:
    if current is None:
        return ""
    for table in current.tables:
        shapes = [shape for shape in table.shapes if not shape.guards]
        if shapes and shapes[0].entity == entity and table.name not in used_names:
            return table.name
    return ""
