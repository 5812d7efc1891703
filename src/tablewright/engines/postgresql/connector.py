"""What PostgreSQL offers to the verbs that work on a database.

In: a model, a design, which database is meant. Out: codec, adapter, predictor, SQL.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tablewright.core.errors import UnsupportedError
from tablewright.core.frozen import frozen
from tablewright.engines.postgresql.codec import PgCodec
from tablewright.engines.postgresql.ddl import ddl
from tablewright.engines.postgresql.design import PostgresDesign
from tablewright.engines.servers.connector import ServerConnector
from tablewright.engines.servers.parts import example_parts
from tablewright.engines.servers.words import kept_nowhere
from tablewright.evaluation.calibration import Calibration
from tablewright.evaluation.doors import (
    Matching,
    SpendingCap,
    Target,
)

if TYPE_CHECKING:
    from tablewright.design.values import Design
    from tablewright.engines.postgresql.adapter import PgAdapter
    from tablewright.engines.postgresql.engine import PostgresEngine
    from tablewright.evaluation.values import Evaluation, Request, Route
    from tablewright.model.values import Model
    from tablewright.sample.calls import Call


@frozen(kw_only=False)
class PgConnector(ServerConnector):
    """Ways to a PostgreSQL, and how a design is stored there."""

    engine: PostgresEngine
    name: str = "postgresql"
    written_in: str = "sql"
    comment: str = "--"

    def codec(
        self, model: Model, design: Design, *, expiry_shift: int = 0, keeps_values: bool = False
    ) -> PgCodec:
        """Return how instances are stored in a design; rows do not expire by themselves."""
        assert isinstance(design, PostgresDesign)
        return PgCodec(model, design)

    def connect(
        self,
        model: Model,
        design: Design,
        target: Target,
        folder: Path,
        *,
        creates: bool = False,
        expiry_shift: int = 0,
        cap: SpendingCap | None = None,
        keeps_values: bool = False,
    ) -> PgAdapter:
        """Reach the database that is meant.

        Raises:
            UsageError: the address is none of PostgreSQL's, or names production.
            EngineError: nothing answers there, or it refuses.
        """
        from tablewright.engines.postgresql.adapter import PgAdapter
        from tablewright.engines.postgresql.targets import reach

        assert isinstance(design, PostgresDesign)
        reached = reach(target, folder / f"{design.name}.postgresql", creates=creates)
        return PgAdapter(model, design, reached)

    def calibrate(
        self,
        models: Sequence[Model],
        target: Target,
        *,
        calls: int,
        rounds: int,
        announce: Callable[[str], None],
        say: Callable[[str], None],
    ) -> Calibration:
        """Measure a server; a temporary embedded one by default.

        Raises:
            UsageError: the address is none of PostgreSQL's, or names production.
            EngineError: nothing answers there, or it refuses.
        """
        from tablewright.engines.postgresql.calibrating import calibrate
        from tablewright.engines.postgresql.targets import reach, temporary

        is_temporary = target.is_local and not target.data
        reached = temporary() if is_temporary else reach(target, Path(), creates=False)
        try:
            if not reached.is_local:
                announce(reached.description)
            return calibrate(reached, models, calls=calls, rounds=rounds, say=say)
        finally:
            reached.close()

    def temporary(
        self, model: Model, design: Design, expected_bytes: Decimal, *, keeps_values: bool = False
    ) -> PgAdapter:
        """Return an empty embedded database, which is gone once it is closed."""
        from tablewright.engines.postgresql.adapter import PgAdapter
        from tablewright.engines.postgresql.targets import temporary

        assert isinstance(design, PostgresDesign)
        return PgAdapter(model, design, temporary())

    def can_follow(self, design: Design) -> bool:
        """Return True: a server with wal_level = logical decodes its log, whatever the design."""
        return True

    def statements(self, model: Model, design: Design) -> tuple[str, ...]:
        """Return the SQL that creates a design in an empty schema."""
        assert isinstance(design, PostgresDesign)
        return tuple(f"{statement};" for statement in ddl(design))

    def example_requests(
        self, evaluation: Evaluation, route: Route, call: Call, matching: Matching
    ) -> tuple[Request, ...]:
        """Return the requests of a route, the first of them with the SQL of one call."""
        from tablewright.engines.postgresql.statements import SqlBuilder

        assert isinstance(evaluation.design, PostgresDesign)
        if route.parts:
            return example_parts(partial(self.example_requests, evaluation), route, call, matching)
        try:
            statements = SqlBuilder(evaluation.model, evaluation.design).build(call)
        except UnsupportedError:
            return route.requests
        texts = [f"{statement.text};" for statement in statements]
        if len(texts) > 1:
            texts = ["BEGIN;", *texts, "COMMIT;"]
        if not texts:
            texts = [f"-- nothing is sent: {kept_nowhere(call.pattern, 'table')}"]
        return tuple(
            replace(request, statement="" if place else "\n".join(texts))
            for place, request in enumerate(route.requests)
        )
