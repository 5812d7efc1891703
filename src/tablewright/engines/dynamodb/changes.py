"""Changes to a DynamoDB design, as data: what planner, reviewer and users' edits all speak.

In: a design and a change. Out: another design (`apply`), the change that takes it back (`inverse`),
the changes between two designs (`diff`). Nothing here knows a price.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tablewright.engines.dynamodb.change_base import (
    AddTable,
    DropTable,
    DynamoChange,
)
from tablewright.engines.dynamodb.design import (
    DynamoDesign,
    Index,
    Table,
)
from tablewright.engines.dynamodb.item_changes import DropShape, SetShape
from tablewright.engines.dynamodb.key_changes import (
    AddIndex,
    ChangeProjection,
    DropIndex,
    RekeyIndex,
    RekeyTable,
    ReplaceIndex,
)
from tablewright.engines.dynamodb.setting_changes import (
    OPTIONS,
    SetCapacity,
    SetOption,
    SetTableClass,
    SetTtl,
)


def inverse(design: DynamoDesign, change: DynamoChange) -> DynamoChange | None:
    """Return the change that takes `change` back; `design` is the one before the change."""
    return change.inverse(design)


def diff(before: DynamoDesign, after: DynamoDesign) -> tuple[DynamoChange, ...]:
    """Return changes that turn `before` into `after` (its name, title and note aside)."""
    changes: list[DynamoChange] = []
    _edit(
        [t.name for t in before.tables],
        [t.name for t in after.tables],
        drop=lambda name: changes.append(DropTable(table=name)),
        add=lambda name, position: changes.append(AddTable(table=after.table(name), at=position)),
    )
    retained = {t.name for t in before.tables} - {
        c.table for c in changes if isinstance(c, DropTable)
    }
    for table in after.tables:
        if table.name in retained:
            changes.extend(_table_changes(before.table(table.name), table))
    return tuple(changes)


def _table_changes(before: Table, after: Table) -> list[DynamoChange]:
    name = before.name
    changes: list[DynamoChange] = []
    _edit(
        [i.name for i in before.indexes],
        [i.name for i in after.indexes],
        drop=lambda index: changes.append(DropIndex(table=name, index=index)),
        add=lambda index, position: changes.append(
            AddIndex(table=name, index=after.index(index), at=position)
        ),
    )
    touched = {c.index for c in changes if isinstance(c, DropIndex)}
    for index in after.indexes:
        old = next((i for i in before.indexes if i.name == index.name), None)
        if old is not None and index.name not in touched:
            changes.extend(index_changes(name, old, index))
    changes.extend(_shape_changes(before, after))
    if before.keys != after.keys:
        changes.append(
            RekeyTable(table=name, partition_key=after.partition_key, sort_key=after.sort_key)
        )
    changes.extend(setting_changes(before, after))
    return changes


def index_changes(table: str, before: Index, after: Index) -> list[DynamoChange]:
    """Return what turns one index into another of the same name."""
    changes: list[DynamoChange] = []
    if before.is_local != after.is_local:  # fixed at creation: another index of the same name
        return [_rebuilt(table, after)]
    if before.keys != after.keys or before.partition_keys != after.partition_keys:
        changes.append(
            RekeyIndex(
                table=table,
                index=after.name,
                partition_keys=after.partition_keys,
                sort_keys=after.sort_keys,
            )
        )
    if before.projection != after.projection:
        changes.append(ChangeProjection(table=table, index=after.name, projection=after.projection))
    if before.mode != after.mode:
        changes.append(SetCapacity(table=table, index=after.name, mode=after.mode))
    return changes


def _rebuilt(table: str, index: Index) -> DynamoChange:
    return ReplaceIndex(table=table, index=index)


def _shape_changes(before: Table, after: Table) -> list[DynamoChange]:
    name = before.name
    changes: list[DynamoChange] = []
    new = {s.name: s for s in after.shapes}
    _edit(
        [s.name for s in before.shapes],
        [s.name for s in after.shapes],
        drop=lambda shape: changes.append(DropShape(table=name, shape=shape)),
        add=lambda shape, position: changes.append(
            SetShape(table=name, shape=new[shape], at=position)
        ),
    )
    done = {c.shape.name for c in changes if isinstance(c, SetShape)}
    old = {s.name: s for s in before.shapes}
    for shape in after.shapes:
        if shape.name in old and shape.name not in done and old[shape.name] != shape:
            changes.append(SetShape(table=name, shape=shape))
    return changes


def setting_changes(before: Table, after: Table) -> list[DynamoChange]:
    """Return the settings of a table that differ: capacity, class, expiry, recovery."""
    name = before.name
    changes: list[DynamoChange] = []
    if before.mode != after.mode:
        changes.append(SetCapacity(table=name, mode=after.mode))
    if before.infrequent_access != after.infrequent_access:
        changes.append(SetTableClass(table=name, infrequent_access=after.infrequent_access))
    if before.ttl != after.ttl:
        changes.append(SetTtl(table=name, attribute=after.ttl))
    for option in OPTIONS:
        value = getattr(after, option)
        if getattr(before, option) != value:
            changes.append(SetOption(table=name, option=option, value=value))
    return changes


def _edit(
    before: Sequence[str],
    after: Sequence[str],
    *,
    drop: Callable[[str], None],
    add: Callable[[str, int], None],
) -> None:
    """Turn one order of names into another by dropping and adding; what stays is not touched."""
    now = [name for name in before if name in set(after)]
    for name in before:
        if name not in set(after):
            drop(name)
    for position, name in enumerate(after):
        if position < len(now) and now[position] == name:
            continue
        if name in now:
            now.remove(name)
            drop(name)
        now.insert(position, name)
        add(name, position)
