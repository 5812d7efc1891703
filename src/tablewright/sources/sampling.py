"""Look at items of a table and add what was seen to its facts.

In: a store (perhaps without known keys) and a stream of plain items. Out: the store with its kinds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from tablewright.sources.facts import DYNAMODB, SourceTable
from tablewright.sources.inference.kinds import Kinds
from tablewright.sources.inference.profile import KindProfile
from tablewright.sources.inference.sketch import hashed

GUESSED_FROM = 500
"""Items from which keys are guessed where no schema says them."""


def with_items(
    store: SourceTable, items: Iterable[Mapping[str, Any]], *, is_all: bool
) -> SourceTable:
    """Return a store with the kinds of items seen.

    Args:
        store: the table; without keys they are guessed from the first items.
        items: plain items.
        is_all: whether these are all items of the table.
    """
    stream = iter(items)
    first: list[Mapping[str, Any]] = []
    if not store.keys:
        for item in stream:
            first.append(item)
            if len(first) >= GUESSED_FROM:
                break
        store = replace(store, keys=guessed_keys(first))
    index_keys = tuple(
        dict.fromkeys(k for index in store.indexes for k in (*index.keys, *index.sort_keys))
    )
    kinds = Kinds(store.keys, index_keys)
    for item in first:
        kinds.see(item)
    for item in stream:
        kinds.see(item)
    if not kinds.count:
        return replace(store, sampled=0)
    count = Decimal(kinds.count)
    total = count if is_all or store.items is None else max(store.items, count)
    return replace(store, kinds=kinds.finish(), sampled=kinds.count, items=total)


def with_documents(
    store: SourceTable, documents: Iterable[Mapping[str, Any]], *, is_all: bool
) -> SourceTable:
    """Return a collection or table with what its documents or rows are like: one kind."""
    profile = KindProfile(())
    for document in documents:
        profile.see(document)
    if not profile.count:
        return store
    count = Decimal(profile.count)
    total = count if is_all or store.items is None else max(store.items, count)
    return replace(store, kinds=(profile,), sampled=profile.count, items=total)


def guessed_keys(items: list[Mapping[str, Any]]) -> tuple[str, ...]:
    """Return the attributes that are probably the key: present in all items and unique together.

    Example:
        >>> guessed_keys([{"pk": "a", "sk": "1"}, {"pk": "a", "sk": "2"}])
        ('pk', 'sk')
    """
    if not items:
        return ("id",)
    shared = [
        name
        for name, value in items[0].items()
        if isinstance(value, str | int | Decimal) and not isinstance(value, bool)
    ]
    shared = [n for n in shared if all(item.get(n) is not None for item in items)]
    by_low = {name.lower(): name for name in shared}
    for partition, sort in (("pk", "sk"), ("partitionkey", "sortkey"), ("hash", "range")):
        if partition in by_low and sort in by_low:
            return (by_low[partition], by_low[sort])
    unique = [n for n in shared if len({hashed(str(item[n])) for item in items}) == len(items)]
    unique.sort(key=lambda n: (n.lower() not in ("id", "_id", "pk"), not n.lower().endswith("id")))
    if unique:
        return (unique[0],)
    for first in shared:
        for second in shared:
            if first != second:
                pairs = {(hashed(str(i[first])), hashed(str(i[second]))) for i in items}
                if len(pairs) == len(items):
                    return (first, second)
    return (shared[0],) if shared else ("id",)


def empty_store(name: str, engine: str = DYNAMODB, place: str = "") -> SourceTable:
    """Return a store of which only the name is known."""
    return SourceTable(name=name, engine=engine, place=place)
