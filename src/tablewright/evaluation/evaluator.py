"""How reviewer and planner have designs evaluated: one engine, one model, one set of prices.

In: an engine and what a session was told. Out: evaluations of any design of that engine, of the
whole model or of a changed one. It keeps nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from tablewright.bill.prices import PriceBook
from tablewright.core.errors import PriceUnknownError
from tablewright.core.frozen import frozen
from tablewright.design.values import Design
from tablewright.evaluation.engine import Engine
from tablewright.evaluation.values import Evaluation
from tablewright.model.values import Model


@frozen(slots=False)
class Evaluator:
    """Evaluates designs of one engine for one model at one set of prices."""

    engine: Engine
    model: Model
    book: PriceBook
    region: str
    free_tier: bool = False
    sample_items: int | None = None
    """Instances drawn for each entity by a full evaluation; the engine's default unless given."""
    with_assumed: Callable[[Decimal], Model] | None = None
    """Returns the model with every assumed figure multiplied; None where nothing is assumed."""

    def full(self, design: Design, users: int) -> Evaluation:
        """Return the evaluation that the verbs show: the full sample, the free tier if asked.

        Raises:
            PriceUnknownError: a price that is needed is not known.
        """
        return _priced(
            self.engine.evaluate(
                self.model,
                design,
                users,
                self.book,
                region=self.region,
                free_tier=self.free_tier,
                sample_items=self.sample_items,
            )
        )

    def sampled(
        self, design: Design, users: int, sample_items: int, model: Model | None = None
    ) -> Evaluation:
        """Return an evaluation on so many instances of each entity, of another model if given.

        Raises:
            PriceUnknownError: a price that is needed is not known.
        """
        return _priced(
            self.engine.evaluate(
                self.model if model is None else model,
                design,
                users,
                self.book,
                region=self.region,
                sample_items=sample_items,
            )
        )


def _priced(evaluation: Evaluation) -> Evaluation:
    """Return an evaluation whose costs can be compared: nothing missing counts as nothing."""
    missing = evaluation.bill.missing_price
    if missing is not None:
        raise PriceUnknownError(key=missing.key, region=missing.region, reason=missing.reason)
    return evaluation
