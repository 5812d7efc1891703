"""The smallest changes between two DynamoDB designs, and which of them belong together.

In: two designs. Out: `DynamoPiece`s: changes that can be made by themselves, in some order, and
that together turn one design into the other. `changes.diff` answers with as few changes as it can;
here a kind of item is taken apart into what it stores, its made keys and its compression, so that
each part can be priced. What is only written in another order is no difference. Nothing here knows
a price.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from tablewright.core.frozen import frozen
from tablewright.core.quantities import ONE
from tablewright.engines.dynamodb.change_base import AddTable, DropTable, DynamoChange, apply
from tablewright.engines.dynamodb.changes import index_changes, setting_changes
from tablewright.engines.dynamodb.design import DynamoDesign, Index, ItemShape, Projection, Table
from tablewright.engines.dynamodb.item_changes import (
    ChangeEmbed,
    Compress,
    DropShape,
    Offload,
    SetKeyTemplate,
    SetShape,
    StoreAttributes,
)
from tablewright.engines.dynamodb.key_changes import (
    AddIndex,
    ChangeProjection,
    DropIndex,
    RekeyIndex,
    RekeyTable,
    ReplaceIndex,
)
from tablewright.engines.dynamodb.setting_changes import SetCapacity, SetOption, SetTableClass

Held = tuple[str, str]
"""An entity and one of its attributes, or `*` for a whole instance inside another item."""


@frozen
class DynamoPiece:
    """Changes that need each other."""

    changes: tuple[DynamoChange, ...]

    @property
    def tables(self) -> frozenset[str]:
        """The tables it changes, adds or drops."""
        return frozenset(table_of(change) for change in self.changes)

    def apply(self, design: DynamoDesign) -> DynamoDesign:
        """Return a design with the changes made.

        Raises:
            UsageError: the design does not have what a change names.
        """
        return apply(design, *self.changes)


def table_of(change: DynamoChange) -> str:
    """Return the name of the table a change is about."""
    if isinstance(change, AddTable):
        return change.table.name
    name = getattr(change, "table", "")
    assert isinstance(name, str)
    return name


def is_same(a: DynamoDesign, b: DynamoDesign) -> bool:
    """Whether two designs have the same tables, whatever the order and the names of their parts.

    Names of kinds of items are meant: no request shows them. Those of tables and indexes count.
    """
    return {t.name: _sorted(t) for t in a.tables} == {t.name: _sorted(t) for t in b.tables}


def _sorted(table: Table) -> Table:
    return replace(
        table,
        indexes=tuple(
            sorted(
                (replace(i, projection=_sorted_projection(i.projection)) for i in table.indexes),
                key=lambda i: i.name,
            )
        ),
        shapes=tuple(
            sorted(
                (_sorted_shape(shape) for shape in table.shapes),
                key=lambda s: (s.entity, s.guards, s.counters, s.attributes, repr(s.keys)),
            )
        ),
    )


def _sorted_shape(shape: ItemShape) -> ItemShape:
    return replace(
        shape,
        name="",
        keys=tuple(sorted(shape.keys, key=lambda key: key[0])),
        attributes=tuple(sorted(shape.attributes)),
        embeds=tuple(sorted(shape.embeds, key=lambda e: (e.attribute, e.entity))),
        compress=tuple(sorted(shape.compress)),
        offload=tuple(sorted(shape.offload)),
    )


def _sorted_projection(projection: Projection) -> Projection:
    return replace(projection, attributes=tuple(sorted(projection.attributes)))


def named_alike(before: DynamoDesign, after: DynamoDesign) -> DynamoDesign:
    """Return a design in which equal indexes of equal tables have the names they had before.

    First those that are the same but for their name, then those with the same key; what is left
    keeps its name, or gets a free one.
    """
    old = {table.name: table for table in before.tables}
    return replace(
        after,
        tables=tuple(_indexes_named(old[t.name], t) if t.name in old else t for t in after.tables),
    )


def _indexes_named(before: Table, after: Table) -> Table:
    names: dict[str, str] = {}
    for alike in (_is_same_index, _has_same_keys):
        for index in after.indexes:
            if index.name in names:
                continue
            result = [i for i in before.indexes if i.name not in names.values() and alike(i, index)]
            if result:
                names[index.name] = result[0].name
    claimed = set(names.values())
    for index in after.indexes:
        if index.name not in names:
            name, number = index.name, 1
            while name in claimed:
                number += 1
                name = f"{index.name}-{number}"
            names[index.name] = name
            claimed.add(name)
    indexes = tuple(replace(i, name=names[i.name]) for i in after.indexes)
    return replace(after, indexes=indexes)


def _is_same_index(a: Index, b: Index) -> bool:
    return _alike(replace(a, name=b.name), b)


def _has_same_keys(a: Index, b: Index) -> bool:
    return (a.partition_keys, a.sort_keys, a.is_local) == (
        b.partition_keys,
        b.sort_keys,
        b.is_local,
    )


# --------------------------------------------------------------------------- pieces


def pieces(before: DynamoDesign, after: DynamoDesign) -> tuple[DynamoPiece, ...]:
    """Return the changes from one design to another, in groups that need each other.

    Changes belong together where data moves (an attribute leaves one kind of item for another),
    where a key attribute is made for an index or a table, and where one index is rebuilt.
    """
    changes = _all_changes(before, after)
    group = list(range(len(changes)))

    def join(a: int, b: int) -> None:
        old, new = group[b], group[a]
        for position, each_change in enumerate(group):
            if each_change == old:
                group[position] = new

    keys = _table_keys(before, after)
    for a, each_change in enumerate(changes):
        for b in range(a + 1, len(changes)):
            if _belong_together(each_change, changes[b], before, after, keys):
                join(a, b)
    result: dict[int, list[DynamoChange]] = {}
    for position, change in enumerate(changes):
        result.setdefault(group[position], []).append(change)
    return tuple(DynamoPiece(changes=tuple(each)) for each in result.values())


def _all_changes(before: DynamoDesign, after: DynamoDesign) -> list[DynamoChange]:
    old = {t.name: t for t in before.tables}
    new = {t.name: t for t in after.tables}
    changes: list[DynamoChange] = [AddTable(table=t) for t in after.tables if t.name not in old]
    for table in before.tables:
        if table.name in new:
            changes += _table_changes(table, new[table.name])
        elif len({shape.entity for shape in table.shapes}) < 2:
            changes.append(DropTable(table=table.name))
        else:  # each entity can go by itself; the table goes with the last
            changes += [DropShape(table=table.name, shape=s.name) for s in table.shapes]
    return changes


def _table_changes(before: Table, after: Table) -> list[DynamoChange]:
    name = before.name
    changes: list[DynamoChange] = []
    if before.keys != after.keys:
        changes.append(
            RekeyTable(table=name, partition_key=after.partition_key, sort_key=after.sort_key)
        )
    changes += _shapes_changes(before, after)
    old = {i.name: i for i in before.indexes}
    new = {i.name: i for i in after.indexes}
    for index in after.indexes:
        if index.name not in old:
            changes.append(AddIndex(table=name, index=index))
        elif not _alike(old[index.name], index):
            changes += index_changes(name, old[index.name], index)
    changes += [DropIndex(table=name, index=i.name) for i in before.indexes if i.name not in new]
    return changes + setting_changes(before, after)


def _alike(a: Index, b: Index) -> bool:
    """Whether two indexes are the same, in whatever order their projections name attributes."""
    return replace(a, projection=_sorted_projection(a.projection)) == replace(
        b, projection=_sorted_projection(b.projection)
    )


def _shapes_changes(before: Table, after: Table) -> list[DynamoChange]:
    name = before.name
    names = _matched(before, after)
    changes: list[DynamoChange] = []
    retained = {names.get(s.name, s.name): s for s in after.shapes}
    for shape in before.shapes:
        if shape.name not in retained:
            changes.append(DropShape(table=name, shape=shape.name))
            continue
        other = retained[shape.name]
        if _role(shape) != _role(other):
            changes.append(SetShape(table=name, shape=replace(other, name=shape.name)))
        else:
            changes += _shape_changes(name, shape, other)
    known = {shape.name for shape in before.shapes}
    changes += [
        SetShape(table=name, shape=shape)
        for shape in after.shapes
        if names.get(shape.name, shape.name) not in known
    ]
    return changes


def _matched(before: Table, after: Table) -> dict[str, str]:
    """Return, for kinds of item that only have another name, the name they have now."""
    old = {s.name for s in before.shapes}
    new = {s.name for s in after.shapes}
    matched: dict[str, str] = {}
    for shape in after.shapes:
        if shape.name in old:
            continue
        for other_shape in before.shapes:
            is_free = other_shape.name not in new and other_shape.name not in matched.values()
            same = _role(other_shape) == _role(shape)
            if is_free and same and (shape.guards or other_shape.attributes == shape.attributes):
                matched[shape.name] = other_shape.name
                break
    return matched


def _role(shape: ItemShape) -> tuple[object, ...]:
    """Return what a kind of item is there for: an entity, making it unique, or counting."""
    return (shape.entity, shape.guards, shape.counters)


def _shape_changes(table: str, before: ItemShape, after: ItemShape) -> list[DynamoChange]:
    """Return what one kind of item stores from now on, or no more."""
    changes: list[DynamoChange] = []
    name = before.name
    gone = tuple(a for a in before.attributes if a not in after.attributes)
    more = tuple(a for a in after.attributes if a not in before.attributes)
    for keep, attributes in ((False, gone), (True, more)):
        changes += [
            StoreAttributes(table=table, shape=name, attributes=(attribute,), keep=keep)
            for attribute in attributes
        ]
    for keep, stored, other in (
        (False, before.embeds, after.embeds),
        (True, after.embeds, before.embeds),
    ):
        changes += [
            ChangeEmbed(table=table, shape=name, embed=entry, keep=keep)
            for entry in stored
            if entry not in other
        ]
    old, new = dict(before.keys), dict(after.keys)
    for key in dict.fromkeys((*old, *new)):
        if old.get(key) != new.get(key):
            changes.append(SetKeyTemplate(table=table, shape=name, key=key, template=new.get(key)))
    ratios, others = dict(before.compress), dict(after.compress)
    for attribute in dict.fromkeys((*ratios, *others)):
        if ratios.get(attribute, ONE) != others.get(attribute, ONE) and attribute not in gone:
            changes.append(
                Compress(table=table, shape=name, attribute=attribute, ratio=others.get(attribute))
            )
    for attribute in dict.fromkeys((*before.offload, *after.offload)):
        is_kept = attribute in after.offload
        if (attribute in before.offload) != is_kept and attribute not in gone:
            changes.append(Offload(table=table, shape=name, attribute=attribute, keep=is_kept))
    return changes


# --------------------------------------------------------------------------- what needs what


def _belong_together(
    a: DynamoChange,
    b: DynamoChange,
    before: DynamoDesign,
    after: DynamoDesign,
    keys: frozenset[Held],
) -> bool:
    for entry, other in ((a, b), (b, a)):
        if _moves(_taken(entry, before) - keys, _given(other, after) - keys):
            return True
    if table_of(a) != table_of(b):
        return False
    if isinstance(a, ShapeChanges) and isinstance(b, ShapeChanges) and a.shape == b.shape:
        # What is compressed or offloaded as it comes or goes.
        return bool(_named(a) & _named(b))
    for entry, other in ((a, b), (b, a)):
        if isinstance(entry, RekeyTable) and isinstance(other, DropShape | SetShape):
            return True
        is_new = isinstance(other, SetKeyTemplate) and other.template is not None
        is_made = is_new or isinstance(entry, RekeyTable)  # what an index leaves behind may stay
        if is_made and _named(other) & _keys_of(entry, before, after):
            return True
    indexes = _index_of(a), _index_of(b)
    return bool(indexes[0]) and indexes[0] == indexes[1]


ShapeChanges = StoreAttributes | Compress | Offload


def _named(change: DynamoChange) -> frozenset[str]:
    """Return the attributes a change of one kind of item is about."""
    if isinstance(change, StoreAttributes):
        return frozenset(change.attributes)
    if isinstance(change, SetKeyTemplate):
        return frozenset((change.key,))
    if isinstance(change, Compress | Offload):
        return frozenset((change.attribute,))
    return frozenset()


def _keys_of(change: DynamoChange, before: DynamoDesign, after: DynamoDesign) -> frozenset[str]:
    """Return the key attributes that a change starts or stops using."""
    if isinstance(change, RekeyTable):
        old, new = before.table(change.table), after.table(change.table)
        return frozenset((*old.keys, *new.keys)) - (frozenset(old.keys) & frozenset(new.keys))
    if isinstance(change, AddIndex | ReplaceIndex):
        return frozenset(change.index.keys)
    if isinstance(change, DropIndex):
        return frozenset(before.table(change.table).index(change.index).keys)
    if isinstance(change, RekeyIndex):
        old_index = before.table(change.table).index(change.index)
        return frozenset((*change.partition_keys, *change.sort_keys, *old_index.keys))
    return frozenset()


def _index_of(change: DynamoChange) -> str:
    """Return the index that a change rebuilds."""
    if isinstance(change, RekeyIndex | ChangeProjection):
        return change.index
    return ""


def _moves(helds: frozenset[Held], targets: frozenset[Held]) -> bool:
    if helds & targets:
        return True
    total = {entity for entity, name in helds | targets if name == "*"}
    return any(entity in total for entity, _ in helds) and any(
        entity in total and entity in {e for e, _ in helds} for entity, _ in targets
    )


def _given(change: DynamoChange, after: DynamoDesign) -> frozenset[Held]:
    """Return what has a new home by a change."""
    if isinstance(change, AddTable):
        return _held(change.table.shapes)
    if isinstance(change, SetShape):
        return _held([change.shape])
    if isinstance(change, StoreAttributes) and change.keep:
        entity = _entity(after, change)
        return frozenset((entity, name) for name in change.attributes)
    if isinstance(change, ChangeEmbed) and change.keep:
        return frozenset({(change.embed.entity, "*")})
    return frozenset()


def _taken(change: DynamoChange, before: DynamoDesign) -> frozenset[Held]:
    """Return what loses a home by a change."""
    if isinstance(change, DropTable):
        return _held(before.table(change.table).shapes)
    if isinstance(change, DropShape):
        return _held([s for s in before.table(change.table).shapes if s.name == change.shape])
    if isinstance(change, StoreAttributes) and not change.keep:
        entity = _entity(before, change)
        return frozenset((entity, name) for name in change.attributes)
    if isinstance(change, ChangeEmbed) and not change.keep:
        return frozenset({(change.embed.entity, "*")})
    return frozenset()


def _entity(design: DynamoDesign, change: StoreAttributes) -> str:
    shapes = design.table(change.table).shapes
    return next((s.entity for s in shapes if s.name == change.shape), change.shape)


def _held(shapes: Iterable[ItemShape]) -> frozenset[Held]:
    helds: set[Held] = set()
    for shape in shapes:
        helds.update((shape.entity, name) for name in shape.attributes)
        helds.update((embed.entity, "*") for embed in shape.embeds)
        helds.update((shape.entity, name) for name in shape.counters)
        helds.update((shape.entity, f"guard {name}") for name in shape.guards)
    return frozenset(helds)


def _table_keys(*designs: DynamoDesign) -> frozenset[Held]:
    """Return the attributes that items repeat in several places since tables are keyed by them."""
    helds: set[Held] = set()
    for design in designs:
        for table in design.tables:
            for shape in table.shapes:
                for key in table.keys:
                    template = shape.template(key)
                    if template is not None:
                        helds.update((shape.entity, name) for name in template.attributes)
    return frozenset(helds)


# --------------------------------------------------------------------------- on the way


def tidied(
    design: DynamoDesign, wanted: DynamoDesign
) -> tuple[DynamoDesign, tuple[DynamoChange, ...]]:
    """Return a design without tables that nothing is kept in and indexes that nothing enters.

    Only what `wanted` does not have goes; the changes that take it away come with it.
    """
    names = {t.name for t in wanted.tables}
    changes: list[DynamoChange] = []
    for table in design.tables:
        if table.name in names:
            continue
        if not table.shapes:
            changes.append(DropTable(table=table.name))
            continue
        for index in table.indexes:
            if not any(all(s.template(k) for k in index.keys) for s in table.shapes):
                changes.append(DropIndex(table=table.name, index=index.name))
    return apply(design, *changes), tuple(changes)


def is_whole(design: DynamoDesign) -> bool:
    """Whether every item has its keys and every index can have entries."""
    for table in design.tables:
        if not table.shapes:
            return False
        for shape in table.shapes:
            if any(shape.template(key) is None for key in table.keys):
                return False
        shapes = {name for shape in table.shapes for name in shape.attributes}
        shapes |= {embed.attribute for shape in table.shapes for embed in shape.embeds}
        shapes |= {key for shape in table.shapes for key, _ in shape.keys}
        for index in table.indexes:
            if not any(all(s.template(k) for k in index.keys) for s in table.shapes):
                return False
            if not shapes.issuperset(index.projection.attributes):
                return False
    return True


# --------------------------------------------------------------------------- in words


def words(changes: Sequence[DynamoChange]) -> tuple[str, ...]:
    """Return changes as people say them: what moves where, what is built, what goes."""
    rest = list(changes)
    words: list[str] = []
    moved: list[DynamoChange] = [
        c for c in rest if isinstance(c, StoreAttributes | ChangeEmbed) and not c.keep
    ]
    moved += [c for c in rest if isinstance(c, DropShape | DropTable)]
    for home in [c for c in rest if isinstance(c, AddTable)]:
        text, used = _new_home(home.table, [c for c in moved if c in rest])
        words.append(text)
        rest = [c for c in rest if c is not home and c not in used]
    stored: dict[tuple[str, str, bool], list[str]] = {}
    for change in rest:
        if isinstance(change, StoreAttributes):
            place = (change.table, change.shape, change.keep)
            stored.setdefault(place, []).extend(change.attributes)
    for change in rest:
        if isinstance(change, StoreAttributes):
            names = stored.pop((change.table, change.shape, change.keep), [])
            if names:
                words.append(str(replace(change, attributes=tuple(names))))
            continue
        if isinstance(change, SetKeyTemplate) and _is_said_elsewhere(change, changes):
            continue  # said with the index or the table it is made for
        words.append(_said(change, changes))
    return tuple(words)


def _new_home(table: Table, moved: Sequence[DynamoChange]) -> tuple[str, list[DynamoChange]]:
    """Return what a new table is for, in words, and the changes those words cover."""
    entities = {shape.entity for shape in table.shapes}
    shapes = {name for shape in table.shapes for name in shape.attributes}
    parts = [c for c in moved if isinstance(c, StoreAttributes) and shapes.issuperset(c.attributes)]
    compressed = {name for shape in table.shapes for name, _ in shape.compress}
    if parts:
        names = [name for c in parts for name in c.attributes]
        packed = " compressed" if set(names) & compressed else ""
        what = f"{_and(names)} of {parts[0].shape}"
        return f"move {what}{packed} to a table {table.name}", list(parts)
    embeds = [c for c in moved if isinstance(c, ChangeEmbed) and c.embed.entity in entities]
    if embeds:
        embed = embeds[0]
        return (
            f"store each element of {embed.embed.attribute} of {embed.shape} as an item of a table "
            f"{table.name}, by {' + '.join(table.keys)}",
            list(embeds),
        )
    guards = [shape for shape in table.shapes if shape.guards]
    if guards and len(guards) == len(table.shapes):
        what = " with ".join(guards[0].guards)
        return f"add a table {table.name} of guard items that make {what} unique", []
    names = [shape.name for shape in table.shapes]
    gone = [c for c in moved if isinstance(c, DropShape) and c.shape in names]
    by = " + ".join(table.keys)
    if gone:
        return f"move {_and(names)} to a table {table.name}, by {by}", list(gone)
    return f"add a table {table.name} of {_and(names)}, by {by}", []


def _key_names(change: DynamoChange) -> tuple[str, ...]:
    if isinstance(change, AddIndex | ReplaceIndex):
        return change.index.keys
    if isinstance(change, RekeyIndex):
        return (*change.partition_keys, *change.sort_keys)
    if isinstance(change, RekeyTable):
        return tuple(k for k in (change.partition_key, change.sort_key) if k)
    return ()


def _is_said_elsewhere(change: SetKeyTemplate, among: Sequence[DynamoChange]) -> bool:
    """Whether the index or table key that a key attribute is made for is named as well."""
    return change.template is not None and any(
        change.key in _key_names(entry) for entry in among if table_of(entry) == change.table
    )


def _said(change: DynamoChange, among: Sequence[DynamoChange]) -> str:
    if isinstance(change, DropShape):
        return f"no longer keep {change.shape} items in {change.table}"
    if isinstance(change, SetShape) and change.shape.guards:
        what = " with ".join(change.shape.guards)
        return f"keep guard items in {change.table} that make {what} unique"
    created = {
        c.key: c
        for c in among
        if isinstance(c, SetKeyTemplate) and c.template and c.table == table_of(change)
    }
    named = [created[key] for key in _key_names(change) if key in created]
    if not named:
        return str(change)
    return f"{change}, where {_and([entry.made for entry in named])}"


def _and(names: Sequence[str]) -> str:
    unique = list(dict.fromkeys(names))
    if len(unique) < 2:
        return "".join(unique)
    return f"{', '.join(unique[:-1])} and {unique[-1]}"


def short(changes: Sequence[DynamoChange], tables: int = 0) -> tuple[str, ...]:
    """Return changes in words, equal settings of several tables said once.

    Args:
        changes: from one design to another.
        tables: how many the other has; a setting of that many is said of every table.
    """
    settings: dict[str, list[str]] = {}
    dropped: dict[str, list[str]] = {}
    dynamo_changes: list[DynamoChange] = []
    for change in changes:
        is_of_table = isinstance(change, SetCapacity) and not change.index
        if is_of_table or isinstance(change, SetTableClass | SetOption):
            settings.setdefault(str(change).rpartition(" for ")[0], []).append(table_of(change))
        elif isinstance(change, DropIndex):
            dropped.setdefault(change.table, []).append(change.index)
        elif not (isinstance(change, SetKeyTemplate) and change.template is None):
            dynamo_changes.append(change)  # what an index leaves behind is no choice
    return (
        *words(dynamo_changes),
        *(f"drop index {_and(names)} of {table}" for table, names in dropped.items()),
        *(
            f"{what} for {'every table' if len(names) == tables > 1 else _and(names)}"
            for what, names in settings.items()
        ),
    )
