"""The protocol of an engine: what planner, reviewer, comparison, reports and verbs may ask.

In: models, designs, a price book. Out: evaluations, quotations, findings, changes. `Engine` is
pure: no connection is made; its `connector` opens the doors to a database. An engine that cannot do
something answers with `Refused` and the reason, never with prose that a caller has to interpret.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from tablewright.core.frozen import frozen

if TYPE_CHECKING:
    from tablewright.bill.prices import PriceBook
    from tablewright.design.language import DesignLanguage
    from tablewright.design.values import Design
    from tablewright.evaluation.connector import Connector
    from tablewright.evaluation.description import DesignDescription
    from tablewright.evaluation.quotation import Quotation
    from tablewright.evaluation.values import Evaluation
    from tablewright.model.values import Model


@frozen(kw_only=False)
class Refused:
    """The answer "cannot", with its reason."""

    reason: str

    def __str__(self) -> str:
        return self.reason


class EngineQuotes(Protocol):
    """What the planner asks of an engine beside evaluations."""

    def quote(self, model: Model, design: Design, users: int, *, sample_items: int) -> Quotation:
        """Return what each path, write and resource of a design takes at one scale."""
        ...


class Engine(Protocol):
    """What an engine offers to planner, reviewer and the verbs. Pure: no connection is made."""

    name: str

    @property
    def language(self) -> DesignLanguage:
        """How its designs are written in a model file."""
        ...

    @property
    def connector(self) -> Connector:
        """What opens the doors to a database of this engine.

        Raises:
            UnsupportedError: the engine is only priced.
        """
        ...

    def evaluate(
        self,
        model: Model,
        design: Design,
        users: int,
        book: PriceBook,
        *,
        region: str = "",
        free_tier: bool = False,
        sample_items: int | None = None,
    ) -> Evaluation:
        """Route every pattern, meter the routes, price the result."""
        ...

    def describe(self, design: Design) -> DesignDescription:
        """Return a design as neutral values: containers, keys, indexes, settings, terms."""
        ...

    def aligned(self, before: Design, after: Design) -> Design:
        """Return `after`, named as `before` where both store the same: designs of two files."""
        ...
