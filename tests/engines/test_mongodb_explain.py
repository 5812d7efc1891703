"""A server of the MongoDB protocol: `explain` names the index that our router chose.

The server is that of `MONGODB_URI`; where none is given, SecantusDB in this process, where
`scripts/install-peers` or the environment has it: it speaks the protocol over WiredTiger and
explains in mongod's words, but its planner is its own. No mongod was at hand: against one this has
never been run.
"""

from __future__ import annotations

import math
import os
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import tablewright
from bson_values import for_pymongo
from tablewright import load
from tablewright.bill.prices import PriceBook
from tablewright.engines.mongodb.design import Collection, MongoDesign, MongoIndex
from tablewright.engines.mongodb.engine import MongoEngine
from tablewright.engines.mongodb.layout import key_field, stored
from tablewright.engines.mongodb.plan import plan
from tablewright.engines.postgresql.types import referred
from tablewright.model.values import Condition, Model, Pattern, Verb
from tablewright.sample.sample import Sample

pytestmark = pytest.mark.needs_server
APPS = Path(tablewright.__file__).parent / "apps"
ROWS = int(os.environ.get("MONGODB_ROWS", "2000"))
PEERS = Path(__file__).parents[2] / ".peers" / "secantus"
READS = (Verb.GET, Verb.LIST, Verb.AGGREGATE, Verb.NEAR)
OPERATORS = {"lt": "$lt", "le": "$lte", "gt": "$gt", "ge": "$gte"}


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    pymongo = pytest.importorskip("pymongo")
    uri = os.environ.get("MONGODB_URI", "")
    if uri:
        with pymongo.MongoClient(uri) as client:
            yield client["tablewright_explain"]
            client.drop_database("tablewright_explain")
        return
    sys.path.append(str(PEERS))
    secantus = pytest.importorskip(
        "secantus", reason="no MONGODB_URI is given, and no SecantusDB is installed"
    )
    with (
        secantus.SecantusDBServer(storage_path=str(tmp_path_factory.mktemp("mongo"))) as server,
        pymongo.MongoClient(server.uri) as client,
    ):
        yield client["tablewright_explain"]


class Loaded:
    """A collection with its sampled documents in the server, its indexes built."""

    def __init__(self, database: Any, model: Model, collection: Collection, n: int) -> None:
        self.entity = model.entity(collection.entity)
        self.own = key_field(self.entity)
        self.users = math.ceil(n / model.instances(self.entity.name, 1000) * 1000)
        sample = Sample(model)
        kinds = {a.name: referred(self.entity, a, model) for a in self.entity.attributes}
        self.columns = {
            name: [
                for_pymongo(stored(kinds[name], value))
                for value in sample.values(self.entity.name, name, n, self.users)
            ]
            for name in collection.attributes
        }
        database.drop_collection(collection.name)
        self.held = database[collection.name]
        documents = [
            {
                self.path(name): column[at]
                for name, column in self.columns.items()
                if column[at] is not None
            }
            for at in range(n)
        ]
        self.held.insert_many(documents)
        for index in collection.indexes:
            self.held.create_index(keys_of(index), name=index.name)

    def path(self, attribute: str) -> str:
        return "_id" if attribute == self.own else attribute

    def usual_row(self, pattern: Pattern) -> int:
        """Return a row whose values are about as frequent as the router takes them to be."""
        counts = {
            c.attribute: Counter(map(str, self.columns[c.attribute]))
            for c in pattern.where
            if c.operator == "eq" and c.value is None
        }

        def oddness(at: int) -> float:
            n = len(self.columns[self.entity.names[0]])
            return sum(
                abs(held[str(self.columns[name][at])] / n - 1 / len(held))
                for name, held in counts.items()
            )

        return min(range(min(500, len(next(iter(self.columns.values()))))), key=oddness)

    def filter(self, pattern: Pattern) -> dict[str, Any]:
        row = self.usual_row(pattern)
        found: dict[str, Any] = {
            self.path(c.attribute): self.condition(c, row) for c in pattern.where
        }
        if pattern.verb is Verb.NEAR:
            place = next(a.name for a in self.entity.attributes if a.kind.value == "geo")
            meters = float(pattern.radius_km or 10) * 1000
            found[place] = {"$near": {"$geometry": self.columns[place][0], "$maxDistance": meters}}
        return found

    def condition(self, c: Condition, row: int) -> Any:
        if c.operator == "in":
            return {"$in": list(c.values)}
        if c.operator == "eq":
            if c.value is None:
                return self.columns[c.attribute][row]
            return {"true": True, "false": False}.get(c.value, c.value)
        held = sorted(v for v in self.columns[c.attribute] if v is not None)
        share, n = float(c.share if c.share is not None else 0.3), len(held) - 1
        if c.operator == "between":
            low, high = held[int(n * (0.5 - share / 2))], held[int(n * (0.5 + share / 2))]
            return {"$gte": low, "$lte": high}
        edge = held[int(n * (share if c.operator in ("lt", "le") else 1 - share))]
        return {OPERATORS[c.operator]: edge}

    def used(self, pattern: Pattern) -> str:
        """Return the index the winning plan goes through, or the collection where it scans."""
        cursor = self.held.find(self.filter(pattern))
        if pattern.sort and pattern.verb is not Verb.AGGREGATE:
            cursor = cursor.sort([(self.path(n), -1 if down else 1) for n, down in pattern.sort])
        if pattern.limit is not None and not pattern.complete:
            cursor = cursor.limit(pattern.limit)
        names = list(indexes_of(cursor.explain()["queryPlanner"]["winningPlan"]))
        return f"{self.held.name}/{names[0]}" if names else self.held.name


def keys_of(index: MongoIndex) -> list[tuple[str, Any]]:
    return [(path, int(kind) if kind in ("1", "-1") else kind) for path, kind in index.keys]


def indexes_of(stage: dict[str, Any]):
    by_id = ("IDHACK", "EXPRESS_IXSCAN", "CLUSTERED_IXSCAN")
    if stage.get("stage") in by_id or "indexName" in stage:
        yield stage.get("indexName", "_id_")
    for inner in (stage.get("inputStage"), *stage.get("inputStages", ())):
        if inner is not None:
            yield from indexes_of(inner)


NOT_ALL_BOUND = "its planner uses no index that leaves an equality to the documents"
IN_ORDER = "it sorts rather than take the longer index in order"
KNOWN = {
    ("recommended", "topRatedProviders"): IN_ORDER,
    ("current", "availableProvidersByType"): NOT_ALL_BOUND,
    ("current", "bookingsByClient"): NOT_ALL_BOUND,
    ("current", "bookingsByProvider"): NOT_ALL_BOUND,
    ("current", "notificationsByType"): NOT_ALL_BOUND,
    ("current", "providersToVerify"): IN_ORDER,
    ("current", "requestsByProvider"): NOT_ALL_BOUND,
    ("current", "unreadNotifications"): NOT_ALL_BOUND,
    ("current", "upcomingBookings"): NOT_ALL_BOUND,
}
"""Where SecantusDB goes another way, by design and pattern; mongod would not, by its manual."""

DESIGNS = [("poafix", "recommended"), ("poafix", "current"), ("llm-proxy", "")]


@pytest.mark.parametrize(("app", "name"), DESIGNS)
def test_the_server_goes_through_the_index_that_was_chosen(database, app, name, capsys):
    file = load(APPS / app)
    design = file.design(name) if name else plan(file.model)
    assert isinstance(design, MongoDesign)
    found = []
    for collection in design.collections:
        held = Loaded(database, file.model, collection, ROWS)
        evaluation = MongoEngine().evaluate(
            file.model, design, held.users, PriceBook(), sample_items=64, cases=("value",)
        )
        for pattern in file.model.patterns:
            if pattern.entity == collection.entity and pattern.verb in READS:
                ours = evaluation.route(pattern.name).target
                found.append((pattern.name, ours, held.used(pattern)))
    with capsys.disabled():
        for one, ours, real in found:
            print(f"  {app:10} {one:28} {ours:60} {'same' if ours == real else real}")  # noqa: T201
    other = {(name, one) for one, ours, real in found if ours != real}
    known = set() if os.environ.get("MONGODB_URI") else {one for one in KNOWN if one[0] == name}
    assert len(found) >= 5
    assert other == known
