"""Recognise the same physical design under other names of entities and kinds of items.

In: two designs, perhaps of two model files. Out: the second with the kinds of items, entities and
details that no request shows named as in the first, wherever they are stored alike. What is left
different afterwards is a difference a database engineer would see.
"""

from __future__ import annotations

from dataclasses import replace

from tablewright.engines.dynamodb.design import (
    DynamoDesign,
    ItemShape,
    KeyTemplate,
    Table,
    TemplatePart,
)


def aligned(before: DynamoDesign, after: DynamoDesign) -> DynamoDesign:
    """Return `after` with the names of `before` for what is stored alike.

    A kind of item is alike when the keys of its table and indexes are made alike from the same
    attributes and it holds the same attributes. How well a value compresses is a property of the
    data, not of the design, and does not count.
    """
    known = {table.name: table for table in before.tables}
    order = {table.name: number for number, table in enumerate(before.tables)}
    tables = [_table(known[t.name], t) if t.name in known else t for t in after.tables]
    tables.sort(key=lambda table: order.get(table.name, len(order)))
    return replace(after, tables=tuple(tables))


def _table(before: Table, after: Table) -> Table:
    keys = _key_names(before)
    free = list(before.shapes)
    shapes: list[ItemShape] = []
    for shape in after.shapes:
        match = next((s for s in free if _is_alike(s, shape, keys)), None)
        if match is None:
            shapes.append(shape)
            continue
        free.remove(match)
        shapes.append(_named_as(match, shape))
    shape_order = {shape.name: number for number, shape in enumerate(before.shapes)}
    index_order = {index.name: number for number, index in enumerate(before.indexes)}
    shapes.sort(key=lambda shape: shape_order.get(shape.name, len(shape_order)))
    indexes = sorted(after.indexes, key=lambda i: index_order.get(i.name, len(index_order)))
    projections = {index.name: index.projection for index in before.indexes}
    named = [
        replace(index, projection=projections[index.name])
        if index.name in projections
        and projections[index.name].kind is index.projection.kind
        and set(projections[index.name].attributes) - {*before.keys, *index.keys}
        == set(index.projection.attributes) - {*after.keys, *index.keys}
        else index
        for index in indexes
    ]
    return replace(after, shapes=tuple(shapes), indexes=tuple(named))


def _key_names(table: Table) -> tuple[str, ...]:
    names = dict.fromkeys(table.keys)
    for index in table.indexes:
        names.update(dict.fromkeys(index.keys))
    return tuple(names)


def _is_alike(first: ItemShape, second: ItemShape, keys: tuple[str, ...]) -> bool:
    if bool(first.counters) != bool(second.counters) or first.offload != second.offload:
        return False
    if {name for name, _ in first.compress} != {name for name, _ in second.compress}:
        return False
    if any(_key(first, key) != _key(second, key) for key in keys):
        return False
    composed = {name for name, template in first.keys if str(template) != f"{{{name}}}"}
    return _stored(first) - composed == _stored(second) - composed


def _stored(shape: ItemShape) -> set[str]:
    """Return the attributes an item has; whether a list counts as children shows in no request."""
    return {*shape.attributes, *(embed.attribute for embed in shape.embeds)}


def _key(shape: ItemShape, key: str) -> tuple[str, tuple[tuple[str, tuple[str, ...]], ...]]:
    """Return how a key attribute is made, as text; empty where the kind lacks it."""
    template = shape.template(key)
    if template is None:
        return "", ()
    return str(_plain_shards(template)), template.when


def _plain_shards(template: KeyTemplate) -> KeyTemplate:
    """Return a template in which a spread over one shard is the constant it always gives."""
    parts = tuple(
        TemplatePart(literal="0") if part.shards == 1 else part for part in template.parts
    )
    return replace(template, parts=parts)


def _named_as(match: ItemShape, shape: ItemShape) -> ItemShape:
    return replace(
        shape,
        name=match.name,
        entity=match.entity,
        keys=match.keys,
        attributes=match.attributes,
        guards=match.guards,
        compress=match.compress,
        embeds=match.embeds,
    )
