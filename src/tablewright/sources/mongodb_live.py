"""Import MongoDB as it is: a server by its address.

In: `mongodb://…/database`. Out: collections with their indexes, what sampled documents are like,
how many there are, and rates from `$indexStats` and, where it is on, from the profiler. It only
reads; documents are sampled by the server.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from tablewright.core.errors import EngineError, UsageError
from tablewright.core.quantities import SECONDS_PER_DAY
from tablewright.sources.facts import MONGODB, ObservedAccess, SourceFacts, SourceTable
from tablewright.sources.mongodb_indexes import index_facts
from tablewright.sources.mongodb_values import plain_document
from tablewright.sources.profiler import accesses_of
from tablewright.sources.sampling import with_documents
from tablewright.sources.source import ReadOptions, Source, needs

TITLE = "MongoDB by its address"
MOST_COLLECTIONS = 10_000
MOST_PROFILED = 20_000


def recognises(source: Source) -> bool:
    """Whether a source is the address of a MongoDB server."""
    return source.scheme in ("mongodb", "mongodb+srv")


def read(source: Source, options: ReadOptions) -> SourceFacts:
    """Return the facts of the collections of a database.

    Raises:
        EngineError: the client is not installed, or the server cannot be reached.
        UsageError: the address names no database and there are several.
    """
    try:
        import pymongo
        from pymongo.errors import PyMongoError
    except ImportError as missing:
        raise needs("pymongo", "import") from missing
    try:
        client: Any = pymongo.MongoClient(source.text, serverSelectionTimeoutMS=8_000)
        try:
            return _Database(client, source, options).facts()
        finally:
            client.close()
    except PyMongoError as problem:
        raise EngineError(
            f"{source.shown} cannot be read: {type(problem).__name__}",
            remedy="check host, user and password; the user needs the role `read`",
        ) from None


class _Database:
    """Reads one database."""

    def __init__(self, client: Any, source: Source, options: ReadOptions) -> None:
        self.client = client
        self.shown = source.shown
        self.options = options
        self.notes: list[str] = []
        name = source.shown.rpartition("/")[2] if source.shown.count("/") > 2 else ""
        self.database = client[name or self._only_database()]

    def _only_database(self) -> str:
        names = [
            n for n in self.client.list_database_names() if n not in ("admin", "local", "config")
        ]
        if len(names) == 1:
            return str(names[0])
        raise UsageError(
            f"{self.shown} names no database" if names else f"{self.shown} has no database",
            remedy=f"name one of {', '.join(names[:10])}: mongodb://host/NAME" if names else "",
        )

    def facts(self) -> SourceFacts:
        """Return the collections and how often they are asked."""
        names = sorted(
            n for n in self.database.list_collection_names() if not n.startswith("system.")
        )
        if self.options.tables:
            names = [n for n in names if n in self.options.tables]
        self.options.say(
            f"will sample up to {self.options.sample:,} documents of each of {len(names)} "
            f"collections of {self.shown}"
        )
        stores = [self._store(name) for name in names[:MOST_COLLECTIONS]]
        accesses = self._profiled({s.name: s for s in stores})
        if not accesses:
            accesses = [a for s in stores for a in self._used_indexes(s)]
        count = len(stores)
        noun = "collection" if count == 1 else "collections"
        return SourceFacts(
            database=self.database.name,
            stores=tuple(stores),
            accesses=tuple(accesses),
            notes=tuple(self.notes),
            sources=(f"{count} {noun} of {self.shown}",),
        )

    def _store(self, name: str) -> SourceTable:
        from pymongo.errors import PyMongoError

        collection = self.database[name]
        store = SourceTable(name=name, engine=MONGODB, place=self.shown)
        try:
            count = collection.estimated_document_count()
            store = replace(store, items=Decimal(count) if count else None)
            listed = list(collection.list_indexes())
            indexes = index_facts(listed, self.notes, f"{self.shown}, {name}")
            store = replace(store, indexes=tuple(indexes))
            return with_documents(store, self._documents(collection, count), is_all=False)
        except PyMongoError as problem:
            self.notes.append(
                f"{self.shown}: {name} cannot be read ({type(problem).__name__}); the user needs "
                "the role `read`"
            )
            return store

    def _documents(self, collection: Any, count: int) -> Iterator[dict[str, Any]]:
        sample = self.options.sample
        if count <= sample:
            cursor = collection.find().limit(sample)
        else:
            cursor = collection.aggregate([{"$sample": {"size": sample}}])
        for document in cursor:
            yield plain_document(document)

    def _used_indexes(self, store: SourceTable) -> list[ObservedAccess]:
        """Return how often each index was used since the server counts."""
        from pymongo.errors import PyMongoError

        accesses = []
        try:
            rows = list(self.database[store.name].aggregate([{"$indexStats": {}}]))
        except PyMongoError:
            return []
        now = dt.datetime.now(dt.UTC)
        for row in rows:
            uses = row.get("accesses") or {}
            since = uses.get("since")
            ops = Decimal(str(uses.get("ops", 0)))
            if not ops or not isinstance(since, dt.datetime):
                continue
            moment = since if since.tzinfo else since.replace(tzinfo=dt.UTC)
            days = max(Decimal(60), Decimal(str((now - moment).total_seconds()))) / SECONDS_PER_DAY
            name = str(row.get("name"))
            index = next((i for i in store.indexes if i.name == name), None)
            is_key = name == "_id_"
            accesses.append(
                ObservedAccess(
                    store=store.name,
                    operation="get" if is_key else "list",
                    index="" if is_key else name,
                    by=() if index is None else index.keys[:1],
                    per_day=ops / days,
                    place=f"$indexStats of {self.shown}",
                )
            )
        return accesses

    def _profiled(self, stores: Mapping[str, SourceTable]) -> list[ObservedAccess]:
        from pymongo.errors import PyMongoError

        try:
            entries = list(self.database["system.profile"].find().limit(MOST_PROFILED))
        except PyMongoError:
            return []
        if len(entries) == MOST_PROFILED:
            self.notes.append(f"{self.shown}: only {MOST_PROFILED:,} profiler entries were read")
        return accesses_of(entries, stores, self.shown)
