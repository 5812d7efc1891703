"""Access patterns: those that were observed, else one for each key and index, marked as assumed.

In: the draft of a model with its tables, and what sources say of accesses. Out: pattern drafts.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from tablewright.core.frozen import frozen
from tablewright.core.quantities import plain
from tablewright.sources.draft import (
    ASSUMED,
    SEEN,
    Draft,
    EntityDraft,
    PatternDraft,
    ShapeDraft,
    TableDraft,
)
from tablewright.sources.facts import ObservedAccess, ObservedKey
from tablewright.sources.inference import naming

ASSUMED_GETS = Decimal(10)
ASSUMED_LISTS = Decimal(2)
ASSUMED_PUTS = Decimal("0.5")
"""Calls a user and day where nothing is known."""
RANGE = "10%"
"""Share of the instances that a range is assumed to hold."""
PAGE = 20
"""Instances a list is assumed to want."""


@frozen(kw_only=False)
class Reach:
    """One way to instances of an entity: the key, a partition of it, or an index."""

    entity: EntityDraft
    table: TableDraft
    index: str
    where: tuple[tuple[str, str], ...]
    """Attributes bound to one value; with a value where the design fixes it."""
    sort: tuple[str, ...]
    is_one: bool


def reaches(draft: Draft) -> list[Reach]:
    """Return every way the tables and indexes of a design offer."""
    ways: list[Reach] = []
    for table in draft.tables:
        if draft.engine == "dynamodb":
            for shape in table.shapes:
                if not shape.guards and shape.attributes is None:
                    ways += _of_shape(draft, table, shape)
        else:
            ways += _of_server(draft, table)
    return ways


def _of_shape(draft: Draft, table: TableDraft, shape: ShapeDraft) -> list[Reach]:
    entity = draft.entity(shape.entity)
    ways = [Reach(entity, table, "", tuple((n, "") for n in entity.key), (), True)]
    if len(table.key) > 1:
        partition = _attributes(shape, entity, table.key[0])
        sort = _attributes(shape, entity, table.key[1])
        rest = [name for name in entity.key if name not in partition]
        if partition and rest:
            where = tuple((name, "") for name in partition)
            ways.append(Reach(entity, table, "", where, sort[:1], False))
    for index in table.indexes:
        keys = _names(index.fields.get("key") or index.fields.get("partition", ""))
        sort_keys = _names(index.fields.get("sort", ""))
        if "key" in index.fields:
            keys, sort_keys = keys[:1], keys[1:]
        bound: dict[str, str] = {}
        reached = True
        for key in keys:
            names = _attributes(shape, entity, key)
            is_constant = key in shape.keys and not names
            if not names and not is_constant:
                reached = False
            bound.update(dict.fromkeys(names, ""))
            if key in shape.when:
                attribute, values = shape.when[key]
                if len(values) == 1:
                    bound[attribute] = values[0]
        if reached and (bound or any(k in shape.keys for k in keys)):
            order = [n for key in sort_keys for n in _attributes(shape, entity, key)]
            sort = tuple(n for n in order if n not in bound)[:1]
            is_one = len(bound) == 1 and _is_unique(entity, next(iter(bound)))
            ways.append(Reach(entity, table, index.name, tuple(bound.items()), sort, is_one))
    return ways


def _attributes(shape: ShapeDraft, entity: EntityDraft, key: str) -> tuple[str, ...]:
    """Return the attributes of the entity that a key attribute is made of."""
    if key in shape.keys:
        names = re.findall(r"\{([A-Za-z_]\w*)(?:\.\w+)?\}", shape.keys[key])
        return tuple(name for name in names if entity.attribute(name) is not None)
    return (key,) if entity.attribute(key) is not None else ()


def _of_server(draft: Draft, table: TableDraft) -> list[Reach]:
    entity = draft.entity(table.holds)
    ways = [Reach(entity, table, "", tuple((n, "") for n in entity.key), (), True)]
    for index in table.indexes:
        names = [n.lstrip("-") for n in index.fields.get("names", "").split(",") if n]
        names = [n for n in names if entity.attribute(n) is not None]
        if not names or tuple(names) == entity.key:
            continue
        if index.fields.get("special"):
            continue
        bound = names[:-1] if _is_order(entity, names[-1]) else names
        sort = tuple(names[len(bound) :])
        is_one = index.fields.get("is_unique") == "true" or (
            len(bound) == 1 and _is_unique(entity, bound[0])
        )
        ways.append(Reach(entity, table, index.name, tuple((n, "") for n in bound), sort, is_one))
    return ways


def _is_order(entity: EntityDraft, name: str) -> bool:
    attribute = entity.attribute(name)
    kinds = ("timestamp", "date", "epoch", "int", "decimal", "money", "counter", "ulid")
    return attribute is not None and attribute.type.partition("(")[0] in kinds


def _is_unique(entity: EntityDraft, name: str) -> bool:
    attribute = entity.attribute(name)
    return attribute is not None and attribute.options.get("unique") == "true"


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.strip("[]").split(",") if name.strip()]


def add_patterns(draft: Draft, accesses: Sequence[ObservedAccess]) -> None:
    """Add the patterns: as observed where rates are known, else as the keys allow."""
    ways = reaches(draft)
    observed = _observed(draft, ways, accesses)
    draft.patterns += observed
    known = {(p.fields.get("get") or p.fields.get("list") or "", str(p.fields)) for p in observed}
    covered = {next(iter(p.fields.values())) for p in observed if p.per == "total"}
    for way in ways:
        if way.entity.name in covered:
            continue
        pattern = _read(draft, way)
        if (way.entity.name, str(pattern.fields)) not in known:
            draft.patterns.append(pattern)
    for entity in draft.entities:
        if entity.name not in covered:
            name = naming.free(f"put{entity.name}", [p.name for p in draft.patterns])
            draft.patterns.append(
                PatternDraft(name=name, fields={"put": entity.name}, per_day=ASSUMED_PUTS)
            )


def _read(draft: Draft, way: Reach) -> PatternDraft:
    names = [name for name, _ in way.where]
    by = "".join(word.capitalize() for name in names[-2:] for word in naming.words_of(name))
    if way.is_one:
        verb, base = "get", f"get{way.entity.name}"
        if way.index:
            base += f"By{by}"
    else:
        verb, base = "list", f"list{naming.plural(way.entity.name)}"
        base += f"By{by}" if by else ""
    fields = {verb: way.entity.name}
    fields |= _where(verb, way.where)
    if not way.is_one:
        if way.sort:
            fields["sort"] = (
                f"-{way.sort[0]}" if _is_order(way.entity, way.sort[0]) else way.sort[0]
            )
        fields["limit"] = f"{PAGE} (assumed)"
    return PatternDraft(
        name=naming.free(base, [p.name for p in draft.patterns]),
        fields=fields,
        per_day=ASSUMED_GETS if way.is_one else ASSUMED_LISTS,
        comment=f"by {way.table.name}" + (f".{way.index}" if way.index else ""),
    )


def _where(verb: str, where: Sequence[tuple[str, str]]) -> dict[str, str]:
    if not where:
        return {}
    if any(value for _, value in where):
        from tablewright.sources.inference.attributes import quoted

        inside = ", ".join(f"{n}: {quoted(v) if v else 'given'}" for n, v in where)
        return {"where": f"{{{inside}}}"}
    names = [name for name, _ in where]
    text = names[0] if len(names) == 1 else f"[{', '.join(names)}]"
    return {"by" if verb == "get" else "where": text}


def add_busiest_keys(draft: Draft, busiest: Sequence[ObservedKey]) -> None:
    """Say how much of the requests the busiest partition key takes, where an attribute is that key.

    Of a key that each instance has for itself no value is more common: it is only noted.
    """
    ways = reaches(draft)
    for key in busiest:
        share = f"{plain(round(key.share * 100, 1))}%"
        where = f"{key.store}.{key.index}" if key.index else key.store
        for way in ways:
            if way.table.name != key.store or way.index != key.index or way.is_one:
                continue
            attribute = way.entity.attribute(way.where[0][0]) if way.where else None
            if attribute is not None and "values" not in attribute.options:
                attribute.options.setdefault("top_share", f"{share} (seen)")
        draft.notes.append(f"the busiest partition key of {where} takes {share} of its requests")


# ---------------------------------------------------------------- observed


def _observed(
    draft: Draft, ways: Sequence[Reach], accesses: Sequence[ObservedAccess]
) -> list[PatternDraft]:
    patterns: list[PatternDraft] = []
    for access in accesses:
        pattern = _from_access(draft, ways, access, [p.name for p in patterns])
        if pattern is None:
            draft.notes.append(
                f"{access.place or 'an access'}: `{access.operation}` of {access.store} matches "
                "no entity; its rate is left out"
            )
        else:
            patterns.append(pattern)
    return patterns


def _from_access(
    draft: Draft, ways: Sequence[Reach], access: ObservedAccess, used_names: Sequence[str]
) -> PatternDraft | None:
    entity = _entity_of(draft, access)
    if entity is None:
        return None
    mine = [w for w in ways if w.entity is entity]
    fields: dict[str, str] = {access.operation: entity.name}
    if access.operation in ("get", "list", "update", "delete"):
        selected = _selected(entity, mine, access)
        if selected is None:
            return None
        fields |= selected
    if access.operation == "list":
        sort = [n for n in access.sort if entity.attribute(n.lstrip("-")) is not None]
        if sort:
            fields["sort"] = sort[0] if len(sort) == 1 else f"[{', '.join(sort)}]"
        if access.limit:
            fields["limit"] = str(access.limit)
    if access.operation == "update":
        targets = [n for n in access.sets if entity.attribute(n) and n not in entity.key]
        targets = targets or [a.name for a in entity.attributes if a.name not in entity.key][:1]
        if not targets:
            return None
        fields["set"] = f"[{', '.join(targets)}]"
    base = access.name or _base_name(entity, access)
    per_day = access.per_day
    return PatternDraft(
        name=naming.free(naming.attribute_name(base), used_names),
        fields=fields,
        per_day=per_day if per_day is not None else ASSUMED_GETS,
        per="user" if per_day is None else "total",
        label=ASSUMED if per_day is None or access.is_estimate else SEEN,
        comment=access.place,
    )


def _selected(
    entity: EntityDraft, ways: Sequence[Reach], access: ObservedAccess
) -> dict[str, str] | None:
    """Return by what an access selects; None where nothing leads there."""
    operation = access.operation
    names = [n for n in access.by if entity.attribute(n) is not None]
    ranged = [n for n in access.ranged if entity.attribute(n) is not None and n not in names]
    if operation == "list":
        way = next((w for w in ways if w.index == access.index and not w.is_one), None)
    else:
        way = next((w for w in ways if w.index == access.index and w.is_one), None)
    if operation == "list" and ranged:
        parts = [f"{n}: given" for n in names]
        parts += [f"{n}: {{between: {RANGE} (assumed)}}" for n in ranged]
        fields = {"where": f"{{{', '.join(parts)}}}"}
    elif names:
        fields = _where(operation, [(n, "") for n in names])
    elif way is not None:
        fields = _where(operation, way.where)
        if way.sort and operation == "list":
            fields["sort"] = way.sort[0]
    elif operation == "list":
        way = next((w for w in ways if w.index == access.index), None)
        if way is None:
            return None
        fields = _where("list", way.where)
    else:
        fields = _where(operation, [(n, "") for n in entity.key])
    if operation in ("update", "delete") and "where" in fields:
        fields["by"] = fields.pop("where")
    return fields


def _base_name(entity: EntityDraft, access: ObservedAccess) -> str:
    """Return a name such as `listOrdersByUserId`."""
    names = [n for n in (*access.by, *access.ranged) if entity.attribute(n) is not None]
    if access.index:
        words = naming.words_of(access.index)
        words = words[1:] if words[:1] == ["by"] else words
    elif access.operation == "list":
        words = [word for name in names[:2] for word in naming.words_of(name)]
    else:
        words = []
    noun = naming.plural(entity.name) if access.operation == "list" else entity.name
    by = "".join(word.capitalize() for word in words)
    return f"{access.operation}{noun}" + (f"By{by}" if by else "")


def _entity_of(draft: Draft, access: ObservedAccess) -> EntityDraft | None:
    from tablewright.sources.facts import matching_name

    if access.entity:
        name = naming.entity_name(access.entity)
        hit = next((e for e in draft.entities if e.name in (access.entity, name)), None)
        if hit is not None:
            return hit
    names = [t.name for t in draft.tables]
    place = (
        names.index(access.store) if access.store in names else matching_name(access.store, names)
    )
    if place is None:
        return None
    table = draft.tables[place]
    if table.holds:
        return draft.entity(table.holds)
    shapes = [s for s in table.shapes if not s.guards]
    if not shapes:
        return None
    # Where several kinds share a table the rate counts for the most frequent one.
    return draft.entity(shapes[0].entity)
