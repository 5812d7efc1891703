"""Predicates about documents of MongoDB: keys, sizes, time series.

In: facts and a subject. Out: a Hit, Clear, Missing, or None where the rule does not apply. The
rules are in the YAML files beside it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from functools import partial

from tablewright.core.quantities import (
    ONE,
    ZERO,
    format_bytes,
)
from tablewright.design.changes import REBUILD
from tablewright.design.values import Embed
from tablewright.engines.mongodb.design import MongoDesign, MongoIndex
from tablewright.engines.mongodb.plan import collection_for, plural
from tablewright.engines.servers.changes import (
    AddHome,
    AddServerIndex,
    DropCollection,
    SetHome,
    SwapServerIndex,
)
from tablewright.engines.servers.facts import ServerFacts
from tablewright.engines.servers.rules.access import number, returned
from tablewright.engines.servers.rules.data_model import LARGE_DOCUMENT_BYTES
from tablewright.engines.servers.rules.tables import time_attributes
from tablewright.model.values import Entity, Kind, Pattern, Verb
from tablewright.review.verdicts import CLEAR, FixOption, Hit, Verdict


def mdb_key_001(f: ServerFacts, child: Entity) -> Verdict:
    """Children are read with their parent, and lie in a collection of their own."""
    if child.parent is None or not isinstance(f.design, MongoDesign):
        return None
    parent = f.model.entity(child.parent)
    own_key, above = f.home_of(child), f.home_of(parent)
    if own_key is None or above is None:
        return None
    keys = set(parent.key)
    of_child = [p for p in _online_reads(f, child) if keys == set(p.equalities)]
    of_parent = [p for p in _online_reads(f, parent) if keys <= set(p.equalities)]
    together = [(p, c) for p in of_parent for c in of_child if p.group and p.group == c.group]
    if not together:
        return CLEAR if of_child and of_parent else None
    reads = sum((f.rate(p) for p in of_parent), ZERO)
    joint = sum((min(f.rate(p), f.rate(c)) for p, c in together), ZERO)
    share = min(ONE, joint / reads) if reads else ZERO
    count = child.count
    maximum = (count.spread.p99 or count.spread.high) if count.spread is not None else None
    each = max(count.mean, maximum or ZERO)
    size = f.home(own_key).row_bytes
    bounded = count.bounded and count.inflow_per_day is None and count.per == "parent"
    if share < f.k["coaccess_share"] or not bounded or each * size > f.k["coaccess_bytes"]:
        return CLEAR
    walked = any(f.route(c).operation == "scan" for _, c in together)
    what = ", ".join(dict.fromkeys(f"{p.name} and {c.name}" for p, c in together))
    return Hit(
        evidence=f"{what} are one operation ({together[0][0].group}) in {number(share * 100)} % of "
        f"the reads of {parent.name}; {number(each)} {child.name} of {format_bytes(int(size))} "
        "would fit into it",
        values={"walked": walked},
        options=lambda: _embedding(f, above, own_key, child),
        covers=tuple(c.name for _, c in together),
    )


def _online_reads(f: ServerFacts, entity: Entity) -> list[Pattern]:
    return [
        p
        for p in f.asked
        if p.entity == entity.name
        and p.verb in (Verb.GET, Verb.LIST)
        and p.purpose == "online"
        and f.route(p).is_served
    ]


def _embedding(f: ServerFacts, above: str, own: str, child: Entity) -> Iterable[FixOption]:
    collection = f.collection(above)
    assert collection is not None
    name = plural(child.name)
    inside = replace(
        collection, embeds=(*collection.embeds, Embed(entity=child.name, attribute=name))
    )
    text = f"embed {child.name} as {name} of {above}"
    yield FixOption(
        changes=(
            SetHome(kind="embed_data", effort=REBUILD, text=text, after=inside),
            DropCollection(home=own),
        ),
        text=text,
    )


def mdb_siz_001(f: ServerFacts, name: str) -> Verdict:
    """Documents are large."""
    if not isinstance(f.design, MongoDesign):
        return None
    sizes = f.evaluation.resource(name).shapes[0].sizes
    largest = Decimal(sizes.p99)
    if largest < LARGE_DOCUMENT_BYTES:
        return CLEAR
    return Hit(
        evidence=f"documents have {format_bytes(int(sizes.mean.mean))}, one in a hundred "
        f"{format_bytes(sizes.p99)}",
        values={"largest": largest},
    )


def mdb_lim_001(f: ServerFacts, name: str) -> Verdict:
    """A collection has many indexes."""
    collection = f.collection(name)
    if collection is None:
        return None
    count = Decimal(len(f.indexes(name)))
    if count <= f.k["idx_watch"]:
        return CLEAR
    parts = f.actions_on(collection.entity)
    writes = sum((f.rate(a.root) for a in parts if a.part.verb.is_write), ZERO)
    reads = sum((f.rate(a.root) for a in parts if not a.part.verb.is_write), ZERO)
    return Hit(
        evidence=f"{name} has {number(count)} indexes, that of its key included",
        values={"indexes": count, "writes_more": writes > reads},
    )


def mdb_siz_002(f: ServerFacts, name: str) -> Verdict:
    """An array that nothing bounds, or a very long one."""
    collection = f.collection(name)
    if collection is None:
        return None
    parents = f.count(collection.entity)
    for embed in collection.embeds:
        child = f.model.entity(embed.entity)
        each = f.count(child.name) / parents if parents else ZERO
        bounded = child.count.inflow_per_day is None and child.count.bounded
        multikey = next((i for i in collection.indexes if _inside(i, embed.attribute)), None)
        if bounded and each <= f.k["mdb_array_warn"] and multikey is not None and each > 10:
            return Hit(
                evidence=f"{multikey.name} has an entry for each of the {number(each)} elements of "
                f"{embed.attribute}",
                values={"bounded": True, "elements": each},
                options=partial(_exploded, f, name, embed, child),
            )
        if not bounded or each > f.k["mdb_array_warn"]:
            why = "" if bounded else f", and nothing bounds it{_days_to_the_limit(f, child)}"
            return Hit(
                evidence=f"{embed.attribute} has {number(each)} elements{why}",
                values={"bounded": bounded, "elements": each},
                options=partial(_exploded, f, name, embed, child),
            )
    growing = _growing_list(f, collection.entity)
    if growing:
        return Hit(
            evidence=f"{growing} is appended to, and nothing takes elements away",
            values={"bounded": False, "elements": ZERO},
        )
    return CLEAR


def _days_to_the_limit(f: ServerFacts, child: Entity) -> str:
    """Say after how many days the largest document is full; nothing removes elements by age."""
    inflow = child.count.inflow_per_day
    if inflow is None or child.count.per != "parent" or not inflow:
        return ""
    own = [a for a in child.attributes if not a.generated]
    # BSON: a type, a name that ends with a zero, the value; a document's length and end; its place.
    each = sum((f.sample.mean_bytes(child.name, a) + len(a.name) + 2 for a in own), Decimal(5 + 7))
    days = f.k["mdb_doc_max"] / (inflow * each)
    rate = f"{number(inflow)} a day of about {number(each)} bytes"
    return f": at {rate}, 16 MB after {number(days)} days"


def _inside(index: MongoIndex, attribute: str) -> bool:
    return any(path.partition(".")[0] == attribute for path in index.paths)


def _exploded(f: ServerFacts, name: str, embed: Embed, child: Entity) -> Iterable[FixOption]:
    collection = f.collection(name)
    assert collection is not None
    bare = replace(
        collection,
        embeds=tuple(each_embed for each_embed in collection.embeds if each_embed is not embed),
    )
    text = f"{child.name} in a collection of its own instead of {embed.attribute} of {name}"
    yield FixOption(
        changes=(
            SetHome(kind="explode_list", effort=REBUILD, text=text, after=bare),
            AddHome(home=collection_for(f.model, child)),
        ),
        text=text,
    )


def _growing_list(f: ServerFacts, entity: str) -> str:
    parts = [action.part for action in f.actions_on(entity)]
    removed = {name for part in parts for name in (*part.removes, *part.sets)}
    for part in parts:
        for name in part.appends:
            attribute = f.model.entity(entity).attribute(name)
            maximum = attribute.elements.high if attribute.elements is not None else None
            if name not in removed and maximum is None:
                return name
    return ""


def mdb_tsr_001(f: ServerFacts, entity: Entity) -> Verdict:
    """Measurements, a document each, in a plain collection."""
    times = time_attributes(entity)
    if not isinstance(f.design, MongoDesign) or not entity.append_only or not times:
        return None
    rate = f.inserts(entity.name)
    ranged = [
        p
        for p in f.asked
        if p.entity == entity.name
        and p.verb in (Verb.LIST, Verb.AGGREGATE)
        and p.equalities
        and ({n for n, _ in p.sort} | {c.attribute for c in p.where if c.operator != "eq"})
        & set(times)
    ]
    if rate < 1 or not ranged:
        return CLEAR
    name = f.home_of(entity)
    assert name is not None
    stored, memory = f.stored_bytes(name), f.memory_bytes
    return Hit(
        evidence=f"{number(rate)} {entity.name} a second, a document and "
        f"{len(f.indexes(name))} index entries each; {', '.join(p.name for p in ranged)} read "
        f"ranges of {times[0]}",
        values={"rate": rate, "huge": memory is not None and stored > 10 * memory},
    )


def mdb_tsr_002(f: ServerFacts, entity: Entity) -> Verdict:
    """What is kept for a time only has no TTL index."""
    if entity.retention_days is None or not isinstance(f.design, MongoDesign):
        return None
    name = f.home_of(entity)
    assert name is not None
    days = number(entity.retention_days)
    what = "has no TTL index"
    for index in f.design.collection(name).indexes:
        if index.expire_days is not None and len(index.keys) == 1:
            attribute = entity.find(index.keys[0][0])
            if attribute is not None and attribute.kind in (Kind.TIMESTAMP, Kind.DATE):
                return CLEAR
            what = f"lets nothing expire: its TTL index {index.name} is not on a date"
    return Hit(
        evidence=f"{entity.name} is kept {days} days, and {name} {what}",
        options=lambda: _expiring(f, name, entity),
    )


def _expiring(f: ServerFacts, name: str, entity: Entity) -> Iterable[FixOption]:
    """Offer an index that lets documents expire; the model counts those kept in any case."""
    collection = f.collection(name)
    dates = [n for n in time_attributes(entity) if entity.attribute(n).kind is not Kind.EPOCH]
    if collection is None or not dates:
        return
    date = dates[0]
    mongo_index = MongoIndex(
        name=f"{date}_1", keys=((date, "1"),), expire_days=entity.retention_days
    )
    stored = next((index for index in collection.indexes if index.paths == (date,)), None)
    if stored is not None:
        new = replace(stored, expire_days=entity.retention_days)
        yield FixOption(
            changes=(SwapServerIndex(kind="set_ttl", home=name, old=stored.name, index=new),),
            has_saving=False,
        )
    else:
        yield FixOption(
            changes=(AddServerIndex(kind="set_ttl", home=name, index=mongo_index),),
            has_saving=False,
        )


def mdb_siz_003(f: ServerFacts, name: str) -> Verdict:
    """Most of a document is seldom wanted."""
    collection = f.collection(name)
    if collection is None:
        return None
    entity = f.model.entity(collection.entity)
    reads = [(p, f.rate(p)) for p in _online_reads(f, entity)]
    total = sum((rate for _, rate in reads), ZERO)
    if not total:
        return None
    cold = {}
    for attribute in entity.attributes:
        wanting = sum((rate for p, rate in reads if attribute.name in returned(entity, p)), ZERO)
        if attribute.name not in entity.key and wanting <= f.k["cold_read_share"] * total:
            size = f.sample.mean_bytes(entity.name, attribute) * attribute.presence
            cold[attribute.name] = size
    size, whole = sum(cold.values(), ZERO), f.home(name).row_bytes
    if size < max(f.k["cold_min_bytes"], f.k["cold_size_share"] * whole):
        return CLEAR
    relief = size * f.count(entity.name)
    named = ", ".join(sorted(cold, key=lambda attribute: -cold[attribute])[:MOST_NAMED])
    memory = f.memory_bytes
    return Hit(
        evidence=f"{format_bytes(int(size))} of the {format_bytes(int(whole))} of a document, "
        f"{named} first, are wanted by at most {number(f.k['cold_read_share'] * 100)} % of its "
        f"reads: {format_bytes(int(relief))} in all documents",
        values={"relief": relief / memory if memory else ZERO},
    )


MOST_NAMED = 3
"""Fields that a finding names."""
