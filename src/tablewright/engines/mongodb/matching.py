"""Recognise the same MongoDB design under other names of entities.

In: two designs, perhaps of two model files. Out: the second with the entities named as in the
first, wherever the documents are alike. What is left different is a difference of the database.
"""

from __future__ import annotations

from dataclasses import replace

from tablewright.engines.mongodb.design import Collection, MongoDesign


def aligned(before: MongoDesign, after: MongoDesign) -> MongoDesign:
    """Return `after` with the names and the order of `before` for what is stored alike.

    Documents are alike when they have the same fields, whatever the entity is called, in whichever
    order. A single attribute that is the key is stored as `_id`.
    """
    known = {collection.name: collection for collection in before.collections}
    order = {name: number for number, name in enumerate(known)}
    collections = [_collection(known[c.name], c) if c.name in known else c
                   for c in after.collections]  # fmt: skip
    collections.sort(key=lambda collection: order.get(collection.name, len(order)))
    return replace(after, collections=tuple(collections))


def _collection(before: Collection, after: Collection) -> Collection:
    fields, others = set(before.attributes), set(after.attributes)
    missing, extra = fields - others, others - fields
    # Each document has an `_id`: the one attribute that is stored nowhere else is kept there.
    renamed = len(missing) == len(extra) == 1 and "_id" in missing | extra
    lists = {e.attribute: e for e in before.embeds}
    alike = ((not missing and not extra) or renamed) and {
        (e.attribute, e.as_map) for e in before.embeds
    } == {(e.attribute, e.as_map) for e in after.embeds}
    if not alike:
        return after
    index_order = {index.name: number for number, index in enumerate(before.indexes)}
    indexes = sorted(after.indexes, key=lambda i: index_order.get(i.name, len(index_order)))
    return replace(
        after,
        entity=before.entity,
        attributes=before.attributes,
        embeds=tuple(lists.values()),
        indexes=tuple(indexes),
    )
