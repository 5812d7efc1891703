"""What MongoDB and PostgreSQL offer alike to the verbs that work on a database.

In: a model, a design, an evaluation. Out: what a server has in place of request units and prices.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tablewright.core.errors import UnsupportedError, UsageError
from tablewright.core.frozen import frozen
from tablewright.evaluation.doors import Adapter, Predictor, RecordKind, Target
from tablewright.evaluation.health import Observations

if TYPE_CHECKING:
    from tablewright.bill.prices import PriceBook
    from tablewright.design.values import Design
    from tablewright.engines.servers.engine import ServerEngine
    from tablewright.evaluation.parameters import Signature
    from tablewright.evaluation.values import Evaluation
    from tablewright.model.values import Model
    from tablewright.sample.world import World


@frozen(kw_only=False)
class ServerConnector:
    """Ways to a server whose requests are not charged; subclasses say how it is reached."""

    engine: ServerEngine[Any]
    name: str = ""
    brisk_instances: int = 100_000
    products: tuple[str, ...] = ()

    def observations(
        self,
        design: Design,
        target: Target,
        *,
        region: str = "",
        files: Sequence[str] = (),
        endpoint: str = "",
        days: int = 14,
        is_asked: bool = True,
    ) -> Observations:
        """Return nothing: the server's own statistics say it.

        Raises:
            UsageError: files of CloudWatch were named.
        """
        if files:
            raise UsageError(
                "CloudWatch has metrics of DynamoDB tables only",
                remedy="leave --metrics out: the server's own statistics are read",
            )
        return Observations()

    def copied(
        self,
        model: Model,
        design: Design,
        folder: Path,
        prepare: Callable[[Adapter], None],
        *,
        expiry_shift: int = 0,
    ) -> None:
        """Return None: a proof fills a temporary database of its own."""
        return

    def unit_prices(self, book: PriceBook, region: str) -> Mapping[str, Decimal]:
        """Return none: requests are not charged."""
        return {}

    def population(
        self, model: Model, design: Design, users: int, book: PriceBook, *, region: str = ""
    ) -> Evaluation:
        """Return the evaluation at a number of users; it is made of means, not of instances."""
        return self.engine.evaluate(model, design, users, book, region=region, cases=("value",))

    def predictor(self, evaluation: Evaluation, world: World) -> Predictor:
        """Return the means of the estimate."""
        from tablewright.engines.servers.prediction import ReportedPrediction

        return ReportedPrediction()

    def write_units(self, evaluation: Evaluation, kind: RecordKind) -> Decimal | None:
        """Return None: writes are not charged."""
        return None

    def copy_rights(self, design: Design, *, writes: bool) -> None:
        """Return None: a server has users of its own."""
        return

    def preamble(self, evaluation: Evaluation) -> str:
        """Return nothing: a statement is whole."""
        return ""

    def client(
        self, evaluation: Evaluation, signatures: Mapping[str, Signature]
    ) -> tuple[str, tuple[str, ...]]:
        """Refuse: a client is written for DynamoDB only.

        Raises:
            UnsupportedError: always.
        """
        raise UnsupportedError(
            f"`{evaluation.design.name}` is a design for {self.name}: a client is written "
            "for DynamoDB only",
            remedy="choose a design for dynamodb, or use `tablewright.open_store`",
        )
