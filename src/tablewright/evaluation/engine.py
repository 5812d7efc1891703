"""The protocol of an engine: what planner, reviewer, comparison, reports and verbs may ask.

In: models, designs, a price book. Out: evaluations, quotations, findings, changes. `Engine` is
pure: no connection is made; `Connector` opens the doors to a database. An engine that cannot do
something answers with `Refused` and the reason, never with prose that a caller has to interpret.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from tablewright.bill.prices import PriceBook
    from tablewright.core.diagnostics import Diagnostic
    from tablewright.design.language import DesignLanguage
    from tablewright.design.values import Design
    from tablewright.evaluation.doors import Adapter, Codec
    from tablewright.evaluation.quotation import Quotation
    from tablewright.evaluation.values import Evaluation
    from tablewright.model.values import Model


@dataclass(frozen=True, slots=True)
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


class Connector(Protocol):
    """What an engine offers to the verbs that work on a database."""

    name: str

    def check(self, design: Design, model: Model) -> tuple[Diagnostic, ...]:
        """Return what is wrong with a design, before anything is created."""
        ...

    def codec(self, model: Model, design: Design) -> Codec:
        """Return how instances are stored in a design."""
        ...

    def connect(self, target: str, *, options: Mapping[str, Any]) -> Adapter:
        """Reach a database: an address, or "" for the embedded one.

        Raises:
            UsageError: the address is not one of this engine's.
            EngineError: nothing answers there, or it refuses.
        """
        ...

    def statements(self, model: Model, design: Design) -> Sequence[str]:
        """Return what would be run to create a design from nothing: SQL, commands, requests."""
        ...
