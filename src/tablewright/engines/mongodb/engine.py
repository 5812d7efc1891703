"""MongoDB as an engine: documents, Atlas tiers, and what things are called there.

In: nothing. Out: the engine. How it evaluates is `server_engine`'s business.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tablewright.bill.prices import PriceBook
from tablewright.design.values import Design
from tablewright.engines.mongodb.description import describe
from tablewright.engines.mongodb.design import LANGUAGE, MongoDesign
from tablewright.engines.mongodb.layout import MongoLayout
from tablewright.engines.mongodb.offers import offers
from tablewright.engines.mongodb.plan import plan
from tablewright.engines.mongodb.vectors import (
    ASSUMPTIONS,
    why_not,
    with_search_nodes,
)
from tablewright.engines.servers.engine import ServerEngine
from tablewright.engines.servers.sizing import Offer, sharded
from tablewright.engines.servers.words import SimilarSearch, Words
from tablewright.evaluation.description import DesignDescription
from tablewright.model.values import Model

if TYPE_CHECKING:
    from tablewright.deploy.database import DatabaseAccess
    from tablewright.engines.mongodb.connector import MongoConnector

WORDS = Words(
    engine="mongodb",
    table="collection",
    row="document",
    scan="collection scan",
    scans_last=True,
    near_by_index=True,
    similar=SimilarSearch(
        why_not=lambda limit, share: why_not(limit),
        assumptions=ASSUMPTIONS,
    ),
    reads={
        "get": "find",
        "list": "find",
        "aggregate": "aggregate",
        "search": "find",
        "similar": "aggregate",
    },
)


def _offers(book: PriceBook, design: MongoDesign) -> tuple[Offer, ...]:
    """Return the tiers; of a sharded cluster those that can be sharded, once for each shard."""
    tiers = offers(book)
    if any(collection.vector_indexes for collection in design.collections):
        tiers = with_search_nodes(tiers)
    if design.shards == 1:
        return tiers
    return sharded((offer for offer in tiers if offer.can_be_sharded), design.shards)


class MongoEngine(ServerEngine[MongoLayout]):
    """MongoDB, as planner, reviewer and façade see it."""

    language = LANGUAGE

    def __init__(self) -> None:
        super().__init__(WORDS, MongoLayout, _offers, title="MongoDB")

    def usual_design(self, model: Model) -> Design:
        """Return a sensible design, derived from the model."""
        return plan(model)

    def aligned(self, before: Design, after: Design) -> Design:
        """Return a design with the names of another for what is stored alike."""
        from tablewright.engines.mongodb.matching import aligned

        assert isinstance(before, MongoDesign)
        assert isinstance(after, MongoDesign)
        return aligned(before, after)

    def describe(self, design: Design) -> DesignDescription:
        """Return a design as neutral values."""
        assert isinstance(design, MongoDesign)
        return describe(design)

    @property
    def access(self) -> DatabaseAccess:
        """How a deployed one is reached."""
        from tablewright.engines.mongodb.deployed import ACCESS

        return ACCESS

    @property
    def connector(self) -> MongoConnector:
        """What opens the doors to a MongoDB."""
        from tablewright.engines.mongodb.connector import MongoConnector

        return MongoConnector(self)
