"""PostgreSQL as an engine: rows, the services that run it, and what things are called there.

In: nothing. Out: the engine. How it evaluates is `server_engine`'s business.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tablewright.design.values import Design
from tablewright.engines.postgresql.description import describe
from tablewright.engines.postgresql.design import LANGUAGE, PostgresDesign
from tablewright.engines.postgresql.layout import PgLayout
from tablewright.engines.postgresql.offers import offers
from tablewright.engines.postgresql.plan import plan
from tablewright.engines.postgresql.vectors import visited, why_not
from tablewright.engines.servers.engine import ServerEngine
from tablewright.engines.servers.words import SimilarSearch, Words
from tablewright.evaluation.description import DesignDescription
from tablewright.model.values import Model

if TYPE_CHECKING:
    from tablewright.deploy.database import DatabaseAccess
    from tablewright.engines.postgresql.connector import PgConnector

WORDS = Words(
    engine="postgresql",
    table="table",
    row="row",
    scan="sequential scan",
    reads={"list": "SELECT"},
    rewrites_indexes=True,
    plans_by_pages=True,
    counts_pages=True,
    bytes_only=True,
    similar=SimilarSearch(
        visited=visited,
        why_not=why_not,
        assumptions=(
            "results are approximate: pgvector's HNSW index, with hnsw.ef_search 40 and iterative "
            "scans; ten elements are assumed to be visited for each candidate",
        ),
    ),
)


class PostgresEngine(ServerEngine[PgLayout]):
    """PostgreSQL, as planner, reviewer and façade see it."""

    language = LANGUAGE

    def __init__(self) -> None:
        super().__init__(
            WORDS, PgLayout, lambda book, design: offers(book, design.version), title="PostgreSQL"
        )

    def usual_design(self, model: Model) -> Design:
        """Return a sensible design, derived from the model."""
        return plan(model)

    @property
    def access(self) -> DatabaseAccess:
        """How a deployed one is reached."""
        from tablewright.engines.postgresql.deployed import ACCESS

        return ACCESS

    @property
    def connector(self) -> PgConnector:
        """What opens the doors to a PostgreSQL."""
        from tablewright.engines.postgresql.connector import PgConnector

        return PgConnector(self)

    def aligned(self, before: Design, after: Design) -> Design:
        """Return a design with the names of another for what is stored alike."""
        from tablewright.engines.postgresql.matching import aligned

        assert isinstance(before, PostgresDesign)
        assert isinstance(after, PostgresDesign)
        return aligned(before, after)

    def describe(self, design: Design) -> DesignDescription:
        """Return a design as neutral values."""
        assert isinstance(design, PostgresDesign)
        return describe(design)
