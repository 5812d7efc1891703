"""What a request has to know of the stored item beside what its caller does.

In: a route, a pattern, the attributes its caller has. Out: the attributes that keys, composed index
keys, guards of unique attributes and pointers to objects are made of, and that are not among them.
Where a key changes the whole item is written again, so all of it has to be known.
"""

from __future__ import annotations

from collections.abc import Iterator

from tablewright.core.errors import UnsupportedError
from tablewright.engines.dynamodb.design import DynamoDesign, ItemShape, KeyTemplate
from tablewright.engines.dynamodb.steps import ReadStep, TransactionStep, WriteStep
from tablewright.evaluation.values import Route
from tablewright.model.values import Entity, Model, Pattern, Verb


def lacking(
    model: Model, design: DynamoDesign, route: Route, pattern: Pattern, known: frozenset[str]
) -> frozenset[str]:
    """Return the attributes that have to be read before a write, or given for a read.

    Raises:
        UnsupportedError: the instance is an element of a list, whose place no caller knows, or it
            is written under another key and a part of it cannot be read back.
    """
    entity = model.entity(pattern.entity)
    if pattern.verb is Verb.READ and route.parts:
        each = zip(route.parts, pattern.parts, strict=True)
        return frozenset().union(*(lacking(model, design, r, p, known) for r, p in each))
    if not pattern.verb.is_write and pattern.verb is not Verb.CHECK:
        first = next(step for step in route.steps if isinstance(step, ReadStep))
        keys = {name for _, template in first.keys for name in _attributes(template)}
        keys -= {first.bucket.partition(".")[0]}
        return frozenset(name for name in keys if entity.has(name)) - known
    is_whole = route.pattern == pattern.name
    looked_up = {
        name
        for step in route.steps
        if isinstance(step, ReadStep) and is_whole
        for name in step.select or ()
    }
    needed: set[str] = set()
    for step in _writes(route):
        if step.entity != entity.name:
            continue
        table = design.table(step.table)
        shape = next(shape for shape in table.shapes if shape.name == step.shape)
        if step.embed is not None:
            needed |= _of_embedded(entity, step)
            continue
        if step.operation == "PutItem" and pattern.verb is Verb.UPDATE and not shape.guards:
            _require_readable(model, shape, pattern)
            return frozenset(entity.names) - known
        needed |= {name for _, template in step.keys for name in _attributes(template)}
        if step.operation == "UpdateItem":
            needed |= _of_update(entity, shape, table.keys, pattern)
    return frozenset(name for name in needed if entity.has(name)) - known - looked_up


def _writes(route: Route) -> Iterator[WriteStep]:
    for step in route.steps:
        if isinstance(step, TransactionStep):
            yield from step.parts
        elif isinstance(step, WriteStep):
            yield step


def _of_update(
    entity: Entity, shape: ItemShape, keys: tuple[str, ...], pattern: Pattern
) -> set[str]:
    touched = set(pattern.touched)
    counted = {*pattern.increments, *pattern.appends}
    needed: set[str] = set()
    for name, template in shape.keys:
        attributes = _attributes(template)
        if name in keys or name in touched or not touched & attributes:
            continue
        needed |= attributes - touched | attributes & counted
    if touched & set(shape.offload):
        needed |= set(entity.key)
    return needed


def _of_embedded(entity: Entity, step: WriteStep) -> set[str]:
    """Return what finds a child in its parent's item: only a map has a place for its key."""
    assert step.embed is not None
    if not step.embed.as_map and step.child in ("update", "delete", "check"):
        raise UnsupportedError(
            f"{entity.name} is an element of the list {step.table}.{step.embed.attribute}: only "
            "who has read the list knows its place",
            remedy="embed it as a map, or give it items of its own",
        )
    return {name for _, template in step.keys for name in _attributes(template)} | {entity.key[-1]}


def _require_readable(model: Model, shape: ItemShape, pattern: Pattern) -> None:
    texts = {a.name for a in model.entity(shape.entity).attributes if a.kind.value == "text"}
    packed = {name for name, ratio in shape.compress if ratio > 0 or name not in texts}
    hidden = sorted({*shape.offload, *packed} - set(pattern.sets))
    if hidden:
        raise UnsupportedError(
            f"{pattern.name} changes a key, and {', '.join(hidden)} cannot be read back to be "
            "written under the new one",
            remedy="choose a key that does not change",
        )


def _attributes(template: KeyTemplate) -> set[str]:
    names = {attribute.partition(".")[0] for attribute in template.attributes}
    return names | {attribute for attribute, _ in template.when}
