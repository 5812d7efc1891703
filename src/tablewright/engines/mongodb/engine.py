"""MongoDB as an engine: documents, Atlas tiers, and what things are called there.

In: nothing. Out: the engine. How it evaluates is `server_engine`'s business.
"""

from __future__ import annotations

from tablewright.engines.mongodb.layout import MongoLayout
from tablewright.engines.mongodb.offers import offers
from tablewright.engines.routing import Words
from tablewright.engines.server_engine import ServerEngine

WORDS = Words(
    engine="mongodb",
    table="collection",
    row="document",
    scan="collection scan",
    reads={"get": "find", "list": "find", "aggregate": "aggregate", "search": "find"},
)


class MongoEngine(ServerEngine[MongoLayout]):
    """MongoDB, as planner, reviewer and façade see it."""

    def __init__(self) -> None:
        super().__init__(WORDS, MongoLayout, lambda book, design: offers(book))
