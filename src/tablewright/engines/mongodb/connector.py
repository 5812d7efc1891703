"""What MongoDB offers to the verbs that work on a database.

In: a model, a design, which database is meant. Out: codec, adapter, predictor, commands.
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
from tablewright.engines.mongodb.codec import MongoCodec
from tablewright.engines.mongodb.ddl import script
from tablewright.engines.mongodb.design import MongoDesign
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
    from tablewright.engines.mongodb.adapter import MongoAdapter
    from tablewright.engines.mongodb.engine import MongoEngine
    from tablewright.evaluation.values import Evaluation, Request, Route
    from tablewright.model.values import Model
    from tablewright.sample.calls import Call


@frozen(kw_only=False)
class MongoConnector(ServerConnector):
    """Ways to a MongoDB, and how a design is stored there."""

    engine: MongoEngine
    name: str = "mongodb"
    brisk_instances: int = 5_000
    """SecantusDB took 150 to 250 documents a second, measured 2026-11-30 on two processors."""
    written_in: str = "javascript"
    comment: str = "//"

    def codec(
        self, model: Model, design: Design, *, expiry_shift: int = 0, keeps_values: bool = False
    ) -> MongoCodec:
        """Return how instances are stored in a design; TTL indexes go by times of the model."""
        assert isinstance(design, MongoDesign)
        return MongoCodec(model, design)

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
    ) -> MongoAdapter:
        """Reach the database that is meant.

        Raises:
            UsageError: the address is none of MongoDB's, or names production.
            EngineError: nothing answers there, or it refuses.
        """
        from tablewright.engines.mongodb.adapter import MongoAdapter
        from tablewright.engines.mongodb.targets import reach

        assert isinstance(design, MongoDesign)
        reached = reach(target, folder / f"{design.name}.mongodb", creates=creates)
        return MongoAdapter(model, design, reached)

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
        """Refuse: no server that could be measured here is MongoDB's own.

        Raises:
            UnsupportedError: always.
        """
        if target.is_local:
            raise UnsupportedError(
                "the embedded MongoDB is SecantusDB, another program: what it takes says nothing "
                "about MongoDB",
                remedy="the processor time of MongoDB stays assumed, with its range",
            )
        raise UnsupportedError(
            "a MongoDB tells neither the processor time nor the disk operations of a command, and "
            "no MongoDB server was at hand to work out how to measure them otherwise",
            remedy="the processor time of MongoDB stays assumed, with its range",
        )

    def temporary(
        self, model: Model, design: Design, expected_bytes: Decimal, *, keeps_values: bool = False
    ) -> MongoAdapter:
        """Return an empty embedded database, which is gone once it is closed."""
        from tablewright.engines.mongodb.adapter import MongoAdapter
        from tablewright.engines.mongodb.targets import temporary

        assert isinstance(design, MongoDesign)
        return MongoAdapter(model, design, temporary())

    def can_follow(self, design: Design) -> bool:
        """Return True: a replica set has change streams, and every design allows them."""
        return True

    def statements(self, model: Model, design: Design) -> tuple[str, ...]:
        """Return the calls of the shell that create a design in an empty database."""
        assert isinstance(design, MongoDesign)
        return script(model, design)

    def preamble(self, evaluation: Evaluation) -> str:
        """Return the imports of the calls of PyMongo, and what `client` and `db` are."""
        design = evaluation.design
        assert isinstance(design, MongoDesign)
        return (
            "from datetime import datetime\nfrom uuid import UUID\n"
            "from bson import Decimal128, ObjectId\nfrom pymongo import MongoClient\n"
            'client = MongoClient(tz_aware=True, uuidRepresentation="standard")\n'
            f'db = client["{design.database_for(evaluation.model.app)}"]'
        )

    def example_requests(
        self, evaluation: Evaluation, route: Route, call: Call, matching: Matching
    ) -> tuple[Request, ...]:
        """Return the requests of a route, the first of them with the calls of PyMongo."""
        from tablewright.engines.mongodb.statements import OperationBuilder, pasted

        model, design = evaluation.model, evaluation.design
        assert isinstance(design, MongoDesign)
        if route.parts:
            return example_parts(partial(self.example_requests, evaluation), route, call, matching)
        try:
            operations = OperationBuilder(model, design, MongoCodec(model, design)).build(call)
        except UnsupportedError:
            return route.requests
        text = (
            pasted(operations) or f"# nothing is sent: {kept_nowhere(call.pattern, 'collection')}"
        )
        return tuple(
            replace(request, statement="" if place else text)
            for place, request in enumerate(route.requests)
        )
